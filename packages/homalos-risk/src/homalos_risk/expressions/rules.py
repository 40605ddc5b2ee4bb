"""A rule of a user's: its text checked when it is read, bound when the engine is built."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import nan
from zoneinfo import ZoneInfo

from attrs import frozen

from homalos.model import OrderRequest
from homalos.plugins.ports import Meter, Refusal, RiskRule
from homalos_risk.expressions.checking import check_kinds
from homalos_risk.expressions.compiling import Test, compile_condition
from homalos_risk.expressions.facts import Kind
from homalos_risk.expressions.faults import ExpressionError, Fault
from homalos_risk.expressions.folding import fold
from homalos_risk.expressions.frames import Frame
from homalos_risk.expressions.judging import Judge
from homalos_risk.expressions.parser import parse
from homalos_risk.expressions.tree import Constant, Node
from homalos_risk.expressions.watching import meters_of

__all__ = ["Rule", "bind_rule", "read_expression"]


@frozen(kw_only=True)
class Rule:
    """What a rule is made of.

    Attributes:
        text: The expression: a condition under which an order is refused.
        message: What the person is told first; "" for nothing beside the values.
        lets_reduce: Whether an order that can only make a position smaller passes.
        refuses_unknown: Whether an order is refused where the condition cannot be reckoned.
        applies: Says of which orders it is; `None` for all.
        accounts: The accounts to watch where it looks at accounts only; all when it is
            empty, `None` for none.
        zone: Returns the zone of its times of day.
    """

    text: str
    message: str = ""
    lets_reduce: bool = True
    refuses_unknown: bool = True
    applies: Test | None = None
    accounts: tuple[str, ...] | None = ()
    zone: Callable[[], ZoneInfo]


def read_expression(text: str) -> Node:
    """Return the tree of a condition, ready to be bound.

    Raises:
        ExpressionError: It cannot be read, joins what does not go together, or says the
            same of every order; everything that is wrong where it can be read.
    """
    node = parse(text)
    faults = check_kinds(node, text)
    if faults:
        raise ExpressionError(faults)
    folded = fold(node)
    if isinstance(folded, Constant) and folded.kind is Kind.BOOL:
        what = "every order would be refused" if folded.value else "no order would ever be refused"
        said = f"this is always {str(folded.value).lower()}: {what}"
        raise ExpressionError([Fault(said, node.start, node.end)])
    return folded


def bind_rule(rule: Rule, frame: Frame) -> RiskRule:
    """Return a rule that leaves no trace; several share a frame. Engine thread.

    Raises:
        ExpressionError: See `read_expression`.
    """
    node = read_expression(rule.text)
    judge = Judge(node, rule.text, rule.zone)
    holds = compile_condition(node, rule.zone, may_be=rule.refuses_unknown)
    applies = rule.applies
    if applies is not None:
        holds = _both(applies, holds)

    def check(request: OrderRequest) -> Refusal | None:
        if frame.request is not request:
            frame.take(request)
        try:
            if not holds(frame):
                return None
        except ArithmeticError:  # it divides by 0: what that means, the slow way knows
            pass
        return _judged(rule, judge, frame)

    def measure(request: OrderRequest) -> Iterator[Meter]:
        frame.take(request)
        if applies is None or applies(frame):
            for subject, value, limit in judge.figures(frame):
                yield Meter(subject=subject, value=value, limit=limit)

    meters = None
    if rule.accounts is not None:
        meters = meters_of(node, rule.text, frame.context, rule.zone, rule.accounts)
    return RiskRule(check=check, measure=measure, meters=meters, on_day=lambda _: frame.forget())


def _both(first: Test, second: Test) -> Test:
    return lambda frame: first(frame) and second(frame)


def _judged(rule: Rule, judge: Judge, frame: Frame) -> Refusal | None:
    verdict = judge.verdict(frame)
    if verdict is False or (verdict is None and not rule.refuses_unknown):
        return None
    if rule.lets_reduce and frame.context.is_reducing(frame.request):
        return None
    if verdict is None:
        lead = f"{rule.message}: this" if rule.message else "this rule"
        return Refusal(f"{lead} cannot be judged, since {judge.unknown(frame)}", nan, nan)
    decided = judge.decided(frame)
    lead = rule.message or "an order is refused where this holds"
    return Refusal(f"{lead}: {decided.said}", decided.input, decided.limit)
