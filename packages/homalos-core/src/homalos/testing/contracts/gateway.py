"""What every venue must do, real or simulated."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from math import isfinite, nan
from typing import Any

from homalos.model import (
    CancelRefused,
    ConnectionChanged,
    Direction,
    OrderReport,
    Status,
    TradeReport,
)
from homalos.testing.contracts.gateway_floor import NAME, Floor, GatewaySubject, shown
from homalos.testing.contracts.requirement import Requirement, expect, requirement
from homalos.testing.records import same

__all__ = ["GATEWAY", "GatewaySubject"]

_SELL = Direction.SHORT
# A stamp below this is no count of nanoseconds: it would lie before March 1973.
_EARLIEST_NS = 10**17
_GENEROUS_S = 0.05


# -- connection --------------------------------------------------------------------


@requirement
def making_it_opens_nothing(subject: GatewaySubject) -> None:
    """It is made long before the engine starts, when nobody listens yet."""
    floor = Floor(subject)
    floor.settle()
    expect(not floor.said, f"{shown(floor.said)} was posted before `connect`; expected nothing")
    expect(not floor.venue.working_orders(), "it has working orders before any was sent")


@requirement
def connecting_is_said_under_its_own_name(subject: GatewaySubject) -> None:
    """The trader sees by this report whether orders can be sent, and where."""
    with Floor(subject) as floor:
        news = [event for event in floor.said if isinstance(event, ConnectionChanged)]
        ups = [each.is_up for each in news]
        expect(ups[-1:] == [True], f"`connect` brought {shown(news)}; expected it to be up")
        names = {each.gateway for each in news}
        expect(names == {NAME}, f"it calls itself {sorted(names)}; expected the context's {NAME!r}")


@requirement
def subscribing_again_is_harmless(subject: GatewaySubject) -> None:
    """Strategies share symbols, and each asks for its own."""
    with Floor(subject) as floor:
        for symbols in ([], [subject.symbol, subject.symbol], [subject.symbol]):
            floor.venue.subscribe(symbols)
        floor.settle()
        answers = floor.send(floor.request())
        expect(bool(answers), "an order is not answered after subscribing several times")


@requirement
def closing_is_harmless_at_any_time(subject: GatewaySubject) -> None:
    """The engine closes every venue, also one that never came up."""
    floor = Floor(subject)
    floor.venue.close()
    with Floor(subject) as floor:
        floor.venue.close()


@requirement
def no_thread_is_left_behind(subject: GatewaySubject) -> None:
    """Each run of an engine in one process would leave one more."""
    before = set(threading.enumerate())
    with Floor(subject) as floor:
        floor.send(floor.request())
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(5)
    names = [thread.name for thread in left if thread.is_alive()]
    expect(not names, f"{names} still run 5 s after `close`; expected no thread")


# -- answers -----------------------------------------------------------------------


@requirement
def an_order_is_answered_once(subject: GatewaySubject) -> None:
    """The engine takes a second one for news, and none for an order that is lost."""
    with Floor(subject) as floor:
        for _ in range(3):
            request = floor.request()
            answers = floor.send(request)
            accepted = [
                event
                for event in answers
                if isinstance(event, OrderReport) and event.status is Status.NOTTRADED
            ]
            expect(
                len(accepted) == len(answers) == 1,
                f"an order that rests was answered with {shown(answers)}; "
                "expected one report NOTTRADED",
            )


@requirement
def an_accepted_order_has_a_venue_id_of_its_own(subject: GatewaySubject) -> None:
    """It is what the trader finds the order by at the venue."""
    with Floor(subject) as floor:
        requests = [floor.request(), floor.request()]
        for request in requests:
            floor.send(request)
        ids = [r.venue_order_id for each in requests for r in floor.of(OrderReport, each)]
        expect(
            all(ids) and len(set(ids)) == len(requests),
            f"two orders have the venue's ids {ids}; expected two different ones",
        )


@requirement
def answers_come_by_post_only(subject: GatewaySubject) -> None:
    """An answer in any other way is never journaled, and a replay would miss it."""
    with Floor(subject) as floor:
        request = floor.request()
        sent: object = _called(floor.venue.send_order, request)
        floor.settle()
        asked: object = _called(floor.venue.cancel_order, floor.wish(request))
        floor.settle()
        expect(
            sent is None and asked is None,
            f"`send_order` returned {sent!r} and `cancel_order` {asked!r}; expected None",
        )


@requirement
def calls_come_back_at_once(subject: GatewaySubject) -> None:
    """The strategy thread waits meanwhile, and every other strategy with it."""
    with Floor(subject) as floor:
        spent: dict[str, list[float]] = {"send_order": [], "cancel_order": []}
        for _ in range(5):
            request = floor.request()
            spent["send_order"].append(_seconds(floor.venue.send_order, request))
            floor.settle()
            spent["cancel_order"].append(_seconds(floor.venue.cancel_order, floor.wish(request)))
            floor.settle()
        for name, seconds in spent.items():
            # The quickest: a busy machine may hold up any one of them.
            least = min(seconds)
            expect(
                least < _GENEROUS_S, f"`{name}` takes {least * 1000:.0f} ms; expected no waiting"
            )


@requirement
def an_order_off_the_grid_is_rejected(subject: GatewaySubject) -> None:
    """An exception in `send_order` stops the strategy that sent the order."""
    with Floor(subject) as floor:
        price = subject.price - floor.step * 0.4
        floor.expect_rejected(floor.request(price=price), f"an order at {price}, off the grid,")


@requirement
def an_order_of_no_lots_is_rejected(subject: GatewaySubject) -> None:
    """An exception in `send_order` stops the strategy that sent the order."""
    with Floor(subject) as floor:
        for volume in (0, -1):
            floor.expect_rejected(floor.request(volume), f"an order of {volume} lots")


@requirement
def an_order_in_an_unknown_contract_is_rejected(subject: GatewaySubject) -> None:
    """An exception in `send_order` stops the strategy that sent the order."""
    with Floor(subject) as floor:
        symbol = "qqq9912.NOWHERE"
        floor.expect_rejected(floor.request(symbol=symbol), f"an order in {symbol}")


@requirement
def an_order_before_connecting_is_rejected(subject: GatewaySubject) -> None:
    """The engine books its margin until somebody says that it is over."""
    floor = Floor(subject)
    try:
        floor.expect_rejected(floor.request(), "an order before `connect`")
    finally:
        floor.venue.close()


@requirement
def an_order_after_closing_is_rejected(subject: GatewaySubject) -> None:
    """The engine books its margin until somebody says that it is over."""
    with Floor(subject) as floor:
        floor.venue.close()
        floor.expect_rejected(floor.request(), "an order after `close`")


@requirement
def a_market_order_is_filled_or_rejected(subject: GatewaySubject) -> None:
    """A market order has no price, and the engine writes that as nan."""
    with Floor(subject) as floor:
        request = floor.request(price=nan)
        floor.send(request)
        floor.rest()
        rejected = [r for r in floor.of(OrderReport, request) if r.status is Status.REJECTED]
        prices = [trade.price for trade in floor.of(TradeReport, request)]
        expect(
            bool(rejected or prices) and all(map(isfinite, prices)),
            f"a market order brought {shown(floor.about(request))} at {prices}; "
            "expected trades at real prices, or a rejection",
        )


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
        buy, sell = floor.request(), floor.request(direction=_SELL)
        floor.send(buy)
        floor.send(sell)
        floor.offer(5)
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
        for request in (kept, back, filled):
            floor.send(request)
        floor.send(floor.request(0))
        floor.cancel(back)
        floor.bid(5)
        found = sorted(floor.venue.working_orders())
        expect(found == [kept.order_id], f"{found} are working; expected {[kept.order_id]}")


# -- time and chance ---------------------------------------------------------------


@requirement
def reports_are_stamped_in_nanoseconds(subject: GatewaySubject) -> None:
    """Statements, bars and the journal are ordered by these."""
    with Floor(subject) as floor:
        request = floor.request()
        floor.send(request)
        floor.offer(5)
        floor.send(floor.request(0))
        stamps = [event.ts_ns for event in floor.said]
        expect(min(stamps) > _EARLIEST_NS, f"a report is stamped {min(stamps)} ns after 1970")
        days = {t.trading_day for t in floor.of(TradeReport, request)}
        expect(
            all(19_900_101 <= day <= 29_991_231 for day in days),
            f"trades are of the trading day {sorted(days)}; expected yyyymmdd",
        )


@requirement
def the_same_calls_bring_the_same_reports(subject: GatewaySubject) -> None:
    """A backtest that is run twice must take the same decisions."""
    if not subject.spec.in_process:
        return
    first, second = _one_day(subject), _one_day(subject)
    expect(same(first, second), f"two equal days brought {shown(first)}, then {shown(second)}")


def _one_day(subject: GatewaySubject) -> tuple[object, ...]:
    with Floor(subject) as floor:
        requests = [floor.request(3), floor.request(2, direction=_SELL), floor.request(price=nan)]
        for request in requests:
            floor.send(request)
        floor.offer(1)
        floor.bid(1)
        for request in requests:
            floor.cancel(request)
        return tuple(floor.said)


def _seconds(method: Callable[[Any], object], argument: object) -> float:
    begun = time.perf_counter()
    method(argument)
    return time.perf_counter() - begun


def _called(method: Callable[[Any], object], argument: object) -> object:
    return method(argument)


GATEWAY: tuple[Requirement[GatewaySubject], ...] = (
    making_it_opens_nothing,
    connecting_is_said_under_its_own_name,
    subscribing_again_is_harmless,
    closing_is_harmless_at_any_time,
    no_thread_is_left_behind,
    an_order_is_answered_once,
    an_accepted_order_has_a_venue_id_of_its_own,
    answers_come_by_post_only,
    calls_come_back_at_once,
    an_order_off_the_grid_is_rejected,
    an_order_of_no_lots_is_rejected,
    an_order_in_an_unknown_contract_is_rejected,
    an_order_before_connecting_is_rejected,
    an_order_after_closing_is_rejected,
    a_market_order_is_filled_or_rejected,
    a_trade_carries_its_order,
    trade_ids_are_unique,
    an_order_is_filled_whole_and_no_further,
    no_fill_is_worse_than_the_limit,
    a_filled_order_is_over,
    a_cancel_says_what_was_filled,
    a_cancelled_order_never_fills,
    a_cancel_of_nothing_is_refused,
    working_orders_are_those_that_can_fill,
    reports_are_stamped_in_nanoseconds,
    the_same_calls_bring_the_same_reports,
)
