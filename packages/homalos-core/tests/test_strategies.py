"""Strategies while they run: the order of their callbacks, their fall, their position."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from homalos.config import AccountSettings, StrategySettings
from homalos.engine.engine import Engine
from homalos.errors import DuplicateNameError, EngineStateError, MissingPluginError
from homalos.model import (
    Alert,
    BarData,
    Command,
    Direction,
    Offset,
    OrderData,
    SessionChanged,
    SessionState,
    StrategyChanged,
    StrategyState,
    TickData,
    TradeData,
)
from homalos.plugins import StrategySpec
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
    """Writes down every callback, and raises where it is told to."""

    @frozen
    class Params:
        """What to raise on.

        Attributes:
            fails_on: A callback's name; "" for none.
        """

        fails_on: str = ""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.diary: list[str] = []

    def note(self, what: str, detail: object = "") -> None:
        """Write it down; raise if this is the one to raise on."""
        self.diary.append(f"{what} {detail}".strip())
        if self.params.fails_on == what:
            msg = f"{what} was to fail"
            raise ValueError(msg)

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


def states(running: Engine) -> dict[str, StrategyState]:
    """Return the state of every strategy."""
    return running.parts.strategies.states()


def test_a_strategy_is_prepared_started_fed_and_stopped_in_this_order() -> None:
    """Nothing is heard before the start and nothing after the stop."""
    running = engine()
    added = diary(running)
    before = list(added.diary)
    with running:
        running.step(tick(price=101.0))
    running.parts.loop.step(tick(price=102.0, ts_ns=at(1)))

    assert before == []
    # Each bar that is under way at the end comes out before the strategy is stopped.
    assert added.diary == ["init", "start", "session open", "tick 101.0", "bar 101.0", "stop"]


def test_strategies_start_in_the_order_of_adding_and_stop_in_reverse() -> None:
    """What was built on what stood already goes first at the end."""
    running = engine()
    told: list[tuple[str, StrategyState]] = []
    running.subscribe(StrategyChanged, lambda e: told.append((e.strategy, e.state)))
    for name in ("one", "two"):
        diary(running, name)
    with running:
        pass

    assert told == [
        ("one", StrategyState.READY),
        ("one", RUNNING),
        ("two", StrategyState.READY),
        ("two", RUNNING),
        ("two", STOPPED),
        ("one", STOPPED),
    ]


def test_a_fill_is_in_the_position_before_anybody_hears_of_it() -> None:
    """The trade first, then the order that it ended."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    added = diary(running)
    with running:
        running.step(tick())
        added.buy(100, 2)
        venue.accept()
        venue.fill()

        assert added.diary[-3:] == ["order nottraded at 0", "trade 2 at 2", "order alltraded at 2"]


@pytest.mark.parametrize("callback", ["tick", "bar", "order", "trade", "timer", "session"])
def test_a_strategy_that_raises_is_stopped_and_the_others_go_on(callback: str) -> None:
    """The failed one hears nothing more; the other hears everything."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    bad, good = diary(running, "bad", fails_on=callback), diary(running, "good")
    alerts: list[Alert] = []
    running.subscribe(Alert, alerts.append)
    with running:
        for each in (bad, good):
            each.timer("beat", 30)
        running.step(tick())
        for each in (bad, good):
            each.buy(100, 1)
            venue.accept()
            venue.fill()
        running.step(tick(ts_ns=at(61)))
        heard = len(bad.diary)
        running.step(tick(ts_ns=at(121), price=107.0))

        assert states(running) == {"bad": FAILED, "good": RUNNING}
        assert bad.diary[-1].startswith(callback)
        assert len(bad.diary) == heard
        assert good.diary[-1] == "tick 107.0"
        assert good.diary.count("timer beat") == 4
    assert [name for name, _ in running.parts.faults] == ["strategy.bad"]
    assert len(alerts) == 1
    assert (alerts[0].level, alerts[0].source) == ("error", "strategy.bad")
    assert f"ValueError: {callback} was to fail" in alerts[0].message
    assert "stop" not in bad.diary
    assert good.diary[-1] == "stop"


@pytest.mark.parametrize("callback", ["init", "start"])
def test_a_strategy_that_raises_at_the_start_does_not_run(callback: str) -> None:
    """The others start all the same."""
    running = engine()
    bad, good = diary(running, "bad", fails_on=callback), diary(running, "good")
    with running:
        running.step(tick())

        assert states(running) == {"bad": FAILED, "good": RUNNING}
        assert bad.diary[-1] == callback
        assert "tick 100.0" in good.diary


def test_a_strategy_that_raises_while_it_stops_has_failed() -> None:
    """The ones before it are stopped all the same."""
    running = engine()
    good = diary(running, "good")
    diary(running, "bad", fails_on="stop")
    with running:
        pass

    assert states(running) == {"good": STOPPED, "bad": FAILED}
    assert good.diary[-1] == "stop"


@pytest.mark.parametrize("cancels", [True, False])
def test_the_orders_of_a_failed_strategy_are_cancelled_if_so_configured(cancels: bool) -> None:  # noqa: FBT001  drawn
    """Only its own; another strategy's orders stand."""
    venue = FakeGateway()
    bad = StrategySettings(
        strategy="diary", symbols=(SYMBOL,), name="bad", params={"fails_on": "tick"},
        cancel_on_failure=cancels,
    )  # fmt: skip
    good = StrategySettings(strategy="diary", symbols=(SYMBOL,), name="good")
    spec = StrategySpec(name="diary", factory=Diary, config=Diary.Params)
    running = engine(spec, gateway=venue, strategies=(bad, good))
    with running:
        for name in ("bad", "good"):
            running.parts.strategies.strategy(name).buy(100, 1)
        running.step(tick())

        assert [cancel.strategy for cancel in venue.cancels] == (["bad"] if cancels else [])


def test_a_failed_strategy_s_orders_still_count_into_its_position() -> None:
    """A cancel may cross a fill; when the strategy goes on, it knows what it holds."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    bad = diary(running, fails_on="tick")
    with running:
        bad.buy(100, 2)
        running.step(tick())
        venue.fill(volume=1)
        venue.cancel()

        assert states(running) == {"diary": FAILED}
        assert (bad.pos, bad.active_orders()) == (1, [])
        assert "trade 1 at 1" not in bad.diary


def test_a_stopped_strategy_goes_on_with_the_position_it_has() -> None:
    """Its order fills while it is stopped; started again it is not prepared a second time."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    added = diary(running)
    with running:
        added.buy(100, 2)
        running.parts.strategies.stop("diary")
        venue.fill()
        running.parts.strategies.start("diary")
        running.step(tick())

        assert added.pos == 2
        assert added.diary == ["init", "start", "stop", "start", "session open", "tick 100.0"]


def test_what_failed_to_prepare_is_prepared_again_when_it_is_started() -> None:
    """It never got ready, so starting it once more begins with `on_init`."""
    running = engine()
    added = diary(running, fails_on="init")
    with running:
        running.parts.strategies.start("diary")

        assert added.diary == ["init", "init"]
        assert states(running) == {"diary": FAILED}


def test_a_running_strategy_cannot_be_started_again() -> None:
    """It would hear everything twice."""
    running = engine()
    diary(running)
    with running, pytest.raises(EngineStateError, match="'diary' runs already"):
        running.parts.strategies.start("diary")


def test_a_strategy_that_is_not_there_is_named_with_those_that_are() -> None:
    """The message helps to find the right name."""
    running = engine()
    diary(running, "one")
    with pytest.raises(MissingPluginError, match="no strategy named 'two'; there are one"):
        running.parts.strategies.start("two")


@pytest.mark.parametrize("name", ["one", "manual"])
def test_a_name_is_given_once_and_never_that_of_a_person(name: str) -> None:
    """Orders and trades are told apart by it."""
    running = engine()
    diary(running, "one")
    with pytest.raises(DuplicateNameError, match=f"'{name}'"):
        diary(running, name)


# -- what it hears ---------------------------------------------------------------


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
            self.moments: list[int] = []
            self.timer("beat", 10)

        def on_timer(self, name: str) -> None:
            """Note the time."""
            self.moments.append(self.now_ns)

    running = engine()
    added = running.add_strategy(Clockwatcher, symbol=SYMBOL)
    assert isinstance(added, Clockwatcher)
    with running:
        running.step(tick())
        running.step(tick(ts_ns=at(25)))

        assert added.moments == [at(10), at(20)]


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


def test_a_strategy_is_started_and_stopped_by_command() -> None:
    """From outside, between two events."""
    running = engine()
    added = diary(running)
    with running:
        stopped = running.submit(Command("strategy.stop", {"strategy": "diary"}))
        running.step(tick(price=101.0))
        started = running.submit(Command("strategy.start", {"strategy": "diary"}))
        wrong = running.submit(Command("strategy.start", {"strategy": "dairy"}))
        running.step(tick(price=102.0, ts_ns=at(1)))
        running.step(tick(price=103.0, ts_ns=at(2)))

        assert [stopped.result(timeout=0), started.result(timeout=0)] == [None, None]
        assert isinstance(wrong.exception(timeout=0), MissingPluginError)
        assert [line for line in added.diary if not line.startswith("session")] == [
            "init",
            "start",
            "tick 101.0",
            "stop",
            "start",
            "tick 103.0",
        ]
