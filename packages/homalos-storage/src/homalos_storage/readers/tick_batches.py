"""Ticks from Parquet, a batch of rows at a time."""

from __future__ import annotations

from itertools import chain, repeat, starmap
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from homalos.model import TickData
from homalos_storage.readers import columns
from homalos_storage.readers.stream import from_rows
from homalos_storage.readers.tick_rows import AMOUNTS, DEPTH, LAST_PRICE, LOTS, SETTLEMENTS, VALUES
from homalos_storage.readers.values import MILLISECOND, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from homalos.model import Instrument
    from homalos.plugins.ports import ImportContext
    from homalos_storage.readers.contracts import Contract
    from homalos_storage.readers.tick_rows import TickRows

__all__ = ["has_several", "read"]

_MINUTES = 24 * 60
_DATES = 1_000  # combinations of dates in one batch beyond which they are garbage


def has_several(path: Path, rows: TickRows) -> bool:
    """Say whether a file holds more than one symbol."""
    return columns.has_several(path, rows.names[rows.places["code"]])


def read(path: Path, rows: TickRows, context: ImportContext) -> Iterator[TickData]:
    """Return the ticks of a Parquet file in file order.

    Raises:
        DataError: The file cannot be read, or has no row.
    """
    names, time = rows.names, rows.names[rows.places["time"]]
    used = [names[place] for place in rows.places.values()]

    def of(first: int, batch: Any) -> Iterator[TickData]:
        ticks = _whole(batch, rows)
        if ticks is not None:
            return ticks
        numbered = enumerate(columns.rows(batch, names, text=time), first)
        return from_rows(path, numbered, rows, context.bad_row)

    # Not a generator: another one around a million ticks costs a tenth of making them.
    return chain.from_iterable(starmap(of, columns.batches(path, used)))


def _whole(batch: Any, rows: TickRows) -> Iterator[TickData] | None:
    """Return the ticks of a clean batch, `None` when a cell needs a closer look."""
    theirs = {name: rows.names[place] for name, place in rows.places.items()}
    found = columns.one_contract(batch, rows.contracts, theirs["code"], theirs.get("exchange"))
    if found is None:
        return None
    contract, batch = found
    if contract is None:
        return iter(())
    held = {name: batch.column(their) for name, their in theirs.items()}
    stamps = _stamps(held, contract)
    instrument = columns.one_grid(contract, stamps[1]) if stamps else None
    if stamps is None or instrument is None or not _is_flat(held):
        return None
    values: list[Iterable[Any]] = []
    for name in VALUES:
        column = _values(name, held.get(name), instrument)
        if column is None:
            return None
        values.append(column)
    return map(TickData, repeat(contract.symbol), *stamps, *values)


def _values(name: str, column: Any, instrument: Instrument) -> Iterable[Any] | None:
    if column is None:
        return repeat(0 if name in LOTS else 0.0 if name in AMOUNTS else nan)
    values: NDArray[Any] | None
    if name in LOTS:
        values = columns.counts(column)
    elif name in AMOUNTS:
        values = columns.amounts(column)
    else:
        values = columns.on_grid(column, instrument, strict=name not in SETTLEMENTS)
        if name == LAST_PRICE and values is not None and np.isnan(values).any():
            return None  # a row without a last price is no tick
    return None if values is None else list(values.tolist())


def _is_flat(held: Mapping[str, Any]) -> bool:
    """Say whether no level beyond the first has a price."""
    for name in DEPTH:
        if name in held and "price" in name:
            prices = columns.floats(held[name])
            if prices is None or (np.nan_to_num(prices) != 0).any():
                return False
    return True


def _stamps(held: Mapping[str, Any], contract: Contract) -> tuple[list[int], list[int]] | None:
    """Return `ts_ns` and `trading_day` of every row; the market is asked once a minute."""
    clock, milliseconds = _clock(held["time"]), _milliseconds(held.get("millisecond"))
    if clock is None or milliseconds is None:
        return None
    minutes, seconds = clock
    # A number for each combination of the two dates and the minute.
    codes = minutes
    dates: list[list[Any]] = []
    for name in ("action_day", "trading_day"):
        cells, places = _coded(held.get(name))
        codes = codes + places * (_MINUTES * len(dates[0]) if dates else _MINUTES)
        dates.append(cells)
    action_days, trading_days = dates
    if len(action_days) * len(trading_days) > _DATES:
        return None
    starts = np.zeros(_MINUTES * len(action_days) * len(trading_days), np.int64)
    days = np.zeros_like(starts)
    for code in np.flatnonzero(np.bincount(codes, minlength=len(starts))).tolist():
        rest, minute = divmod(code, _MINUTES)
        day, action_day = divmod(rest, len(action_days))
        time = f"{minute // 60:02}:{minute % 60:02}:00"
        try:
            starts[code], days[code] = contract.stamp(
                trading_days[day], action_days[action_day], time, 0
            )
        except ValueError:
            return None
    return (starts[codes] + seconds + milliseconds).tolist(), days[codes].tolist()


def _coded(column: Any) -> tuple[list[Any], NDArray[np.int64] | int]:
    """Return the different cells of a column, and which of them each row has."""
    if column is None:
        return [""], 0
    coded = column.dictionary_encode(null_encoding="encode")
    return coded.dictionary.to_pylist(), coded.indices.to_numpy().astype(np.int64)


def _clock(time: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Return the minute of the day, and the seconds in nanoseconds, of HH:MM:SS."""
    if pa.types.is_time(time.type):
        time = pc.cast(time, pa.string())
    wide = pa.types.is_large_string(time.type)
    if time.null_count or not (wide or pa.types.is_string(time.type)):
        return None
    # Arrow keeps the characters of a column end to end: eight a row, a table of digits.
    _, offsets, characters = time.buffers()
    edges = np.frombuffer(offsets, np.int64 if wide else np.int32)[time.offset :][: len(time) + 1]
    if (np.diff(edges) != len("HH:MM:SS")).any():
        return None
    table = np.frombuffer(characters, np.uint8)[edges[0] : edges[-1]].reshape(len(time), -1)
    digits = (table[:, [0, 1, 3, 4, 6, 7]] - ord("0")).astype(np.int64)
    if (digits > 9).any() or (table[:, [2, 5]] != ord(":")).any():
        return None
    hours, minutes, seconds = (digits[:, at] * 10 + digits[:, at + 1] for at in (0, 2, 4))
    if (hours >= 24).any() or (minutes >= 60).any() or (seconds >= 60).any():
        return None
    return hours * 60 + minutes, seconds * SECOND


def _milliseconds(column: Any) -> NDArray[np.int64] | int | None:
    if column is None:
        return 0
    counts = columns.counts(column)
    return None if counts is None or (counts >= 1000).any() else counts * MILLISECOND
