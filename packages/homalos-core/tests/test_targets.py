"""`set_target_pos`: the orders that lead from what is held to what shall be held."""

from __future__ import annotations

from math import isnan

import pytest

from homalos.config import AccountSettings
from homalos.model import Direction, Offset, OrderData, OrderType, PositionMode
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Refusal
from homalos.strategy import Strategy
from homalos.testing import OTHER, SYMBOL, FakeGateway, engine, tick

LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE = Offset.OPEN, Offset.CLOSE
Wanted = tuple[Direction, Offset, int]


class Aim(Strategy):
    """Aims where the test says, or anew when an order is over.

    Attributes:
        then: A target to set when the next order is over; `None` for none.
    """

    then: int | None = None

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""

    def on_order(self, order: OrderData) -> None:
        """Set the target kept for this moment."""
        if not order.is_active and self.then is not None:
            target, self.then = self.then, None
            self.set_target_pos(target, price=100)


class Range:
    """An engine with one strategy that aims, and the venue in the test's hands."""

    def __init__(self, mode: PositionMode = PositionMode.HEDGING, *, rule: bool = False) -> None:
        """Start it; with a rule every order is refused."""
        self.venue = FakeGateway()
        rules = [RiskRuleSpec(name="no", factory=lambda *_: lambda _: Refusal("no", 1, 0))]
        accounts = {"main": AccountSettings(gateway="fake", mode=mode)}
        self.engine = engine(*rules[: int(rule)], gateway=self.venue, accounts=accounts)
        aim = self.engine.add_strategy(Aim, symbols=(SYMBOL, OTHER))
        assert isinstance(aim, Aim)
        self.aim = aim
        self._looked = 0
        self.engine.start()
        self.engine.step(tick(price=100.0))

    def hold(self, lots: int) -> None:
        """Have the strategy hold a net position; short is negative."""
        (self.aim.buy if lots > 0 else self.aim.short)(100, abs(lots))
        self.venue.fill()
        self.asked()

    def asked(self) -> list[Wanted]:
        """Return the orders sent to the venue since the last look."""
        new = self.venue.requests[self._looked :]
        self._looked = len(self.venue.requests)
        return [(request.direction, request.offset, request.volume) for request in new]

    def take_back(self) -> None:
        """Have the venue take back every order that a cancel was asked for."""
        for asked in list(self.venue.cancels):
            if asked.order_id in self.venue.working_orders():
                self.venue.cancel(asked.order_id)


@pytest.mark.parametrize(
    ("held", "target", "orders"),
    [
        (0, 3, [(LONG, OPEN, 3)]),
        (0, -3, [(SHORT, OPEN, 3)]),
        (2, 3, [(LONG, OPEN, 1)]),
        (3, 1, [(SHORT, CLOSE, 2)]),
        (-3, -1, [(LONG, CLOSE, 2)]),
        (2, 0, [(SHORT, CLOSE, 2)]),
        (2, -3, [(SHORT, CLOSE, 2), (SHORT, OPEN, 3)]),
        (-2, 1, [(LONG, CLOSE, 2), (LONG, OPEN, 1)]),
        (2, 2, []),
        (0, 0, []),
    ],
)
def test_a_hedging_account_closes_what_it_holds_and_then_opens(
    held: int, target: int, orders: list[Wanted]
) -> None:
    """Two orders where the sign turns, one where it does not."""
    site = Range()
    if held:
        site.hold(held)
    site.aim.set_target_pos(target)

    assert site.asked() == orders


@pytest.mark.parametrize(
    ("held", "target", "orders"),
    [
        (0, 3, [(LONG, OPEN, 3)]),
        (3, 1, [(SHORT, CLOSE, 2)]),
        (2, -3, [(SHORT, CLOSE, 2), (SHORT, OPEN, 3)]),
        (2, 2, []),
    ],
)
def test_a_netting_account_closes_first(held: int, target: int, orders: list[Wanted]) -> None:
    """What stands against the target is closed, the rest opened, as the venue wants to hear."""
    site = Range(PositionMode.NETTING)
    if held:
        site.hold(held)
    site.aim.set_target_pos(target)

    assert site.asked() == orders


def test_without_a_price_the_orders_are_market_orders() -> None:
    """With one they are limit orders at it, on the grid."""
    site = Range()
    site.aim.set_target_pos(1)
    site.aim.set_target_pos(1, symbol=OTHER, price=10.07)
    market, limit = site.venue.requests

    assert (market.type, isnan(market.price)) == (OrderType.MARKET, True)
    assert (limit.type, limit.price, limit.symbol) == (OrderType.LIMIT, 10.0, OTHER)


def test_the_same_target_again_waits_for_the_orders_that_lead_there() -> None:
    """Also when part of them has filled."""
    site = Range()
    site.aim.set_target_pos(3, price=100)
    site.aim.set_target_pos(3, price=100)
    site.venue.fill(volume=1)
    site.aim.set_target_pos(3, price=100)

    assert site.asked() == [(LONG, OPEN, 3)]
    assert site.venue.cancels == []


def test_another_target_first_takes_back_what_stands_in_its_way() -> None:
    """The new order goes out once the old one is gone, from the position held by then."""
    site = Range()
    site.aim.set_target_pos(3, price=100)
    site.venue.fill(volume=1)
    site.aim.set_target_pos(-1, price=99)
    before = site.asked()
    site.take_back()

    assert before == [(LONG, OPEN, 3)]
    assert site.asked() == [(SHORT, CLOSE, 1), (SHORT, OPEN, 1)]
    assert site.venue.requests[-1].price == 99


def test_only_orders_of_the_same_symbol_stand_in_the_way() -> None:
    """A working order in another symbol is left alone."""
    site = Range()
    site.aim.buy(10.0, 1, symbol=OTHER)
    site.aim.set_target_pos(1)

    assert site.asked() == [(LONG, OPEN, 1), (LONG, OPEN, 1)]
    assert site.venue.cancels == []


def test_the_last_target_of_several_counts() -> None:
    """While the first order is being taken back the target changes twice."""
    site = Range()
    site.aim.set_target_pos(3, price=100)
    site.aim.set_target_pos(-1, price=100)
    site.aim.set_target_pos(2, price=100)
    site.asked()
    site.take_back()

    assert site.asked() == [(LONG, OPEN, 2)]
    assert len(site.venue.cancels) == 1


def test_going_back_to_the_first_target_does_not_trust_an_order_being_taken_back() -> None:
    """Its cancel is under way: once it is gone, it is sent anew."""
    site = Range()
    site.aim.set_target_pos(1, price=100)
    site.aim.set_target_pos(0)
    site.aim.set_target_pos(1, price=100)
    site.asked()
    site.take_back()

    assert site.asked() == [(LONG, OPEN, 1)]


def test_a_cancel_that_crosses_the_fill_leads_to_the_target_all_the_same() -> None:
    """The order fills before it could be taken back; what it bought is sold."""
    site = Range()
    site.aim.set_target_pos(2, price=100)
    site.aim.set_target_pos(0)
    site.asked()
    site.venue.fill()
    site.venue.refuse_cancel("1-1")

    assert site.asked() == [(SHORT, CLOSE, 2)]
    site.venue.fill(price=100)
    assert site.aim.pos == 0


def test_a_target_set_when_an_order_ends_is_not_undone_by_an_older_one() -> None:
    """`on_order` aims at 5 at the very moment that the older target of 1 could go on."""
    site = Range()
    site.aim.set_target_pos(3, price=100)
    site.aim.set_target_pos(1, price=100)
    site.aim.then = 5
    site.asked()
    site.take_back()
    first = site.asked()
    site.venue.fill()

    assert first == [(LONG, OPEN, 5)]
    assert site.asked() == []
    assert site.aim.pos == 5


def test_what_a_rule_refuses_is_not_tried_again() -> None:
    """Until the next call, which is refused anew."""
    site = Range(rule=True)
    site.aim.set_target_pos(1)
    site.engine.step(tick(price=101.0))

    assert site.asked() == []
    assert site.engine.parts.risk.refused == 1
    site.aim.set_target_pos(1)
    assert site.engine.parts.risk.refused == 2


def test_what_the_venue_rejects_is_not_tried_again() -> None:
    """The next call sends it anew."""
    site = Range()
    site.aim.set_target_pos(1)
    site.venue.reject()
    after = site.asked()
    site.aim.set_target_pos(1)

    assert after == [(LONG, OPEN, 1)]
    assert site.asked() == [(LONG, OPEN, 1)]


def test_a_stopped_strategy_forgets_its_targets() -> None:
    """The order in the way is gone when it runs again; nothing follows it."""
    site = Range()
    site.aim.set_target_pos(3, price=100)
    site.aim.set_target_pos(1, price=100)
    site.asked()
    site.engine.parts.strategies.stop(site.aim.name)
    site.engine.parts.strategies.start(site.aim.name)
    site.take_back()

    assert site.asked() == []
