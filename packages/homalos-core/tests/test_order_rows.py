"""Every row of the table of transitions: what it is good for, and that nothing else does it.

What is expected is written down by hand: `phase/status/lots` of each state that is told, then
the state that holds at the end. A row that is taken out, or leads elsewhere, fails its case.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from attrs import frozen
from order_house import OrderHouse

from homalos.engine.orders import LEGAL
from homalos.engine.orders.states import ROWS, TABLE, OrderEvent
from homalos.errors import OrderError
from homalos.model import OrderData, OrderPhase

HELD, PENDING, RESTING = OrderPhase.HELD, OrderPhase.PENDING, OrderPhase.RESTING
PARTIAL, CANCELLING = OrderPhase.PARTIAL, OrderPhase.CANCEL_PENDING
UNKNOWN, ENDING = OrderPhase.UNKNOWN, OrderPhase.ENDING
FILLED, PARTLY = OrderPhase.FILLED, OrderPhase.PARTLY_CANCELLED
CANCELLED, REJECTED = OrderPhase.CANCELLED, OrderPhase.REJECTED

PENDING_0 = "pending/submitting/0"
HELD_0 = "held/submitting/0"
RESTING_0 = "resting/nottraded/0"
PARTIAL_1 = "partial/parttraded/1"
UNHEARD_0 = "cancel_pending/submitting/0"
CANCELLING_0, CANCELLING_1 = "cancel_pending/nottraded/0", "cancel_pending/parttraded/1"
LOST_0 = "unknown/submitting/0"
UNKNOWN_0, UNKNOWN_1 = "unknown/nottraded/0", "unknown/parttraded/1"
ENDING_0, ENDING_1 = "ending/nottraded/0", "ending/parttraded/1"
FILLED_3 = "filled/alltraded/3"
PARTLY_1 = "partly_cancelled/cancelled/1"
CANCELLED_0, REJECTED_0 = "cancelled/cancelled/0", "rejected/rejected/0"


@frozen
class Case:
    """What happens to an order of 3 lots, and what is told of it.

    Attributes:
        before: The row's phase.
        event: The row's event.
        script: What happens; see `OrderHouse`.
        told: The states that are published.
        ends: The state at the end, where it is not the one told last.
        works: Lots that the account holds as working at the end.
        ignored: Reports that changed nothing.
    """

    before: OrderPhase | None
    event: OrderEvent
    script: str
    told: tuple[str, ...]
    ends: str = ""
    works: int = 3
    ignored: int = 0


E = OrderEvent
CASES = (
    Case(None, E.SENT, "send", (), PENDING_0),
    Case(None, E.KEPT, "keep", (HELD_0,), works=0),
    Case(HELD, E.CHANGED, "keep change", (HELD_0, HELD_0), works=0),
    Case(HELD, E.TRIGGERED, "keep release", (HELD_0, PENDING_0)),
    Case(HELD, E.REFUSED, "keep forbid release", (HELD_0, REJECTED_0), works=0),
    Case(HELD, E.WITHDRAWN, "keep withdraw", (HELD_0, CANCELLED_0), works=0),
    Case(PENDING, E.CANCEL_ASKED, "send cancel", (), UNHEARD_0),
    Case(RESTING, E.CANCEL_ASKED, "send ack cancel", (RESTING_0,), CANCELLING_0),
    Case(PARTIAL, E.CANCEL_ASKED, "send f1 cancel", (PARTIAL_1,), CANCELLING_1, 2),
    Case(
        UNKNOWN, E.CANCEL_ASKED, "send ack down cancel up ack marker",
        (RESTING_0, UNKNOWN_0, RESTING_0), CANCELLING_0,
    ),
    Case(PENDING, E.ACCEPTED, "send ack ack", (RESTING_0,), ignored=1),
    Case(CANCELLING, E.ACCEPTED, "send cancel ack", (CANCELLING_0,)),
    Case(RESTING, E.NAMED, "send ack_bare ack", (RESTING_0, RESTING_0)),
    Case(PARTIAL, E.NAMED, "send f1 ack", (PARTIAL_1, PARTIAL_1), works=2),
    Case(CANCELLING, E.NAMED, "send ack_bare cancel ack", (RESTING_0, CANCELLING_0)),
    Case(UNKNOWN, E.NAMED, "send down ack ack", (LOST_0, UNKNOWN_0), ignored=1),
    Case(ENDING, E.NAMED, "send x2 ack", (ENDING_0, ENDING_0)),
    Case(PENDING, E.FILLED_PART, "send f1 again", (PARTIAL_1,), works=2, ignored=1),
    Case(RESTING, E.FILLED_PART, "send ack f1", (RESTING_0, PARTIAL_1), works=2),
    Case(PARTIAL, E.FILLED_PART, "send f1 f1", (PARTIAL_1, "partial/parttraded/2"), works=1),
    Case(CANCELLING, E.FILLED_PART, "send ack cancel f1", (RESTING_0, CANCELLING_1), works=2),
    Case(
        UNKNOWN, E.FILLED_PART, "send ack down f1", (RESTING_0, UNKNOWN_0, UNKNOWN_1), works=2
    ),
    Case(ENDING, E.FILLED_PART, "send ack x2 f1", (RESTING_0, ENDING_0, ENDING_1), works=2),
    Case(PENDING, E.FILLED_WHOLE, "send f3", (FILLED_3,), works=0),
    Case(RESTING, E.FILLED_WHOLE, "send ack f3", (RESTING_0, FILLED_3), works=0),
    Case(PARTIAL, E.FILLED_WHOLE, "send f1 f2", (PARTIAL_1, FILLED_3), works=0),
    Case(
        CANCELLING, E.FILLED_WHOLE, "send ack cancel f3 no", (RESTING_0, FILLED_3),
        works=0, ignored=1,
    ),
    Case(UNKNOWN, E.FILLED_WHOLE, "send down f3", (LOST_0, FILLED_3), works=0),
    Case(ENDING, E.FILLED_WHOLE, "send all all f3", (ENDING_0, FILLED_3), works=0, ignored=1),
    Case(FILLED, E.FILLED_LATE, "send f3 f1", (FILLED_3, "filled/alltraded/4"), works=0),
    Case(
        PARTLY, E.FILLED_LATE, "send f1 x1 f1",
        (PARTIAL_1, PARTLY_1, "partly_cancelled/cancelled/2"), works=0,
    ),
    Case(CANCELLED, E.FILLED_LATE, "send x0 f1", (CANCELLED_0, PARTLY_1), works=0),
    Case(
        REJECTED, E.FILLED_LATE, "send r0 f1", (REJECTED_0, "rejected/rejected/1"), works=0
    ),
    Case(CANCELLING, E.CANCEL_REFUSED_EARLY, "send cancel no", (), PENDING_0),
    Case(CANCELLING, E.CANCEL_REFUSED, "send ack cancel no", (RESTING_0,), RESTING_0),
    Case(CANCELLING, E.CANCEL_REFUSED_PARTLY, "send f1 cancel no", (PARTIAL_1,), works=2),
    Case(PENDING, E.REJECTED, "send r0", (REJECTED_0,), works=0),
    Case(RESTING, E.REJECTED, "send ack r0", (RESTING_0, REJECTED_0), works=0),
    Case(CANCELLING, E.REJECTED, "send cancel r0", (REJECTED_0,), works=0),
    Case(UNKNOWN, E.REJECTED, "send down r0", (LOST_0, REJECTED_0), works=0),
    Case(ENDING, E.REJECTED, "send x2 r0", (ENDING_0, REJECTED_0), works=0),
    Case(PENDING, E.CANCELLED, "send x0 x0", (CANCELLED_0,), works=0, ignored=1),
    Case(RESTING, E.CANCELLED, "send ack x0", (RESTING_0, CANCELLED_0), works=0),
    Case(CANCELLING, E.CANCELLED, "send cancel x0", (CANCELLED_0,), works=0),
    Case(UNKNOWN, E.CANCELLED, "send down x0", (LOST_0, CANCELLED_0), works=0),
    Case(ENDING, E.CANCELLED, "send x2 x0", (ENDING_0, CANCELLED_0), works=0),
    Case(PARTIAL, E.PARTLY_CANCELLED, "send f1 x1", (PARTIAL_1, PARTLY_1), works=0),
    Case(CANCELLING, E.PARTLY_CANCELLED, "send f1 cancel x1", (PARTIAL_1, PARTLY_1), works=0),
    Case(
        UNKNOWN, E.PARTLY_CANCELLED, "send f1 down x1", (PARTIAL_1, UNKNOWN_1, PARTLY_1), works=0
    ),
    Case(ENDING, E.PARTLY_CANCELLED, "send x1 f1", (ENDING_0, PARTLY_1), works=0),
    Case(PENDING, E.ENDED_AHEAD, "send x2 x2", (ENDING_0,), ignored=1),
    Case(RESTING, E.ENDED_AHEAD, "send ack x2", (RESTING_0, ENDING_0)),
    Case(PARTIAL, E.ENDED_AHEAD, "send f1 x2", (PARTIAL_1, ENDING_1), works=2),
    Case(CANCELLING, E.ENDED_AHEAD, "send cancel x2", (ENDING_0,)),
    Case(UNKNOWN, E.ENDED_AHEAD, "send down x2", (LOST_0, ENDING_0)),
    Case(ENDING, E.ENDED_AHEAD, "send x2 x1 f1", (ENDING_0, ENDING_0, PARTLY_1), works=0),
    Case(PENDING, E.LOST, "send down", (LOST_0,)),
    Case(RESTING, E.LOST, "send ack down down", (RESTING_0, UNKNOWN_0)),
    Case(PARTIAL, E.LOST, "send f1 down", (PARTIAL_1, UNKNOWN_1), works=2),
    Case(CANCELLING, E.LOST, "send cancel down", (LOST_0,)),
    Case(UNKNOWN, E.FOUND, "send ack down up ack", (RESTING_0, UNKNOWN_0, RESTING_0)),
    Case(
        UNKNOWN, E.FOUND_PARTLY, "send f1 down up ack", (PARTIAL_1, UNKNOWN_1, PARTIAL_1), works=2
    ),
    Case(PENDING, E.NOT_FOUND, "send ask marker", (REJECTED_0,), works=0),
    Case(CANCELLING, E.NOT_FOUND, "send cancel ask marker", (REJECTED_0,), works=0),
    Case(UNKNOWN, E.NOT_FOUND, "send down up marker", (LOST_0, REJECTED_0), works=0),
    Case(RESTING, E.GONE, "send ack ask marker", (RESTING_0, CANCELLED_0), works=0),
    Case(CANCELLING, E.GONE, "send ack cancel ask marker", (RESTING_0, CANCELLED_0), works=0),
    Case(
        UNKNOWN, E.GONE, "send ack down up marker", (RESTING_0, UNKNOWN_0, CANCELLED_0), works=0
    ),
    Case(ENDING, E.GONE, "send x2 ask marker", (ENDING_0, CANCELLED_0), works=0),
    Case(PARTIAL, E.GONE_PARTLY, "send f1 ask marker", (PARTIAL_1, PARTLY_1), works=0),
    Case(
        CANCELLING, E.GONE_PARTLY, "send f1 cancel ask marker", (PARTIAL_1, PARTLY_1), works=0
    ),
    Case(
        UNKNOWN, E.GONE_PARTLY, "send f1 down up marker", (PARTIAL_1, UNKNOWN_1, PARTLY_1),
        works=0,
    ),
    Case(
        ENDING, E.GONE_PARTLY, "send f1 x2 ask marker", (PARTIAL_1, ENDING_1, PARTLY_1), works=0
    ),
)  # fmt: skip


def shown(order: OrderData) -> str:
    """Return a state as the cases have it."""
    return f"{order.phase}/{order.status}/{order.traded}"


def check(case: Case) -> None:
    """Play a case, and compare everything that is to be seen of it."""
    house = OrderHouse()
    house.play(case.script)
    assert tuple(shown(order) for order in house.told) == case.told
    assert shown(house.order) == (case.ends or case.told[-1])
    assert house.holding.opening_long == case.works
    assert house.account.frozen == pytest.approx(100 * case.works)
    assert sum(house.manager.ignored.values()) == case.ignored
    is_over = house.order.phase in {FILLED, PARTLY, CANCELLED, REJECTED}
    assert [order.order_id for order in house.manager.working()] == ([] if is_over else ["1-1"])
    assert house.order.is_active is not is_over
    assert not house.engine.parts.faults


def passes_with(case: Case, target: OrderPhase | None) -> bool:
    """Say whether a case passes with its row leading elsewhere, or taken out."""
    rows = TABLE[case.event]
    right = rows.pop(case.before)
    if target is not None:
        rows[case.before] = target
    try:
        check(case)
    except (AssertionError, LookupError, OrderError):
        return False
    finally:
        rows[case.before] = right
    return True


def named(case: Case) -> str:
    """Return a case's name."""
    return f"{case.before}-{case.event}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_row_leads_where_it_should(case: Case) -> None:
    """The states told, the one that holds, what works, and what was ignored."""
    check(case)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_row_that_is_missing_or_leads_elsewhere_is_noticed(case: Case) -> None:
    """Without the row, and with each of the ten other phases as its target."""
    right = TABLE[case.event][case.before]
    others = (None, *(phase for phase in OrderPhase if phase is not right))
    missed = [target for target in others if passes_with(case, target)]
    assert missed == []


def test_every_row_has_its_case() -> None:
    """And there is one row for each phase and event."""
    rows = [(before, event) for before, event, _ in ROWS]
    assert sorted(map(str, rows)) == sorted(str((each.before, each.event)) for each in CASES)


def test_no_row_leads_out_of_an_end_but_to_an_end() -> None:
    """A late fill may tell a cancelled order to be one that was filled in part; no more."""
    ends = {FILLED, PARTLY, CANCELLED, REJECTED}
    found = {(before, after) for before, _, after in ROWS if before in ends and before != after}
    assert found == {(CANCELLED, PARTLY)}


def test_states_told_follow_the_public_table() -> None:
    """What the phases come to in public is legal there, too."""
    for case in CASES:
        statuses = [each.split("/")[1] for each in case.told]
        for before, after in pairwise(statuses):
            legal = {str(each) for status, to in LEGAL.items() for each in to if status == before}
            assert after in legal | {before}
