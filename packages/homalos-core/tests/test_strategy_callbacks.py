"""What a strategy hears, looks at and says while it runs."""

from __future__ import annotations

from typing import Any

from homalos.config import AccountSettings
from homalos.engine.engine import Engine
from homalos.model import (
    Alert,
    BarData,
    Direction,
    Offset,
    OrderData,
    SessionChanged,
    SessionState,
    StrategyState,
    TickData,
    TradeData,
)
from homalos.plugins.ports import Session
from homalos.strategy import Strategy
from homalos.testing import (
    DAY,
    OTHER,
    SYMBOL,
    FakeFeed,
    FakeGateway,
    FakeMarket,
    at,
    bar,
    engine,
    tick,
)

RUNNING, STOPPED, FAILED = StrategyState.RUNNING, StrategyState.STOPPED, StrategyState.FAILED


class Diary(Strategy):
    """Writes down every callback."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.diary: list[str] = []

    def note(self, what: str, detail: object = "") -> None:
        """Write it down."""
        self.diary.append(f"{what} {detail}".strip())

    def on_init(self) -> None:
        """Write it down."""
        self.note("init")

    def on_start(self) -> None:
        """Write it down."""
        self.note("start")

    def on_stop(self) -> None:
        """Write it down."""
        self.note("stop")

    def on_tick(self, tick: TickData) -> None:
        """Write it down."""
        self.note("tick", tick.last_price)

    def on_bar(self, bar: BarData) -> None:
        """Write it down."""
        self.note("bar", bar.close_price)

    def on_order(self, order: OrderData) -> None:
        """Write it down."""
        self.note("order", f"{order.status} at {self.pos}")

    def on_trade(self, trade: TradeData) -> None:
        """Write it down, with the position after it."""
        self.note("trade", f"{trade.volume} at {self.pos}")

    def on_timer(self, name: str) -> None:
        """Write it down."""
        self.note("timer", name)

    def on_session(self, event: SessionChanged) -> None:
        """Write it down."""
        self.note("session", event.state)


def diary(running: Engine, name: str = "diary", **named: Any) -> Diary:
    """Add a diary to an engine."""
    named.setdefault("symbol", SYMBOL)
    added = running.add_strategy(Diary, name=name, **named)
    assert isinstance(added, Diary)
    return added


def test_only_bars_of_its_own_length_and_symbols_reach_a_strategy() -> None:
    """5m of one symbol: no minutes, nothing of the other symbol."""
    running = engine()
    added = diary(running, interval="5m")
    with running:
        running.step(bar(SYMBOL, 101.0, interval="1m"))
        running.step(bar(OTHER, 102.0, interval="5m"))
        running.step(bar(SYMBOL, 103.0, interval="5m"))

        assert [line for line in added.diary if line.startswith("bar")] == ["bar 103.0"]


def test_a_strategy_on_two_symbols_hears_both() -> None:
    """In the order in which they come."""
    running = engine()
    added = diary(running, symbol=None, symbols=(SYMBOL, OTHER))
    with running:
        running.step(tick(SYMBOL, 100.0))
        running.step(tick(OTHER, 10.0))

        assert [line for line in added.diary if line.startswith("tick")] == [
            "tick 100.0",
            "tick 10.0",
        ]


def test_a_strategy_hears_only_of_its_own_orders() -> None:
    """Two of them trade the same symbol; each has its own position."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    one, two = diary(running, "one"), diary(running, "two")
    with running:
        running.step(tick())
        one.buy(100, 2)
        venue.fill()

        assert (one.pos, two.pos) == (2, 0)
        assert not any(line.startswith(("order", "trade")) for line in two.diary)
        assert running.parts.accounts.holding("main", SYMBOL).long == 2


def test_sessions_are_announced_at_their_edges() -> None:
    """The first day begins inside its session, the others are heard to begin and to end."""
    edges = [Session(at(0), at(100), DAY), Session(at(200), at(300), DAY)]
    running = engine(market=FakeMarket(sessions=edges))
    added = diary(running)
    with running:
        for seconds in (10, 150, 250, 350):
            running.step(tick(OTHER, 10.0, ts_ns=at(seconds), trading_day=DAY))

        assert added.diary[2:] == [
            "session open",
            "session closed",
            "session open",
            "session closed",
        ]


def test_sessions_that_were_over_when_the_data_began_are_not_announced() -> None:
    """A tape that begins in the second session knows nothing of the first."""
    edges = [Session(at(0), at(100), DAY), Session(at(200), at(300), DAY)]
    running = engine(market=FakeMarket(sessions=edges))
    told: list[tuple[SessionState, int]] = []
    added = diary(running)
    running.subscribe(SessionChanged, lambda e: told.append((e.state, e.ts_ns)))
    with running:
        running.step(tick(OTHER, 10.0, ts_ns=at(150), trading_day=DAY))
        running.step(tick(OTHER, 10.0, ts_ns=at(250), trading_day=DAY))

        assert told == [(SessionState.OPEN, at(200))]
        assert added.diary[2:] == ["session open"]


def test_a_timer_fires_at_its_times_before_the_event_that_shows_them_past() -> None:
    """Every 10 s from the first event on; one that was cancelled is silent."""
    running = engine()
    added = diary(running)
    moments: list[float] = []
    with running:
        running.step(tick(price=1.0))
        beat = added.timer("beat", 10)
        added.timer("other", 1_000)
        running.step(tick(price=2.0, ts_ns=at(25)))
        beat.cancel()
        running.step(tick(price=3.0, ts_ns=at(45)))
        moments.append((running.parts.clock.now - at(0)) / 1e9)

        assert [line for line in added.diary if line.startswith(("timer", "tick"))] == [
            "tick 1.0",
            "timer beat",
            "timer beat",
            "tick 2.0",
            "tick 3.0",
        ]
        assert moments == [45]


def test_a_timer_sees_the_time_it_was_due_at() -> None:
    """Not that of the event behind it."""

    class Clockwatcher(Strategy):
        """Notes when its timer fires."""

        def on_start(self) -> None:
            """Set it; the clock counts from the first event on."""
            self.moments: list[tuple[str, int]] = []
            self.timer("beat", 10)

        def on_timer(self, name: str) -> None:
            """Note the time."""
            self.moments.append((name, self.now_ns))

    running = engine()
    added = running.add_strategy(Clockwatcher, symbol=SYMBOL)
    assert isinstance(added, Clockwatcher)
    with running:
        running.step(tick())
        running.step(tick(ts_ns=at(25)))

        assert added.moments == [("beat", at(10)), ("beat", at(20))]


def test_the_timers_of_a_stopped_strategy_are_silent() -> None:
    """What it set is called off with it."""
    running = engine()
    added = diary(running)
    with running:
        running.step(tick())
        added.timer("beat", 10)
        running.parts.strategies.stop("diary")
        running.step(tick(ts_ns=at(60)))

        assert "timer beat" not in added.diary


# -- what it looks at ------------------------------------------------------------


def test_history_before_the_run_is_there_when_a_strategy_is_prepared() -> None:
    """The last bars, oldest first, of its own length and symbol only."""
    past = [bar(SYMBOL, 90.0 + place, start_ns=at(60 * place - 600)) for place in range(5)]
    other = [bar(OTHER, 10.0, start_ns=at(-300))]

    class Warm(Strategy):
        """Reads its history."""

        def on_init(self) -> None:
            """Keep the last three closes, and all there are."""
            self.last = [each.close_price for each in self.history(3)]
            self.all = len(self.history(100))

        def on_bar(self, bar: BarData) -> None:
            """Want bars."""

    running = engine(feed=FakeFeed([], history=[*past, *other]))
    added = running.add_strategy(Warm, symbol=SYMBOL)
    assert isinstance(added, Warm)
    running.run()

    assert (added.last, added.all) == ([92.0, 93.0, 94.0], 5)


def test_what_a_strategy_looks_at_is_the_present() -> None:
    """Last tick, position, contract and working orders, of its symbols."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    added = diary(running, symbol=None, symbols=(SYMBOL, OTHER))
    with running:
        nothing = added.last_tick(OTHER)
        running.step(tick(SYMBOL, 100.0))
        running.step(tick(OTHER, 10.0))
        added.buy(100, 1)
        added.short(10.0, 2, symbol=OTHER)
        venue.fill()
        last = added.last_tick(OTHER)

        assert nothing is None
        assert last is not None
        assert last.last_price == 10.0
        assert (added.pos, added.position(OTHER)) == (0, -2)
        assert added.instrument(OTHER).multiplier == 300
        assert [order.symbol for order in added.active_orders()] == [SYMBOL]
        assert added.active_orders(OTHER) == []
        assert added.now_ns == at(0)


def test_the_four_words_mean_open_and_close_long_and_short() -> None:
    """The directions and offsets of buy, sell, short and cover."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    added = diary(running)
    with running:
        for word in (added.buy, added.sell, added.short, added.cover):
            word(100, 1)
            venue.fill()

    assert [(request.direction, request.offset) for request in venue.requests] == [
        (Direction.LONG, Offset.OPEN),
        (Direction.SHORT, Offset.CLOSE),
        (Direction.SHORT, Offset.OPEN),
        (Direction.LONG, Offset.CLOSE),
    ]


def test_cancelling_all_asks_for_every_own_order_or_those_in_one_symbol() -> None:
    """Another strategy's orders stand."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    added = diary(running, symbol=None, symbols=(SYMBOL, OTHER))
    other = diary(running, "other")
    with running:
        added.buy(100, 1)
        added.buy(10.0, 1, symbol=OTHER)
        other.buy(100, 1)
        in_one = added.cancel_all(OTHER)
        in_all = added.cancel_all()

    assert (in_one, in_all) == (1, 2)
    assert [cancel.order_id for cancel in venue.cancels] == ["1-2", "1-1"]


def test_what_a_strategy_says_is_told_with_its_name() -> None:
    """On the bus, where whoever watches hears it."""
    running = engine()
    added = diary(running)
    alerts: list[Alert] = []
    running.subscribe(Alert, alerts.append)
    with running:
        running.step(tick())
        added.log("crossed", level="warning")

    assert alerts == [Alert("warning", "strategy.diary", "crossed", at(0))]


def test_two_accounts_keep_two_strategies_apart() -> None:
    """The same symbol, each order in its strategy's account."""
    venue = FakeGateway()
    accounts = {name: AccountSettings(gateway="fake") for name in ("main", "second")}
    running = engine(gateway=venue, accounts=accounts)
    one, two = diary(running, "one"), diary(running, "two", account="second")
    with running:
        running.step(tick())
        one.buy(100, 1)
        two.short(100, 2)
        venue.fill("1-1")
        venue.fill("1-2")
        first, second = (running.parts.accounts.holding(name, SYMBOL) for name in accounts)

        assert (first.long, first.short, second.long, second.short) == (1, 0, 0, 2)
        assert (one.pos, two.pos) == (1, -2)
