"""The dead man's lease: silence takes back what works, and nothing new is taken."""

from __future__ import annotations

from venue_floor import VenueFloor, told

from homalos.model import Direction, OrderReport, Status
from homalos.plugins.ports import LeaseHolder
from homalos.testing import at, tick

BUY, SELL = Direction.LONG, Direction.SHORT
NS = 1_000_000_000
WHY = "the lease ran out: it was not renewed for 5 s"


def _leased() -> VenueFloor:
    floor = VenueFloor()
    floor.show(tick(ts_ns=at(0)))
    floor.send("buy", BUY, 2, 99.0)
    floor.send("sell", SELL, 1, 102.0)
    floor.venue.renew_lease(5 * NS)
    return floor


def test_the_venue_holds_leases() -> None:
    """The engine sends its heart's beats only to what says that it listens."""
    assert isinstance(VenueFloor().venue, LeaseHolder)


def test_silence_cancels_everything_when_the_lease_is_over_and_not_before() -> None:
    """At 4.999 s both work; at 5 s both are cancelled, with the reason."""
    floor = _leased()
    assert floor.until(at(4.999)) == []
    ends = floor.until(at(5))
    assert told(ends) == [("cancelled", "buy", 0), ("cancelled", "sell", 0)]
    assert {(each.reason, each.ts_ns) for each in ends if isinstance(each, OrderReport)} == {
        (WHY, at(5))
    }
    assert floor.venue.working_orders() == frozenset()


def test_a_renewal_in_time_keeps_everything() -> None:
    """A beat each second for a minute: one entry on the agenda, and nothing is cancelled."""
    floor = _leased()
    for second in range(1, 60):
        floor.until(at(second))
        floor.venue.renew_lease(5 * NS)
        # One of the lease's, beside the one for the end of the orders' day.
        assert len(floor.clock.agenda) == 2
    assert floor.until(at(63.9)) == []
    assert [each[0] for each in told(floor.until(at(64)))] == ["cancelled", "cancelled"]


def test_a_shorter_renewal_counts_from_now() -> None:
    """Who promises to be heard within a second is missed after a second."""
    floor = _leased()
    floor.venue.renew_lease(NS)
    assert [each[0] for each in told(floor.until(at(1)))] == ["cancelled", "cancelled"]


def test_a_late_order_of_the_silent_side_is_refused_until_the_lease_is_renewed() -> None:
    """It may be what was decided before the silence."""
    floor = _leased()
    floor.until(at(6))
    (refused,) = floor.send("late", BUY, 1, 99.0)
    assert isinstance(refused, OrderReport)
    assert (refused.status, refused.reason) == (Status.REJECTED, WHY)
    floor.venue.renew_lease(5 * NS)
    assert told(floor.send("heard", BUY, 1, 99.0)) == [("nottraded", "heard", 0)]


def test_a_lease_that_is_given_up_watches_nothing() -> None:
    """An engine that stops in good order leaves what it means to leave."""
    floor = _leased()
    floor.venue.renew_lease(0)
    assert floor.until(at(60)) == []
    assert floor.venue.working_orders() == {"buy", "sell"}


def test_a_part_fill_before_the_silence_is_kept() -> None:
    """The end says how many lots were traded."""
    floor = _leased()
    floor.show(tick(ts_ns=at(1), ask_price_1=99.0, ask_volume_1=1, bid_price_1=98.0))
    assert ("cancelled", "buy", 1) in told(floor.until(at(5)))
