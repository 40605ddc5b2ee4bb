"""What is measured between orders, and the warnings before a limit is reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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

    def __init__(self, *, says_nearest: bool = False, **control: Any) -> None:
        """Start it; looks come every second."""
        self.nearest: Callable[[], float] | None = self.highest if says_nearest else None
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
        return RiskRule(check=lambda _: None, meters=self.meters, nearest=self.nearest)

    def highest(self) -> float:
        """Return the largest share of its limit, as a rule may say it in place of its meters."""
        shares = [0.0]
        for value, limit in self.figures.values():
            if limit > 0:
                shares.append(value / limit)
            elif limit == 0 and value > 0:
                shares.append(inf)
        return max(shares)

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


def test_what_moves_with_fills_alone_is_not_asked_in_between() -> None:
    """A position that nobody trades stays what it is: no timer runs for it."""
    asked: list[int] = []

    def meters() -> Iterable[Meter]:
        asked.append(1)
        return ()

    rule = RiskRule(check=lambda _: None, meters=meters, drifts=False)
    venue = FakeGateway()
    running = engine(RiskRuleSpec(name="a", factory=lambda *_: rule), gateway=venue)
    hand = running.add_strategy(Hand, symbol=SYMBOL)
    with running:
        for second in range(5):
            running.step(tick(ts_ns=at(second)))
        before = len(asked)
        hand.buy(100, 1)
        venue.fill()

    assert (before, len(asked)) == (0, 1)


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


# -- rules that say how near they are ------------------------------------------


def test_meters_are_asked_for_only_while_something_is_near() -> None:
    """From the lowest level on, and until nothing stands at one any more."""
    house = House(says_nearest=True)
    asked = []
    for value in (10, 69.9, 70, 66, 64, 64, 10):
        before = house.asked, house.watch.looks
        house.show(value)
        assert house.watch.looks == before[1] + 1
        asked.append(house.asked - before[0])

    assert asked == [0, 0, 1, 1, 1, 0, 0]


def test_a_subject_that_falls_does_not_hide_one_that_stands() -> None:
    """Two at a level, one falls from it: the other is watched on, and warns again once it fell."""
    house = House(says_nearest=True)
    house.show(75)
    house.show(75, subject="other")
    house.show(10, subject="other")
    house.told()
    for value in (10, 75):
        house.show(value)

    assert house.told() == [("warning", "main is at 75% of its limit: 75 of 100")]


def test_every_rule_is_shown_however_far_from_its_limit() -> None:
    """What is not near is not asked for when it is looked at, and all the same can be seen."""
    house = House(says_nearest=True)
    house.show(10)

    assert [(each.value, each.level) for each in house.watch.seen()] == [(10, 0.0)]


def test_a_rule_that_takes_anothers_name_goes_on_where_it_stood() -> None:
    """A change of settings is no news of what was told; what has fallen since is looked at."""
    house = House(says_nearest=True)
    house.show(75)
    house.told()
    risk = house.engine.parts.risk
    risk.replace({"loss": [each for each in risk.bound if each.name == "loss"]})
    for value in (76, 10, 75):
        house.show(value)

    assert house.told() == [("warning", "main is at 75% of its limit: 75 of 100")]


def test_a_rule_that_cannot_say_how_near_it_is_is_told_of() -> None:
    """As where its meters raise: counted, and others are asked on."""
    house = House(says_nearest=True)
    unknown: Any = None
    house.figures["main"] = unknown, 100
    house.engine.step(tick(ts_ns=at(5)))

    assert house.engine.parts.risk.failures["loss"] == 1


@settings(max_examples=60, deadline=None)
@given(
    shown=st.lists(
        st.tuples(
            st.sampled_from(["main", "other", "third"]),
            st.sampled_from([-5, 0, 40, 64, 69, 70, 84, 86, 90, 94, 100, 130]),
            st.sampled_from([100, 100, 100, 50, 0, nan]),
            st.sampled_from([1, 1, 1, 86_400]),
        ),
        max_size=25,
    )
)
def test_who_says_how_near_it_is_is_warned_of_alike(
    shown: list[tuple[str, float, float, int]],
) -> None:
    """The same alerts, counts and figures as of a rule whose meters are always asked."""
    told = []
    for says_nearest in (False, True):
        house = House(says_nearest=says_nearest)
        for subject, value, limit, seconds in shown:
            house.second += seconds - 1
            house.show(value, limit=limit, subject=subject)
        told.append((house.told(), dict(house.watch.warnings), repr(house.watch.seen())))

    assert told[0] == told[1]
