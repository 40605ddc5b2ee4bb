"""Changing orders: in place while they are held, by a cancel and a new one when they are out."""

from __future__ import annotations

from math import nan

import pytest
from held_floor import CLOSE, LONG, OPEN, SHORT, Floor, taken

from homalos.errors import GatewayError, UnknownOrder
from homalos.model import CancelRequest, OrderPhase, OrderType, Rejection, Terms, TimeInForce
from homalos.testing import FakeGateway


def test_what_takes_an_orders_place_leaves_when_the_old_one_is_over() -> None:
    """It is there at once, held, with the same reference, and says whose place it takes."""
    floor = Floor()
    old = taken(floor.hand.buy(98, 3, reference="why"))
    floor.venue.accept()
    new = taken(floor.hand.amend_order(old, price=99.4))
    before = floor.sent[1:]
    floor.venue.cancel(old.order_id)

    assert (new.phase, new.reference) == (OrderPhase.HELD, "why")
    assert new.reason == "in place of 1-1: changed"
    assert before == []
    assert floor.taken_back == ["1-1"]
    assert floor.sent[1:] == [("1-2", "limit", 99, 3)]
    assert floor.lines(new) == "pending 0/3"


@pytest.mark.parametrize(
    ("filled", "wanted", "sent"),
    [(0, 5, 5), (1, 5, 4), (2, 2, None), (2, 1, None), (1, 2, 1)],
)
def test_the_new_volume_counts_what_was_filled(filled: int, wanted: int, sent: int | None) -> None:
    """Of 3 lots some fill before the change: the new total less those leaves, or nothing."""
    floor = Floor()
    old = taken(floor.hand.buy(98, 3))
    if filled:
        floor.venue.fill(volume=filled)
    floor.hand.amend_order(old, volume=wanted)
    floor.venue.cancel(old.order_id)

    assert [volume for *_, volume in floor.sent[1:]] == ([] if sent is None else [sent])
    assert floor.taken_back == ["1-1"]


def test_fills_that_cross_the_cancel_are_not_sent_again() -> None:
    """2 of 3 came meanwhile: 5 wanted, 3 left."""
    floor = Floor()
    old = taken(floor.hand.buy(98, 3))
    new = floor.hand.amend_order(old, volume=5, price=99)
    floor.venue.fill(old.order_id, volume=2)
    floor.venue.cancel(old.order_id)

    assert floor.sent[1:] == [(taken(new).order_id, "limit", 99, 3)]


def test_an_order_that_fills_while_it_is_changed_leaves_nothing() -> None:
    """All 3 went at the old price; what was to take its place says so."""
    floor = Floor()
    old = taken(floor.hand.buy(98, 3))
    new = taken(floor.hand.amend_order(old, price=99))
    floor.venue.fill(old.order_id)
    floor.venue.refuse_cancel(old.order_id)

    assert len(floor.sent) == 1
    assert floor.lines(new) == "cancelled 0/3"
    assert floor.state(new).reason == "1-1 was filled with 3 lots before"
    assert floor.hand.pos == 3


def test_a_cancel_that_the_venue_refuses_leaves_the_old_order_as_it_was() -> None:
    """It can be changed again later."""
    floor = Floor()
    old = taken(floor.hand.buy(98, 3))
    floor.venue.accept()
    new = taken(floor.hand.amend_order(old, price=99))
    floor.venue.refuse_cancel(old.order_id, reason="auction")
    again = taken(floor.hand.amend_order(old, price=97))
    floor.venue.cancel(old.order_id)

    assert floor.state(new).reason == ("1-1 could not be taken back to be changed: auction")
    assert floor.sent[1:] == [(again.order_id, "limit", 97, 3)]


def test_an_order_that_is_changed_twice_leaves_once() -> None:
    """The old id and the new one stand for the same; the last word counts."""
    floor = Floor()
    old = taken(floor.hand.buy(98, 3))
    new = taken(floor.hand.amend_order(old, price=99))
    same = taken(floor.hand.amend_order(old, price=97))
    more = taken(floor.hand.amend_order(new, volume=4))
    floor.venue.cancel(old.order_id)

    assert new.order_id == same.order_id == more.order_id
    assert floor.taken_back == ["1-1"]
    assert floor.sent[1:] == [(new.order_id, "limit", 97, 4)]


@pytest.mark.parametrize("which", [0, 1])
def test_cancelling_an_order_that_is_being_changed_ends_both(which: int) -> None:
    """Whichever of the two the strategy has in hand."""
    floor = Floor()
    old = taken(floor.hand.buy(98, 3))
    new = taken(floor.hand.amend_order(old, price=99))
    floor.hand.cancel_order((old, new)[which])
    floor.venue.cancel(old.order_id)

    assert len(floor.sent) == 1
    assert floor.hand.active_orders() == []


def test_a_stop_is_changed_in_place() -> None:
    """Trigger, limit and lots; the new trigger is held against the last price at once."""
    floor = Floor()
    order = taken(floor.hand.stop_order(LONG, OPEN, 105, 1, limit=106))
    changed = taken(floor.hand.amend_order(order, trigger=103, price=104, volume=2))
    floor.tick(103, 1)

    assert changed.order_id == order.order_id
    assert changed.terms is not None
    assert changed.terms.trigger == 103
    assert floor.sent == [("1-1", "limit", 104, 2)]


def test_a_trigger_that_is_moved_behind_the_market_lets_the_stop_leave() -> None:
    """As one that is placed there."""
    floor = Floor()
    order = taken(floor.hand.stop_order(SHORT, OPEN, 95, 1))
    floor.hand.amend_order(order, trigger=101)

    assert floor.sent == [("1-1", "market", -1, 1)]


def test_nothing_happens_where_nothing_changes() -> None:
    """No cancel, no place in the queue lost."""
    floor = Floor()
    order = taken(floor.hand.buy(98, 3))
    same = floor.hand.amend_order(order, price=98.2, volume=3)

    assert same == order
    assert floor.taken_back == []


def test_what_cannot_be_changed_is_refused_with_a_reason() -> None:
    """One that is over, a trigger where there is none, a price where there is none."""
    floor = Floor()
    market = taken(floor.hand.send_order(LONG, OPEN, nan, 1, order_type=OrderType.MARKET))
    limit = taken(floor.hand.buy(98, 1))
    gone = taken(floor.hand.buy(97, 1))
    floor.venue.reject(gone.order_id)
    stop = taken(floor.hand.stop_order(LONG, OPEN, 105, 1, limit=106))
    answers = [
        floor.hand.amend_order(market, price=99),
        floor.hand.amend_order(limit, trigger=99),
        floor.hand.amend_order(limit, volume=0),
        floor.hand.amend_order(gone, price=99),
        floor.hand.amend_order(stop, trigger=107),
    ]

    assert all(isinstance(a, Rejection) and a.rule == "order_terms" for a in answers)
    assert [a.message for a in answers if isinstance(a, Rejection)] == [
        "a market order has no price to change",
        "order 1-2 waits for no trigger that could be changed",
        "an order needs at least 1 lot, not 0",
        "order 1-3 is over: rejected",
        "the limit 106.0 of a buy stop is below its trigger 107.0: reached, it could not be filled",
    ]
    assert floor.taken_back == []


def test_an_order_that_nobody_knows_cannot_be_changed() -> None:
    """It is a mistake of the program, not of the market."""
    with pytest.raises(UnknownOrder):
        Floor().hand.amend_order("1-99", price=99)


def test_a_venue_that_raises_at_the_cancel_changes_nothing() -> None:
    """The strategy hears it as from `cancel_order`."""

    class Deaf(FakeGateway):
        """Cannot cancel."""

        def cancel_order(self, _: CancelRequest) -> None:
            """Raise."""
            msg = "the line broke"
            raise OSError(msg)

    floor = Floor(venue=Deaf())
    order = taken(floor.hand.buy(98, 3))
    with pytest.raises(GatewayError):
        floor.hand.amend_order(order, price=99)

    assert floor.lines(order) == "pending 0/3"
    assert [each.order_id for each in floor.hand.active_orders()] == ["1-1"]


def test_a_changed_order_keeps_what_it_asked_of_the_engine() -> None:
    """A GTC order is one in its new place, too."""
    floor = Floor()
    old = taken(floor.hand.buy(98, 3, terms=Terms(time_in_force=TimeInForce.GTC)))
    new = taken(floor.hand.amend_order(old, price=99))
    floor.venue.cancel(old.order_id)
    floor.venue.cancel(new.order_id)
    floor.tick(100, 24 * 3600)

    assert floor.sent[1:] == [("1-2", "limit", 99, 3), ("1-3", "limit", 99, 3)]


def test_a_close_that_is_changed_finds_its_lots_free() -> None:
    """The old one is over first, so that no lot is wanted twice."""
    floor = Floor()
    floor.hold(3)
    old = taken(floor.hand.sell(110, 3))
    new = taken(floor.hand.amend_order(old, price=109))
    floor.venue.cancel(old.order_id)
    floor.venue.fill(new.order_id)

    assert floor.hand.pos == 0
    assert floor.venue.requests[-1].offset is CLOSE


def test_what_takes_a_place_and_is_refused_is_told() -> None:
    """The old one is gone by then."""
    floor = Floor()
    floor.hold(1)
    old = taken(floor.hand.sell(110, 1))
    new = taken(floor.hand.amend_order(old, volume=2))
    floor.venue.cancel(old.order_id)

    assert floor.lines(new) == "rejected 0/2"
    assert [alert.level for alert in floor.alerts] == ["error"]
