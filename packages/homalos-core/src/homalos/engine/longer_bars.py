"""Longer bars from shorter ones. Pure: the caller says what time it is."""

from __future__ import annotations

from homalos.engine.bar_spans import Convention, Span, clock_span, day_span, session_span
from homalos.engine.bars import interval_ns
from homalos.engine.tick_classes import FOLD_NS, Sessions
from homalos.errors import MarketError
from homalos.model import BarData
from homalos.plugins.ports import Session

__all__ = ["BarMerger"]

_NEVER = 1 << 63


class BarMerger:
    """Longer bars of one symbol from shorter ones.

    Where a bar begins and ends says the convention; a day is a trading day, its night
    included, and no bar holds two trading days. A bar is over when its time is, or when
    the last session that it holds has ended: by the clock, of the hour that begins at
    11:00, at 11:30. The first shorter interval seen is the one it is made of.

    Attributes:
        interval: Length of the bars it makes.
        closes_ns: When the bar under way is over, the fold behind a session included;
            0 when there is none or its end is not known.
        late: Shorter bars that came when the longer one they belong to was out; they
            are in none.
    """

    def __init__(
        self, interval: str, sessions: Sessions, *, convention: Convention = "clock"
    ) -> None:
        self.interval = interval
        self.closes_ns = 0
        self.late = 0
        self._length = interval_ns(interval)
        self._span_of = clock_span if convention == "clock" else session_span
        self._sessions = sessions
        self._source = ""
        self._bar: list[float] = []
        self._start_ns = 0
        self._end_ns = 0
        self._last_ns = 0
        self._over_ns = 0  # what begins before this belongs to a bar that is out
        self._day = 0
        self._symbol = ""
        self._volume = 0
        self._complete = True

    def add(self, bar: BarData) -> tuple[BarData, ...]:
        """Count a shorter bar in; return the bars that are over by it, oldest first."""
        if not self._takes(bar):
            return ()
        if self._is_late(bar):
            self.late += 1
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

    def close(self, *, whole: bool = False) -> BarData | None:
        """End the bar under way and return it; `None` without one.

        Args:
            whole: True where its time is over: nothing of it is missing but what nobody
                traded. Else the data does not reach its end.
        """
        if not self._bar:
            return None
        self._complete = self._complete and whole
        return self._finish()

    def is_over(self, now_ns: int) -> bool:
        """Say whether the time of the bar under way has passed, its fold not counted."""
        return now_ns >= self._end_ns

    def _takes(self, bar: BarData) -> bool:
        if not self._source:
            length = interval_ns(bar.interval)
            if length and (
                not self._length or (length < self._length and not self._length % length)
            ):
                self._source = bar.interval
        return bar.interval == self._source

    def _is_late(self, bar: BarData) -> bool:
        is_out = not self._length and not self._bar and bar.trading_day == self._day
        return bar.start_ns < self._over_ns or is_out

    def _holds(self, bar: BarData) -> bool:
        return bar.trading_day == self._day and (not self._length or bar.start_ns < self._end_ns)

    def _begin(self, bar: BarData) -> None:
        span = self._span(bar)
        # Of the first bar there is, nothing tells what came before the data begins.
        self._complete = bool(self._last_ns) or bar.start_ns <= span.opens_ns
        self._start_ns = max(span.start_ns, self._over_ns)
        self._end_ns = span.end_ns
        self.closes_ns = 0 if span.end_ns == _NEVER else span.end_ns + FOLD_NS * span.folds
        self._day = bar.trading_day
        self._symbol = bar.symbol
        self._volume = 0
        self._bar = [bar.open_price, bar.high_price, bar.low_price, 0.0, 0.0, 0.0]

    def _span(self, bar: BarData) -> Span:
        sessions, at = self._day_of(bar), bar.start_ns
        if self._length:
            return self._span_of(sessions, at, self._length)
        return day_span(sessions, at) or Span(at, at, _NEVER, folds=False)

    def _day_of(self, bar: BarData) -> tuple[Session, ...]:
        try:
            return self._sessions(bar.symbol, bar.trading_day)
        except MarketError:
            return ()

    def _finish(self) -> BarData:
        opened, high, low, close, turnover, interest = self._bar
        self._bar = []
        self.closes_ns = 0
        end = self._last_ns if self._end_ns == _NEVER else self._end_ns
        self._over_ns = end
        return BarData(
            self._symbol,
            self.interval,
            self._start_ns,
            end,
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
