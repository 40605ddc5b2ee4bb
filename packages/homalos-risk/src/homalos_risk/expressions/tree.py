"""An expression as a tree. Every part knows where it stands in the text."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from attrs import frozen

from homalos_risk.expressions.facts import Fact, Kind

__all__ = [
    "Among",
    "Arithmetic",
    "Comparison",
    "Constant",
    "Every",
    "FactRead",
    "Function",
    "Missing",
    "Negative",
    "Node",
    "Not",
    "Relation",
    "Some",
    "facts_in",
]


class Relation(StrEnum):
    """How two values are compared."""

    BELOW = "<"
    NOT_ABOVE = "<="
    ABOVE = ">"
    NOT_BELOW = ">="
    EQUAL = "=="
    OTHER = "!="


@frozen(kw_only=True)
class _Placed:
    """What every part has.

    Attributes:
        start: Where it begins in the text, characters from 0.
        end: The first character after it.
        depth: Parts from here down to the lowest, this one included.
    """

    start: int = 0
    end: int = 0
    depth: int = 1


@frozen
class Constant(_Placed):
    """A value that was written down."""

    value: float | str | bool
    kind: Kind


@frozen
class FactRead(_Placed):
    """A fact."""

    fact: Fact


@frozen
class Missing(_Placed):
    """Something that cannot be read, where the rest can; the message is told of the whole."""

    message: str


@frozen
class Negative(_Placed):
    """A number with its sign turned."""

    operand: Node


@frozen
class Arithmetic(_Placed):
    """Two numbers joined by + - * / or %."""

    sign: str
    left: Node
    right: Node


@frozen
class Function(_Placed):
    """`min`, `max` or `abs` of numbers."""

    name: str
    arguments: tuple[Node, ...]


@frozen
class Comparison(_Placed):
    """Two values of one kind, compared."""

    relation: Relation
    left: Node
    right: Node


@frozen
class Among(_Placed):
    """Whether a value is, or is not, one of several that were written down."""

    operand: Node
    choices: tuple[Constant, ...]
    negated: bool = False


@frozen
class Not(_Placed):
    """The opposite of a condition."""

    operand: Node


@frozen
class Every(_Placed):
    """Conditions joined by `and`."""

    operands: tuple[Node, ...]


@frozen
class Some(_Placed):
    """Conditions joined by `or`."""

    operands: tuple[Node, ...]


Node: TypeAlias = (
    Constant
    | FactRead
    | Missing
    | Negative
    | Arithmetic
    | Function
    | Comparison
    | Among
    | Not
    | Every
    | Some
)


def facts_in(node: Node) -> list[Fact]:
    """Return the facts that an expression reads, each once, from left to right."""
    match node:
        case FactRead():
            return [node.fact]
        case Negative() | Not() | Among():
            below: tuple[Node, ...] = (node.operand,)
        case Arithmetic() | Comparison():
            below = (node.left, node.right)
        case Function():
            below = node.arguments
        case Every() | Some():
            below = node.operands
        case _:
            return []
    return list(dict.fromkeys(fact for each in below for fact in facts_in(each)))
