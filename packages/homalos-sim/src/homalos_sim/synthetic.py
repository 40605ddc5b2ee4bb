"""The synthetic market: several made-up instruments, day after day, from one seed."""

from __future__ import annotations

import heapq
import random
from datetime import date, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING

from homalos.errors import DataError, MarketError, UnknownInstrument
from homalos_sim.profile import profile_of
from homalos_sim.quotes import day_bars, day_ticks
from homalos_sim.walk import Close, DayWalk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homalos.model import BarData, TickData
    from homalos.plugins.ports import FeedContext, Market, Session
    from homalos_sim.options import SyntheticOptions

__all__ = ["SyntheticFeed"]

_LONGEST_BREAK = 30  # calendar days; the longest Chinese holidays take eleven
_NS_PER_MS = 1_000_000

_when = attrgetter("ts_ns")


class SyntheticFeed:
    """A market made up as it is asked for; the same seed gives the same market, always."""

    def __init__(self, context: FeedContext, options: SyntheticOptions) -> None:
        """Find the trading days of every symbol and live through its history.

        Raises:
            DataError: `start_day` is not a date, or no trading day is near.
            UnknownInstrument: No market knows one of the symbols.
        """
        self._symbols = [_Symbol(symbol, context, options) for symbol in options.symbols]

    def history(self) -> Iterator[BarData]:
        """Yield the one-minute bars of the days before the first event, oldest first."""
        return heapq.merge(*(symbol.history for symbol in self._symbols), key=_when)

    def events(self) -> Iterator[TickData]:
        """Yield the ticks of all symbols in time order; ties in the order of the symbols."""
        return heapq.merge(*(symbol.events() for symbol in self._symbols), key=_when)


class _Symbol:
    # One instrument through its days: as bars before the first event, as ticks from then on.

    def __init__(self, symbol: str, context: FeedContext, options: SyntheticOptions) -> None:
        self._instrument = context.instrument(symbol)
        self._profile = profile_of(self._instrument)
        self._seed = context.seed
        self._step_ns = options.tick_ms * _NS_PER_MS
        first = _date(options.start_day)
        market = context.market(symbol)
        past = _trading_days(market, symbol, first - _DAY, -_DAY, options.history_days)
        self._days = _trading_days(market, symbol, first, _DAY, options.days)
        start = self._instrument.to_ticks(self._profile.price)
        self._close = Close(start, start, float(self._profile.open_interest))
        self.history: list[BarData] = []
        for sessions in reversed(past):
            walk = self._walk(sessions)
            self.history += day_bars(walk)
            self._close = walk.close()

    def events(self) -> Iterator[TickData]:
        for sessions in self._days:
            walk = self._walk(sessions)
            yield from day_ticks(walk, self._step_ns)
            self._close = walk.close()

    def _walk(self, sessions: tuple[Session, ...]) -> DayWalk:
        key = f"{self._seed}:{self._instrument.symbol}:{sessions[0].trading_day}"
        generator = random.Random(key)
        return DayWalk(self._instrument, self._profile, self._close, sessions, generator)


_DAY = timedelta(days=1)


def _date(day: int) -> date:
    try:
        return date.fromisoformat(str(day))
    except ValueError as error:
        msg = f"start_day {day} is not a date; write yyyymmdd, such as 20250805"
        raise DataError(msg) from error


def _trading_days(
    market: Market, symbol: str, day: date, step: timedelta, count: int
) -> list[tuple[Session, ...]]:
    # The calendar is the market's to know: ask day after day, a refusal is no trading day.
    found: list[tuple[Session, ...]] = []
    misses = 0
    while len(found) < count:
        number = int(day.strftime("%Y%m%d"))
        try:
            found.append(market.sessions(symbol, number))
            misses = 0
        except UnknownInstrument:
            raise
        except MarketError as error:
            misses += 1
            if misses > _LONGEST_BREAK:
                msg = f"{symbol}: no trading day within {misses} days up to {number}: {error}"
                raise DataError(msg) from error
        day += step
    return found
