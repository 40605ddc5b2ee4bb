"""The three-state switch: who turns it, what it keeps, and that it costs nothing at rest."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from homalos.config import AccountSettings, ControlSettings
from homalos.engine.risk.switches import Switch
from homalos.errors import OrderError
from homalos.model import (
    Alert,
    Command,
    OrderData,
    OrderType,
    Rejection,
    Terms,
    TradingState,
    TradingStateChanged,
)
from homalos.strategy import Strategy
from homalos.testing import SYMBOL, FakeGateway, engine, tick

NORMAL, CLOSE_ONLY, HALTED = TradingState


class Hand(Strategy):
    """Trades by hand, from the test."""

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""


class House:
    """An engine with two accounts and a hand that holds 3 lots in the first."""

    def __init__(self, **given: Any) -> None:
        """Start it."""
        self.venue = FakeGateway()
        account = AccountSettings(gateway="fake")
        given.setdefault("accounts", {"main": account, "other": account})
        self.engine = engine(gateway=self.venue, **given)
        self.hand = self.engine.add_strategy(Hand, symbol=SYMBOL, name="hand")
        self.said: list[TradingStateChanged] = []
        self.alerts: list[Alert] = []
        self.engine.subscribe(TradingStateChanged, self.said.append)
        self.engine.subscribe(Alert, self.alerts.append)
        self.switches = self.engine.parts.control.switches
        self.engine.start()
        self.engine.step(tick())

    def hold(self, lots: int = 3) -> None:
        """Buy lots."""
        assert isinstance(self.hand.buy(100, lots), OrderData)
        self.venue.fill()

    def answers(self) -> tuple[str, str]:
        """Return what a buy and a sell to close come to: a rule's name, or nothing."""
        found = self.hand.buy(100, 1), self.hand.sell(100, 1)
        for each in found:
            if isinstance(each, OrderData):
                self.engine.parts.orders.cancel(each.order_id)
                self.venue.cancel(each.order_id)
        opening, closing = (each.rule if isinstance(each, Rejection) else "" for each in found)
        return opening, closing


@pytest.mark.parametrize(
    ("scope", "name"), [("engine", ""), ("account", "main"), ("strategy", "hand")]
)
def test_close_only_lets_pass_what_reduces_and_halted_nothing(scope: str, name: str) -> None:
    """Cancels pass in any state, as `answers` shows by cancelling what left."""
    house = House()
    house.hold()
    found = [house.answers()]
    for state in (CLOSE_ONLY, HALTED, NORMAL):
        house.switches.turn(scope, name, state, "a test")
        found.append(house.answers())

    assert found == [("", ""), ("switch", ""), ("switch", "switch"), ("", "")]
    assert [(each.scope, each.name, each.state) for each in house.said] == [
        (scope, name, CLOSE_ONLY),
        (scope, name, HALTED),
        (scope, name, NORMAL),
    ]


def test_cancels_pass_while_everything_is_halted() -> None:
    """What works can always be asked back."""
    house = House()
    house.hand.buy(99, 1)
    house.switches.turn("engine", "", HALTED, "a test")

    assert house.engine.parts.orders.cancel("1-1")
    assert [each.order_id for each in house.venue.cancels] == ["1-1"]


def test_others_are_not_meant() -> None:
    """Another account's switch, and another strategy's, keep nothing here."""
    house = House()
    house.hold()
    house.switches.turn("account", "other", HALTED, "")
    house.switches.turn("strategy", "hans", HALTED, "")

    assert house.answers() == ("", "")


def test_a_refusal_says_whose_switch_it_was_and_why() -> None:
    """The trader must know whom to ask."""
    house = House()
    house.switches.turn("account", "main", CLOSE_ONLY, "lost 5,000")
    refused = house.hand.buy(100, 1)

    assert isinstance(refused, Rejection)
    assert refused.message == (
        "account main is close_only (lost 5,000): only what reduces a position passes"
    )
    assert [(each.level, each.message) for each in house.alerts] == [
        ("warning", "account main is close_only from now on: lost 5,000")
    ]


def test_at_normal_no_rule_is_asked() -> None:
    """The check is bound when a switch is turned, and gone when all are back."""
    house = House()
    counts = []
    for state in (NORMAL, CLOSE_ONLY, NORMAL):
        house.switches.turn("engine", "", state, "")
        before = house.engine.parts.risk.evaluated
        house.hand.buy(100, 1)
        counts.append(house.engine.parts.risk.evaluated - before)

    assert counts == [0, 1, 0]


# -- who holds it ----------------------------------------------------------------


def test_the_strictest_of_all_who_hold_a_switch_is_in_force() -> None:
    """Each lets go of its own alone; what is in force already is not told again."""
    house = House()
    turn = house.switches.turn
    found = []
    for state, holder in (
        (CLOSE_ONLY, "loss"), (HALTED, "drawdown"), (HALTED, "drawdown"), (CLOSE_ONLY, "other"),
        (NORMAL, "drawdown"), (NORMAL, "loss"), (NORMAL, "other"), (NORMAL, "other"),
    ):  # fmt: skip
        turn("account", "main", state, holder, holder)
        found.append(house.switches.at("account", "main"))

    assert found == [
        CLOSE_ONLY, HALTED, HALTED, HALTED, CLOSE_ONLY, CLOSE_ONLY, NORMAL, NORMAL,
    ]  # fmt: skip
    assert [each.state for each in house.said] == [CLOSE_ONLY, HALTED, CLOSE_ONLY, NORMAL]


def test_a_person_has_the_last_word() -> None:
    """What rules held is gone; a rule may hold it again."""
    house = House()
    turn, switches = house.switches.turn, house.switches
    turn("engine", "", HALTED, "loss", "loss")
    turn("engine", "", NORMAL, "I have seen it")
    freed = switches.at("engine")
    turn("engine", "", CLOSE_ONLY, "loss again", "loss")
    turn("engine", "", HALTED, "enough")
    turn("engine", "", NORMAL, "a new day", "loss")

    assert freed is NORMAL
    assert switches.turned() == (
        Switch(scope="engine", name="", state=HALTED, reason="enough", holder=""),
    )


def test_the_settings_say_what_the_engine_begins_with() -> None:
    """Who begins a day with care sets `control.state`."""
    house = House(control=ControlSettings(state=CLOSE_ONLY))

    assert house.answers()[0] == "switch"
    assert [(each.state, each.reason) for each in house.said] == [
        (CLOSE_ONLY, "control.state of the settings")
    ]


@pytest.mark.parametrize(
    ("scope", "name", "words"),
    [
        ("desk", "", "no 'desk'"),
        ("engine", "main", "has no name"),
        ("account", "mainn", "'mainn'; did you mean 'main'"),
        ("strategy", "hans", "no strategy is called 'hans'"),
    ],
)
def test_a_switch_that_there_is_not_cannot_be_turned(scope: str, name: str, words: str) -> None:
    """A misspelt one would never forbid anything."""
    house = House()
    arguments = {"scope": scope, "name": name, "state": "halted"}
    wish = house.engine.submit(Command("risk.switch", arguments))
    house.engine.step(tick())

    with pytest.raises(OrderError, match=words):
        wish.result(0)
    assert house.switches.turned() == ()


def test_a_state_that_there_is_not_is_refused() -> None:
    """With those that there are."""
    house = House()
    wish = house.engine.submit(Command("risk.switch", {"state": "off"}))
    house.engine.step(tick())

    with pytest.raises(OrderError, match="expected one of normal, close_only, halted"):
        wish.result(0)


def test_the_command_turns_and_says_what_holds() -> None:
    """It is carried out between two events, and an order after it is kept."""
    house = House()
    wish = house.engine.submit(Command("risk.switch", {"state": "halted", "reason": "lunch"}))
    house.engine.step(tick())

    assert wish.result(0) == {"scope": "engine", "name": "", "state": "halted"}
    assert house.answers() == ("switch", "closable")


def test_a_held_order_that_triggers_while_halted_is_refused() -> None:
    """It waited in the engine; the switch was turned meanwhile."""
    house = House()
    orders = house.engine.parts.orders
    house.hold()
    request = house.venue.requests[0]
    stop = replace(
        request, order_id=orders.next_id(), type=OrderType.STOP, terms=Terms(trigger=105.0)
    )
    held = orders.keep_held(stop, orders.lane("main", SYMBOL))
    house.switches.turn("engine", "", HALTED, "")
    answer = orders.release_held(held.order_id, OrderType.LIMIT, 105.0)

    assert isinstance(answer, Rejection)
    assert answer.rule == "switch"
    assert len(house.venue.requests) == 1
