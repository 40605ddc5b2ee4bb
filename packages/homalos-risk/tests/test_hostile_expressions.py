"""Expressions that want to get out, or to keep the engine busy: refused at once, in words."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import homalos_risk.expressions
from homalos_risk.expressions import ExpressionError, Fault, read_expression

_GENEROUS_S = 1.0

HOSTILE = {
    "attribute": "order.__class__",
    "attribute of a fact": "order.volume.__class__.__mro__ == 3",
    "attribute of a text": '"".__class__ == 3',
    "attribute of nothing": "().__class__.__bases__",
    "call": "exit()",
    "call of a fact": "order.volume() > 3",
    "call of a number": "3(4) > 2",
    "import": "import os",
    "import as a call": '__import__("os").system("true")',
    "eval": 'eval("1 > 0")',
    "lambda": "lambda: 3",
    "comprehension": "[x for x in order]",
    "generator": "max(x for x in order) > 3",
    "subscript": "order[0] > 3",
    "subscript of a text": '"abc"[0] == "a"',
    "set": "order.volume in {1, 2}",
    "dict": '{"a": 1} == 3',
    "f-string": 'f"{order.volume}" == "3"',
    "format": '"%s" % order.volume == "3"',
    "bytes": 'b"x" == order.symbol',
    "assignment": "order.volume = 3",
    "walrus": "(x := order.volume) > 3",
    "star": "max(*order) > 3",
    "decorator": "@order.volume",
    "statement": "order.volume > 3; order.volume > 4",
    "ternary": "order.volume > 3 if true else false",
    "huge power": "9**9**9 > order.volume",
    "huge number": "order.volume > " + "9" * 1_900,
    "huge exponent": "order.volume > 1e999",
    "huge exponent in figures": "order.volume > 1e" + "9" * 1_900,
    "a product beyond doubles": "order.volume > " + " * ".join(["1e15"] * 22),
    "shift": "1 << 999999999 > order.volume",
    "parentheses": "(" * 10_000 + ")" * 10_000,
    "parentheses that fit": "(" * 900 + "order.volume" + ")" * 900 + " > 3",
    "open parentheses": "(" * 1_999,
    "minus": "-" * 1_900 + "order.volume > 3",
    "not": "not " * 400 + "market.is_open",
    "sum": "1 + " * 400 + "order.volume > 3",
    "nested calls": "abs(" * 400 + "order.volume" + ")" * 300,
    "long text": "order.volume > 3 or " * 50_000 + "market.is_open",
    "long blank": " " * 1_000_000,
    "long name": "o" * 1_000_000,
    "null byte": "order.volume\x00 > 3",
    "null byte in a text": 'order.symbol == "rb\x00"',
    "escape sequence": 'order.symbol == "\x1b[2J"',
    "backslash": 'order.symbol == "\\x41"',
    "other digits": "order.volume > ٣",
    "full-width digits": "order.volume > \uff13",
    "Cyrillic letter": "\u043erder.volume > 3",
    "look-alike of a sign": "order.volume \uff1e 3",
    "right to left": 'order.symbol == "\u202egnol"',
    "zero width": "order.\u200bvolume > 3",
    "no-break blank": "order.volume\u00a0> 3",
    "lone surrogate": "order.volume > \ud800",
    "comment": "order.volume > 3 # or not",
    "continued line": "order.volume \\\n > 3",
    "template": "${order.volume} > 3",
    "shell": "`id` == 3",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_expression_is_refused_quickly_and_in_words(name: str) -> None:
    """No RecursionError, no hang, nothing run; and what is shown is short and harmless."""
    text = HOSTILE[name]
    begun = time.perf_counter()
    with pytest.raises(ExpressionError) as told:
        read_expression(text)
    shown = "\n".join(fault.shown(text) for fault in told.value.faults)

    assert time.perf_counter() - begun < _GENEROUS_S
    assert len(shown) < 1_000
    assert all(char.isprintable() or char == "\n" for char in shown)


def faults_of(text: str) -> tuple[Fault, ...]:
    """Return what is wrong with a text; empty when it is an expression."""
    try:
        read_expression(text)
    except ExpressionError as error:
        return error.faults
    return ()


@given(st.text(max_size=200))
def test_no_text_whatever_brings_another_error(text: str) -> None:
    """Whatever is written, it is an expression or is told what is wrong with it."""
    assert all(len(fault.shown(text).splitlines()) == 3 for fault in faults_of(text))


_PIECES = st.sampled_from(
    [
        "(",
        ")",
        "+",
        "-",
        "*",
        "/",
        "%",
        "<",
        "<=",
        ">",
        ">=",
        "==",
        "!=",
        ",",
        "and",
        "or",
        "not",
        "in",
        "abs(",
        "min(",
        "1",
        "0",
        "2.5",
        "14:55",
        "'long'",
        "true",
        "order.volume",
        "order.direction",
        "market.last",
        "market.is_open",
        "time.of_day",
        "order.x",
    ]
)


@given(st.lists(_PIECES, max_size=40).map(" ".join))
def test_no_heap_of_pieces_brings_another_error(text: str) -> None:
    """Every piece is right by itself, so that the parser comes far."""
    assert all(0 <= fault.start < fault.end for fault in faults_of(text))


def test_nothing_in_the_room_runs_text_as_python() -> None:
    """Neither of the words that could is used in it."""
    room = Path(homalos_risk.expressions.__file__).parent
    used = {
        node.id
        for path in room.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Name)
    }

    assert used & {"eval", "exec", "compile", "getattr", "__import__", "globals", "vars"} == set()
