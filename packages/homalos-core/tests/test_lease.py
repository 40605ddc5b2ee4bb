"""The dead-man lease: who falls silent, and what is left at the venue then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import pytest

from homalos.config import ControlSettings
from homalos.errors import GatewayError
from homalos.model import (
    Alert,
    CancelRequest,
    Command,
    OrderData,
    OrderRequest,
    Status,
    TradingState,
)
from homalos.plugins import GatewaySpec
from homalos.plugins.ports import GatewayContext
from homalos.strategy import Strategy
from homalos.testing import SYMBOL, FakeGateway, at, engine, tick

S = 1_000_000_000


class Holder(FakeGateway):
    """A venue of another clock, which cancels what works once the lease has run out.

    Attributes:
        renewals: When the lease was renewed, seconds of the venue's clock, and for how long.
        now: The venue's own time, seconds since the start; `pass_time` moves it.
    """

    def __init__(self) -> None:
        """Hold nothing yet."""
        super().__init__()
        self.renewals: list[tuple[float, float]] = []
        self.now: Callable[[], float] = lambda: 0.0
        self.until: float | None = None
        self.refused: list[str] = []

    def attach(self, context: GatewayContext) -> Self:
        """Go by the engine's clock until the test stops it."""
        now_ns = context.clock.now_ns
        self.now = lambda: (now_ns() - at(0)) / S
        return super().attach(context)

    def renew_lease(self, valid_ns: int) -> None:
        """Hold it for so long from now on."""
        self.renewals.append((self.now(), valid_ns / S))
        self.until = self.now() + valid_ns / S

    def pass_time(self, second: float) -> None:
        """Let the venue's time pass without a word from the engine."""
        self.now = lambda: second
        if self.until is not None and second >= self.until:
            for order_id in sorted(self.working_orders()):
                self.cancel(order_id, reason="the lease has run out")

    def send_order(self, request: OrderRequest) -> None:
        """Refuse what comes after the lease."""
        super().send_order(request)
        if self.until is not None and self.now() >= self.until:
            self.refused.append(request.order_id)
            self.report_later(request.order_id)

    def report_later(self, order_id: str) -> None:
        """Refuse an order as a venue does: after it was sent."""
        flush, self.flush = self.flush, lambda: None
        self.reject(order_id, reason="no lease is held")
        self.flush = flush


class Hand(Strategy):
    """Trades by hand, from the test."""

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""


class House:
    """An engine with a venue, and one order that works there."""

    def __init__(self, venue: FakeGateway | None = None, **control: Any) -> None:
        """Start it."""
        self.venue = venue or Holder()
        self.engine = engine(gateway=self.venue, control=ControlSettings(**control))
        self.hand = self.engine.add_strategy(Hand, symbol=SYMBOL, name="hand")
        self.alerts: list[str] = []
        self.engine.subscribe(Alert, lambda alert: self.alerts.append(alert.message))
        self.engine.start()
        self.lease = self.engine.parts.control.lease
        self.pass_to(0)
        self.hand.buy(99, 1)
        self.venue.accept()

    def pass_to(self, second: float) -> None:
        """Let the engine see an event."""
        self.engine.step(tick(ts_ns=at(second)))

    def order(self, order_id: str = "1-1") -> OrderData:
        """Return what became of an order."""
        return self.engine.parts.orders.orders[order_id]

    def alive(self) -> Any:
        """Let the operator give a sign."""
        wish = self.engine.submit(Command("risk.alive", {}))
        self.engine.parts.loop.serve()
        return wish.result(0)


def holder(house: House) -> Holder:
    """Return the venue as what it is."""
    assert isinstance(house.venue, Holder)
    return house.venue


def test_the_lease_is_renewed_three_times_in_its_time() -> None:
    """From the first event on: two signs may get lost."""
    house = House(lease_s=3)
    for second in (0.5, 1, 2, 2.5, 4):
        house.pass_to(second)

    assert holder(house).renewals == [(0, 3), (1, 3), (2, 3), (3, 3), (4, 3)]


def test_an_engine_that_falls_silent_leaves_nothing_at_the_venue() -> None:
    """After its last sign at second 2 the venue's clock goes on alone."""
    house = House(lease_s=3)
    house.pass_to(2)
    venue = holder(house)
    venue.pass_time(4.9)
    works = house.order().status
    venue.pass_time(5)

    assert works is Status.NOTTRADED
    assert (house.order().status, house.order().reason) == (
        Status.CANCELLED,
        "the lease has run out",
    )


def test_a_late_order_of_the_silent_side_is_refused() -> None:
    """Whatever the engine still sends when it wakes up, before it has renewed."""
    house = House(lease_s=3)
    house.pass_to(1)
    holder(house).pass_time(10)
    house.hand.buy(98, 1)
    house.engine.parts.loop.flush()

    assert holder(house).refused == ["1-2"]
    assert (house.order("1-2").status, house.order("1-2").reason) == (
        Status.REJECTED,
        "no lease is held",
    )


def test_without_a_lease_in_the_settings_none_is_asked_for() -> None:
    """The default: the venue watches nothing."""
    house = House()
    house.pass_to(100)

    assert holder(house).renewals == []
    assert not house.lease.is_held


def test_a_venue_that_comes_back_gets_the_lease_at_once() -> None:
    """Before the next beat an order could be refused."""
    house = House(lease_s=30)
    house.pass_to(2)
    house.venue.connect()
    house.engine.parts.loop.flush()

    assert holder(house).renewals == [(0, 30), (2, 30)]


def test_a_venue_that_cannot_hold_one_is_told_of() -> None:
    """Who relies on it must know that nobody cancels there."""
    house = House(FakeGateway(), lease_s=3)

    assert house.alerts == [
        "fake cannot hold a lease: what works there stays when this engine hangs"
    ]
    assert not house.lease.is_held


def test_a_renewal_that_fails_is_told_and_tried_again() -> None:
    """One venue's fault must not stop the engine's thread."""

    class Failing(Holder):
        """Fails the first time."""

        def renew_lease(self, valid_ns: int) -> None:
            """Raise once."""
            super().renew_lease(valid_ns)
            if len(self.renewals) == 1:
                msg = "no line"
                raise GatewayError(msg, gateway="fake")

    house = House(Failing(), lease_s=3)
    house.pass_to(1)

    assert house.alerts == ["fake: the lease could not be renewed: GatewayError('no line')"]
    assert len(holder(house).renewals) == 2


def test_an_engine_that_stops_in_order_cancels_and_renews_no_more() -> None:
    """It does not end the lease: what the cancel misses goes when that runs out."""
    house = House(lease_s=3)
    house.pass_to(1)
    house.engine.stop()

    assert [each.order_id for each in house.venue.cancels] == ["1-1"]
    assert holder(house).renewals == [(0, 3), (1, 3)]


def test_an_engine_without_a_lease_leaves_its_orders_when_it_stops() -> None:
    """As it always did."""
    house = House()
    house.engine.stop()

    assert house.venue.cancels == []


# -- the operator ------------------------------------------------------------------


def test_an_operator_who_falls_silent_ends_the_lease() -> None:
    """After 10 s nothing is renewed, only closing orders pass, and a person is told."""
    house = House(lease_s=3, operator_s=10)
    for second in range(1, 15):
        house.pass_to(second)
    venue = holder(house)
    refused = house.hand.buy(99, 1)

    assert venue.renewals[-1] == (9, 3)
    assert house.alerts[0] == (
        "no sign of the operator for 10 s: the engine only closes from now on; "
        "fake will cancel what works when the lease is over"
    )
    assert house.engine.parts.control.switches.at("engine") is TradingState.CLOSE_ONLY
    assert getattr(refused, "rule", "") == "switch"
    venue.pass_time(14)
    assert house.order().status is Status.CANCELLED


def test_a_sign_of_the_operator_counts_anew() -> None:
    """From second 6 on there are ten more."""
    house = House(lease_s=3, operator_s=10)
    house.pass_to(6)
    answer = house.alive()
    house.pass_to(15)
    held = house.lease.is_held
    house.pass_to(17)

    assert answer == {"is_held": True, "operator_seconds": 10}
    assert (held, house.lease.is_held) == (True, False)


def test_an_operator_who_comes_back_has_the_lease_renewed_at_once() -> None:
    """The switch stays until a person turns it."""
    house = House(lease_s=3, operator_s=10)
    for second in (10, 20):
        house.pass_to(second)
    before = holder(house).renewals[-1]
    house.alive()

    assert (before, holder(house).renewals[-1]) == ((9, 3), (20, 3))
    assert house.lease.is_held
    assert house.engine.parts.control.switches.at("engine") is TradingState.CLOSE_ONLY


def test_where_no_venue_holds_a_lease_the_engine_cancels_itself() -> None:
    """It is there still; only its operator is not."""
    house = House(FakeGateway(), operator_s=10)
    house.pass_to(11)

    assert [each.order_id for each in house.venue.cancels] == ["1-1"]
    assert house.alerts[0] == (
        "no sign of the operator for 10 s: the engine only closes from now on; "
        "what works at fake is cancelled from here"
    )


def test_a_cancel_that_fails_is_told() -> None:
    """The others are cancelled all the same."""

    class Deaf(FakeGateway):
        """Takes no cancels of the first order."""

        def cancel_order(self, request: CancelRequest) -> None:
            """Raise."""
            if request.order_id == "1-1":
                msg = "no line"
                raise GatewayError(msg, gateway="fake")
            super().cancel_order(request)

    house = House(Deaf(), operator_s=10)
    house.hand.buy(98, 1)
    house.pass_to(11)

    assert [each.order_id for each in house.venue.cancels] == ["1-2"]
    assert any("1-1 could not be cancelled" in each for each in house.alerts)


@pytest.mark.parametrize("kind", [Holder, FakeGateway])
def test_a_gateway_is_asked_for_what_it_can(kind: type[FakeGateway]) -> None:
    """A method of the port's name is all it takes."""
    venue = kind()
    spec = GatewaySpec(
        name="fake", factory=lambda context, _: venue.attach(context), in_process=True
    )
    running = engine(gateway=spec, control=ControlSettings(lease_s=1))

    assert running.parts.control.lease.holders == (("fake",) if kind is Holder else ())
