"""Session minutes against recorded bars: the calendar predicts exactly those that were traded."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from homalos_china import ChinaMarket

At = Callable[[str], int]
Rows = Callable[..., Iterator[dict[str, str]]]

MINUTE_NS = 60 * 10**9
# Where the recording of m2005 has holes: first and last session minute without a bar.
HOLES = {
    "DCE.m2005": (
        ("2019-10-21 10:03", "2019-11-04 09:05"),
        ("2019-12-30 21:36", "2020-01-06 14:58"),
    ),
}
FILES = {
    "CFFEX.IF2003": "IF2003.CFFEX",
    "CFFEX.T2003": "T2003.CFFEX",
    "DCE.jd2002": "jd2002.DCE",
    "DCE.m2005": "m2005.DCE",
    "SHFE.cu2002": "cu2002.SHFE",
    "SHFE.rb2002": "rb2002.SHFE",
}


def predicted(market: ChinaMarket, symbol: str, first: int, last: int) -> set[int]:
    """Return the start of every session minute from one instant to another, both included."""
    minutes: set[int] = set()
    day = market.trading_day(symbol, first)
    until = market.trading_day(symbol, last)
    while day <= until:
        sessions = market.sessions(symbol, day)
        for session in sessions:
            minutes.update(range(session.start_ns, session.end_ns, MINUTE_NS))
        day = market.trading_day(symbol, sessions[-1].end_ns)
    return {minute for minute in minutes if first <= minute <= last}


@pytest.mark.parametrize("file", FILES)
def test_the_minutes_of_a_recording_are_those_predicted(
    market: ChinaMarket, at: At, rows: Rows, file: str
) -> None:
    """That server makes a bar for every minute of a session, traded or not.

    Over New Year and, in the CFFEX files, Spring Festival; the night of 2019-12-25, which
    opened at 22:30, is in the market's table. What is missing is the holes, whole and alone.
    """
    symbol = FILES[file]
    found = {int(row["datetime"]) for row in rows(f"bars_tqsdk/{file}_60s.csv.gz")}
    expected = predicted(market, symbol, min(found), max(found))
    holes = [(at(start), at(end)) for start, end in HOLES.get(file, ())]
    lost = {each for each in expected if any(start <= each <= end for start, end in holes)}
    assert (sorted(found - expected), sorted(expected - found)) == ([], sorted(lost))


@pytest.mark.parametrize(
    ("evening", "begins"),
    [
        ("2019-12-24", "2019-12-24 21:00"),
        ("2019-12-25", "2019-12-25 22:30"),  # late, by a fault
        ("2019-09-30", None),  # before the National Day holiday
    ],
)
def test_the_evenings_of_that_winter(at: At, rows: Rows, evening: str, begins: str | None) -> None:
    """What the recording itself shows, so that the test above is not about nothing."""
    begun = at(f"{evening} 20:00")
    starts = (int(row["datetime"]) for row in rows("bars_tqsdk/DCE.m2005_60s.csv.gz"))
    first = min((each for each in starts if begun <= each < begun + 240 * MINUTE_NS), default=None)
    assert first == (at(begins) if begins else None)


@pytest.mark.parametrize(
    ("file", "symbol"),
    [
        ("CFFEX.IF.HOT_m5", "IFHOT.CFFEX"),
        ("CZCE.CF.HOT_m5", "CFHOT.CZCE"),
        ("CZCE.TA.HOT_m5", "TAHOT.CZCE"),
        ("DCE.i.HOT_m5", "iHOT.DCE"),
        ("DCE.m.HOT_m5", "mHOT.DCE"),
        ("SHFE.rb.HOT_m5", "rbHOT.SHFE"),
    ],
)
def test_no_bar_of_five_minutes_lies_outside_the_sessions(
    market: ChinaMarket, at: At, rows: Rows, file: str, symbol: str
) -> None:
    """Every row of every file, all its five minutes; a bar's time is its end.

    The files of SHFE, DCE and CZCE span the evenings of 2020 without a night.
    """
    minutes = {
        at(f"{row['date']} {row['time']}") - back * MINUTE_NS
        for row in rows(f"bars/{file}.csv.gz")
        for back in range(1, 6)
    }
    outside = minutes - predicted(market, symbol, min(minutes), max(minutes))
    assert sorted(outside) == []
