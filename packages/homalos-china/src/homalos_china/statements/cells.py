"""What stands in one cell of a statement: read tolerantly, refused clearly."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from homalos.errors import StatementError
from homalos.model import PriceOrigin
from homalos_china.statements.layout import DIRECTIONS, EXCHANGES, OFFSETS, Shape

__all__ = ["as_number", "decoded", "read_cell"]

_ENCODINGS = ("utf-8-sig", "gb18030")
_NUMBER = re.compile(r"[-+]?(\d[\d,]*(\.\d*)?|\.\d+)")
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{2})[-/.月]?(\d{2})日?")
# Brokers leave a cell empty where they have nothing, or put a dash into it.
_NOTHING = re.compile(r"-*")
_DIRECTIONS = {word: side for side, words in DIRECTIONS.items() for word in words}
_OFFSETS = {word: offset for offset, words in OFFSETS.items() for word in words}
_EXCHANGES = {name: code for code, names in EXCHANGES.items() for name in names}


def decoded(data: bytes, name: str) -> str:
    """Return the text of a statement's bytes: UTF-8, or GBK and what GB18030 adds to it.

    A character that is cut at the very end is dropped: counters send statements in
    chunks that end anywhere.

    Raises:
        StatementError: The bytes are neither; names the line of the first bad one.
    """
    furthest = 0
    for encoding in _ENCODINGS:
        try:
            return codecs.getincrementaldecoder(encoding)().decode(data)
        except UnicodeDecodeError as error:
            furthest = max(furthest, error.start)
    line = data.count(b"\n", 0, furthest) + 1
    reason = f"byte {data[furthest]:#04x} belongs to neither UTF-8 nor GB18030 text"
    msg = f"{reason}; ask for the statement anew"
    raise StatementError(msg, file=name, line=line)


def as_number(text: str) -> Decimal:
    """Return a number as statements write it: `-1,234.50`; an empty cell or dashes are 0.

    Raises:
        ValueError: The text is no number.
    """
    if _NOTHING.fullmatch(text):
        return Decimal(0)
    if not _NUMBER.fullmatch(text):
        msg = f"{text!r} is no number such as -1,234.50"
        raise ValueError(msg)
    return Decimal(text.replace(",", ""))


def read_cell(shape: Shape, text: str) -> Any:
    """Return what a cell says.

    Raises:
        ValueError: It is not of its shape; says what was expected.
    """
    read = _READERS.get(shape)
    return text if read is None else read(text)


def _lots(text: str) -> int:
    number = as_number(text)
    if number != int(number) or number < 0:
        msg = f"{text!r} is no number of lots; expected a whole number >= 0"
        raise ValueError(msg)
    return int(number)


def _day(text: str) -> int:
    match = _DAY.fullmatch(text)
    if match is None:
        msg = f"{text!r} is no day; expected yyyymmdd"
        raise ValueError(msg)
    return int("".join(match.groups()))


def _exchange(text: str) -> str:
    return _EXCHANGES.get(text, text)


def _one_of(words: Mapping[str, Any], what: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        found = words.get(text.casefold())
        if found is None:
            msg = f"{text!r} is no {what}; expected one of {', '.join(words)}"
            raise ValueError(msg)
        return found

    return read


_READERS: Mapping[Shape, Callable[[str], Any]] = {
    Shape.DAY: _day,
    Shape.LOTS: _lots,
    Shape.PRICE: as_number,
    Shape.AMOUNT: as_number,
    Shape.SIDE: _one_of(_DIRECTIONS, "side"),
    Shape.OFFSET: _one_of(_OFFSETS, "offset"),
    Shape.ORIGIN: _one_of({str(each): each for each in PriceOrigin}, "origin of a price"),
    Shape.EXCHANGE: _exchange,
}
