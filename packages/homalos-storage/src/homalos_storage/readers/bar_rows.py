"""One row of a bar file as a record."""

from __future__ import annotations

from collections import Counter
from itertools import chain, islice
from math import isnan
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from homalos.errors import DataError
from homalos.model import BarData
from homalos_storage.readers.bar_layout import PRICES, find_columns, find_marks, is_bar_file
from homalos_storage.readers.bar_lengths import DAILY, choose_interval, length_ns
from homalos_storage.readers.contracts import Contract, Contracts
from homalos_storage.readers.values import SECOND, amount, blamed, day_text, lots

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from homalos.plugins.ports import ImportContext
    from homalos_storage.readers.values import Reader

__all__ = ["LONGEST", "BarRows"]

# Sessions begin and end on quarters of an hour: a bar up to this long does not outlast one.
LONGEST = 900 * SECOND
_SAMPLE = 1_000  # rows looked at to tell the length of the bars
_NAMES = (
    *("code", "exchange", "trading_day", "interval", "volume", "turnover", "open_interest"),
    *PRICES,
)
_FIXED_POINT = 10_000  # java-trader keeps open interest as a whole number of 1/10,000


class BarRows:
    """Turns the rows of one file into bars.

    Attributes:
        names: The header as written.
        places: Where the columns stand, by our names.
        contracts: The contracts met so far.
        contract: The one contract of a file that names none.
        marks: How the rows say when.
        label: Whether that is a bar's start or its end.
        interval: Length of the bars; "" when each row says its own.
    """

    def __init__(
        self,
        path: Path,
        names: Sequence[str],
        context: ImportContext,
        sample: Iterable[tuple[int, Sequence[Any]]],
    ) -> None:
        """Bind the columns, and tell from some rows when and how long the bars are.

        Args:
            path: The file, for messages.
            names: The header as written.
            context: What the core lends.
            sample: (line, cells and an empty one) of the first rows, as many as needed.

        Raises:
            DataError: A column is absent, or no symbol or no length can be told.
        """
        self.names = names
        self.places = find_columns(names)
        if not is_bar_file(self.places):
            columns = f"the columns are {', '.join(names)}"
            msg = f"{path}: {columns}; bars need open, high, low, close and a date and time"
            raise DataError(msg)
        self.contracts = Contracts(context)
        self.contract = None if "code" in self.places else _only(path, context)
        self._pick = itemgetter(*(self.places.get(name, len(names)) for name in _NAMES))
        self._given = context.interval
        self._days: dict[Any, int] = {}
        rows = iter(sample)
        found = ((marks, row) for row in rows if (marks := find_marks(names, row[1])))
        try:
            self.marks, first = next(found)
        except StopIteration:
            msg = f"{path}: not one row has a date and a time that can be read"
            raise DataError(msg) from None
        self.label = context.label or self.marks.label
        self.interval = ""
        if "interval" not in self.places:
            self.interval = self._find_interval(path, chain((first,), rows))

    def record(self, cells: Sequence[Any]) -> BarData | None:
        """Return the bar of a row, `None` when it is of a symbol not asked for.

        Args:
            cells: The row and an empty cell behind it.

        Raises:
            ValueError: A cell cannot be used, or the prices contradict each other.
        """
        code, exchange, trading_day, own, volume, turnover, interest, *prices = self._pick(cells)
        contract = self.contract or self.contracts[code, exchange]
        if contract is None:
            return None
        interval = self.interval or self._own_interval(own)
        start, end, day = self._when(contract, cells, trading_day, interval)
        if day != contract.day:
            contract.turn_to(day)
        price = contract.prices
        opened, high, low, close = (price[cell] for cell in prices)
        if not (low <= opened <= high and low <= close <= high):
            raise ValueError(_contradiction(prices, (opened, high, low, close)))
        open_interest = amount(interest)
        if self.marks.kind == "span":
            open_interest /= _FIXED_POINT
        return BarData(
            *(contract.symbol, interval, start, end, day, opened, high, low, close),
            *(lots(volume), amount(turnover), open_interest),
        )

    def reason(self, cells: Sequence[Any], error: ValueError) -> str:
        """Name the column in front of an error, where one cell is at fault."""
        contract = self.contract or self.contracts.get(self._pick(cells)[:2])
        if contract is None:  # the code itself is at fault
            return str(error)
        readers: dict[str, Reader] = {"volume": lots, "turnover": amount, "open_interest": amount}
        readers |= dict.fromkeys(PRICES, contract.prices.__getitem__)
        held = [(self.places[name], read) for name, read in readers.items() if name in self.places]
        return blamed(error, ((self.names[at], read, cells[at]) for at, read in held))

    def day(self, cell: Any) -> int:
        """Return the trading day in a cell as yyyymmdd, 0 when there is none.

        Raises:
            ValueError: It cannot be read.
        """
        known = self._days.get(cell)
        if known is None:
            known = self._days[cell] = int(day_text(cell) or 0)
        return known

    def _own_interval(self, cell: Any) -> str:
        interval = str(cell).strip()
        length_ns(interval)
        if self._given is not None and interval != self._given:
            msg = f"found interval {interval!r}, expected {self._given!r} as asked for"
            raise ValueError(msg)
        return interval

    def _when(
        self, contract: Contract, cells: Sequence[Any], trading_day: Any, interval: str
    ) -> tuple[int, int, int]:
        """Return start, end and trading day of a row's bar."""
        label = self.marks.label_ns(contract.clock, cells)
        day = self.day(trading_day)
        length = length_ns(interval)
        if not length:
            day = day or contract.clock.local_day(label)
            return *contract.whole_day(day), day
        if self.marks.kind == "span":
            start, end = label, contract.clock.instant(cells[self.marks.second])
            if end <= start:
                msg = f"found a bar that ends at {cells[self.marks.second]!r}, before it began"
                raise ValueError(msg)
            return start, end, day or contract.trading_day(start)
        if self.label == "end":
            return label - length, label, day or contract.trading_day(label - length)
        day = day or contract.trading_day(label)
        end = label + length
        return label, contract.close_by(day, label, end) if length > LONGEST else end, day

    def _find_interval(self, path: Path, rows: Iterable[tuple[int, Sequence[Any]]]) -> str:
        """Tell the length of the bars from the smallest step between rows of a symbol."""
        steps: list[int] = []
        latest: dict[str, int] = {}
        days = True
        for contract, label, cells in islice(self._labels(rows), _SAMPLE):
            before = latest.setdefault(contract.symbol, label)
            if self.marks.kind == "span":
                steps.append(contract.clock.instant(cells[self.marks.second]) - label)
            elif label > before:
                steps.append(label - before)
                latest[contract.symbol] = label
            days = days and self._begins_day(contract, label, cells)
        if not latest:
            return self._given or DAILY  # no row can be used, so nothing asks how long it is
        if self.marks.kind == "span":
            # One that ends with a break or a late tick is longer or shorter than the rest.
            step = Counter(steps).most_common(1)[0][0]
        else:
            step = min(steps, default=0)
        return choose_interval(path, step, self._given, days=days)

    def _labels(
        self, rows: Iterable[tuple[int, Sequence[Any]]]
    ) -> Iterator[tuple[Contract, int, Sequence[Any]]]:
        """Yield (contract, label, cells) of the rows that say when."""
        for _, cells in rows:
            try:
                contract = self.contract or self.contracts[self._pick(cells)[:2]]
                if contract is None:
                    continue
                label = self.marks.label_ns(contract.clock, cells)
                if self.marks.kind == "span":
                    contract.clock.instant(cells[self.marks.second])
            except ValueError:
                continue  # a bad row; it is told of when it is read for good
            yield contract, label, cells

    def _begins_day(self, contract: Contract, label: int, cells: Sequence[Any]) -> bool:
        """Say whether a label is midnight, or the start of the row's trading day."""
        try:
            day = self.day(self._pick(cells)[2])
            if day and contract.whole_day(day)[0] == label:
                return True
            clock = contract.clock
            return clock.at(clock.local_day(label), "") == label
        except ValueError:
            return True  # a bad row decides nothing


def _only(path: Path, context: ImportContext) -> Contract:
    if context.symbol is None:
        msg = f"{path}: its rows name no symbol; say which it is, such as rb2510.SHFE"
        raise DataError(msg)
    return Contract(context.symbol, context)


def _contradiction(cells: Sequence[Any], prices: Sequence[float]) -> str:
    for name, cell, price in zip(PRICES, cells, prices, strict=True):
        if isnan(price):
            return f"{name}: found {cell!r}, expected a price above 0"
    opened, high, low, close = prices
    return (
        f"found open {opened}, high {high}, low {low}, close {close}; "
        "expected high and low to enclose the others"
    )
