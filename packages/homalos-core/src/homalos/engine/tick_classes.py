"""What a tick is: good, or one of the faults that fronts and recorders have. Pure.

Each tick is of exactly one class. `docs/explanation/bars.md` says what each of them
means and what becomes of the tick; here the rules stand in the order in which they
are asked.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from homalos.model import TickData
from homalos.plugins.ports import Session

__all__ = ["AUCTION_NS", "FOLD_NS", "MINUTE_NS", "OUTSIDE", "Sessions", "TickClass", "TickSorter"]

_NS = 1_000_000_000
MINUTE_NS = 60 * _NS

AUCTION_NS = 5 * MINUTE_NS
"""How long before a session its ticks belong to it: the call auction takes five minutes."""

FOLD_NS = 5 * _NS
"""How long after a session's end its ticks still come: 1.5 s was seen, in `ticks_wt`."""

Sessions = Callable[[str, int], tuple[Session, ...]]


class TickClass(StrEnum):
    """What a tick is, or a row of a file that is no tick.

    The first seven make bars or change them, the next one changes nothing, the others
    are outside every session; the last two are rows that no reader can use.
    """

    GOOD = "good"
    AUCTION = "auction"
    BOUNDARY = "boundary"
    CONTRADICTION = "contradiction"
    RESET = "reset"
    OUT_OF_ORDER = "out-of-order"
    LATE = "late"
    DUPLICATE = "duplicate"
    MISSING_PRICE = "missing-price"
    PAST_DAY = "past-day"
    STALE = "stale"
    BEFORE_SESSION = "before-session"
    BETWEEN_SESSIONS = "between-sessions"
    AFTER_CLOSE = "after-close"
    SETTLEMENT = "settlement"
    NO_SESSION = "no-session"
    UNKNOWN_INSTRUMENT = "unknown-instrument"
    UNREADABLE = "unreadable"


OUTSIDE = frozenset(
    {
        TickClass.MISSING_PRICE,
        TickClass.PAST_DAY,
        TickClass.STALE,
        TickClass.BEFORE_SESSION,
        TickClass.BETWEEN_SESSIONS,
        TickClass.AFTER_CLOSE,
        TickClass.SETTLEMENT,
        TickClass.NO_SESSION,
    }
)
"""The classes of ticks that make no bar."""


class TickSorter:
    """Says of each tick of one symbol what it is.

    Attributes:
        day: The trading day in hand, yyyymmdd; 0 before the first tick that is inside one.
        sessions: Its sessions.
        session: The one that the last tick inside a session belongs to.
        begins_at: Where the day's count begins: 0, or -1 where the first tick's count is that.
    """

    __slots__ = ("_sessions_of", "_symbol", "begins_at", "day", "session", "sessions")

    def __init__(self, symbol: str, sessions: Sessions) -> None:
        self.day = 0
        self.sessions: tuple[Session, ...] = ()
        self.session: Session | None = None
        self.begins_at = -1
        self._symbol = symbol
        self._sessions_of = sessions

    def classify(
        self, tick: TickData, *, count: int, last: TickData | None, open_from_ns: int
    ) -> TickClass:
        """Return what a tick is; one inside a later trading day than `day` turns to it.

        Args:
            tick: The tick.
            count: Lots of the day in hand told so far, -1 when not known.
            last: The tick inside a session with the latest stamp so far.
            open_from_ns: Minutes that begin before this are over.

        Raises:
            MarketError: The tick's trading day is outside the calendar.
        """
        price, ts, day = tick.last_price, tick.ts_ns, tick.trading_day
        if price != price:  # noqa: PLR0124  nan before a contract's first trade
            return TickClass.MISSING_PRICE
        if day < self.day:
            return TickClass.PAST_DAY
        sessions = self.sessions if day == self.day else self._sessions_of(self._symbol, day)
        if not sessions:
            return TickClass.NO_SESSION
        if ts < sessions[0].start_ns - AUCTION_NS:
            return TickClass.STALE
        if ts >= sessions[-1].end_ns + FOLD_NS:
            return TickClass.SETTLEMENT if tick.settlement_price > 0 else TickClass.AFTER_CLOSE
        if day != self.day:
            # Only here: a wrong day in one tick must not end the day in hand.
            # Data that went on from the day before into this one's first session missed
            # nothing of it; data that came back later did.
            goes_on = self.day and ts < sessions[0].end_ns + FOLD_NS
            self.begins_at = count = 0 if goes_on else -1
            self.day = day
            self.sessions = sessions
        return self._within_day(tick, count, last, open_from_ns)

    def minute(self, ts: int) -> int:
        """Return the start of the minute that a tick inside belongs to, auction and fold too."""
        session = self.session
        if session is not None:
            ts = min(max(ts, session.start_ns), session.end_ns - 1)
        return ts - ts % MINUTE_NS

    def _within_day(
        self, tick: TickData, count: int, last: TickData | None, open_from_ns: int
    ) -> TickClass:
        ts, sessions = tick.ts_ns, self.sessions
        for fold_ns in (0, FOLD_NS):  # where one session follows on another, it has its own
            for session in sessions:
                if session.start_ns <= ts < session.end_ns + fold_ns:
                    self.session = session
                    return self._within_session(tick, count, last, open_from_ns)
        for session in sessions:
            if session.start_ns - AUCTION_NS <= ts < session.start_ns:
                # Until the auction is over fronts repeat the price of the day before. Where
                # nothing is known of the day, only before its first session every lot is new.
                known = count if count >= 0 or session is not sessions[0] else 0
                if not 0 <= known < tick.volume:
                    return TickClass.BEFORE_SESSION
                self.session = session
                return TickClass.AUCTION
        return TickClass.BETWEEN_SESSIONS

    def _within_session(
        self, tick: TickData, count: int, last: TickData | None, open_from_ns: int
    ) -> TickClass:
        ts, volume = tick.ts_ns, tick.volume
        is_again = last is not None and ts == last.ts_ns
        if is_again and _tells_the_same(tick, last):
            return TickClass.DUPLICATE
        if self.minute(ts) < open_from_ns:
            return TickClass.LATE
        if last is not None and (ts < last.ts_ns or (is_again and volume < count)):
            return TickClass.OUT_OF_ORDER
        if is_again and last is not None and volume == count and tick.last_price != last.last_price:
            return TickClass.CONTRADICTION
        if volume < count:
            return TickClass.RESET
        session = self.session
        is_folded = session is not None and ts >= session.end_ns
        return TickClass.BOUNDARY if is_folded else TickClass.GOOD


def _tells_the_same(tick: TickData, other: TickData | None) -> bool:
    return other is not None and (
        tick.last_price == other.last_price
        and tick.volume == other.volume
        and tick.turnover == other.turnover
        and tick.open_interest == other.open_interest
    )
