"""What the package offers to the core, and how its options are read."""

from __future__ import annotations

import pluggy
import pytest
from attrs import asdict
from cattrs import Converter

from homalos.plugins import RiskRuleSpec
from homalos.plugins.hookspecs import PROJECT, Hooks
from homalos_risk import (
    OrderRateOptions,
    OrderSizeOptions,
    PositionLimitOptions,
    PriceBandOptions,
    plugin,
)


def offered() -> tuple[RiskRuleSpec, ...]:
    """Ask the plugin as the core does."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    manager.register(plugin, "risk")
    manager.check_pending()
    (specs,) = manager.hook.register_risk_rules()
    assert isinstance(specs, tuple)
    return specs


def test_five_rules_are_offered_in_the_order_they_are_asked() -> None:
    """The names are what settings and rejections say; each rule tells what it does."""
    specs = offered()
    assert [spec.name for spec in sorted(specs, key=lambda spec: spec.order)] == [
        "order_size",
        "price_band",
        "position_limit",
        "funds",
        "order_rate",
    ]
    assert all(spec.doc for spec in specs)


def test_options_have_the_documented_defaults() -> None:
    """A rule without a section in the settings runs with these."""
    assert {spec.name: asdict(spec.config()) for spec in offered()} == {
        "order_size": {"max_lots": 1000},
        "price_band": {"max_deviation": 0.1},
        "position_limit": {"max_position": 500, "symbols": {}},
        "funds": {},
        "order_rate": {"max_orders": 100, "per_seconds": 1.0},
    }


def test_section_of_the_settings_is_structured_into_the_options() -> None:
    """Annotations resolve at run time, the mapping of limits by symbol too."""
    section = {"max_position": 100, "symbols": {"rb2510.SHFE": 20}}
    found = Converter(forbid_extra_keys=True).structure(section, PositionLimitOptions)
    assert found == PositionLimitOptions(max_position=100, symbols={"rb2510.SHFE": 20})


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
    ],
)
def test_value_out_of_range_is_refused(options: type, values: dict[str, object]) -> None:
    """Every bound of the documentation is held, and the message names the field or symbol."""
    name = "rb2510" if "symbols" in values else next(iter(values))
    with pytest.raises(ValueError, match=name):
        options(**values)
