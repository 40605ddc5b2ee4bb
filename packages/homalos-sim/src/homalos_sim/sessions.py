"""What an exchange does with the orders of a contract at an instant."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from attrs import frozen

from homalos.errors import MarketError
from homalos.plugins.ports import AuctionSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from homalos.plugins.ports import Auction, Market, Session

__all__ = ["NEVER_NS", "Phase", "Schedule", "Stretch", "no_hours"]

NEVER_NS = (1 << 63) - 1
"""Later than anything."""

_DAY_NS = 86_400_000_000_000


class Phase(Enum):
    """What may be done.

    `CLOSED` nothing: before, between and after sessions; `AUCTION` orders are collected and
    may be taken back; `MATCHING` they are matched at one price, and none is taken or taken
    back; `OPEN` continuous trading.
    """

    CLOSED = auto()
    AUCTION = auto()
    MATCHING = auto()
    OPEN = auto()


@frozen
class Stretch:
    """For how long a phase lasts, `[start_ns, end_ns)`.

    Attributes:
        auction: The one that these orders are collected for, that is matched, or that has
            just been, where this is the session behind it; else `None`.
    """

    phase: Phase
    start_ns: int
    end_ns: int
    auction: Auction | None = None


class Schedule:
    """The phases of one contract, looked up one trading day at a time. Engine thread.

    A day that the market does not know is open all the time and never ends: what is not
    known refuses nothing.

    Attributes:
        day: The trading day that the last instant asked about belongs to; 0 where unknown.
        day_ends_ns: When its last session ends.
        has_hours: Whether hours are asked for at all.
    """

    __slots__ = (
        "_auctions",
        "_market",
        "_met",
        "_since_ns",
        "_stretches",
        "_symbol",
        "_until_ns",
        "day",
        "day_ends_ns",
        "has_hours",
    )

    def __init__(self, symbol: str, market: Callable[[str], Market]) -> None:
        """Begin without knowing any day."""
        self.day = self.day_ends_ns = self._since_ns = self._until_ns = 0
        self.has_hours = market is not no_hours
        self._symbol = symbol
        self._market = market
        self._stretches: tuple[Stretch, ...] = ()
        self._met: Market | None = None
        self._auctions: Callable[[str, int], tuple[Auction, ...]] | None = None

    def at(self, ts_ns: int) -> Stretch:
        """Return what holds at an instant, and for how long."""
        if not self._since_ns <= ts_ns < self._until_ns:
            self._look_up(ts_ns)
        ended_ns = self._since_ns
        for each in self._stretches:
            if ts_ns < each.start_ns:
                return Stretch(Phase.CLOSED, ended_ns, each.start_ns)
            if ts_ns < each.end_ns:
                return each
            ended_ns = each.end_ns
        return Stretch(Phase.CLOSED, ended_ns, self._until_ns)

    def is_first(self, auction: Auction) -> bool:
        """Say whether an auction is the first thing of the day that was asked about last."""
        return self._stretches[0].auction is auction

    def _look_up(self, ts_ns: int) -> None:
        # What is between sessions belongs to the next trading day, from the close before on.
        try:
            market = self._market(self._symbol)
            day = market.trading_day(self._symbol, ts_ns)
            sessions = market.sessions(self._symbol, day)
            auctions: tuple[Auction, ...] = ()
            # Asked of each market once: a look at a protocol costs more than a day's hours.
            if market is not self._met:
                self._auctions = market.auctions if isinstance(market, AuctionSource) else None
                self._met = market
            if self._auctions is not None:
                auctions = self._auctions(self._symbol, day)
        except MarketError:
            day, sessions, auctions = 0, (), ()
        self._since_ns = ts_ns
        if sessions and ts_ns < sessions[-1].end_ns:
            self.day, self.day_ends_ns = day, sessions[-1].end_ns
            self._until_ns = self.day_ends_ns
            self._stretches = tuple(_in_order(sessions, auctions))
        else:
            # Asked again a day later: the clock of a simulation shows 0 before its first event.
            self.day, self.day_ends_ns = 0, NEVER_NS
            self._until_ns = ts_ns + _DAY_NS
            self._stretches = (Stretch(Phase.OPEN, ts_ns, self._until_ns),)


def no_hours(symbol: str) -> Market:
    """Be the market of a venue that asks for no hours.

    Raises:
        MarketError: Always; a contract whose market is not known trades at any time.
    """
    msg = f"the hours of {symbol} are not asked for"
    raise MarketError(msg)


def _in_order(sessions: Iterable[Session], auctions: Iterable[Auction]) -> Iterable[Stretch]:
    before = {each.end_ns: each for each in auctions}
    for session in sessions:
        auction = before.get(session.start_ns)
        if auction is not None:
            yield Stretch(Phase.AUCTION, auction.start_ns, auction.match_ns, auction)
            yield Stretch(Phase.MATCHING, auction.match_ns, auction.end_ns, auction)
        yield Stretch(Phase.OPEN, session.start_ns, session.end_ns, auction)
