"""Ticks from files with the column names of CTP: CSV plain or gzipped, and Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homalos_storage.readers.files import csv_rows, has_several, header, kind
from homalos_storage.readers.merge import by_time
from homalos_storage.readers.tick_rows import NEEDED, TickRows, find_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from homalos.model import TickData
    from homalos.plugins.ports import ImportContext

__all__ = ["matches", "read"]


def matches(path: Path) -> bool:
    """Say whether a file has what makes a tick: an instrument, a time, a last price.

    Raises:
        DataError: It has a name of ours, but cannot be opened or is empty.
    """
    if kind(path) is None:
        return False
    found = find_columns(header(path))
    return all(name in found for name in NEEDED)


def read(path: Path, context: ImportContext) -> Iterator[TickData]:
    """Return the ticks of a file in file order, several symbols merged by time.

    A row without a last price is no tick and goes to `context.bad_row`, as recorders
    write one before the first quote of a day; a row out of order or stale is a tick.

    Raises:
        DataError: The file cannot be opened, has no row, or lacks a column.
    """
    rows = TickRows(path, header(path), context)
    if kind(path) == "parquet":
        from homalos_storage.readers import tick_batches  # noqa: PLC0415  loads pyarrow

        ticks, several = tick_batches.read(path, rows, context)
    else:
        ticks = _from_csv(path, rows, context)
        several = context.symbol is None and has_several(path, rows.places["code"])
    return by_time(ticks) if several else ticks


def _from_csv(path: Path, rows: TickRows, context: ImportContext) -> Iterator[TickData]:
    record = rows.record
    for line, cells in csv_rows(path, context.bad_row):
        cells.append("")  # what an absent column reads
        try:
            tick = record(cells)
        except ValueError as error:
            fault = error
        else:
            if tick is not None:
                yield tick
            continue
        context.bad_row(str(path), line, rows.reason(cells, fault))
