"""The trading day after another, as a market's calendar has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from homalos.errors import MarketError
from homalos.plugins.ports import Market

__all__ = ["DayStep", "TradingDays", "day_before", "is_day"]

DayStep = Callable[[int], int]
"""From one day to another, both yyyymmdd; 0 where there is none."""

_LONGEST_BREAK = 30  # days; the longest on record of these markets is eleven


class TradingDays:
    """The trading days of one product, one step at a time. Any thread.

    Args:
        market: Whose calendar.
        symbol: Any contract of the product, or its main contract.
    """

    def __init__(self, market: Market, symbol: str) -> None:
        self._market = market
        self._symbol = symbol
        self._known: dict[tuple[int, int], int] = {}

    def after(self, day: int) -> int:
        """Return the first trading day after a day, yyyymmdd; 0 beyond the calendar."""
        return self._step(day, 1)

    def before(self, day: int) -> int:
        """Return the last trading day before a day, yyyymmdd; 0 beyond the calendar."""
        return self._step(day, -1)

    def at_or_after(self, day: int) -> int:
        """Return the day itself when it is one, else the first after it; 0 beyond the calendar."""
        return day if self._is_one(day) else self.after(day)

    def _step(self, day: int, by: int) -> int:
        found = self._known.get((day, by))
        if found is None:
            found = self._known[day, by] = next(
                (
                    other
                    for count in range(1, _LONGEST_BREAK + 1)
                    if self._is_one(other := _shifted(day, by * count))
                ),
                0,
            )
        return found

    def _is_one(self, day: int) -> bool:
        try:
            return bool(self._market.sessions(self._symbol, day))
        except MarketError:
            return False


def day_before(day: int) -> int:
    """Return the day of the calendar before a day, yyyymmdd, whether it is traded or not."""
    return _shifted(day, -1)


def is_day(value: object) -> bool:
    """Say whether a value is a day of the calendar as yyyymmdd."""
    try:
        return isinstance(value, int) and len(str(value)) == 8 and _shifted(value, 0) == value
    except (ValueError, OverflowError):
        return False


def _shifted(day: int, by: int) -> int:
    date = datetime.strptime(str(day), "%Y%m%d").replace(tzinfo=UTC) + timedelta(days=by)
    return date.year * 10_000 + date.month * 100 + date.day
