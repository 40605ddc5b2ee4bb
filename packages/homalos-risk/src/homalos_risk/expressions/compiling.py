"""A folded tree into closures. Each takes the frame of an order and returns a value.

What is not known is nan, and a condition over it is neither true nor false. There are no
three values at run time: a condition is compiled either to say whether it is *surely*
true, or whether it *may be* true, with what is not known taken so that this holds. The two
differ in the leaves only: for numbers, `a > b` is surely so where `a > b`, and may be so
where not `a <= b`, since every comparison with nan is false. `not` changes between them.

A division by 0 raises `ZeroDivisionError`; who calls takes the slow way then.
"""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from homalos_risk.expressions.facts import Kind
from homalos_risk.expressions.frames import Frame
from homalos_risk.expressions.tree import (
    Among,
    Arithmetic,
    Comparison,
    Constant,
    Every,
    FactRead,
    Function,
    Negative,
    Node,
    Not,
    Relation,
    Some,
    facts_in,
)

__all__ = ["Test", "Value", "Zone", "compile_condition", "compile_value"]

Value: TypeAlias = Callable[[Frame], Any]
Test: TypeAlias = Callable[[Frame], bool]
Zone: TypeAlias = Callable[[], ZoneInfo]


def compile_condition(node: Node, zone: Zone, *, may_be: bool) -> Test:
    """Return what tells whether a condition holds.

    Args:
        node: Checked and folded, a condition.
        zone: Returns the zone of times of day.
        may_be: True where what is not known counts as true.
    """
    match node:
        case Not():
            operand = compile_condition(node.operand, zone, may_be=not may_be)
            return lambda frame: not operand(frame)
        case Every():
            return _every([compile_condition(each, zone, may_be=may_be) for each in node.operands])
        case Some():
            return _some([compile_condition(each, zone, may_be=may_be) for each in node.operands])
        case Comparison():
            return _comparison(node, zone, may_be=may_be)
        case Among():
            return _among(node, zone, may_be=may_be)
        case _:
            return compile_value(node, zone)


def compile_value(node: Node, zone: Zone) -> Value:
    """Return what reckons a number, a text or a time; nan where it is not known."""
    match node:
        case Constant():
            value = node.value
            return lambda _: value
        case FactRead():
            return node.fact.reading(zone)
        case Negative():
            operand = compile_value(node.operand, zone)
            return lambda frame: -operand(frame)
        case Arithmetic():
            return _arithmetic(node, zone)
        case Function():
            return _function(node.name, [compile_value(each, zone) for each in node.arguments])
        case _:
            return compile_condition(node, zone, may_be=False)


def _may_be_unknown(node: Node) -> bool:
    # What is reckoned can be nan without any fact being so: inf - inf. Facts by themselves not.
    return not isinstance(node, FactRead | Constant) or any(
        fact.may_be_unknown for fact in facts_in(node)
    )


# -- conditions ----------------------------------------------------------------


def _every(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda frame: first(frame) and second(frame)
    if len(tests) == 3:
        first, second, third = tests
        return lambda frame: first(frame) and second(frame) and third(frame)
    several = tuple(tests)

    def every(frame: Frame) -> bool:
        for test in several:  # noqa: SIM110  all() and its generator cost three times as much
            if not test(frame):
                return False
        return True

    return every


def _some(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda frame: first(frame) or second(frame)
    if len(tests) == 3:
        first, second, third = tests
        return lambda frame: first(frame) or second(frame) or third(frame)
    several = tuple(tests)

    def some(frame: Frame) -> bool:
        for test in several:  # noqa: SIM110  any() and its generator cost three times as much
            if test(frame):
                return True
        return False

    return some


def _comparison(node: Comparison, zone: Zone, *, may_be: bool) -> Test:
    left = compile_value(node.left, zone)
    unknown = _may_be_unknown(node.left) or _may_be_unknown(node.right)
    if isinstance(node.right, Constant):
        make = _MAY_BE_WITH_CONSTANT if may_be and unknown else _SURELY_WITH_CONSTANT
        if not unknown and node.relation is Relation.OTHER:
            make = _MAY_BE_WITH_CONSTANT  # the plain !=
        return make[node.relation](left, node.right.value)
    right = compile_value(node.right, zone)
    make_two = _MAY_BE if may_be and unknown else _SURELY
    if not unknown and node.relation is Relation.OTHER:
        make_two = _MAY_BE
    return make_two[node.relation](left, right)


_SURELY_WITH_CONSTANT: dict[Relation, Callable[[Value, Any], Test]] = {
    Relation.BELOW: lambda f, c: lambda frame: f(frame) < c,
    Relation.NOT_ABOVE: lambda f, c: lambda frame: f(frame) <= c,
    Relation.ABOVE: lambda f, c: lambda frame: f(frame) > c,
    Relation.NOT_BELOW: lambda f, c: lambda frame: f(frame) >= c,
    Relation.EQUAL: lambda f, c: lambda frame: f(frame) == c,
    Relation.OTHER: lambda f, c: lambda frame: (v := f(frame)) != c and v == v,  # noqa: PLR0124  nan
}
_MAY_BE_WITH_CONSTANT: dict[Relation, Callable[[Value, Any], Test]] = {
    Relation.BELOW: lambda f, c: lambda frame: not f(frame) >= c,
    Relation.NOT_ABOVE: lambda f, c: lambda frame: not f(frame) > c,
    Relation.ABOVE: lambda f, c: lambda frame: not f(frame) <= c,
    Relation.NOT_BELOW: lambda f, c: lambda frame: not f(frame) < c,
    Relation.EQUAL: lambda f, c: lambda frame: (v := f(frame)) == c or v != v,  # noqa: PLR0124  nan
    Relation.OTHER: lambda f, c: lambda frame: f(frame) != c,
}
_SURELY: dict[Relation, Callable[[Value, Value], Test]] = {
    Relation.BELOW: lambda f, g: lambda frame: f(frame) < g(frame),
    Relation.NOT_ABOVE: lambda f, g: lambda frame: f(frame) <= g(frame),
    Relation.ABOVE: lambda f, g: lambda frame: f(frame) > g(frame),
    Relation.NOT_BELOW: lambda f, g: lambda frame: f(frame) >= g(frame),
    Relation.EQUAL: lambda f, g: lambda frame: f(frame) == g(frame),
    Relation.OTHER: lambda f, g: lambda frame: _differ(f(frame), g(frame)),
}
_MAY_BE: dict[Relation, Callable[[Value, Value], Test]] = {
    Relation.BELOW: lambda f, g: lambda frame: not f(frame) >= g(frame),
    Relation.NOT_ABOVE: lambda f, g: lambda frame: not f(frame) > g(frame),
    Relation.ABOVE: lambda f, g: lambda frame: not f(frame) <= g(frame),
    Relation.NOT_BELOW: lambda f, g: lambda frame: not f(frame) < g(frame),
    Relation.EQUAL: lambda f, g: lambda frame: not _differ(f(frame), g(frame)),
    Relation.OTHER: lambda f, g: lambda frame: f(frame) != g(frame),
}


def _differ(left: Any, right: Any) -> bool:
    """Say whether two values are known and not equal."""
    return bool(left != right and left == left and right == right)  # noqa: PLR0124  nan


def _among(node: Among, zone: Zone, *, may_be: bool) -> Test:
    operand = compile_value(node.operand, zone)
    choices = frozenset(each.value for each in node.choices)
    if node.negated:
        if may_be or not _may_be_unknown(node.operand):
            return lambda frame: operand(frame) not in choices
        return lambda frame: (v := operand(frame)) not in choices and v == v  # noqa: PLR0124  nan
    if may_be and _may_be_unknown(node.operand):
        return lambda frame: (v := operand(frame)) in choices or v != v  # noqa: PLR0124  nan
    return lambda frame: operand(frame) in choices


# -- numbers -------------------------------------------------------------------


def _arithmetic(node: Arithmetic, zone: Zone) -> Value:
    if isinstance(node.right, Constant) and node.right.kind is Kind.NUMBER:
        return _WITH_CONSTANT[node.sign](compile_value(node.left, zone), node.right.value)
    if isinstance(node.left, Constant) and node.left.kind is Kind.NUMBER:
        return _FROM_CONSTANT[node.sign](node.left.value, compile_value(node.right, zone))
    return _OF_TWO[node.sign](compile_value(node.left, zone), compile_value(node.right, zone))


_OF_TWO: dict[str, Callable[[Value, Value], Value]] = {
    "+": lambda f, g: lambda frame: f(frame) + g(frame),
    "-": lambda f, g: lambda frame: f(frame) - g(frame),
    "*": lambda f, g: lambda frame: f(frame) * g(frame),
    "/": lambda f, g: lambda frame: f(frame) / g(frame),
    "%": lambda f, g: lambda frame: f(frame) % g(frame),
}
_WITH_CONSTANT: dict[str, Callable[[Value, Any], Value]] = {
    "+": lambda f, c: lambda frame: f(frame) + c,
    "-": lambda f, c: lambda frame: f(frame) - c,
    "*": lambda f, c: lambda frame: f(frame) * c,
    "/": lambda f, c: lambda frame: f(frame) / c,
    "%": lambda f, c: lambda frame: f(frame) % c,
}
_FROM_CONSTANT: dict[str, Callable[[Any, Value], Value]] = {
    "+": lambda c, g: lambda frame: c + g(frame),
    "-": lambda c, g: lambda frame: c - g(frame),
    "*": lambda c, g: lambda frame: c * g(frame),
    "/": lambda c, g: lambda frame: c / g(frame),
    "%": lambda c, g: lambda frame: c % g(frame),
}


def _function(name: str, arguments: list[Value]) -> Value:
    if name == "abs":
        (only,) = arguments
        return lambda frame: abs(only(frame))
    pair = _lesser if name == "min" else _greater
    first, *others = arguments
    for each in others:
        first = pair(first, each)
    return first


# The last of three is nan where either is, and the built-in min would return one of the two.


def _lesser(f: Value, g: Value) -> Value:
    def least(frame: Frame) -> float:
        left, right = f(frame), g(frame)
        found: float = left if left <= right else right if right < left else nan
        return found

    return least


def _greater(f: Value, g: Value) -> Value:
    def greatest(frame: Frame) -> float:
        left, right = f(frame), g(frame)
        found: float = left if left >= right else right if right > left else nan
        return found

    return greatest
