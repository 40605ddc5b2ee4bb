"""Whether a contract trades now, looked up once a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from homalos.clock import EngineClock
from homalos.errors import MarketError
from homalos.plugins.ports import AuctionSource, Market, Session

__all__ = ["OpenTimes"]

_CLOSED, _SESSION, _AUCTION, _UNKNOWN = range(4)
# Where the calendar does not tell when the next session begins, it is asked again so often.
_ASK_AGAIN_NS = 60_000_000_000


class OpenTimes:
    """Says what a symbol is in: a session, a call auction, or neither. Engine thread.

    Between two edges it looks at a dict and at the clock: no search.
    """

    def __init__(
        self,
        clock: EngineClock,
        market: Callable[[str], Market],
        sessions: Callable[[str, int], tuple[Session, ...]],
    ) -> None:
        """Make it.

        Args:
            clock: The engine's.
            market: The market of a symbol; it may raise `MarketError`.
            sessions: A symbol's sessions of a trading day; empty where they are not known.
        """
        self._clock = clock
        self._market = market
        self._sessions = sessions
        self._known: dict[str, tuple[int, int]] = {}  # by symbol: until when, what

    def is_open(self, symbol: str) -> bool:
        """Say whether orders in a symbol are taken now; True if not known."""
        known = self._known.get(symbol)
        if known is None or self._clock.now >= known[0]:
            known = self._look(symbol)
        return known[1] != _CLOSED

    def in_auction(self, symbol: str) -> bool:
        """Say whether a call auction of a symbol takes orders now; False if not known."""
        known = self._known.get(symbol)
        if known is None or self._clock.now >= known[0]:
            known = self._look(symbol)
        return known[1] == _AUCTION

    # -- inside ----------------------------------------------------------------

    def _look(self, symbol: str) -> tuple[int, int]:
        now = self._clock.now
        if not now:
            return 0, _UNKNOWN  # a simulation before its first event
        try:
            found = self._found(symbol, now)
        except MarketError:
            found = now + _ASK_AGAIN_NS, _UNKNOWN
        self._known[symbol] = found
        return found

    def _found(self, symbol: str, now: int) -> tuple[int, int]:
        market = self._market(symbol)
        day = market.trading_day(symbol, now)
        sessions = self._sessions(symbol, day)
        if not sessions:
            return now + _ASK_AGAIN_NS, _UNKNOWN
        until = now + _ASK_AGAIN_NS
        for start_ns, end_ns, what in sorted(_spans(market, symbol, day, sessions)):
            if start_ns <= now < end_ns:
                return end_ns, what
            if start_ns > now:
                until = start_ns
                break
        return until, _CLOSED


def _spans(
    market: Market, symbol: str, day: int, sessions: tuple[Session, ...]
) -> Iterator[tuple[int, int, int]]:
    for session in sessions:
        yield session.start_ns, session.end_ns, _SESSION
    if isinstance(market, AuctionSource):
        for auction in market.auctions(symbol, day):
            yield auction.start_ns, auction.match_ns, _AUCTION
