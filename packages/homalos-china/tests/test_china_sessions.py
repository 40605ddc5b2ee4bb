"""Sessions and trading days, against notices of the exchanges and by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from homalos.errors import MarketError
from homalos_china import ChinaMarket
from homalos_china.calendar import TradingCalendar

At = Callable[[str], int]


def _hours(market: ChinaMarket, text: Callable[[int], str], symbol: str, day: int) -> list[str]:
    return [
        f"{text(session.start_ns)}-{text(session.end_ns)[11:]}"
        for session in market.sessions(symbol, day)
    ]


def test_a_day_has_its_night_first_and_three_sections(
    market: ChinaMarket, clock_text: Callable[[int], str]
) -> None:
    """Rubber on Tuesday 9 October 2018: Monday evening, then the day with its two breaks."""
    assert _hours(market, clock_text, "ru1901.SHFE", 20181009) == [
        "2018-10-08 21:00:00-23:00:00",
        "2018-10-09 09:00:00-10:15:00",
        "2018-10-09 10:30:00-11:30:00",
        "2018-10-09 13:30:00-15:00:00",
    ]


def test_a_night_past_midnight_ends_on_the_next_date(market: ChinaMarket, at: At) -> None:
    """Gold's night before Monday begins on Friday and ends on Saturday at 02:30."""
    night = market.sessions("au2412.SHFE", 20231204)[0]
    assert (night.start_ns, night.end_ns, night.trading_day) == (
        at("2023-12-01 21:00:00"),
        at("2023-12-02 02:30:00"),
        20231204,
    )


@pytest.mark.parametrize(
    ("symbol", "day"),
    [
        ("ru1901.SHFE", 20181008),  # after the National Day holiday
        ("m1809.DCE", 20180409),  # DCE 2018/125: no night on 4 April, again on 9 April
        ("i1809.DCE", 20180619),  # DCE 2018/238: no night on 15 June, again on 19 June
        ("SR905.CZCE", 20190102),  # CZCE 2018/503: no night on 28 December, again on 2 January
        ("TA509.CZCE", 20150623),  # CZCE 2015/128: no night on 19 June, again on 23 June
        ("rb1705.SHFE", 20170405),  # SHFE, 24 March 2017: no night on 31 March
        ("c2005.DCE", 20200102),  # DCE: no night on 31 December 2019
        ("MA105.CZCE", 20210406),  # CZCE, 25 December 2020: no night on 2 April 2021
        ("RM405.CZCE", 20240219),  # CZCE: no night on 8 February 2024
    ],
)
def test_no_night_session_before_a_holiday(market: ChinaMarket, symbol: str, day: int) -> None:
    """The evening before a holiday is off, by the exchanges' notices; the day itself is whole."""
    sessions = market.sessions(symbol, day)
    assert len(sessions) == 3
    following = market.trading_day(symbol, sessions[-1].end_ns)
    assert len(market.sessions(symbol, following)) == 4


def test_the_night_is_back_on_the_evening_after_the_holiday(market: ChinaMarket, at: At) -> None:
    """The notices name the evening of the first trading day as the first night again."""
    assert market.sessions("m1809.DCE", 20180410)[0].start_ns == at("2018-04-09 21:00:00")


@pytest.mark.parametrize(
    ("symbol", "day", "end"),
    [
        ("au1406.SHFE", 20130708, "2013-07-06 02:30:00"),  # first night, Friday 5 July 2013
        ("cu1402.SHFE", 20131223, "2013-12-21 01:00:00"),  # first night, 20 December 2013
        ("j1409.DCE", 20140707, "2014-07-05 02:30:00"),  # first night, 4 July 2014
        ("SR505.CZCE", 20141215, "2014-12-12 23:30:00"),  # first night, 12 December 2014
        ("rb1505.SHFE", 20141229, "2014-12-27 01:00:00"),  # first night, 26 December 2014
        ("ru1505.SHFE", 20141229, "2014-12-26 23:00:00"),
        ("p1509.DCE", 20150508, "2015-05-08 02:30:00"),  # the last one to 02:30
        ("p1509.DCE", 20150511, "2015-05-08 23:30:00"),  # DCE 2015/114
        ("rb1610.SHFE", 20160429, "2016-04-29 01:00:00"),
        ("rb1610.SHFE", 20160504, "2016-05-03 23:00:00"),
        ("p1905.DCE", 20190329, "2019-03-28 23:30:00"),
        ("p1905.DCE", 20190401, "2019-03-29 23:00:00"),  # DCE, 25 March 2019
        ("l1905.DCE", 20190401, "2019-03-29 23:00:00"),  # joins with that notice
        ("SA005.CZCE", 20191209, "2019-12-06 23:30:00"),  # CZCE 2019/104
    ],
)
def test_night_hours_are_those_of_the_day(
    market: ChinaMarket, at: At, symbol: str, day: int, end: str
) -> None:
    """The hours changed over the years; the expected ends are in the exchanges' notices."""
    night = market.sessions(symbol, day)[0]
    assert night.end_ns == at(end)
    assert night.start_ns < at(end) <= market.sessions(symbol, day)[1].start_ns


@pytest.mark.parametrize(
    ("symbol", "day"),
    [
        ("au1312.SHFE", 20130705),
        ("cu1402.SHFE", 20131220),
        ("j1409.DCE", 20140704),
        ("rb1505.SHFE", 20141226),
        ("SR505.CZCE", 20141212),
        ("l1905.DCE", 20190329),
        ("SA005.CZCE", 20191206),
    ],
)
def test_no_night_on_the_day_before_a_products_first(
    market: ChinaMarket, symbol: str, day: int
) -> None:
    """A product's first night belongs to the next trading day, not to this one."""
    assert len(market.sessions(symbol, day)) == 3


@pytest.mark.parametrize("symbol", ["rb2005.SHFE", "sc2006.INE", "m2005.DCE", "TA005.CZCE"])
def test_nights_were_suspended_in_the_epidemic(market: ChinaMarket, symbol: str, at: At) -> None:
    """No night from 3 February 2020 on; the first one again is the evening of 6 May."""
    assert len(market.sessions(symbol, 20200123)) == 4
    assert len(market.sessions(symbol, 20200204)) == 3
    assert len(market.sessions(symbol, 20200430)) == 3
    assert len(market.sessions(symbol, 20200506)) == 3
    assert market.sessions(symbol, 20200507)[0].start_ns == at("2020-05-06 21:00:00")


@pytest.mark.parametrize(
    ("symbol", "start", "end"),
    [
        ("rb2005.SHFE", "2019-12-25 22:30:00", "2019-12-25 23:00:00"),
        ("au2006.SHFE", "2019-12-25 22:30:00", "2019-12-26 02:30:00"),
        ("m2005.DCE", "2019-12-25 22:30:00", "2019-12-25 23:00:00"),
        ("TA005.CZCE", "2019-12-25 22:30:00", "2019-12-25 23:00:00"),
    ],
)
def test_a_night_began_late_after_a_fault_in_settlement(
    market: ChinaMarket, at: At, symbol: str, start: str, end: str
) -> None:
    """Three exchanges opened at 22:30 on Christmas 2019 and closed as always, by their notices."""
    night = market.sessions(symbol, 20191226)[0]
    assert (night.start_ns, night.end_ns) == (at(start), at(end))


@pytest.mark.parametrize(
    ("symbol", "day", "expected"),
    [
        ("IF1512.CFFEX", 20151201, ["09:15-11:30", "13:00-15:15"]),
        ("IF2101.CFFEX", 20210104, ["09:30-11:30", "13:00-15:00"]),
        ("T2009.CFFEX", 20200717, ["09:15-11:30", "13:00-15:15"]),
        ("T2009.CFFEX", 20200720, ["09:30-11:30", "13:00-15:15"]),  # CFFEX, 12 June 2020
        ("TL2409.CFFEX", 20240102, ["09:30-11:30", "13:00-15:15"]),
        ("lc2407.GFEX", 20240102, ["09:00-10:15", "10:30-11:30", "13:30-15:00"]),
        ("ec2412.INE", 20240304, ["09:00-10:15", "10:30-11:30", "13:30-15:00"]),
    ],
)
def test_day_hours_are_those_of_the_product(
    market: ChinaMarket,
    clock_text: Callable[[int], str],
    symbol: str,
    day: int,
    expected: list[str],
) -> None:
    """Index and bond futures have their own hours; GFEX and the freight index have no night."""
    found = [
        f"{clock_text(session.start_ns)[11:16]}-{clock_text(session.end_ns)[11:16]}"
        for session in market.sessions(symbol, day)
    ]
    assert found == expected


def test_sessions_of_a_holiday_are_refused(market: ChinaMarket) -> None:
    """A day without trading has no sessions to tell of."""
    with pytest.raises(MarketError, match="20181001 is not a trading day"):
        market.sessions("rb1901.SHFE", 20181001)


def test_sessions_beyond_the_calendar_are_refused(market: ChinaMarket) -> None:
    """Nobody knows the holidays of 2030."""
    with pytest.raises(MarketError, match="outside the trading calendar"):
        market.sessions("rb3005.SHFE", 20300102)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        ("2018-10-08 09:00:00", 20181008),
        ("2018-10-08 12:00:00", 20181008),  # the lunch break
        ("2018-10-08 14:59:59", 20181008),
        ("2018-10-08 15:00:00", 20181009),  # sharp: sessions end before their end
        ("2018-10-08 21:00:00", 20181009),
        ("2018-10-09 00:30:00", 20181009),
        ("2018-10-12 22:00:00", 20181015),  # Friday night
        ("2018-10-13 01:00:00", 20181015),  # Saturday morning
        ("2018-10-14 12:00:00", 20181015),  # Sunday
        ("2018-09-28 16:00:00", 20181008),  # the eve of the holiday
        ("2018-10-03 10:00:00", 20181008),  # in the holiday
    ],
)
def test_an_instant_belongs_to_the_running_or_the_next_day(
    market: ChinaMarket, at: At, instant: str, expected: int
) -> None:
    """From a day's close on, everything belongs to the next trading day."""
    assert market.trading_day("cu1812.SHFE", at(instant)) == expected


def test_bond_futures_close_a_quarter_later(market: ChinaMarket, at: At) -> None:
    """15:10 is still the same day for a bond, and already the next for an index."""
    instant = at("2021-03-02 15:10:00")
    assert market.trading_day("T2106.CFFEX", instant) == 20210302
    assert market.trading_day("IF2103.CFFEX", instant) == 20210303


def test_an_instant_after_the_last_known_close_is_refused(market: ChinaMarket, at: At) -> None:
    """Up to the close of the last day the answer is known, after it not."""
    assert market.trading_day("rb2705.SHFE", at("2026-12-31 14:59:59")) == 20261231
    with pytest.raises(MarketError, match="outside the trading calendar"):
        market.trading_day("rb2705.SHFE", at("2026-12-31 15:00:00"))


@pytest.mark.parametrize(
    "symbol",
    [
        "au2412.SHFE",
        "rb2410.SHFE",
        "sc2409.INE",
        "m2409.DCE",
        "TA409.CZCE",
        "T2409.CFFEX",
        "si2409.GFEX",
    ],
)
def test_every_session_of_every_known_day_belongs_to_it(
    market: ChinaMarket, calendar: TradingCalendar, symbol: str
) -> None:
    """From 2003 to the last day: from one close on to the next, and no session overlaps another."""
    days = [day for year in range(2003, 2027) for day in _days_of(calendar, year)]
    assert (days[0], days[-1]) == (calendar.first, calendar.last)
    closed_ns = market.sessions(symbol, days[0])[0].start_ns
    for day in days:
        assert market.trading_day(symbol, closed_ns) == day
        for session in market.sessions(symbol, day):
            assert closed_ns <= session.start_ns < session.end_ns
            middle_ns = (session.start_ns + session.end_ns) // 2
            instants = (session.start_ns, middle_ns, session.end_ns - 1)
            assert {day} == {market.trading_day(symbol, each) for each in instants}
            assert session.trading_day == day
            closed_ns = session.end_ns


def _days_of(calendar: TradingCalendar, year: int) -> list[int]:
    return [day for month in range(1, 13) for day in calendar.days_of(year * 100 + month)]
