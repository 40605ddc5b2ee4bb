"""No reducing order is refused by a rule of exposure, in any state but halted."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from homalos.config import AccountSettings
from homalos.engine.risk import BoundRule
from homalos.model import (
    Direction,
    Offset,
    OrderData,
    OrderRequest,
    OrderType,
    PositionMode,
    Rejection,
    TradingState,
)
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Refusal, RiskRule
from homalos.testing import SYMBOL, FakeGateway, engine, tick

LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE, NONE = Offset.OPEN, Offset.CLOSE, Offset.NONE


def refuse(request: OrderRequest) -> Refusal | None:
    """Refuse everything, as a third party's rule may."""
    return Refusal("nothing may be traded", request.volume, 0)


def fail(_request: OrderRequest) -> Refusal | None:
    """Be broken."""
    raise ZeroDivisionError


def at_most_3(request: OrderRequest) -> Refusal | None:
    """Refuse larger orders, of exposure as of anything."""
    return None if request.volume <= 3 else Refusal("at most 3", request.volume, 3)


RULES = {
    "refuse": refuse,
    "fail": fail,
    "large": at_most_3,
}
VALIDITY = RiskRuleSpec(name="valid", factory=lambda *_: lambda _: None, kind="validity")
LOTS = st.integers(1, 6)
STEPS = st.lists(
    st.tuples(
        st.sampled_from([LONG, SHORT]),
        st.sampled_from([OPEN, CLOSE, NONE]),
        LOTS,
        st.sampled_from(["fill", "part", "rest"]),
    ),
    max_size=8,
)


def offered(names: frozenset[str]) -> list[RiskRuleSpec]:
    """Return the rules drawn, half of them as a `RiskRule`."""
    found: list[RiskRuleSpec] = [VALIDITY]
    for name in sorted(names):
        check = RULES[name]
        made: Any = RiskRule(check=check) if name == "refuse" else check
        found.append(RiskRuleSpec(name=name, factory=lambda *_, made=made: made))
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    rules=st.frozensets(st.sampled_from(sorted(RULES)), min_size=1),
    mode=st.sampled_from(list(PositionMode)),
    steps=STEPS,
    wish=st.tuples(st.sampled_from([LONG, SHORT]), st.sampled_from([CLOSE, NONE]), LOTS),
    states=st.tuples(
        st.sampled_from(list(TradingState)[:2]),
        st.sampled_from(list(TradingState)[:2]),
        st.sampled_from(list(TradingState)[:2]),
    ),
)
def test_what_only_reduces_always_leaves(
    rules: frozenset[str],
    mode: PositionMode,
    steps: list[tuple[Direction, Offset, int, str]],
    wish: tuple[Direction, Offset, int],
    states: tuple[TradingState, ...],
) -> None:
    """Whatever is held and works, whichever rules stand there, in any state but halted."""
    venue = FakeGateway()
    running = engine(
        *offered(rules),
        gateway=venue,
        accounts={"main": AccountSettings(gateway="fake", mode=mode)},
    )
    parts = running.parts
    with running:
        running.step(tick())
        bound: dict[str, list[BoundRule]] = {spec: [] for spec in rules}
        kept = {spec: [each for each in parts.risk.bound if each.name == spec] for spec in rules}
        parts.risk.replace(bound)
        lane = parts.orders.lane("main", SYMBOL)
        for direction, offset, lots, ends in steps:
            answer = parts.orders.submit(
                "hand", lane, direction, offset, 100.0, lots, OrderType.LIMIT
            )
            if isinstance(answer, OrderData) and ends != "rest":
                venue.fill(answer.order_id, volume=1 if ends == "part" else 0)
        parts.risk.replace(kept)
        for (scope, name), state in zip(
            (("engine", ""), ("account", "main"), ("strategy", "hand")), states, strict=True
        ):
            parts.control.switches.turn(scope, name, state, "drawn")
        direction, offset, lots = wish
        held, closing = (
            (lane.position.short, lane.position.closing_short)
            if direction is LONG
            else (lane.position.long, lane.position.closing_long)
        )
        assume(held > closing)
        answer = parts.orders.submit(
            "hand", lane, direction, offset, 100.0, min(lots, held - closing), OrderType.LIMIT
        )

    assert isinstance(answer, OrderData), answer


@settings(max_examples=50, deadline=None)
@given(rules=st.frozensets(st.sampled_from(sorted(RULES)), min_size=1), lots=LOTS)
def test_halted_keeps_it(rules: frozenset[str], lots: int) -> None:
    """The one state in which nothing passes."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    parts = running.parts
    with running:
        running.step(tick())
        lane = parts.orders.lane("main", SYMBOL)
        parts.orders.submit("hand", lane, LONG, OPEN, 100.0, lots, OrderType.LIMIT)
        venue.fill()
        parts.risk.bind([BoundRule(name, 1, RULES[name]) for name in rules])
        parts.control.switches.turn("engine", "", TradingState.HALTED, "drawn")
        answer = parts.orders.submit("hand", lane, SHORT, CLOSE, 100.0, lots, OrderType.LIMIT)

    assert isinstance(answer, Rejection)
    assert answer.rule == "switch"
