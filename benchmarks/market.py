"""The market to measure on: a seeded walk in whole ticks, the same in every run.

Seeds and draws are those of the peers' scripts, in the same order, so that everybody
trades on the same prices. The draws are made in blocks: the memory of a run is measured
in the process that makes its market.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

__all__ = ["MOST", "SYMBOL", "Bars", "Ticks", "draw_bars", "draw_ticks", "slices"]

SYMBOL = "rb2501.SHFE"
MOST = 1_000_000
"""Bars or ticks that are drawn; fewer are the first of them."""

_SEED = 20_240_607
_BLOCK = 50_000
_STEPS = 8  # of the walk, in a bar
_MIDDLE, _SWING = 10_000.0, 4_000.0
_SECOND = 1_000_000_000
_MINUTE = 60 * _SECOND
_TO_UTC = -8 * 3_600 * _SECOND
_TICKS_A_MINUTE = 120
# Where the sections of a day begin and end, in minutes after midnight; the last is the night.
_SECTIONS = ((540, 615), (630, 690), (810, 900), (1_260, 1_380))
_NIGHT = 1_260

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@frozen(eq=False)
class Bars:
    """One-minute bars as columns, each of shape (n,), oldest first.

    Attributes:
        start_ns: Where they begin, nanoseconds UTC.
        trading_day: yyyymmdd: of a night, that of the next weekday.
        volume: Lots.
    """

    start_ns: Ints
    trading_day: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints


@frozen(eq=False)
class Ticks:
    """Snapshots twice a second as columns, each of shape (n,), oldest first.

    Attributes:
        ts_ns: Nanoseconds UTC.
        trading_day: yyyymmdd: of a night, that of the next weekday.
        volume: Lots, cumulative.
    """

    ts_ns: Ints
    trading_day: Ints
    last: Floats
    volume: Ints
    bid: Floats
    bid_lots: Ints
    ask: Floats
    ask_lots: Ints


@cache
def draw_bars(count: int) -> Bars:
    """Return the first bars of the market, at most `MOST`."""
    chance = np.random.default_rng(_SEED)
    prices: list[list[Floats]] = [[], [], [], []]
    for walk in _walk(chance, 1.3, _STEPS):
        price = np.rint(_MIDDLE + walk).reshape(-1, _STEPS)
        parts = (price[:, 0].copy(), price.max(axis=1), price.min(axis=1), price[:, -1].copy())
        for column, part in zip(prices, parts, strict=True):
            column.append(part)
    volume = chance.integers(50, 2_000, MOST)
    start_ns, trading_day = _minutes(1)
    opened, high, low, close = (np.concatenate(column)[:count] for column in prices)
    return Bars(start_ns[:count], trading_day[:count], opened, high, low, close, volume[:count])


@cache
def draw_ticks(count: int) -> Ticks:
    """Return the first ticks of the market, at most `MOST`."""
    chance = np.random.default_rng(_SEED + 1)
    middle = np.concatenate([_MIDDLE + walk for walk in _walk(chance, 0.45, 1)])
    bid = np.floor(middle)
    ask = bid + np.where(chance.random(MOST) < 0.85, 1.0, 2.0)
    bid_lots = chance.integers(1, 500, MOST)
    ask_lots = chance.integers(1, 500, MOST)
    last = np.where(chance.random(MOST) < 0.5, bid, ask)
    volume = np.cumsum(chance.integers(0, 40, MOST))
    ts_ns, trading_day = _minutes(_TICKS_A_MINUTE)
    n = slice(count)
    book = (bid[n], bid_lots[n], ask[n], ask_lots[n])
    return Ticks(ts_ns[n], trading_day[n], last[n], volume[n], *book)


def slices(trading_day: Ints, longest: int) -> Iterator[tuple[int, slice]]:
    """Yield (trading day, rows) through a market, at most so many rows of one day at a time."""
    edges = np.flatnonzero(np.diff(trading_day)) + 1
    begin = 0
    for end in (*edges.tolist(), len(trading_day)):
        day = int(trading_day[begin])
        for first in range(begin, end, longest):
            yield day, slice(first, min(first + longest, end))
        begin = end


def _walk(chance: np.random.Generator, deviation: float, steps: int) -> Iterator[Floats]:
    """Yield, block by block, a walk about 0 that is folded back at both swings."""
    at = 0.0
    for first in range(0, MOST, _BLOCK):
        draws = chance.normal(0.0, deviation, min(_BLOCK, MOST - first) * steps)
        # Added to the first draw, not to the sums: so the doubles are those of one long sum.
        draws[0] += at
        sums = np.cumsum(draws)
        at = float(sums[-1])
        yield np.abs((sums + _SWING) % (4 * _SWING) - 2 * _SWING) - _SWING


def _minutes(share: int) -> tuple[Ints, Ints]:
    """Return (ns UTC, trading day) of everything, so many of them in each minute of a session."""
    minutes = np.concatenate([np.arange(begin, end) for begin, end in _SECTIONS])
    offsets = (minutes[:, None] * _MINUTE + np.arange(share) * (_MINUTE // share)).ravel()
    count = MOST // len(offsets) + 2
    days = np.busday_offset("2010-01-04", np.arange(count), roll="forward")
    midnights = days.astype("datetime64[ns]").astype(np.int64)
    ts_ns = (midnights[:-1, None] + offsets + _TO_UTC).ravel()
    numbers = np.array([int(str(day).replace("-", "")) for day in days], np.int64)
    is_night = offsets >= _NIGHT * _MINUTE
    trading_day = np.where(is_night, numbers[1:, None], numbers[:-1, None]).ravel()
    return ts_ns[:MOST], trading_day[:MOST]
