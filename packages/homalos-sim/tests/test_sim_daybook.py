"""Asked for its orders, the venue repeats the trading day, word by word and in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from venue_floor import VenueFloor, told

from homalos.model import Direction, OrdersReported
from homalos.plugins.ports import OrderSource, Session
from homalos.testing import DAY, FakeMarket, at, tick

if TYPE_CHECKING:
    from homalos.plugins.ports import VenueEvent

BUY, SELL = Direction.LONG, Direction.SHORT


def _asked(floor: VenueFloor) -> list[VenueEvent]:
    floor.venue.report_orders(3)
    return floor.said()


def test_the_venue_is_an_order_source() -> None:
    """The engine asks only what says that it can be asked."""
    assert isinstance(VenueFloor().venue, OrderSource)


def test_all_that_was_said_of_orders_is_said_anew_and_then_the_marker() -> None:
    """A part fill, a cancel, a rejection and one that works: the same reports, each once."""
    floor = VenueFloor()
    floor.show(tick(ts_ns=at(0)))
    said = floor.send("1-1", BUY, 12, 101.0)
    said += floor.send("1-2", BUY, 1, 101.5)
    said += floor.cancel("1-1")
    said += floor.send("1-3", SELL, 1, 105.0)
    assert [each[0] for each in told(said)] == [
        "nottraded", "trade", "rejected", "cancelled", "nottraded",
    ]  # fmt: skip
    assert _asked(floor) == [*said, OrdersReported("sim", 3, at(0))]
    assert _asked(floor) == [*said, OrdersReported("sim", 3, at(0))]


def test_a_refused_cancel_is_no_state_of_an_order() -> None:
    """It was an answer to a question; nobody asks it twice."""
    floor = VenueFloor()
    floor.cancel("1-9")
    assert told(_asked(floor)) == [("OrdersReported",)]


def test_a_new_trading_day_forgets_what_is_over() -> None:
    """The day's list is the day's; one that came after the close belongs to the next."""
    sessions = (Session(at(0), at(10), DAY), Session(at(86_400), at(86_410), DAY + 1))
    floor = VenueFloor(market=FakeMarket(sessions=sessions))
    floor.show(tick(ts_ns=at(0)))
    floor.send("over", BUY, 1, 101.0)
    floor.until(at(10))
    floor.send("next", SELL, 2, 105.0)
    floor.show(tick(ts_ns=at(86_400)))
    assert told(_asked(floor)) == [("nottraded", "next", 0), ("OrdersReported",)]


def test_a_venue_that_is_not_connected_says_nothing() -> None:
    """The question never reached it; the engine asks again when it is up."""
    floor = VenueFloor()
    floor.send("1-1", BUY, 1, 100.0)
    floor.venue.close()
    assert _asked(floor) == []
