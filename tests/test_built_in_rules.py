"""The rules of `homalos-risk` in an engine: what they see there, and what they bring about."""

from __future__ import annotations

from typing import Any

import pytest

from homalos import Engine
from homalos.engine.rules import make_rules
from homalos.model import Alert, Offset, OrderData, Rejection, TradingState
from homalos.strategy import Strategy
from homalos.testing import OTHER, SYMBOL, FakeGateway, at, engine, tick
from homalos_risk import plugin

# Every rule of exposure that looks at the book, as tight as it goes.
TIGHT: dict[str, Any] = {
    "notional": {"max_order": 1.0, "max_account": 1.0},
    "position_limit": {"max_position": 0},
    "total_position": {"max_product": 0, "max_account": 0},
    "strategy_position": {"max_position": 0},
    "net_exposure": {"instrument_lots": 0, "account_lots": 0, "product_value": 1.0},
    "working_orders": {"max_symbol": 1, "max_account": 1},
    "margin_ratio": {"max_ratio": 0.000001},
    "concentration": {"instrument_of_equity": 0.000001, "product_of_equity": 0.000001},
    "daily_messages": {"max_orders": 1, "max_cancels": 1},
    "message_rate": {"max_messages": 1, "per_seconds": 86_400},
}


class Hand(Strategy):
    """Trades by hand, from the test."""

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""


class House:
    """An engine with the rules of the package, a venue that does as it is told, two strategies."""

    def __init__(self, **risk: Any) -> None:
        """Start it at a price of 100; a lot is worth 1,000 and takes a margin of 100."""
        self.venue = FakeGateway()
        self.engine: Engine = engine(
            gateway=self.venue,
            plugins=[plugin],
            risk=risk,
        )
        self.one = self.engine.add_strategy(Hand, symbol=SYMBOL, name="one")
        self.two = self.engine.add_strategy(Hand, symbol=SYMBOL, name="two")
        self.refused: list[Rejection] = []
        self.alerts: list[Alert] = []
        self.engine.subscribe(Rejection, self.refused.append)
        self.engine.subscribe(Alert, self.alerts.append)
        self.engine.start()
        self.second = 0
        self.see(100.0)

    def see(self, price: float, **fields: Any) -> None:
        """Let a second pass, and the market be at a price."""
        self.engine.step(tick(SYMBOL, price, ts_ns=at(self.second), **fields))
        self.second += 1

    def hold(self, lots: int) -> None:
        """Have the first strategy buy, and the venue fill it."""
        asked = self.one.buy(100, lots)
        assert isinstance(asked, OrderData), asked
        self.venue.accept()
        self.venue.fill()

    def why(self) -> list[str]:
        """Return which rules refused since this was asked last."""
        found = [each.rule for each in self.refused]
        self.refused.clear()
        return found


def test_without_settings_seven_rules_are_bound() -> None:
    """The rest waits for a limit and costs an order nothing."""
    assert House().engine.parts.risk.rules == (
        "order_size", "tick_grid", "price_band", "self_trade", "position_limit", "funds",
        "order_rate",
    )  # fmt: skip


def test_each_limit_is_a_rule_that_says_for_itself() -> None:
    """Two limits of one name, both reached: two refusals with their own figures."""
    house = House(net_exposure={"instrument_lots": 5, "account_value": 4_000})
    house.one.buy(100, 6)

    assert [(each.rule, each.input, each.limit) for each in house.refused] == [
        ("net_exposure.instrument_lots", 6, 5),
        ("net_exposure.account_value", 6_000, 4_000),
    ]


def test_way_out_is_open_under_every_limit() -> None:
    """Limits that come later than the position refuse another lot and let the whole go."""
    house = House()
    house.hold(8)
    parts = house.engine.parts
    parts.risk.replace({name: make_rules(parts, name, each) for name, each in TIGHT.items()})
    house.one.buy(100, 1)
    assert {name.split(".")[0] for name in house.why()} == (
        set(TIGHT) - {"message_rate", "working_orders"}  # the first of each passes
    )

    assert isinstance(house.one.sell(99, 8), OrderData)


def test_a_fill_of_another_symbol_shows_what_works_to_open() -> None:
    """An order brings no look; the next fill does, whatever it is of, and each warns once."""
    house = House(position_limit={"max_position": 10})
    other = house.engine.add_strategy(Hand, symbol=OTHER, name="other")
    house.engine.step(tick(OTHER, 100.0, ts_ns=at(house.second)))
    bought = other.buy(100, 8)
    house.venue.accept()
    assert house.alerts == []
    house.hold(1)
    house.hold(1)
    house.venue.fill(bought.order_id)

    assert [each.message for each in house.alerts] == [
        f"main {OTHER} long is at 80% of its limit: 8 of 10"
    ]


def test_two_strategies_of_an_account_do_not_trade_with_each_other() -> None:
    """The second is told whose order is in the way; once that is gone it may."""
    house = House()
    bid = house.one.buy(100, 1)
    house.venue.accept()
    house.two.short(100, 1)
    (refused,) = house.refused
    assert refused.rule == "self_trade"
    assert "strategy one's order" in refused.message
    house.one.cancel_order(bid.order_id)
    house.venue.cancel()

    assert isinstance(house.two.short(100, 1), OrderData)


def test_cancels_stop_opening_and_are_never_stopped() -> None:
    """Two cancels a day: one spent and one kept for what works leave none for another order."""
    house = House(daily_messages={"max_cancels": 2})
    first = house.one.buy(90, 1)
    house.venue.accept()
    house.one.cancel_order(first.order_id)
    house.venue.cancel()
    second = house.one.buy(91, 1)
    house.venue.accept()
    house.one.buy(92, 1)
    assert house.why() == ["daily_messages.cancels"]
    house.one.cancel_order(second.order_id)

    assert [each.order_id for each in house.venue.cancels] == [first.order_id, second.order_id]


@pytest.mark.parametrize("scope", ["max_loss", "max_strategy_loss"])
def test_loss_turns_the_switch_and_leaves_the_way_out(scope: str) -> None:
    """10 lots from 100 to 95 lose 500 of 400: nothing is opened any more, all may be closed."""
    house = House(daily_loss={scope: 400.0})
    house.hold(10)
    house.see(97.0)  # 300
    assert isinstance(house.one.buy(90, 1), OrderData)
    house.venue.accept()
    house.venue.cancel()
    house.see(95.0)
    house.see(95.0)
    kind, name = ("account", "main") if scope == "max_loss" else ("strategy", "one")
    assert house.engine.parts.control.switches.at(kind, name) is TradingState.CLOSE_ONLY
    house.one.buy(95, 1)
    assert f"daily_loss.{'account' if scope == 'max_loss' else 'strategy'}" in house.why()

    assert isinstance(house.one.sell(95, 10), OrderData)


def test_warnings_come_before_the_limit() -> None:
    """7 of 10 lots are 70 %, by the rule that watches them, with the fill."""
    house = House(position_limit={"max_position": 10})
    house.hold(7)

    assert [each.message for each in house.alerts if "aa2510" in each.message] == [
        "main aa2510.TEST long is at 70% of its limit: 7 of 10"
    ]


def test_explaining_counts_nothing() -> None:
    """Asked a hundred times what a rate of two would say, it says the same, and two pass."""
    house = House(order_rate={"max_orders": 2, "per_seconds": 60}, duplicate_order={"within_s": 60})
    asked = house.one.buy(90, 1)
    assert isinstance(asked, OrderData)
    wish = house.venue.requests[0]
    for _ in range(100):
        verdicts = house.engine.parts.risk.explain(wish)
    assert [each.rule for each in verdicts if each.is_refused] == ["duplicate_order"]

    assert isinstance(house.one.buy(91, 1), OrderData)
    house.one.buy(92, 1)
    assert house.why() == ["order_rate"]
    assert house.venue.requests[0].offset is Offset.OPEN
