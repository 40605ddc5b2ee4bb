"""What the venue says of an order, and what of it is believed."""

from __future__ import annotations

from functools import partial

import pytest

from homalos.config import AccountSettings, GatewaySettings
from homalos.engine.orders import LEGAL
from homalos.model import (
    CancelRefused,
    Direction,
    Offset,
    OrderData,
    OrderReport,
    PositionMode,
    Status,
    TradeData,
    TradeReport,
)
from homalos.plugins import GatewaySpec
from homalos.plugins.ports import GatewayContext
from homalos.strategy import Strategy
from homalos.testing import DAY, SYMBOL, FakeGateway, at, engine, tick

LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE = Offset.OPEN, Offset.CLOSE
SUBMITTING, NOTTRADED, PARTTRADED = Status.SUBMITTING, Status.NOTTRADED, Status.PARTTRADED
ALLTRADED, CANCELLED, REJECTED = Status.ALLTRADED, Status.CANCELLED, Status.REJECTED

# Written down once more, beside the code's own table.
ALLOWED = {
    SUBMITTING: {NOTTRADED, PARTTRADED, ALLTRADED, CANCELLED, REJECTED},
    NOTTRADED: {PARTTRADED, ALLTRADED, CANCELLED, REJECTED},
    PARTTRADED: {PARTTRADED, ALLTRADED, CANCELLED},
    ALLTRADED: set(),
    CANCELLED: set(),
    REJECTED: set(),
}


class Hand(Strategy):
    """Trades as the test says, and keeps what it hears."""

    def on_init(self) -> None:
        """Begin with nothing."""
        self.orders: list[OrderData] = []
        self.trades: list[TradeData] = []
        self.order_positions: list[int] = []

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""

    def on_order(self, order: OrderData) -> None:
        """Keep an order's state, and the position at that moment."""
        self.orders.append(order)
        self.order_positions.append(self.pos)

    def on_trade(self, trade: TradeData) -> None:
        """Keep a fill."""
        self.trades.append(trade)


class House:
    """An engine with one strategy, and the venue in the test's hands."""

    def __init__(self, mode: PositionMode = PositionMode.HEDGING) -> None:
        """Start it, and show it a first price of 100."""
        self.venue = FakeGateway()
        account = AccountSettings(gateway="fake", mode=mode)
        self.engine = engine(gateway=self.venue, accounts={"main": account})
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

    def report(self, status: Status, *, traded: int = 0, order_id: str = "1-1") -> None:
        """Have the venue say that."""
        self.venue.report(OrderReport(order_id, status, at(1), traded, "V9", "said so"))

    def trade(self, volume: int = 1, trade_id: str = "T1", *, order_id: str = "1-1") -> None:
        """Have the venue fill lots of a buy order at 100."""
        self.venue.report(
            TradeReport(order_id, trade_id, SYMBOL, LONG, OPEN, 100.0, volume, at(1), DAY)
        )

    @property
    def statuses(self) -> list[Status]:
        """Return the states that the strategy was told."""
        return [order.status for order in self.hand.orders]

    @property
    def order(self) -> OrderData:
        """Return the last state of the first order."""
        return self.manager.orders["1-1"]


def test_the_table_of_transitions_is_the_one_of_the_state_machine() -> None:
    """Nothing leads out of a terminal state, and nothing back."""
    assert {status: set(to) for status, to in LEGAL.items()} == ALLOWED


def test_an_order_goes_from_submitting_over_fills_to_traded() -> None:
    """Each step is told once, with the lots filled so far, after its trade was counted."""
    house = House()
    house.buy(3)
    house.venue.accept()
    house.venue.fill(volume=1)
    house.venue.fill()

    assert [(order.status, order.traded) for order in house.hand.orders] == [
        (NOTTRADED, 0),
        (PARTTRADED, 1),
        (ALLTRADED, 3),
    ]
    assert [trade.volume for trade in house.hand.trades] == [1, 2]
    assert house.hand.order_positions == [0, 1, 3]


@pytest.mark.parametrize(
    ("reports", "ends"),
    [
        ([NOTTRADED], NOTTRADED),
        ([CANCELLED], CANCELLED),
        ([REJECTED], REJECTED),
        ([NOTTRADED, CANCELLED], CANCELLED),
        ([NOTTRADED, REJECTED], REJECTED),
    ],
)
def test_a_report_takes_an_order_along_a_legal_way(reports: list[Status], ends: Status) -> None:
    """Each report is told once."""
    house = House()
    house.buy()
    for status in reports:
        house.report(status)

    assert house.statuses == reports
    assert house.order.status is ends
    assert sum(house.manager.ignored.values()) == 0


@pytest.mark.parametrize("end", [CANCELLED, REJECTED])
@pytest.mark.parametrize("after", [NOTTRADED, PARTTRADED, ALLTRADED, CANCELLED, REJECTED])
def test_nothing_leads_out_of_a_terminal_state(end: Status, after: Status) -> None:
    """What comes after the end is counted as late and changes nothing."""
    house = House()
    house.buy()
    house.report(end)
    before = house.order
    house.report(after)

    assert house.order == before
    assert house.manager.ignored == {"duplicate": 0, "late": 1, "unknown": 0}


def test_a_filled_order_cannot_be_cancelled_or_rejected_any_more() -> None:
    """All its lots are traded; the venue's second word is late."""
    house = House()
    house.buy(1)
    house.trade(1)
    house.report(CANCELLED, traded=1)
    house.report(REJECTED)

    assert house.order.status is ALLTRADED
    assert house.manager.ignored["late"] == 2


def test_an_order_that_has_traded_cannot_be_rejected() -> None:
    """It works on: a fill cannot be unmade."""
    house = House()
    house.buy(3)
    house.trade(1)
    house.report(REJECTED, traded=1)

    assert (house.order.status, house.order.traded) == (PARTTRADED, 1)
    assert house.manager.ignored["late"] == 1


def test_a_reject_that_tells_of_fills_still_to_come_cancels_what_they_leave() -> None:
    """A venue that filled two lots did not reject the order, whatever it calls the end."""
    house = House()
    house.buy(3)
    house.report(REJECTED, traded=2)
    house.trade(1, "T1")
    house.trade(1, "T2")

    assert house.statuses == [NOTTRADED, PARTTRADED, CANCELLED]
    assert (house.order.traded, house.manager.working()) == (2, [])


@pytest.mark.parametrize("status", [NOTTRADED, PARTTRADED, ALLTRADED])
def test_a_report_never_brings_fills(status: Status) -> None:
    """Fills come as trades; a report that runs ahead of them only says that it has arrived."""
    house = House()
    house.buy(3)
    house.report(status, traded=2)
    house.report(status, traded=2)

    assert (house.order.status, house.order.traded) == (NOTTRADED, 0)
    assert house.manager.ignored["duplicate"] == 1


def test_a_fill_may_overtake_the_acknowledgement() -> None:
    """The order is part traded at once; the late acknowledgement still brings the venue's id."""
    house = House()
    house.buy(3)
    house.trade(1)
    house.report(NOTTRADED)

    assert house.statuses == [PARTTRADED, PARTTRADED]
    assert (house.order.traded, house.order.venue_order_id) == (1, "V9")


def test_a_trade_counts_once_however_often_it_is_reported() -> None:
    """The same id of the same order on the same day is the same trade."""
    house = House()
    house.buy(3)
    house.trade(1, "T1")
    house.trade(1, "T1")
    house.trade(1, "T2")

    assert (house.order.traded, house.hand.pos, len(house.manager.trades)) == (2, 2, 2)
    assert house.manager.ignored["duplicate"] == 1


def test_two_venues_may_give_the_same_id_to_two_trades() -> None:
    """Each counts from T1; one is not the other's duplicate."""

    def attach(venue: FakeGateway, context: GatewayContext, _options: object) -> FakeGateway:
        return venue.attach(context)

    venues = [FakeGateway(), FakeGateway()]
    specs = [
        GatewaySpec(
            name=f"kind{place}",
            factory=partial(attach, venue),
            in_process=True,
        )
        for place, venue in enumerate(venues)
    ]
    running = engine(
        specs[1],
        gateway=specs[0],
        gateways={"a": GatewaySettings(kind="kind0"), "b": GatewaySettings(kind="kind1")},
        accounts={"one": AccountSettings(gateway="a"), "two": AccountSettings(gateway="b")},
    )
    hands = [
        running.add_strategy(Hand, symbol=SYMBOL, name=name, account=name)
        for name in ("one", "two")
    ]
    with running:
        running.step(tick())
        for hand, venue in zip(hands, venues, strict=True):
            hand.buy(100, 1)
            venue.fill()
        running.parts.loop.flush()

        assert [hand.pos for hand in hands] == [1, 1]
        assert [trade.trade_id for trade in running.parts.orders.trades] == ["T1", "T1"]


def test_a_trade_after_the_cancel_is_kept() -> None:
    """It crossed the order's end; the lots are ours, the order stays cancelled."""
    house = House()
    house.buy(3)
    house.venue.accept()
    house.report(CANCELLED)
    house.trade(2)

    assert (house.order.status, house.order.traded) == (CANCELLED, 2)
    assert (house.hand.pos, house.holding.long) == (2, 2)
    assert house.holding.opening_long == 0


def test_an_end_that_runs_ahead_of_its_trades_waits_for_them() -> None:
    """Cancelled with 3 traded, of which 1 is known: the end is told with the last of them."""
    house = House()
    house.buy(5)
    house.venue.accept()
    house.trade(1, "T1")
    house.report(CANCELLED, traded=3)
    waiting = house.order.status
    working = house.manager.working()
    house.trade(1, "T2")
    house.trade(1, "T3")

    assert waiting is PARTTRADED
    assert [order.order_id for order in working] == ["1-1"]
    assert (house.order.status, house.order.traded, house.order.reason) == (CANCELLED, 3, "said so")
    # Told of the end that is to come, too: it is over at the venue.
    assert house.statuses == [NOTTRADED, PARTTRADED, PARTTRADED, PARTTRADED, CANCELLED]
    assert house.manager.working() == []


def test_reports_of_orders_that_are_not_ours_are_counted() -> None:
    """Another session's order moves nothing here."""
    house = House()
    house.report(NOTTRADED, order_id="other")
    house.trade(order_id="other")
    house.venue.report(CancelRefused("other", "no such order", at(1)))

    assert house.manager.ignored == {"duplicate": 0, "late": 0, "unknown": 3}
    assert house.manager.trades == []
