"""What is measured between orders, and the warnings before a limit is reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import nan
from typing import Any

import pytest

from homalos.config import ControlSettings
from homalos.engine.risk.watch import FALL_BACK
from homalos.model import Alert, TradingState
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Meter, RiskContext, RiskRule
from homalos.strategy import Strategy
from homalos.testing import SYMBOL, FakeGateway, at, engine, tick


class Hand(Strategy):
    """Trades by hand, from the test."""

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""


class House:
    """An engine with one rule, whose figures a test sets."""

    def __init__(self, **control: Any) -> None:
        """Start it; looks come every second."""
        self.figures: dict[str, tuple[float, float]] = {}
        self.asked = 0
        self.venue = FakeGateway()
        rule = RiskRuleSpec(name="loss", factory=self.bind)
        self.engine = engine(rule, gateway=self.venue, control=ControlSettings(**control))
        self.hand = self.engine.add_strategy(Hand, symbol=SYMBOL, name="hand")
        self.alerts: list[Alert] = []
        self.engine.subscribe(Alert, self.alerts.append)
        self.watch = self.engine.parts.control.watch
        self.engine.start()
        self.second = 0
        self.engine.step(tick())

    def bind(self, _context: RiskContext, _options: object) -> RiskRule:
        """Make the rule."""
        return RiskRule(check=lambda _: None, meters=self.meters)

    def meters(self) -> Iterator[Meter]:
        """Measure what the test says."""
        self.asked += 1
        for subject, (value, limit) in self.figures.items():
            yield Meter(subject=subject, value=value, limit=limit)

    def show(self, value: float, *, limit: float = 100, subject: str = "main") -> None:
        """Set a figure, and let a second pass."""
        self.figures[subject] = (value, limit)
        self.second += 1
        self.engine.step(tick(ts_ns=at(self.second)))

    def told(self) -> list[tuple[str, str]]:
        """Return what was warned of since this was asked last."""
        found = [(each.level, each.message) for each in self.alerts]
        self.alerts.clear()
        return found


def test_each_level_warns_once_and_the_limit_is_an_error() -> None:
    """Nothing at 69, 70 % and 90 % warn, 100 % is reached; staying there says no more."""
    house = House()
    found = []
    for value in (69, 70, 71, 89.9, 90, 95, 100, 130):
        house.show(value)
        found.append(house.told())

    assert found == [
        [],
        [("warning", "main is at 70% of its limit: 70 of 100")],
        [],
        [],
        [("warning", "main is at 90% of its limit: 90 of 100")],
        [],
        [("error", "main has reached its limit: 100 of 100")],
        [],
    ]
    assert house.watch.warnings == {"loss": 3}


def test_a_figure_that_jumps_warns_of_the_highest_level_alone() -> None:
    """Three alerts at once would say no more than the last of them."""
    house = House()
    house.show(250)

    assert house.told() == [("error", "main has reached its limit: 250 of 100")]


def test_a_figure_warns_again_once_it_fell_below_by_a_margin() -> None:
    """Around 90 it may tremble: only from below 85 on it is told of again."""
    house = House()
    assert FALL_BACK == 0.05
    counts = []
    for value in (90, 89, 91, 85.1, 92, 84.9, 89, 90):
        house.show(value)
        counts.append(len(house.told()))

    assert counts == [1, 0, 0, 0, 0, 0, 0, 1]


def test_subjects_are_told_of_each_by_itself() -> None:
    """Another account near its limit is news."""
    house = House()
    house.show(75)
    house.show(75, subject="other")

    assert [text.split()[0] for _, text in house.told()] == ["main", "other"]


def test_a_new_day_warns_anew() -> None:
    """Counters are those of a trading day."""
    house = House()
    house.show(75)
    house.told()
    house.second = 86_400
    house.show(75)  # the look before its first event is still the old day's
    house.show(75)

    assert [level for level, _ in house.told()] == ["warning"]
    assert house.watch.warnings == {"loss": 1}
    assert [(each.level, each.warnings) for each in house.watch.seen()] == [(0.7, 1)]


def test_every_fill_is_looked_at() -> None:
    """Between two seconds too; the rule sees the position counted."""
    house = House()
    house.hand.buy(100, 2)
    before, house.figures["main"] = house.asked, (95, 100)
    house.venue.fill()

    assert house.asked == before + 1
    assert [level for level, _ in house.told()] == ["warning"]


def test_looks_come_as_often_as_the_settings_say_and_not_for_a_night() -> None:
    """Where nothing happens nothing is asked: a night of events is one look."""
    house = House(check_s=10)
    counts = []
    for second in (5, 9, 10, 11, 25, 5_000, 5_005, 5_010):
        before = house.asked
        house.engine.step(tick(ts_ns=at(second)))
        counts.append(house.asked - before)

    assert counts == [0, 0, 1, 0, 1, 1, 0, 1]
    assert house.engine.parts.clock.agenda.missed == 0


@pytest.mark.parametrize("limit", [nan, 0.0])
def test_a_limit_that_is_not_known_warns_of_nothing(limit: float) -> None:
    """And one of 0 only where there is something."""
    house = House()
    house.show(0, limit=limit)

    assert house.told() == []


def test_where_nothing_is_allowed_anything_is_too_much() -> None:
    """A limit of 0 is reached by 1."""
    house = House()
    house.show(1, limit=0)

    assert house.told() == [("error", "main has reached its limit: 1 of 0")]


def test_levels_are_those_of_the_settings() -> None:
    """Who wants one warning at the half names it; the limit itself is always told."""
    house = House(levels=(0.5,))
    for value in (49, 50, 99, 100):
        house.show(value)

    assert [text.split(" of")[0] for _, text in house.told()] == [
        "main is at 50%",
        "main has reached its limit: 100",
    ]


def test_a_rule_that_raises_is_told_of_once_and_stops_nothing() -> None:
    """Others are asked on, and so is it."""

    def broken() -> Iterable[Meter]:
        raise ZeroDivisionError

    running = engine(
        RiskRuleSpec(name="a", factory=lambda *_: RiskRule(check=lambda _: None, meters=broken))
    )
    with running:
        for second in range(4):
            running.step(tick(ts_ns=at(second)))
        faults = list(running.parts.faults)

    assert faults == [("risk.a", "the rule itself failed: ZeroDivisionError()")]
    assert running.parts.risk.failures["a"] == 3


def test_a_rule_may_turn_the_switch_where_it_measures() -> None:
    """A loss grows without orders: the next order finds the switch turned."""

    def bind(context: RiskContext, _options: object) -> RiskRule:
        funds = context.funds("main")

        def meters() -> Iterator[Meter]:
            loss = -funds.day_pnl
            if loss >= 50:
                context.turn("account", "main", TradingState.CLOSE_ONLY, f"lost {loss:g}")
            yield Meter(subject="main", value=loss, limit=50)

        return RiskRule(check=lambda _: None, meters=meters)

    venue = FakeGateway()
    running = engine(RiskRuleSpec(name="stop", factory=bind), gateway=venue)
    hand = running.add_strategy(Hand, symbol=SYMBOL)
    with running:
        running.step(tick())
        hand.buy(100, 2)
        venue.fill()
        running.step(tick(price=97.0, ts_ns=at(1)))
        running.step(tick(price=97.0, ts_ns=at(2)))
        state = running.parts.control.switches.at("account", "main")
        refused = hand.buy(97, 1)

    assert state is TradingState.CLOSE_ONLY
    assert getattr(refused, "rule", "") == "switch"


def test_without_meters_nothing_is_asked_for() -> None:
    """Neither a timer nor a subscription is there."""
    running = engine(RiskRuleSpec(name="a", factory=lambda *_: RiskRule(check=lambda _: None)))
    names = [each.name for each in running.parts.bus.subscriptions()]

    assert "risk watch" not in names


def test_meters_come_and_go_with_the_rules() -> None:
    """After a reload without it nothing more is asked."""
    house = House()
    house.engine.parts.risk.replace({"loss": []})
    before = house.asked
    house.hand.buy(100, 1)
    house.venue.fill()
    house.show(99)

    assert (house.asked, house.told()) == (before, [])
