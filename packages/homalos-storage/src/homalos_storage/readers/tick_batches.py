"""Ticks from Parquet, a batch of rows at a time."""

from __future__ import annotations

from itertools import repeat
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from homalos.model import TickData
from homalos_storage.readers import columns
from homalos_storage.readers.files import open_parquet
from homalos_storage.readers.stream import from_rows
from homalos_storage.readers.tick_rows import AMOUNTS, DEPTH, LOTS, SETTLEMENTS, VALUES
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

_TIME = 8  # HH:MM:SS
_THOUSAND = 1000


def has_several(path: Path, rows: TickRows) -> bool:
    """Say whether a file holds more than one symbol."""
    with open_parquet(path) as file:
        return columns.has_several(file, rows.names[rows.places["code"]])


def read(path: Path, rows: TickRows, context: ImportContext) -> Iterator[TickData]:
    """Yield the ticks of a Parquet file in file order.

    Raises:
        DataError: The file cannot be read, or has no row.
    """
    names, time = rows.names, rows.names[rows.places["time"]]
    for first, batch in columns.batches(path, {names[place] for place in rows.places.values()}):
        ticks = _whole(batch, rows)
        if ticks is None:
            numbered = enumerate(columns.rows(batch, names, text=time), first)
            ticks = from_rows(path, numbered, rows, context.bad_row)
        yield from ticks


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
    if stamps is None or not _is_flat(held):
        return None
    values: list[Iterable[Any]] = []
    for name in VALUES:
        column = _values(name, held.get(name), contract.instrument)
        if column is None:
            return None
        values.append(column)
    return map(TickData, repeat(contract.symbol), *stamps, *values)


def _values(name: str, column: Any, instrument: Instrument) -> Iterable[Any] | None:
    if name in LOTS:
        return repeat(0) if column is None else columns.counts(column)
    if name in AMOUNTS:
        return repeat(0.0) if column is None else columns.amounts(column)
    if column is None:
        return repeat(nan)
    prices = columns.on_grid(column, instrument, strict=name not in SETTLEMENTS)
    if prices is None or (name == VALUES[0] and np.isnan(prices).any()):
        return None
    return list(prices.tolist())


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
    time = held["time"]
    if pa.types.is_time(time.type):
        time = pc.cast(time, pa.string())
    seconds, milliseconds = _seconds(time), _milliseconds(held.get("millisecond"))
    if seconds is None or milliseconds is None:
        return None
    codes, size, texts = np.zeros(len(time), np.int64), 1, []
    minute = pc.utf8_slice_codeunits(time, 0, 5)
    for part in (held.get("trading_day"), held.get("action_day"), minute):
        if part is None:
            texts.append([""])
            continue
        if part.null_count:
            return None
        coded = part.dictionary_encode()
        texts.append(coded.dictionary.to_pylist())
        size *= len(texts[-1])
        codes = codes * len(texts[-1]) + coded.indices.to_numpy()
    if size > columns.BATCH:
        return None
    starts, days = np.zeros(size, np.int64), np.zeros(size, np.int64)
    trading_days, action_days, minutes = texts
    for code in np.flatnonzero(np.bincount(codes, minlength=size)).tolist():
        rest, at = divmod(code, len(minutes))
        day, action_day = divmod(rest, len(action_days))
        try:
            starts[code], days[code] = contract.stamp(
                trading_days[day], action_days[action_day], f"{minutes[at]}:00", 0
            )
        except ValueError:
            return None
    return (starts[codes] + seconds + milliseconds).tolist(), days[codes].tolist()


def _seconds(time: Any) -> NDArray[np.int64] | None:
    """Return the seconds of a column of HH:MM:SS, in nanoseconds."""
    if not (pa.types.is_string(time.type) or pa.types.is_large_string(time.type)):
        return None
    shaped = pc.and_(
        pc.equal(pc.utf8_length(time), _TIME),
        pc.match_substring_regex(time, r":[0-5][0-9]$"),
    )
    if time.null_count or not pc.all(shaped).as_py():
        return None
    seconds: NDArray[np.int64] = pc.cast(pc.utf8_slice_codeunits(time, 6, 8), pa.int64()).to_numpy()
    return seconds * SECOND


def _milliseconds(column: Any) -> NDArray[np.int64] | int | None:
    if column is None:
        return 0
    counts = columns.counts(column)
    if counts is None or max(counts) >= _THOUSAND:
        return None
    return np.array(counts, np.int64) * MILLISECOND
