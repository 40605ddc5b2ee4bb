"""When a product trades, and which trading day an instant belongs to.

The night session of a trading day is on the evening of the trading day before
it, and is called off when a holiday lies between the two: it is held only when
they are neighbours, or Friday and Monday.
"""

from __future__ import annotations

from collections.abc import Mapping

from homalos.plugins.ports import Auction, Session
from homalos_china.calendar import (
    DAY_NS,
    SECOND_NS,
    TradingCalendar,
    midnight_ns,
    ordinal_of,
    split_ns,
)
from homalos_china.products import Hours, NightChange, Product, fact_on

__all__ = ["SessionTable"]

_KEPT = 16_384
_MINUTE_NS = 60 * SECOND_NS


class SessionTable:
    """The sessions of every product. Any thread.

    Args:
        calendar: The trading days.
        night_changes: What the exchanges changed about all their nights, by exchange.
    """

    def __init__(
        self, calendar: TradingCalendar, night_changes: Mapping[str, tuple[NightChange, ...]]
    ) -> None:
        self._calendar = calendar
        self._night_changes = night_changes
        self._sessions: dict[tuple[str, int], tuple[Session, ...]] = {}
        self._dates: dict[tuple[str, int], tuple[int, int, int]] = {}

    def sessions(self, product: Product, day: int) -> tuple[Session, ...]:
        """Return a product's sessions of a trading day, the night before it first.

        Raises:
            MarketError: The day is outside the calendar, or not a trading day.
        """
        found = self._sessions.get((product.key, day))
        if found is None:
            found = self._make(product, day)
            if len(self._sessions) >= _KEPT:
                self._sessions.clear()
            self._sessions[product.key, day] = found
        return found

    def auctions(self, product: Product, day: int) -> tuple[Auction, ...]:
        """Return a product's call auctions of a trading day, in time order.

        One before the first session; where the exchange has it so, another one before the
        day that follows a night. None where no source says when.

        Raises:
            MarketError: The day is outside the calendar, or not a trading day.
        """
        sessions = self.sessions(product, day)
        rule = fact_on(product.auctions, day)
        if rule.opens is None or rule.closes is None:
            return ()
        has_two = rule.after_night and self.night_evening(product, day) is not None
        opens_ns, closes_ns = rule.opens * _MINUTE_NS, rule.closes * _MINUTE_NS
        return tuple(
            Auction(each.start_ns - opens_ns, each.start_ns - closes_ns, each.start_ns, day)
            for each in sessions[: 1 + has_two]
        )

    def trading_day(self, product: Product, ts_ns: int) -> int:
        """Return the trading day of an instant; from a day's close on, it is the next one.

        Raises:
            MarketError: The instant is outside the calendar.
        """
        ordinal, since_midnight = split_ns(ts_ns)
        key = (product.key, ordinal)
        date = self._dates.get(key)
        if date is None:
            date = self._date(product, ordinal)
            if len(self._dates) >= _KEPT:
                self._dates.clear()
            self._dates[key] = date
        close_ns, before, after = date
        if since_midnight < close_ns:
            return before
        return after or self._calendar.on_or_after(ordinal + 1)

    def night_evening(self, product: Product, day: int) -> int | None:
        """Return the ordinal of the evening on which a trading day's night session begins.

        Returns `None` when it has no night session.

        Raises:
            MarketError: The day is outside the calendar, or not a trading day.
        """
        previous = self._calendar.previous(day)
        hours = fact_on(product.hours, day)
        if hours.night is None or previous is None or not _is_next(previous, ordinal_of(day)):
            return None
        change = self.night_change(product, day)
        return None if change is not None and change.start is None else previous

    def _make(self, product: Product, day: int) -> tuple[Session, ...]:
        evening = self.night_evening(product, day)
        hours = fact_on(product.hours, day)
        own = midnight_ns(ordinal_of(day))
        found = [_session(own, section, day) for section in hours.sections]
        if evening is not None and hours.night is not None:
            start, end = hours.night
            change = self.night_change(product, day)
            if change is not None and change.start is not None:
                start = change.start
            found.insert(0, _session(midnight_ns(evening), (start, end), day))
        return tuple(found)

    def night_change(self, product: Product, day: int) -> NightChange | None:
        """Return what the exchange changed about all its nights of a trading day, if anything."""
        for change in self._night_changes.get(product.exchange.code, ()):
            if day in change.span:
                return change
        return None

    def _date(self, product: Product, ordinal: int) -> tuple[int, int, int]:
        """Describe a date: (close in ns after midnight, trading day before it, and from it on).

        The last is 0 where the calendar ends; asking for it is an error then.
        """
        day = self._calendar.on_or_after(ordinal)
        if ordinal_of(day) != ordinal:
            return DAY_NS, day, day
        after = 0 if day == self._calendar.last else self._calendar.on_or_after(ordinal + 1)
        return _close(fact_on(product.hours, day)) * SECOND_NS, day, after


def _session(base_ns: int, section: tuple[int, int], day: int) -> Session:
    start, end = section
    return Session(base_ns + start * SECOND_NS, base_ns + end * SECOND_NS, day)


def _close(hours: Hours) -> int:
    return hours.sections[-1][1]


def _is_next(previous: int, ordinal: int) -> bool:
    monday = (ordinal + 3) % 7 == 0  # 1970-01-01 was a Thursday
    return ordinal - previous == (3 if monday else 1)
