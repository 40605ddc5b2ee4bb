"""What every venue must do with an order that trades at once or not at all."""

from __future__ import annotations

from homalos.model import CancelRefused, OrderReport, OrderRequest, OrderType, Status
from homalos.testing.contracts.gateway_floor import Floor, GatewaySubject, shown
from homalos.testing.contracts.requirement import Requirement, expect, requirement

__all__ = ["AT_ONCE"]

_OVER = (Status.CANCELLED, Status.REJECTED)


@requirement
def a_fill_and_kill_order_takes_what_is_there_and_ends(subject: GatewaySubject) -> None:
    """The trader counts on it that the rest does not stand in the book for others to hit."""
    with Floor(subject) as floor:
        floor.offer(1)
        request = floor.request(3, kind=OrderType.FAK)
        floor.send(request)
        filled = floor.filled(request)
        found = _end_of(floor, request, "3 lots to fill and kill where 1 was offered")
        expected = (Status.CANCELLED, 1) if filled else (Status.REJECTED, 0)
        expect(
            (found.status, found.traded) == expected and filled == expected[1],
            f"where 1 lot was offered to 3 of fill and kill, {filled} were filled and the end "
            f"says {found.status} with {found.traded}; expected 1 and CANCELLED, or REJECTED",
        )


@requirement
def a_fill_and_kill_order_that_meets_nobody_ends_at_once(subject: GatewaySubject) -> None:
    """Its margin is held until somebody says that it is over."""
    with Floor(subject) as floor:
        request = floor.request(2, kind=OrderType.FAK)
        floor.send(request)
        _end_of(floor, request, "an order to fill and kill with nobody on the other side")
        floor.offer(50)
        found = floor.filled(request)
        expect(not found, f"{found} lots were filled after it was to be over")


@requirement
def a_fill_or_kill_order_is_filled_whole_or_not_at_all(subject: GatewaySubject) -> None:
    """Who sends one leg of a pair so does not want half of it."""
    with Floor(subject) as floor:
        floor.offer(1)
        too_much = floor.request(4, kind=OrderType.FOK)
        floor.send(too_much)
        found = floor.filled(too_much)
        expect(not found, f"1 lot was offered to 4 of fill or kill, {found} were filled")
        _end_of(floor, too_much, "4 lots to fill or kill where 1 was offered")
        floor.offer(50)
        request = floor.request(4, kind=OrderType.FOK)
        floor.send(request)
        if floor.filled(request) != request.volume:
            end = _end_of(floor, request, "4 lots to fill or kill where 50 were offered")
            expect(
                end.status is Status.REJECTED and not floor.filled(request),
                f"50 lots were offered to 4 of fill or kill, {floor.filled(request)} were "
                f"filled and it ended as {end.status}; expected 4, or a rejection",
            )


@requirement
def a_cancel_of_a_filled_order_is_refused_with_a_reason(subject: GatewaySubject) -> None:
    """The trade came first and stands; the engine must not take the order for cancelled."""
    with Floor(subject) as floor:
        request = floor.request(4)
        floor.send(request)
        floor.offer(50)
        said = floor.cancel(request)
        found = [
            (each.order_id, bool(each.reason)) for each in said if isinstance(each, CancelRefused)
        ]
        expect(
            len(said) == 1 and found == [(request.order_id, True)],
            f"the cancel of a filled order brought {shown(said)}; "
            "expected one CancelRefused with a reason",
        )


def _end_of(floor: Floor, request: OrderRequest, what: str) -> OrderReport:
    """Return the report that ends an order, which must be there, and the order gone."""
    ends = [each for each in floor.of(OrderReport, request) if each.status in _OVER]
    expect(
        len(ends) == 1 and bool(ends[0].reason),
        f"{what} brought {shown(floor.about(request))}; "
        "expected one report CANCELLED or REJECTED with a reason",
    )
    working = floor.venue.working_orders()
    expect(request.order_id not in working, f"{what} is still among the working ones")
    return ends[0]


AT_ONCE: tuple[Requirement[GatewaySubject], ...] = (
    a_fill_and_kill_order_takes_what_is_there_and_ends,
    a_fill_and_kill_order_that_meets_nobody_ends_at_once,
    a_fill_or_kill_order_is_filled_whole_or_not_at_all,
    a_cancel_of_a_filled_order_is_refused_with_a_reason,
)
