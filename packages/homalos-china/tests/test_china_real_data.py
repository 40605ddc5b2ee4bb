"""Stamps and sessions against recorded ticks and bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from homalos.errors import UnknownInstrument
from homalos_china import ChinaMarket

At = Callable[[str], int]
Rows = Callable[..., Iterator[dict[str, str]]]

MINUTE_NS = 60 * 10**9
TICKS = [
    "ticks_ctp_csv/SHFE.ru1901/20181009.tick-ctp.csv.gz",
    "ticks_ctp_csv/CZCE.AP010/20200803.tick-ctp.csv.gz",
    "ticks_ctp_csv/CZCE.AP010/20200806.tick-ctp.csv.gz",
    "ticks_wt/CFFEX.IF.HOT/20210106.csv.gz",
    *(f"ticks_wt/ALL_20220218/{name}.csv.gz" for name in ("CFFEX", "CZCE", "DCE", "INE", "SHFE")),
]


def _iso(day: str, time: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]} {time}"


def _distance(market: ChinaMarket, symbol: str, ts_ns: int, day: int) -> int:
    """Return how far an instant is from the nearest session of its day, ns; 0 inside."""
    return min(
        max(session.start_ns - ts_ns, ts_ns - session.end_ns, 0)
        for session in market.sessions(symbol, day)
    )


@pytest.mark.parametrize("name", TICKS)
def test_recorded_ticks_are_stamped_as_they_say_and_near_a_session(
    market: ChinaMarket, at: At, rows: Rows, name: str
) -> None:
    """All these recorders date right, so the fields themselves say what must come out.

    Outside the sessions are only what SOURCES.md tells of: a stale first row of the
    evening before or of the morning, and settlement pushes up to 15:44.
    """
    outside = 0
    for row in rows(name, every=7):
        symbol = market.parse_symbol(row["InstrumentID"], exchange=row["ExchangeID"])
        ts_ns, day = market.stamp(
            symbol,
            trading_day=row["TradingDay"],
            action_day=row["ActionDay"],
            time=row["UpdateTime"],
            millisecond=int(row["UpdateMillisec"]),
        )
        expected = at(_iso(row["ActionDay"], row["UpdateTime"]))
        assert ts_ns == expected + int(row["UpdateMillisec"]) * 10**6
        assert day == int(row["TradingDay"])
        outside += _distance(market, symbol, ts_ns, day) > MINUTE_NS
    assert outside <= 3


def test_the_first_day_after_the_holiday_has_no_night(
    market: ChinaMarket, at: At, rows: Rows
) -> None:
    """On 8 October 2018 the first tick comes at 09:00, and the evening's belong to the 9th."""
    ticks = list(rows("ticks_ctp_csv/SHFE.ru1901/20181008.tick-ctp.csv.gz", every=5))
    stamps = [
        market.stamp(
            "ru1901.SHFE",
            trading_day=tick["TradingDay"],
            action_day=tick["ActionDay"],
            time=tick["UpdateTime"],
            millisecond=int(tick["UpdateMillisec"]),
        )
        for tick in ticks
    ]
    assert len(market.sessions("ru1901.SHFE", 20181008)) == 3
    assert stamps[0] == (at("2018-10-08 09:00:00.500"), 20181008)
    evening = [day for ts_ns, day in stamps if ts_ns > at("2018-10-08 18:00:00")]
    assert set(evening) == {20181009}
    assert len(evening) == sum(tick["TradingDay"] == "20181009" for tick in ticks) > 2_000


def test_a_friday_night_belongs_to_monday(market: ChinaMarket, at: At, rows: Rows) -> None:
    """Contracts of four exchanges at 21:00 on 1 December 2023 are in a night session."""
    name = "ticks_misc/MarketData_20231201_2100_friday_night_snapshot.csv.gz"
    exchanges = Counter[str]()
    for row in rows(name):
        try:
            symbol = market.parse_symbol(row["InstrumentID"])
        except UnknownInstrument:
            assert row["InstrumentID"].endswith("_Index")
            continue
        for trading, action in (("20231204", "20231201"), ("", "20231201")):
            ts_ns, day = market.stamp(
                symbol,
                trading_day=trading,
                action_day=action,
                time=row["UpdateTime"],
                millisecond=int(row["UpdateMillisec"]),
            )
            assert (ts_ns // 10**9, day) == (
                at(f"2023-12-01 {row['UpdateTime']}") // 10**9,
                20231204,
            )
        assert _distance(market, symbol, ts_ns, day) == 0
        exchanges[symbol.partition(".")[2]] += 1
    assert set(exchanges) == {"SHFE", "INE", "DCE", "CZCE"}


def test_a_file_with_the_date_alone_is_stamped(market: ChinaMarket, at: At, rows: Rows) -> None:
    """A recording of rapeseed meal that names no trading day lies in one day's sessions."""
    for row in rows("ticks_misc/CZCE.RM705_20170320.csv.gz", every=25):
        time, _, fraction = row["time"].partition(".")
        stamp = market.stamp(
            market.parse_symbol(row["symbol"]),
            trading_day="",
            action_day=row["date"],
            time=time,
            millisecond=int(fraction.ljust(3, "0")),
        )
        assert stamp == (at(f"{_iso(row['date'], row['time'])}00"), 20170320)
        assert _distance(market, "RM705.CZCE", *stamp) < MINUTE_NS  # 10:29:59.5 is the one before


def test_recorded_prices_are_on_the_grid(market: ChinaMarket, rows: Rows) -> None:
    """The best quotes of 42 products in December 2023 are whole steps."""
    name = "ticks_misc/MarketData_20231201_2100_friday_night_snapshot.csv.gz"
    products = set()
    for row in rows(name):
        if row["InstrumentID"].endswith("_Index"):
            continue
        instrument = market.resolve(market.parse_symbol(row["InstrumentID"]), on_day=20231204)
        for column in ("LastPrice", "AskPrice1", "BidPrice1"):
            price = float(row[column])
            assert instrument.is_on_grid(price), (row["InstrumentID"], price)
        products.add(instrument.product)
    assert len(products) > 35


def _bars_by_day(
    market: ChinaMarket, symbol: str, instants: Iterator[int], minutes: int
) -> tuple[Counter[int], list[int]]:
    """Count bars by trading day, and collect those whose start is in no session."""
    counts, strays = Counter[int](), []
    for start_ns in instants:
        day = market.trading_day(symbol, start_ns)
        counts[day] += minutes
        if not any(
            session.start_ns <= start_ns < session.end_ns
            for session in market.sessions(symbol, day)
        ):
            strays.append(start_ns)
    return counts, strays


def _length(market: ChinaMarket, symbol: str, day: int) -> int:
    return sum(
        (session.end_ns - session.start_ns) // MINUTE_NS for session in market.sessions(symbol, day)
    )


# The files of i, TA and CF begin at 22:30 on 24 December 2019 and have no bar of the night of the
# 30th; both nights were held from 21:00 on: rb and, in bars_tqsdk, m2005 traded.
MISSED = {20191225, 20191231}
# The circuit breaker ended 7 January 2016 after minutes (CFFEX notice of that day).
BROKEN = {20160107}


@pytest.mark.parametrize(
    ("file", "symbol", "first", "holes"),
    [
        ("SHFE.rb.HOT_m5", "rbHOT.SHFE", "2019-08-01", set()),
        ("DCE.i.HOT_m5", "iHOT.DCE", "2019-08-01", MISSED),
        ("DCE.m.HOT_m5", "mHOT.DCE", "2020-02-25", set()),
        ("CZCE.TA.HOT_m5", "TAHOT.CZCE", "2019-08-01", MISSED),
        ("CZCE.CF.HOT_m5", "CFHOT.CZCE", "2019-08-01", MISSED),
        ("CFFEX.IF.HOT_m5", "IFHOT.CFFEX", "2016-01-05", BROKEN),
    ],
)
def test_every_five_minutes_of_every_session_have_their_bar(
    market: ChinaMarket, at: At, rows: Rows, file: str, symbol: str, first: str, holes: set[int]
) -> None:
    """Main contracts trade all the time, so their bars fill the session table exactly.

    That holds the holidays, the suspended nights of 2020, the late one of 25 December 2019
    and CZCE's shorter ones since to one table: no bar outside, none missing.
    """
    starts = (
        at(f"{row['date']} {row['time']}") - 5 * MINUTE_NS
        for row in rows(f"bars/{file}.csv.gz")
        if row["date"] >= first
    )
    counts, strays = _bars_by_day(market, symbol, starts, 5)
    counts.pop(int(first.replace("-", "")))  # its night is on the date before
    assert not strays
    assert {day for day in counts if counts[day] != _length(market, symbol, day)} == holes
    assert sorted(counts) == _days(market, symbol, min(counts), max(counts))


def _days(market: ChinaMarket, symbol: str, first: int, last: int) -> list[int]:
    """Return the trading days of a span by walking from close to close."""
    days = [first]
    while days[-1] < last:
        following = market.trading_day(symbol, market.sessions(symbol, days[-1])[-1].end_ns)
        assert following > days[-1]
        days.append(following)
    return days


def test_czce_nights_end_at_2330_until_9_december_2019(
    market: ChinaMarket, at: At, rows: Rows
) -> None:
    """The last bar of a night ends when the session does, on both sides of the change."""
    ends = Counter[str]()
    for row in rows("bars/CZCE.TA.HOT_m5.csv.gz"):
        if row["date"] in {"2019-12-09", "2019-12-10"}:
            ends[row["date"]] = max(ends[row["date"]], at(f"{row['date']} {row['time']}"))
    assert market.sessions("TA005.CZCE", 20191210)[0].end_ns == ends["2019-12-09"]
    assert market.sessions("TA005.CZCE", 20191211)[0].end_ns == ends["2019-12-10"]


def test_minute_bars_of_copper_fill_nights_past_midnight(
    market: ChinaMarket, at: At, rows: Rows
) -> None:
    """From 21:00 to 01:00, also from Friday to Saturday, and no night before a holiday."""
    starts = (
        at(f"{row['date']} {row['time']}") - MINUTE_NS for row in rows("bars/SHFE.cu2202_m1.csv.gz")
    )
    counts, strays = _bars_by_day(market, "cu2202.SHFE", starts, 1)
    assert not strays
    assert counts[20220117] == _length(market, "cu2202.SHFE", 20220117) == 465  # a Monday
    assert counts[20220207] == _length(market, "cu2202.SHFE", 20220207) == 225  # after the holiday


def test_daily_bars_are_the_trading_days(market: ChinaMarket, rows: Rows) -> None:
    """Every trading day from April 2010 to December 2021 has its daily bar, no other day has."""
    days = [int(row["date"].replace("/", "")) for row in rows("bars/CFFEX.IF.HOT_d.csv.gz")]
    assert days == _days(market, "IFHOT.CFFEX", days[0], days[-1])
