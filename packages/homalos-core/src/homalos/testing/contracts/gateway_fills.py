"""What every venue must do with fills and cancels."""

from __future__ import annotations

from homalos.model import CancelRefused, Direction, OrderReport, Status, TradeReport
from homalos.testing.contracts.gateway_floor import Floor, GatewaySubject
from homalos.testing.contracts.requirement import Requirement, expect, requirement

__all__ = ["FILLS"]

_SELL = Direction.SHORT


# -- fills -------------------------------------------------------------------------


@requirement
def a_trade_carries_its_order(subject: GatewaySubject) -> None:
    """The position is counted from these fields."""
    with Floor(subject) as floor:
        for direction, fill in ((Direction.LONG, floor.offer), (_SELL, floor.bid)):
            request = floor.request(2, direction=direction)
            floor.send(request)
            fill(50)
            trades = floor.of(TradeReport, request)
            expect(bool(trades), f"a {direction} order was not filled when the market came to it")
            asked = (request.symbol, request.direction, request.offset)
            for trade in trades:
                found = (trade.symbol, trade.direction, trade.offset)
                expect(found == asked, f"a trade of {asked} says {found}; expected the order's")
                expect(trade.volume > 0, f"a trade has {trade.volume} lots; expected 1 or more")
            floor.rest()


@requirement
def trade_ids_are_unique(subject: GatewaySubject) -> None:
    """The engine takes a fill of a known id for a repetition, and does not count it."""
    with Floor(subject) as floor:
        first, second = floor.request(4), floor.request(1)
        for request in (first, second):
            floor.send(request)
        for _ in range(6):
            floor.offer(1)
        ids = [t.trade_id for t in floor.said if isinstance(t, TradeReport)]
        expect(
            all(ids) and len(set(ids)) == len(ids) >= 2,
            f"the trades have the ids {ids}; expected two or more, all different",
        )


@requirement
def an_order_is_filled_whole_and_no_further(subject: GatewaySubject) -> None:
    """What is filled beyond the order is a position that nobody asked for."""
    with Floor(subject) as floor:
        request = floor.request(3)
        floor.send(request)
        for lots in (1, 50, 50):
            floor.offer(lots)
        found = floor.filled(request)
        expect(found == 3, f"an order of 3 lots was filled with {found}; expected 3")


@requirement
def no_fill_is_worse_than_the_limit(subject: GatewaySubject) -> None:
    """A limit is a promise to the trader."""
    with Floor(subject) as floor:
        # One after the other: a venue may refuse what would trade against an own order.
        buy, sell = floor.request(), floor.request(direction=_SELL)
        floor.send(buy)
        floor.offer(5)
        floor.rest()
        floor.send(sell)
        floor.bid(5)
        paid = [trade.price for trade in floor.of(TradeReport, buy)]
        got = [trade.price for trade in floor.of(TradeReport, sell)]
        limit = subject.price
        expect(all(price <= limit for price in paid), f"a buy at {limit} paid {paid}")
        expect(all(price >= limit for price in got), f"a sell at {limit} got {got}")


@requirement
def a_filled_order_is_over(subject: GatewaySubject) -> None:
    """A strategy that waits for the end of its order would wait for ever, or act twice."""
    with Floor(subject) as floor:
        request = floor.request(2)
        floor.send(request)
        floor.offer(50)
        expect(floor.filled(request) == 2, "the order was not filled; expected 2 lots")
        working = floor.venue.working_orders()
        expect(request.order_id not in working, "a filled order is still among the working ones")
        kinds = [type(event) for event in floor.cancel(request)]
        expect(kinds == [CancelRefused], f"cancelling it brought {kinds}; expected CancelRefused")


# -- cancels -----------------------------------------------------------------------


@requirement
def a_cancel_says_what_was_filled(subject: GatewaySubject) -> None:
    """The engine waits for that many lots before it believes the end."""
    with Floor(subject) as floor:
        request = floor.request(5)
        floor.send(request)
        floor.offer(1)
        floor.rest()
        filled = floor.filled(request)
        expect(0 < filled < 5, f"1 lot was offered to an order of 5, {filled} were filled")
        ends = [each for each in floor.cancel(request) if isinstance(each, OrderReport)]
        found = [(each.status, each.traded) for each in ends]
        expect(
            found == [(Status.CANCELLED, filled)],
            f"the cancel brought {found}; expected CANCELLED with {filled} traded",
        )


@requirement
def a_cancelled_order_never_fills(subject: GatewaySubject) -> None:
    """The trader believes it gone and has sent another one."""
    with Floor(subject) as floor:
        request = floor.request(2)
        floor.send(request)
        floor.cancel(request)
        floor.offer(50)
        found = floor.filled(request)
        expect(not found, f"{found} lots were filled after the order was cancelled")


@requirement
def a_cancel_of_nothing_is_refused(subject: GatewaySubject) -> None:
    """The engine holds a cancel to be under way until somebody answers."""
    with Floor(subject) as floor:
        over = floor.request()
        floor.send(over)
        floor.cancel(over)
        for request, what in ((over, "a cancelled order"), (floor.request(), "an unknown order")):
            said = [each for each in floor.cancel(request) if isinstance(each, CancelRefused)]
            found = [(each.order_id, bool(each.reason)) for each in said]
            expect(
                found == [(request.order_id, True)],
                f"the cancel of {what} brought {found}; expected one CancelRefused with a reason",
            )


@requirement
def working_orders_are_those_that_can_fill(subject: GatewaySubject) -> None:
    """After a break the engine compares its orders with these."""
    with Floor(subject) as floor:
        kept, back, filled = floor.request(), floor.request(), floor.request(direction=_SELL)
        floor.send(filled)
        floor.bid(5)
        floor.rest()
        floor.send(kept)
        floor.send(back)
        floor.cancel(back)
        found = sorted(floor.venue.working_orders())
        expect(found == [kept.order_id], f"{found} are working; expected {[kept.order_id]}")


FILLS: tuple[Requirement[GatewaySubject], ...] = (
    a_trade_carries_its_order,
    trade_ids_are_unique,
    an_order_is_filled_whole_and_no_further,
    no_fill_is_worse_than_the_limit,
    a_filled_order_is_over,
    a_cancel_says_what_was_filled,
    a_cancelled_order_never_fills,
    a_cancel_of_nothing_is_refused,
    working_orders_are_those_that_can_fill,
)
