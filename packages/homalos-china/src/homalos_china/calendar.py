"""The trading days of the Chinese futures exchanges, and days as whole numbers.

A day is written yyyymmdd where people see it and as its *ordinal*, days since
1970-01-01, where it is reckoned with. Shanghai has kept UTC+8 without summer
time since 1991, so local midnight is plain arithmetic.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from homalos.errors import MarketError

__all__ = [
    "DAY_NS",
    "SECOND_NS",
    "TradingCalendar",
    "day_of",
    "midnight_ns",
    "ordinal_of",
    "split_ns",
]

SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS
_EPOCH = date(1970, 1, 1).toordinal()
_OFFSET_NS = 8 * 3_600 * SECOND_NS


def ordinal_of(day: int) -> int:
    """Return a date's days since 1970-01-01.

    Raises:
        MarketError: There is no such date as this yyyymmdd.
    """
    try:
        return date(day // 10_000, day // 100 % 100, day % 100).toordinal() - _EPOCH
    except ValueError:
        msg = f"{day} is not a date; write yyyymmdd"
        raise MarketError(msg) from None


def midnight_ns(ordinal: int) -> int:
    """Return the instant at which a date begins in Shanghai, nanoseconds UTC."""
    return ordinal * DAY_NS - _OFFSET_NS


def split_ns(ts_ns: int) -> tuple[int, int]:
    """Split an instant into Shanghai's date, as an ordinal, and nanoseconds since midnight."""
    return divmod(ts_ns + _OFFSET_NS, DAY_NS)


def day_of(ordinal: int) -> int:
    """Return the date, yyyymmdd, of days since 1970-01-01."""
    on = date.fromordinal(ordinal + _EPOCH)
    return on.year * 10_000 + on.month * 100 + on.day


class TradingCalendar:
    """The trading days of a span of whole years; every answer outside it is an error.

    Args:
        holidays: Every closed day of those years that is not a weekend; the
            first and the last tell which years are known.
    """

    def __init__(self, holidays: Collection[date]) -> None:
        first_year, last_year = min(holidays).year, max(holidays).year
        closed = {on.toordinal() - _EPOCH for on in holidays}
        self._start = date(first_year, 1, 1).toordinal() - _EPOCH
        end = date(last_year, 12, 31).toordinal() - _EPOCH
        self._days: list[int] = []
        self._ordinals: list[int] = []
        # For each date of the span, where in `_days` the first trading day on or after it is.
        self._upcoming: list[int] = []
        for ordinal in range(self._start, end + 1):
            self._upcoming.append(len(self._days))
            if ordinal not in closed and (ordinal + 3) % 7 < 5:  # 1970-01-01 was a Thursday
                self._days.append(day_of(ordinal))
                self._ordinals.append(ordinal)

    @classmethod
    def of_exchanges(cls) -> TradingCalendar:
        """Make the calendar of the futures exchanges from the holidays of shinny-calendar.

        That library silently takes every weekday for a trading day outside the
        years that it lists; this class refuses them.
        """
        from shinny_calendar import CalendarUtility

        return cls(CalendarUtility().holidays)

    @property
    def first(self) -> int:
        """Return the first trading day known, yyyymmdd."""
        return self._days[0]

    @property
    def last(self) -> int:
        """Return the last trading day known, yyyymmdd."""
        return self._days[-1]

    def is_trading_day(self, day: int) -> bool:
        """Say whether the exchanges trade on a date.

        Raises:
            MarketError: The date is outside the calendar, or none.
        """
        place = self._place(ordinal_of(day))
        return place < len(self._days) and self._days[place] == day

    def on_or_after(self, ordinal: int) -> int:
        """Return the first trading day that is not before a date.

        Raises:
            MarketError: The date, or that day, is outside the calendar.
        """
        place = self._place(ordinal)
        if place == len(self._days):
            raise self._outside(ordinal)
        return self._days[place]

    def previous(self, day: int) -> int | None:
        """Return the ordinal of the trading day before one; `None` before the first known.

        Raises:
            MarketError: The date is outside the calendar, or not a trading day.
        """
        place = self._place(ordinal_of(day))
        if place == len(self._days) or self._days[place] != day:
            msg = f"{day} is not a trading day"
            raise MarketError(msg)
        return self._ordinals[place - 1] if place else None

    def days_of(self, month: int) -> list[int]:
        """Return the trading days of a month, yyyymm, in order.

        Raises:
            MarketError: The month is outside the calendar, or none.
        """
        first = self._place(ordinal_of(month * 100 + 1))
        found = []
        for day in self._days[first : first + 31]:
            if day // 100 != month:
                break
            found.append(day)
        return found

    def _place(self, ordinal: int) -> int:
        index = ordinal - self._start
        if not 0 <= index < len(self._upcoming):
            raise self._outside(ordinal)
        return self._upcoming[index]

    def _outside(self, ordinal: int) -> MarketError:
        try:
            text = str(day_of(ordinal))
        except (ValueError, OverflowError):  # before year 1 or after 9999: not nanoseconds
            text = f"day {ordinal} since 1970"
        return MarketError(
            f"{text} is outside the trading calendar, which knows {self.first} to {self.last};"
            " a newer shinny-calendar may know more"
        )
