"""What kinds of values an expression joins, and whether they go together: every fault at once."""

from __future__ import annotations

from homalos_risk.expressions.facts import Kind
from homalos_risk.expressions.faults import Fault
from homalos_risk.expressions.tree import (
    Among,
    Arithmetic,
    Comparison,
    Constant,
    Every,
    FactRead,
    Function,
    Missing,
    Negative,
    Node,
    Not,
    Relation,
    Some,
)

__all__ = ["check_kinds"]

_CALLED = {
    Kind.NUMBER: "a number",
    Kind.TEXT: "a text",
    Kind.BOOL: "a condition",
    Kind.TIME: "a time of day",
}
_EQUAL = frozenset({Relation.EQUAL, Relation.OTHER})


def check_kinds(node: Node, text: str) -> list[Fault]:
    """Return everything that does not go together in an expression; empty when it is a rule.

    Args:
        node: The tree of the whole.
        text: What it was made from, for the messages.
    """
    checker = _Checker(text)
    kind = checker.kind_of(node)
    if not checker.faults and kind is not None and kind is not Kind.BOOL:
        what = f"a rule is a condition, such as order.volume > 10; this is {_CALLED[kind]}"
        checker.faults.append(Fault(what, node.start, node.end))
    return sorted(checker.faults, key=lambda fault: fault.start)


class _Checker:
    """Walks a tree from the leaves up."""

    def __init__(self, text: str) -> None:
        self.faults: list[Fault] = []
        self._text = text

    def kind_of(self, node: Node) -> Kind | None:
        """Return the kind of a part; `None` where that cannot be said, which is told already."""
        if isinstance(node, Missing):
            self._tell(node.message, node)
            return None
        if isinstance(node, Constant):
            return node.kind
        if isinstance(node, FactRead):
            return node.fact.kind
        if isinstance(node, Negative | Arithmetic | Function):
            self._reckoned(node)
            return Kind.NUMBER
        self._condition(node)
        return Kind.BOOL

    def _reckoned(self, node: Negative | Arithmetic | Function) -> None:
        match node:
            case Negative():
                self._numbers("-", node.operand)
            case Arithmetic():
                self._numbers(node.sign, node.left, node.right)
            case Function():
                self._numbers(node.name, *node.arguments)

    def _condition(self, node: Comparison | Among | Not | Every | Some) -> None:
        match node:
            case Comparison():
                self._compare(node)
            case Among():
                self._among(node)
            case Not():
                self._conditions("not", node.operand)
            case Every():
                self._conditions("and", *node.operands)
            case Some():
                self._conditions("or", *node.operands)

    def _numbers(self, sign: str, *operands: Node) -> None:
        for each in operands:
            kind = self.kind_of(each)
            if kind is not None and kind is not Kind.NUMBER:
                self._tell(f"{sign} takes numbers; {self._said(each)} is {_CALLED[kind]}", each)

    def _conditions(self, word: str, *operands: Node) -> None:
        for each in operands:
            kind = self.kind_of(each)
            if kind is not None and kind is not Kind.BOOL:
                what = f"`{word}` takes conditions; {self._said(each)} is {_CALLED[kind]}"
                self._tell(what, each)

    def _compare(self, node: Comparison) -> None:
        left, right = self.kind_of(node.left), self.kind_of(node.right)
        if left is None or right is None:
            return
        if left is not right:
            self._tell(f"{_CALLED[left]} cannot be compared with {_CALLED[right]}", node)
            self._tell_of_time(node.left, right)
            self._tell_of_time(node.right, left)
        elif left in {Kind.TEXT, Kind.BOOL} and node.relation not in _EQUAL:
            order = "texts have no order" if left is Kind.TEXT else "conditions have no order"
            self._tell(f"{order}: {node.relation} takes numbers; == and != take any", node)
        else:
            self._choose(node.left, node.right)
            self._choose(node.right, node.left)

    def _among(self, node: Among) -> None:
        kind = self.kind_of(node.operand)
        if kind is None:
            return
        if kind is Kind.BOOL:
            self._tell("`in` takes a number or a text, not a condition", node.operand)
            return
        for each in node.choices:
            if each.kind is not kind:
                what = f"{self._said(node.operand)} is {_CALLED[kind]}"
                self._tell(f"{what}, and this is {_CALLED[each.kind]}", each)
                self._tell_of_time(each, kind)
            else:
                self._choose(node.operand, each)

    def _choose(self, fact: Node, constant: Node) -> None:
        """Refuse to compare a fact with a text that it never is: such a rule does nothing."""
        if not isinstance(fact, FactRead) or not isinstance(constant, Constant):
            return
        choices = fact.fact.choices
        if choices and constant.value not in choices:
            shown = ", ".join(f'"{each}"' for each in choices[:-1])
            what = f'{fact.fact.name} is never "{constant.value}"; it is {shown} or "{choices[-1]}"'
            self._tell(what, constant)

    def _tell_of_time(self, node: Node, other: Kind) -> None:
        if other is Kind.TIME and isinstance(node, Constant) and node.kind is not Kind.TIME:
            fault = self.faults[-1]
            advice = f"{fault.message}; write a time without quotes, such as 14:55"
            self.faults[-1] = Fault(advice, fault.start, fault.end)

    def _tell(self, message: str, node: Node) -> None:
        self.faults.append(Fault(message, node.start, node.end))

    def _said(self, node: Node) -> str:
        said = " ".join(self._text[node.start : node.end].split())
        return said if len(said) <= 40 else f"{said[:37]}..."
