"""Bars from files in the layouts that recorders write: CSV plain or gzipped, and Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homalos_storage.readers.bar_layout import find_columns, is_bar_file
from homalos_storage.readers.bar_rows import BarRows
from homalos_storage.readers.files import csv_rows, has_several, header, kind
from homalos_storage.readers.stream import by_time, from_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from homalos.model import BarData
    from homalos.plugins.ports import ImportContext

__all__ = ["matches", "read"]


def matches(path: Path) -> bool:
    """Say whether a file has what makes a bar: four prices and a time.

    Raises:
        DataError: It has a name of ours, but cannot be opened or is empty.
    """
    return kind(path) is not None and is_bar_file(find_columns(header(path)))


def read(path: Path, context: ImportContext) -> Iterator[BarData]:
    """Return the bars of a file in file order, several symbols merged by time.

    Raises:
        DataError: The file cannot be opened, has no row, lacks a column, or neither it
            nor the context tells the symbol and the length of its bars.
    """
    if kind(path) == "parquet":
        from homalos_storage.readers import bar_batches  # loads pyarrow

        return bar_batches.read(path, context)
    sample = csv_rows(path, _ignore)
    rows = BarRows(path, header(path), context, sample)
    bars = from_rows(path, csv_rows(path, context.bad_row), rows, context.bad_row)
    if context.symbol is None and has_several(path, rows.places["code"]):
        return by_time(bars)
    return bars


def _ignore(_file: str, _line: int, _reason: str) -> None:
    """Say nothing: the sample's rows are read, and told of, once more."""
