"""What expressions come to: a tree-walk of the test's own says the same; what is not known."""

from __future__ import annotations

from math import isnan, nan
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import frozen
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from homalos.model import Direction, Offset
from homalos.plugins.ports import Refusal
from homalos.testing import (
    SYMBOL,
    FakeFunds,
    FakeHolding,
    FakeRiskContext,
    order_request,
    tick,
)
from homalos_risk.expressions import ExpressionError, Frame, Rule, bind_rule

# -- a language of the test's own: nested tuples ----------------------------------

NUMBERS = ("order.volume", "order.price", "position.long", "account.equity", "market.bid")
CHOICES = ("long", "short")


@frozen
class World:
    """The values of the facts that are used here."""

    facts: dict[str, Any]

    def verdict(self, text: str, *, refuses_unknown: bool) -> Refusal | None:
        """Return what a rule says in this world."""
        facts = self.facts
        context = FakeRiskContext(
            held={("main", SYMBOL): FakeHolding(long=facts["position.long"])},
            money={"main": FakeFunds(equity=facts["account.equity"])},
            ticks={SYMBOL: tick(bid_price_1=facts["market.bid"])},
            closed=set() if facts["market.is_open"] else {SYMBOL},
        )
        rule = Rule(
            text=text,
            lets_reduce=False,
            refuses_unknown=refuses_unknown,
            zone=lambda: ZoneInfo("UTC"),
        )
        request = order_request(
            Direction(facts["order.direction"]), facts["order.price"], facts["order.volume"]
        )
        return bind_rule(rule, Frame(context)).check(request)


_figures = st.one_of(
    st.integers(-5, 5).map(float), st.floats(-1e6, 1e6, allow_nan=False), st.just(nan)
)
worlds = st.builds(
    World,
    st.fixed_dictionaries(
        {
            "order.volume": st.integers(-3, 10),
            "order.price": _figures,
            "position.long": st.integers(0, 5),
            "account.equity": st.floats(-1e9, 1e9, allow_nan=False),
            "market.bid": _figures,
            "market.is_open": st.booleans(),
            "order.direction": st.sampled_from(CHOICES),
        }
    ),
)

_literals = st.integers(0, 5) | st.sampled_from([0.5, 0.1, 2.75])
_leaves = st.tuples(st.just("fact"), st.sampled_from(NUMBERS)) | st.tuples(
    st.just("literal"), _literals
)


def _numbers(below: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.tuples(st.sampled_from("+-*/%"), below, below),
        st.tuples(st.just("neg"), below),
        st.tuples(st.just("abs"), below),
        st.tuples(st.sampled_from(["min", "max"]), below, below, below),
    )


numbers = st.recursive(_leaves, _numbers, max_leaves=6)
_comparisons = st.one_of(
    st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers, numbers),
    st.tuples(st.just("between"), numbers, numbers, numbers),
    st.tuples(st.sampled_from(["in", "not in"]), numbers, st.lists(_literals, min_size=1)),
    st.tuples(st.just("side"), st.sampled_from(["==", "!="]), st.sampled_from(CHOICES)),
    st.tuples(st.just("open")),
)
conditions = st.recursive(
    _comparisons,
    lambda below: st.one_of(
        st.tuples(st.just("not"), below),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(below, min_size=2, max_size=4)),
    ),
    max_leaves=6,
)


def written(tree: Any) -> str:  # noqa: C901, PLR0911  a case for each kind of part
    """Return a tree as an expression, everything in parentheses."""
    match tree:
        case ("fact", name):
            return str(name)
        case ("literal", value):
            return str(value)
        case ("neg", operand):
            return f"(-{written(operand)})"
        case (("abs" | "min" | "max") as name, *operands):
            return f"{name}({', '.join(map(written, operands))})"
        case ("between", low, middle, high):
            return f"({written(low)} <= {written(middle)} < {written(high)})"
        case (("in" | "not in") as word, operand, choices):
            return f"({written(operand)} {word} ({', '.join(map(str, choices))}))"
        case ("side", sign, side):
            return f'(order.direction {sign} "{side}")'
        case ("open",):
            return "market.is_open"
        case ("not", operand):
            return f"(not {written(operand)})"
        case (("and" | "or") as word, operands):
            return f"({f' {word} '.join(map(written, operands))})"
        case (sign, left, right):
            return f"({written(left)} {sign} {written(right)})"
    raise AssertionError(tree)


def number(tree: Any, facts: dict[str, Any]) -> float:  # noqa: PLR0911  as above
    """Reckon a number by the documented rules; nan where it is not known."""
    match tree:
        case ("fact", name):
            return float(facts[name])
        case ("literal", value):
            return float(value)
        case ("neg", operand):
            return -number(operand, facts)
        case ("abs", operand):
            return abs(number(operand, facts))
        case (("min" | "max") as name, *operands):
            values = [number(each, facts) for each in operands]
            if any(map(isnan, values)):
                return nan
            return sorted(values)[0 if name == "min" else -1]
    sign, left, right = tree[0], number(tree[1], facts), number(tree[2], facts)
    if isnan(left) or isnan(right) or (sign in "/%" and right == 0):
        return nan
    if sign in "/%":
        return left / right if sign == "/" else left % right
    return left + right if sign == "+" else left - right if sign == "-" else left * right


def truth(tree: Any, facts: dict[str, Any]) -> bool | None:  # noqa: PLR0911  as above
    """Say whether a condition holds by the documented rules; `None` where it is not known."""
    match tree:
        case ("open",):
            return bool(facts["market.is_open"])
        case ("side", sign, side):
            return (facts["order.direction"] == side) is (sign == "==")
        case ("not", operand):
            found = truth(operand, facts)
            return None if found is None else not found
        case ("and", operands):
            return _joined([truth(each, facts) for each in operands], decides=False)
        case ("or", operands):
            return _joined([truth(each, facts) for each in operands], decides=True)
        case (("in" | "not in") as word, operand, choices):
            value = number(operand, facts)
            return None if isnan(value) else (value in choices) is (word == "in")
        case ("between", low, middle, high):
            parts = [truth(("<=", low, middle), facts), truth(("<", middle, high), facts)]
            return _joined(parts, decides=False)
    sign, left, right = tree[0], number(tree[1], facts), number(tree[2], facts)
    if isnan(left) or isnan(right):
        return None
    return {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
        "==": left == right,
        "!=": left != right,
    }[sign]


def _joined(parts: list[bool | None], *, decides: bool) -> bool | None:
    if decides in parts:
        return decides
    return None if None in parts else not decides


@given(tree=conditions, world=worlds)
def test_a_compiled_rule_says_what_a_walk_through_the_tree_says(tree: Any, world: World) -> None:
    """Both for what is known and what is not, under both options."""
    text, expected = written(tree), truth(tree, world.facts)
    try:
        strict = world.verdict(text, refuses_unknown=True)
    except ExpressionError as error:  # it is constant, or divides by a constant 0
        told = error.faults[0].message
        assert told.startswith(("this is always", "this divides by 0"))
        if told.startswith("this is always"):
            assert f"always {str(expected).lower()}" in told
        return
    mild = world.verdict(text, refuses_unknown=False)

    assert (strict is not None) is (expected is not False)
    assert (mild is not None) is (expected is True)
    assert expected is None or str(strict) == str(mild)


@given(tree=numbers, world=worlds)
def test_the_figures_of_a_verdict_are_those_of_the_comparison(tree: Any, world: World) -> None:
    """Whoever is refused sees the very numbers that were compared."""
    expected = number(tree, world.facts)
    assume(expected > world.facts["account.equity"] - 1e15)
    text = f"{written(tree)} > account.equity - 1e15"
    try:
        found = world.verdict(text, refuses_unknown=False)
    except ExpressionError:
        reject()

    assert found is not None
    left, right = found.input, found.limit
    assert {left, right} == {float(expected), world.facts["account.equity"] - 1e15}


# -- binding strength --------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("order.volume + 2 * 3 > 6.5", "order.volume + (2 * 3) > 6.5"),
        ("order.volume - 1 - 1 > -1.5", "(order.volume - 1) - 1 > -1.5"),
        ("12 / order.volume / 2 > 5", "(12 / order.volume) / 2 > 5"),
        ("-order.volume * 2 < 0", "(-order.volume) * 2 < 0"),
        ("not order.volume > 3 and false", "(not (order.volume > 3)) and false"),
        ("order.volume > 0 or order.volume > 5 and order.volume > 9", "order.volume > 0"),
        ("1 < order.volume + 1 <= 2", "1 < (order.volume + 1) and (order.volume + 1) <= 2"),
    ],
)
def test_operators_bind_as_everywhere(text: str, same: str) -> None:
    """Of one lot: what is written without parentheses means what it means in mathematics."""
    facts = {"position.long": 0, "account.equity": 0.0, "market.bid": nan, "market.is_open": True}
    world = World({**facts, "order.volume": 1, "order.price": 5.0, "order.direction": "long"})
    verdicts = []
    for each in (text, same):
        try:
            verdicts.append(world.verdict(each, refuses_unknown=True) is not None)
        except ExpressionError as error:
            verdicts.append("true" in error.faults[0].message)

    assert verdicts[0] == verdicts[1]


# -- what is not known -------------------------------------------------------------


def rule(text: str, **options: Any) -> Rule:
    """Make a rule in UTC."""
    return Rule(text=text, zone=lambda: ZoneInfo("UTC"), **options)


def test_an_order_that_cannot_be_judged_is_refused_with_the_reason() -> None:
    """Before the first tick nobody knows the spread; refusing is the safe side."""
    check = bind_rule(rule("market.spread > 3"), Frame(FakeRiskContext())).check
    found = check(order_request())

    assert found is not None
    assert found.message == "this rule cannot be judged, since market.spread is not known"
    assert isnan(found.input)


def test_an_order_that_cannot_be_judged_passes_where_the_rule_says_so() -> None:
    """A rule of comfort must not stop a run on bars."""
    frame = Frame(FakeRiskContext())
    check = bind_rule(rule("market.spread > 3", refuses_unknown=False), frame).check

    assert check(order_request()) is None


def test_an_unknown_that_changes_nothing_is_not_asked_for() -> None:
    """What is false, `and` anything, is false; what is true, `or` anything, is true."""
    frame = Frame(FakeRiskContext())
    first = bind_rule(rule("market.spread > 3 and order.volume > 5"), frame).check
    second = bind_rule(rule("market.spread > 3 or order.volume > 5"), frame).check

    assert first(order_request(volume=5)) is None
    found = second(order_request(volume=6))
    assert found is not None
    assert found.message.endswith("order.volume is 6, above 5")


def test_a_division_by_0_is_not_known() -> None:
    """Nothing raises: the rule says what it could not reckon."""
    check = bind_rule(rule("position.long / position.short > 3"), Frame(FakeRiskContext())).check
    found = check(order_request())

    assert found is not None
    expected = "position.long / position.short > 3 divides by 0 or is too large"
    assert found.message == f"this rule cannot be judged, since {expected}"


def test_a_division_by_0_beside_what_is_true_does_not_hide_it() -> None:
    """The order of the conditions is not to matter."""
    text = "position.long / position.short > 3 or order.volume > 5"
    check = bind_rule(rule(text), Frame(FakeRiskContext())).check
    found = check(order_request(volume=6))

    assert found is not None
    assert (found.input, found.limit) == (6, 5)


def test_a_rule_of_exposure_lets_out_what_it_cannot_judge() -> None:
    """Also what is not known never closes the way out."""
    frame = Frame(FakeRiskContext())
    close = order_request(offset=Offset.CLOSE)

    assert bind_rule(rule("market.spread > 3"), frame).check(close) is None
    strict = bind_rule(rule("market.spread > 3", lets_reduce=False), frame)
    assert strict.check(close) is not None
