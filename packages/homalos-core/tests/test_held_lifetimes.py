"""How long orders work: the day, over days, to a time, or for a while at one price."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest
from held_floor import CLOSE, LONG, OPEN, SHORT, Breaking, Floor, taken

from homalos.model import OrderData, OrderPhase, OrderType, Terms, TimeInForce
from homalos.plugins.ports import Session
from homalos.testing import FakeMarket, at

DAY, GTC, GTD = TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD
HOUR = 3600
NS = 1_000_000_000

# Monday 6 January 2025, and a market with a night session before each day: Friday's night is
# Monday's trading day. START_NS is Monday 01:00 UTC, which is 09:00 in Shanghai.
MON, TUE, FRI, NEXT = 20250106, 20250107, 20250110, 20250113
D = 24 * HOUR


def _session(day: int, start_h: float, length_h: float) -> Session:
    return Session(at(start_h * HOUR), at((start_h + length_h) * HOUR), day)


SESSIONS = (
    _session(MON, 0, 6),
    _session(TUE, 12, 4),
    _session(TUE, 24, 6),
    _session(FRI, 84, 4),
    _session(FRI, 96, 6),
    _session(NEXT, 108, 4),  # Friday 21:00
    _session(NEXT, 168, 6),  # Monday 09:00
)
MARKET = FakeMarket(sessions=SESSIONS)


def floor_by_sessions(**fields: Any) -> Floor:
    """Stand on Monday morning."""
    return Floor(market=MARKET, **fields)


# -- over days -----------------------------------------------------------------


def test_a_gtc_order_is_sent_anew_when_the_next_trading_day_begins() -> None:
    """The venue ended it with the day; what is left waits here, and leaves with the session."""
    floor = floor_by_sessions()
    order = floor.hand.buy(98, 3, reference="why", terms=Terms(time_in_force=GTC))
    floor.venue.fill(order.order_id, volume=1)
    floor.venue.cancel(order.order_id, reason="the day is over")
    [heir] = floor.hand.active_orders()
    floor.tick(99, 12 * HOUR, trading_day=TUE)

    assert (heir.phase, heir.volume, heir.reference) == (OrderPhase.HELD, 2, "why")
    assert heir.reason == f"in place of {order.order_id}: it is gtc"
    assert heir.terms == taken(order).terms or heir.terms is not None
    assert floor.sent == [("1-1", "limit", 98, 3), ("1-2", "limit", 98, 2)]


def test_a_gtc_order_over_a_weekend_leaves_on_friday_night() -> None:
    """Which is Monday's trading day; and again on the Tuesday after, were it not filled."""
    floor = floor_by_sessions()
    floor.tick(100, 96 * HOUR, trading_day=FRI)
    order = floor.hand.buy(98, 3, terms=Terms(time_in_force=GTC))
    floor.venue.cancel(order.order_id)
    before = len(floor.sent)
    floor.tick(100, 108 * HOUR, trading_day=NEXT)
    floor.venue.fill("1-2")

    assert before == 1
    assert floor.sent[1:] == [("1-2", "limit", 98, 3)]
    assert floor.hand.pos == 3


def test_what_is_left_waits_for_its_own_session() -> None:
    """Another contract has a night session, this one begins in the morning."""
    market = FakeMarket(sessions=(_session(MON, 0, 6), _session(TUE, 24, 6)))
    floor = Floor(market=market)
    order = floor.hand.buy(98, 3, terms=Terms(time_in_force=GTC))
    floor.venue.cancel(order.order_id)
    floor.tick(100, 12 * HOUR, symbol="bb2510.TEST", trading_day=TUE)
    before = floor.sent[1:]
    floor.tick(100, 24 * HOUR, trading_day=TUE)

    assert before == []
    assert floor.sent[1:] == [("1-2", "limit", 98, 3)]


def test_a_word_of_the_venue_that_comes_on_the_next_day_counts_for_the_day_before() -> None:
    """It was sent on Monday, and is sent anew on Tuesday, not on Wednesday."""
    floor = floor_by_sessions()
    order = floor.hand.buy(98, 3, terms=Terms(time_in_force=GTC))
    floor.tick(100, 12 * HOUR, trading_day=TUE)
    floor.venue.cancel(order.order_id)

    assert floor.sent[1:] == [("1-2", "limit", 98, 3)]


def test_a_day_order_is_not_sent_anew() -> None:
    """It is what an order is unless told otherwise."""
    floor = floor_by_sessions()
    order = floor.hand.buy(98, 3, terms=Terms(time_in_force=DAY))
    floor.venue.cancel(order.order_id)
    floor.tick(100, 12 * HOUR, trading_day=TUE)

    assert len(floor.sent) == 1
    assert floor.hand.active_orders() == []


def test_a_gtc_order_that_somebody_cancels_is_over() -> None:
    """At its venue, and while what is left waits here."""
    floor = floor_by_sessions()
    first = floor.hand.buy(98, 3, terms=Terms(time_in_force=GTC))
    floor.hand.cancel_order(first)
    floor.venue.cancel(first.order_id)
    second = floor.hand.buy(97, 3, terms=Terms(time_in_force=GTC))
    floor.venue.cancel(second.order_id)
    floor.hand.cancel_all()
    floor.tick(100, 12 * HOUR, trading_day=TUE)

    assert len(floor.sent) == 2
    assert floor.hand.active_orders() == []


def test_a_gtc_order_that_is_rejected_is_over() -> None:
    """It was never good, and will not be tomorrow."""
    floor = floor_by_sessions()
    order = floor.hand.buy(98, 3, terms=Terms(time_in_force=GTC))
    floor.venue.reject(order.order_id)
    floor.tick(100, 12 * HOUR, trading_day=TUE)

    assert len(floor.sent) == 1


def test_stops_of_the_day_end_with_it_and_gtc_stops_wait_on() -> None:
    """No venue knows of them: it is the engine that ends them."""
    floor = floor_by_sessions()
    day = floor.hand.stop_order(LONG, OPEN, 105, 1)
    lasts = floor.hand.stop_order(LONG, OPEN, 106, 1, terms=Terms(time_in_force=GTC))
    floor.tick(104, 12 * HOUR, trading_day=TUE)
    floor.tick(106, 12 * HOUR + 1, trading_day=TUE)

    assert floor.lines(day) == "cancelled 0/1"
    assert floor.state(day).reason == "its trading day is over"
    assert floor.sent == [(taken(lasts).order_id, "market", -1, 1)]


def test_a_stop_placed_in_the_evening_is_for_the_day_that_begins_then() -> None:
    """At 20:50 the last event was Monday's, and Tuesday's trading day is what is meant."""
    floor = floor_by_sessions()
    floor.pass_time(11.8 * HOUR)
    order = floor.hand.stop_order(LONG, OPEN, 105, 1)
    floor.tick(105, 12 * HOUR, trading_day=TUE)

    assert floor.sent == [(taken(order).order_id, "market", -1, 1)]


def test_a_stop_over_a_night_gap_leaves_at_the_market() -> None:
    """A GTC stop at 95, and the night opens at 80."""
    floor = floor_by_sessions()
    floor.hold(3)
    floor.hand.stop_order(SHORT, CLOSE, 95, 3, terms=Terms(time_in_force=GTC))
    floor.tick(80, 12 * HOUR, trading_day=TUE)

    assert floor.sent[1:] == [("1-2", "market", -1, 3)]


def test_an_exit_that_lasts_is_sent_anew_and_still_makes_way_for_the_stop() -> None:
    """A bracket over night: the profit rests again, and is taken back when the stop is reached."""
    floor = floor_by_sessions()
    floor.hand.bracket(LONG, 100, 2, take_profit=110, stop_loss=95)
    floor.venue.fill("1-1")
    floor.venue.cancel("1-2", reason="the day is over")
    floor.tick(100, 12 * HOUR, trading_day=TUE)
    again = floor.sent[2:]
    floor.tick(95, 12 * HOUR + 1, trading_day=TUE)
    floor.venue.cancel("1-4")

    assert again == [("1-4", "limit", 110, 2)]
    assert floor.sent[3:] == [("1-3", "market", -1, 2)]


# -- to a time -----------------------------------------------------------------


def test_a_gtd_order_is_cancelled_when_its_time_is_over() -> None:
    """By the engine's clock, at the venue and in here."""
    floor = floor_by_sessions()
    terms = Terms(time_in_force=GTD, until_ns=at(60))
    out = floor.hand.buy(98, 3, terms=terms)
    floor.venue.accept()
    held = floor.hand.stop_order(LONG, OPEN, 105, 1, terms=terms)
    floor.tick(100, 59)
    before = floor.taken_back, floor.lines(held)
    floor.tick(100, 60)

    assert before == ([], "held 0/1")
    assert floor.taken_back == [out.order_id]
    assert floor.state(held).reason == "its time is over"


def test_a_gtd_order_lasts_over_days_until_its_time() -> None:
    """It is sent anew on Tuesday, and cancelled there at its time."""
    floor = floor_by_sessions()
    order = floor.hand.buy(98, 3, terms=Terms(time_in_force=GTD, until_ns=at(25 * HOUR)))
    floor.venue.cancel(order.order_id)
    floor.tick(100, 12 * HOUR, trading_day=TUE)
    floor.venue.accept()
    floor.tick(100, 25 * HOUR, trading_day=TUE)
    floor.venue.cancel("1-2")

    assert floor.sent[1:] == [("1-2", "limit", 98, 3)]
    assert floor.taken_back == ["1-2"]
    assert floor.hand.active_orders() == []


# -- time-outs -----------------------------------------------------------------


def test_what_is_left_after_a_time_out_is_cancelled() -> None:
    """5 seconds after it was sent, and nothing follows unless it was asked."""
    floor = Floor()
    order = floor.hand.buy(98, 3, terms=Terms(timeout_ns=5 * NS))
    floor.venue.fill(order.order_id, volume=1)
    floor.tick(100, 4)
    before = floor.taken_back
    floor.tick(100, 5)
    floor.venue.cancel(order.order_id)

    assert before == []
    assert floor.taken_back == [order.order_id]
    assert floor.lines(order) == "partly_cancelled 1/3"
    assert len(floor.sent) == 1


def test_what_a_time_out_cancelled_is_sent_anew_at_the_other_side() -> None:
    """Twice, at the offer of the moment, each time with what is left and an id of its own."""
    floor = Floor()
    terms = Terms(timeout_ns=5 * NS, requotes=2)
    order = floor.hand.buy(98, 3, reference="why", terms=terms)
    floor.venue.fill(order.order_id, volume=1)
    floor.tick(100, 5)
    waiting = floor.sent[1:]
    floor.venue.cancel(order.order_id)
    floor.tick(103, 10)
    floor.venue.cancel("1-2")
    floor.tick(103, 15)
    floor.venue.cancel("1-3")

    assert waiting == []
    assert floor.sent[1:] == [("1-2", "limit", 101, 2), ("1-3", "limit", 104, 2)]
    assert floor.state("1-3").reference == "why"
    assert floor.state("1-2").reason == "cancelled"
    assert floor.hand.active_orders() == []


def test_a_sell_is_re_quoted_at_the_bid() -> None:
    """The other side of an order that sells is who buys."""
    floor = Floor()
    order = floor.hand.short(102, 1, terms=Terms(timeout_ns=5 * NS, requotes=1))
    floor.tick(100, 5)
    floor.venue.cancel(order.order_id)

    assert floor.sent[1:] == [("1-2", "limit", 99, 1)]


def test_without_a_quote_it_is_re_quoted_at_the_last_price() -> None:
    """A market without an offer, or a run on bars."""
    floor = Floor()
    order = floor.hand.buy(98, 1, terms=Terms(timeout_ns=5 * NS, requotes=1))
    floor.tick(100, 5, ask_price_1=nan, ask_volume_1=0)
    floor.venue.cancel(order.order_id)

    assert floor.sent[1:] == [("1-2", "limit", 100, 1)]


def test_a_time_out_at_the_moment_of_a_fill_sends_nothing_more() -> None:
    """The cancel crossed the last fill: all lots are there, and none is sent again."""
    floor = Floor()
    order = floor.hand.buy(98, 3, terms=Terms(timeout_ns=5 * NS, requotes=1))
    floor.tick(100, 5)
    floor.venue.fill(order.order_id)
    floor.venue.refuse_cancel(order.order_id)

    assert floor.lines(order) == "filled 3/3"
    assert len(floor.sent) == 1


def test_a_fill_that_crosses_the_cancel_of_a_time_out_is_not_sent_again() -> None:
    """2 of 3 came while the cancel was on its way: 1 is re-quoted."""
    floor = Floor()
    order = floor.hand.buy(98, 3, terms=Terms(timeout_ns=5 * NS, requotes=1))
    floor.tick(100, 5)
    floor.venue.fill(order.order_id, volume=2)
    floor.venue.cancel(order.order_id)

    assert floor.sent[1:] == [("1-2", "limit", 101, 1)]


def test_somebody_who_cancels_an_order_that_times_out_ends_it() -> None:
    """Also when the engine's own cancel is on its way already."""
    floor = Floor()
    order = floor.hand.buy(98, 3, terms=Terms(timeout_ns=5 * NS, requotes=1))
    floor.tick(100, 5)
    floor.hand.cancel_order(order)
    floor.venue.cancel(order.order_id)

    assert len(floor.sent) == 1


def test_an_order_whose_time_out_the_venue_refused_works_on() -> None:
    """And when it ends by itself later, that is no time-out."""
    floor = Floor()
    order = floor.hand.buy(98, 3, terms=Terms(timeout_ns=5 * NS, requotes=1))
    floor.venue.accept()
    floor.tick(100, 5)
    floor.venue.refuse_cancel(order.order_id)
    floor.venue.cancel(order.order_id)

    assert len(floor.sent) == 1


def test_the_time_out_of_a_stop_begins_when_it_leaves() -> None:
    """It may wait for ever before."""
    floor = Floor()
    order = floor.hand.stop_order(LONG, OPEN, 105, 1, limit=106, terms=Terms(timeout_ns=5 * NS))
    floor.tick(104, 100)
    floor.tick(105, 101)
    floor.tick(107, 105)
    before = floor.taken_back
    floor.tick(107, 106)

    assert before == []
    assert floor.taken_back == [taken(order).order_id]


def test_a_time_out_of_an_order_that_is_over_does_nothing() -> None:
    """No cancel for what is not there."""
    floor = Floor()
    order = floor.hand.buy(98, 3, terms=Terms(timeout_ns=5 * NS, requotes=1))
    floor.venue.fill(order.order_id)
    floor.tick(100, 5)

    assert floor.taken_back == []


def test_a_venue_that_raises_at_a_time_out_does_not_stop_the_engine() -> None:
    """It is told, and the order stands as it stood."""

    class Deaf(Breaking):
        """Cannot cancel."""

        def cancel_order(self, _: object) -> None:
            """Raise."""
            msg = "the line broke"
            raise OSError(msg)

    floor = Floor(venue=Deaf())
    order = floor.hand.buy(98, 3, terms=Terms(timeout_ns=5 * NS, requotes=1))
    floor.tick(100, 5)

    assert floor.state(order).is_active
    assert [alert.level for alert in floor.alerts] == ["error"]


@pytest.mark.parametrize("kind", [OrderType.FAK, OrderType.FOK])
def test_orders_that_fill_at_once_leave_as_they_are(kind: OrderType) -> None:
    """Through `buy` as through any other word; the price is put on the grid."""
    floor = Floor()
    order: object = floor.hand.buy(100.4, 2, order_type=kind)

    assert isinstance(order, OrderData)
    assert floor.sent == [("1-1", str(kind), 100, 2)]
