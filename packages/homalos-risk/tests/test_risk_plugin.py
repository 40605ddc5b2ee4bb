"""What the package offers to the core, and how its options are read."""

from __future__ import annotations

from typing import Any

import pluggy
import pytest
from cattrs import Converter

from homalos.model import TradingState
from homalos.plugins import RiskRuleSpec
from homalos.plugins.hookspecs import PROJECT, Hooks
from homalos.plugins.ports import RiskRule
from homalos.testing import FakeRiskContext
from homalos_risk import (
    DailyLossOptions,
    DailyMessagesOptions,
    DuplicateOrderOptions,
    MessageRateOptions,
    NetExposureOptions,
    NotionalOptions,
    OrderRateOptions,
    OrderSizeOptions,
    PositionLimitOptions,
    PriceBandOptions,
    SessionOpenOptions,
    StaleQuoteOptions,
    StrategyPositionOptions,
    TotalPositionOptions,
    WorkingOrdersOptions,
    plugin,
)
from homalos_risk.bounds import holds

ON_BY_DEFAULT = [
    "order_size", "tick_grid", "price_band", "self_trade", "position_limit", "funds", "order_rate"
]  # fmt: skip


def offered() -> list[RiskRuleSpec]:
    """Ask the plugin as the core does, and put the rules into the order in which they run."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    manager.register(plugin, "risk")
    manager.check_pending()
    (specs,) = manager.hook.register_risk_rules()
    assert isinstance(specs, tuple)
    # Those of the user's own are another matter.
    built_in = [spec for spec in specs if spec.name != "custom"]
    return sorted(built_in, key=lambda spec: (spec.order, spec.name))


def test_rules_are_offered_in_the_order_they_are_asked() -> None:
    """The names are what settings and rejections say; what counts messages comes last."""
    specs = offered()
    assert [spec.name for spec in specs] == [
        "order_size", "tick_grid", "price_band", "session_open", "stale_quote", "self_trade",
        "notional", "position_limit", "total_position", "strategy_position", "net_exposure",
        "working_orders", "funds", "margin_ratio", "concentration", "daily_loss", "drawdown",
        "daily_messages", "duplicate_order", "message_rate", "order_rate",
    ]  # fmt: skip
    assert all(spec.doc for spec in specs)


def test_rules_about_the_order_itself_are_of_validity() -> None:
    """These refuse closing orders, too; all others let what reduces go."""
    assert {spec.name for spec in offered() if spec.kind == "validity"} == {
        "order_size", "tick_grid", "price_band", "session_open", "stale_quote", "self_trade",
        "duplicate_order", "order_rate",
    }  # fmt: skip


def test_only_what_refuses_no_sensible_order_holds_by_default() -> None:
    """The others are not even bound until a limit is set; `holds` tells the doctor the same."""
    bound = [spec.name for spec in offered() if spec.factory(FakeRiskContext(), spec.config())]
    assert bound == ON_BY_DEFAULT
    assert [spec.name for spec in offered() if holds(spec.config())] == ON_BY_DEFAULT


def test_what_holds_by_default_is_looked_at_on_fills_alone() -> None:
    """A timer for it would cost every tick of every backtest."""
    made = [spec.factory(FakeRiskContext(), spec.config()) for spec in offered()]
    watched = [each for each in made if isinstance(each, RiskRule) and each.meters is not None]
    assert [each.drifts for each in watched] == [False, False]


@pytest.mark.parametrize(
    ("options", "is_set"),
    [
        (TotalPositionOptions(), False),
        (TotalPositionOptions(max_product=0), True),
        (TotalPositionOptions(accounts={"main": 3}), True),
        (StaleQuoteOptions(both_sides=False), False),
        (StaleQuoteOptions(both_sides=True), True),
        (SessionOpenOptions(when="open"), True),
        (DailyLossOptions(then=TradingState.HALTED), False),
        (MessageRateOptions(per_seconds=2.0), False),
    ],
)
def test_rule_holds_once_a_limit_is_set(options: Any, is_set: bool) -> None:  # noqa: FBT001
    """0 lots are a limit; what says only how a limit works is none."""
    assert holds(options) is is_set


def test_section_of_the_settings_is_structured_into_the_options() -> None:
    """Annotations resolve at run time, the mappings and what may be missing too."""
    section = {"max_position": 100, "symbols": {"rb2510.SHFE": 20}}
    found = Converter(forbid_extra_keys=True).structure(section, PositionLimitOptions)
    assert found == PositionLimitOptions(max_position=100, symbols={"rb2510.SHFE": 20})
    loss = {"max_loss": 5_000.0, "accounts": {"main": 700.0}, "then": "halted"}
    stop = Converter(forbid_extra_keys=True).structure(loss, DailyLossOptions)
    expected = DailyLossOptions(
        max_loss=5_000.0, accounts={"main": 700.0}, then=TradingState.HALTED
    )
    assert stop == expected


@pytest.mark.parametrize(
    ("options", "values"),
    [
        (OrderSizeOptions, {"max_lots": 0}),
        (PriceBandOptions, {"max_deviation": 0.0}),
        (PriceBandOptions, {"max_deviation": 1.01}),
        (PriceBandOptions, {"max_deviation": float("nan")}),
        (OrderRateOptions, {"max_orders": 0}),
        (OrderRateOptions, {"per_seconds": 0.0}),
        (OrderRateOptions, {"per_seconds": float("inf")}),
        (PositionLimitOptions, {"max_position": -1}),
        (PositionLimitOptions, {"symbols": {"rb2510.SHFE": -1}}),
        (PositionLimitOptions, {"symbols": {"rb2510": 20}}),
        (NotionalOptions, {"max_order": 0}),
        (NotionalOptions, {"max_account": float("inf")}),
        (TotalPositionOptions, {"max_product": -1}),
        (TotalPositionOptions, {"products": {"rb2510": 1.5}}),
        (TotalPositionOptions, {"accounts": {"rb2510": -1}}),
        (StrategyPositionOptions, {"max_position": 0.5}),
        (NetExposureOptions, {"account_lots": -1}),
        (NetExposureOptions, {"product_value": float("nan")}),
        (WorkingOrdersOptions, {"max_symbol": 0}),
        (DailyLossOptions, {"max_share": 1.01}),
        (DailyLossOptions, {"strategies": {"rb2510": 0}}),
        (DailyMessagesOptions, {"max_cancels": 0}),
        (DuplicateOrderOptions, {"within_s": 0}),
        (MessageRateOptions, {"max_messages": 1_000_001}),
        (SessionOpenOptions, {"when": "never"}),
        (StaleQuoteOptions, {"max_age_s": float("nan")}),
    ],
)
def test_value_out_of_range_is_refused(options: type, values: dict[str, object]) -> None:
    """Every bound of the documentation is held, and the message names the field or symbol."""
    (name, value), *_ = values.items()
    named = "rb2510" if isinstance(value, dict) else name
    with pytest.raises((ValueError, TypeError), match=named):
        options(**values)


@pytest.mark.parametrize("name", ["", " "])
def test_limit_without_a_name_is_refused(name: str) -> None:
    """It would never hold."""
    with pytest.raises(ValueError, match="needs the name"):
        TotalPositionOptions(products={name: 1})
