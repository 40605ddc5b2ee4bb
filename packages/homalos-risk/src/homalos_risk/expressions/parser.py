"""Tokens into a tree: a Pratt parser that stops at the first thing it cannot read."""

from __future__ import annotations

from typing import NoReturn

from attrs import evolve

from homalos.errors import did_you_mean
from homalos_risk.expressions.facts import FACTS, Kind
from homalos_risk.expressions.faults import ExpressionError, Fault
from homalos_risk.expressions.tokens import Token, TokenKind, tokens_of
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

__all__ = ["DEEPEST", "FUNCTIONS", "parse"]

DEEPEST = 40
"""How deep an expression may be nested."""

FUNCTIONS = ("abs", "max", "min")

_OR, _AND, _NOT, _COMPARE, _ADD, _MULTIPLY, _SIGN = range(1, 8)
_RELATIONS = frozenset(relation.value for relation in Relation)
_RISING = frozenset({Relation.BELOW, Relation.NOT_ABOVE})
_FALLING = frozenset({Relation.ABOVE, Relation.NOT_BELOW})
_POWERS = {
    "or": _OR,
    "and": _AND,
    "in": _COMPARE,
    "not": _COMPARE,
    **dict.fromkeys(_RELATIONS, _COMPARE),
    **dict.fromkeys("+-", _ADD),
    **dict.fromkeys("*/%", _MULTIPLY),
}
_WORDS = ("and", "or", "not", "in", "true", "false")
# Words of Python that people try, and what to say of them.
_NOT_HERE = {
    **dict.fromkeys(("True", "TRUE", "yes"), "write true"),
    **dict.fromkeys(("False", "FALSE", "no"), "write false"),
    **dict.fromkeys(("None", "null", "nan"), "what is not known is told by the option `unknown`"),
    **{word.upper(): f"write {word}" for word in ("and", "or", "not", "in")},
    **dict.fromkeys(
        ("if", "else", "for", "while", "lambda", "import", "def", "is", "return", "await"),
        "an expression has facts, numbers, texts, and, or, not, in, abs, max and min",
    ),
}


def parse(text: str) -> Node:
    """Return the tree of an expression.

    Raises:
        ExpressionError: It cannot be read; the first reason.
    """
    return _Parser(tokens_of(text)).whole()


def _error(message: str, token: Token, last: Token | None = None) -> ExpressionError:
    end = token.end if last is None else last.end
    return ExpressionError([Fault(message, token.start, max(end, token.start + 1))])


def _fail(message: str, token: Token, last: Token | None = None) -> NoReturn:
    raise _error(message, token, last)


class _Parser:
    """Reads tokens from left to right, once."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._open = 0  # how deep we are in it

    def whole(self) -> Node:
        """Read everything."""
        if self._next.kind is TokenKind.END:
            _fail("the expression is empty", self._next)
        node = self._expression(0)
        token = self._next
        if token.kind is TokenKind.END:
            return node
        if token.text == ")" and token.kind is TokenKind.SIGN:
            _fail("this parenthesis closes none", token)
        if token.text == "," and token.kind is TokenKind.SIGN:
            _fail("a comma stands only between arguments of a function and behind `in`", token)
        if token.kind is TokenKind.WORD and token.text in _NOT_HERE:
            _fail(f"there is no `{token.text}`: {_NOT_HERE[token.text]}", token)
        what = "an operator was expected here, such as + or >, or `and`"
        _fail(f"{what}, not {_shown(token)}", token)

    # -- the ladder of operators -----------------------------------------------

    def _expression(self, power: int) -> Node:
        """Read as long as operators bind tighter than `power`."""
        self._open += 1
        if self._open > DEEPEST:
            _fail(_too_deep(), self._next)
        left = self._prefix()
        while (found := self._power_of_next()) > power:
            left = self._infix(left, found)
        self._open -= 1
        return left

    def _power_of_next(self) -> int:
        token = self._next
        if token.kind not in {TokenKind.SIGN, TokenKind.WORD}:
            return 0
        if token.text == "not" and self._tokens[self._place + 1].text != "in":
            return 0
        return _POWERS.get(token.text, 0)

    def _infix(self, left: Node, power: int) -> Node:
        if power is _COMPARE:
            return self._compared(left)
        token = self._take()
        right = self._expression(power)
        depth = _depth(left, right)
        if depth > DEEPEST and power > _AND:
            _fail(_too_deep(), token)
        start, end = left.start, right.end
        if power is _OR or power is _AND:
            kind = Some if power is _OR else Every
            # Flat, however many there are.
            first = left.operands if isinstance(left, kind) else (left,)
            depth = _depth(*first, right)
            return kind(operands=(*first, right), start=start, end=end, depth=depth)
        return Arithmetic(
            sign=token.text, left=left, right=right, start=start, end=end, depth=depth
        )

    def _compared(self, left: Node) -> Node:
        if self._next.text in {"in", "not"}:
            return self._among(left)
        found: list[Comparison] = []
        while self._next.kind is TokenKind.SIGN and self._next.text in _RELATIONS:
            token = self._take()
            relation = Relation(token.text)
            if found:
                _check_chain(found[-1].relation, relation, token)
            right = self._expression(_COMPARE)
            span = {"start": left.start, "end": right.end, "depth": _depth(left, right)}
            found.append(Comparison(relation=relation, left=left, right=right, **span))
            left = right
        if self._next.text in {"in", "not"} and self._power_of_next():
            _fail("`in` cannot follow a comparison; join the two with `and`", self._next)
        if len(found) == 1:
            return found[0]
        start, end = found[0].start, found[-1].end
        return Every(operands=tuple(found), start=start, end=end, depth=_depth(*found))

    def _among(self, left: Node) -> Node:
        negated = self._take().text == "not"
        if negated:
            self._take()
        opening = self._next
        if opening.text != "(" or opening.kind is not TokenKind.SIGN:
            _fail('`in` is followed by values in parentheses, such as ("rb", "au")', opening)
        self._take()
        choices = [self._constant()]
        while self._next.text == "," and self._next.kind is TokenKind.SIGN:
            self._take()
            choices.append(self._constant())
        end = self._close(opening).end
        return Among(
            operand=left,
            choices=tuple(choices),
            negated=negated,
            start=left.start,
            end=end,
            depth=left.depth + 1,
        )

    def _constant(self) -> Constant:
        first = self._next
        node = self._expression(_COMPARE)
        if isinstance(node, Negative) and isinstance(node.operand, Constant):
            value = -float(node.operand.value)
            return Constant(value=value, kind=Kind.NUMBER, start=node.start, end=node.end)
        if not isinstance(node, Constant):
            what = "behind `in` stand only numbers and texts that are written out"
            raise ExpressionError([Fault(what, first.start, node.end)])
        return node

    # -- what an operator stands between ---------------------------------------

    def _prefix(self) -> Node:
        token = self._take()
        place = {"start": token.start, "end": token.end}
        match token.kind:
            case TokenKind.NUMBER:
                return Constant(value=token.value, kind=Kind.NUMBER, **place)
            case TokenKind.TIME:
                return Constant(value=token.value, kind=Kind.TIME, **place)
            case TokenKind.TEXT:
                return Constant(value=token.text, kind=Kind.TEXT, **place)
            case TokenKind.WORD:
                return self._word(token)
            case TokenKind.SIGN if token.text == "-":
                return self._negative(token)
            case TokenKind.SIGN if token.text == "(":
                return self._group(token)
        raise self._missing(token)

    def _negative(self, token: Token) -> Node:
        operand = self._expression(_SIGN)
        depth = operand.depth + 1
        return Negative(operand=operand, start=token.start, end=operand.end, depth=depth)

    def _group(self, opening: Token) -> Node:
        if self._next.text == ")" and self._next.kind is TokenKind.SIGN:
            _fail("there is nothing in these parentheses", opening, self._next)
        node = self._expression(0)
        if self._next.text == "," and self._next.kind is TokenKind.SIGN:
            _fail("several values in parentheses stand only behind `in`", self._next)
        closing = self._close(opening)
        return evolve(node, start=opening.start, end=closing.end)  # the parentheses are part of it

    def _word(self, token: Token) -> Node:
        text = token.text
        if self._next.text == "(" and self._next.kind is TokenKind.SIGN and text not in _WORDS:
            return self._call(token)
        if text in {"true", "false"}:
            value, start, end = text == "true", token.start, token.end
            return Constant(value=value, kind=Kind.BOOL, start=start, end=end)
        if text == "not":
            operand = self._expression(_NOT)
            depth = operand.depth + 1
            return Not(operand=operand, start=token.start, end=operand.end, depth=depth)
        if text in _POWERS:
            raise self._missing(token)
        fact = FACTS.get(text)
        if fact is None:
            if text in _NOT_HERE:  # another language altogether: what follows makes no sense
                _fail(f"there is no `{text}`: {_NOT_HERE[text]}", token)
            return Missing(message=_unknown(text), start=token.start, end=token.end)
        return FactRead(fact=fact, start=token.start, end=token.end)

    def _call(self, token: Token) -> Node:
        if token.text not in FUNCTIONS:
            hint = did_you_mean(token.text, FUNCTIONS)
            known = "there are abs, max and min"
            _fail(f"there is no function {token.text[:40]!r}; {known}{hint}", token)
        opening = self._take()
        if self._next.text == ")" and self._next.kind is TokenKind.SIGN:
            _fail(f"{token.text} needs a number", opening, self._next)
        arguments = [self._expression(0)]
        while self._next.text == "," and self._next.kind is TokenKind.SIGN:
            self._take()
            arguments.append(self._expression(0))
        closing = self._close(opening)
        if token.text == "abs" and len(arguments) != 1:
            _fail(f"abs takes one number, not {len(arguments)}", token, closing)
        if token.text != "abs" and len(arguments) < 2:
            _fail(f"{token.text} takes two numbers or more", token, closing)
        return Function(
            name=token.text,
            arguments=tuple(arguments),
            start=token.start,
            end=closing.end,
            depth=_depth(*arguments),
        )

    # -- moving on -------------------------------------------------------------

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._tokens[self._place]
        if token.kind is not TokenKind.END:
            self._place += 1
        return token

    def _close(self, opening: Token) -> Token:
        token = self._take()
        if token.text == ")" and token.kind is TokenKind.SIGN:
            return token
        if token.kind is TokenKind.END:
            _fail("this parenthesis is never closed", opening)
        _fail(f"`)` or an operator was expected here, not {_shown(token)}", token)

    def _missing(self, token: Token) -> ExpressionError:
        """Say that something to reckon with should stand where the token stands."""
        before = self._tokens[self._place - 2] if self._place > 1 else None
        if token.kind is TokenKind.END:
            before = self._tokens[self._place - 1]
            return _error(f"something is missing behind {_shown(before)}", before)
        if before is None or before.text == "(":
            return _error(f"something is missing before {_shown(token)}", token)
        return _error(
            f"something is missing between {_shown(before)} and {_shown(token)}", before, token
        )


def _depth(*nodes: Node) -> int:
    return 1 + max(node.depth for node in nodes)


def _too_deep() -> str:
    return f"the expression is nested more than {DEEPEST} deep; make several rules of it"


def _shown(token: Token) -> str:
    if token.kind is TokenKind.END:
        return "the end"
    return f"`{token.text[:40]}`" if token.kind is not TokenKind.TEXT else f'"{token.text[:40]}"'


def _check_chain(before: Relation, relation: Relation, token: Token) -> None:
    """Refuse comparisons in a row that say nothing clear, such as a < b > c or a == b == c."""
    if not ({before, relation} <= _RISING or {before, relation} <= _FALLING):
        what = f"a row of comparisons goes one way, such as 0 < a <= 9; {before} and {relation}"
        _fail(f"{what} do not: join two comparisons with `and`", token)


def _unknown(name: str) -> str:
    shown = name[:60]
    if any(fact.startswith(f"{name}.") for fact in FACTS):
        inside = ", ".join(fact for fact in FACTS if fact.startswith(f"{name}."))
        return f"{shown!r} is a group of facts; name one of it: {inside}"
    of_group = [fact for fact in FACTS if fact.rpartition(".")[2] == name]
    if of_group:
        return f"there is no fact {shown!r}; did you mean {' or '.join(map(repr, of_group))}?"
    hint = did_you_mean(shown, FACTS) or "; `homalos risk facts` lists them all"
    return f"there is no fact {shown!r}{hint}"
