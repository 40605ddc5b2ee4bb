"""Ticks from files with the column names of CTP: CSV plain or gzipped, and Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homalos_storage.readers.files import csv_rows, has_several, header, kind
from homalos_storage.readers.stream import by_time, from_rows
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
        from homalos_storage.readers import tick_batches  # loads pyarrow

        ticks = tick_batches.read(path, rows, context)
        several = context.symbol is None and tick_batches.has_several(path, rows)
    else:
        ticks = from_rows(path, csv_rows(path, context.bad_row), rows, context.bad_row)
        several = context.symbol is None and has_several(path, rows.places["code"])
    return by_time(ticks) if several else ticks
