"""Instants from the exchanges' own fields: every way in which they fill the dates."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from homalos.errors import MarketError
from homalos_china import ChinaMarket

At = Callable[[str], int]


def _stamp(
    market: ChinaMarket, symbol: str, trading: str, action: str, time: str
) -> tuple[int, int]:
    return market.stamp(symbol, trading_day=trading, action_day=action, time=time, millisecond=0)


# One night and one day of each exchange, in its own way of writing. Monday is 8 October 2018;
# 1 and 4 December 2023 are Friday and Monday.
AS_SENT = [
    ("ru1901.SHFE", "20181009", "20181008", "21:00:00", "2018-10-08 21:00:00", 20181009),
    ("ru1901.SHFE", "20181009", "20181009", "09:00:00", "2018-10-09 09:00:00", 20181009),
    ("au2402.SHFE", "20231205", "20231205", "00:30:00", "2023-12-05 00:30:00", 20231205),
    ("au2402.SHFE", "20231204", "20231201", "21:00:19", "2023-12-01 21:00:19", 20231204),
    ("sc2402.INE", "20231204", "20231202", "02:29:59", "2023-12-02 02:29:59", 20231204),
    ("m2405.DCE", "20231204", "20231204", "21:00:19", "2023-12-01 21:00:19", 20231204),
    ("m2405.DCE", "20231204", "20231204", "09:00:00", "2023-12-04 09:00:00", 20231204),
    ("p1409.DCE", "20140714", "20140714", "01:00:00", "2014-07-12 01:00:00", 20140714),
    ("p1409.DCE", "20140715", "20140715", "01:00:00", "2014-07-15 01:00:00", 20140715),
    ("TA405.CZCE", "20231201", "20231201", "21:00:19", "2023-12-01 21:00:19", 20231204),
    ("TA405.CZCE", "20231205", "20231205", "20:59:00", "2023-12-05 20:59:00", 20231206),
    ("TA405.CZCE", "20231204", "20231204", "09:00:00", "2023-12-04 09:00:00", 20231204),
    ("IF2312.CFFEX", "20231204", "20231204", "15:00:00", "2023-12-04 15:00:00", 20231204),
    ("lc2407.GFEX", "20231204", "20231204", "14:59:59", "2023-12-04 14:59:59", 20231204),
]


@pytest.mark.parametrize(("symbol", "trading", "action", "time", "instant", "day"), AS_SENT)
def test_each_exchanges_own_way_of_dating_is_read(
    market: ChinaMarket,
    at: At,
    symbol: str,
    trading: str,
    action: str,
    time: str,
    instant: str,
    day: int,
) -> None:
    """SHFE and INE date right, DCE writes the trading day twice, CZCE the natural day twice."""
    assert _stamp(market, symbol, trading, action, time) == (at(instant), day)


@pytest.mark.parametrize(
    ("symbol", "trading", "action", "time", "instant", "day"),
    [
        # A recorder mended what DCE and CZCE send: two dates that differ are believed.
        ("m2405.DCE", "20231204", "20231201", "21:00:19", "2023-12-01 21:00:19", 20231204),
        ("TA405.CZCE", "20231204", "20231201", "21:00:19", "2023-12-01 21:00:19", 20231204),
        # After midnight some recorders keep the date of the evening.
        ("au2402.SHFE", "20231204", "20231201", "01:00:00", "2023-12-02 01:00:00", 20231204),
        ("au2402.SHFE", "20231206", "20231205", "01:00:00", "2023-12-06 01:00:00", 20231206),
        # Monday's date before its night is over can only be Saturday.
        ("au2402.SHFE", "20231204", "20231204", "01:00:00", "2023-12-02 01:00:00", 20231204),
    ],
)
def test_dates_that_a_recorder_mended_are_read(
    market: ChinaMarket,
    at: At,
    symbol: str,
    trading: str,
    action: str,
    time: str,
    instant: str,
    day: int,
) -> None:
    """Files hold the exchanges' dates in more ways than the exchanges have."""
    assert _stamp(market, symbol, trading, action, time) == (at(instant), day)


@pytest.mark.parametrize(
    ("symbol", "trading", "action", "time", "instant", "day"),
    [
        ("ru1901.SHFE", "20181009", "", "21:00:00", "2018-10-08 21:00:00", 20181009),
        ("ru1901.SHFE", "", "20181008", "21:00:00", "2018-10-08 21:00:00", 20181009),
        ("au2402.SHFE", "", "20231202", "01:00:00", "2023-12-02 01:00:00", 20231204),
        ("au2402.SHFE", "20231204", "", "01:00:00", "2023-12-02 01:00:00", 20231204),
        ("m2405.DCE", "20231204", "", "21:00:00", "2023-12-01 21:00:00", 20231204),
        ("m2405.DCE", "", "20231201", "21:00:00", "2023-12-01 21:00:00", 20231204),
        ("TA405.CZCE", "20231201", "", "21:00:00", "2023-12-01 21:00:00", 20231204),
        ("TA405.CZCE", "", "20231201", "21:00:00", "2023-12-01 21:00:00", 20231204),
        ("RM705.CZCE", "", "20170320", "09:00:00", "2017-03-20 09:00:00", 20170320),
        ("IF2312.CFFEX", "20231204", "", "09:30:00", "2023-12-04 09:30:00", 20231204),
    ],
)
def test_one_date_is_enough(
    market: ChinaMarket,
    at: At,
    symbol: str,
    trading: str,
    action: str,
    time: str,
    instant: str,
    day: int,
) -> None:
    """A lone ActionDay is the natural day, a lone TradingDay what its exchange writes there."""
    assert _stamp(market, symbol, trading, action, time) == (at(instant), day)


@pytest.mark.parametrize(
    ("symbol", "trading", "action", "time", "instant", "day"),
    [
        # CZCE's stale snapshot of the evening before, without a night session (AP010).
        ("AP010.CZCE", "20200803", "20200731", "19:29:00", "2020-07-31 19:29:00", 20200803),
        ("AP010.CZCE", "20200803", "20200803", "21:00:00", "2020-08-03 21:00:00", 20200803),
        # CFFEX pushes the settlement price after the close.
        ("IF2101.CFFEX", "20210104", "20210104", "15:35:19", "2021-01-04 15:35:19", 20210104),
        # The eve of a holiday has no night that the tick could be in.
        ("m1901.DCE", "20181008", "20181008", "21:00:00", "2018-10-08 21:00:00", 20181008),
        ("TA901.CZCE", "20180928", "20180928", "20:30:00", "2018-09-28 20:30:00", 20180928),
        ("rb1901.SHFE", "20181008", "20180928", "20:30:00", "2018-09-28 20:30:00", 20181008),
        # Stale at 07:48 before the recording of a day.
        ("rb2205.SHFE", "20220218", "20220218", "07:48:00", "2022-02-18 07:48:00", 20220218),
    ],
)
def test_what_is_outside_the_sessions_keeps_its_dates(
    market: ChinaMarket,
    at: At,
    symbol: str,
    trading: str,
    action: str,
    time: str,
    instant: str,
    day: int,
) -> None:
    """Fronts repeat old snapshots; the fields are believed and the caller decides."""
    assert _stamp(market, symbol, trading, action, time) == (at(instant), day)


def test_milliseconds_are_added(market: ChinaMarket, at: At) -> None:
    """CFFEX sits on any of the ten tenths, for example 700."""
    found = market.stamp(
        "IF2101.CFFEX",
        trading_day="20210105",
        action_day="20210105",
        time="09:30:00",
        millisecond=700,
    )
    assert found == (at("2021-01-05 09:30:00.700"), 20210105)


def test_an_hour_without_its_zero_is_read(market: ChinaMarket, at: At) -> None:
    """Spreadsheets drop leading zeros."""
    found = _stamp(market, "rb2205.SHFE", "20220218", "20220218", "9:00:01")
    assert found == (at("2022-02-18 09:00:01"), 20220218)


@pytest.mark.parametrize(
    ("trading", "action", "time", "reason"),
    [
        ("20181009", "20181009", "21:00:00", "both 20181009 at 21:00:00"),
        ("20181010", "20181008", "09:00:00", "not the trading day after ActionDay 20181008"),
        ("20181008", "20181009", "09:00:00", "not the trading day after ActionDay 20181009"),
        ("20181007", "20181007", "09:00:00", "TradingDay 20181007 is not a trading day"),
        ("20181001", "", "09:00:00", "TradingDay 20181001 is not a trading day"),
        ("", "", "09:00:00", "neither TradingDay nor ActionDay"),
        ("2018-10-09", "", "09:00:00", "TradingDay '2018-10-09' cannot be read"),
        ("20181009", "1009", "09:00:00", "ActionDay '1009' cannot be read"),
        ("20181009", "20181309", "09:00:00", "20181309 is not a date"),
        ("20181009", "", "24:00:00", "time '24:00:00' cannot be read"),
        ("20181009", "", "09:00", "time '09:00' cannot be read"),
        ("20181009", "", "09:00:60", "time '09:00:60' cannot be read"),
        ("20181009", "", "", "time '' cannot be read"),
    ],
)
def test_what_cannot_be_read_is_an_error(
    market: ChinaMarket, trading: str, action: str, time: str, reason: str
) -> None:
    """The message names the field and what was found in it."""
    with pytest.raises(ValueError, match=reason):
        _stamp(market, "rb1901.SHFE", trading, action, time)


@pytest.mark.parametrize("millisecond", [-1, 1000])
def test_a_millisecond_out_of_range_is_an_error(market: ChinaMarket, millisecond: int) -> None:
    """A thousand milliseconds are the next second, not this one."""
    with pytest.raises(ValueError, match=f"millisecond {millisecond} is not from 0 to 999"):
        market.stamp(
            "rb1901.SHFE",
            trading_day="20181009",
            action_day="20181009",
            time="09:00:00",
            millisecond=millisecond,
        )


def test_dates_beyond_the_calendar_are_market_errors(market: ChinaMarket) -> None:
    """They can be read, but nobody knows the trading day."""
    with pytest.raises(MarketError, match="outside the trading calendar"):
        _stamp(market, "rb3005.SHFE", "20300102", "20300102", "09:00:00")


def test_the_last_known_day_is_read_for_every_exchange(market: ChinaMarket, at: At) -> None:
    """That no next day is known hurts nobody by day."""
    for symbol in ("rb2705.SHFE", "m2705.DCE", "TA705.CZCE", "IF2701.CFFEX"):
        found = _stamp(market, symbol, "20261231", "20261231", "10:00:00")
        assert found == (at("2026-12-31 10:00:00"), 20261231)
