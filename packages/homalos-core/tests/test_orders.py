"""What an order asks, what it holds while it works, and how it is asked back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from homalos.config import AccountSettings
from homalos.errors import GatewayError, UnknownOrder
from homalos.model import (
    CancelRequest,
    Direction,
    Offset,
    OffsetRule,
    OrderData,
    OrderRequest,
    OrderType,
    PositionMode,
    Rejection,
    Status,
)
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Refusal
from homalos.strategy import Strategy
from homalos.testing import (
    INSTRUMENTS,
    OTHER,
    SYMBOL,
    FakeGateway,
    FakeMarket,
    at,
    engine,
    tick,
)

LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE = Offset.OPEN, Offset.CLOSE


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


class House:
    """An engine with one strategy, and the venue in the test's hands."""

    def __init__(
        self,
        mode: PositionMode = PositionMode.HEDGING,
        venue: FakeGateway | None = None,
        offsets: OffsetRule = OffsetRule.PLAIN,
    ) -> None:
        """Start it, and show it a first price of 100."""
        self.venue = venue or FakeGateway()
        account = AccountSettings(gateway="fake", mode=mode)
        market = FakeMarket([evolve(INSTRUMENTS[SYMBOL], offsets=offsets)])
        self.engine = engine(market=market, gateway=self.venue, accounts={"main": account})
        hand = self.engine.add_strategy(Hand, symbol=SYMBOL, name="hand")
        assert isinstance(hand, Hand)
        self.hand = hand
        self.manager = self.engine.parts.orders
        self.account = self.engine.parts.accounts.accounts["main"]
        self.holding = self.engine.parts.accounts.holding("main", SYMBOL)
        self.engine.start()
        self.engine.step(tick(price=100.0))

    def buy(self, volume: int = 3, price: float = 100) -> str:
        """Send a buy order that opens; return its id."""
        order = self.hand.buy(price, volume)
        assert isinstance(order, OrderData)
        return order.order_id

    @property
    def statuses(self) -> list[Status]:
        """Return the states that the strategy was told."""
        return [order.status for order in self.hand.orders]

    @property
    def order(self) -> OrderData:
        """Return the last state of the first order."""
        return self.manager.orders["1-1"]


def test_ids_are_the_run_and_a_count_that_refused_orders_take_part_in() -> None:
    """The same run gives the same ids, and an id names one wish for good."""

    def refuse_large(_context: object, _options: object) -> object:
        return lambda asked: Refusal("too many", asked.volume, 5) if asked.volume > 5 else None

    spec = RiskRuleSpec(name="size", factory=refuse_large)  # type: ignore[arg-type]  # made plain
    venue = FakeGateway()
    running = engine(spec, gateway=venue, run="r7")
    hand = running.add_strategy(Hand, symbol=SYMBOL)
    with running:
        asked = [hand.buy(100, 1), hand.buy(100, 6), hand.short(101, 1)]

    assert [order.order_id for order in asked] == ["r7-1", "r7-2", "r7-3"]
    assert [type(order) for order in asked] == [OrderData, Rejection, OrderData]
    assert [request.order_id for request in venue.requests] == ["r7-1", "r7-3"]


def test_an_order_carries_what_was_asked() -> None:
    """Price on the grid, offset, type, reference and the time of the decision."""
    house = House()
    house.buy(2)
    house.venue.fill()
    asked = house.hand.send_order(SHORT, CLOSE, 100.4, 2, reference="why")
    market = house.hand.send_order(LONG, OPEN, 100, 1, order_type=OrderType.MARKET)
    _, first, second = house.venue.requests

    assert isinstance(asked, OrderData)
    assert (first.direction, first.offset, first.type, first.price, first.volume) == (
        SHORT, CLOSE, OrderType.LIMIT, 100.0, 2,
    )  # fmt: skip
    assert (first.strategy, first.account, first.gateway, first.ts_ns, first.reference) == (
        "hand", "main", "fake", at(0), "why",
    )  # fmt: skip
    assert (asked.status, asked.created_ns, asked.left) == (Status.SUBMITTING, at(0), 2)
    assert second.type is OrderType.MARKET
    assert second.price != second.price
    assert isinstance(market, OrderData)


def test_an_order_that_the_venue_raised_on_is_known_and_held() -> None:
    """It may have left before the fault: what the venue says of it later must find it."""

    class Breaking(FakeGateway):
        """Raises on every order."""

        def send_order(self, request: OrderRequest) -> None:
            """Raise."""
            super().send_order(request)
            msg = "the line broke"
            raise GatewayError(msg, gateway="fake")

    house = House(venue=Breaking())
    with pytest.raises(GatewayError) as raised:
        house.hand.buy(100, 3)
    assert str(raised.value) == (
        "the gateway 'fake' raised GatewayError: the line broke when it was to send 1-1; "
        "the order counts as sent until the venue says otherwise, look there"
    )
    assert house.order.status is Status.SUBMITTING
    assert (house.holding.opening_long, [o.order_id for o in house.manager.working()]) == (
        3,
        ["1-1"],
    )


def test_a_cancel_that_the_venue_raised_on_can_be_asked_again() -> None:
    """The order stands as it stood, and nothing is under way."""

    class Breaking(FakeGateway):
        """Raises when it is to cancel."""

        def cancel_order(self, request: CancelRequest) -> None:
            """Raise."""
            if not self.cancels:
                self.cancels.append(request)
                msg = "no route"
                raise OSError(msg)
            super().cancel_order(request)

    house = House(venue=Breaking())
    order_id = house.buy(1)
    with pytest.raises(GatewayError) as raised:
        house.hand.cancel_order(order_id)
    assert str(raised.value) == (
        "the gateway 'fake' raised OSError: no route when it was to cancel 1-1; "
        "the order stands as it stood, cancel it again or at the venue"
    )
    assert house.hand.cancel_order(order_id)
    assert len(house.venue.cancels) == 2


def test_a_netting_order_says_no_offset_where_the_venue_knows_none() -> None:
    """The ledger closes what stands against it; nobody has to say so."""
    house = House(PositionMode.NETTING, offsets=OffsetRule.NONE)
    house.hand.buy(100, 1)
    house.hand.sell(100, 1)

    assert [request.offset for request in house.venue.requests] == [Offset.NONE, Offset.NONE]


def test_a_netting_order_closes_and_opens_where_the_venue_wants_to_hear_it() -> None:
    """Long 2, sell 5: a close of 2 and an opening of 3, with one id and its second part."""
    house = House(PositionMode.NETTING)
    house.buy(2)
    house.venue.fill()
    house.hand.short(100, 5)

    assert [(each.order_id, each.offset, each.volume) for each in house.venue.requests] == [
        ("1-1", OPEN, 2),
        ("1-2", CLOSE, 2),
        ("1-2.2", OPEN, 3),
    ]


def test_a_cancel_is_asked_once_and_only_of_a_working_order() -> None:
    """Asking again while one is under way is no new decision."""
    house = House()
    order_id = house.buy(1)
    asked = [house.hand.cancel_order(order_id), house.hand.cancel_order(order_id)]
    house.venue.cancel()
    asked.append(house.hand.cancel_order(order_id))

    assert asked == [True, True, False]
    assert [cancel.order_id for cancel in house.venue.cancels] == [order_id]
    assert house.order.reason == "cancelled"


def test_an_unknown_order_cannot_be_cancelled() -> None:
    """A mistyped id is an error, not a silent no."""
    house = House()
    with pytest.raises(UnknownOrder, match="'1-99'"):
        house.hand.cancel_order("1-99")


def test_a_refused_order_is_not_working_so_that_its_cancel_says_no() -> None:
    """A strategy may cancel whatever `buy` gave back, without asking first what it was."""
    spec = RiskRuleSpec(name="no", factory=lambda *_: lambda _: Refusal("no", 1, 0))
    running = engine(spec)
    hand = running.add_strategy(Hand, symbol=SYMBOL)
    with running:
        refused = hand.buy(100, 1)

        assert isinstance(refused, Rejection)
        assert not refused.is_active
        assert hand.cancel_order(refused) is False


def test_a_cancel_may_cross_the_last_fill() -> None:
    """The venue refuses it, too late; the order is traded and the position counted."""
    house = House()
    order_id = house.buy(1)
    house.venue.accept()
    house.hand.cancel_order(order_id)
    house.venue.fill()
    house.venue.refuse_cancel()

    assert house.statuses == [Status.NOTTRADED, Status.ALLTRADED]
    assert house.hand.pos == 1
    assert house.manager.ignored == {"duplicate": 0, "late": 1, "unknown": 0}


def test_after_a_refused_cancel_the_order_stands_and_can_be_cancelled_again() -> None:
    """The refusal ends the cancel, not the order."""
    house = House()
    order_id = house.buy(1)
    house.hand.cancel_order(order_id)
    house.venue.refuse_cancel()
    house.hand.cancel_order(order_id)

    assert len(house.venue.cancels) == 2
    assert [order.order_id for order in house.hand.active_orders()] == [order_id]


def test_a_rejection_by_the_venue_lets_go_of_everything_held() -> None:
    """Working lots and frozen margin are back where they were."""
    house = House()
    house.buy(3)
    held = (house.holding.opening_long, house.account.frozen)
    house.venue.reject(reason="no trading now")

    assert held == pytest.approx((3, 300))
    assert (house.holding.opening_long, house.account.frozen) == pytest.approx((0, 0))
    assert house.order.reason == "no trading now"


def test_a_part_fill_and_a_cancel_let_go_lot_by_lot() -> None:
    """3 lots frozen, 1 fills, 2 are taken back."""
    house = House()
    order_id = house.buy(3)
    frozen = [house.account.frozen]
    house.venue.fill(volume=1)
    frozen.append(house.account.frozen)
    house.hand.cancel_order(order_id)
    house.venue.cancel()
    frozen.append(house.account.frozen)

    assert frozen == pytest.approx([300, 200, 0])
    assert (house.holding.long, house.holding.opening_long) == (1, 0)


def test_a_netting_order_closes_before_it_opens() -> None:
    """Long 2, sell 5: 2 work as closing and 3 as opening, and only those need margin."""
    house = House(PositionMode.NETTING, offsets=OffsetRule.NONE)
    house.buy(2)
    house.venue.fill()
    house.hand.sell(100, 5)
    working = (house.holding.closing_long, house.holding.opening_short)
    house.venue.fill(volume=3)
    left = (house.holding.closing_long, house.holding.opening_short)

    assert working == (2, 3)
    assert left == (0, 2)
    assert house.account.frozen == pytest.approx(200)
    assert house.hand.pos == -1


def test_decisions_are_hashed_in_their_order() -> None:
    """Requests and cancels make the fingerprint; what the venue says does not."""
    first, second, third = House(), House(), House()
    for house in (first, second, third):
        house.buy(1)
    first.venue.accept()
    before = first.manager.decisions.hexdigest()
    third.hand.cancel_order("1-1")

    assert before == second.manager.decisions.hexdigest()
    assert before != third.manager.decisions.hexdigest()


def test_margin_and_fees_of_working_orders_are_held_until_they_fill_or_end() -> None:
    """At 4,000 x 300 a lot is 1,200,000: short 0.15 and 30 a lot, fees 0.00002, 5 to close today.

    To open short holds 180,000 + 30 + 24 a lot, long 144,000 + 30 + 24; a plain close holds
    what it can cost at most, 24 + 5, since nobody knows yet which lots it will take.
    """
    contract = evolve(
        INSTRUMENTS[OTHER], margin_rate_short=Decimal("0.15"), margin_per_lot=Decimal(30)
    )
    venue = FakeGateway()
    running = engine(gateway=venue, market=FakeMarket([contract]))
    hand = running.add_strategy(Hand, symbol=OTHER)
    account = running.parts.accounts.accounts["main"]
    found = []
    with running:
        running.step(tick(OTHER, 4000.0))
        hand.short(4000, 2)
        found.append(account.frozen)
        venue.cancel()
        hand.buy(4000, 2)
        found.append(account.frozen)
        venue.fill()
        found.append(account.frozen)
        hand.sell(4000, 2)
        found.append(account.frozen)
        venue.fill(volume=1)
        found.append(account.frozen)
        venue.cancel()
        found.append(account.frozen)
    assert found == pytest.approx([360_108, 288_108, 0, 58, 29, 0])
