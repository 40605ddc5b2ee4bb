"""What engine and venue do not agree on, said in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest
from msgspec.structs import replace

from homalos.engine.agreement import disagreements, order_differences, trade_differences
from homalos.model import (
    Direction,
    Offset,
    OrderData,
    OrderPhase,
    OrderReport,
    OrderType,
    Status,
    TradeData,
    TradeReport,
)
from homalos.plugins.ports import VenueEvent, VenueFunds, VenuePosition
from homalos.strategy import Strategy
from homalos.testing import SYMBOL, FakeGateway, engine, tick

LONG = Direction.LONG
TRADE = TradeReport("1-1", "T1", SYMBOL, LONG, Offset.OPEN, 100.0, 2, 5, 20240102)
BOOKED = TradeData(
    "T1", "1-1", SYMBOL, LONG, Offset.OPEN, 100.0, 2, 5, 20240102, "s", "main", "sim"
)
NAMED = f"trade T1 (long open 2 {SYMBOL} at 100)"


def order(status: Status, traded: int = 0, phase: OrderPhase = OrderPhase.RESTING) -> OrderData:
    """Return an order of three lots as the engine has it."""
    return OrderData(
        "1-1", SYMBOL, LONG, Offset.OPEN, OrderType.LIMIT, 100.0, 3, traded, status, "s", "main",
        "sim", 1, 2, phase=phase,
    )  # fmt: skip


def report(status: Status) -> OrderReport:
    """Return a word of the venue's."""
    return OrderReport("1-1", status, 3)


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        (order(Status.NOTTRADED), [report(Status.NOTTRADED)]),
        (order(Status.PARTTRADED, 2), [TRADE, report(Status.NOTTRADED)]),
        (order(Status.ALLTRADED, 3), [TRADE, replace(TRADE, trade_id="T2", volume=1)]),
        (order(Status.CANCELLED, 2), [TRADE, report(Status.CANCELLED)]),
        (order(Status.CANCELLED, 2), [TRADE, report(Status.REJECTED)]),
        (order(Status.REJECTED), [report(Status.REJECTED)]),
        # It never reached the venue, which has nothing to say of it.
        (order(Status.REJECTED), []),
        (order(Status.SUBMITTING, phase=OrderPhase.HELD), []),
    ],
)
def test_an_order_that_both_have_alike_is_no_difference(
    ours: OrderData, said: Sequence[OrderReport | TradeReport]
) -> None:
    """The venue's state follows from all that it has said."""
    assert order_differences({"1-1": ours}, said) == []


@pytest.mark.parametrize(
    ("ours", "said", "told"),
    [
        (
            order(Status.NOTTRADED),
            [],
            "order 1-1: the engine has it nottraded, 0 filled; the venue never heard of it",
        ),
        (
            order(Status.REJECTED),
            [report(Status.NOTTRADED)],
            "order 1-1: the engine has it rejected, 0 filled; the venue has it nottraded, 0 filled",
        ),
        (
            order(Status.NOTTRADED),
            [report(Status.NOTTRADED), TRADE],
            (
                "order 1-1: the engine has it nottraded, 0 filled; "
                "the venue has it parttraded, 2 filled"
            ),
        ),
    ],
)
def test_an_order_that_they_have_otherwise_is_told(
    ours: OrderData, said: Sequence[OrderReport | TradeReport], told: str
) -> None:
    """What either has, and how much of it is filled."""
    assert order_differences({"1-1": ours}, said) == [told]


def test_an_order_of_the_venue_alone_is_told() -> None:
    """Somebody else sent it, or the engine lost it."""
    assert order_differences({}, [report(Status.NOTTRADED)]) == [
        "order 1-1 is known to the venue alone"
    ]


def test_trades_are_compared_one_by_one() -> None:
    """By order, id and day; price, lots and side must be the same, and each booked once."""
    assert trade_differences([BOOKED], [TRADE]) == []
    assert trade_differences([], [TRADE]) == [f"{NAMED} was made at the venue, and is not booked"]
    assert trade_differences([BOOKED], []) == [f"{NAMED} is booked, and the venue never made it"]
    assert trade_differences([BOOKED, BOOKED], [TRADE]) == [f"{NAMED} is booked 2 times"]
    assert trade_differences([BOOKED], [replace(TRADE, price=101.0)]) == [
        f"{NAMED} is trade T1 (long open 2 {SYMBOL} at 101) at the venue"
    ]


class Honest(FakeGateway):
    """A venue that says what the test has put there, and keeps what it has said."""

    held: Sequence[VenuePosition] | None = ()
    money: VenueFunds | None = None

    def __init__(self) -> None:
        """Begin with nothing said."""
        super().__init__()
        self.said: list[OrderReport | TradeReport] = []

    def report(self, event: VenueEvent) -> None:
        """Say something, and keep it."""
        if isinstance(event, OrderReport | TradeReport):
            self.said.append(event)
        super().report(event)

    def positions(self, account: str) -> Sequence[VenuePosition] | None:
        """Return what is held; the account is the only one."""
        assert account == "main"
        return self.held

    def funds(self, account: str) -> VenueFunds | None:
        """Return the money."""
        assert account == "main"
        return self.money

    def heal(self) -> None:
        """Do nothing: no faults are made here."""

    def faults(self) -> Mapping[str, int]:
        """Return none."""
        return {}

    def reports(self) -> Sequence[OrderReport | TradeReport]:
        """Return what was said."""
        return self.said


class Hand(Strategy):
    """Trades as the test says."""

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""


def test_lots_and_cents_are_compared_with_what_the_venue_says() -> None:
    """2 bought at 100 and worth as much: 1,000,000, without fees; 2 lots are held."""
    venue = Honest()
    house = engine(gateway=venue)
    hand = house.add_strategy(Hand, symbol=SYMBOL, name="hand")
    with house:
        house.step(tick())
        hand.buy(100, 2)
        venue.fill()
        parts = house.parts
        ours = parts.accounts.account_data("main", parts.loop.trading_day)
        venue.held = [VenuePosition(SYMBOL, LONG, 0, 2)]
        venue.money = VenueFunds(equity=ours.equity, margin=ours.margin, fees=ours.fees)
        assert disagreements(parts) == ()
        # The margin is not looked at before the settlement.
        venue.money = VenueFunds(
            equity=ours.equity + Decimal("0.01"), margin=Decimal(7), fees=ours.fees - Decimal(1)
        )
        venue.held = None
        more = ours.equity + Decimal("0.01")
        assert disagreements(parts) == (
            "account main: its venue cannot say what it holds",
            f"account main: equity is {ours.equity:.2f} here and {more:.2f} at the venue",
            f"account main: fees is {ours.fees:.2f} here and {ours.fees - 1:.2f} at the venue",
        )
        venue.money = None
        assert "account main: its venue cannot say what it is worth" in disagreements(parts)


def test_after_the_settlement_every_lot_is_of_an_earlier_day_and_margin_counts() -> None:
    """The venue may still call the lots today's: the day is over for one of them only."""
    venue = Honest()
    house = engine(gateway=venue)
    hand = house.add_strategy(Hand, symbol=SYMBOL, name="hand")
    with house:
        house.step(tick())
        hand.buy(100, 2)
        venue.fill()
    parts = house.parts
    ours = parts.accounts.account_data("main", parts.loop.trading_day)
    venue.held = [VenuePosition(SYMBOL, LONG, 0, 2)]
    venue.money = VenueFunds(equity=ours.equity, margin=Decimal(7), fees=ours.fees)
    assert disagreements(parts) == (
        f"account main: margin is {ours.margin:.2f} here and 7.00 at the venue",
    )
