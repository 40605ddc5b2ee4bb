"""Orders that the engine holds: known and at work, sent only when they are released."""

from __future__ import annotations

from decimal import Decimal

import pytest

from homalos.config import AccountSettings
from homalos.engine.lanes import Lane
from homalos.errors import UnknownOrder
from homalos.model import (
    Direction,
    Offset,
    OrderData,
    OrderPhase,
    OrderReport,
    OrderRequest,
    OrderType,
    Rejection,
    Status,
    Terms,
)
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Refusal
from homalos.strategy import Strategy
from homalos.testing import SYMBOL, FakeGateway, at, engine, tick

LONG, SHORT = Direction.LONG, Direction.SHORT
HELD, PENDING, CANCELLED = OrderPhase.HELD, OrderPhase.PENDING, OrderPhase.CANCELLED
STOP = OrderType.STOP
TERMS = Terms(trigger=105.0)


class Hand(Strategy):
    """Keeps what it hears."""

    def on_init(self) -> None:
        """Begin with nothing."""
        self.orders: list[OrderData] = []

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""

    def on_order(self, order: OrderData) -> None:
        """Keep an order's state."""
        self.orders.append(order)


class House:
    """An engine with one strategy and one order that it holds, a stop to buy 3."""

    def __init__(self, *specs: RiskRuleSpec) -> None:
        self.venue = FakeGateway()
        accounts = {"main": AccountSettings(gateway="fake", capital=Decimal(1_000_000))}
        self.engine = engine(*specs, gateway=self.venue, accounts=accounts)
        hand = self.engine.add_strategy(Hand, symbol=SYMBOL, name="hand")
        assert isinstance(hand, Hand)
        self.hand = hand
        self.manager = self.engine.parts.orders
        self.account = self.engine.parts.accounts.accounts["main"]
        self.lane: Lane = self.manager.lane("main", SYMBOL)
        self.engine.start()
        self.engine.step(tick(price=100.0))
        self.order = self.manager.keep_held(self.request(), self.lane)

    def request(self, volume: int = 3) -> OrderRequest:
        """Return a stop order to buy."""
        return OrderRequest(
            self.manager.next_id(), SYMBOL, LONG, Offset.OPEN, STOP, float("nan"), volume,
            "hand", "main", "fake", at(0), "why", TERMS,
        )  # fmt: skip

    @property
    def phases(self) -> list[OrderPhase]:
        """Return the phases that the strategy was told."""
        return [order.phase for order in self.hand.orders]


def test_a_held_order_works_for_its_strategy_and_holds_nothing() -> None:
    """It has an id, is told of and is seen, but neither the venue nor the account know it."""
    house = House()

    assert (house.order.order_id, house.order.phase, house.order.status) == (
        "1-1", HELD, Status.SUBMITTING,
    )  # fmt: skip
    assert (house.order.terms, house.order.type) == (TERMS, STOP)
    assert house.phases == [HELD]
    assert list(house.manager.working_of("hand")) == ["1-1"]
    assert [order.order_id for order in house.manager.working()] == ["1-1"]
    assert house.manager.working_in("main", SYMBOL) == {}
    assert (house.venue.requests, house.account.frozen) == ([], 0)
    assert house.manager.lane_of("1-1") is house.lane


def test_a_released_order_leaves_under_its_own_id() -> None:
    """What the venue gets is a market order; the order keeps its type and terms."""
    house = House()
    sent = house.manager.release_held("1-1", OrderType.MARKET, float("nan"))
    (request,) = house.venue.requests

    assert isinstance(sent, OrderData)
    assert (request.order_id, request.type, request.volume, request.reference) == (
        "1-1", OrderType.MARKET, 3, "why",
    )  # fmt: skip
    assert (sent.order_id, sent.type, sent.terms, sent.phase) == ("1-1", STOP, TERMS, PENDING)
    assert house.phases == [HELD, PENDING]
    assert list(house.manager.working_in("main", SYMBOL)) == ["1-1"]
    assert house.account.frozen == pytest.approx(300)
    house.venue.fill(price=101.0)
    assert house.manager.orders["1-1"].status is Status.ALLTRADED
    assert house.hand.pos == 3
    assert house.account.frozen == pytest.approx(0)


def test_fewer_lots_may_leave_than_were_held() -> None:
    """The order is for as many from then on."""
    house = House()
    sent = house.manager.release_held("1-1", OrderType.LIMIT, 106.0, 2)

    assert isinstance(sent, OrderData)
    assert (sent.volume, sent.price) == (2, 106.0)
    assert [(each.volume, each.price) for each in house.venue.requests] == [(2, 106.0)]


def test_a_rule_that_refuses_a_release_ends_the_order() -> None:
    """It is rejected for the rule's reason, and nothing is left of it."""
    spec = RiskRuleSpec(name="no", factory=lambda *_: lambda _: Refusal("not now", 1, 0))
    house = House(spec)
    refused = house.manager.release_held("1-1", OrderType.MARKET, float("nan"))
    order = house.manager.orders["1-1"]

    assert isinstance(refused, Rejection)
    assert (order.phase, order.status, order.reason) == (
        OrderPhase.REJECTED, Status.REJECTED, "not now",
    )  # fmt: skip
    assert (house.manager.working(), house.venue.requests) == ([], [])
    assert house.lane.activity.refused == 1
    assert house.phases == [HELD, OrderPhase.REJECTED]


def test_a_held_order_changes_as_it_is_asked_to() -> None:
    """What is left out stays as it was; each change is told."""
    house = House()
    house.manager.change_held("1-1", terms=Terms(trigger=104.0))
    changed = house.manager.change_held("1-1", price=107.0, volume=2)

    assert changed.terms == Terms(trigger=104.0)
    assert (changed.price, changed.volume, changed.phase) == (107.0, 2, HELD)
    assert house.phases == [HELD, HELD, HELD]


def test_a_cancelled_held_order_is_over_at_once() -> None:
    """Nothing is asked of the venue, which never had it."""
    house = House()
    asked = house.hand.cancel_order("1-1")
    order = house.manager.orders["1-1"]

    assert asked
    assert (order.phase, order.status, order.reason) == (
        CANCELLED, Status.CANCELLED, "cancelled before it left",
    )  # fmt: skip
    assert (house.manager.working(), house.venue.cancels) == ([], [])
    assert house.phases == [HELD, CANCELLED]
    assert house.hand.cancel_order("1-1") is False


def test_a_held_order_ends_for_a_reason() -> None:
    """As its time runs out, or the other one of a pair fills."""
    house = House()
    order = house.manager.end_held("1-1", "its time is over")

    assert (order.phase, order.reason) == (CANCELLED, "its time is over")
    assert house.manager.working_of("hand") == {}


@pytest.mark.parametrize("order_id", ["1-1", "1-99"])
def test_what_is_not_held_cannot_be_released_changed_or_ended(order_id: str) -> None:
    """It has left, or there is no such order: an error that says which."""
    house = House()
    house.manager.release_held("1-1", OrderType.MARKET, float("nan"))
    found = "pending, not held, is '1-1'" if order_id == "1-1" else "no order has the id '1-99'"
    with pytest.raises(UnknownOrder, match=found):
        house.manager.release_held(order_id, OrderType.MARKET, float("nan"))
    with pytest.raises(UnknownOrder, match=found):
        house.manager.change_held(order_id, price=1.0)
    with pytest.raises(UnknownOrder, match=found):
        house.manager.end_held(order_id, "why")


def test_the_venue_cannot_speak_of_an_order_that_it_never_had() -> None:
    """A report for a held order changes nothing."""
    house = House()
    house.venue.report(OrderReport("1-1", Status.NOTTRADED, at(1), 0, "V1"))

    assert house.manager.orders["1-1"] == house.order


def test_without_anybody_who_holds_orders_a_stop_is_refused() -> None:
    """It is told as every refusal, and takes an id."""
    house = House()
    house.manager.held = None
    refused = house.manager.submit(
        "hand", house.lane, LONG, Offset.OPEN, float("nan"), 1, STOP, "", TERMS
    )
    limit = house.manager.submit(
        "hand", house.lane, LONG, Offset.OPEN, 100.0, 1, OrderType.LIMIT, "", TERMS
    )

    assert isinstance(refused, Rejection)
    assert isinstance(limit, Rejection)
    assert (refused.rule, refused.message) == ("held", "nobody here holds a stop order")
    assert limit.message == "nobody here holds an order with terms"
    assert (refused.order_id, limit.order_id) == ("1-2", "1-3")


def test_orders_with_terms_are_taken_by_who_holds_them() -> None:
    """With everything that was asked, and what it answers is the answer."""
    house = House()
    asked: list[tuple[object, ...]] = []

    class Holder:
        """Notes what it is asked."""

        def take(self, *given: object) -> OrderData:
            """Note it."""
            asked.append(given)
            return house.order

        def amend(self, order_id: str, **changes: object) -> OrderData:
            """Change nothing."""
            raise NotImplementedError

        def on_cancel(self, order_id: str) -> None:
            """Send nothing in its place."""

    house.manager.held = Holder()
    answer = house.manager.submit(
        "hand", house.lane, LONG, Offset.OPEN, 100.0, 2, OrderType.TRAILING_STOP, "why", TERMS
    )

    assert answer is house.order
    assert asked == [
        ("hand", house.lane, LONG, Offset.OPEN, 100.0, 2, OrderType.TRAILING_STOP, "why", TERMS)
    ]


def test_a_released_close_of_more_than_is_held_is_refused() -> None:
    """By the same rule as any other, which ends it."""
    house = House()
    refused = house.manager.keep_held(
        OrderRequest(
            house.manager.next_id(), SYMBOL, SHORT, Offset.CLOSE, STOP, float("nan"), 3,
            "hand", "main", "fake", at(0), "", TERMS,
        ),
        house.lane,
    )  # fmt: skip
    answer = house.manager.release_held(refused.order_id, OrderType.MARKET, float("nan"))

    assert isinstance(answer, Rejection)
    assert answer.rule == "closable"
    assert house.manager.orders[refused.order_id].phase is OrderPhase.REJECTED


def test_what_is_done_in_a_lane_is_counted_by_the_day() -> None:
    """Orders, cancels, refusals, trades and lots; the next trading day begins at 0."""
    house = House()
    house.hand.buy(100, 3)
    house.hand.buy(100, 1)
    house.venue.accept("1-2")
    house.venue.fill("1-2", volume=2)
    house.hand.cancel_order("1-2")
    house.hand.sell(100, 9)
    found = house.lane.activity
    counts = (found.orders, found.cancels, found.refused, found.trades, found.lots)
    house.engine.step(tick(price=100.0, ts_ns=at(86_400)))

    assert counts == (2, 1, 1, 1, 2)
    assert house.lane.activity is found
    assert (found.orders, found.cancels, found.refused, found.trades, found.lots) == (0,) * 5
