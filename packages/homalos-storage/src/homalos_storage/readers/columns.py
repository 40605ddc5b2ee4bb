"""Whole columns of a Parquet file at once, where every cell is clean.

Each function returns `None` when a cell is not: then the batch is read row by row,
by the same code as CSV, and the rows at fault are reported one by one. So nothing
here decides what is bad; it only recognises what is surely good.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from homalos.errors import DataError
from homalos_storage.readers.files import open_parquet
from homalos_storage.readers.values import HUGE, SLACK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from homalos.model import Instrument
    from homalos_storage.readers.contracts import Contract, Contracts

__all__ = [
    "BATCH",
    "amounts",
    "batches",
    "cells",
    "counts",
    "floats",
    "has_several",
    "on_grid",
    "one_contract",
    "one_grid",
    "rows",
]

BATCH = 20_000  # rows held at once
_EXACT = 1e15  # whole numbers below are exact as doubles, and so is a half between them


def rows(batch: Any, names: Sequence[str], *, text: str = "") -> Iterator[tuple[Any, ...]]:
    """Yield a batch's rows as the cells of the file's header, and an empty one behind.

    Args:
        batch: A `pyarrow.RecordBatch` with some of the columns.
        names: The whole header.
        text: Name of a column that is wanted as text whatever it holds.
    """
    held = set(batch.schema.names)
    nothing = [""] * batch.num_rows
    columns = [
        cells(batch.column(name), text=name == text) if name in held else nothing for name in names
    ]
    return zip(*columns, nothing, strict=True)


def cells(column: Any, *, text: bool = False) -> list[Any]:
    """Return a column as Python's own numbers and text; times and dates as text.

    Args:
        column: A `pyarrow.Array`.
        text: Whether anything else is wanted as text too, "" where it is missing.
    """
    if text or pa.types.is_temporal(column.type):
        column = pc.fill_null(pc.cast(column, pa.string()), "")
    return list(column.to_pylist())


def floats(column: Any) -> NDArray[np.float64] | None:
    """Return a column of numbers, nan where one is missing; `None` for anything else."""
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        return None
    values: NDArray[np.float64] = column.to_numpy(zero_copy_only=False).astype(float, copy=False)
    missing = np.abs(values) > HUGE
    if missing.any():
        if np.isinf(values).any():
            return None
        values = np.where(missing, np.nan, values)
    return values


def on_grid(
    column: Any, instrument: Instrument, *, strict: bool = True
) -> NDArray[np.float64] | None:
    """Return a column of prices as `values.Prices` would, nan where one is missing.

    Args:
        column: Cells.
        instrument: Whose grid they are put on, exactly as `Instrument.snap` does.
        strict: `None` when a price is on no tick; else it stays as it is.
    """
    values = floats(column)
    if values is None or (values < 0).any():
        return None
    if not values.all():
        values = np.where(values == 0, np.nan, values)
    grid = Fraction(str(instrument.tick_size))
    ticks = np.floor(values * (grid.denominator / grid.numerator) + 0.5) * grid.numerator
    if (ticks >= _EXACT).any():
        return None
    snapped = ticks / grid.denominator
    off = np.abs(snapped - values) > SLACK * instrument.tick_size
    if off.any():
        return None if strict else np.where(off, values, snapped)
    return snapped


def amounts(column: Any) -> NDArray[np.float64] | None:
    """Return a column of turnovers or open interests as `values.amount` would."""
    values = floats(column)
    if values is None or (values < 0).any():
        return None
    return np.nan_to_num(values, nan=0.0)


def counts(column: Any) -> NDArray[np.int64] | None:
    """Return a column of lots as `values.lots` would."""
    if pa.types.is_signed_integer(column.type) and not column.null_count:
        whole: NDArray[np.int64] = column.to_numpy().astype(np.int64, copy=False)
        return None if (whole < 0).any() else whole
    values = floats(column)
    if values is None:
        return None
    values = np.nan_to_num(values, nan=0.0)
    if (values < 0).any() or (values >= _EXACT).any() or (values != np.floor(values)).any():
        return None
    return values.astype(np.int64)


def one_contract(
    batch: Any, contracts: Contracts, code: str, exchange: str | None
) -> tuple[Contract | None, Any] | None:
    """Return the only contract of a batch that is asked for, and its rows.

    The contract is `None` when the batch has no row of the symbol asked for.

    Args:
        batch: A `pyarrow.RecordBatch`.
        contracts: Those of the file.
        code: Name of the column of codes.
        exchange: Name of the column of exchanges, if there is one.
    """
    exchanges = pc.unique(batch.column(exchange)).to_pylist() if exchange else [""]
    codes = pc.unique(batch.column(code)).to_pylist()
    if len(exchanges) != 1:
        return None
    try:
        found = {text: contracts[text, exchanges[0]] for text in codes}
    except ValueError:
        return None
    wanted = [text for text, contract in found.items() if contract is not None]
    if not wanted:
        return None, batch.slice(0, 0)
    if len(wanted) > 1:
        return None
    if len(codes) > 1:
        batch = batch.filter(pc.equal(batch.column(code), wanted[0]))
    return found[wanted[0]], batch


def one_grid(contract: Contract, days: Iterable[int]) -> Instrument | None:
    """Return the contract as it stood on all of some trading days, if its tick did not change."""
    grids: dict[float, Instrument] = {}
    for day in set(days):
        try:
            instrument = contract.market.resolve(contract.symbol, on_day=day)
        except ValueError:
            return None
        grids[instrument.tick_size] = instrument
    return instrument if len(grids) == 1 else None


def has_several(path: Path, name: str) -> bool:
    """Say whether the cells of one column of a Parquet file differ.

    Raises:
        DataError: The file cannot be read, or has no row.
    """
    seen: set[Any] = set()
    for _, batch in batches(path, [name]):
        seen.update(pc.unique(batch.column(0)).to_pylist())
        if len(seen) > 1:
            return True
    return False


def batches(path: Path, used: Iterable[str]) -> Iterator[tuple[int, Any]]:
    """Yield (number of the first row, batch) through a file; rows count from 1.

    Args:
        path: The file.
        used: Names of the columns to read.

    Raises:
        DataError: The file cannot be read, or has no row.
    """
    wanted = list(used)
    row = 1
    with open_parquet(path) as file:
        try:
            for batch in file.iter_batches(batch_size=BATCH, columns=wanted):
                yield row, _plain(batch)
                row += batch.num_rows
        except (OSError, pa.ArrowException) as error:
            msg = f"{path}: the Parquet file breaks off after row {row - 1}: {error}"
            raise DataError(msg) from error
    if row == 1:
        msg = f"{path}: nothing but a header; expected rows"
        raise DataError(msg)


def _plain(batch: Any) -> Any:
    # Text may be kept as numbers into a dictionary, an instant with a zone is one wherever
    # it is read, and a time of the day is HH:MM:SS: the functions above take just these.
    columns = []
    for column in batch.columns:
        kind = column.type
        if pa.types.is_dictionary(kind):
            columns.append(column.dictionary_decode())
        elif pa.types.is_timestamp(kind) and kind.tz is not None:
            columns.append(pc.cast(column, pa.timestamp("ns", kind.tz)).cast(pa.int64()))
        elif pa.types.is_time(kind):
            columns.append(_whole_seconds(column))
        else:
            columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _whole_seconds(column: Any) -> Any:
    try:
        return pc.cast(column, pa.time32("s"))
    except pa.ArrowInvalid:  # there are fractions
        return column
