"""One cancels the other: orders of which one fill ends the rest."""

from __future__ import annotations

from math import nan

from held_floor import LONG, OPEN, SHORT, Floor, taken

from homalos.model import OrderData, Rejection, Terms

GROUP = Terms(group="out")


def exits(floor: Floor, lots: int = 3) -> tuple[OrderData, OrderData]:
    """Hold lots at 100, and have a profit taken at 110 or a loss at 95."""
    floor.hold(lots)
    pair = floor.hand.oco(SHORT, lots, limit=110, stop=95)
    assert not isinstance(pair, Rejection)
    floor.venue.accept(pair[0].order_id)
    return pair


def test_a_fill_of_the_limit_ends_the_stop() -> None:
    """What is closed needs no stop any more; the reason says who was filled."""
    floor = Floor()
    limit, stop = exits(floor)
    floor.venue.fill(limit.order_id)

    assert floor.lines(stop) == "cancelled 0/3"
    assert floor.state(stop).reason == f"{limit.order_id} of its group was filled"
    assert floor.hand.pos == 0
    assert floor.alerts == []


def test_a_part_of_a_fill_ends_the_others_too() -> None:
    """Two orders of the group rest at the venue: one fill of one lot takes the other back."""
    floor = Floor()
    low = floor.hand.buy(98, 2, terms=GROUP)
    high = floor.hand.buy(99, 2, terms=GROUP)
    floor.venue.fill(high.order_id, volume=1)
    floor.venue.cancel(low.order_id)

    assert floor.taken_back == [low.order_id]
    assert floor.lines(high) == "partial 1/2"
    assert floor.lines(low) == "cancelled 0/2"


def test_a_stop_leaves_when_the_limit_on_its_side_is_taken_back() -> None:
    """Both are for the same lots: never are both out, and the close finds them free."""
    floor = Floor()
    limit, stop = exits(floor)
    floor.tick(95, 1)
    before = floor.sent[2:]
    floor.venue.cancel(limit.order_id)

    assert floor.taken_back == [limit.order_id]
    assert before == []
    assert floor.sent[2:] == [(stop.order_id, "market", -1, 3)]
    floor.venue.fill(stop.order_id, price=94)
    assert floor.hand.pos == 0
    assert floor.alerts == []


def test_a_stop_leaves_with_what_the_limit_did_not_fill_meanwhile() -> None:
    """A cancel that crosses a fill keeps the fill: 2 of 3 went at 110, 1 is left to the stop."""
    floor = Floor()
    limit, stop = exits(floor)
    floor.tick(95, 1)
    floor.venue.fill(limit.order_id, volume=2)
    floor.venue.cancel(limit.order_id)

    assert floor.sent[2:] == [(stop.order_id, "market", -1, 1)]
    floor.venue.fill(stop.order_id, price=94)
    assert floor.hand.pos == 0
    assert floor.alerts == []


def test_a_stop_does_not_leave_where_the_limit_was_filled_meanwhile() -> None:
    """All three went at 110 while the cancel was on its way."""
    floor = Floor()
    limit, stop = exits(floor)
    floor.tick(95, 1)
    floor.venue.fill(limit.order_id)
    floor.venue.refuse_cancel(limit.order_id)

    assert floor.lines(stop) == "cancelled 0/3"
    assert floor.sent[2:] == []
    assert floor.hand.pos == 0


def test_both_filled_because_a_cancel_crossed_a_fill_is_told() -> None:
    """Nobody can undo it; a person has to know."""
    floor = Floor()
    low = floor.hand.buy(98, 2, terms=GROUP)
    high = floor.hand.buy(99, 2, terms=GROUP)
    floor.venue.fill(high.order_id)
    floor.venue.fill(low.order_id)

    assert floor.hand.pos == 4
    assert [(alert.level, alert.message) for alert in floor.alerts] == [
        (
            "warning",
            (
                "1-2 and 1-1 of the group 'out' of hand cancel each other, and more than one was "
                "filled: a cancel crossed a fill; look at the position"
            ),
        )
    ]


def test_a_fill_of_the_limit_after_the_stop_has_left_is_told() -> None:
    """The venue said it was cancelled, and reports a fill of it later."""
    floor = Floor()
    limit, stop = exits(floor)
    floor.tick(95, 1)
    floor.venue.cancel(limit.order_id)
    floor.venue.fill(limit.order_id, volume=1)

    assert f"{stop.order_id} and {limit.order_id}" in floor.alerts[-1].message


def test_of_two_stops_that_one_bar_reaches_only_the_first_leaves() -> None:
    """A breakout to either side, and a bar that went both ways: one position, not none."""
    floor = Floor(price=nan)
    floor.bar(-1, high=100, low=100, close=100)
    up = floor.hand.stop_order(LONG, OPEN, 105, 1, terms=GROUP)
    down = floor.hand.stop_order(SHORT, OPEN, 95, 1, terms=GROUP)
    floor.bar(0, high=106, low=94, close=100)
    before = floor.sent
    floor.venue.fill(up.order_id, price=106)

    assert before == [(up.order_id, "market", -1, 1)]
    assert floor.lines(down) == "cancelled 0/1"


def test_the_second_stop_leaves_where_the_first_is_rejected() -> None:
    """Nothing was filled, so nothing is cancelled."""
    floor = Floor()
    up = floor.hand.stop_order(LONG, OPEN, 105, 1, terms=GROUP)
    more = floor.hand.stop_order(LONG, OPEN, 105, 2, terms=GROUP)
    floor.tick(105, 1)
    floor.venue.reject(up.order_id)

    assert [order_id for order_id, *_ in floor.sent] == [up.order_id, more.order_id]


def test_a_group_is_the_strategys_own() -> None:
    """A person's order in a group of the same name is another group."""
    floor = Floor()
    mine = floor.hand.buy(99, 1, terms=GROUP)
    lane = floor.orders.lane("main", "aa2510.TEST")
    other = floor.orders.submit("manual", lane, LONG, OPEN, 98, 1, taken(mine).type, "", GROUP)
    floor.venue.fill(mine.order_id)

    assert floor.taken_back == []
    assert floor.state(other).is_active


def test_a_group_that_is_over_begins_anew() -> None:
    """The name may be used again: what filled then cancels nothing now."""
    floor = Floor()
    first = floor.hand.buy(99, 1, terms=GROUP)
    floor.venue.fill(first.order_id)
    second = floor.hand.buy(99, 1, terms=GROUP)
    third = floor.hand.buy(98, 1, terms=GROUP)
    floor.venue.fill(second.order_id)

    assert floor.taken_back == [third.order_id]
    assert floor.alerts == []


def test_an_amended_member_is_the_same_member() -> None:
    """What took its place ends the others when it fills, and itself does not."""
    floor = Floor()
    low = floor.hand.buy(97, 2, terms=GROUP)
    high = floor.hand.buy(99, 2, terms=GROUP)
    floor.venue.fill(high.order_id, volume=1)
    new = taken(floor.hand.amend_order(taken(high), price=100))
    floor.venue.cancel(high.order_id)
    floor.venue.cancel(low.order_id)
    floor.venue.fill(new.order_id)

    assert floor.sent[2:] == [(new.order_id, "limit", 100, 1)]
    assert floor.hand.pos == 2
    assert floor.alerts == []


def test_a_pair_of_which_one_is_refused_is_none() -> None:
    """Half of it would protect nothing."""
    floor = Floor()
    answer = floor.hand.oco(SHORT, 3, limit=110, stop=95)

    assert isinstance(answer, Rejection)
    assert floor.hand.active_orders() == []
    assert floor.sent == []


def test_a_stop_that_is_reached_at_once_still_has_the_limit_taken_back() -> None:
    """The price is below the stop when the pair is sent: only one of the two is out."""
    floor = Floor()
    floor.hold(2)
    floor.tick(90, 1)
    pair = floor.hand.oco(SHORT, 2, limit=110, stop=95)
    assert not isinstance(pair, Rejection)
    before = floor.sent[1:]
    floor.venue.cancel(pair[0].order_id)

    assert before == [("1-2", "limit", 110, 2)]
    assert floor.sent[2:] == [("1-3", "market", -1, 2)]


def test_nobody_joins_a_group_whose_stop_has_left() -> None:
    """It would not be cancelled by the fill that comes."""
    floor = Floor()
    floor.hand.stop_order(LONG, OPEN, 99, 1, terms=GROUP)
    late = floor.hand.buy(98, 1, terms=GROUP)

    assert isinstance(late, Rejection)
    assert late.message == (
        "1-1 of the group 'out' has left or was filled already; "
        "what comes now would not be cancelled for it"
    )


def test_of_two_stops_reached_while_the_venue_is_down_only_the_first_leaves() -> None:
    """The price went both ways meanwhile: one position, as if the venue had been there."""
    floor = Floor()
    up = floor.hand.stop_order(LONG, OPEN, 105, 1, terms=GROUP)
    down = floor.hand.stop_order(SHORT, OPEN, 95, 1, terms=GROUP)
    floor.connection(is_up=False)
    floor.tick(105, 1)
    floor.tick(95, 2)
    floor.connection(is_up=True)
    floor.venue.fill(up.order_id, price=96)

    assert floor.sent == [(up.order_id, "market", -1, 1)]
    assert floor.lines(down) == "cancelled 0/1"
