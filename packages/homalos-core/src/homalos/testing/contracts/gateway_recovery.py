"""What a venue that can be asked for its orders, or holds a lease, must do; both are optional."""

from __future__ import annotations

from homalos.model import OrderReport, OrdersReported, Status, TradeReport
from homalos.plugins.ports import LeaseHolder, OrderSource, VenueEvent
from homalos.testing.contracts.gateway_floor import NAME, Floor, GatewaySubject, shown
from homalos.testing.contracts.requirement import Requirement, expect, requirement

__all__ = ["RECOVERY"]

_NS = 1_000_000_000
_LEASE_S = 5


@requirement
def orders_are_reported_anew_as_they_were(subject: GatewaySubject) -> None:
    """What was lost on the way is found again here, and what was not must not count twice."""
    with Floor(subject) as floor:
        if not isinstance(floor.venue, OrderSource):
            return
        part, gone = floor.request(3), floor.request(1)
        rests = floor.request(2, price=subject.price - floor.step)
        for request in (part, gone, rests):
            floor.send(request)
        floor.cancel(gone)
        floor.offer(1)
        before = [each for each in floor.said if isinstance(each, OrderReport | TradeReport)]
        first, second = _asked(floor), _asked(floor)
        for answer in (first, second):
            expect(
                sorted(map(repr, answer[:-1])) == sorted(map(repr, before)),
                f"asked for its orders it said {shown(answer)}, where {shown(before)} was said "
                "before; expected every report of the day anew, each once",
            )


@requirement
def the_end_of_the_answer_is_said_under_its_own_name(subject: GatewaySubject) -> None:
    """The engine takes what was not reported by then for never arrived."""
    with Floor(subject) as floor:
        if not isinstance(floor.venue, OrderSource):
            return
        floor.send(floor.request())
        answer = _asked(floor)
        found = [each.gateway for each in answer if isinstance(each, OrdersReported)]
        is_last = isinstance(answer[-1], OrdersReported) if answer else False
        expect(
            found == [NAME] and is_last,
            f"asked for its orders it said {shown(answer)}; "
            f"expected one OrdersReported of {NAME!r} behind all others",
        )


@requirement
def the_end_of_each_answer_has_the_number_of_its_question(subject: GatewaySubject) -> None:
    """The engine may ask twice before it hears an answer, and sends orders in between."""
    with Floor(subject) as floor:
        if not isinstance(floor.venue, OrderSource):
            return
        floor.send(floor.request())
        before = len(floor.said)
        for number in (7, 8):
            floor.venue.report_orders(number)
        floor.settle()
        found = [e.question for e in floor.said[before:] if isinstance(e, OrdersReported)]
        expect(
            found == [7, 8],
            f"the answers to the questions 7 and 8 had the numbers {found}; expected [7, 8]",
        )


@requirement
def reports_of_an_order_come_anew_in_their_order(subject: GatewaySubject) -> None:
    """A trade before its order, or behind its end, is a mystery to the books."""
    with Floor(subject) as floor:
        if not isinstance(floor.venue, OrderSource):
            return
        request = floor.request(3)
        floor.send(request)
        floor.offer(1)
        floor.rest()
        floor.cancel(request)
        before = floor.about(request)
        after = [e for e in _asked(floor) if getattr(e, "order_id", "") == request.order_id]
        expect(
            list(map(repr, after)) == list(map(repr, before)),
            f"an order's reports came anew as {shown(after)}; expected {shown(before)}",
        )


@requirement
def a_lease_that_runs_out_leaves_nothing_working(subject: GatewaySubject) -> None:
    """An engine that fell silent can take nothing back itself."""
    with Floor(subject) as floor:
        if not isinstance(floor.venue, LeaseHolder) or not subject.spec.in_process:
            return
        request = floor.request()
        floor.send(request)
        floor.venue.renew_lease(_LEASE_S * _NS)
        floor.clock.advance((_LEASE_S + 2) * _NS)
        floor.settle()
        ends = [each for each in floor.of(OrderReport, request) if each.reason]
        expect(
            [each.status for each in ends] == [Status.CANCELLED],
            f"when the lease ran out {shown(floor.about(request))} was all that was said of a "
            "working order; expected one report CANCELLED with a reason",
        )


@requirement
def a_lease_in_time_leaves_orders_alone(subject: GatewaySubject) -> None:
    """An engine that is well must not lose its orders to the watch over it."""
    with Floor(subject) as floor:
        if not isinstance(floor.venue, LeaseHolder) or not subject.spec.in_process:
            return
        request = floor.request()
        floor.send(request)
        for _ in range(4):
            floor.venue.renew_lease(_LEASE_S * _NS)
            floor.clock.advance((_LEASE_S - 2) * _NS)
        floor.venue.renew_lease(0)
        floor.clock.advance(10 * _LEASE_S * _NS)
        floor.settle()
        ends = [each for each in floor.of(OrderReport, request) if each.reason]
        expect(
            not ends,
            f"with a lease that was renewed and then given up, {shown(ends)} was said of an "
            "order that rests; expected nothing",
        )


@requirement
def a_late_order_is_refused_until_the_lease_is_renewed(subject: GatewaySubject) -> None:
    """It was decided before the silence, by somebody who has not seen what came since."""
    with Floor(subject) as floor:
        if not isinstance(floor.venue, LeaseHolder) or not subject.spec.in_process:
            return
        floor.venue.renew_lease(_LEASE_S * _NS)
        floor.clock.advance((_LEASE_S + 2) * _NS)
        floor.expect_rejected(floor.request(), "an order behind the lease")
        floor.venue.renew_lease(_LEASE_S * _NS)
        request = floor.request()
        floor.send(request)
        taken = {each.status for each in floor.of(OrderReport, request)}
        expect(taken == {Status.NOTTRADED}, f"renewed, it answered {taken}; expected NOTTRADED")


def _asked(floor: Floor) -> list[VenueEvent]:
    venue, before = floor.venue, len(floor.said)
    if isinstance(venue, OrderSource):
        venue.report_orders(1)
    floor.settle()
    return floor.said[before:]


RECOVERY: tuple[Requirement[GatewaySubject], ...] = (
    orders_are_reported_anew_as_they_were,
    the_end_of_the_answer_is_said_under_its_own_name,
    the_end_of_each_answer_has_the_number_of_its_question,
    reports_of_an_order_come_anew_in_their_order,
    a_lease_that_runs_out_leaves_nothing_working,
    a_lease_in_time_leaves_orders_alone,
    a_late_order_is_refused_until_the_lease_is_renewed,
)
