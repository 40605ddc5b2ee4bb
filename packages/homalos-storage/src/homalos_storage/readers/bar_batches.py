"""Bars from Parquet, a batch of rows at a time."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import chain, repeat, starmap
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from homalos.model import BarData
from homalos_storage.readers import columns
from homalos_storage.readers.bar_layout import PRICES, find_columns
from homalos_storage.readers.bar_lengths import length_ns
from homalos_storage.readers.bar_rows import LONGEST, BarRows
from homalos_storage.readers.files import header
from homalos_storage.readers.stream import by_time, from_rows
from homalos_storage.readers.values import SECOND
from homalos_storage.readers.wall_clock import DAY, EPOCH_NS, LAST_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from homalos.model import Instrument
    from homalos.plugins.ports import ImportContext
    from homalos_storage.readers.contracts import Contract
    from homalos_storage.readers.wall_clock import WallClock

__all__ = ["read"]

_HOURS, _SIXTY, _HUNDRED = 24, 60, 100
_DAY_AND_TIME = (10**11, 10**12)  # yyyymmddHHMM as a whole number


def read(path: Path, context: ImportContext) -> Iterator[BarData]:
    """Return the bars of a Parquet file in file order, several symbols merged by time.

    Raises:
        DataError: As `bars.read`.
    """
    names = header(path)
    used = _used(names)
    sample = (
        row
        for first, batch in columns.batches(path, used)
        for row in enumerate(columns.rows(batch, names), first)
    )
    rows = BarRows(path, names, context, sample)
    bars = _bars(path, used, rows, context)
    if context.symbol is None and columns.has_several(path, names[rows.places["code"]]):
        return by_time(bars)
    return bars


def _bars(path: Path, used: list[str], rows: BarRows, context: ImportContext) -> Iterator[BarData]:
    def of(first: int, batch: Any) -> Iterator[BarData]:
        bars = _whole(batch, rows)
        if bars is not None:
            return bars
        numbered = enumerate(columns.rows(batch, rows.names), first)
        return from_rows(path, numbered, rows, context.bad_row)

    # Not a generator: another one around a million bars costs a fifth of making them.
    return chain.from_iterable(starmap(of, columns.batches(path, used)))


def _whole(batch: Any, rows: BarRows) -> Iterator[BarData] | None:
    """Return the bars of a clean batch, `None` when a cell needs a closer look."""
    length = length_ns(rows.interval) if rows.interval else 0
    if not 0 < length <= LONGEST or rows.marks.kind == "span":
        return None
    theirs = {name: rows.names[place] for name, place in rows.places.items()}
    contract = rows.contract
    if contract is None:
        found = columns.one_contract(batch, rows.contracts, theirs["code"], theirs.get("exchange"))
        if found is None:
            return None
        contract, batch = found
        if contract is None:
            return iter(())
    held = {name: batch.column(their) for name, their in theirs.items()}
    starts = _starts(batch, rows, contract, length)
    if starts is None:
        return None
    days = _days(held.get("trading_day"), starts, rows, contract)
    prices = _prices(held, columns.one_grid(contract, days)) if days else None
    sums = _sums(held)
    if days is None or prices is None or sums is None:
        return None
    ends = (starts + length).tolist()
    names = (repeat(contract.symbol), repeat(rows.interval))
    return map(BarData, *names, starts.tolist(), ends, days, *prices, *sums)


def _sums(held: Mapping[str, Any]) -> list[Iterable[float]] | None:
    """Return volume, turnover and open interest; what the file has not is 0."""
    found: list[Iterable[float]] = []
    for name in ("volume", "turnover", "open_interest"):
        if name not in held:
            found.append(repeat(0 if name == "volume" else 0.0))
            continue
        read = columns.counts if name == "volume" else columns.amounts
        values: NDArray[Any] | None = read(held[name])
        if values is None:
            return None
        found.append(values.tolist())
    return found


def _prices(held: Mapping[str, Any], instrument: Instrument | None) -> list[list[float]] | None:
    if instrument is None:
        return None
    grids = [columns.on_grid(held[name], instrument) for name in PRICES]
    opened, high, low, close = grids
    if opened is None or high is None or low is None or close is None:
        return None
    # A missing price is nan, which no comparison holds for.
    fits = (low <= opened) & (opened <= high) & (low <= close) & (close <= high)
    return [prices.tolist() for prices in (opened, high, low, close)] if fits.all() else None


def _days(
    column: Any, starts: NDArray[np.int64], rows: BarRows, contract: Contract
) -> list[int] | None:
    """Return the trading days: of the file's column, else of the market, asked once a day."""
    try:
        if column is not None:
            coded = column.dictionary_encode()
            known = np.array([rows.day(cell) for cell in coded.dictionary.to_pylist()], np.int64)
            if column.null_count or not known.all():
                return None
            return list(known[coded.indices.to_numpy()].tolist())
        if (np.diff(starts) < 0).any():
            return None
        days: list[int] = []
        while len(days) < len(starts):
            day, until = contract.day_range(int(starts[len(days)]))
            stop = int(np.searchsorted(starts, until))
            days += [day] * (stop - len(days))
    except ValueError:
        return None
    return days


def _starts(batch: Any, rows: BarRows, contract: Contract, length: int) -> NDArray[np.int64] | None:
    """Return where the bars begin."""
    marks, clock = rows.marks, contract.clock
    try:
        labels = None
        if marks.kind == "instant":
            labels = _instants(batch.column(rows.names[marks.first]), clock)
        if labels is None:
            cells = columns.rows(batch, rows.names)
            labels = np.array([marks.label_ns(clock, row) for row in cells], np.int64)
    except ValueError:
        return None
    return labels if rows.label == "start" else labels - length


def _instants(column: Any, clock: WallClock) -> NDArray[np.int64] | None:
    """Return a column of instants at once, `None` when it holds anything unusual."""
    if column.null_count:
        return None
    if pa.types.is_timestamp(column.type):  # without a zone; `columns.batches` saw to the others
        wall = pc.cast(column, pa.timestamp("ns")).cast(pa.int64()).to_numpy()
        days, since = np.divmod(wall, DAY)
        return _local(days, since, lambda day: clock.midnight(_date(day)))
    try:
        values: NDArray[np.int64] = pc.cast(column, pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        return None
    if (values >= EPOCH_NS).all():
        return None if (values >= LAST_NS).any() else values
    return _compact(values, clock)


def _compact(values: NDArray[np.int64], clock: WallClock) -> NDArray[np.int64] | None:
    """Return the instants of yyyymmddHHMM, `None` when one is not."""
    lowest, beyond = _DAY_AND_TIME
    if (values < lowest).any() or (values >= beyond).any():
        return None
    dates, times = np.divmod(values, _HUNDRED * _HUNDRED)
    hours, minutes = np.divmod(times, _HUNDRED)
    if (hours >= _HOURS).any() or (minutes >= _SIXTY).any():
        return None
    return _local(dates, (hours * _SIXTY + minutes) * (_SIXTY * SECOND), clock.midnight)


def _local(
    days: NDArray[np.int64], since: NDArray[np.int64], midnight: Callable[[int], int]
) -> NDArray[np.int64]:
    unique, places = np.unique(days, return_inverse=True)
    return np.array([midnight(day) for day in unique.tolist()], np.int64)[places] + since


def _date(days: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()


def _used(names: Sequence[str]) -> list[str]:
    return [names[place] for place in find_columns(names).values()]
