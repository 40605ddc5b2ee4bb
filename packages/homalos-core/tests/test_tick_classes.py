"""What a tick is: one class each, and what becomes of it in the bars. Worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import nan
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.engine.bars import MinuteBars
from homalos.engine.tick_classes import OUTSIDE, TickClass
from homalos.errors import MarketError
from homalos.model import BarData, TickData
from homalos.plugins.ports import Session
from homalos.testing import SYMBOL, tick

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = 20251010
NEXT_DAY = 20251013
EMPTY_DAY = 20251014
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOURS = {
    DAY: (
        ("10-09 21:00", "10-09 23:00"),
        ("10-10 09:00", "10-10 10:15"),
        ("10-10 10:30", "10-10 11:30"),
        ("10-10 13:30", "10-10 15:00"),
    ),
    NEXT_DAY: (("10-10 21:00", "10-11 02:30"), ("10-13 09:00", "10-13 10:15")),
    EMPTY_DAY: (),
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
    return tuple(Session(ns(a), ns(b), trading_day) for a, b in _HOURS[trading_day])


def at(clock: str, price: float, volume: int, **fields: Any) -> TickData:
    """Make a tick at `10-10 09:00:00.5`, with the day's volume so far."""
    fields.setdefault("trading_day", DAY)
    return tick(SYMBOL, price, ts_ns=ns(clock), volume=volume, **fields)


def classes(ticks: Sequence[TickData]) -> tuple[list[str], list[BarData]]:
    """Return the class of each tick, by how the counts grow, and the bars."""
    maker = MinuteBars(SYMBOL, sessions)
    found, made = [], []
    before: dict[TickClass, int] = {}
    for each in ticks:
        made.append(maker.add(each))
        now = maker.counts()
        found += [kind.value for kind, count in now.items() if count != before.get(kind, 0)]
        before = now
    made.append(maker.close())
    return found, [bar for bar in made if bar is not None]


FIRST = at("10-10 09:05:00", 100, 50, turnover=5_000.0, open_interest=7)
_CASES = {
    "good": at("10-10 09:05:00.5", 101, 51),
    "boundary": at("10-10 15:00:00", 101, 51),
    "auction": at("10-10 10:29:59.5", 101, 51),
    "contradiction": at("10-10 09:05:00", 101, 50),
    "reset": at("10-10 09:05:00.5", 101, 2),
    "out-of-order": at("10-10 09:05:00", 101, 49),
    "late": at("10-10 09:04:59.5", 101, 49),
    "duplicate": at("10-10 09:05:00", 100, 50, turnover=5_000.0, open_interest=7),
    "missing-price": at("10-10 09:05:00.5", nan, 51),
    "past-day": at("10-09 14:59:00", 100, 50, trading_day=20251009),
    "stale": at("10-10 19:29:00", 101, 51, trading_day=NEXT_DAY),
    "before-session": at("10-10 10:29:59.5", 101, 50),
    "between-sessions": at("10-10 12:00:00", 101, 51),
    "after-close": at("10-10 15:00:05", 101, 51),
    "settlement": at("10-10 15:30:00", 101, 51, settlement_price=100.7),
    "no-session": at("10-10 09:05:00.5", 101, 51, trading_day=EMPTY_DAY),
}


@pytest.mark.parametrize("kind", _CASES)
def test_a_tick_after_a_good_one_is_of_the_class_its_fault_makes_it(kind: str) -> None:
    """After a tick of 09:05, each class by a tick that has its fault and no other."""
    assert classes([FIRST, _CASES[kind]])[0] == ["good", kind]


def test_there_is_a_case_for_every_class_that_a_tick_can_have() -> None:
    """The two others are of rows that make no tick."""
    assert set(TickClass) - set(_CASES) == {"unknown-instrument", "unreadable"}


@pytest.mark.parametrize("kind", [*OUTSIDE, TickClass.DUPLICATE])
def test_a_tick_outside_or_said_before_leaves_the_bar_as_it_is(kind: TickClass) -> None:
    """The bar under way is the one that the good ticks before and after it make."""
    good = [FIRST, at("10-10 09:05:30", 99, 60)]

    assert classes([good[0], _CASES[kind], good[1]])[1] == classes(good)[1]


def test_two_ticks_of_one_stamp_are_both_good_where_one_tells_of_more_trades() -> None:
    """CZCE stamps whole seconds: what differs by what traded is no fault."""
    found, (bar,) = classes([FIRST, at("10-10 09:05:00", 103, 54), at("10-10 09:05:00", 102, 55)])

    assert found == ["good", "good", "good"]
    assert (bar.high_price, bar.close_price, bar.volume) == (103, 102, 5)


def test_what_contradicts_is_counted_and_its_price_taken() -> None:
    """Another price at the same instant without a trade: nothing says which of them is wrong."""
    found, (bar,) = classes([FIRST, at("10-10 09:05:00", 90, 50), at("10-10 09:05:01", 101, 51)])

    assert found == ["good", "contradiction", "good"]
    assert (bar.low_price, bar.close_price) == (90, 101)


def test_a_count_that_falls_begins_anew_and_marks_its_bar_incomplete() -> None:
    """40 lots before and 7 after; what traded in between is not known, the next bar is whole."""
    ticks = [
        at("10-09 21:00:01", 100, 30, turnover=300.0),
        at("10-09 21:00:10", 100, 40, turnover=400.0),
        at("10-09 21:00:20", 100, 3, turnover=30.0),
        at("10-09 21:00:30", 100, 10, turnover=100.0),
        at("10-09 21:01:00", 100, 12, turnover=120.0),
    ]
    found, bars = classes(ticks)

    assert found == ["good", "good", "reset", "good", "good"]
    assert [(b.volume, b.turnover, b.complete) for b in bars] == [
        (47, 470.0, False),
        (2, 20.0, True),
    ]


def test_a_count_that_falls_with_a_new_bar_belongs_to_that_bar() -> None:
    """The bar before it is whole, with all that it told of."""
    ticks = [
        at("10-09 21:00:01", 100, 30, turnover=300.0),
        at("10-09 21:01:00", 100, 3, turnover=30.0),
        at("10-09 21:01:30", 100, 5, turnover=50.0),
    ]

    assert [(b.volume, b.turnover, b.complete) for b in classes(ticks)[1]] == [
        (30, 300.0, True),
        (2, 20.0, False),
    ]


def test_the_count_begins_at_0_again_when_the_night_opens_the_next_day() -> None:
    """SHFE's does; the trading day has changed, so that it is no reset and nothing is missing."""
    found, bars = classes(
        [
            at("10-10 14:59:59", 100, 900, turnover=9_000.0),
            at("10-10 21:00:00.5", 101, 40, turnover=404.0, trading_day=NEXT_DAY),
        ]
    )

    assert found == ["good", "good"]
    assert [(b.volume, b.turnover, b.complete) for b in bars[1:]] == [(40, 404.0, True)]


def test_the_night_that_nobody_saw_is_not_in_the_morning_s_bar() -> None:
    """The data ends with the day before and comes back in the auction of 08:59."""
    found, bars = classes(
        [
            at("10-10 14:59:59", 100, 900),
            at("10-13 08:59:00", 101, 130_000, trading_day=NEXT_DAY),
            at("10-13 09:00:30", 102, 130_001, trading_day=NEXT_DAY),
        ]
    )

    assert found == ["good", "before-session", "good"]
    assert [(b.open_price, b.volume, b.complete) for b in bars[1:]] == [(102, 1, False)]


def test_data_that_went_on_from_the_day_before_misses_nothing_of_the_first_session() -> None:
    """The first tick of the night is of 21:59, and all it tells of was traded in this night."""
    found, bars = classes(
        [
            at("10-10 14:59:59", 100, 900),
            at("10-10 21:59:00", 101, 40, trading_day=NEXT_DAY),
        ]
    )

    assert found == ["good", "good"]
    assert [(b.volume, b.complete) for b in bars[1:]] == [(40, False)]


def test_a_tape_that_begins_over_lunch_counts_from_there() -> None:
    """What is told between the sessions was traded before; the afternoon's first tick adds 3."""
    found, bars = classes([at("10-10 12:00:00", 100, 500), at("10-10 13:30:01", 101, 503)])

    assert found == ["between-sessions", "good"]
    assert [(b.volume, b.complete) for b in bars] == [(3, False)]


def test_the_turnover_is_of_the_tick_that_told_the_count() -> None:
    """One out of order tells of four lots more than the latest: their value counts with them."""
    ticks = [
        at("10-09 21:00:10", 100, 5, turnover=500.0),
        at("10-09 21:00:20", 100, 6, turnover=600.0),
        at("10-09 21:00:19", 100, 10, turnover=1_000.0),
    ]
    (bar,) = classes(ticks)[1]

    assert (bar.volume, bar.turnover) == (10, 1_000.0)


def test_a_session_may_end_within_a_minute() -> None:
    """From its end on ticks are of the boundary, though the minute is not over."""
    half = 30_000_000_000
    maker = MinuteBars(SYMBOL, lambda *_: (Session(0, 21 * half, DAY),))
    for ts_ns in (1, 20 * half, 21 * half):
        maker.add(tick(SYMBOL, 100, ts_ns=ts_ns, volume=1 + ts_ns, trading_day=DAY))

    assert maker.counts() == {"good": 2, "boundary": 1}


def test_one_wrong_trading_day_does_not_end_the_day_in_hand() -> None:
    """A tick of the morning that says it is Monday's is before Monday's night: stale."""
    found, (bar,) = classes(
        [FIRST, at("10-10 09:05:10", 1, 1, trading_day=NEXT_DAY), at("10-10 09:05:20", 101, 52)]
    )

    assert found == ["good", "stale", "good"]
    assert (bar.low_price, bar.volume) == (100, 2)


def test_a_day_outside_the_calendar_is_an_error_and_does_not_end_the_day_in_hand() -> None:
    """The market's own words reach who listens to faults; the next good tick is good."""
    maker = MinuteBars(SYMBOL, sessions)
    maker.add(FIRST)
    with pytest.raises(MarketError, match="outside the table"):
        maker.add(at("10-10 09:05:10", 1, 1, trading_day=20991231))
    maker.add(at("10-10 09:05:20", 101, 52))

    assert maker.counts() == {"good": 2, "no-session": 1}


def test_sessions_that_follow_each_other_have_their_own_first_seconds() -> None:
    """Where one ends as the next begins, nothing is folded back."""
    minute = 60_000_000_000
    back_to_back = (Session(0, 10 * minute, DAY), Session(10 * minute, 20 * minute, DAY))
    maker = MinuteBars(SYMBOL, lambda *_: back_to_back)
    maker.add(tick(SYMBOL, 100, ts_ns=minute, volume=1, trading_day=DAY))
    maker.add(tick(SYMBOL, 100, ts_ns=10 * minute + 1, volume=2, trading_day=DAY))
    bar = maker.close()

    assert bar is not None
    assert bar.start_ns == 10 * minute
    assert maker.counts() == {"good": 2}


_TWO_DAYS = [session for day in (DAY, NEXT_DAY) for session in sessions(SYMBOL, day)]
_STEPS = st.lists(
    st.tuples(
        st.integers(0, len(_TWO_DAYS) - 1),  # session
        st.integers(0, 7_199),  # half a second of its first hour
        st.integers(0, 5),  # lots
        st.integers(95, 105),  # price
    ),
    min_size=1,
    max_size=60,
    unique_by=lambda step: step[:2],
)


def good_ticks(steps: Sequence[tuple[int, int, int, int]]) -> list[TickData]:
    """Return ticks in order, each day's count beginning at 1,000 as if it were under way."""
    counts = {DAY: 1_000, NEXT_DAY: 0}
    found = []
    for place, half, lots, price in sorted(steps):
        session = _TWO_DAYS[place]
        day = session.trading_day
        counts[day] += lots
        stamp = session.start_ns + half * 500_000_000 + 1
        found.append(tick(SYMBOL, price, ts_ns=stamp, volume=counts[day], trading_day=day))
    return found


@given(_STEPS, st.randoms(use_true_random=False))
def test_faults_between_good_ticks_and_the_clock_s_closing_change_no_sum(
    steps: Sequence[tuple[int, int, int, int]], chance: Any
) -> None:
    """Each day's bars sum up to last less first, none overlaps, and each tick is counted once."""
    good, maker = good_ticks(steps), MinuteBars(SYMBOL, sessions)
    made, added = [], 0
    faults = ("missing-price", "past-day", "between-sessions", "after-close", "no-session")
    for each, after in zip(good, [*good[1:], None], strict=True):
        made.append(maker.add(each))
        for name in chance.sample(faults, chance.randint(0, 2)):
            if name != "between-sessions" or each.trading_day == DAY:
                made.append(maker.add(_CASES[name]))
                added += 1
        made.append(maker.add(each))  # said twice
        is_over = after is None or maker.is_over(after.ts_ns)
        if is_over and chance.random() < 0.5:  # the clock may be there first
            made.append(maker.close())
    bars = [bar for bar in [*made, maker.close()] if bar is not None]
    sums = {day: sum(b.volume for b in bars if b.trading_day == day) for day in (DAY, NEXT_DAY)}

    assert sums == {day: _told(good, day) for day in (DAY, NEXT_DAY)}
    assert all(before.ts_ns <= after.start_ns for before, after in pairwise(bars))
    assert sum(maker.counts().values()) == 2 * len(good) + added


def _told(ticks: Sequence[TickData], day: int) -> int:
    """Return what the ticks of a day tell of its volume: from 0 where the day's opening is held."""
    of_day = [each for each in ticks if each.trading_day == day]
    if not of_day:
        return 0
    first = sessions(SYMBOL, day)[0]
    has_before = len(of_day) < len(ticks) and day == NEXT_DAY
    until = first.end_ns if has_before else first.start_ns + 60_000_000_000
    if of_day[0].ts_ns < until:
        return of_day[-1].volume
    return of_day[-1].volume - of_day[0].volume
