"""The slow way through a tree: three values, and words for the person who is refused.

Walked only where a rule has said no, or could not be reckoned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import nan
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from homalos_risk.expressions.facts import Kind
from homalos_risk.expressions.folding import COMPARE, RECKON
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

__all__ = ["Decided", "Judge"]

_WORDS = {
    Relation.BELOW: ("below", "not below"),
    Relation.NOT_ABOVE: ("not above", "above"),
    Relation.ABOVE: ("above", "not above"),
    Relation.NOT_BELOW: ("not below", "below"),
    Relation.EQUAL: ("equal to", "other than"),
    Relation.OTHER: ("other than", "equal to"),
}


@frozen
class Decided:
    """What decided a verdict.

    Attributes:
        said: The comparison with its values, in words.
        input: Its left side; nan where that is no number.
        limit: Its right side; nan likewise.
    """

    said: str
    input: float
    limit: float


@frozen
class Judge:
    """Walks one rule's tree for the order in a frame.

    Attributes:
        node: The tree, folded.
        text: What it was made from.
        zone: Returns the zone of times of day.
    """

    node: Node
    text: str
    zone: Callable[[], ZoneInfo]

    def verdict(self, frame: Frame) -> bool | None:
        """Say whether the condition holds; `None` where that cannot be known."""
        return self._truth(self.node, frame)

    def figures(self, frame: Frame) -> Iterator[tuple[str, float, float]]:
        """Yield each comparison of numbers with both its sides."""
        for leaf in _comparisons(self.node):
            if leaf.relation not in {Relation.EQUAL, Relation.OTHER}:
                left, right = self._value(leaf.left, frame), self._value(leaf.right, frame)
                yield self._source(leaf), _figure(left), _figure(right)

    def decided(self, frame: Frame) -> Decided:
        """Return the comparison that made the condition hold, the last one of numbers first."""
        found = list(self._deciding(self.node, frame, holds=True))
        numbers = [each for each in found if each[1]]
        leaf, _, holds = (numbers or found)[-1]
        return self._told(leaf, frame, holds=holds)

    def unknown(self, frame: Frame) -> str:
        """Return in words why the condition could not be reckoned."""
        names = [fact.name for fact in facts_in(self.node) if self._is_unknown(fact.name, frame)]
        if not names:
            return f"{self._source(self.node)} divides by 0 or is too large"
        return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} not known"

    # -- values ----------------------------------------------------------------

    def _truth(self, node: Node, frame: Frame) -> bool | None:
        match node:
            case Not():
                found = self._truth(node.operand, frame)
                return None if found is None else not found
            case Every() | Some():
                deciding = isinstance(node, Some)
                found_all = [self._truth(each, frame) for each in node.operands]
                if deciding in found_all:
                    return deciding
                return None if None in found_all else not deciding
            case Comparison():
                left, right = self._value(node.left, frame), self._value(node.right, frame)
                return None if _any_nan(left, right) else COMPARE[node.relation](left, right)
            case Among():
                value = self._value(node.operand, frame)
                found = any(value == each.value for each in node.choices)
                return None if _any_nan(value) else found is not node.negated
            case _:
                return bool(self._value(node, frame))

    def _value(self, node: Node, frame: Frame) -> Any:
        match node:
            case Constant():
                return node.value
            case FactRead():
                return node.fact.reading(self.zone)(frame)
            case Negative():
                return -self._value(node.operand, frame)
            case Arithmetic():
                sides = [self._value(each, frame) for each in (node.left, node.right)]
                return _reckoned(RECKON[node.sign], sides)
            case Function():
                values = [self._value(each, frame) for each in node.arguments]
                return _reckoned(_FUNCTIONS[node.name], values)
            case _:
                return self._truth(node, frame)

    def _is_unknown(self, name: str, frame: Frame) -> bool:
        fact = next(fact for fact in facts_in(self.node) if fact.name == name)
        return _any_nan(fact.reading(self.zone)(frame))

    # -- words -----------------------------------------------------------------

    def _deciding(
        self, node: Node, frame: Frame, *, holds: bool
    ) -> Iterator[tuple[Node, bool, bool]]:
        """Yield the leaves that made a part hold, or not; whether each is of numbers; how it is."""
        match node:
            case Not():
                yield from self._deciding(node.operand, frame, holds=not holds)
            case Every() | Some():
                # One that is as the whole is: the first where one is enough, else all of them.
                is_enough = isinstance(node, Some) is holds
                for each in node.operands:
                    if self._truth(each, frame) is holds:
                        yield from self._deciding(each, frame, holds=holds)
                        if is_enough:
                            return
            case _:
                yield node, _is_of_numbers(node), holds

    def _told(self, leaf: Node, frame: Frame, *, holds: bool) -> Decided:
        if isinstance(leaf, Comparison):
            left, right = self._value(leaf.left, frame), self._value(leaf.right, frame)
            word = _WORDS[leaf.relation][0 if holds else 1]
            is_time = _is_time(leaf.left)
            said = f"{self._source(leaf.left)} is {_shown(left, is_time=is_time)}"
            said = f"{said}, {word} {_shown(right, is_time=is_time)}"
            if not isinstance(leaf.right, Constant):
                said = f"{said} ({self._source(leaf.right)})"
            return Decided(said, *((nan, nan) if is_time else (_figure(left), _figure(right))))
        if isinstance(leaf, Among):
            value = self._value(leaf.operand, frame)
            found = holds is not leaf.negated
            word = "one of" if found else "none of"
            is_time = _is_time(leaf.operand)
            named = ", ".join(_shown(each.value, is_time=is_time) for each in leaf.choices[:10])
            more = ", ..." if len(leaf.choices) > 10 else ""
            said = f"{self._source(leaf.operand)} is {_shown(value, is_time=is_time)}"
            figure = nan if is_time else _figure(value)
            return Decided(f"{said}, {word} {named}{more}", figure, nan)
        return Decided(f"{self._source(leaf)} is {str(holds).lower()}", nan, nan)

    def _source(self, node: Node) -> str:
        said = " ".join(self.text[node.start : node.end].split())
        # Without the parentheses around the whole of it.
        if said.startswith("(") and said.endswith(")") and ")" not in said[1:-1]:
            said = said[1:-1].strip()
        return said if len(said) <= 80 else f"{said[:77]}..."


_FUNCTIONS: dict[str, Callable[..., float]] = {"min": min, "max": max, "abs": abs}


def _reckoned(reckon: Callable[..., float], values: list[float]) -> float:
    if _any_nan(*values):
        return nan
    try:
        return reckon(*values)
    except ArithmeticError:
        return nan


def _comparisons(node: Node) -> Iterator[Comparison]:
    match node:
        case Not():
            yield from _comparisons(node.operand)
        case Every() | Some():
            for each in node.operands:
                yield from _comparisons(each)
        case Comparison() if _is_of_numbers(node):
            yield node


def _any_nan(*values: object) -> bool:
    return any(value != value for value in values)  # noqa: PLR0124  nan


def _is_of_numbers(leaf: Node) -> bool:
    if not isinstance(leaf, Comparison):
        return False
    for side in (leaf.left, leaf.right):
        kind = side.fact.kind if isinstance(side, FactRead) else None
        kind = side.kind if isinstance(side, Constant) else kind
        if kind not in {None, Kind.NUMBER}:
            return False
    return not isinstance(leaf.left, Comparison | Among | Not | Every | Some)


def _is_time(node: Node) -> bool:
    return isinstance(node, FactRead) and node.fact.kind is Kind.TIME


def _figure(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return nan
    return value


def _shown(value: Any, *, is_time: bool = False) -> str:
    if is_time:
        seconds = int(value)
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.10g}" if isinstance(value, int | float) else str(value)
