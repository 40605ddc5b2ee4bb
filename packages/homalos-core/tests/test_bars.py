"""Minute bars from ticks and longer bars from shorter ones, worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import nan
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.bus import Bus
from homalos.engine.bars import BarMerger, MinuteBars, interval_ns
from homalos.engine.data import DataManager
from homalos.errors import MarketError
from homalos.model import BarData, TickData
from homalos.plugins.ports import Session
from homalos.strategy import Strategy
from homalos.testing import OTHER, SYMBOL, FakeClock, FakeFeed, FakeMarket, bar, engine, tick

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


SESSIONS = {
    day: tuple(Session(ns(start), ns(end), day) for start, end in hours)
    for day, hours in _HOURS.items()
}


def sessions(_symbol: str, trading_day: int) -> tuple[Session, ...]:
    """Return the sessions of a trading day of the table above."""
    if trading_day not in SESSIONS:
        msg = f"{trading_day} is outside the table"
        raise MarketError(msg)
    return SESSIONS[trading_day]


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


def test_a_tick_long_after_a_session_s_end_makes_no_bar() -> None:
    """A push of settlement figures at 15:27 is counted, and trades of it are nobody's."""
    made, maker = minutes([at("10-10 14:59:00", 100, 10), at("10-10 15:27:29.7", 100, 10)])

    assert [b.start_ns for b in made] == [ns("10-10 14:59")]
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


# -- longer bars -----------------------------------------------------------------


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


# -- in an engine ----------------------------------------------------------------


class Listener(Strategy):
    """Keeps every bar it hears, with the engine's time."""

    def on_init(self) -> None:
        """Begin with what is known already."""
        self.known = self.history(100)
        self.heard: list[tuple[int, BarData]] = []

    def on_bar(self, bar: BarData) -> None:
        """Keep it."""
        self.heard.append((self.now_ns, bar))


def market() -> FakeMarket:
    """Make a market with the sessions of the table above."""
    return FakeMarket(sessions=[each for day in SESSIONS.values() for each in day])


def test_a_bar_is_closed_by_the_clock_when_no_tick_comes() -> None:
    """The other contract's tick moves the clock; the quiet one's bar comes out before it."""
    running = engine(market=market())
    quiet = running.add_strategy(Listener, symbol=SYMBOL)
    assert isinstance(quiet, Listener)
    with running:
        running.step(at("10-09 21:00:10", 100, 5))
        running.step(tick(OTHER, 10.0, ts_ns=ns("10-09 21:00:59.5"), trading_day=DAY))
        before = list(quiet.heard)
        running.step(tick(OTHER, 10.0, ts_ns=ns("10-09 21:01:30"), trading_day=DAY))

        assert before == []
        assert [(now, b.start_ns, b.complete) for now, b in quiet.heard] == [
            (ns("10-09 21:01"), ns("10-09 21:00"), True)
        ]


def test_a_session_s_last_bar_waits_for_the_ticks_that_fold_into_it() -> None:
    """At 10:15:04 it is still open, at 10:15:05 it is not; longer bars follow at once."""
    running = engine(market=market())
    quarter = running.add_strategy(Listener, symbol=SYMBOL, interval="15m")
    assert isinstance(quarter, Listener)
    with running:
        running.step(at("10-10 10:14:10", 100, 5))
        running.step(tick(OTHER, 10.0, ts_ns=ns("10-10 10:15:04"), trading_day=DAY))
        before = list(quarter.heard)
        running.step(tick(OTHER, 10.0, ts_ns=ns("10-10 10:15:06"), trading_day=DAY))

        assert before == []
        assert [(now, b.ts_ns) for now, b in quarter.heard] == [
            (ns("10-10 10:15:05"), ns("10-10 10:15"))
        ]


def test_the_bars_under_way_come_out_incomplete_when_the_data_ends() -> None:
    """Stopping closes the minute and then the longer bars that are made of it."""
    running = engine(market=market())
    short = running.add_strategy(Listener, symbol=SYMBOL)
    long = running.add_strategy(Listener, name="long", symbol=SYMBOL, interval="5m")
    assert isinstance(short, Listener)
    assert isinstance(long, Listener)
    with running:
        running.step(at("10-09 21:00:10", 100, 5))

    assert [(b.interval, b.volume, b.complete) for _, b in short.heard] == [("1m", 5, False)]
    assert [(b.interval, b.volume, b.complete) for _, b in long.heard] == [("5m", 5, False)]


def test_history_of_minutes_fills_the_longer_bars_too() -> None:
    """A strategy on 5m bars warms up from a feed that knows only minutes."""
    past = [minute(f"10-10 09:0{place}", 100 + place) for place in range(7)]
    running = engine(market=market(), feed=FakeFeed([], history=past))
    five = running.add_strategy(Listener, symbol=SYMBOL, interval="5m")
    assert isinstance(five, Listener)
    running.run()

    assert [(b.start_ns, b.close_price) for b in five.known] == [(ns("10-10 09:00"), 104)]
    assert [(b.start_ns, b.volume) for _, b in five.heard] == [(ns("10-10 09:05"), 2)]


def test_a_strategy_added_late_finds_the_longer_bars_of_the_minutes_so_far() -> None:
    """What is kept of the minutes is enough to begin with."""
    running = engine(market=market())
    running.add_strategy(Listener, symbol=SYMBOL)
    with running:
        for place in range(5):
            running.step(at(f"10-09 21:0{place}:01", 100 + place, place))
        running.step(at("10-09 21:05:00", 110, 9))
        late = running.add_strategy(Listener, name="late", symbol=SYMBOL, interval="5m")
        assert isinstance(late, Listener)

        assert [(b.start_ns, b.close_price) for b in late.known] == [(ns("10-09 21:00"), 104)]


def test_the_last_price_is_known_on_a_tape_of_longer_bars_alone() -> None:
    """Five-minute bars come and no minutes: their close is the last price."""
    running = engine(market=market())
    running.add_strategy(Listener, symbol=SYMBOL, interval="5m")
    with running:
        running.step(minute("10-10 09:00", 123, interval="5m"))

        assert running.parts.data.last_price(SYMBOL) == 123
        assert running.parts.data.bars()[SYMBOL].close_price == 123


def test_on_a_wall_clock_a_bar_waits_for_the_ticks_still_on_their_way() -> None:
    """A tick stamped 21:00:59.5 that arrives at 21:01:00.3 is in the bar that it belongs to."""
    clock = FakeClock(ns("10-09 21:00:10"))
    bus = Bus(lambda *_: None)
    data = DataManager(bus, clock, sessions, grace_ns=2_000_000_000)
    data.want_bars(SYMBOL, "1m")
    publish = bus.topic(TickData).publish
    publish(at("10-09 21:00:10", 100, 5))
    clock.advance(ns("10-09 21:01:00.3") - clock.now)
    publish(at("10-09 21:00:59.5", 103, 6))
    before = data.history(SYMBOL, "1m", 1)
    clock.advance(2_000_000_000)

    assert before == []
    assert [(b.close_price, b.volume) for b in data.history(SYMBOL, "1m", 1)] == [(103, 6)]
