"""The records of a file as one stream: bad rows told of, symbols merged by time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from homalos.errors import UnknownInstrument
from homalos.model import BarData, TickData
from homalos.plugins.ports import RowFault, TellBadRow
from homalos_storage.readers.values import MissingPrice

__all__ = ["Rows", "by_time", "from_rows"]

Record = TypeVar("Record", TickData, BarData)
Record_co = TypeVar("Record_co", bound=TickData | BarData, covariant=True)


class Rows(Protocol[Record_co]):
    """What turns the cells of a row into a record."""

    def record(self, cells: Sequence[Any]) -> Record_co | None:
        """Return the record of a row, `None` for a symbol not asked for.

        Raises:
            ValueError: A cell cannot be used.
        """

    def reason(self, cells: Sequence[Any], error: ValueError) -> str:
        """Say what was wrong with a row, with the column's name where one is at fault."""


def from_rows(
    path: Path,
    numbered: Iterable[tuple[int, Sequence[Any]]],
    rows: Rows[Record],
    bad_row: TellBadRow,
) -> Iterator[Record]:
    """Yield the records of (line, cells); what cannot be used goes to `bad_row`."""
    make = rows.record
    for line, cells in numbered:
        try:
            record = make(cells)
        except ValueError as error:
            reason, fault = rows.reason(cells, error), _fault(error)
        else:
            if record is not None:
                yield record
            continue
        bad_row(str(path), line, reason, fault)


def _fault(error: ValueError) -> RowFault:
    if isinstance(error, MissingPrice):
        return "missing-price"
    return "unknown-instrument" if isinstance(error, UnknownInstrument) else "unreadable"


def by_time(records: Iterable[Record]) -> Iterator[Record]:
    """Yield records merged by `ts_ns`, each symbol's in the order they came.

    A record that is late within its symbol stays behind its predecessor. Holds all
    of them: for files that keep several symbols one after another.
    """
    kept: list[Record] = []
    keys: list[int] = []
    latest: dict[str, int] = {}
    for record in records:
        key = max(record.ts_ns, latest.get(record.symbol, record.ts_ns))
        latest[record.symbol] = key
        kept.append(record)
        keys.append(key)
    # The sort is stable and a symbol's keys never fall, so its order is untouched.
    for place in sorted(range(len(kept)), key=keys.__getitem__):
        yield kept[place]
