"""No rule of exposure refuses an order that reduces, whatever is held, worked, lost or asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import nan
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homalos.model import Direction, Offset, OrderData, OrderRequest, OrderType, Status
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Refusal, RiskRule
from homalos.testing import (
    INSTRUMENTS,
    OTHER,
    START_NS,
    SYMBOL,
    FakeActivity,
    FakeFunds,
    FakeHolding,
    FakeRiskContext,
)
from homalos_risk.built_in import RULES

EXPOSURE = [spec for spec in RULES if spec.kind == "exposure"]
SYMBOLS = st.sampled_from([SYMBOL, OTHER])
STRATEGIES = st.sampled_from(["test", "other"])
LOTS = st.integers(0, 40)
MONEY = st.floats(-1e6, 1e6)
PRICES = st.sampled_from([100.0, 0.2, -5.0, 1e9, nan])

# What an option may be, by its annotation; the tightest limits among them.
OPTIONS: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(1, 60),
    "int | None": st.none() | st.integers(1, 60),
    "float": st.floats(0.001, 100),
    "float | None": st.none() | st.floats(0.001, 1.0),
    "Mapping[str, int]": st.just({}),
    "Mapping[str, float]": st.just({}),
    "TradingState": st.sampled_from(["close_only", "halted", "normal"]),
}


@st.composite
def orders(draw: st.DrawFn) -> OrderRequest:
    """Make an order of any kind."""
    price = draw(PRICES)
    kind = OrderType.MARKET if price != price else draw(  # noqa: PLR0124  nan
        st.sampled_from([OrderType.LIMIT, OrderType.FAK, OrderType.FOK])
    )  # fmt: skip
    return OrderRequest(
        "1-1", draw(SYMBOLS), draw(st.sampled_from(Direction)), draw(st.sampled_from(Offset)),
        kind, price, draw(st.integers(1, 80)), draw(STRATEGIES), "main", "fake", START_NS,
    )  # fmt: skip


@st.composite
def houses(draw: st.DrawFn) -> FakeRiskContext:
    """Make an account in any state, sound or ruined, with orders at work."""
    context = FakeRiskContext(
        contracts=INSTRUMENTS,
        held={
            ("main", symbol): FakeHolding(*[draw(LOTS) for _ in range(6)])
            for symbol in draw(st.sets(SYMBOLS))
        },
        money={"main": FakeFunds(*[draw(MONEY) for _ in range(6)])},
        prices={symbol: draw(PRICES) for symbol in (SYMBOL, OTHER)},
        done={("main", SYMBOL): FakeActivity(*[draw(st.integers(0, 100)) for _ in range(5)])},
        lots={("test", SYMBOL): draw(st.integers(-40, 40))},
        pnl={("test", "main"): draw(MONEY)},
    )
    for number in range(draw(st.integers(0, 5))):
        context.rest(
            OrderData(
                f"1-{number}", draw(SYMBOLS), draw(st.sampled_from(Direction)), Offset.OPEN,
                OrderType.LIMIT, 100.0, draw(st.integers(1, 9)), 0, Status.NOTTRADED,
                draw(STRATEGIES), "main", "fake", START_NS, START_NS,
            )
        )  # fmt: skip
    return context


def options(draw: Callable[[st.SearchStrategy[Any]], Any], spec: RiskRuleSpec) -> Any:
    """Make options of a rule, within what each may be."""
    annotations = spec.config.__annotations__
    values = {
        each.name: draw(OPTIONS[annotations[each.name]]) for each in attrs.fields(spec.config)
    }
    if spec.name == "concentration":
        values["from_margin"] = draw(st.floats(1.0, 1e6))
    return spec.config(**values)


def rules_of(made: Any) -> list[RiskRule]:
    """Return the rules that a factory made: none, one or several."""
    if made is None:
        return []
    found = list(made.values()) if isinstance(made, Mapping) else [made]
    return [each if isinstance(each, RiskRule) else RiskRule(check=each) for each in found]


@pytest.mark.parametrize("spec", EXPOSURE, ids=lambda spec: spec.name)
@settings(max_examples=150)
@given(data=st.data())
def test_order_that_reduces_passes(spec: RiskRuleSpec, data: st.DataObject) -> None:
    """By the rule's own word, at every limit, after whatever orders came before."""
    context = data.draw(houses())
    rules = rules_of(spec.factory(context, options(data.draw, spec)))
    for request in data.draw(st.lists(orders(), min_size=1, max_size=6)):
        reduces = context.is_reducing(request)
        for rule in rules:
            peeked = None if rule.peek is None else rule.peek(request)
            for meter in rule.measure(request) if rule.measure is not None else ():
                assert meter.subject
            verdict = rule.check(request)
            assert verdict is None or isinstance(verdict, Refusal)
            assert (peeked is None) is (verdict is None) or rule.peek is None
            assert not (reduces and verdict is not None), f"{request}: {verdict}"
            for meter in rule.meters() if rule.meters is not None else ():
                assert meter.limit > 0


def test_every_rule_of_exposure_can_refuse() -> None:
    """The property would be empty for a rule that never says no."""
    names = {spec.name for spec in EXPOSURE}
    assert names == {
        "notional", "position_limit", "total_position", "strategy_position", "net_exposure",
        "working_orders", "funds", "margin_ratio", "concentration", "daily_loss", "drawdown",
        "daily_messages", "message_rate",
    }  # fmt: skip
