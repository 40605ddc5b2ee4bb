"""Rules of the settings in a running engine: their names, their change, their faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from homalos.cli import main
from homalos.errors import ConfigError
from homalos.model import OrderData, Rejection
from homalos.plugins import StrategySpec
from homalos.strategy import Strategy
from homalos.testing import SYMBOL, FakeGateway, at, engine, tick
from homalos_risk import plugin as risk_plugin

BIG = {"refuse_if": "order.volume > 5", "message": "too many"}
LOW = {"refuse_if": "order.price < market.last", "kind": "validity"}


class Buyer(Strategy):
    """Does what the test has it do."""


class House:
    """A running engine with the rules of a test."""

    def __init__(self, **rules: Any) -> None:
        self.venue = FakeGateway()
        self.engine = engine(
            StrategySpec(name="buyer", factory=Buyer),
            gateway=self.venue,
            plugins=[risk_plugin],
            risk={"custom": rules},
        )
        self.engine.add_strategy(Buyer, symbol=SYMBOL, name="one")
        self.refused: list[Rejection] = []
        self.engine.subscribe(Rejection, self.refused.append)
        self.engine.start()
        self.engine.step(tick(ts_ns=at(0)))

    def buy(self, lots: int, price: float = 100.0) -> OrderData | Rejection:
        """Have the strategy buy."""
        found: OrderData | Rejection = self.engine.parts.strategies.strategy("one").buy(price, lots)
        return found

    def reload(self, risk: Any) -> tuple[str, ...]:
        """Change the rules, as another thread would; return what was applied."""
        done = self.engine.reload(attrs.evolve(self.engine.parts.settings, risk=risk))
        self.engine.parts.loop.serve()
        return done.result(0).applied


def test_every_rule_that_refuses_is_named_with_its_values() -> None:
    """Not one rule called `custom`, but each by its own name."""
    house = House(big=BIG, low=LOW)
    house.buy(6, 99.0)

    assert [(each.rule, each.message, each.input, each.limit) for each in house.refused] == [
        ("custom.big", "too many: order.volume is 6, above 5", 6, 5),
        (
            "custom.low",
            ("an order is refused where this holds: order.price is 99, below 100 (market.last)"),
            99.0,
            100.0,
        ),
    ]
    assert house.venue.requests == []


def test_what_no_rule_refuses_reaches_the_venue() -> None:
    """And without any rule nothing is asked."""
    house = House(big=BIG, low=LOW)

    assert isinstance(house.buy(5), OrderData)
    assert [each.volume for each in house.venue.requests] == [5]
    assert [each for each in House().engine.parts.risk.rules if each.startswith("custom")] == []


def test_the_way_out_passes_a_rule_of_exposure_only() -> None:
    """The kind is each rule's own."""
    house = House(big={"refuse_if": "order.volume > 2"}, low=LOW)
    strategy: Any = house.engine.parts.strategies.strategy("one")
    for _ in range(2):
        house.buy(2)
        house.venue.fill()
    strategy.sell(99.0, 4)
    sold = strategy.sell(100.0, 4)

    assert [each.rule for each in house.refused] == ["custom.low"]
    assert isinstance(sold, OrderData)


def test_changed_rules_hold_from_the_next_order() -> None:
    """One is changed, one is new, one is gone; and all can be switched off."""
    house = House(big=BIG, low=LOW)
    applied = house.reload({"custom": {"big": {**BIG, "refuse_if": "order.volume > 7"}}})
    assert isinstance(house.buy(6, 99.0), OrderData)
    assert isinstance(house.buy(8), Rejection)
    assert "risk.custom.big.refuse_if: order.volume > 5 -> order.volume > 7" in applied

    house.reload({"custom": False})
    assert isinstance(house.buy(8), OrderData)


def test_a_wrong_rule_changes_nothing_in_a_running_engine() -> None:
    """It is told to who asked, and the old ones hold."""
    house = House(big=BIG)
    with pytest.raises(ConfigError, match=r"there is no fact 'order\.volum'"):
        house.reload({"custom": {"big": {"refuse_if": "order.volum > 7"}}})

    assert isinstance(house.buy(6), Rejection)


def test_explain_shows_both_sides_also_of_a_rule_that_passes() -> None:
    """How near the limit the order comes; and it leaves no trace."""
    house = House(big=BIG)
    order = house.buy(3)
    assert isinstance(order, OrderData)
    verdicts = house.engine.parts.risk.explain(house.venue.requests[0])
    (big,) = [each for each in verdicts if each.rule == "custom.big"]

    assert not big.is_refused
    assert [(each.subject, each.value, each.limit) for each in big.measures] == [
        ("order.volume > 5", 3, 5)
    ]


def test_the_command_line_tells_file_line_and_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a start would: the mark stands right under the mistake."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "rules.yaml"
    rule = "risk:\n  custom:\n    big:\n      refuse_if: order.volume > 5 and order.pric < 3\n"
    path.write_text(rule, encoding="utf-8")
    code = main(["config", "check", "--config", str(path)])
    lines = capsys.readouterr().err.splitlines()

    assert code == 1
    assert lines == [
        (
            f"error: {path}:4: there is no fact 'order.pric'; did you mean 'order.price'? "
            "@ $.risk.custom.big.refuse_if"
        ),
        "error:     order.volume > 5 and order.pric < 3",
        "error:                          ^^^^^^^^^^",
    ]
