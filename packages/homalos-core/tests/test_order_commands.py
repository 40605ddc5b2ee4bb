"""What a person asks of orders: by command, in a book of its own."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest
from held_floor import CLOSE, LONG, OPEN, SHORT, Floor, taken

from homalos.errors import AccountError, HomalosError, OrderError
from homalos.model import Command, OrderPhase
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Refusal
from homalos.testing import SYMBOL

BUY = {"symbol": SYMBOL, "direction": "long", "offset": "open", "volume": 2}


def ask(floor: Floor, name: str, **arguments: Any) -> Any:
    """Carry a command out, and return what came of it."""
    asked = floor.engine.submit(Command(name, arguments))
    floor.engine.parts.loop.serve()
    return asked.result(timeout=0)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ({}, "market"),
        ({"price": 99}, "limit"),
        ({"price": 99, "type": "fak"}, "fak"),
        ({"trigger": 105}, "stop"),
        ({"trigger": 105, "price": 106}, "stop_limit"),
        ({"trail": 5}, "trailing_stop"),
    ],
)
def test_an_order_is_of_the_type_that_its_prices_say(words: dict[str, Any], kind: str) -> None:
    """Unless one is named."""
    order = ask(Floor(), "order.send", **BUY, **words)

    assert (order.type, order.strategy, order.account) == (kind, "manual", "main")


def test_everything_that_an_order_may_ask_can_be_asked_by_hand() -> None:
    """Trigger, time, time-out, re-quotes and group."""
    words = {
        "trigger": 105.4, "time_in_force": "gtc", "timeout_s": 2.5, "requotes": 3,
        "group": "out", "reference": "why",
    }  # fmt: skip
    order = ask(Floor(), "order.send", **BUY, **words)

    assert (order.terms.trigger, order.terms.time_in_force) == (105, "gtc")
    assert (order.terms.timeout_ns, order.terms.requotes) == (2_500_000_000, 3)
    assert (order.terms.group, order.reference) == ("out", "why")


def test_a_plain_order_goes_the_short_way() -> None:
    """Without terms, as a strategy's would."""
    floor = Floor()

    assert ask(floor, "order.send", **BUY, price=99.0).terms is None


def test_a_persons_order_does_not_touch_a_strategys_position() -> None:
    """Each keeps its own book, in one account: 3 and 2 lots, and a flat hand sells nothing."""
    floor = Floor()
    floor.hold(3)
    order = ask(floor, "order.send", **BUY, price=100.0)
    floor.venue.fill(order.order_id)
    holding = floor.engine.parts.accounts.holding("main", SYMBOL)

    assert floor.hand.pos == 3
    assert holding.long == 5
    assert [trade.strategy for trade in floor.orders.trades] == ["hand", "manual"]
    assert order.order_id not in [each.order_id for each in floor.hand.heard]


def test_a_persons_cancel_of_a_strategys_order_is_heard_by_the_strategy() -> None:
    """It is the strategy's order all the same."""
    floor = Floor()
    order = taken(floor.hand.stop_order(LONG, OPEN, 105, 1))

    assert ask(floor, "order.cancel", order_id=order.order_id) is True
    assert floor.hand.heard[-1].phase is OrderPhase.CANCELLED


def test_a_refused_order_tells_every_rule_that_refused() -> None:
    """Not the first alone: who mends one would meet the next."""

    def rule(message: str) -> Any:
        return lambda _context, _options: lambda _order: Refusal(message, 2, 1)

    specs = [RiskRuleSpec(name=n, factory=rule(f"no {n}")) for n in ("size", "rate")]
    answer = ask(Floor(*specs), "order.send", **BUY, price=99.0, explain=True)

    assert answer["order"] is None
    assert [(each["rule"], each["message"]) for each in answer["refused"]] == [
        ("rate", "no rate"),
        ("size", "no size"),
    ]


def test_terms_that_cannot_be_are_refused_by_name() -> None:
    """As a strategy's."""
    answer = ask(Floor(), "order.send", **BUY, trigger=105, price=104, explain=True)

    assert [each["rule"] for each in answer["refused"]] == ["order_terms"]


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ({"volume": 0}, OrderError, "an order needs at least 1 lot, not 0"),
        ({"type": "limit"}, OrderError, "a limit order needs a price"),
        ({"price": nan, "type": "fok"}, OrderError, "a fok order needs a price"),
        ({"direction": "buy"}, OrderError, "'buy' is no direction; there are long, short"),
        (
            {"type": "stop_limi"},
            OrderError,
            "'stop_limi' is no type; did you mean 'stop_limit'?; there are ",
        ),
        ({"time_in_force": "ever"}, OrderError, "'ever' is no time in force"),
        (
            {"account": "mains"},
            AccountError,
            "no account is called 'mains'; did you mean 'main'?; there are main",
        ),
    ],
)
def test_words_that_are_none_are_told(
    words: dict[str, Any], error: type[HomalosError], message: str
) -> None:
    """With those there are; nothing is sent."""
    floor = Floor()
    with pytest.raises(error) as raised:
        ask(floor, "order.send", **(BUY | words))

    assert str(raised.value).startswith(message)
    assert floor.sent == []


def test_an_order_can_be_changed_by_hand() -> None:
    """A person's and a strategy's; what takes its place is told."""
    floor = Floor()
    order = ask(floor, "order.send", **BUY, price=99.0)
    answer = ask(floor, "order.amend", order_id=order.order_id, price=98.0, explain=True)
    floor.venue.cancel(order.order_id)
    refused = ask(floor, "order.amend", order_id=order.order_id, volume=0, explain=True)

    assert (answer["order"]["order_id"], answer["order"]["phase"]) == ("1-2", "held")
    assert floor.sent[1:] == [("1-2", "limit", 98, 2)]
    assert refused["refused"][0]["message"] == "an order needs at least 1 lot, not 0"


def test_the_list_has_what_is_not_over_and_the_rest_when_asked() -> None:
    """By strategy and by account, oldest first."""
    floor = Floor()
    floor.hold(1)
    floor.hand.stop_order(SHORT, CLOSE, 95, 1)
    ask(floor, "order.send", **BUY, price=99.0)

    def ids(**words: Any) -> list[str]:
        return [each["order_id"] for each in ask(floor, "order.list", **words)]

    assert ids() == ["1-2", "1-3"]
    assert ids(over=True) == ["1-1", "1-2", "1-3"]
    assert ids(strategy="manual") == ["1-3"]
    assert ids(account="main", strategy="hand") == ["1-2"]
    with pytest.raises(AccountError):
        ids(account="nobody")
