"""Files as rows of cells: CSV plain and gzipped, and the headers of Parquet."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from typing import TYPE_CHECKING, Literal

from homalos.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow.parquet

__all__ = ["csv_rows", "has_several", "header", "kind", "open_parquet", "places"]

_BROKEN = (EOFError, zlib.error, OSError)


def kind(path: Path) -> Literal["csv", "parquet"] | None:
    """Return what a file is by its name: `.csv`, `.csv.gz`, `.parquet`, or `None`."""
    name = path.name.lower()
    if name.endswith((".csv", ".csv.gz")):
        return "csv"
    return "parquet" if name.endswith(".parquet") else None


def header(path: Path) -> tuple[str, ...]:
    """Return the names of the columns as written, in order.

    Raises:
        DataError: The file cannot be opened, or is empty.
    """
    if kind(path) == "parquet":
        with open_parquet(path) as file:
            return tuple(file.schema_arrow.names)
    try:
        with _open_text(path) as stream:
            first = stream.readline()
    except _BROKEN as error:
        msg = f"{path}: cannot be read: {error}"
        raise DataError(msg) from error
    if not first.strip():
        msg = f"{path}: the file is empty; expected a header with the names of the columns"
        raise DataError(msg)
    return tuple(_split(first) or (first,))


def open_parquet(path: Path) -> pyarrow.parquet.ParquetFile:
    """Open a Parquet file; it is a context manager.

    Raises:
        DataError: It cannot be opened, or is cut short.
    """
    import pyarrow as pa  # 0.2 s, and only Parquet needs it
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        msg = f"{path}: not a readable Parquet file: {error}"
        raise DataError(msg) from error


def places(names: Sequence[str], wanted: Mapping[str, str]) -> dict[str, int]:
    """Return where each column that is known stands.

    Args:
        names: The header as written. Case, spaces, underscores, `<>` and quotes around
            a name do not matter.
        wanted: Our name of a column by the file's, written small and without
            underscores; where a header has two for one of ours, the first in `wanted` counts.
    """
    found: dict[str, int] = {}
    for place, name in enumerate(names):
        found.setdefault(name.strip(" \t<>'").replace("_", "").lower(), place)
    result: dict[str, int] = {}
    for theirs, ours in wanted.items():
        if theirs in found:
            result.setdefault(ours, found[theirs])
    return result


def csv_rows(
    path: Path, bad_row: Callable[[str, int, str], None]
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells and an empty one) of every row as wide as the header.

    One line is one row, so that a stray quote spoils its own row and no other. Blank
    lines are nothing. What follows a break in the file, such as a cut gzip stream,
    is reported as one bad row.

    Raises:
        DataError: There is nothing but a header.
    """
    width = len(header(path))
    line = 1
    with _open_text(path) as stream:
        stream.readline()
        lines = enumerate(stream, 2)
        while True:
            try:  # around the reading alone: what `bad_row` raises is no fault of the file
                line, text = next(lines)
            except StopIteration:
                break
            except _BROKEN as error:
                reason = f"the file breaks off here ({error}); the rows before it were read"
                bad_row(str(path), line + 1, reason)
                return
            cells = _split(text)
            if cells is not None and len(cells) == width:
                cells.append("")
                yield line, cells
            elif not text.isspace():
                found = "an unclosed quote" if cells is None else f"{len(cells)} columns"
                bad_row(str(path), line, f"found {found}, expected {width} columns")
    if line == 1:
        msg = f"{path}: nothing but a header; expected rows"
        raise DataError(msg)


def has_several(path: Path, place: int) -> bool:
    """Say whether the cells of one column of a CSV file differ."""
    seen: set[str] = set()
    with _open_text(path) as stream:
        try:
            stream.readline()
            for text in stream:
                cells = text.split(",", place + 1)
                if len(cells) > place:
                    seen.add(cells[place])
                    if len(seen) > 1:
                        return True
        except _BROKEN:
            return False  # `csv_rows` tells of it
    return False


def _open_text(path: Path) -> io.TextIOWrapper:
    # Some files carry a weekday in GBK: what is no UTF-8 is replaced, and if it stood
    # in a cell that matters, that cell cannot be read and the row is reported.
    if path.name.lower().endswith(".gz"):
        raw: io.BufferedReader | gzip.GzipFile = gzip.GzipFile(path)
    else:
        raw = path.open("rb")
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace")


def _split(text: str) -> list[str] | None:
    """Return the cells of a line, `None` when its quotes do not close."""
    text = text.rstrip("\n")
    if '"' not in text:
        return text.split(",")
    if text[0] == '"' == text[-1]:
        cells = text[1:-1].split('","')  # every cell quoted, as CTP recorders write: the fast way
        if text.count('"') == 2 * len(cells):
            return cells
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error:
        return None
