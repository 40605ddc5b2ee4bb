"""Minute bars from ticks, worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import nan
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.engine.bars import MinuteBars
from homalos.model import BarData, TickData
from homalos.plugins.ports import Session
from homalos.testing import SYMBOL, tick

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
    hours = _HOURS[trading_day]
    return tuple(Session(ns(start), ns(end), trading_day) for start, end in hours)


def at(clock: str, price: float, volume: int, **fields: Any) -> TickData:
    """Make a tick at `10-10 09:00:00.5`, with the day's volume so far."""
    fields.setdefault("trading_day", DAY)
    return tick(SYMBOL, price, ts_ns=ns(clock), volume=volume, **fields)


def minutes(ticks: Sequence[TickData]) -> tuple[list[BarData], MinuteBars]:
    """Return the bars of ticks, the last one closed, and what made them."""
    maker = MinuteBars(SYMBOL, sessions)
    made = [maker.add(each) for each in ticks]
    made.append(maker.close())
    return [each for each in made if each is not None], maker


def prices(bar: BarData) -> tuple[float, float, float, float]:
    """Return open, high, low and close."""
    return bar.open_price, bar.high_price, bar.low_price, bar.close_price


def test_a_minute_s_bar_has_its_prices_volume_turnover_and_interest() -> None:
    """Four ticks from the opening on: every field as worked by hand."""
    made, _ = minutes(
        [
            at("10-09 21:00:00.5", 101, 4, turnover=4_040.0, open_interest=70),
            at("10-09 21:00:20", 104, 5, turnover=5_080.0, open_interest=71),
            at("10-09 21:00:40", 99, 9, turnover=9_040.0, open_interest=68),
            at("10-09 21:00:59.9", 100, 9, turnover=9_040.0, open_interest=68),
        ]
    )

    start = ns("10-09 21:00")
    assert made == [
        BarData(SYMBOL, "1m", start, start + _MINUTE, DAY, 101, 104, 99, 100, 9, 9_040.0, 68)
    ]


def test_a_tick_on_the_full_minute_belongs_to_the_minute_that_begins() -> None:
    """A bar covers its begin and not its end."""
    made, _ = minutes(
        [
            at("10-09 21:00:00", 100, 1),
            at("10-09 21:00:59.999", 101, 2),
            at("10-09 21:01:00", 102, 5),
        ]
    )

    assert [(b.start_ns, prices(b), b.volume) for b in made] == [
        (ns("10-09 21:00"), (100, 101, 100, 101), 2),
        (ns("10-09 21:01"), (102, 102, 102, 102), 3),
    ]


@pytest.mark.parametrize(
    ("last", "folded"),
    [
        ("10-10 11:29:59.5", "10-10 11:30:00"),
        ("10-10 11:29:59.5", "10-10 11:30:00.5"),
        ("10-10 14:59:59.5", "10-10 15:00:00"),
        ("10-10 14:59:59.5", "10-10 15:00:04.999"),
    ],
)
def test_a_tick_on_a_session_s_end_folds_into_the_last_bar(last: str, folded: str) -> None:
    """Exchanges send the last trades on the stroke or shortly after it."""
    made, maker = minutes([at(last, 100, 10), at(folded, 103, 14)])

    assert [(b.start_ns, b.close_price, b.volume) for b in made] == [(ns(last[:11]), 103, 4)]
    assert maker.outside == 0


@pytest.mark.parametrize("after", ["15:00:05", "15:09:00", "15:27:29.7"])
def test_a_tick_after_the_fold_of_a_session_s_end_makes_no_bar(after: str) -> None:
    """A push of settlement figures is counted, and changes nothing."""
    made, maker = minutes([at("10-10 14:59:00", 100, 10), at(f"10-10 {after}", 101, 10)])

    assert [(b.start_ns, b.close_price) for b in made] == [(ns("10-10 14:59"), 100)]
    assert maker.outside == 1


def test_the_auction_s_trades_join_the_first_bar_of_the_session() -> None:
    """The bar begins at 21:00 and opens at the price of the auction at 20:59."""
    made, _ = minutes([at("10-09 20:59:00", 7169, 419), at("10-09 21:00:00.5", 7171, 500)])

    assert [(b.start_ns, prices(b), b.volume) for b in made] == [
        (ns("10-09 21:00"), (7169, 7171, 7169, 7171), 500)
    ]
    assert made[0].complete


def test_a_tick_of_the_auction_without_trades_makes_no_bar() -> None:
    """Until the auction is over fronts repeat the last price of the day before."""
    made, maker = minutes(
        [
            at("10-09 20:55:30", 7200, 0),
            at("10-09 20:59:00", 7169, 419),
            at("10-09 21:00:00.5", 7171, 500),
        ]
    )

    assert [prices(b) for b in made] == [(7169, 7171, 7169, 7171)]
    assert maker.outside == 1


def test_the_auction_before_the_day_joins_only_with_trades_of_its_own() -> None:
    """At 08:55 the count is still the night's; at 08:59 it has grown."""
    made, maker = minutes(
        [
            at("10-09 22:59:59", 100, 10),
            at("10-10 08:55:00", 100, 10),
            at("10-10 08:59:00", 104, 13),
            at("10-10 09:00:10", 105, 14),
        ]
    )

    assert [(b.start_ns, b.open_price, b.volume) for b in made[1:]] == [(ns("10-10 09:00"), 104, 4)]
    assert maker.outside == 1


def test_a_tape_that_begins_in_the_day_s_auction_cannot_tell_its_trades_from_the_night_s() -> None:
    """At 08:59 the count holds both; what follows is counted from there."""
    made, maker = minutes([at("10-10 08:59:00", 104, 9_000), at("10-10 09:00:10", 105, 9_002)])

    assert [(prices(b), b.volume, b.complete) for b in made] == [((105, 105, 105, 105), 2, False)]
    assert maker.outside == 1


def test_a_stale_snapshot_before_the_day_leaves_no_trace() -> None:
    """CZCE's front sends the evening's picture first; what follows at 10:40 began inside."""
    made, maker = minutes(
        [
            at("10-09 19:29:00", 7185, 0),
            at("10-10 10:40:07", 7100, 5_000),
            at("10-10 10:40:30", 7101, 5_004),
        ]
    )

    assert [(prices(b), b.volume, b.complete) for b in made] == [
        ((7100, 7101, 7100, 7101), 4, False)
    ]
    assert maker.outside == 1


def test_a_tape_that_begins_at_the_open_counts_from_zero() -> None:
    """The first tick's count is all traded in the first minute, which is whole."""
    made, _ = minutes([at("10-09 21:00:00.5", 100, 3_174)])

    assert [(b.volume, b.complete) for b in made] == [(3_174, True)]


def test_a_tape_that_begins_in_mid_session_counts_from_its_first_tick() -> None:
    """What traded before belongs to bars that nobody saw; only the first bar is incomplete."""
    made, _ = minutes(
        [
            at("10-10 09:47:12", 100, 80_000),
            at("10-10 09:47:50", 100, 80_007),
            at("10-10 09:48:00", 100, 80_008),
        ]
    )

    assert [(b.volume, b.complete) for b in made] == [(7, False), (1, True)]


def test_a_tape_that_goes_on_from_the_day_before_misses_nothing_of_the_day() -> None:
    """The first tick of the next day comes late at 21:05, its count is traded all the same."""
    made, _ = minutes(
        [
            at("10-10 14:59:59", 100, 900),
            at("10-10 21:05:30", 101, 40, trading_day=NEXT_DAY),
        ]
    )

    assert [(b.trading_day, b.volume, b.complete) for b in made] == [
        (DAY, 0, False),
        (NEXT_DAY, 40, False),
    ]


def test_a_minute_without_ticks_has_no_bar_and_its_trades_are_in_the_next() -> None:
    """Nothing is made up; the count's growth goes where it is first seen."""
    made, _ = minutes([at("10-09 21:00:01", 100, 1), at("10-09 21:03:10", 105, 6)])

    assert [(b.start_ns, b.open_price, b.volume) for b in made] == [
        (ns("10-09 21:00"), 100, 1),
        (ns("10-09 21:03"), 105, 5),
    ]


def test_a_night_goes_over_midnight_in_one_trading_day() -> None:
    """The last bar of the date and the first of the next follow each other."""
    made, _ = minutes(
        [
            at("10-10 23:59:59.5", 100, 10, trading_day=NEXT_DAY),
            at("10-11 00:00:00", 101, 12, trading_day=NEXT_DAY),
            at("10-11 02:30:00.5", 102, 13, trading_day=NEXT_DAY),
        ]
    )

    assert [(b.start_ns, b.trading_day, b.volume) for b in made] == [
        (ns("10-10 23:59"), NEXT_DAY, 0),
        (ns("10-11 00:00"), NEXT_DAY, 2),
        (ns("10-11 02:29"), NEXT_DAY, 1),
    ]


def test_a_late_tick_that_tells_nothing_new_leaves_the_bar_as_it_is() -> None:
    """Its price was seen a minute ago, by the bar that it belongs to."""
    made, maker = minutes(
        [
            at("10-09 21:00:59", 100, 5),
            at("10-09 21:01:00.5", 110, 8),
            at("10-09 21:00:59.5", 90, 6),
        ]
    )

    assert [prices(b) for b in made] == [(100, 100, 100, 100), (110, 110, 110, 110)]
    assert [b.volume for b in made] == [5, 3]
    assert maker.late == 1


def test_a_late_tick_with_trades_of_its_own_widens_the_bar_under_way() -> None:
    """They are in no bar yet: their lots and their price count, but do not close it."""
    made, _ = minutes(
        [
            at("10-09 21:00:59", 100, 5),
            at("10-09 21:01:00.5", 110, 8),
            at("10-09 21:00:59.5", 90, 10),
        ]
    )

    assert [(prices(b), b.volume) for b in made[1:]] == [((110, 110, 90, 110), 5)]


def test_a_tick_out_of_order_within_its_minute_does_not_close_the_bar() -> None:
    """The close is the price of the latest stamp, whatever came last."""
    made, maker = minutes(
        [
            at("10-09 21:00:10.5", 100, 5, open_interest=50),
            at("10-09 21:00:10.2", 97, 4, open_interest=49),
        ]
    )

    assert [(prices(b), b.volume, b.open_interest) for b in made] == [((100, 100, 97, 100), 5, 50)]
    assert maker.late == 0


def test_a_tick_of_a_bar_that_time_has_closed_counts_into_the_next() -> None:
    """The bar is out already, so the tick's trades are in the next one and nothing is lost."""
    maker = MinuteBars(SYMBOL, sessions)
    maker.add(at("10-09 21:00:10", 100, 5))
    first = maker.close()
    late = maker.add(at("10-09 21:00:59.9", 90, 7))
    maker.add(at("10-09 21:01:30", 101, 8))
    second = maker.close()

    assert first is not None
    assert second is not None
    assert late is None
    assert (prices(second), first.volume, second.volume) == ((101, 101, 101, 101), 5, 3)
    assert maker.late == 1


def test_a_tick_without_a_price_makes_no_bar() -> None:
    """Before its first trade a contract has a book and no last price."""
    made, maker = minutes(
        [at("10-09 21:00:01", nan, 0), at("10-09 21:00:30", 100, 2), at("10-09 21:00:31", nan, 2)]
    )

    assert [(prices(b), b.volume) for b in made] == [((100, 100, 100, 100), 2)]
    assert maker.outside == 2


def test_a_tick_of_a_trading_day_that_is_over_makes_no_bar() -> None:
    """A front repeats yesterday's last picture; its count must not begin the day anew."""
    made, maker = minutes(
        [
            at("10-10 14:59:59", 100, 900),
            at("10-10 21:00:01", 101, 40, trading_day=NEXT_DAY),
            at("10-10 14:59:59.5", 100, 901),
            at("10-10 21:00:02", 101, 41, trading_day=NEXT_DAY),
        ]
    )

    assert [(b.trading_day, b.volume) for b in made] == [(DAY, 0), (NEXT_DAY, 41)]
    assert maker.outside == 1


def test_a_bar_that_the_data_ends_in_is_incomplete() -> None:
    """The caller says so when it closes the bar before its time."""
    maker = MinuteBars(SYMBOL, sessions)
    maker.add(at("10-09 21:00:10", 100, 5))
    over = [maker.is_over(ns("10-09 21:00:59.9")), maker.is_over(ns("10-09 21:01"))]
    made = maker.close(whole=False)

    assert over == [False, True]
    assert made is not None
    assert not made.complete
    assert maker.close() is None


@given(
    st.lists(
        st.tuples(st.integers(0, 299), st.integers(0, 5), st.integers(95, 105)),
        min_size=1,
        max_size=60,
    ),
    st.randoms(use_true_random=False),
)
def test_volume_is_never_negative_and_never_lost_whatever_the_order(
    steps: list[tuple[int, int, int]], chance: Any
) -> None:
    """Ticks of five minutes, shuffled locally, some bars closed by time: the sum is the count."""
    count, ticks = 1, [at("10-09 21:00:00", 100, 1)]
    for second, lots, price in sorted(steps):
        count += lots
        ticks.append(at(f"10-09 21:0{second // 60}:{second % 60:02}", price, count))
    shuffled = [ticks[0], *sorted(ticks[1:], key=lambda t: t.ts_ns + chance.randint(0, _MINUTE))]
    maker = MinuteBars(SYMBOL, sessions)
    made = []
    for each in shuffled:
        made.append(maker.add(each))
        if chance.random() < 0.1:
            made.append(maker.close())
    made += [maker.add(at("10-09 21:06:00", 100, count)), maker.close()]
    bars = [each for each in made if each is not None]

    assert all(b.volume >= 0 for b in bars)
    assert sum(b.volume for b in bars) == count
    starts = [b.start_ns for b in bars]
    assert starts == sorted(set(starts))
