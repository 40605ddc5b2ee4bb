"""A venue at a distance: what is under way, what crosses, and what never overtakes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from venue_floor import VenueFloor, told

from homalos.errors import ConfigError
from homalos.model import CancelRefused, Direction, OrderReport, Status, TradeReport
from homalos.testing import at, tick
from homalos_sim.distance import DistantVenue
from homalos_sim.gateway import SimGateway

if TYPE_CHECKING:
    from homalos.plugins.ports import VenueEvent

BUY, SELL = Direction.LONG, Direction.SHORT
MS = 1_000_000


def _distant(*, seed: int = 1, **ms: float) -> VenueFloor:
    latency = {name: {"mean_us": each * 1_000} for name, each in ms.items()}
    floor = VenueFloor(latency=latency, seed=seed)
    floor.until(at(1))
    floor.show(tick(ts_ns=at(1)))
    return floor


def _ms(milliseconds: float) -> int:
    return at(1) + round(milliseconds * MS)


def test_without_latency_nothing_stands_between() -> None:
    """The default is the venue itself: as quick as it ever was."""
    assert type(VenueFloor().venue) is SimGateway
    assert type(VenueFloor(latency={"send": {"mean_us": 1}}).venue) is DistantVenue


def test_an_order_reaches_the_book_after_the_way_there_and_its_report_after_the_way_back() -> None:
    """3 ms there, 2 ms back: taken at 3 ms by the venue's clock, known here at 5 ms."""
    floor = _distant(send=3, acknowledge=2)
    assert floor.send("1-1", BUY, 1, 101.0) == []
    assert floor.venue.working_orders() == {"1-1"}
    assert floor.until(_ms(4.999)) == []
    said = floor.until(_ms(5))
    assert told(said) == [("nottraded", "1-1", 0), ("trade", "1-1", 1, 101.0)]
    assert {each.ts_ns for each in said} == {_ms(3)}
    assert floor.venue.working_orders() == frozenset()


def test_an_order_meets_the_book_of_its_arrival() -> None:
    """The offer at 101 is gone when it comes; the order waits in the book that is there then."""
    floor = _distant(send=3)
    floor.send("1-1", BUY, 1, 101.0)
    floor.show(tick(price=110.0, ts_ns=_ms(2)))
    assert told(floor.until(_ms(3))) == [("nottraded", "1-1", 0)]


def test_a_tick_at_the_instant_of_the_arrival_finds_the_order_there() -> None:
    """What is due at an instant happens before the event of that instant."""
    floor = _distant(send=3)
    floor.send("1-1", BUY, 1, 90.0)
    said = floor.show(tick(price=89.0, ts_ns=_ms(3), ask_price_1=90.0))
    assert told(said) == [("nottraded", "1-1", 0), ("trade", "1-1", 1, 90.0)]


def test_a_fill_before_the_cancel_arrives_stands_and_the_cancel_is_refused() -> None:
    """Cancelled at 10 ms, filled at 11 ms, the cancel is there at 13 ms: CTP's 26."""
    floor = _distant(send=1, cancel=3)
    floor.send("1-1", BUY, 1, 90.0)
    floor.until(_ms(10))
    assert floor.cancel("1-1") == []
    assert told(floor.show(tick(price=89.0, ts_ns=_ms(11), ask_price_1=90.0))) == [
        ("trade", "1-1", 1, 90.0)
    ]
    (refused,) = floor.until(_ms(13))
    assert isinstance(refused, CancelRefused)
    assert refused.reason.startswith("CTP 26 order is over (报单已全成交或已撤销，不能再撤)")


def test_a_part_fill_before_the_cancel_arrives_is_kept() -> None:
    """One of three lots is filled on the way of the cancel; the end says one."""
    floor = _distant(send=1, cancel=3)
    floor.send("1-1", BUY, 3, 90.0)
    floor.until(_ms(10))
    floor.cancel("1-1")
    floor.show(tick(price=89.0, ts_ns=_ms(11), ask_price_1=90.0, ask_volume_1=1))
    assert told(floor.until(_ms(13))) == [("cancelled", "1-1", 1)]


def test_a_cancel_that_arrives_first_leaves_the_market_nothing() -> None:
    """The same race a moment later: the cancel is there at 13 ms, the offer at 14 ms."""
    floor = _distant(send=1, cancel=3)
    floor.send("1-1", BUY, 1, 90.0)
    floor.until(_ms(10))
    floor.cancel("1-1")
    assert told(floor.until(_ms(13))) == [("cancelled", "1-1", 0)]
    assert floor.show(tick(price=89.0, ts_ns=_ms(14), ask_price_1=90.0)) == []


def test_a_fast_cancel_does_not_overtake_its_order() -> None:
    """One connection: what is sent first is there first, though a cancel would take less."""
    floor = _distant(send=5, cancel=1)
    floor.send("1-1", BUY, 1, 90.0)
    floor.cancel("1-1")
    assert told(floor.until(_ms(5))) == [("nottraded", "1-1", 0), ("cancelled", "1-1", 0)]


def test_the_age_of_the_market_is_added_to_the_way_there() -> None:
    """Who sees everything 4 ms late answers 4 ms late."""
    floor = _distant(market_data=4, send=1)
    floor.send("1-1", BUY, 1, 90.0)
    assert floor.until(_ms(4.999)) == []
    assert told(floor.until(_ms(5))) == [("nottraded", "1-1", 0)]


def test_holdings_are_not_told_while_a_report_is_under_way() -> None:
    """They would differ from the engine's by what it has not heard."""
    floor = _distant(acknowledge=2)
    floor.send("1-1", BUY, 1, 101.0)
    assert floor.venue.positions("main") is None
    floor.until(_ms(2))
    (held,) = floor.venue.positions("main")
    assert held.today == 1


def test_an_order_under_way_is_refused_by_a_venue_that_closed() -> None:
    """Nobody is left without an answer."""
    floor = _distant(send=3)
    floor.send("1-1", BUY, 1, 90.0)
    floor.venue.close()
    assert told(floor.until(_ms(3))) == [("rejected", "1-1", 0)]


def test_the_lease_and_the_question_for_orders_take_the_same_way() -> None:
    """The answer to the question has the order that was sent before it."""
    floor = _distant(send=3)
    floor.send("1-1", BUY, 1, 90.0)
    floor.venue.report_orders(1)
    floor.venue.renew_lease(1_000 * MS)
    said = floor.until(_ms(3))
    assert told(said) == [
        ("nottraded", "1-1", 0), ("nottraded", "1-1", 0), ("OrdersReported",),
    ]  # fmt: skip
    assert told(floor.until(_ms(1_003))) == [("cancelled", "1-1", 0)]


def _drawn_day(seed: int) -> list[VenueEvent]:
    jitter: dict[str, Any] = {"kind": "lognormal", "mean_us": 3_000.0, "deviation_us": 5_000.0}
    floor = VenueFloor(seed=seed, latency={"send": jitter, "cancel": jitter, "acknowledge": jitter})
    said: list[VenueEvent] = []
    for number in range(200):
        said += floor.show(tick(ts_ns=at(1) + number * MS, price=100.0 + number % 3))
        said += floor.send(f"1-{number}", BUY, 2, 99.0 + number % 4)
        said += floor.cancel(f"1-{number}")
    return said + floor.until(at(5))


def test_jitter_never_reverses_what_is_said_of_an_order() -> None:
    """Accepted, traded, over: in the venue's own order, and its stamps never go back."""
    said = _drawn_day(seed=5)
    assert all(one.ts_ns <= other.ts_ns for one, other in pairwise(said))
    for number in range(200):
        mine = [each for each in said if getattr(each, "order_id", "") == f"1-{number}"]
        assert isinstance(mine[0], OrderReport)
        assert mine[0].status is Status.NOTTRADED
        filled = sum(each.volume for each in mine if isinstance(each, TradeReport))
        ended = [each for each in mine if isinstance(each, OrderReport)][1:]
        assert filled == 2 or [(each.status, each.traded) for each in ended] == [
            (Status.CANCELLED, filled)
        ]


def test_the_same_seed_brings_the_same_day() -> None:
    """Chance comes from the engine's seed alone."""
    assert _drawn_day(seed=5) == _drawn_day(seed=5)
    assert _drawn_day(seed=5) != _drawn_day(seed=6)


def test_a_wrong_option_is_told_with_its_place() -> None:
    """Before anything starts."""
    with pytest.raises(ConfigError, match=r"latency\.send"):
        VenueFloor(latency={"send": {"kind": "lognormal"}})
    with pytest.raises(ConfigError, match="mean_us"):
        VenueFloor(latency={"cancel": {"mean_us": -1.0}})
