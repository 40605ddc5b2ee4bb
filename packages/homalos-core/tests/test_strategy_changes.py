"""A strategy changed while it runs: its parameters, its code, its place, its coming back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homalos.config import RestartSettings, StrategySettings
from homalos.engine.engine import Engine
from homalos.errors import (
    ConfigError,
    EngineStateError,
    HomalosError,
    MissingPluginError,
    PluginLoadError,
)
from homalos.model import Alert, Command, StrategyChanged, StrategyState
from homalos.strategy import Strategy
from homalos.testing import SYMBOL, FakeGateway, at, engine, tick

RUNNING, FAILED, DRAINING = StrategyState.RUNNING, StrategyState.FAILED, StrategyState.DRAINING

CODE = """
from attrs import define, frozen
from homalos.strategy import Strategy, param


class Counter(Strategy):
    @frozen
    class Params:
        step: int = param(1, ge=1, le=10)
        fails: bool = False

    @define
    class Variables:
        count: int = 0
        entry: float | None = None

    version = 1

    def on_init(self):
        self.heard = ["init"]

    def on_start(self):
        self.heard.append(f"start {self.variables.count}")

    def on_params(self, previous):
        self.heard.append(f"step {previous.step} -> {self.params.step}")

    def on_stop(self):
        self.heard.append("stop")

    def on_tick(self, tick):
        self.variables.count += self.params.step
        if self.params.fails:
            raise ValueError("as told")
"""


class House:
    """A running engine with one counting strategy out of a file."""

    def __init__(self, folder: Path, code: str = CODE, **settings: Any) -> None:
        self.file = folder / "counter.py"
        self.file.write_text(code, encoding="utf-8")
        self.venue = FakeGateway()
        wanted = StrategySettings(
            strategy=str(self.file), symbols=(SYMBOL,), name="one", **settings
        )
        self.engine: Engine = engine(gateway=self.venue, strategies=(wanted,))
        self.alerts: list[Alert] = []
        self.changes: list[tuple[str, str]] = []
        self.engine.subscribe(Alert, self.alerts.append)
        self.engine.subscribe(StrategyChanged, self._note)
        self.engine.start()
        self.step(0)

    def _note(self, change: StrategyChanged) -> None:
        self.changes.append((str(change.state), change.reason))

    @property
    def strategy(self) -> Any:
        """Return the object that runs now."""
        return self.engine.parts.strategies.strategy("one")

    @property
    def state(self) -> StrategyState:
        """Return the strategy's state."""
        return self.engine.parts.strategies.states()["one"]

    def step(self, seconds: float) -> None:
        """Give a tick at this second."""
        self.engine.step(tick(ts_ns=at(seconds)))

    def do(self, name: str, **arguments: Any) -> Any:
        """Carry out a command about the strategy, as another thread would have it done."""
        done = self.engine.submit(Command(f"strategy.{name}", {"strategy": "one", **arguments}))
        self.engine.parts.loop.serve()
        return done.result(0)

    def rewrite(self, old: str, new: str) -> None:
        """Change the code."""
        assert old in CODE
        self.file.write_text(CODE.replace(old, new), encoding="utf-8")


# -- parameters ----------------------------------------------------------------


def test_changed_parameters_hold_from_the_next_event_and_are_announced(tmp_path: Path) -> None:
    """Nothing else of the strategy changes."""
    house = House(tmp_path)
    house.do("set", params={"step": 5})
    house.step(1)

    assert house.strategy.heard == ["init", "start 0", "step 1 -> 5"]
    assert house.strategy.variables.count == 6
    assert house.do("show")["params"] == {"step": 5, "fails": False}


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"step": 11}, "step must be at most 10, not 11 @ $.strategies.one.params.step"),
        ({"step": "2"}, "expected int, found '2' @ $.strategies.one.params.step"),
        (
            {"stepp": 2},
            "unknown key 'stepp' @ $.strategies.one.params; did you mean 'step'?",
        ),
    ],
)
def test_wrong_parameters_change_nothing(
    params: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    """The asker is told every problem; the strategy goes on with what it had."""
    house = House(tmp_path)
    with pytest.raises(ConfigError) as refused:
        house.do("set", params=params)
    house.step(1)

    assert refused.value.problems == (problem,)
    assert (house.strategy.params.step, house.strategy.variables.count) == (1, 2)


def test_a_parameter_that_was_changed_before_stays_changed(tmp_path: Path) -> None:
    """A second change is laid over the first, not over what the settings said."""
    house = House(tmp_path, params={"step": 2})
    house.do("set", params={"step": 3})
    house.do("set", params={"fails": True})

    assert (house.strategy.params.step, house.strategy.params.fails) == (3, True)


# -- code ----------------------------------------------------------------------


def test_changed_code_takes_over_with_the_variables(tmp_path: Path) -> None:
    """The old version is stopped, the new one prepared before that and started behind it."""
    house = House(tmp_path)
    house.step(1)
    old = house.strategy
    house.rewrite("version = 1", "version = 2")
    house.do("reload")
    house.step(2)

    assert old.heard == ["init", "start 0", "stop"]
    assert (house.strategy.version, house.strategy.heard) == (2, ["init", "start 2"])
    assert house.strategy.variables.count == 3
    assert house.state is RUNNING


def test_working_orders_are_cancelled_before_the_new_code_starts(tmp_path: Path) -> None:
    """A fill that comes on the way is counted, and the new version finds the position."""
    house = House(tmp_path)
    house.strategy.buy(100, 3)
    house.venue.accept()
    house.rewrite("version = 1", "version = 2")
    house.do("reload")
    assert (house.state, len(house.venue.cancels)) == (DRAINING, 1)
    house.venue.fill(volume=1)
    house.step(1)
    assert house.strategy.version == 1
    house.venue.cancel()

    assert (house.state, house.strategy.version, house.strategy.pos) == (RUNNING, 2, 1)


def test_a_venue_that_does_not_answer_does_not_keep_the_new_code(tmp_path: Path) -> None:
    """After ten seconds it starts; the order that still works is told."""
    house = House(tmp_path)
    order = house.strategy.buy(100, 1)
    house.do("reload")
    house.step(9)
    assert house.state is DRAINING
    house.step(11)

    assert house.state is RUNNING
    assert house.alerts[-1].message == (
        f"orders still work after 10 s and are left to the venue: {order.order_id}"
    )


@pytest.mark.parametrize(
    ("old", "new", "kind", "reason"),
    [
        ("version = 1", "version = ", PluginLoadError, "SyntaxError"),
        ("class Counter", "class Other", PluginLoadError, "has no strategy class 'Counter'"),
        ("step: int = param(1, ge=1, le=10)", "lots: int = 1", ConfigError, "unknown key 'step'"),
        ('self.heard = ["init"]', "1 / 0", HomalosError, "cannot be prepared, the old one stays"),
    ],
)
def test_code_that_cannot_be_used_leaves_the_old_version_running(
    old: str, new: str, kind: type[Exception], reason: str, tmp_path: Path
) -> None:
    """Whatever is wrong with it, the asker is told and nothing has happened."""
    house = House(tmp_path, params={"step": 1})
    house.rewrite(old, new)
    with pytest.raises(kind, match=reason):
        house.do("reload")
    house.step(1)

    assert (house.state, house.strategy.heard) == (RUNNING, ["init", "start 0"])
    assert house.strategy.variables.count == 2


def test_variables_that_do_not_fit_the_new_code_are_told(tmp_path: Path) -> None:
    """What fits is carried over; a new field has its default."""
    house = House(tmp_path)
    house.strategy.variables.entry = 99.5
    house.rewrite("entry: float | None = None", "more: int = 7")
    house.do("reload")

    assert (house.strategy.variables.count, house.strategy.variables.more) == (1, 7)
    assert house.alerts[-1].message == (
        "variables not carried over: entry = 99.5 is no variable any more"
    )


def test_a_strategy_of_a_class_at_hand_has_no_file_to_read_anew() -> None:
    """Made in a script or a shell: there is nothing that could have changed."""
    house = engine()
    house.add_strategy(Strategy, symbol=SYMBOL, name="one")
    house.start()
    done = house.submit(Command("strategy.reload", {"strategy": "one"}))
    house.parts.loop.serve()

    with pytest.raises(PluginLoadError, match="the code of Strategy is in no file"):
        done.result(0)


# -- place ---------------------------------------------------------------------


def test_an_unloaded_strategy_is_gone_and_its_name_is_free(tmp_path: Path) -> None:
    """It was stopped, and hears nothing more."""
    house = House(tmp_path)
    old = house.strategy
    house.do("unload")
    house.step(1)

    assert old.heard == ["init", "start 0", "stop"]
    assert house.engine.parts.strategies.names() == ()
    assert house.changes[-1] == ("stopped", "unloaded")
    with pytest.raises(MissingPluginError, match="no strategy is named 'one'; there are none"):
        house.do("show")


def test_the_next_strategy_of_a_name_finds_the_position(tmp_path: Path) -> None:
    """What was bought is not forgotten because nobody runs."""
    house = House(tmp_path)
    house.strategy.buy(100, 2)
    house.venue.fill()
    house.do("unload")
    added = house.engine.add_strategy(str(house.file), symbol=SYMBOL, name="one")

    assert added.pos == 2


def test_a_strategy_on_its_way_out_takes_no_second_wish(tmp_path: Path) -> None:
    """Its orders are being cancelled; whatever else is wanted must wait."""
    house = House(tmp_path)
    house.strategy.buy(100, 1)
    house.do("unload")
    for wish in ("unload", "reload", "start"):
        with pytest.raises(EngineStateError, match="strategy 'one' is on its way out"):
            house.do(wish)


def test_a_running_engine_takes_a_strategy_in(tmp_path: Path) -> None:
    """By the words of the settings; it starts at once."""
    house = House(tmp_path)
    wish = {"strategy": str(house.file), "symbol": SYMBOL, "name": "two"}
    done = house.engine.submit(Command("strategy.add", wish))
    house.engine.parts.loop.serve()

    assert done.result(0) == "two"
    assert house.engine.parts.strategies.states()["two"] is RUNNING


# -- coming back ---------------------------------------------------------------


def test_a_failed_strategy_comes_back_as_often_as_the_policy_says(tmp_path: Path) -> None:
    """Each time it waits twice as long; the variables are what they were."""
    restart = RestartSettings(times=2, wait_s=10)
    house = House(tmp_path, restart=restart, params={"fails": True})
    assert house.state is FAILED
    assert house.alerts[-1].message.endswith("; starts again in 10 s (1 of 2 today)")
    house.step(9)
    assert house.state is FAILED
    house.step(11)  # it starts at 10, and fails on this tick
    assert house.strategy.heard == ["init", "start 1"]
    assert house.alerts[-1].message.endswith("; starts again in 20 s (2 of 2 today)")
    house.step(30)
    assert house.state is FAILED
    house.step(32)
    assert house.alerts[-1].message.endswith("; it stays so: 2 restarts today were all there are")
    house.step(1_000)
    assert (house.state, house.strategy.variables.count) == (FAILED, 3)


def test_without_a_policy_a_failed_strategy_stays_as_it_is(tmp_path: Path) -> None:
    """Never is the default."""
    house = House(tmp_path, params={"fails": True})
    house.step(10_000)

    assert house.state is FAILED
    assert len(house.engine.parts.clock.agenda) == 0


def test_a_new_trading_day_gives_its_restarts_back(tmp_path: Path) -> None:
    """The policy counts by trading day."""
    restart = RestartSettings(times=1, wait_s=1)
    house = House(tmp_path, restart=restart, params={"fails": True})
    house.step(2)
    house.step(86_400)
    house.do("start")
    house.step(86_401)

    assert house.alerts[-1].message.endswith("; starts again in 1 s (1 of 1 today)")


def test_stopping_a_failed_strategy_calls_its_restart_off(tmp_path: Path) -> None:
    """The person who watches has the last word."""
    house = House(tmp_path, restart=RestartSettings(times=3, wait_s=10), params={"fails": True})
    house.do("stop")
    house.step(100)

    assert house.state is FAILED


def test_a_failure_names_the_event_and_the_line(tmp_path: Path) -> None:
    """What a person needs to see what went wrong."""
    house = House(tmp_path, params={"fails": True})

    line = CODE.splitlines().index('            raise ValueError("as told")') + 1
    (alert,) = house.alerts
    assert alert.source == "strategy.one"
    assert alert.message.startswith(
        f"stopped by its own ValueError: as told (on_tick, line {line}) on TickData("
    )
