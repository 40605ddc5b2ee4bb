"""Files of market data to one stream of events in time order."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Literal, Protocol

from attrs import define, field, frozen

from homalos.engine.markets import Markets
from homalos.errors import BadRowError, DataError
from homalos.plugins.ports import ImportContext, MarketEvent, RowFault
from homalos.plugins.specs import ImporterSpec

__all__ = ["BadRow", "BadRows", "TapeOptions", "TapeReader"]

_KEPT = 20


class _Importers(Protocol):
    def importer(self, path: Path) -> ImporterSpec: ...


@frozen
class BadRow:
    """A row that could not be used: where it is, why, and which class that is."""

    file: str
    line: int
    reason: str
    fault: RowFault = "unreadable"


@define
class BadRows:
    """The rows that could not be used: counted all, kept the first twenty.

    Attributes:
        strict: True makes the first one an error.
        count: How many there were.
        faults: How many there were of each class.
        first: The first of them.
        told: Called with each.
    """

    strict: bool = False
    count: int = 0
    faults: dict[str, int] = field(factory=dict)
    first: list[BadRow] = field(factory=list)
    told: Callable[[BadRow], None] | None = None

    def add(self, file: str, line: int, reason: str, fault: RowFault = "unreadable", /) -> None:
        """Count one row.

        Raises:
            BadRowError: The run is strict.
        """
        if self.strict:
            raise BadRowError(file, line, reason)
        self.count += 1
        self.faults[fault] = self.faults.get(fault, 0) + 1
        row = BadRow(file, line, reason, fault)
        if len(self.first) < _KEPT:
            self.first.append(row)
        if self.told is not None:
            self.told(row)


@frozen
class TapeOptions:
    """How to read files that do not say everything themselves.

    Attributes:
        symbol: The symbol of a file that names none, or the only one to read.
        interval: The bar length of a bar file.
        label: Whether a bar file's time is the bar's start or its end.
        strict: True makes a bad row an error.
    """

    symbol: str | None = None
    interval: str | None = None
    label: Literal["start", "end"] | None = None
    strict: bool = False


class TapeReader:
    """Reads files through the importers that the plugins offer.

    Attributes:
        bad_rows: What could not be used so far.
    """

    def __init__(self, importers: _Importers, markets: Markets, options: TapeOptions) -> None:
        self.bad_rows = BadRows(strict=options.strict)
        self._importers = importers
        self._context = ImportContext(
            parse_symbol=markets.parse,
            market=markets.of,
            instrument=markets.instrument,
            bad_row=self.bad_rows.add,
            symbol=options.symbol,
            interval=options.interval,
            label=options.label,
        )

    def read(self, paths: Sequence[Path]) -> Iterator[MarketEvent]:
        """Yield the records of all files, merged by time.

        Records of one file keep their order; at the same time the file named
        first goes first.

        Raises:
            DataError: A file is missing, or no importer can read it.
        """
        for path in paths:
            if not path.is_file():
                msg = f"{path}: no such file"
                raise DataError(msg)
        streams = [self._importers.importer(p).read(p, self._context) for p in paths]
        if len(streams) == 1:
            return streams[0]
        return heapq.merge(*streams, key=attrgetter("ts_ns"))
