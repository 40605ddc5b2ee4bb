"""Longer bars from shorter ones, worked by hand and against an independent grouping."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.engine.bars import interval_ns
from homalos.engine.longer_bars import BarMerger
from homalos.errors import MarketError
from homalos.model import BarData
from homalos.plugins.ports import Session
from homalos.testing import SYMBOL, bar

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = 20251010
NEXT_DAY = 20251013
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = 60_000_000_000
# Trading day: its sessions as (from, to), month and day first, clock of Asia/Shanghai.
_HOURS = {
    DAY: (
        ("10-09 21:00", "10-09 23:00"),
        ("10-10 09:00", "10-10 10:15"),
        ("10-10 10:30", "10-10 11:30"),
        ("10-10 13:30", "10-10 15:00"),
    ),
    NEXT_DAY: (("10-10 21:00", "10-11 02:30"), ("10-13 09:00", "10-13 10:15")),
}


def ns(text: str) -> int:
    """Return `10-09 21:00:00.5` of 2025 on the clock of Asia/Shanghai, nanoseconds UTC."""
    moment = datetime.fromisoformat(f"2025-{text}+08:00")
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def sessions(_symbol: str, trading_day: int) -> tuple[Session, ...]:
    """Return the sessions of a trading day of the table above."""
    if trading_day not in _HOURS:
        msg = f"{trading_day} is outside the table"
        raise MarketError(msg)
    hours = _HOURS[trading_day]
    return tuple(Session(ns(start), ns(end), trading_day) for start, end in hours)


def prices(bar: BarData) -> tuple[float, float, float, float]:
    """Return open, high, low and close."""
    return bar.open_price, bar.high_price, bar.low_price, bar.close_price


def minute(clock: str, price: float = 100, volume: int = 1, **fields: Any) -> BarData:
    """Make a one-minute bar that begins at `10-10 09:00`."""
    fields.setdefault("trading_day", DAY)
    return bar(SYMBOL, price, start_ns=ns(clock), volume=volume, **fields)


def merged(interval: str, bars: Sequence[BarData]) -> list[BarData]:
    """Return the longer bars of shorter ones, without the one under way."""
    merger = BarMerger(interval, sessions)
    return [longer for each in bars for longer in merger.add(each)]


def test_five_minutes_make_a_bar_when_the_fifth_is_over() -> None:
    """Open of the first, high and low of all, close and interest of the last, sums of the rest."""
    five = [
        minute("10-10 09:00", 100, 2, turnover=200.0, open_interest=10, high_price=103),
        minute("10-10 09:01", 101, 3, turnover=303.0, open_interest=12, low_price=95),
        minute("10-10 09:02", 102, 0, open_interest=12),
        minute("10-10 09:03", 99, 1, turnover=99.0, open_interest=11),
        minute("10-10 09:04", 98, 4, turnover=392.0, open_interest=15),
    ]
    start = ns("10-10 09:00")

    assert merged("5m", five[:4]) == []
    assert merged("5m", five) == [
        BarData(SYMBOL, "5m", start, start + 5 * _MINUTE, DAY, 100, 103, 95, 98, 10, 994.0, 15)
    ]


@pytest.mark.parametrize(
    ("interval", "first", "last"),
    [
        ("5m", "10-10 10:10", "10-10 10:14"),
        ("15m", "10-10 13:45", "10-10 13:59"),
        ("1h", "10-10 14:00", "10-10 14:59"),
    ],
)
def test_a_bar_is_delivered_with_its_last_minute(interval: str, first: str, last: str) -> None:
    """It begins on a multiple of its length, and is whole when the data went on from before."""
    (made,) = merged(interval, [minute("10-09 21:00"), minute(first), minute(last)])[-1:]

    assert (made.start_ns, made.ts_ns) == (ns(first), ns(last) + _MINUTE)
    assert (made.volume, made.complete) == (2, True)


def test_an_hour_goes_on_over_a_short_break_and_is_over_with_its_last_session() -> None:
    """10:00 to 11:00 holds the break at 10:15; of 11:00 to 12:00 nothing trades after 11:30."""
    made = merged(
        "1h",
        [
            minute("10-10 10:00", volume=1),
            minute("10-10 10:14", volume=2),
            minute("10-10 10:30", volume=4),
            minute("10-10 11:00", volume=8),
            minute("10-10 11:29", volume=16),
        ],
    )

    assert [(b.start_ns, b.ts_ns, b.volume) for b in made] == [
        (ns("10-10 10:00"), ns("10-10 11:00"), 7),
        (ns("10-10 11:00"), ns("10-10 11:30"), 24),
    ]


def test_a_bar_whose_last_minute_is_missing_ends_with_the_next_one() -> None:
    """No trade at 09:04: the bar comes with 09:05, whole, since the data went on."""
    made = merged("5m", [minute("10-10 09:00"), minute("10-10 09:05", 105)])

    assert [(b.start_ns, b.close_price, b.complete) for b in made] == [
        (ns("10-10 09:00"), 100, True)
    ]


def test_a_day_s_bar_holds_the_night_before_it() -> None:
    """From 21:00 of the evening before to 15:00, one bar of one trading day."""
    made = merged(
        "d",
        [
            minute("10-09 21:00", 100, 5),
            minute("10-10 09:00", 107, 6),
            minute("10-10 14:59", 103, 7),
            minute("10-10 21:00", 1, 8, trading_day=NEXT_DAY),
        ],
    )

    start, end = ns("10-09 21:00"), ns("10-10 15:00")
    assert made == [BarData(SYMBOL, "d", start, end, DAY, 100, 107, 100, 103, 18)]


def test_a_day_outside_the_calendar_is_told_by_its_trading_day() -> None:
    """Where no market knows the sessions the bars of one day still make one bar."""
    made = merged(
        "d",
        [
            minute("10-09 21:00", 100, 5, trading_day=1),
            minute("10-10 09:00", 107, 6, trading_day=1),
            minute("10-10 21:00", 100, 7, trading_day=2),
        ],
    )

    assert [(b.trading_day, b.start_ns, b.ts_ns, b.volume) for b in made] == [
        (1, ns("10-09 21:00"), ns("10-10 09:01"), 11)
    ]


@pytest.mark.parametrize(
    ("interval", "first"), [("5m", "10-10 09:02"), ("1h", "10-10 13:31"), ("d", "10-10 09:00")]
)
def test_a_bar_that_the_data_begins_in_is_incomplete(interval: str, first: str) -> None:
    """What came before the first bar of all is not known; the longer bars after it are whole."""
    night = minute("10-10 21:00", trading_day=NEXT_DAY)
    morning = minute("10-13 10:14", trading_day=NEXT_DAY)
    made = merged(interval, [minute(first), night, morning])

    assert [b.complete for b in made[:2]] == [False, True]


def test_a_bar_that_begins_with_its_session_is_whole() -> None:
    """The hour from 13:00 begins at 13:30, when the afternoon does."""
    made = merged("1h", [minute("10-10 13:30"), minute("10-10 14:00")])

    assert [(b.start_ns, b.complete) for b in made] == [(ns("10-10 13:00"), True)]


def test_an_incomplete_minute_makes_an_incomplete_bar() -> None:
    """One minute that was not seen whole is enough."""
    made = merged("5m", [minute("10-10 09:00"), minute("10-10 09:04", complete=False)])

    assert [b.complete for b in made] == [False]


def test_a_bar_that_the_data_ends_in_is_closed_incomplete() -> None:
    """At the end of the data what is under way comes out, marked."""
    merger = BarMerger("5m", sessions)
    merger.add(minute("10-10 09:00", volume=3))
    made = merger.close()

    assert made is not None
    assert (made.volume, made.complete, made.ts_ns) == (3, False, ns("10-10 09:05"))
    assert merger.close() is None


def test_longer_bars_are_made_of_one_shorter_length_only() -> None:
    """The first that fits: 10m does not divide 15m, and 5m beside 1m would count twice."""
    start = ns("10-10 09:00")
    made = merged(
        "15m",
        [
            minute("10-10 09:00", interval="10m", ts_ns=start + 10 * _MINUTE, volume=100),
            minute("10-10 09:00", volume=1),
            minute("10-10 09:00", interval="5m", volume=10),
            minute("10-10 09:14", volume=2),
        ],
    )

    assert [b.volume for b in made] == [3]


@given(st.lists(st.tuples(st.integers(0, 119), st.integers(90, 110)), min_size=1))
def test_merging_agrees_with_grouping_the_minutes(drawn: list[tuple[int, int]]) -> None:
    """An independent grouping by the clock gives the same bars, the last one closed by hand."""
    base = ns("10-09 21:00")
    shorter = [
        bar(SYMBOL, price, start_ns=base + place * _MINUTE, trading_day=DAY, volume=place)
        for place, price in sorted(dict(drawn).items())
    ]
    merger = BarMerger("15m", sessions)
    made = [longer for each in shorter for longer in merger.add(each)]
    last = merger.close()
    groups: dict[int, list[BarData]] = {}
    for each in shorter:
        groups.setdefault((each.start_ns - base) // (15 * _MINUTE), []).append(each)

    assert [(*prices(b), b.volume) for b in (*made, *([last] if last else []))] == [
        (
            group[0].open_price,
            max(b.high_price for b in group),
            min(b.low_price for b in group),
            group[-1].close_price,
            sum(b.volume for b in group),
        )
        for _, group in sorted(groups.items())
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1m", 60), ("15m", 900), ("1h", 3_600), ("4h", 14_400), ("30s", 30), ("d", 0)],
)
def test_a_bar_length_is_read(text: str, seconds: int) -> None:
    """In nanoseconds; the trading day has no length of its own."""
    assert interval_ns(text) == seconds * 1_000_000_000


@pytest.mark.parametrize("text", ["", "m", "0m", "1", "1.5h", "w", "-1m"])
def test_what_is_no_bar_length_is_refused(text: str) -> None:
    """The error says what to write."""
    with pytest.raises(ValueError, match="write a number and s, m or h"):
        interval_ns(text)
