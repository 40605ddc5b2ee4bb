"""What is published of a made-up day: one-minute bars, or snapshots of five levels."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import TYPE_CHECKING

from homalos.model import BarData, Depth, Interval, TickData
from homalos_sim.walk import NOBODY

if TYPE_CHECKING:
    from homalos.model import Instrument
    from homalos_sim.walk import DayWalk, Print

__all__ = ["day_bars", "day_ticks"]

_BAR_STEP_NS = 5_000_000_000  # twelve prices a minute are enough for a bar
_SETS = 64  # different sets of sizes behind the touch, a day
_DEEPER = (1.2, 1.4, 1.5, 1.6)  # how much larger the levels behind the touch are


class _Prices(dict[int, float]):
    # Prices by their ticks, each worked out once.
    def __init__(self, instrument: Instrument) -> None:
        super().__init__()
        self._price = instrument.from_ticks

    def __missing__(self, ticks: int) -> float:
        price = self[ticks] = self._price(ticks)
        return price


class _Levels(dict[int, tuple[float, ...]]):
    # The prices behind a touch, four where the limit leaves room, by the touch's ticks; a step
    # of -1 goes down. Where nobody stands there is none behind either.
    def __init__(self, prices: _Prices, step: int, limit: int) -> None:
        super().__init__()
        self._prices = prices
        self._step = step
        self._limit = limit
        self[NOBODY] = ()

    def __missing__(self, touch: int) -> tuple[float, ...]:
        room = min(self._step * (self._limit - touch), 4)
        steps = range(1, room + 1)
        levels = self[touch] = tuple(self._prices[touch + self._step * n] for n in steps)
        return levels


def day_bars(walk: DayWalk) -> Iterator[BarData]:
    """Walk a day and yield its one-minute bars, oldest first."""
    prices = _Prices(walk.instrument)
    worth = float(walk.instrument.tick_value)
    volume = value = 0
    for start_ns, end_ns, bustle in walk.minutes():
        prints = walk.prints(range(start_ns, end_ns, _BAR_STEP_NS), 1.0, bustle)
        traded, before = [], volume
        for _, _, _, last, lots, _, _ in prints:
            if lots > before:
                traded.append(last)
                before = lots
        _, _, _, last, lots, total, held = prints[-1]
        traded = traded or [last]
        yield BarData(
            symbol=walk.instrument.symbol,
            interval=Interval.MINUTE.value,
            start_ns=start_ns,
            ts_ns=end_ns,
            trading_day=walk.trading_day,
            open_price=prices[traded[0]],
            high_price=prices[max(traded)],
            low_price=prices[min(traded)],
            close_price=prices[last],
            volume=lots - volume,
            turnover=(total - value) * worth,
            open_interest=held,
        )
        volume, value = lots, total


def day_ticks(walk: DayWalk, step_ns: int) -> Iterator[TickData]:
    """Walk a day and yield its snapshots, oldest first, at most one every `step_ns`.

    A minute is made at a time, so a day is never held in memory.
    """
    published = _Snapshots(walk)
    pace = walk.profile.pace
    for start_ns, end_ns, bustle in walk.minutes():
        yield from published.of(walk.prints(range(start_ns, end_ns, step_ns), pace, bustle))


class _Snapshots:
    # Turns the prints of one day into ticks; keeps what the exchange keeps of a day.

    def __init__(self, walk: DayWalk) -> None:
        before, chance, depth = walk.before, walk.chance, walk.profile.depth
        prices = self._prices = _Prices(walk.instrument)
        prices[NOBODY] = nan
        self._symbol = walk.instrument.symbol
        self._trading_day = walk.trading_day
        self._worth = float(walk.instrument.tick_value)
        self._chance = chance
        self._lower = _Levels(prices, -1, walk.limit_down)
        self._upper = _Levels(prices, 1, walk.limit_up)
        self._sizes = [
            tuple(1 + int(2 * depth * level * chance()) for level in _DEEPER) for _ in range(_SETS)
        ]
        self._swing = 2 * depth
        self._bid_size = self._ask_size = depth
        self._limits = (prices[walk.limit_up], prices[walk.limit_down])
        self._before = (prices[before.price], prices[before.settlement], before.open_interest)
        self._range: tuple[int, int, int] | None = None

    def of(self, prints: list[Print]) -> list[TickData]:
        """Return the ticks of one minute."""
        if not prints:
            return []
        symbol, trading_day, worth = self._symbol, self._trading_day, self._worth
        limit_up, limit_down = self._limits
        pre_close, pre_settlement, pre_held = self._before
        chance, prices, swing = self._chance, self._prices, self._swing
        lower, upper, sizes = self._lower, self._upper, self._sizes
        bid_size, ask_size = self._bid_size, self._ask_size
        first = prints[0][3]
        opened, highest, lowest = self._range or (first, first, first)
        ticks = []
        for ts_ns, bid, ask, last, volume, value, held in prints:
            if last > highest:
                highest = last
            elif last < lowest:
                lowest = last
            # Sizes change by degrees, as queues do.
            bid_size = (3 * bid_size + int(swing * chance())) // 4 + 1
            ask_size = (3 * ask_size + int(swing * chance())) // 4 + 1
            at = int(_SETS * chance())
            below, above = lower[bid], upper[ask]
            # fmt: off
            ticks.append(TickData(
                symbol, ts_ns, trading_day, prices[last], volume, value * worth, held,
                prices[bid], bid_size if bid else 0, prices[ask], ask_size if ask else 0,
                limit_up, limit_down,
                prices[opened], prices[highest], prices[lowest],
                pre_close, pre_settlement, pre_held, nan,
                Depth(
                    below, sizes[at][: len(below)], above, sizes[-at - 1][: len(above)],
                ),
            ))
            # fmt: on
        self._bid_size, self._ask_size = bid_size, ask_size
        self._range = (opened, highest, lowest)
        return ticks
