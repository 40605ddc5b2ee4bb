"""Bars from ticks and bars from bars. Pure: no clock, no bus; the caller says what time it is.

A bar covers `[start, end)` of the exchange's clock. A tick stamped on or shortly
after a session's end folds into the session's last bar, since exchanges send the
last trades then; a tick of the call auction that brings trades joins the first bar
of the session it opens. What falls outside the sessions (an evening snapshot, a
settlement push) is counted and makes no bar.

Volume is the growth of the day's count, so it is never negative, and what traded
while no tick came is in the next bar.
"""

from __future__ import annotations

from collections.abc import Callable

from homalos.errors import MarketError
from homalos.model import BarData, TickData
from homalos.plugins.ports import Session

__all__ = ["AUCTION_NS", "FOLD_NS", "BarMerger", "MinuteBars", "interval_ns"]

_NS = 1_000_000_000
_MINUTE_NS = 60 * _NS
_NEVER = 1 << 63

AUCTION_NS = 5 * _MINUTE_NS
"""How long before a session its ticks belong to it: the call auction takes five minutes."""

FOLD_NS = 5 * _NS
"""How long after a session's end its ticks still come: 1.5 s was seen, in `ticks_wt`."""

_UNITS = {"s": 1, "m": 60, "h": 3600}

Sessions = Callable[[str, int], tuple[Session, ...]]


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
        outside: Ticks that make no bar: outside every session, in a call auction
            without trades, without a price, or of a trading day that is over.
        late: Ticks of a bar that is over already; what they add to the volume goes
            to the bar under way, or to the next one.
    """

    def __init__(self, symbol: str, sessions: Sessions) -> None:
        self.closes_ns = 0
        self.outside = 0
        self.late = 0
        self._symbol = symbol
        self._sessions = sessions
        self._day = 0
        self._day_sessions: tuple[Session, ...] = ()
        self._from_ns = 0
        self._until_ns = 0
        self._session: Session | None = None
        self._is_first = True
        self._volume = -1
        self._turnover = 0.0
        self._start_ns = 0
        self._last_ns = 0
        self._bar_day = 0
        self._complete = True
        self._open = self._high = self._low = self._close = 0.0
        self._bar_volume = 0
        self._bar_turnover = 0.0
        self._interest = 0.0

    def add(self, tick: TickData) -> BarData | None:
        """Count a tick in; return the bar that it shows to be over, if any.

        Raises:
            MarketError: The tick's trading day is outside the calendar.
        """
        if tick.trading_day != self._day and not self._turn(tick.trading_day):
            self.outside += 1
            return None
        ts, price = tick.ts_ns, tick.last_price
        inside = self._from_ns <= ts < self._until_ns or self._enter(tick)
        if not inside or price != price:  # noqa: PLR0124  nan before a contract's first trade
            self.outside += 1
            return None
        start = self._minute(ts)
        done = None
        if start > self._start_ns:
            done = self.close()
            self._begin(tick, start)
        elif start < self._start_ns or not self.closes_ns:
            self.late += 1
            # Older than the bar: of interest only for trades that nothing told of before.
            if not self.closes_ns or tick.volume <= self._volume:
                return None
        if price > self._high:
            self._high = price
        if price < self._low:
            self._low = price
        if ts >= self._last_ns:
            self._last_ns = ts
            self._close = price
            self._interest = tick.open_interest
        grown = tick.volume - self._volume
        if grown > 0:
            self._bar_volume += grown
            self._bar_turnover += tick.turnover - self._turnover
            self._volume = tick.volume
            self._turnover = tick.turnover
        return done

    def close(self, *, whole: bool = True) -> BarData | None:
        """End the bar under way and return it; `None` when there is none.

        Args:
            whole: False when the data ends before the bar's time is over.
        """
        if not self.closes_ns:
            return None
        start = self._start_ns
        self.closes_ns = 0
        return BarData(
            self._symbol,
            "1m",
            start,
            start + _MINUTE_NS,
            self._bar_day,
            self._open,
            self._high,
            self._low,
            self._close,
            self._bar_volume,
            self._bar_turnover,
            self._interest,
            self._complete and whole,
        )

    def is_over(self, now_ns: int) -> bool:
        """Say whether the minute of the bar under way has passed, its fold not counted."""
        return now_ns >= self._start_ns + _MINUTE_NS

    def _begin(self, tick: TickData, start: int) -> None:
        self._complete = True
        if self._is_first:
            self._is_first = False
            self._complete = start == self._day_sessions[0].start_ns
            # A tape that begins with the day's opening counts from 0; one that begins
            # later, from the count it finds.
            if self._volume < 0 and self._complete:
                self._volume = 0
            self._keep(tick)
        self._start_ns = start
        self._last_ns = 0
        self._bar_day = tick.trading_day
        self._open = self._high = self._low = tick.last_price
        self._bar_volume = 0
        self._bar_turnover = 0.0
        session = self._session
        last = session is not None and start + _MINUTE_NS >= session.end_ns
        self.closes_ns = start + _MINUTE_NS + (FOLD_NS if last else 0)

    def _minute(self, ts: int) -> int:
        session = self._session
        if session is None:
            return ts - ts % _MINUTE_NS
        inside = min(max(ts, session.start_ns), session.end_ns - 1)
        return inside - inside % _MINUTE_NS

    def _turn(self, day: int) -> bool:
        """Go on to a new trading day; an earlier one is over."""
        if day < self._day:
            return False
        # Where the data went on from the day before, nothing of this one was missed.
        self._volume = 0 if self._day else -1
        self._turnover = 0.0
        self._is_first = True
        self._day = day
        self._day_sessions = self._sessions(self._symbol, day)
        self._from_ns = self._until_ns = 0
        return True

    def _enter(self, tick: TickData) -> bool:
        """Find the session that a tick belongs to, its auction and its fold included."""
        ts = tick.ts_ns
        for session in self._day_sessions:
            is_inside = session.start_ns <= ts < session.end_ns + FOLD_NS
            is_auction = session.start_ns - AUCTION_NS <= ts < session.start_ns
            if is_inside or (is_auction and self._brings_trades(tick, session)):
                self._session = session
                self._from_ns = session.start_ns
                self._until_ns = session.end_ns + FOLD_NS
                return True
        if self._day_sessions and ts > self._day_sessions[0].start_ns:
            self._keep(tick)
        return False

    def _brings_trades(self, tick: TickData, session: Session) -> bool:
        # Until the auction is over fronts repeat the price of the day before.
        if self._volume < 0:
            return session is self._day_sessions[0] and tick.volume > 0
        return tick.volume > self._volume

    def _keep(self, tick: TickData) -> None:
        if self._volume < 0:
            self._volume = tick.volume
            self._turnover = tick.turnover


class BarMerger:
    """Longer bars of one symbol from shorter ones.

    Minutes and hours are counted from midnight UTC; a day is a trading day, its
    night included. A bar is over when its time is, or when the last session that
    it holds has ended: of the hour that begins at 11:00, at 11:30. The first
    shorter interval seen is the one it is made of.

    Attributes:
        interval: Length of the bars it makes.
    """

    def __init__(self, interval: str, sessions: Sessions) -> None:
        self.interval = interval
        self._length = interval_ns(interval)
        self._sessions = sessions
        self._source = ""
        self._bar: list[float] = []
        self._start_ns = 0
        self._end_ns = 0
        self._last_ns = 0
        self._day = 0
        self._symbol = ""
        self._volume = 0
        self._complete = True

    def add(self, bar: BarData) -> tuple[BarData, ...]:
        """Count a shorter bar in; return the bars that are over by it, oldest first."""
        if not self._takes(bar):
            return ()
        done = []
        if self._bar and not self._holds(bar):
            done.append(self._finish())
        if not self._bar:
            self._begin(bar)
        made = self._bar
        made[1] = max(made[1], bar.high_price)
        made[2] = min(made[2], bar.low_price)
        made[3] = bar.close_price
        made[4] += bar.turnover
        made[5] = bar.open_interest
        self._volume += bar.volume
        self._complete = self._complete and bar.complete
        self._last_ns = bar.ts_ns
        if bar.ts_ns >= self._end_ns:
            done.append(self._finish())
        return tuple(done)

    def close(self) -> BarData | None:
        """End the bar under way, which the data does not reach the end of; `None` without one."""
        if not self._bar:
            return None
        self._complete = False
        return self._finish()

    def _takes(self, bar: BarData) -> bool:
        if not self._source:
            length = interval_ns(bar.interval)
            if length and (
                not self._length or (length < self._length and not self._length % length)
            ):
                self._source = bar.interval
        return bar.interval == self._source

    def _holds(self, bar: BarData) -> bool:
        if not self._length:
            return bar.trading_day == self._day
        return self._start_ns <= bar.start_ns < self._start_ns + self._length

    def _begin(self, bar: BarData) -> None:
        length = self._length
        start = bar.start_ns - bar.start_ns % length if length else 0
        end = start + length if length else _NEVER
        held = [each for each in self._day_of(bar) if each.start_ns < end and each.end_ns > start]
        opens = start or bar.start_ns
        if held:
            opens, end = max(start, held[0].start_ns), min(end, held[-1].end_ns)
        # Of the first bar there is, nothing tells what came before the data begins.
        self._complete = bool(self._last_ns) or bar.start_ns <= opens
        self._start_ns = start or opens
        self._end_ns = end
        self._day = bar.trading_day
        self._symbol = bar.symbol
        self._volume = 0
        self._bar = [bar.open_price, bar.high_price, bar.low_price, 0.0, 0.0, 0.0]

    def _day_of(self, bar: BarData) -> tuple[Session, ...]:
        try:
            return self._sessions(bar.symbol, bar.trading_day)
        except MarketError:
            return ()

    def _finish(self) -> BarData:
        opened, high, low, close, turnover, interest = self._bar
        self._bar = []
        return BarData(
            self._symbol,
            self.interval,
            self._start_ns,
            self._last_ns if self._end_ns == _NEVER else self._end_ns,
            self._day,
            opened,
            high,
            low,
            close,
            self._volume,
            turnover,
            interest,
            self._complete,
        )
