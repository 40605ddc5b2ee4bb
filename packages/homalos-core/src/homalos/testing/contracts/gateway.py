"""What every venue must do, real or simulated."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from math import isfinite, nan
from typing import Any

from homalos.model import (
    ConnectionChanged,
    Direction,
    OrderReport,
    Status,
    TradeReport,
)
from homalos.plugins.ports import VenueEvent
from homalos.testing.contracts.gateway_at_once import AT_ONCE
from homalos.testing.contracts.gateway_fills import FILLS
from homalos.testing.contracts.gateway_floor import NAME, Floor, GatewaySubject, shown
from homalos.testing.contracts.gateway_recovery import RECOVERY
from homalos.testing.contracts.requirement import (
    Requirement,
    expect,
    expect_no_thread_since,
    requirement,
)
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
    expect_no_thread_since(before)


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
        floor.leave()


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


# -- time and chance ---------------------------------------------------------------


@requirement
def reports_are_stamped_in_nanoseconds(subject: GatewaySubject) -> None:
    """Statements, bars and the journal are ordered by these."""
    with Floor(subject) as floor:
        request = floor.request()
        floor.send(request)
        floor.offer(5)
        floor.send(floor.request(price=subject.price - floor.step * 0.4))
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


def _one_day(subject: GatewaySubject) -> tuple[VenueEvent, ...]:
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
    *FILLS,
    *AT_ONCE,
    *RECOVERY,
    reports_are_stamped_in_nanoseconds,
    the_same_calls_bring_the_same_reports,
)
