"""How many lots of a snapshot's interval traded at a price or beyond: the fewest, and the most.

A snapshot of a Chinese exchange tells of the interval since the one before it (500 ms) only
the lots that traded, what they were worth, and the last price. With prices counted in ticks,
lots `V` and their sum of prices `S = turnover / (multiplier x tick size)`, and every price
between `low` and `high`, the lots `n` that traded at or below a price `q` satisfy

    (V (q + 1) - S) / (q + 1 - low)  <=  n  <=  (V high - S) / (high - q)

since the other lots traded at `q + 1` or above (and at `high` or below). Both bounds are
reached; where a one-tick spread stood still they are equal, and the split is exact. One lot
at the last price, and one at a new high or low of the day, are known to have traded and are
taken out before.

`low` and `high` are the lowest and the highest of the touches of the two books, the last
price and a new extreme of the day. That is an assumption: a price that runs off and returns
within the interval is not seen. Where the average price shows that it did, the extremes of
the day stand in, and without those nothing but the last price is believed.

CZCE reports as turnover its rounded average price of the day times the day's lots (and in
older recordings without the multiplier): differences of that say nothing. It is known by a
turnover that is a whole number for each lot in both snapshots, and not used. Then lots are
known to be at or below `q` where all of the range is, else one if the last price is.
"""

from __future__ import annotations

from math import ceil, floor, inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homalos.model import Instrument, TickData

__all__ = ["NOTHING", "Traded", "traded_between"]

_ROUNDING = 1e-6
# What CTP writes for a price that is missing, a rounding below the largest double.
_MISSING = 1e300


class Traded:
    """Bounds of the lots that traded in one interval; prices are counted in ticks.

    Attributes:
        lots: That traded in all.
    """

    __slots__ = ("_high", "_known", "_low", "_rest", "_sums", "lots")

    def __init__(
        self, lots: int, low: float, high: float, known: tuple[int, ...], total: float | None
    ) -> None:
        """Take what is known of an interval.

        Args:
            lots: That traded, >= 0.
            low: Lowest price that may have traded, ticks.
            high: Highest price that may have traded, ticks.
            known: Prices at each of which a lot at least traded, ticks.
            total: Sum of the prices of all lots, ticks; `None` when it is not known.
        """
        self.lots = lots
        self._low, self._high = low, high
        self._known = known[:lots]
        self._rest = lots - len(self._known)
        rest = None if total is None else total - sum(self._known)
        # The sum is a whole number of ticks but for the rounding of the turnover: each
        # bound is worked out with the one that makes it weaker.
        self._sums = None if rest is None else (floor(rest + _ROUNDING), ceil(rest - _ROUNDING))

    def fewest(self, turn: int, price: int) -> int:
        """Return the fewest lots that can have traded at a price or beyond it.

        Args:
            turn: -1 for a buy order, which is filled by what trades at its price or below;
                1 for a sell order.
            price: Ticks.
        """
        return self._count(turn, price, most=False)

    def most(self, turn: int, price: int) -> int:
        """Return the most lots that can; the arguments are those of `fewest`."""
        return self._count(turn, price, most=True)

    def _count(self, turn: int, price: int, *, most: bool) -> int:
        if not self.lots:
            return 0
        if turn < 0:
            low, high, sums = self._low, self._high, self._sums
        else:
            # The mirror: at or above `price` is at or below its negative.
            low, high, price = -self._high, -self._low, -price
            sums = None if self._sums is None else (-self._sums[1], -self._sums[0])
        known = sum(-turn * each <= price for each in self._known)
        return known + _rest(self._rest, low, high, price, sums, most=most)


def _rest(
    lots: int, low: float, high: float, price: int, sums: tuple[int, int] | None, *, most: bool
) -> int:
    """Return the bound of the lots of unknown price at or below one."""
    if price >= high:
        return lots
    if price < low:
        return 0
    if sums is None or low == -inf or high == inf:
        return lots if most else 0
    if most:
        count = floor((lots * high - sums[0]) / (high - price) + _ROUNDING)
    else:
        count = ceil((lots * (price + 1) - sums[1]) / (price + 1 - low) - _ROUNDING)
    return min(lots, max(0, count))


NOTHING = Traded(0, 0, 0, (), None)
"""An interval in which nothing traded, or of which nothing is known."""


def traded_between(before: TickData, tick: TickData, instrument: Instrument) -> Traded:
    """Return what is known of the trades between two snapshots of one instrument.

    Nothing is of the interval in which a trading day began: its counts have no start, and
    hold the lots of the auction.
    """
    lots = tick.volume - before.volume
    if lots <= 0 or before.trading_day != tick.trading_day or not _is_price(tick.last_price):
        return NOTHING
    ticks = instrument.to_ticks
    known = [ticks(tick.last_price)]
    for now, then in (
        (tick.low_price, before.low_price),
        (tick.high_price, before.high_price),
    ):
        if _is_price(now) and _is_price(then) and now != then and ticks(now) not in known:
            known.append(ticks(now))
    low: float
    high: float
    bids = (before.bid_price_1, tick.bid_price_1)
    asks = (before.ask_price_1, tick.ask_price_1)
    low = min(*known, *(ticks(each) for each in bids if _is_price(each)), known[0])
    high = max(*known, *(ticks(each) for each in asks if _is_price(each)), known[0])
    total = _total(before, tick, instrument, lots)
    if total is not None and not _within(total, lots, low, high):
        low, high = _day(tick, instrument)
        if not _within(total, lots, low, high):
            total, low, high = None, -inf, inf
    return Traded(lots, low, high, tuple(known), total)


def _within(total: float, lots: int, low: float, high: float) -> bool:
    return lots * low - _ROUNDING <= total <= lots * high + _ROUNDING


def _day(tick: TickData, instrument: Instrument) -> tuple[float, float]:
    low, high = tick.low_price, tick.high_price
    return (
        instrument.to_ticks(low) if _is_price(low) else -inf,
        instrument.to_ticks(high) if _is_price(high) else inf,
    )


def _total(before: TickData, tick: TickData, instrument: Instrument, lots: int) -> float | None:
    """Return the sum of the prices of the interval's lots in ticks, `None` when unknown."""
    value = tick.turnover - before.turnover
    if value <= 0 or (_is_rounded(before) and _is_rounded(tick)):
        return None
    total = value / (instrument.multiplier * instrument.tick_size)
    # A turnover of another unit is off by the multiplier.
    average = instrument.from_ticks(1) * total / lots
    is_near = 0.5 < average / tick.last_price < 2
    return total if is_near else None


def _is_rounded(tick: TickData) -> bool:
    if not tick.volume:
        return True
    average = tick.turnover / tick.volume
    return abs(average - round(average)) * tick.volume < 0.5


def _is_price(price: float) -> bool:
    return price == price and price != 0 and abs(price) < _MISSING  # noqa: PLR0124  nan
