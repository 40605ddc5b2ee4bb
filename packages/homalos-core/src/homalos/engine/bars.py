"""One-minute bars from ticks. Pure: no clock, no bus; the caller says what time it is.

A bar covers `[start, end)` of the exchange's clock. A tick stamped on or shortly
after a session's end folds into the session's last bar, since exchanges send the
last trades then; a tick of the call auction that brings trades joins the first bar
of the session it opens. What a tick is that fits none of this, `tick_classes` says.

Volume is the growth of the day's count, so it is never negative, and what traded
while no tick came is in the next bar.
"""

from __future__ import annotations

from homalos.engine.tick_classes import (
    FOLD_NS,
    MINUTE_NS,
    OUTSIDE,
    Sessions,
    TickClass,
    TickSorter,
)
from homalos.errors import MarketError
from homalos.model import BarData, TickData

__all__ = ["FOLD_NS", "MinuteBars", "Sessions", "interval_ns"]

_NS = 1_000_000_000
_UNITS = {"s": 1, "m": 60, "h": 3600}
_FORWARD = frozenset(
    {
        TickClass.GOOD,
        TickClass.AUCTION,
        TickClass.BOUNDARY,
        TickClass.CONTRADICTION,
        TickClass.RESET,
    }
)


def interval_ns(interval: str) -> int:
    """Return the length of `1m`, `15m`, `1h` ... in nanoseconds; 0 for `d`, the trading day.

    Raises:
        ValueError: The text is no interval.
    """
    if interval == "d":
        return 0
    number, unit = interval[:-1], interval[-1:]
    if not number.isdecimal() or unit not in _UNITS or int(number) == 0:
        msg = f"{interval!r} is no bar length; write a number and s, m or h, or d: 30s 1m 15m 1h d"
        raise ValueError(msg)
    return int(number) * _UNITS[unit] * _NS


class MinuteBars:
    """One-minute bars of one symbol from its ticks.

    Attributes:
        closes_ns: When the bar under way is over, nanoseconds UTC; 0 when none is.
        good: Ticks of the class `good`.
    """

    def __init__(self, symbol: str, sessions: Sessions) -> None:
        self.closes_ns = 0
        self.good = 0
        self._symbol = symbol
        self._sorter = TickSorter(symbol, sessions)
        self._counts: dict[TickClass, int] = {}
        self._day = 0
        self._is_first = True  # bar of the trading day
        self._start_ns = -MINUTE_NS  # so that the first minute of all is not over
        self._end_ns = 0  # of the bar under way, its fold not counted; 0 when none is
        self._bar_day = 0
        self._complete = True
        self._open = self._high = self._low = 0.0
        # The latest tick inside a session, and the one that told the count where that is another.
        self._latest_ns = 0
        self._last: TickData | None = None
        self._told: TickData | None = None
        # Lots and value of the day: told so far, and in the bars that are out. -1: not known.
        self._count = -1
        self._out = -1
        self._out_turnover = 0.0

    def add(self, tick: TickData) -> BarData | None:
        """Count a tick in; return the bar that it shows to be over, if any.

        Raises:
            MarketError: The tick's trading day is outside the calendar.
        """
        # The next tick of the bar under way, which nearly every tick is. Whatever else one
        # may be, `_look` finds out.
        ts, price = tick.ts_ns, tick.last_price
        if (
            self._latest_ns < ts < self._end_ns
            and tick.volume >= self._count
            and tick.trading_day == self._bar_day
        ):
            if price > self._high:
                self._high = price
            elif price < self._low:
                self._low = price
            elif price != price:  # noqa: PLR0124  nan
                return self._look(tick)
            self._latest_ns = ts
            self._count = tick.volume
            self._last = tick
            self.good += 1
            return None
        return self._look(tick)

    def close(self, *, whole: bool = True) -> BarData | None:
        """End the bar under way and return it; `None` when there is none.

        Args:
            whole: False when the data ends before the bar's time is over.
        """
        last = self._last
        if not self.closes_ns or last is None:
            return None
        start = self._start_ns
        self.closes_ns = self._end_ns = 0
        turnover = self._turnover()
        bar = BarData(
            self._symbol,
            "1m",
            start,
            start + MINUTE_NS,
            self._bar_day,
            self._open,
            self._high,
            self._low,
            last.last_price,
            self._count - self._out,
            turnover - self._out_turnover if turnover > self._out_turnover else 0.0,
            last.open_interest,
            self._complete and whole,
        )
        self._out = self._count
        self._out_turnover = turnover
        return bar

    def is_over(self, now_ns: int) -> bool:
        """Say whether the minute of the bar under way has passed, its fold not counted."""
        return now_ns >= self._start_ns + MINUTE_NS

    def counts(self) -> dict[TickClass, int]:
        """Return how many ticks there were of each class that there were any of."""
        good = {TickClass.GOOD: self.good} if self.good else {}
        return good | self._counts

    @property
    def late(self) -> int:
        """Return the ticks of a bar that was over already.

        What they add to the volume goes to the bar under way, or to the next one.
        """
        return self._counts.get(TickClass.LATE, 0)

    @property
    def outside(self) -> int:
        """Return the ticks that made no bar: outside every session, or without a price."""
        return sum(count for kind, count in self._counts.items() if kind in OUTSIDE)

    def _look(self, tick: TickData) -> BarData | None:
        """Take a tick that is not simply the next one of the bar under way."""
        ts, session = tick.ts_ns, self._sorter.session
        if (
            session is not None
            and session.start_ns <= ts < session.end_ns
            and ts > self._latest_ns
            and ts >= (self._start_ns if self.closes_ns else self._start_ns + MINUTE_NS)
            and tick.volume >= self._count
            and tick.trading_day == session.trading_day == self._day
            and tick.last_price == tick.last_price
        ):  # the first of a new minute, in the session of the one before
            self.good += 1
            return self._go_on(tick, ts - ts % MINUTE_NS)
        return self._sort(tick)

    def _sort(self, tick: TickData) -> BarData | None:
        """Take a tick by its class."""
        sorter, ts = self._sorter, tick.ts_ns
        open_from_ns = self._start_ns if self.closes_ns else self._start_ns + MINUTE_NS
        try:
            kind = sorter.classify(
                tick, count=self._count, last=self._last, open_from_ns=open_from_ns
            )
        except MarketError:
            self._tally(TickClass.NO_SESSION)
            raise
        self._tally(kind)
        done = None
        if sorter.day != self._day:
            done = self.close()  # of the day before
            self._turn()
        if kind in _FORWARD:
            is_reset = kind is TickClass.RESET
            return self._go_on(tick, sorter.minute(ts), is_reset=is_reset) or done
        if kind is TickClass.OUT_OF_ORDER or kind is TickClass.LATE:
            self._widen(tick, is_late=kind is TickClass.LATE)
        elif kind is TickClass.BETWEEN_SESSIONS or (
            kind is TickClass.BEFORE_SESSION and ts > sorter.sessions[0].start_ns
        ):
            self._begin_count(tick)
        return done

    def _tally(self, kind: TickClass) -> None:
        if kind is TickClass.GOOD:
            self.good += 1
        else:
            self._counts[kind] = self._counts.get(kind, 0) + 1

    def _turn(self) -> None:
        """Go on to the sorter's trading day."""
        self._count = self._out = self._sorter.begins_at
        self._out_turnover = 0.0
        self._is_first = True
        self._day = self._sorter.day

    def _go_on(self, tick: TickData, start: int, *, is_reset: bool = False) -> BarData | None:
        """Count in a tick of the bar under way, or of a new one; return the one that is over."""
        done = None
        if not self.closes_ns or start > self._start_ns:
            done = self.close()
            self._begin(tick, start)
        if is_reset:
            # What traded around it is not known; what the bar has so far, it keeps.
            turnover = self._turnover() if self._count > self._out else self._out_turnover
            self._out += tick.volume - self._count
            self._out_turnover += tick.turnover - turnover
            self._complete = False
        price = tick.last_price
        if price > self._high:
            self._high = price
        if price < self._low:
            self._low = price
        self._latest_ns = tick.ts_ns
        self._count = tick.volume
        self._last = tick
        self._told = None
        return done

    def _widen(self, tick: TickData, *, is_late: bool) -> None:
        """Let a tick of earlier count in what nothing told of before."""
        grown = tick.volume > self._count
        # Of a bar that is over its price was seen, unless it tells of trades of its own.
        if not self.closes_ns or (is_late and not grown):
            return
        self._high = max(self._high, tick.last_price)
        self._low = min(self._low, tick.last_price)
        if grown:
            self._count = tick.volume
            self._told = tick

    def _begin(self, tick: TickData, start: int) -> None:
        sorter = self._sorter
        self._complete = True
        if self._is_first:
            self._is_first = False
            self._complete = start == sorter.sessions[0].start_ns
            # A tape that begins with the day's opening counts from 0; one that begins
            # later, from the count it finds.
            if self._count < 0 and self._complete:
                self._count = self._out = 0
            self._begin_count(tick)
        self._start_ns = start
        self._end_ns = start + MINUTE_NS
        self._bar_day = tick.trading_day
        self._open = self._high = self._low = tick.last_price
        session = sorter.session
        last = session is not None and start + MINUTE_NS >= session.end_ns
        if last and session is not None:
            self._end_ns = session.end_ns
        self.closes_ns = start + MINUTE_NS + (FOLD_NS if last else 0)

    def _begin_count(self, tick: TickData) -> None:
        if self._count < 0:
            self._count = self._out = tick.volume
            self._out_turnover = tick.turnover

    def _turnover(self) -> float:
        """Return the day's value at the tick that told the count."""
        told, last = self._told, self._last
        if told is not None and (last is None or told.volume > last.volume):
            return told.turnover
        return last.turnover if last is not None else 0.0
