"""The calendar: which days are trading days, and where its knowledge ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from homalos.errors import MarketError
from homalos_china.calendar import TradingCalendar, midnight_ns, ordinal_of, split_ns


@pytest.mark.parametrize(
    ("day", "is_one"),
    [
        (20181008, True),  # Monday after the National Day holiday
        (20181001, False),  # National Day, a Monday
        (20180930, False),  # a Sunday of office work: exchanges stay closed
        (20181013, False),  # a Saturday
        (20200131, False),  # the Spring Festival break was lengthened to 2 February
        (20200203, True),
    ],
)
def test_a_day_is_a_trading_day_unless_weekend_or_holiday(
    calendar: TradingCalendar, day: int, *, is_one: bool
) -> None:
    """The exchanges trade on weekdays that are not holidays, never on swapped weekends."""
    assert calendar.is_trading_day(day) is is_one


@pytest.mark.parametrize("day", [20021231, 20270104, 19700101])
def test_a_day_outside_the_known_years_is_an_error(calendar: TradingCalendar, day: int) -> None:
    """Where the library behind it would call every weekday a trading day, this says what to do."""
    said = "outside the trading calendar, which knows 20030102 to 20261231; a newer shinny-calendar"
    with pytest.raises(MarketError, match=said):
        calendar.is_trading_day(day)


@pytest.mark.parametrize("ordinal", [10**7, -(10**7)])
def test_an_ordinal_that_is_no_date_is_an_error_too(
    calendar: TradingCalendar, ordinal: int
) -> None:
    """Microseconds taken for nanoseconds and the like end in a clear error."""
    with pytest.raises(MarketError, match="outside the trading calendar"):
        calendar.on_or_after(ordinal)


def test_the_day_after_the_last_trading_day_is_an_error(calendar: TradingCalendar) -> None:
    """What follows the last known trading day is not guessed."""
    assert calendar.last == 20261231
    with pytest.raises(MarketError, match="outside"):
        calendar.on_or_after(ordinal_of(20261231) + 1)


def test_the_previous_trading_day_skips_the_holiday(calendar: TradingCalendar) -> None:
    """Before Monday 8 October 2018 the exchanges last traded on Friday 28 September."""
    assert calendar.previous(20181008) == ordinal_of(20180928)
    assert calendar.previous(calendar.first) is None


def test_the_previous_of_a_holiday_is_refused(calendar: TradingCalendar) -> None:
    """Only a trading day has a previous one."""
    with pytest.raises(MarketError, match="20181001 is not a trading day"):
        calendar.previous(20181001)


@pytest.mark.parametrize("day", [20180230, 20181301, 0, 2018])
def test_a_number_that_is_no_date_is_refused(day: int) -> None:
    """The message says how to write a date."""
    with pytest.raises(MarketError, match="write yyyymmdd"):
        ordinal_of(day)


def test_midnight_is_shanghais(at: Callable[[str], int]) -> None:
    """A date begins at 16:00 UTC of the day before."""
    ordinal = ordinal_of(20181008)
    assert midnight_ns(ordinal) == at("2018-10-08 00:00:00")
    assert split_ns(at("2018-10-08 00:00:00") - 1) == (ordinal - 1, 86_400 * 10**9 - 1)


def test_the_years_known_are_those_of_the_holidays() -> None:
    """A calendar made of one year's holidays knows that year and no other."""
    calendar = TradingCalendar([date(2030, 1, 1), date(2030, 10, 1)])
    assert (calendar.first, calendar.last) == (20300102, 20301231)
    assert not calendar.is_trading_day(20301001)


def test_holidays_agree_with_wondertrader(
    calendar: TradingCalendar, metadata: Callable[[str], Any]
) -> None:
    """Two independent lists name the same closed weekdays from 2008 to October 2022."""
    holidays = {int(day) for day in metadata("wondertrader/holidays.json.gz")["CHINA"]}
    day, closed = date(2008, 1, 1), set()
    while day <= date(2022, 10, 7):
        number = int(day.strftime("%Y%m%d"))
        if day.weekday() < 5 and not calendar.is_trading_day(number):
            closed.add(number)
        day += timedelta(days=1)
    assert closed == holidays
