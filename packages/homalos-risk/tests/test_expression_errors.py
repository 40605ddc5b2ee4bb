"""What is said of a wrong expression: what it is, and a mark under the place."""

from __future__ import annotations

import pytest

from homalos.config import structure
from homalos.errors import ConfigError
from homalos_risk.custom import CustomOptions
from homalos_risk.expressions import ExpressionError, read_expression

_MEANT = "an expression has facts, numbers, texts, and, or, not, in, abs, max and min"

# The expression, a line of marks under it, the message.
ONE_FAULT = [
    (
        "order.volum > 3",
        "^^^^^^^^^^^",
        "there is no fact 'order.volum'; did you mean 'order.volume'?",
    ),
    (
        "volume > 3",
        "^^^^^^",
        "there is no fact 'volume'; did you mean 'order.volume' or 'market.volume'?",
    ),
    (
        "product > 3",
        "^^^^^^^",
        (
            "'product' is a group of facts; name one of it: "
            "product.long, product.short, product.net, product.gross"
        ),
    ),
    (
        "order.volume > 1 and xyzzy.plugh",
        "                     ^^^^^^^^^^^",
        "there is no fact 'xyzzy.plugh'; `homalos risk facts` lists them all",
    ),
    ("order.direction * 2 > 1", "^^^^^^^^^^^^^^^", "* takes numbers; order.direction is a text"),
    ("-market.is_open", " ^^^^^^^^^^^^^^", "- takes numbers; market.is_open is a condition"),
    ("abs(order.symbol) > 1", "    ^^^^^^^^^^^^", "abs takes numbers; order.symbol is a text"),
    ("order.volume >", "             ^", "something is missing behind `>`"),
    ("(order.volume + ) > 3", "              ^^^", "something is missing between `+` and `)`"),
    ("order.volume == == 3", "             ^^^^^", "something is missing between `==` and `==`"),
    ("and order.volume > 3", "^^^", "something is missing before `and`"),
    ("* 3 > 2", "^", "something is missing before `*`"),
    ("((order.volume > 3)", "^", "this parenthesis is never closed"),
    ("order.volume > 3)", "                ^", "this parenthesis closes none"),
    ("() > 3", "^^", "there is nothing in these parentheses"),
    ("sum(1, 2) > 3", "^^^", "there is no function 'sum'; there are abs, max and min"),
    (
        "maxi(1, 2) > 3",
        "^^^^",
        "there is no function 'maxi'; there are abs, max and min; did you mean 'max'?",
    ),
    ("abs(1, 2) > 3", "^^^^^^^^^", "abs takes one number, not 2"),
    ("max(order.volume) > 3", "^^^^^^^^^^^^^^^^^", "max takes two numbers or more"),
    (
        "order.volume < 3 > 2",
        "                 ^",
        (
            "a row of comparisons goes one way, such as 0 < a <= 9; < and > do not: "
            "join two comparisons with `and`"
        ),
    ),
    (
        "order.price == market.bid == market.ask",
        "                          ^^",
        (
            "a row of comparisons goes one way, such as 0 < a <= 9; == and == do not: "
            "join two comparisons with `and`"
        ),
    ),
    ("order.symbol > 3", "^^^^^^^^^^^^^^^^", "a text cannot be compared with a number"),
    ("3 == market.is_open", "^^^^^^^^^^^^^^^^^^^", "a number cannot be compared with a condition"),
    (
        'order.symbol < "rb"',
        "^^^^^^^^^^^^^^^^^^^",
        "texts have no order: < takes numbers; == and != take any",
    ),
    (
        'order.direction == "buy"',
        "                   ^^^^^",
        'order.direction is never "buy"; it is "long" or "short"',
    ),
    (
        'time.of_day > "14:55"',
        "^^^^^^^^^^^^^^^^^^^^^",
        "a time of day cannot be compared with a text; write a time without quotes, such as 14:55",
    ),
    (
        "order.volume + 1",
        "^^^^^^^^^^^^^^^^",
        "a rule is a condition, such as order.volume > 10; this is a number",
    ),
    (
        "order.volume and market.is_open",
        "^^^^^^^^^^^^",
        "`and` takes conditions; order.volume is a number",
    ),
    ("not order.volume", "    ^^^^^^^^^^^^", "`not` takes conditions; order.volume is a number"),
    ("1 < 2", "^^^^^", "this is always true: every order would be refused"),
    (
        "order.volume > 3 and 1 > 2",
        "^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "this is always false: no order would ever be refused",
    ),
    (
        "order.volume > 3 or 2 * 2 == 4",
        "^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "this is always true: every order would be refused",
    ),
    ("order.volume / (3 - 3) > 1", "^^^^^^^^^^^^^^^^^^^^^^", "this divides by 0"),
    (
        "order.symbol in market.bid",
        "                ^^^^^^^^^^",
        '`in` is followed by values in parentheses, such as ("rb", "au")',
    ),
    (
        "order.price in (market.bid, 3)",
        "                ^^^^^^^^^^",
        "behind `in` stand only numbers and texts that are written out",
    ),
    (
        'order.symbol in ("rb2510.SHFE", 3)',
        "                                ^",
        "order.symbol is a text, and this is a number",
    ),
    (
        "order.volume > 3 order.price > 2",
        "                 ^^^^^^^^^^^",
        "an operator was expected here, such as + or >, or `and`, not `order.price`",
    ),
    ("order.volume > 3 AND true", "                 ^^^", "there is no `AND`: write and"),
    ("order.volume > 3 if true", "                 ^^", f"there is no `if`: {_MEANT}"),
    ("order.is_reducing == True", "                     ^^^^", "there is no `True`: write true"),
    (
        "order.volume = 3",
        "             ^",
        "= means nothing here: nothing can be assigned; two values are compared with ==",
    ),
    ("order.volume > 3 && true", "                 ^^", "&& means nothing here: write `and`"),
    (
        "order.volume > 20lots",
        "               ^^^^^^",
        "20lots is no number; write 12, 0.5, 1e6 or a time such as 14:55",
    ),
    (
        "time.of_day > 25:00",
        "              ^^^^^",
        "25:00 is no time of day; write 00:00 to 23:59:59",
    ),
    (
        'order.symbol == "rb',
        "                ^",
        "the text has no end: its closing quote is missing",
    ),
    ("   ", "   ^", "the expression is empty"),
]


@pytest.mark.parametrize(("text", "marks", "message"), ONE_FAULT)
def test_the_message_says_what_is_wrong_and_the_mark_where(
    text: str, marks: str, message: str
) -> None:
    """Word by word, since that is all that its writer has to go by."""
    with pytest.raises(ExpressionError) as told:
        read_expression(text)

    assert [fault.shown(text) for fault in told.value.faults] == [
        f"{message}\n    {text}\n    {marks}"
    ]


def test_everything_that_is_wrong_in_one_expression_is_told_in_order() -> None:
    """Whoever mends one place should not have to come back for the next."""
    with pytest.raises(ExpressionError) as told:
        read_expression('order.volum > 3 and order.symbol * 2 > 1 or order.type == "x" and 3')

    assert [(fault.start, fault.message.split(";")[0]) for fault in told.value.faults] == [
        (0, "there is no fact 'order.volum'"),
        (20, "* takes numbers"),
        (58, 'order.type is never "x"'),
        (66, "`and` takes conditions"),
    ]


def test_of_several_lines_the_one_with_the_fault_is_shown() -> None:
    """A folded text in YAML may be long; its other lines would hide the place."""
    text = "order.volume > 3\n\tand order.pric < 2\nor market.is_open"
    with pytest.raises(ExpressionError) as told:
        read_expression(text)

    _, line, marks = told.value.faults[0].shown(text).splitlines()
    assert line == "     and order.pric < 2"
    assert marks == "         ^^^^^^^^^^"


def test_of_a_long_line_what_surrounds_the_fault_is_shown() -> None:
    """The mark would be lost far to the right of a terminal."""
    text = " or ".join(["order.volume > 3"] * 10 + ["order.pric < 2"] + ["order.volume > 3"] * 10)
    with pytest.raises(ExpressionError) as told:
        read_expression(text)

    _, line, marks = told.value.faults[0].shown(text).splitlines()
    assert len(line) <= 100
    assert line[marks.index("^") : marks.rindex("^") + 1] == "order.pric"


def test_the_mark_stands_under_the_fault_behind_a_chinese_name() -> None:
    """Each of its characters takes two columns on a terminal."""
    text = 'order.strategy == "双均线" and order.pric > 3'
    with pytest.raises(ExpressionError) as told:
        read_expression(text)

    _, _, marks = told.value.faults[0].shown(text).splitlines()
    assert marks.index("^") == 4 + text.index("order.pric") + 3
    assert marks.count("^") == 10


def test_every_problem_of_every_rule_is_told_at_once_with_its_path() -> None:
    """A start that fails ten times for ten mistakes is a bad morning."""
    rules = {
        "one": {"refuse_if": "order.volum > 3"},
        "two": {"refuse_if": "order.volume >", "kind": "strict"},
        "three": {"message": "nothing to refuse"},
        "four": {"refuse_if": "order.volume > 3", "applies_to": {"symbols": ["rb"]}},
        "five": {"refuse_if": "order.volume > 3", "timezone": "Mars"},
        "six": {"refuse_if": "order.volume > 3", "message": "two\nlines"},
    }
    with pytest.raises(ConfigError) as told:
        structure(rules, CustomOptions, path="$.risk.custom")

    assert [problem.splitlines()[0] for problem in told.value.problems] == [
        (
            "there is no fact 'order.volum'; did you mean 'order.volume'? "
            "@ $.risk.custom.one.refuse_if"
        ),
        "expected 'exposure' or 'validity', found 'strict' @ $.risk.custom.two.kind",
        "something is missing behind `>` @ $.risk.custom.two.refuse_if",
        "required field missing @ $.risk.custom.three.refuse_if",
        (
            "'rb' is not a symbol; write CODE.EXCHANGE, such as rb2510.SHFE "
            "@ $.risk.custom.four.applies_to.symbols"
        ),
        (
            "timezone: 'Mars' is no time zone that is known here; write one such as Asia/Shanghai "
            "@ $.risk.custom.five.timezone"
        ),
        "message must be one line of at most 200 characters @ $.risk.custom.six.message",
    ]
    assert told.value.problems[0].splitlines()[1:] == ["    order.volum > 3", "    ^^^^^^^^^^^"]


@pytest.mark.parametrize("name", ["big order", "", "9lives", "a" * 65, "größe"])
def test_a_name_that_nobody_could_write_elsewhere_is_refused(name: str) -> None:
    """It stands in verdicts, commands and logs."""
    with pytest.raises(ConfigError, match="a rule's name has letters"):
        structure({name: {"refuse_if": "order.volume > 3"}}, CustomOptions, path="$.risk.custom")
