"""The life of a strategy: its callbacks in order, its fall that is its own, its coming back."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from homalos.config import StrategySettings
from homalos.engine.engine import Engine
from homalos.errors import DuplicateNameError, EngineStateError, MissingPluginError
from homalos.model import (
    Alert,
    BarData,
    Command,
    OrderData,
    SessionChanged,
    StrategyChanged,
    StrategyState,
    TickData,
    TradeData,
)
from homalos.plugins import StrategySpec
from homalos.strategy import Strategy
from homalos.testing import (
    SYMBOL,
    FakeGateway,
    at,
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
    with pytest.raises(MissingPluginError, match="no strategy is named 'two'; there are: one"):
        running.parts.strategies.start("two")


@pytest.mark.parametrize("name", ["one", "manual"])
def test_a_name_is_given_once_and_never_that_of_a_person(name: str) -> None:
    """Orders and trades are told apart by it."""
    running = engine()
    diary(running, "one")
    with pytest.raises(DuplicateNameError, match=f"'{name}'"):
        diary(running, name)


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
