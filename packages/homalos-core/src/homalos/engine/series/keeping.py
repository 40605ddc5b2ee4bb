"""The rows of main contracts in a file of the home folder: `market/main.csv`.

A file of text and not a table of the store: there are some dozen rows a product and year, a
backtest has no store, and what a strategy will trade should be readable, comparable and
correctable by its owner with any editor.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

import attrs

from homalos.engine.series.days import is_day
from homalos.engine.series.rolls import Roll, SeriesBook
from homalos.errors import DataError

__all__ = ["COLUMNS", "main_file", "merged", "read_series", "write_series"]

COLUMNS = tuple(each.name for each in attrs.fields(Roll))
"""The head of the file, in the words of `Roll`; days are yyyymmdd, a missing price is empty."""


def main_file(home: Path) -> Path:
    """Return where a home folder keeps its rows."""
    return home / "market" / "main.csv"


def read_series(path: Path) -> SeriesBook:
    """Read the rows of a file; none when it is not there.

    Raises:
        DataError: A row cannot be read, or rows of a product overlap; the file is named.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rolls = list(_rolls(path, stream))
    except FileNotFoundError:
        rolls = []
    except UnicodeDecodeError as error:
        msg = f"{path}: not UTF-8: {error}"
        raise DataError(msg) from error
    try:
        return SeriesBook(rolls, place=str(path))
    except DataError as error:
        msg = f"{path}: {error}"
        raise DataError(msg) from error


def write_series(book: SeriesBook, path: Path) -> None:
    """Write all rows into a file, which appears when it is whole; its folder is made.

    Raises:
        OSError: It cannot be written; the file that was there stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(map(_cells, book.rolls()))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def merged(book: SeriesBook, rolls: Sequence[Roll], *, replace: bool, place: str) -> SeriesBook:
    """Return a book with the rows of some products beside those of the others.

    Args:
        book: What is there.
        rolls: Every row of the products they are of.
        replace: Whether they may take the place of rows that are there and differ.
        place: Where the book is kept, for messages.

    Raises:
        DataError: A product is there already, with rows that differ, and may not be replaced.
    """
    new = SeriesBook(rolls, place=place)
    differ = [product for product in new if product in book and book[product] != new[product]]
    if differ and not replace:
        msg = (
            f"{place} has other rows of {', '.join(differ)} already; "
            "they are replaced with --replace"
        )
        raise DataError(msg)
    kept = [roll for roll in book.rolls() if roll.product not in new]
    return SeriesBook((*kept, *new.rolls()), place=place)


def _rolls(path: Path, lines: Iterable[str]) -> Iterator[Roll]:
    rows = csv.reader(lines)
    head = next(rows, [])
    if tuple(head) != COLUMNS:
        msg = f"{path}:1: found the head {','.join(head)!r}, expected {','.join(COLUMNS)!r}"
        raise DataError(msg)
    for row in rows:
        if not row:
            continue
        try:
            yield _roll(row)
        except ValueError as error:
            msg = f"{path}:{rows.line_num}: {error}"
            raise DataError(msg) from error


def _roll(row: Sequence[str]) -> Roll:
    if len(row) != len(COLUMNS):
        msg = f"found {len(row)} columns, expected {len(COLUMNS)}"
        raise ValueError(msg)
    product, from_day, to_day, symbol, previous, close, previous_close, source = row
    if not product or not symbol:
        msg = "found a row without a product or a symbol"
        raise ValueError(msg)
    return Roll(
        product=product,
        from_day=_day(from_day),
        to_day=_day(to_day),
        symbol=symbol,
        previous=previous,
        close=_price(close),
        previous_close=_price(previous_close),
        source=source,
    )


def _day(text: str) -> int:
    if not text.isdecimal() or not is_day(int(text)):
        msg = f"found {text!r}, expected a day such as 20250106"
        raise ValueError(msg)
    return int(text)


def _price(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        price = Decimal(text)
    except InvalidOperation as error:
        msg = f"found {text!r}, expected a price or nothing"
        raise ValueError(msg) from error
    if not price.is_finite():
        msg = f"found {text!r}, expected a finite price or nothing"
        raise ValueError(msg)
    return price


def _cells(roll: Roll) -> tuple[object, ...]:
    def cell(value: object) -> object:
        if value is None:
            return ""
        return format(value, "f") if isinstance(value, Decimal) else value

    return tuple(cell(getattr(roll, name)) for name in COLUMNS)
