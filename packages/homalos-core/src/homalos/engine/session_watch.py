"""Announces when trading sessions begin and end."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from homalos.bus import STRATEGY, Bus
from homalos.clock import EngineClock
from homalos.model import SessionChanged, SessionState, TradingDayChanged
from homalos.plugins.ports import Session

__all__ = ["SessionWatch"]


class SessionWatch:
    """Arranges, with each new trading day, a `SessionChanged` for every edge still to come."""

    def __init__(
        self,
        bus: Bus,
        clock: EngineClock,
        sessions: Callable[[str, int], tuple[Session, ...]],
        symbols: Collection[str],
    ) -> None:
        """Watch the symbols of a collection that may grow while the engine runs."""
        self._clock = clock
        self._sessions = sessions
        self._symbols = symbols
        self._say = bus.topic(SessionChanged).publish
        # Behind all state, and behind the strategies that move to another contract with the day.
        bus.subscribe(TradingDayChanged, self._on_day, order=STRATEGY, name="sessions")

    def _on_day(self, change: TradingDayChanged) -> None:
        now = change.ts_ns
        for symbol in sorted(self._symbols):
            for session in self._sessions(symbol, change.trading_day):
                if session.end_ns <= now:
                    continue
                opened = partial(self._tell, symbol, SessionState.OPEN, change.trading_day)
                closed = partial(self._tell, symbol, SessionState.CLOSED, change.trading_day)
                if session.start_ns <= now:
                    opened()
                else:
                    self._clock.call_at(session.start_ns, opened)
                self._clock.call_at(session.end_ns, closed)

    def _tell(self, symbol: str, state: SessionState, trading_day: int) -> None:
        self._say(SessionChanged(symbol, state, trading_day, self._clock.now))
