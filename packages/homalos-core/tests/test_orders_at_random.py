"""Orders under a venue that says anything at any time: nothing is lost, nothing stays held."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from homalos.config import AccountSettings
from homalos.model import (
    CancelRefused,
    Direction,
    Offset,
    OffsetRule,
    OrderData,
    OrderReport,
    PositionMode,
    Rejection,
    Status,
    TradeReport,
)
from homalos.strategy import Strategy
from homalos.testing import DAY, INSTRUMENTS, SYMBOL, FakeGateway, FakeMarket, at, engine, tick

if TYPE_CHECKING:
    from random import Random

LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE, TODAY = Offset.OPEN, Offset.CLOSE, Offset.CLOSETODAY

# From each state, those that an order may be told to be in next; a fill repeats PARTTRADED.
# One that was not acknowledged in time is told of as SUBMITTING, since it is unknown then.
ALLOWED = {
    Status.SUBMITTING: set(Status) - {Status.SUBMITTING},
    Status.NOTTRADED: {Status.PARTTRADED, Status.ALLTRADED, Status.CANCELLED, Status.REJECTED},
    Status.PARTTRADED: {Status.ALLTRADED, Status.CANCELLED},
    Status.ALLTRADED: set(),
    Status.CANCELLED: set(),
    Status.REJECTED: set(),
}
WORKING = [Status.NOTTRADED, Status.PARTTRADED, Status.ALLTRADED]


class Hand(Strategy):
    """Trades as the machine says, and keeps what it hears."""

    def on_init(self) -> None:
        """Begin with nothing."""
        self.orders: list[OrderData] = []

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""

    def on_order(self, order: OrderData) -> None:
        """Keep an order's state."""
        self.orders.append(order)


class OrderMachine(RuleBasedStateMachine):
    """A venue that says legal and illegal things in any order, twice, late and too early."""

    mode = PositionMode.HEDGING
    offsets = OffsetRule.PLAIN

    def __init__(self) -> None:
        super().__init__()
        self.venue = FakeGateway()
        account = AccountSettings(gateway="fake", mode=self.mode)
        contract = evolve(INSTRUMENTS[SYMBOL], offsets=self.offsets)
        self.engine = engine(
            gateway=self.venue, accounts={"main": account}, market=FakeMarket([contract])
        )
        self.day = 0
        hand = self.engine.add_strategy(Hand, symbol=SYMBOL)
        assert isinstance(hand, Hand)
        self.hand = hand
        self.manager = self.engine.parts.orders
        self.account = self.engine.parts.accounts.accounts["main"]
        self.holding = self.engine.parts.accounts.holding("main", SYMBOL)
        self.engine.start()
        self.engine.step(tick(price=100.0))
        self.sent: dict[str, int] = {}
        self.filled: dict[str, int] = {}
        self.trades: list[TradeReport] = []

    def report(self, status: Status, *, traded: int, order_id: str) -> None:
        """Have the venue say that."""
        self.venue.report(OrderReport(order_id, status, at(1), traded, "V9"))

    @rule(
        buys=st.booleans(),
        opens=st.booleans(),
        volume=st.integers(1, 4),
        price=st.integers(90, 110),
    )
    def send(self, buys: bool, opens: bool, volume: int, price: int) -> None:  # noqa: FBT001  drawn
        """Send an order."""
        holding = self.holding
        if buys:
            closable = holding.short - holding.closing_short
        else:
            closable = holding.long - holding.closing_long
        order = self.hand.send_order(
            LONG if buys else SHORT, OPEN if opens else CLOSE, price, volume
        )
        if isinstance(order, Rejection):
            assert (order.rule, opens, self.mode) == ("closable", False, PositionMode.HEDGING)
            assert order.limit < volume
            if self.offsets is OffsetRule.PLAIN:
                assert order.limit == max(closable, 0)
            return
        parts = [each for each in self.venue.requests if each.order_id not in self.sent]
        assert sum(each.volume for each in parts) == volume
        assert parts[0].order_id == order.order_id
        for part in parts:
            self.sent[part.order_id] = part.volume
            self.filled[part.order_id] = 0

    @precondition(lambda self: self.sent)
    @rule(chance=st.randoms(use_true_random=False), lots=st.integers(1, 4))
    def fill(self, chance: Random, lots: int) -> None:
        """Fill some order, also one that has ended."""
        order_id = chance.choice(sorted(self.sent))
        lots = min(lots, self.sent[order_id] - self.filled[order_id])
        if lots:
            request = next(r for r in self.venue.requests if r.order_id == order_id)
            trade = TradeReport(
                order_id, f"T{len(self.trades)}", SYMBOL, request.direction, request.offset,
                request.price, lots, at(1), DAY + self.day,
            )  # fmt: skip
            self.trades.append(trade)
            self.filled[order_id] += lots
            self.venue.report(trade)

    @precondition(lambda self: self.trades)
    @rule(chance=st.randoms(use_true_random=False))
    def repeat(self, chance: Random) -> None:
        """Report some trade once more."""
        self.venue.report(chance.choice(self.trades))

    @precondition(lambda self: self.sent)
    @rule(chance=st.randoms(use_true_random=False), status=st.sampled_from(WORKING))
    def say(self, chance: Random, status: Status) -> None:
        """Report that some order works, or more than is true."""
        order_id = chance.choice(sorted(self.sent))
        self.report(status, traded=self.sent[order_id], order_id=order_id)

    @precondition(lambda self: self.sent)
    @rule(
        chance=st.randoms(use_true_random=False),
        status=st.sampled_from([Status.CANCELLED, Status.REJECTED]),
        ahead=st.integers(0, 2),
    )
    def end(self, chance: Random, status: Status, ahead: int) -> None:
        """Report the end of some order, perhaps ahead of fills that are still to come."""
        order_id = chance.choice(sorted(self.sent))
        traded = min(self.filled[order_id] + ahead, self.sent[order_id])
        self.report(status, traded=traded, order_id=order_id)

    @precondition(lambda self: self.sent)
    @rule(chance=st.randoms(use_true_random=False))
    def cancel(self, chance: Random) -> None:
        """Ask for some order back."""
        self.hand.cancel_order(chance.choice(sorted(self.sent)))

    @rule()
    def refuse_cancels(self) -> None:
        """Refuse every cancel there was."""
        for asked in list(self.venue.cancels):
            self.venue.report(CancelRefused(asked.order_id, "no", at(1)))

    @invariant()
    def every_fill_is_counted_once(self) -> None:
        """Lots traded are those of the trades, by order and in all."""
        orders = self.manager.orders
        assert {key: order.traded for key, order in orders.items()} == self.filled
        signed = [t.volume if t.direction is LONG else -t.volume for t in self.trades]
        assert self.hand.pos == sum(signed)

    @invariant()
    def states_follow_each_other_legally(self) -> None:
        """From each state told to the next, along the table; lots filled never fall."""
        for order_id in self.sent:
            told = [order for order in self.hand.orders if order.order_id == order_id]
            for before, after in pairwise(told):
                same = after.status is before.status
                assert same or after.status in ALLOWED[before.status]
                assert after.traded >= before.traded

    @invariant()
    def what_works_is_what_is_held(self) -> None:
        """Working lots by side are those left of the working orders."""
        holding, working = self.holding, self.manager.working()
        left = {
            side: sum(order.left for order in working if order.direction is side)
            for side in (LONG, SHORT)
        }
        assert holding.opening_long + holding.closing_short == left[LONG]
        assert holding.opening_short + holding.closing_long == left[SHORT]
        if self.mode is PositionMode.HEDGING:
            frozen = sum(order.price * order.left for order in working if order.offset is OPEN)
            assert self.account.frozen == pytest.approx(frozen, abs=1e-6)

    @invariant()
    def lots_of_today_that_are_being_closed_are_those_of_the_orders(self) -> None:
        """Each working order says which lots it closes; never fewer than none.

        One that outlived its day closes lots of an earlier one.
        """
        holding, began = self.holding, at(self.day * 86_400)
        working = [each for each in self.manager.working() if each.created_ns >= began]
        found = {
            side: sum(o.left for o in working if (o.direction, o.offset) == (side, TODAY))
            for side in (LONG, SHORT)
        }
        assert (holding.closing_short_today, holding.closing_long_today) == (
            found[LONG], found[SHORT],
        )  # fmt: skip
        assert 0 <= holding.closing_long_today <= holding.closing_long
        assert 0 <= holding.closing_short_today <= holding.closing_short

    def teardown(self) -> None:
        """End every order with what it has filled, and find nothing held any more."""
        for order_id, lots in self.filled.items():
            self.report(Status.CANCELLED, traded=lots, order_id=order_id)
        holding = self.holding
        assert self.manager.working() == []
        assert [
            holding.opening_long, holding.opening_short,
            holding.closing_long, holding.closing_short,
        ] == [0, 0, 0, 0]  # fmt: skip
        assert self.account.frozen == pytest.approx(0, abs=1e-6)
        assert self.hand.active_orders() == []
        self.engine.stop()


class NettingMachine(OrderMachine):
    """The same in an account whose orders close before they open."""

    mode = PositionMode.NETTING


class DatedMachine(OrderMachine):
    """The same at a venue that wants closes dated, over several trading days."""

    offsets = OffsetRule.DATED

    @rule()
    def next_day(self) -> None:
        """Let a trading day begin, whatever is still at work."""
        if self.day < 20:
            self.day += 1
            self.engine.step(tick(price=100.0, ts_ns=at(self.day * 86_400)))
            assert (self.holding.long_today, self.holding.short_today) == (0, 0)


TestHedging = OrderMachine.TestCase
TestHedging.settings = settings(max_examples=30, stateful_step_count=30)
TestDated = DatedMachine.TestCase
TestDated.settings = settings(max_examples=60, stateful_step_count=40)
TestNetting = NettingMachine.TestCase
TestNetting.settings = settings(max_examples=30, stateful_step_count=30)
