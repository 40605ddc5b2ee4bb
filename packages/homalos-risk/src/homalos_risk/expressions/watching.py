"""How near its limit an account comes, of rules that look at nothing but the account.

What depends on an order cannot be watched without one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from math import nan

from attrs import frozen

from homalos.plugins.ports import Meter, RiskContext
from homalos_risk.expressions.compiling import Value, Zone, compile_value
from homalos_risk.expressions.frames import Frame
from homalos_risk.expressions.tree import (
    Comparison,
    Constant,
    Node,
    Relation,
    Some,
    facts_in,
)

__all__ = ["meters_of"]

_UPWARDS = frozenset({Relation.ABOVE, Relation.NOT_BELOW})
_DOWNWARDS = frozenset({Relation.BELOW, Relation.NOT_ABOVE})


@frozen
class _Limit:
    """One comparison: what is measured, what is allowed, and the sign of both."""

    subject: str
    value: Value
    limit: Value
    sign: int


def meters_of(
    node: Node, text: str, context: RiskContext, zone: Zone, accounts: Collection[str]
) -> Callable[[], Iterator[Meter]] | None:
    """Return what tells how near each account comes; `None` where nothing can be watched.

    Watched is a comparison that alone makes the condition hold: `account.drawdown > 9_000`, by
    itself or joined by `or`. Of `account.day_pnl < -9_000` both sides are told with their signs
    turned, since a meter rises towards a limit above 0.

    Args:
        node: The condition, checked and folded.
        text: What it was made from.
        context: Has the accounts.
        zone: Returns the zone of times of day.
        accounts: Those that are watched; all when it is empty.
    """
    limits = tuple(_limits(node, text, zone))
    if not limits:
        return None
    frame = Frame(context)

    def meters() -> Iterator[Meter]:
        for account in context.accounts():
            if accounts and account not in accounts:
                continue
            frame.funds = context.funds(account)
            for each in limits:
                limit = each.sign * _reckoned(each.limit, frame)
                if not limit <= 0:  # nan is told: it is not known
                    value = each.sign * _reckoned(each.value, frame)
                    yield Meter(subject=f"{account} {each.subject}", value=value, limit=limit)

    return meters


def _limits(node: Node, text: str, zone: Zone) -> Iterator[_Limit]:
    for each in node.operands if isinstance(node, Some) else (node,):
        if not isinstance(each, Comparison):
            continue
        facts = facts_in(each)
        if not facts or not all(fact.name.startswith("account.") for fact in facts):
            continue
        sign = 1 if each.relation in _UPWARDS else -1 if each.relation in _DOWNWARDS else 0
        right = each.right
        if sign and not (isinstance(right, Constant) and sign * float(right.value) <= 0):
            subject = " ".join(text[each.start : each.end].split())
            left, limit = compile_value(each.left, zone), compile_value(right, zone)
            yield _Limit(subject, left, limit, sign)


def _reckoned(value: Value, frame: Frame) -> float:
    try:
        found: float = value(frame)
    except ArithmeticError:
        return nan
    return found
