"""A checked tree, made smaller: what is constant is reckoned once, constants stand right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from operator import add, eq, ge, gt, le, lt, mod, mul, ne, neg, not_, sub, truediv
from types import MappingProxyType
from typing import Any

from attrs import evolve

from homalos_risk.expressions.facts import Kind
from homalos_risk.expressions.faults import ExpressionError, Fault
from homalos_risk.expressions.tree import (
    Among,
    Arithmetic,
    Comparison,
    Constant,
    Every,
    Function,
    Negative,
    Node,
    Not,
    Relation,
    Some,
)

__all__ = ["COMPARE", "RECKON", "fold"]

RECKON: Mapping[str, Callable[[Any, Any], float]] = MappingProxyType(
    {"+": add, "-": sub, "*": mul, "/": truediv, "%": mod}
)
"""What each sign does; division by 0 raises `ZeroDivisionError`."""

COMPARE: Mapping[Relation, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        Relation.BELOW: lt,
        Relation.NOT_ABOVE: le,
        Relation.ABOVE: gt,
        Relation.NOT_BELOW: ge,
        Relation.EQUAL: eq,
        Relation.OTHER: ne,
    }
)
"""What each comparison asks."""

_TURNED = {
    Relation.BELOW: Relation.ABOVE,
    Relation.NOT_ABOVE: Relation.NOT_BELOW,
    Relation.ABOVE: Relation.BELOW,
    Relation.NOT_BELOW: Relation.NOT_ABOVE,
    Relation.EQUAL: Relation.EQUAL,
    Relation.OTHER: Relation.OTHER,
}
_FUNCTIONS: Mapping[str, Callable[..., float]] = {"min": min, "max": max, "abs": abs}


def fold(node: Node) -> Node:
    """Return the tree without what need not be reckoned for every order.

    Raises:
        ExpressionError: Something constant has no value: it divides by 0, or is too large.
    """
    match node:
        case Negative() | Not() | Function():
            return _single(node)
        case Arithmetic():
            return _arithmetic(node)
        case Comparison():
            return _comparison(node)
        case Among():
            return _among(node)
        case Every() | Some():
            return _joined(node)
    return node


def _single(node: Negative | Not | Function) -> Node:
    if isinstance(node, Function):
        return _made(node, _FUNCTIONS[node.name], *map(fold, node.arguments))
    return _made(node, neg if isinstance(node, Negative) else not_, fold(node.operand))


def _made(node: Node, reckon: Callable[..., Any], *operands: Node) -> Node:
    """Return the constant where all operands are, else the part with its operands folded."""
    values = [each.value for each in operands if isinstance(each, Constant)]
    if len(values) < len(operands):
        if isinstance(node, Negative | Not):
            return evolve(node, operand=operands[0])
        if isinstance(node, Function):
            return evolve(node, arguments=operands)
        if isinstance(node, Arithmetic | Comparison):
            return evolve(node, left=operands[0], right=operands[1])
        return node
    try:
        value = reckon(*values)
        is_finite = isinstance(value, bool) or isfinite(value)
    except OverflowError:
        is_finite = False
    if not is_finite:
        raise ExpressionError([Fault("this is too large", node.start, node.end)])
    kind = Kind.BOOL if isinstance(value, bool) else Kind.NUMBER
    return Constant(value=value, kind=kind, start=node.start, end=node.end)


def _arithmetic(node: Arithmetic) -> Node:
    left, right = fold(node.left), fold(node.right)
    if node.sign in "/%" and isinstance(right, Constant) and right.value == 0:
        raise ExpressionError([Fault("this divides by 0", node.start, node.end)])
    return _made(node, RECKON[node.sign], left, right)


def _comparison(node: Comparison) -> Node:
    left, right = fold(node.left), fold(node.right)
    if isinstance(left, Constant) and not isinstance(right, Constant):
        return evolve(node, relation=_TURNED[node.relation], left=right, right=left)
    return _made(node, COMPARE[node.relation], left, right)


def _among(node: Among) -> Node:
    operand = fold(node.operand)
    if not isinstance(operand, Constant):
        return evolve(node, operand=operand)
    found = any(operand.value == each.value for each in node.choices)
    value = found is not node.negated
    return Constant(value=value, kind=Kind.BOOL, start=node.start, end=node.end)


def _joined(node: Every | Some) -> Node:
    """Return conditions without those that decide nothing; the one that decides all alone."""
    deciding = isinstance(node, Some)
    left: list[Node] = []
    for each in map(fold, node.operands):
        if not isinstance(each, Constant):
            left.append(each)
        elif each.value is deciding:
            return Constant(value=deciding, kind=Kind.BOOL, start=node.start, end=node.end)
    if not left:
        return Constant(value=not deciding, kind=Kind.BOOL, start=node.start, end=node.end)
    return left[0] if len(left) == 1 else evolve(node, operands=tuple(left))
