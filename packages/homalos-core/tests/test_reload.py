"""Settings changed while the engine runs: applied, named, or refused; never half."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from attrs import field, frozen, validators

from homalos.config import (
    AccountSettings,
    GatewaySettings,
    LogSettings,
    OrderSettings,
    RestartSettings,
    Settings,
    StrategySettings,
    diff,
)
from homalos.engine.reload import Reloaded
from homalos.errors import ConfigError, HomalosError, MissingPluginError
from homalos.model import Alert, Command, OrderPhase, OrderRequest, Rejection
from homalos.plugins import GatewaySpec, RiskRuleSpec, StrategySpec, hookimpl
from homalos.plugins.ports import Applied, NeedsRestart, Refusal, RiskCheck
from homalos.strategy import Strategy, param
from homalos.testing import SYMBOL, FakeGateway, at, engine, plugin, tick


@frozen
class Limit:
    """The options of the rule."""

    lots: int = field(default=10, validator=validators.ge(1))


def bind(_: object, options: Limit) -> RiskCheck:
    """Refuse more than so many lots."""

    def check(request: OrderRequest) -> Refusal | None:
        if request.volume <= options.lots:
            return None
        return Refusal("too many", request.volume, options.lots)

    return check


class Listener(Strategy):
    """Notes its parameters."""

    @frozen
    class Params:
        """What can be set."""

        bars: int = param(5, ge=1)
        word: str = ""

    def on_init(self) -> None:
        """Begin."""
        self.noted: list[Any] = []

    def on_params(self, previous: Any) -> None:
        """Note the change."""
        self.noted.append((previous.bars, self.params.bars))


@frozen
class VenueOptions:
    """What the venue can be told while it runs, and what not."""

    delay: int = 0
    host: str = "a"


def venue_settings(venue: Any, old: VenueOptions, new: VenueOptions) -> Applied | NeedsRestart:
    """Take a delay; another host needs another connection."""
    if old.host != new.host:
        return NeedsRestart("it is connected to the old host")
    venue.delay = new.delay
    return Applied()


def one(**changes: Any) -> StrategySettings:
    """Return the strategy of the settings, changed."""
    before = StrategySettings(strategy="listener", symbols=(SYMBOL,), name="one")
    return attrs.evolve(before, **changes)


class House:
    """A running engine whose settings the test changes."""

    def __init__(self, **settings: Any) -> None:
        self.venue = FakeGateway()
        self.venue.delay = 0  # type: ignore[attr-defined]  # what its options set
        spec = GatewaySpec(
            name="fake",
            factory=lambda context, _: self.venue.attach(context),
            config=VenueOptions,
            in_process=True,
            on_settings=venue_settings,
        )
        self.engine = engine(
            RiskRuleSpec(name="limit", factory=bind, config=Limit),
            StrategySpec(name="listener", factory=Listener, config=Listener.Params),
            gateway=spec,
            strategies=(one(),),
            **settings,
        )
        self.alerts: list[Alert] = []
        self.engine.subscribe(Alert, self.alerts.append)
        self.engine.start()
        self.engine.step(tick(ts_ns=at(0)))

    @property
    def settings(self) -> Settings:
        """Return the settings that hold."""
        return self.engine.parts.settings

    def reload(self, **changes: Any) -> Reloaded:
        """Change settings, as another thread would."""
        done = self.engine.reload(attrs.evolve(self.settings, **changes))
        self.engine.parts.loop.serve()
        return done.result(0)

    def buy(self, lots: int) -> Any:
        """Have the strategy buy."""
        return self.engine.parts.strategies.strategy("one").buy(100, lots)


def test_a_risk_limit_holds_from_the_next_order() -> None:
    """The old bound is gone, the diff is told, and nothing needs a restart."""
    house = House()
    assert not isinstance(house.buy(6), Rejection)
    told = house.reload(risk={"limit": {"lots": 5}})

    assert isinstance(house.buy(6), Rejection)
    assert not isinstance(house.buy(5), Rejection)
    assert told == Reloaded(("risk.limit.lots: - -> 5",), ())
    assert [(a.level, a.source, a.message) for a in house.alerts] == [
        ("info", "settings", "risk.limit.lots: - -> 5")
    ]


def test_a_rule_is_switched_off_and_on_again() -> None:
    """`false` takes it out, its options bring it back; rules asked so far stay counted."""
    house = House()
    house.buy(1)
    house.reload(risk={"limit": False})
    assert not isinstance(house.buy(1_000), Rejection)
    house.reload(risk={"limit": {"lots": 2}})
    assert isinstance(house.buy(3), Rejection)
    assert house.engine.summary().rules == 2


def test_the_time_for_a_venues_answer_holds_at_once() -> None:
    """An order that was sent before is unknown after the new time."""
    house = House()
    house.buy(1)
    told = house.reload(orders=OrderSettings(answer_s=2.0))
    house.engine.parts.loop.advance(at(2))

    assert told == Reloaded(("orders.answer_s: 10.0 -> 2.0",), ())
    (order,) = house.engine.parts.orders.working()
    assert order.phase is OrderPhase.UNKNOWN


def test_parameters_are_changed_and_those_left_out_get_their_defaults() -> None:
    """The file says all there is: what it says no more is the default again."""
    house = House()
    house.reload(strategies=(one(params={"bars": 7, "word": "x"}),))
    told = house.reload(strategies=(one(params={"bars": 9}),))
    strategy: Any = house.engine.parts.strategies.strategy("one")

    assert strategy.noted == [(5, 7), (7, 9)]
    assert (strategy.params.bars, strategy.params.word) == (9, "")
    assert told.applied == (
        "strategies.one.params.bars: 7 -> 9",
        "strategies.one.params.word: x -> -",
    )


def test_strategies_come_and_go() -> None:
    """A new entry is loaded and started, one that is gone is unloaded."""
    house = House()
    house.reload(strategies=(one(), one(name="two")))
    assert house.engine.parts.strategies.states()["two"] == "running"
    house.reload(strategies=(one(name="two"),))
    assert house.engine.parts.strategies.names() == ("two",)


def test_what_becomes_of_a_failure_is_changed_without_a_restart() -> None:
    """The policy is looked at when it is needed."""
    house = House()
    told = house.reload(strategies=(one(restart=RestartSettings(times=3)),))

    assert told.applied == ("strategies.one.restart.times: 0 -> 3",)
    assert house.engine.parts.strategies.plan("one").restart.times == 3


def test_another_symbol_is_named_and_stays_named_until_it_is_done() -> None:
    """The old one is traded on; each reload says so again."""
    house = House()
    first = house.reload(strategies=(one(symbols=("bb2510.TEST",), params={"bars": 6}),))
    again = house.reload(strategies=(one(symbols=("bb2510.TEST",), params={"bars": 6}),))

    reason = "unload the strategy and load it anew, or restart"
    needs = (f"strategies.one.symbols: [{SYMBOL}] -> [bb2510.TEST] needs a restart: {reason}",)
    assert (first.applied, first.needs_restart) == (("strategies.one.params.bars: - -> 6",), needs)
    assert (again.applied, again.needs_restart) == ((), needs)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"seed": 2}, "seed: 1 -> 2"),
        ({"accounts": {"main": AccountSettings(gateway="fake", currency="USD")}}, "accounts.main"),
        ({"alerts": {"file": {}}}, "alerts.file"),
    ],
)
def test_what_is_read_once_needs_a_restart(changes: Mapping[str, Any], path: str) -> None:
    """It is named with the reason, and nothing is changed."""
    house = House()
    before = house.settings
    (needs,) = house.reload(**changes).needs_restart

    assert needs.startswith(path)
    assert needs.endswith("needs a restart: it is read once, when the engine is built")
    assert house.settings == before
    assert house.alerts[-1].level == "warning"


def test_a_gateway_takes_what_it_can() -> None:
    """It is asked itself, on the engine thread."""
    house = House()
    gateways = {"fake": GatewaySettings(kind="fake", options={"delay": 3})}
    told = house.reload(gateways=gateways)
    assert told == Reloaded(("gateways.fake.options.delay: - -> 3",), ())
    assert house.venue.delay == 3  # type: ignore[attr-defined]  # what its options set

    gateways = {"fake": GatewaySettings(kind="fake", options={"delay": 3, "host": "b"})}
    told = house.reload(gateways=gateways)
    assert told.needs_restart == (
        "gateways.fake.options.host: - -> b needs a restart: it is connected to the old host",
    )


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"risk": {"limit": {"lots": 0}}}, ConfigError, "$.risk.limit.lots"),
        ({"risk": {"limit": {"lot": 1}}}, ConfigError, "did you mean 'lots'?"),
        ({"risk": {"limits": {}}}, MissingPluginError, "did you mean 'limit'?"),
        ({"strategies": (one(params={"bars": 0}),)}, ConfigError, "bars must be at least 1"),
        ({"strategies": (one(), one(name="b", strategy="x"))}, MissingPluginError, "strategy 'x'"),
        (
            {"strategies": (one(), one(name="b", symbols=("zz.TEST",)))},
            HomalosError,
            "'zz.TEST' is not in the table",
        ),
        ({"strategies": (one(), one())}, ConfigError, "is that of $.strategies[0] already"),
    ],
)
def test_wrong_settings_change_nothing_at_all(
    changes: dict[str, Any], kind: type[Exception], message: str
) -> None:
    """Whatever else was changed with them: the old settings stand, whole."""
    house = House()
    before = house.settings
    good = {"logs": LogSettings(level="debug"), "risk": {"limit": {"lots": 1}}}
    with pytest.raises(kind) as refused:
        house.reload(**{**good, **changes})

    assert message in str(refused.value)
    assert house.settings is before
    assert not isinstance(house.buy(6), Rejection)


def test_a_rule_that_cannot_be_made_leaves_the_others_as_they_are() -> None:
    """Everything is made before anything is put in place."""

    def fail(_: object, options: Limit) -> RiskCheck:
        if options.lots == 3:
            msg = "no such table"
            raise HomalosError(msg)
        return lambda _: None

    house = engine(
        RiskRuleSpec(name="limit", factory=bind, config=Limit),
        RiskRuleSpec(name="other", factory=fail, config=Limit),
    )
    house.start()
    new = attrs.evolve(house.parts.settings, risk={"limit": {"lots": 1}, "other": {"lots": 3}})
    done = house.reload(new)
    house.parts.loop.serve()

    with pytest.raises(HomalosError, match="no such table"):
        done.result(0)
    assert house.parts.settings.risk == {}


def test_a_plugin_may_refuse_changed_settings() -> None:
    """Its check is asked again, before anything is done."""
    module = plugin("careful")

    def check_settings(settings: Settings) -> list[str]:
        return ["13 is unlucky @ $.seed"] if settings.seed == 13 else []

    module.check_settings = hookimpl(check_settings)  # type: ignore[attr-defined]  # as a plugin
    house = engine(plugins=[module])
    house.start()
    with pytest.raises(ConfigError, match="13 is unlucky"):
        house.reload(attrs.evolve(house.parts.settings, seed=13))


def test_listeners_hear_of_the_settings_that_hold() -> None:
    """The log changes its level by this."""
    house = House()
    heard: list[Settings] = []
    house.engine.on_settings(heard.append)
    house.reload(logs=LogSettings(level="debug"), seed=99)

    assert [(each.logs.level, each.seed) for each in heard] == [("debug", 1)]


def test_the_journal_has_the_difference_without_secrets() -> None:
    """What entered is a command like any other; what is secret is not in it."""
    house = House()
    new = attrs.evolve(house.settings, market={"fake": {"password": "hunter2"}}, seed=5)
    changes = [str(each) for each in diff(house.settings, new)]
    house.engine.reload(new)
    house.engine.parts.loop.serve()
    (entered,) = house.engine.parts.journal.last_input  # type: ignore[union-attr]  # it counts

    assert isinstance(entered, Command)
    assert (entered.name, entered.arguments) == ("settings.reload", {"changes": changes})
    assert changes == ["seed: 1 -> 5", "market.fake.password: - -> ***"]


def test_nothing_changed_is_nothing_done() -> None:
    """Neither a command in the journal nor an alert."""
    house = House()
    assert house.reload() == Reloaded()
    assert house.alerts == []
