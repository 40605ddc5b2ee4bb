"""Which phase an order may go to from which, and on what: one table, in rows.

Every change of an order's state is looked up here. Where a row is missing, the event is
no news of such an order: it changes nothing and is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from homalos.model import OrderPhase, Status

__all__ = ["AFTER_FILL", "LEGAL", "ROWS", "TABLE", "UNFILLED", "OrderEvent", "status_of"]

_SUBMITTING, _NOTTRADED, _PARTTRADED = Status.SUBMITTING, Status.NOTTRADED, Status.PARTTRADED
_ALLTRADED, _CANCELLED, _REJECTED = Status.ALLTRADED, Status.CANCELLED, Status.REJECTED

LEGAL: Mapping[Status, frozenset[Status]] = {
    _SUBMITTING: frozenset({_NOTTRADED, _PARTTRADED, _ALLTRADED, _CANCELLED, _REJECTED}),
    _NOTTRADED: frozenset({_PARTTRADED, _ALLTRADED, _CANCELLED, _REJECTED}),
    _PARTTRADED: frozenset({_PARTTRADED, _ALLTRADED, _CANCELLED}),
    _ALLTRADED: frozenset(),
    _CANCELLED: frozenset(),
    _REJECTED: frozenset(),
}
"""From each public state, the states an order may go to."""


class OrderEvent(StrEnum):
    """What happens to an order, as the table of transitions tells it apart.

    Of the engine: `SENT` to the venue, `KEPT` back until its condition, `CHANGED`,
    `TRIGGERED`, `REFUSED` by a rule, or `WITHDRAWN` while it is held; `CANCEL_ASKED`.

    Of the venue: `ACCEPTED`; `NAMED`, which brings only its id; `FILLED_PART`,
    `FILLED_WHOLE` and `FILLED_LATE`, after the end; `CANCEL_REFUSED` before the order was
    acknowledged (`_EARLY`), without a fill, and after one (`_PARTLY`); ends with all of
    their fills known, `REJECTED`, `CANCELLED` and `PARTLY_CANCELLED`; `ENDED_AHEAD` of its
    fills.

    Of both: `LOST` from sight; then `FOUND` without a fill or with one (`_PARTLY`),
    `NOT_FOUND` where the venue never had it, `GONE` where it has it no more.
    """

    SENT = "sent"
    KEPT = "kept"
    CHANGED = "changed"
    TRIGGERED = "triggered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CANCEL_ASKED = "cancel_asked"
    ACCEPTED = "accepted"
    NAMED = "named"
    FILLED_PART = "filled_part"
    FILLED_WHOLE = "filled_whole"
    FILLED_LATE = "filled_late"
    CANCEL_REFUSED = "cancel_refused"
    CANCEL_REFUSED_EARLY = "cancel_refused_early"
    CANCEL_REFUSED_PARTLY = "cancel_refused_partly"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    PARTLY_CANCELLED = "partly_cancelled"
    ENDED_AHEAD = "ended_ahead"
    LOST = "lost"
    FOUND = "found"
    FOUND_PARTLY = "found_partly"
    NOT_FOUND = "not_found"
    GONE = "gone"
    GONE_PARTLY = "gone_partly"


_Row = tuple[OrderPhase | None, OrderEvent, OrderPhase]


def _rows() -> tuple[_Row, ...]:
    phase, event = OrderPhase, OrderEvent
    held, pending, resting, partial = phase.HELD, phase.PENDING, phase.RESTING, phase.PARTIAL
    cancelling, unknown, ending = phase.CANCEL_PENDING, phase.UNKNOWN, phase.ENDING
    filled, partly = phase.FILLED, phase.PARTLY_CANCELLED
    cancelled, rejected = phase.CANCELLED, phase.REJECTED
    return (
        (None, event.SENT, pending),
        (None, event.KEPT, held),
        (held, event.CHANGED, held),
        (held, event.TRIGGERED, pending),
        (held, event.REFUSED, rejected),
        (held, event.WITHDRAWN, cancelled),
        (pending, event.CANCEL_ASKED, cancelling),
        (resting, event.CANCEL_ASKED, cancelling),
        (partial, event.CANCEL_ASKED, cancelling),
        (unknown, event.CANCEL_ASKED, unknown),  # remembered, until it is found
        (pending, event.ACCEPTED, resting),
        (cancelling, event.ACCEPTED, cancelling),
        (resting, event.NAMED, resting),
        (partial, event.NAMED, partial),
        (cancelling, event.NAMED, cancelling),
        (unknown, event.NAMED, unknown),
        (ending, event.NAMED, ending),
        (pending, event.FILLED_PART, partial),
        (resting, event.FILLED_PART, partial),
        (partial, event.FILLED_PART, partial),
        (cancelling, event.FILLED_PART, cancelling),
        (unknown, event.FILLED_PART, unknown),
        (ending, event.FILLED_PART, ending),
        (pending, event.FILLED_WHOLE, filled),
        (resting, event.FILLED_WHOLE, filled),
        (partial, event.FILLED_WHOLE, filled),
        (cancelling, event.FILLED_WHOLE, filled),
        (unknown, event.FILLED_WHOLE, filled),
        (ending, event.FILLED_WHOLE, filled),
        # A fill after the end is a fill; the end stays an end.
        (filled, event.FILLED_LATE, filled),
        (partly, event.FILLED_LATE, partly),
        (cancelled, event.FILLED_LATE, partly),
        (rejected, event.FILLED_LATE, rejected),
        (cancelling, event.CANCEL_REFUSED_EARLY, pending),
        (cancelling, event.CANCEL_REFUSED, resting),
        (cancelling, event.CANCEL_REFUSED_PARTLY, partial),
        (pending, event.REJECTED, rejected),
        (resting, event.REJECTED, rejected),
        (cancelling, event.REJECTED, rejected),
        (unknown, event.REJECTED, rejected),
        (pending, event.CANCELLED, cancelled),
        (resting, event.CANCELLED, cancelled),
        (cancelling, event.CANCELLED, cancelled),
        (unknown, event.CANCELLED, cancelled),
        (partial, event.PARTLY_CANCELLED, partly),
        (cancelling, event.PARTLY_CANCELLED, partly),
        (unknown, event.PARTLY_CANCELLED, partly),
        (pending, event.ENDED_AHEAD, ending),
        (resting, event.ENDED_AHEAD, ending),
        (partial, event.ENDED_AHEAD, ending),
        (cancelling, event.ENDED_AHEAD, ending),
        (unknown, event.ENDED_AHEAD, ending),
        (ending, event.ENDED_AHEAD, ending),  # the venue counts anew
        (ending, event.REJECTED, rejected),
        (ending, event.CANCELLED, cancelled),
        (ending, event.PARTLY_CANCELLED, partly),
        (pending, event.LOST, unknown),
        (resting, event.LOST, unknown),
        (partial, event.LOST, unknown),
        (cancelling, event.LOST, unknown),
        (unknown, event.FOUND, resting),
        (unknown, event.FOUND_PARTLY, partial),
        (pending, event.NOT_FOUND, rejected),
        (cancelling, event.NOT_FOUND, rejected),
        (unknown, event.NOT_FOUND, rejected),
        (resting, event.GONE, cancelled),
        (cancelling, event.GONE, cancelled),
        (unknown, event.GONE, cancelled),
        (ending, event.GONE, cancelled),
        (partial, event.GONE_PARTLY, partly),
        (cancelling, event.GONE_PARTLY, partly),
        (unknown, event.GONE_PARTLY, partly),
        (ending, event.GONE_PARTLY, partly),
    )


ROWS: tuple[_Row, ...] = _rows()
"""Every legal transition: the phase before (`None` for an order that begins), event, phase."""


def _by_event() -> dict[OrderEvent, dict[OrderPhase | None, OrderPhase]]:
    table: dict[OrderEvent, dict[OrderPhase | None, OrderPhase]] = {e: {} for e in OrderEvent}
    for before, event, after in ROWS:
        table[event][before] = after
    return table


TABLE: Mapping[OrderEvent, dict[OrderPhase | None, OrderPhase]] = _by_event()
"""The rows by event and phase, as they are looked up."""

AFTER_FILL: Mapping[OrderPhase, Status] = {
    OrderPhase.PARTIAL: _PARTTRADED,
    OrderPhase.CANCEL_PENDING: _PARTTRADED,
    OrderPhase.UNKNOWN: _PARTTRADED,
    OrderPhase.ENDING: _PARTTRADED,
    OrderPhase.FILLED: _ALLTRADED,
    OrderPhase.PARTLY_CANCELLED: _CANCELLED,
    OrderPhase.REJECTED: _REJECTED,
}
"""The public state of an order of which lots are filled, by its phase."""

UNFILLED: Mapping[OrderPhase, Status] = {
    OrderPhase.HELD: _SUBMITTING,
    OrderPhase.PENDING: _SUBMITTING,
    OrderPhase.RESTING: _NOTTRADED,
    OrderPhase.CANCEL_PENDING: _NOTTRADED,
    OrderPhase.UNKNOWN: _NOTTRADED,
    OrderPhase.ENDING: _NOTTRADED,
    OrderPhase.CANCELLED: _CANCELLED,
    OrderPhase.REJECTED: _REJECTED,
}
"""The public state of one without a fill, which its venue has acknowledged where it could."""


def status_of(phase: OrderPhase, before: Status, traded: int) -> Status:
    """Return the public state of an order in a phase.

    Args:
        phase: Where it is now.
        before: Its public state until now: what was not acknowledged is not by being lost
            from sight or cancelled.
        traded: Lots filled.
    """
    if traded:
        return AFTER_FILL[phase]
    status = UNFILLED[phase]
    return _SUBMITTING if status is _NOTTRADED and before is _SUBMITTING else status
