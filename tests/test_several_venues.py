"""One account at two simulated venues, and two strategies on opposite sides of one account."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from homalos import Engine
from homalos.config import AccountSettings, GatewaySettings, RoutingSettings
from homalos.engine import builtin
from homalos.engine.agreement import disagreements
from homalos.model import (
    Alert,
    ConnectionChanged,
    Offset,
    OffsetRule,
    OrderData,
    PositionMode,
    Rejection,
)
from homalos.strategy import Strategy
from homalos.testing import INSTRUMENTS, SYMBOL, FakeMarket, at, engine, tick
from homalos_risk import plugin as risk
from homalos_sim import plugin as sim

VENUES = {"a": GatewaySettings(kind="sim"), "b": GatewaySettings(kind="sim")}
NEXT_DAY_S = 86_400


class Hand(Strategy):
    """Trades as the test says, and keeps what it hears."""

    def on_init(self) -> None:
        """Begin with nothing."""
        self.orders: list[OrderData] = []

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""

    def on_order(self, order: OrderData) -> None:
        """Keep an order's state."""
        self.orders.append(order)


def built(account: dict[str, Any], offsets: OffsetRule = OffsetRule.DATED, **more: Any) -> Engine:
    """Build an engine with the rules, on simulated venues."""
    return engine(
        plugins=[sim, risk, builtin],
        market=FakeMarket([evolve(INSTRUMENTS[SYMBOL], offsets=offsets)]),
        accounts={"main": AccountSettings(**account)},
        **more,
    )


def hand(running: Engine, name: str) -> Hand:
    """Add a strategy that the test moves."""
    added = running.add_strategy(Hand, symbol=SYMBOL, name=name)
    assert isinstance(added, Hand)
    return added


def filled(order: OrderData | Rejection, running: Engine) -> OrderData:
    """Return the last state of an order that was sent."""
    assert isinstance(order, OrderData), order
    return running.parts.orders.orders[order.order_id]


# -- two venues --------------------------------------------------------------------


@pytest.fixture
def two() -> tuple[Engine, Hand, list[str]]:
    """Give an account at the venues `a` and `b`, the strategy, and what the audit says."""
    running = built({"gateway": "a", "routing": RoutingSettings(gateways=("b",))}, gateways=VENUES)
    told: list[str] = []
    running.subscribe(Alert, lambda alert: told.append(alert.message))
    return running, hand(running, "hand"), told


def test_orders_go_to_the_other_venue_while_one_is_away_and_closes_where_the_lots_are(
    two: tuple[Engine, Hand, list[str]],
) -> None:
    """2 lots at the one, 3 at the other: each close finds its lots, today and a day later."""
    running, strategy, told = two
    with running:
        running.step(tick(price=100.0))
        first = strategy.buy(101, 2)
        running.step(ConnectionChanged("a", is_up=False, reason="cut", ts_ns=at(1)))  # type: ignore[arg-type]  # what a venue posts
        second = strategy.buy(101, 3)
        running.step(ConnectionChanged("a", is_up=True, reason="", ts_ns=at(2)))  # type: ignore[arg-type]  # likewise
        running.step(tick(price=100.0, ts_ns=at(3)))
        went = [filled(order, running).gateway for order in (first, second)]
        running.step(tick(price=100.0, ts_ns=at(NEXT_DAY_S)))
        small, large = strategy.sell(99, 2), strategy.sell(99, 3)
        running.step(tick(price=100.0, ts_ns=at(NEXT_DAY_S + 1)))
        back = [filled(order, running) for order in (small, large)]

    assert went == ["a", "b"]
    assert [(order.gateway, order.offset) for order in back] == [
        ("a", Offset.CLOSEYESTERDAY),
        ("b", Offset.CLOSEYESTERDAY),
    ]
    assert strategy.pos == 0
    assert disagreements(running.parts) == ()
    assert not [message for message in told if "the books have" in message]


def test_a_close_that_no_venue_can_take_alone_is_refused(
    two: tuple[Engine, Hand, list[str]],
) -> None:
    """Nothing is sent, and the refusal says where how many lots are."""
    running, strategy, _ = two
    with running:
        running.step(tick(price=100.0))
        strategy.buy(101, 2)
        running.step(tick(price=100.0, ts_ns=at(1)))
        refused = strategy.sell(99, 2)
        assert isinstance(refused, OrderData)
        again = strategy.sell(99, 1)

    assert isinstance(again, Rejection)
    assert again.rule in {"closable", "routing"}


# -- two strategies ----------------------------------------------------------------


def opposite(mode: PositionMode) -> tuple[Engine, Hand, Hand]:
    """Have one strategy buy 5 lots and the other sell 5 at once, both filled by the market."""
    running = built({"gateway": "sim", "mode": mode}, gateways={"sim": GatewaySettings(kind="sim")})
    bull, bear = hand(running, "bull"), hand(running, "bear")
    running.start()
    running.step(tick(price=100.0))
    bull.buy(101, 5)
    running.step(tick(price=100.0, ts_ns=at(1)))
    bear.short(99, 5)
    running.step(tick(price=100.0, ts_ns=at(2)))
    return running, bull, bear


@pytest.mark.parametrize(
    ("mode", "held"), [(PositionMode.HEDGING, (5, 5)), (PositionMode.NETTING, (0, 0))]
)
def test_two_strategies_on_opposite_sides_hedge_or_net_as_the_account_says(
    mode: PositionMode, held: tuple[int, int]
) -> None:
    """Their own books are the same either way; the account stands on both sides, or on none."""
    running, bull, bear = opposite(mode)
    position = running.parts.accounts.holding("main", SYMBOL)
    assert (bull.pos, bear.pos) == (5, -5)
    assert (position.long, position.short) == held
    running.stop()
    assert disagreements(running.parts) == ()


@pytest.mark.parametrize("mode", PositionMode)
def test_out_again_each_strategy_closes_its_own_lots(mode: PositionMode) -> None:
    """In a netting account the one that closes first opens for the other, and all ends flat."""
    running, bull, bear = opposite(mode)
    bull.set_target_pos(0, price=99)
    running.step(tick(price=100.0, ts_ns=at(3)))
    bear.set_target_pos(0, price=101)
    running.step(tick(price=100.0, ts_ns=at(4)))
    position = running.parts.accounts.holding("main", SYMBOL)
    assert (bull.pos, bear.pos, position.long, position.short) == (0, 0, 0, 0)
    running.stop()
    assert disagreements(running.parts) == ()


@pytest.mark.parametrize("mode", PositionMode)
def test_orders_of_two_strategies_that_would_meet_do_not(mode: PositionMode) -> None:
    """The one that rests stays, the other is refused with the id of it; no trade with oneself."""
    running, bull, bear = opposite(mode)
    resting = bull.buy(100, 1)
    refused = bear.short(100, 1)
    assert isinstance(resting, OrderData)
    assert isinstance(refused, Rejection)
    assert (refused.rule, resting.order_id in refused.message) == ("self_trade", True)
    running.stop()
