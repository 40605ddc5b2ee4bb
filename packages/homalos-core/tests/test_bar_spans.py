"""The two conventions of longer bars: which stretch each bar covers, worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.engine.bar_spans import clock_span, session_span
from homalos.engine.bars import MinuteBars
from homalos.engine.longer_bars import BarMerger
from homalos.model import BarData
from homalos.plugins.ports import Session
from homalos.testing import SYMBOL, bar, tick

DAY = 20251013
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = 60_000_000_000
# The sessions of silver: a Friday's night, and Monday.
_HOURS = (
    ("10-10 21:00", "10-11 02:30"),
    ("10-13 09:00", "10-13 10:15"),
    ("10-13 10:30", "10-13 11:30"),
    ("10-13 13:30", "10-13 15:00"),
)
Convention = Literal["clock", "session"]


def ns(text: str) -> int:
    """Return `10-10 21:00` of 2025 on the clock of Asia/Shanghai, nanoseconds UTC."""
    moment = datetime.fromisoformat(f"2025-{text}+08:00")
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


SESSIONS = tuple(Session(ns(start), ns(end), DAY) for start, end in _HOURS)
TRADED = [
    start for each in SESSIONS for start in range(each.start_ns, each.end_ns, _MINUTE)
]  # the 555 minutes of the day


def clock(ts_ns: int) -> str:
    """Return `10-10 21:00` of an instant."""
    return datetime.fromtimestamp(ts_ns / 1e9, UTC).astimezone(_SHANGHAI).strftime("%m-%d %H:%M")


_SHANGHAI = datetime.fromisoformat("2025-01-01T00:00+08:00").tzinfo


def merged(
    minutes: list[BarData], interval: str, convention: Convention, *, then: str = ""
) -> list[BarData]:
    """Return the longer bars of minutes, the last one closed; over another length if named."""
    made = minutes
    for length in (interval, then) if then else (interval,):
        merger = BarMerger(length, lambda *_: SESSIONS, convention=convention)
        longer = [each for one in made for each in merger.add(one)]
        last = merger.close(whole=True)
        made = [*longer, *([last] if last is not None else [])]
    return made


def whole_day() -> list[BarData]:
    """Return a minute bar of each minute of the day, of one lot."""
    return [
        bar(SYMBOL, 100, start_ns=start, trading_day=DAY, volume=1, interval="1m")
        for start in TRADED
    ]


_SPANS = {
    ("1h", "clock"): (
        "10-10 21:00-22:00 10-10 22:00-23:00 10-10 23:00-00:00 10-11 00:00-01:00 "
        "10-11 01:00-02:00 10-11 02:00-02:30 10-13 09:00-10:00 10-13 10:00-11:00 "
        "10-13 11:00-11:30 10-13 13:00-14:00 10-13 14:00-15:00"
    ),
    ("1h", "session"): (
        "10-10 21:00-22:00 10-10 22:00-23:00 10-10 23:00-00:00 10-11 00:00-01:00 "
        "10-11 01:00-02:00 10-11 02:00-02:30 10-13 09:00-10:00 10-13 10:00-11:15 "
        "10-13 11:15-14:15 10-13 14:15-15:00"
    ),
    ("90m", "clock"): (
        "10-10 20:00-21:30 10-10 21:30-23:00 10-10 23:00-00:30 10-11 00:30-02:00 "
        "10-11 02:00-02:30 10-13 08:00-09:30 10-13 09:30-11:00 10-13 11:00-11:30 "
        "10-13 12:30-14:00 10-13 14:00-15:00"
    ),
    ("90m", "session"): (
        "10-10 21:00-22:30 10-10 22:30-00:00 10-11 00:00-01:30 10-11 01:30-02:30 "
        "10-13 09:00-10:45 10-13 10:45-14:15 10-13 14:15-15:00"
    ),
    ("240m", "clock"): ("10-10 20:00-00:00 10-11 00:00-02:30 10-13 08:00-11:30 10-13 12:00-15:00"),
    ("240m", "session"): "10-10 21:00-01:00 10-11 01:00-02:30 10-13 09:00-15:00",
    ("d", "clock"): "10-10 21:00-15:00",
    ("d", "session"): "10-10 21:00-15:00",
}


@pytest.mark.parametrize(("interval", "convention"), _SPANS)
def test_a_day_s_bars_cover_what_their_convention_says(
    interval: str, convention: Convention
) -> None:
    """By hand, from the sessions; together they hold every minute once."""
    made = merged(whole_day(), interval, convention)
    spans = " ".join(f"{clock(b.start_ns)}-{clock(b.ts_ns)[6:]}" for b in made)

    assert spans == _SPANS[interval, convention]
    assert sum(b.volume for b in made) == len(TRADED) == 555
    assert all(b.complete for b in made)


def test_seven_minutes_by_the_session_begin_anew_with_the_night_and_with_the_day() -> None:
    """330 minutes are 47 bars and a minute; 225 are 32 bars and a minute."""
    made = merged(whole_day(), "7m", "session")

    assert [b.volume for b in made] == [7] * 47 + [1] + [7] * 32 + [1]
    assert clock(made[48].start_ns) == "10-13 09:00"


def test_a_bar_over_lunch_is_over_when_its_trading_time_is() -> None:
    """The third hour of the day begins 15 minutes before lunch and ends at 14:15."""
    span = session_span(SESSIONS, ns("10-13 13:30"), 60 * _MINUTE)

    assert (clock(span.start_ns), clock(span.end_ns)) == ("10-13 11:15", "10-13 14:15")
    assert not span.folds


def test_a_bar_that_ends_with_its_session_waits_for_the_fold() -> None:
    """By both conventions the quarter from 10:00 ends at 10:15, and no bar of a break follows."""
    spans = [
        span_of(SESSIONS, ns("10-13 10:05"), 15 * _MINUTE) for span_of in (clock_span, session_span)
    ]

    assert [(clock(s.end_ns), s.folds) for s in spans] == [("10-13 10:15", True)] * 2


def test_by_the_clock_seven_minutes_begin_alike_on_every_day() -> None:
    """Counted from 08:00 in China, which is midnight UTC, though a day is no multiple of it."""
    starts = [
        clock(clock_span(SESSIONS, ns(f"10-{day} 09:00"), 7 * _MINUTE).start_ns)
        for day in (13, 14, 15)
    ]

    assert starts == ["10-13 08:56", "10-14 08:56", "10-15 08:56"]


def test_by_the_clock_no_bar_goes_over_midnight_utc() -> None:
    """The last seven minutes of a day, from 07:55 in China, are five; no session is near."""
    span = clock_span((), ns("10-13 07:58"), 7 * _MINUTE)

    assert (clock(span.start_ns), clock(span.end_ns)) == ("10-13 07:55", "10-13 08:00")


def test_minutes_behind_the_last_session_make_one_bar_of_the_rest_of_their_time() -> None:
    """15:00 to 15:03 of a file that has them: one quarter, not four of them."""
    behind = [
        bar(SYMBOL, 100, start_ns=ns(f"10-13 15:0{place}"), trading_day=DAY, volume=1)
        for place in range(4)
    ]
    made = merged([*whole_day()[-1:], *behind], "1h", "clock")

    assert [(clock(b.start_ns), b.volume) for b in made] == [("10-13 14:00", 1), ("10-13 15:00", 4)]


def test_no_bar_holds_two_trading_days() -> None:
    """A day's length by the clock begins at 08:00; the night after 15:00 is the next day's."""
    friday = bar(SYMBOL, 100, start_ns=ns("10-10 14:59"), trading_day=20251010, volume=3)
    night = bar(SYMBOL, 100, start_ns=ns("10-10 21:00"), trading_day=DAY, volume=4)
    merger = BarMerger("24h", lambda _, day: SESSIONS if day == DAY else (), convention="clock")
    first, second = *merger.add(friday), *merger.add(night), merger.close()

    assert second is not None
    assert [(b.trading_day, b.volume) for b in (first, second)] == [(20251010, 3), (DAY, 4)]
    assert first.start_ns < second.start_ns


def test_a_shorter_bar_that_comes_when_its_longer_one_is_out_is_counted() -> None:
    """It would begin a second bar of the same time."""
    merger = BarMerger("5m", lambda *_: SESSIONS)
    minutes = whole_day()
    made = [each for one in (*minutes[:5], minutes[2], minutes[5]) for each in merger.add(one)]

    assert [(clock(b.start_ns), b.volume) for b in made] == [("10-10 21:00", 5)]
    assert merger.late == 1


def test_a_bar_behind_the_last_session_makes_no_second_bar_of_the_day() -> None:
    """Files have bars of 15:00, too; the day's bar is out then."""
    merger = BarMerger("d", lambda *_: SESSIONS)
    behind = bar(SYMBOL, 1, start_ns=ns("10-13 15:00"), trading_day=DAY)
    made = [each for one in (*whole_day(), behind) for each in merger.add(one)]

    assert [b.volume for b in made] == [555]
    assert merger.late == 1


@given(
    st.lists(st.integers(0, 560), min_size=1, max_size=80, unique=True),
    st.integers(2, 400),
    st.sampled_from(["clock", "session"]),
)
def test_longer_bars_never_overlap_and_hold_what_the_shorter_ones_do(
    places: list[int], length: int, convention: Convention
) -> None:
    """Whatever minutes there are, some of them behind the sessions, and whatever length."""
    starts = [*TRADED, *(SESSIONS[-1].end_ns + extra * _MINUTE for extra in range(6))]
    minutes = [
        bar(SYMBOL, 100 + place % 7, start_ns=starts[place], trading_day=DAY, volume=place)
        for place in sorted(places)
    ]
    made = merged(minutes, f"{length}m", convention)

    assert all(before.ts_ns <= after.start_ns for before, after in pairwise(made))
    assert sum(b.volume for b in made) == sum(places)


@given(
    st.lists(st.integers(0, 554), min_size=1, max_size=120, unique=True),
    st.integers(1, 40),
    st.integers(2, 9),
    st.sampled_from(["clock", "session"]),
)
def test_bars_over_a_length_between_equal_those_made_at_once(
    places: list[int], shorter: int, times: int, convention: Convention
) -> None:
    """Minutes to 5m to 15m is minutes to 15m, in every figure but what marks the beginning."""
    minutes = [
        bar(SYMBOL, 90 + place % 21, start_ns=TRADED[place], trading_day=DAY, volume=place)
        for place in sorted(places)
    ]
    at_once = merged(minutes, f"{shorter * times}m", convention)
    over = merged(minutes, f"{shorter}m", convention, then=f"{shorter * times}m")

    def figures(made: list[BarData]) -> list[tuple[float, ...]]:
        return [
            (b.start_ns, b.ts_ns, b.open_price, b.high_price, b.low_price, b.close_price, b.volume)
            for b in made
        ]

    assert figures(over if shorter > 1 else at_once) == figures(at_once)


@given(
    st.lists(
        st.tuples(st.integers(0, 554), st.integers(0, 59), st.integers(1, 9), st.integers(95, 105)),
        min_size=1,
        max_size=100,
        unique_by=lambda step: step[:2],
    ),
    st.integers(2, 300),
    st.sampled_from(["clock", "session"]),
)
def test_bars_of_ticks_equal_a_grouping_of_the_ticks(
    steps: list[tuple[int, int, int, int]], length: int, convention: Convention
) -> None:
    """Ticks to minutes to bars of any length, against the ticks grouped by trading minute."""
    maker = MinuteBars(SYMBOL, lambda *_: SESSIONS)
    ticks, count = [], 0
    for place, second, lots, price in sorted(steps):
        count += lots
        ts_ns = TRADED[place] + second * 1_000_000_000
        ticks.append(tick(SYMBOL, price, ts_ns=ts_ns, volume=count, trading_day=DAY))
    made = [maker.add(each) for each in ticks] + [maker.close()]
    minutes = [each for each in made if each is not None]
    seen = 0 if min(steps)[0] == 0 else min(steps)[2]  # the count begins with the tape
    groups: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for place, _, lots, price in sorted(steps):
        day, minute = divmod(TRADED[place] // _MINUTE, 1_440)
        key = (day, minute // length)
        if convention == "session":  # the night has 330 minutes
            key = (0, place // length) if place < 330 else (1, (place - 330) // length)
        groups.setdefault(key, []).append((price, lots))

    longer = merged(minutes, f"{length}m", convention)
    assert [(b.open_price, b.high_price, b.low_price, b.close_price) for b in longer] == [
        (group[0][0], max(group)[0], min(group)[0], group[-1][0]) for group in groups.values()
    ]
    assert [b.volume for b in longer] == [
        sum(lots for _, lots in group) - (seen if place == 0 else 0)
        for place, group in enumerate(groups.values())
    ]
