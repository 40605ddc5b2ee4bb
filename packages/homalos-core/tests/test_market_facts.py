"""Tests of the sentence that names what money is counted by, and not known for the day."""

from __future__ import annotations

import pytest

from homalos.engine.market_facts import doubtful
from homalos.plugins.ports import Fact

TAIL = "; set your own where the market takes them"


def fact(name: str, value: str = "1", nearest: int = 0) -> Fact:
    """Make a fact."""
    return Fact(name=name, value=value, nearest=nearest)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([], ""),
        ([fact("margin_rate"), fact("fee_open"), fact("price_limit", "unknown")], ""),
        (
            [fact("margin_rate", nearest=20200616), fact("fee_open", nearest=20200616)],
            "margin and fees of a.X are those of 2020-06-16, the nearest known",
        ),
        (
            [fact("margin_rate", "unknown"), fact("fee_open", "unknown")],
            "margin and fees of a.X are unknown",
        ),
        ([fact("margin_rate", "unknown"), fact("fee_open")], "margin of a.X is unknown"),
        (
            [fact("margin_rate", "unknown"), fact("fee_open", nearest=20200616)],
            "margin of a.X is unknown, fees of a.X are those of 2020-06-16, the nearest known",
        ),
        (
            [fact("fee_open", nearest=20200616), fact("fee_close_today", "unknown")],
            "fees of a.X are those of 2020-06-16, the nearest known, and partly unknown",
        ),
        (
            [fact("fee_open", nearest=20220326), fact("fee_close", nearest=20200616)],
            "fees of a.X are those of 2020-06-16 and 2022-03-26, the nearest known",
        ),
        (
            [fact("margin_rate", nearest=20200616), fact("fee_open")],
            "margin of a.X is that of 2020-06-16, the nearest known",
        ),
    ],
)
def test_a_doubt_is_a_sentence(facts: list[Fact], expected: str) -> None:
    """Only margin and fees count; what is alike is told together."""
    assert doubtful("a.X", facts) == (expected and expected + TAIL)
