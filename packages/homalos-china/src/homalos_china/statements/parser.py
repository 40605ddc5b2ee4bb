"""A statement's text read back: columns by their heads, whatever their widths and order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import fields_dict

from homalos.errors import StatementError
from homalos.model import Direction, Offset, PriceOrigin, Statement
from homalos.plugins.ports import Reading
from homalos_china.statements.cells import decoded, read_cell
from homalos_china.statements.layout import SECTIONS, Column, Section, Shape, folded
from homalos_china.statements.summary import Header, funds_of, summary_figures

__all__ = ["parse_statement", "read_statement"]

_ZERO = Decimal(0)
_LINE_END = re.compile(r"\r\n|\n|\r")
_RULER = re.compile(r"[-=_+|—─\s]*")
_PAGE = re.compile(r"第\s*\d+\s*页|^\s*page\s*\d+", re.IGNORECASE)
_TOTALS = re.compile(r"共\s*(\d+)\s*条|合计|小计|total\b|sum\b", re.IGNORECASE)
_SUMMARY = re.compile(r"^\s*(资金状况|Account Summary)")
_TITLES = {
    folded(title): section
    for section in SECTIONS
    for title in (section.english, section.title, *section.also)
}
_HAN_TITLES = {title: section for section in SECTIONS for title in (section.title, *section.also)}
# What a field is where the text has no column for it.
_UNKNOWN: Mapping[str, Any] = {
    "trade_id": "",
    "open_trade_id": "",
    "note": "",
    "lots": 0,
    "long_lots": 0,
    "short_lots": 0,
    "open_day": 0,
    "direction": Direction.LONG,
    "offset": Offset.NONE,
    "origin": PriceOrigin.VENUE,
}


def parse_statement(text: str | bytes, *, name: str = "") -> Statement:
    """Read a settlement statement as CTP's counters print it.

    Args:
        text: UTF-8 or GBK bytes, also cut in the middle of the last character; or text.
        name: What error messages call it, such as its path.

    Raises:
        StatementError: What was found, what was expected, and on which line.
    """
    return read_statement(text, name=name).statement


def read_statement(text: str | bytes, *, name: str = "") -> Reading:
    """Read a settlement statement, and say what of it was printed.

    Arguments and errors are those of `parse_statement`.
    """
    reader = _Reader(name)
    whole = decoded(text, name) if isinstance(text, bytes) else text.removeprefix("\ufeff")
    # Forms feed between pages; chunks of a counter may end with NULs.
    lines = _LINE_END.split(whole.replace("\f", "").replace("\0", ""))
    for number, line in enumerate(lines, start=1):
        reader.take(number, line.strip())
    return reader.reading()


class _Reader:
    """Goes through the lines and remembers in which section it is."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.line = 0
        self.header = Header()
        self.figures: dict[str, Decimal] | None = None
        self.in_summary = False
        self.tables: dict[str, _Table] = {}
        self.table: _Table | None = None

    def take(self, number: int, line: str) -> None:
        self.line = number
        try:
            self._take(line)
        except ValueError as error:
            raise StatementError(str(error), file=self.name, line=number) from error

    def _take(self, line: str) -> None:
        if _RULER.fullmatch(line) or ("|" not in line and _PAGE.search(line)):
            return
        if "|" in line:
            if self.table is not None:
                self.table.row(_cells(line))
            return
        section = _titled(line)
        if section is not None:
            self.in_summary = False
            self.table = self.tables.setdefault(section.name, _Table(section, self.header))
            self.table.begin()
        elif _SUMMARY.search(line):
            self.header.take(line)
            self.header.take_currency(line)
            self.figures, self.in_summary, self.table = self.figures or {}, True, None
        elif self.in_summary:
            for name, amount in summary_figures(line, self.header.kind):
                if self.figures is not None:
                    self.figures.setdefault(name, amount)
        elif self.table is not None:
            self.table.interrupt()
        else:
            self.header.take(line)

    def reading(self) -> Reading:
        """Return what was read, once the last line is in."""
        header = self.header
        if not self.tables and self.figures is None:
            reason = "nothing of a settlement statement is in it; expected 资金状况 Account Summary"
            raise StatementError(reason, file=self.name)
        if not header.trading_day:
            reason = "no line says whose day it is; expected 日期 Date：yyyymmdd"
            raise StatementError(reason, file=self.name)
        symbols = self._symbols()
        lines = {
            name: tuple(table.lines(header.trading_day, symbols))
            for name, table in self.tables.items()
        }
        funds, printed = funds_of(self.figures or {}, lines.get("transfers", ()))
        shown = {name: frozenset(table.printed) for name, table in self.tables.items()}
        if self.figures is not None:
            shown["funds"] = printed
        statement = Statement(
            account=header.account,
            currency=header.currency,
            trading_day=header.trading_day,
            funds=funds,
            **lines,
        )
        return Reading(statement=statement, kind=header.kind, printed=shown)

    def _symbols(self) -> Mapping[str, str]:
        """Return the symbols of codes that some row gives an exchange to, if only one does."""
        found: dict[str, set[str]] = {}
        for table in self.tables.values():
            for row in table.rows:
                if row.get("exchange"):
                    found.setdefault(row["code"], set()).add(f"{row['code']}.{row['exchange']}")
        return {code: min(names) for code, names in found.items() if len(names) == 1}


class _Table:
    """The rows of one section; it may come in several parts, a page each."""

    def __init__(self, section: Section, header: Header) -> None:
        self.section = section
        self.header = header
        self.columns: list[Column | None] = []
        self.heads: list[list[str]] = []
        self.rows: list[dict[str, Any]] = []
        self.printed: set[str] = set()
        self._interrupted = False
        self._foreign = False
        self._in_heads = False
        self._since_totals = 0

    def begin(self) -> None:
        """Start at the section's title, the first time or on a new page."""
        self._interrupted = self._foreign = False

    def interrupt(self) -> None:
        """Take note of a line that is none of the table's: a broker's head, or other titles."""
        self._interrupted = True

    def row(self, cells: Sequence[str]) -> None:
        """Take a row with its cells: heads, values or totals.

        Raises:
            ValueError: It fits the heads in neither number nor kind.
        """
        names = [folded(cell) for cell in cells]
        known = sum(name in self.section.heads for name in names)
        is_head = known >= 2 or (self._interrupted and not any(map(_has_digit, cells)))
        if self._interrupted and is_head:
            self._foreign = bool(self.heads) and names not in self.heads
        self._interrupted = False
        if self._foreign:
            return  # the table of a section that we do not know
        if is_head:
            self._head(names)
        elif match := _TOTALS.match(cells[0]):
            self._totals(match[1])
        elif self.columns:
            self._values(cells)
        else:
            what = f"{self.section.title} {self.section.english}: a row before any heads"
            msg = f"{what}; expected such as {self.section.columns[0].head}"
            raise ValueError(msg)
        self._in_heads = is_head

    def _head(self, names: Sequence[str]) -> None:
        """Take the heads of the columns; the English line adds to the Chinese one."""
        found = [self.section.heads.get(name) for name in names]
        if self._in_heads and len(found) == len(self.columns):
            self.columns = [old or new for old, new in zip(self.columns, found, strict=True)]
        else:
            self.columns = found
        self.heads.append(list(names))
        for column in filter(None, self.columns):
            if name := column.target(self.header.kind):
                self.printed.add(name)
        lacking = {Shape.CODE} - {each.shape for each in self.columns if each}
        if lacking and "symbol" in fields_dict(self.section.line):
            msg = f"{self.section.title} {self.section.english}: no column 合约 Instrument"
            raise ValueError(msg)

    def _totals(self, count: str | None) -> None:
        if count is not None and int(count) not in {self._since_totals, len(self.rows)}:
            what = f"{self.section.title} {self.section.english}: {self._since_totals} rows"
            msg = f"{what}; expected {count}, as the totals say; ask for the statement anew"
            raise ValueError(msg)
        self._since_totals = 0

    def _values(self, cells: Sequence[str]) -> None:
        if len(cells) != len(self.columns):
            what = f"{self.section.title} {self.section.english}: {len(cells)} cells"
            msg = f"{what}; expected {len(self.columns)}, as many as heads"
            raise ValueError(msg)
        row: dict[str, Any] = {}
        for column, cell in zip(self.columns, cells, strict=True):
            if column is None:
                continue
            name = _KEYS.get(column.shape) or column.target(self.header.kind)
            if name:
                try:
                    row[name] = read_cell(column.shape, cell)
                except ValueError as error:
                    msg = f"{self.section.title} {column.head} {column.english}: {error}"
                    raise ValueError(msg) from error
        self.rows.append(row)
        self._since_totals += 1

    def lines(self, day: int, symbols: Mapping[str, str]) -> Iterator[Any]:
        """Yield the rows as the section's lines.

        Args:
            day: The trading day, where the rows do not have their own.
            symbols: By code, where the rows do not have an exchange.
        """
        names = fields_dict(self.section.line)
        for row in self.rows:
            values = {"day": day, **row, **_derived(row, symbols)}
            yield self.section.line(
                **{
                    name: values.get(name, _UNKNOWN.get(name, _ZERO))
                    for name in names
                    if name != "strategy"
                }
            )


_KEYS = {Shape.CODE: "code", Shape.EXCHANGE: "exchange"}


def _derived(row: Mapping[str, Any], symbols: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the fields that are made of several cells."""
    code, exchange = row.get("code", ""), row.get("exchange", "")
    return {
        "symbol": f"{code}.{exchange}" if exchange else symbols.get(code, code),
        "amount": row.get("deposit", _ZERO) - row.get("withdrawal", _ZERO),
    }


def _titled(line: str) -> Section | None:
    """Return the section whose title the line is."""
    if "---" in line:
        return None  # a legend below a table: 出入金---Deposit/Withdrawal
    first = line.split(maxsplit=1)[0]
    return _TITLES.get(folded(line)) or _HAN_TITLES.get(first)


def _cells(line: str) -> list[str]:
    inner = line.removeprefix("|").removesuffix("|")
    return [cell.strip() for cell in inner.split("|")]


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))
