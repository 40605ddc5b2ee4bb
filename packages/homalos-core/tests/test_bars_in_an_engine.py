"""Bars in an engine: closed by the clock, warmed up from history, told by the last price."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from homalos.bus import Bus
from homalos.clock import EngineClock, wall_ns
from homalos.config import BarSettings
from homalos.engine.data import DataManager
from homalos.engine.loop import Loop
from homalos.inbox import Inbox
from homalos.journal import CountingJournal
from homalos.model import BarData, TickData
from homalos.plugins.ports import Session
from homalos.strategy import Strategy
from homalos.testing import OTHER, SYMBOL, FakeClock, FakeFeed, FakeMarket, bar, engine, tick

DAY = 20251010
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ns(text: str) -> int:
    """Return `10-09 21:00:00.5` of 2025 on the clock of Asia/Shanghai, nanoseconds UTC."""
    moment = datetime.fromisoformat(f"2025-{text}+08:00")
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


SESSIONS = (
    Session(ns("10-09 21:00"), ns("10-09 23:00"), DAY),
    Session(ns("10-10 09:00"), ns("10-10 10:15"), DAY),
)


def at(clock: str, price: float, volume: int) -> TickData:
    """Make a tick at `10-10 09:00:00.5`, with the day's volume so far."""
    return tick(SYMBOL, price, ts_ns=ns(clock), volume=volume, trading_day=DAY)


def minute(clock: str, price: float = 100, **fields: Any) -> BarData:
    """Make a one-minute bar of one lot that begins at `10-10 09:00`."""
    return bar(SYMBOL, price, start_ns=ns(clock), volume=1, trading_day=DAY, **fields)


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
    return FakeMarket(sessions=SESSIONS)


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
    data = DataManager(bus, clock, lambda *_: SESSIONS, grace_ns=2_000_000_000)
    data.want_bars(SYMBOL, "1m")
    publish = bus.topic(TickData).publish
    publish(at("10-09 21:00:10", 100, 5))
    clock.advance(ns("10-09 21:01:00.3") - clock.now)
    publish(at("10-09 21:00:59.5", 103, 6))
    before = data.history(SYMBOL, "1m", 1)
    clock.advance(2_000_000_000)

    assert before == []
    assert [(b.close_price, b.volume) for b in data.history(SYMBOL, "1m", 1)] == [(103, 6)]


def test_a_longer_bar_is_closed_by_the_clock_when_its_last_minutes_have_no_tick() -> None:
    """One tick at 21:00:10 and none after it: the other contract's tick shows the time."""
    running = engine(market=market())
    quiet = running.add_strategy(Listener, symbol=SYMBOL, interval="5m")
    assert isinstance(quiet, Listener)
    with running:
        running.step(at("10-09 21:00:10", 100, 5))
        running.step(tick(OTHER, 10.0, ts_ns=ns("10-09 21:04:59.5"), trading_day=DAY))
        before = list(quiet.heard)
        running.step(tick(OTHER, 10.0, ts_ns=ns("10-09 21:05:00.5"), trading_day=DAY))

        assert before == []
        assert [(b.start_ns, b.ts_ns, b.volume, b.complete) for _, b in quiet.heard] == [
            (ns("10-09 21:00"), ns("10-09 21:05"), 5, True)
        ]


def test_a_longer_bar_takes_its_last_minute_before_the_clock_closes_it() -> None:
    """The minute and the five minutes are over at one instant, the minute first."""
    running = engine(market=market())
    five = running.add_strategy(Listener, symbol=SYMBOL, interval="5m")
    assert isinstance(five, Listener)
    with running:
        running.step(at("10-09 21:00:10", 100, 5))
        running.step(at("10-09 21:04:10", 101, 6))
        running.step(tick(OTHER, 10.0, ts_ns=ns("10-09 21:30"), trading_day=DAY))

        assert [(now, b.close_price, b.volume) for now, b in five.heard] == [
            (ns("10-09 21:05"), 101, 6)
        ]


def test_minutes_from_a_tape_are_all_in_their_longer_bar() -> None:
    """A minute is known at its end, which is the longer one's: it comes before the clock does."""
    running = engine(market=market())
    five = running.add_strategy(Listener, symbol=SYMBOL, interval="5m")
    assert isinstance(five, Listener)
    with running:
        for place in (0, 4, 5):
            running.step(minute(f"10-10 09:0{place}"))

        assert [(b.start_ns, b.volume) for _, b in five.heard] == [(ns("10-10 09:00"), 2)]


def test_a_day_is_out_with_its_last_session_s_fold_though_nothing_traded_at_the_end() -> None:
    """The last tick of the day is of 09:30, the session ends at 10:15."""
    running = engine(market=market())
    day = running.add_strategy(Listener, symbol=SYMBOL, interval="d")
    assert isinstance(day, Listener)
    with running:
        running.step(at("10-10 09:30:00", 100, 5))
        running.step(tick(OTHER, 10.0, ts_ns=ns("10-10 10:15:04"), trading_day=DAY))
        before = list(day.heard)
        running.step(tick(OTHER, 10.0, ts_ns=ns("10-10 10:15:06"), trading_day=DAY))

        assert before == []
        assert [b.ts_ns for _, b in day.heard] == [ns("10-10 10:15")]


def test_on_a_live_clock_a_bar_is_closed_by_the_wall_alone() -> None:
    """One tick of two minutes ago, and no other event: the loop's own look at the time ends it."""
    now = wall_ns()
    hours = (Session(now - 3_600_000_000_000, now + 3_600_000_000_000, DAY),)
    clock, bus = EngineClock(), Bus(lambda *_: None)
    loop = Loop(
        bus=bus,
        clock=clock,
        inbox=Inbox(execution=10, market=10),
        journal=CountingJournal(),
        event_time=False,
    )
    data = DataManager(bus, clock, lambda *_: hours, grace_ns=5_000_000_000)
    data.want_bars(SYMBOL, "1m")
    loop.step(tick(SYMBOL, 100, ts_ns=now - 120_000_000_000, volume=5, trading_day=DAY))
    before = data.history(SYMBOL, "1m", 1)
    loop.catch_up()

    assert before == []
    assert [b.close_price for b in data.history(SYMBOL, "1m", 1)] == [100]


def test_hours_are_counted_as_the_settings_say() -> None:
    """By the session the night's second hour is followed by the day's first."""
    running = engine(market=market(), bars=BarSettings(convention="session"))
    hour = running.add_strategy(Listener, symbol=SYMBOL, interval="40m")
    assert isinstance(hour, Listener)
    with running:
        for clock in ("10-09 21:39:10", "10-09 21:40:10", "10-10 09:40:10"):
            running.step(at(clock, 100, 5))
        running.step(tick(OTHER, 10.0, ts_ns=ns("10-10 10:16"), trading_day=DAY))

        assert [(b.start_ns, b.ts_ns) for _, b in hour.heard] == [
            (ns("10-09 21:00"), ns("10-09 21:40")),
            (ns("10-09 21:40"), ns("10-09 22:20")),
            (ns("10-10 09:40"), ns("10-10 10:15")),
        ]


def test_the_classes_of_the_ticks_are_counted_by_symbol() -> None:
    """Of each contract that bars are made of; what is only watched is not looked at."""
    running = engine(market=market())
    running.add_strategy(Listener, symbol=SYMBOL)
    with running:
        running.step(at("10-09 19:30:00", 100, 0))
        running.step(at("10-09 21:00:10", 100, 5))
        running.step(at("10-09 21:00:10", 100, 5))
        running.step(tick(OTHER, 10.0, ts_ns=ns("10-09 21:00:10"), trading_day=DAY))

        assert running.parts.data.counts() == {SYMBOL: {"good": 1, "stale": 1, "duplicate": 1}}
        assert running.parts.data.outside() == 1
