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


ROWS: tuple[_Row, ...] = (
    (None, OrderEvent.SENT, OrderPhase.PENDING),
    (None, OrderEvent.KEPT, OrderPhase.HELD),
    (OrderPhase.HELD, OrderEvent.CHANGED, OrderPhase.HELD),
    (OrderPhase.HELD, OrderEvent.TRIGGERED, OrderPhase.PENDING),
    (OrderPhase.HELD, OrderEvent.REFUSED, OrderPhase.REJECTED),
    (OrderPhase.HELD, OrderEvent.WITHDRAWN, OrderPhase.CANCELLED),
    (OrderPhase.PENDING, OrderEvent.CANCEL_ASKED, OrderPhase.CANCEL_PENDING),
    (OrderPhase.RESTING, OrderEvent.CANCEL_ASKED, OrderPhase.CANCEL_PENDING),
    (OrderPhase.PARTIAL, OrderEvent.CANCEL_ASKED, OrderPhase.CANCEL_PENDING),
    # The wish is remembered until the order is found.
    (OrderPhase.UNKNOWN, OrderEvent.CANCEL_ASKED, OrderPhase.UNKNOWN),
    (OrderPhase.PENDING, OrderEvent.ACCEPTED, OrderPhase.RESTING),
    (OrderPhase.CANCEL_PENDING, OrderEvent.ACCEPTED, OrderPhase.CANCEL_PENDING),
    (OrderPhase.RESTING, OrderEvent.NAMED, OrderPhase.RESTING),
    (OrderPhase.PARTIAL, OrderEvent.NAMED, OrderPhase.PARTIAL),
    (OrderPhase.CANCEL_PENDING, OrderEvent.NAMED, OrderPhase.CANCEL_PENDING),
    (OrderPhase.UNKNOWN, OrderEvent.NAMED, OrderPhase.UNKNOWN),
    (OrderPhase.ENDING, OrderEvent.NAMED, OrderPhase.ENDING),
    (OrderPhase.PENDING, OrderEvent.FILLED_PART, OrderPhase.PARTIAL),
    (OrderPhase.RESTING, OrderEvent.FILLED_PART, OrderPhase.PARTIAL),
    (OrderPhase.PARTIAL, OrderEvent.FILLED_PART, OrderPhase.PARTIAL),
    (OrderPhase.CANCEL_PENDING, OrderEvent.FILLED_PART, OrderPhase.CANCEL_PENDING),
    (OrderPhase.UNKNOWN, OrderEvent.FILLED_PART, OrderPhase.UNKNOWN),
    (OrderPhase.ENDING, OrderEvent.FILLED_PART, OrderPhase.ENDING),
    (OrderPhase.PENDING, OrderEvent.FILLED_WHOLE, OrderPhase.FILLED),
    (OrderPhase.RESTING, OrderEvent.FILLED_WHOLE, OrderPhase.FILLED),
    (OrderPhase.PARTIAL, OrderEvent.FILLED_WHOLE, OrderPhase.FILLED),
    (OrderPhase.CANCEL_PENDING, OrderEvent.FILLED_WHOLE, OrderPhase.FILLED),
    (OrderPhase.UNKNOWN, OrderEvent.FILLED_WHOLE, OrderPhase.FILLED),
    (OrderPhase.ENDING, OrderEvent.FILLED_WHOLE, OrderPhase.FILLED),
    # A fill after the end is a fill; the end stays an end.
    (OrderPhase.FILLED, OrderEvent.FILLED_LATE, OrderPhase.FILLED),
    (OrderPhase.PARTLY_CANCELLED, OrderEvent.FILLED_LATE, OrderPhase.PARTLY_CANCELLED),
    (OrderPhase.CANCELLED, OrderEvent.FILLED_LATE, OrderPhase.PARTLY_CANCELLED),
    (OrderPhase.REJECTED, OrderEvent.FILLED_LATE, OrderPhase.REJECTED),
    (OrderPhase.CANCEL_PENDING, OrderEvent.CANCEL_REFUSED_EARLY, OrderPhase.PENDING),
    (OrderPhase.CANCEL_PENDING, OrderEvent.CANCEL_REFUSED, OrderPhase.RESTING),
    (OrderPhase.CANCEL_PENDING, OrderEvent.CANCEL_REFUSED_PARTLY, OrderPhase.PARTIAL),
    (OrderPhase.PENDING, OrderEvent.REJECTED, OrderPhase.REJECTED),
    (OrderPhase.RESTING, OrderEvent.REJECTED, OrderPhase.REJECTED),
    (OrderPhase.CANCEL_PENDING, OrderEvent.REJECTED, OrderPhase.REJECTED),
    (OrderPhase.UNKNOWN, OrderEvent.REJECTED, OrderPhase.REJECTED),
    (OrderPhase.PENDING, OrderEvent.CANCELLED, OrderPhase.CANCELLED),
    (OrderPhase.RESTING, OrderEvent.CANCELLED, OrderPhase.CANCELLED),
    (OrderPhase.CANCEL_PENDING, OrderEvent.CANCELLED, OrderPhase.CANCELLED),
    (OrderPhase.UNKNOWN, OrderEvent.CANCELLED, OrderPhase.CANCELLED),
    (OrderPhase.PARTIAL, OrderEvent.PARTLY_CANCELLED, OrderPhase.PARTLY_CANCELLED),
    (OrderPhase.CANCEL_PENDING, OrderEvent.PARTLY_CANCELLED, OrderPhase.PARTLY_CANCELLED),
    (OrderPhase.UNKNOWN, OrderEvent.PARTLY_CANCELLED, OrderPhase.PARTLY_CANCELLED),
    (OrderPhase.PENDING, OrderEvent.ENDED_AHEAD, OrderPhase.ENDING),
    (OrderPhase.RESTING, OrderEvent.ENDED_AHEAD, OrderPhase.ENDING),
    (OrderPhase.PARTIAL, OrderEvent.ENDED_AHEAD, OrderPhase.ENDING),
    (OrderPhase.CANCEL_PENDING, OrderEvent.ENDED_AHEAD, OrderPhase.ENDING),
    (OrderPhase.UNKNOWN, OrderEvent.ENDED_AHEAD, OrderPhase.ENDING),
    (OrderPhase.ENDING, OrderEvent.ENDED_AHEAD, OrderPhase.ENDING),  # the venue counts anew
    (OrderPhase.ENDING, OrderEvent.REJECTED, OrderPhase.REJECTED),
    (OrderPhase.ENDING, OrderEvent.CANCELLED, OrderPhase.CANCELLED),
    (OrderPhase.ENDING, OrderEvent.PARTLY_CANCELLED, OrderPhase.PARTLY_CANCELLED),
    (OrderPhase.PENDING, OrderEvent.LOST, OrderPhase.UNKNOWN),
    (OrderPhase.RESTING, OrderEvent.LOST, OrderPhase.UNKNOWN),
    (OrderPhase.PARTIAL, OrderEvent.LOST, OrderPhase.UNKNOWN),
    (OrderPhase.CANCEL_PENDING, OrderEvent.LOST, OrderPhase.UNKNOWN),
    (OrderPhase.UNKNOWN, OrderEvent.FOUND, OrderPhase.RESTING),
    (OrderPhase.UNKNOWN, OrderEvent.FOUND_PARTLY, OrderPhase.PARTIAL),
    (OrderPhase.PENDING, OrderEvent.NOT_FOUND, OrderPhase.REJECTED),
    (OrderPhase.CANCEL_PENDING, OrderEvent.NOT_FOUND, OrderPhase.REJECTED),
    (OrderPhase.UNKNOWN, OrderEvent.NOT_FOUND, OrderPhase.REJECTED),
    (OrderPhase.RESTING, OrderEvent.GONE, OrderPhase.CANCELLED),
    (OrderPhase.CANCEL_PENDING, OrderEvent.GONE, OrderPhase.CANCELLED),
    (OrderPhase.UNKNOWN, OrderEvent.GONE, OrderPhase.CANCELLED),
    (OrderPhase.ENDING, OrderEvent.GONE, OrderPhase.CANCELLED),
    (OrderPhase.PARTIAL, OrderEvent.GONE_PARTLY, OrderPhase.PARTLY_CANCELLED),
    (OrderPhase.CANCEL_PENDING, OrderEvent.GONE_PARTLY, OrderPhase.PARTLY_CANCELLED),
    (OrderPhase.UNKNOWN, OrderEvent.GONE_PARTLY, OrderPhase.PARTLY_CANCELLED),
    (OrderPhase.ENDING, OrderEvent.GONE_PARTLY, OrderPhase.PARTLY_CANCELLED),
)
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
