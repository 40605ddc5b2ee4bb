"""The dead-man lease with the simulated venue: who falls silent has nothing working there."""

from __future__ import annotations

from typing import Any

import pytest

from homalos.config import AccountSettings, ControlSettings, GatewaySettings
from homalos.model import Alert, Command, OrderData, Rejection, Status
from homalos.strategy import Strategy
from homalos.testing import SYMBOL, at, engine, tick
from homalos_sim import plugin as sim


class Idle(Strategy):
    """Trades as the test says."""

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""


class House:
    """An engine on the simulated venue, with one order far from the market."""

    def __init__(self, **control: Any) -> None:
        """Send it."""
        self.engine = engine(
            plugins=[sim],
            gateways={"sim": GatewaySettings(kind="sim")},
            accounts={"main": AccountSettings(gateway="sim")},
            control=ControlSettings(**control),
        )
        self.hand = self.engine.add_strategy(Idle, symbol=SYMBOL, name="idle")
        self.alerts: list[str] = []
        self.engine.subscribe(Alert, lambda alert: self.alerts.append(alert.message))
        self.engine.start()
        self.pass_to(0)
        self.order = self.hand.buy(90, 1)
        self.pass_to(1)

    def pass_to(self, second: float) -> None:
        """Let the market move nothing but the clock."""
        self.engine.step(tick(ts_ns=at(second)))

    def state(self, order: OrderData | Rejection) -> OrderData:
        """Return what became of an order."""
        assert isinstance(order, OrderData), order
        return self.engine.parts.orders.orders[order.order_id]

    def say(self, name: str, **arguments: Any) -> Any:
        """Have a command carried out."""
        wish = self.engine.submit(Command(name, arguments))
        self.engine.parts.loop.serve()
        return wish.result(0)


def test_as_long_as_signs_come_the_order_works() -> None:
    """A minute without any event is no silence: the engine's timers run in it."""
    house = House(lease_s=3)
    for second in (2, 62, 122):
        house.pass_to(second)

    assert house.state(house.order).status is Status.NOTTRADED


def test_without_signs_nothing_works_within_the_lease() -> None:
    """The last sign is that of second 9; at 12 the venue has cancelled."""
    house = House(lease_s=3, operator_s=10)
    house.pass_to(11.9)
    before = house.state(house.order).status
    house.pass_to(12.1)
    after = house.state(house.order)

    assert before is Status.NOTTRADED
    assert after.status is Status.CANCELLED
    assert "lease" in after.reason


def test_a_late_order_of_the_silent_side_is_refused_by_the_venue() -> None:
    """Also after a person has turned the switch back: without a sign no lease is held."""
    house = House(lease_s=3, operator_s=10)
    house.pass_to(20)
    kept = house.hand.buy(90, 1)
    house.say("risk.switch", state="normal")
    late = house.hand.buy(90, 1)
    house.pass_to(21)
    refused = house.state(late)
    house.say("risk.alive")
    again = house.hand.buy(90, 1)
    house.pass_to(22)

    assert isinstance(kept, Rejection)
    assert kept.rule == "switch"
    assert refused.status is Status.REJECTED
    assert house.state(again).status is Status.NOTTRADED


@pytest.mark.parametrize("lease_s", [0, 3])
def test_an_engine_that_stops_in_order_leaves_nothing_where_a_lease_is_held(lease_s: int) -> None:
    """Without one its orders stay as they are, as ever."""
    house = House(lease_s=lease_s)
    house.engine.stop()
    expected = Status.CANCELLED if lease_s else Status.NOTTRADED

    assert house.state(house.order).status is expected
