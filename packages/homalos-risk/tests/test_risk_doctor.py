"""What the doctor says of the risk rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from homalos.plugins.ports import DoctorContext, Finding
from homalos_risk import NotionalOptions
from homalos_risk.built_in import RULES
from homalos_risk.custom import CUSTOM, CustomOptions, CustomRule
from homalos_risk.plugin import register_doctor_checks

IDLE = (
    "session_open, stale_quote, notional, total_position, strategy_position, net_exposure, "
    "working_orders, margin_ratio, concentration, daily_loss, drawdown, daily_messages, "
    "duplicate_order, message_rate"
)
IN_FORCE = "order_size, tick_grid, price_band, self_trade, position_limit, funds, order_rate"


def findings(options: dict[str, Any]) -> list[Finding]:
    """Ask the check of this package, with the options of the rules that are on."""
    (spec,) = register_doctor_checks()
    given = {f"risk rule {name}": each for name, each in options.items()}
    return list(spec.check(DoctorContext(home=Path(), options=given, environment={}, now_ns=0)))


def defaults() -> dict[str, Any]:
    """Make the options of every rule as they are without settings."""
    return {spec.name: spec.config() for spec in (*RULES, CUSTOM)}


def test_what_is_in_force_and_what_waits_for_a_limit_is_listed() -> None:
    """Nobody should believe in a limit that was never set."""
    found = findings(defaults())
    assert [(each.level, each.what) for each in found] == [
        ("ok", f"in force: {IN_FORCE}"),
        ("ok", f"without a limit so far: {IDLE}"),
    ]


def test_rule_with_a_limit_is_in_force() -> None:
    """Setting one is all it takes."""
    options = defaults() | {"notional": NotionalOptions(max_order=1e6)}
    in_force, idle = findings(options)
    assert "self_trade, notional, position_limit" in in_force.what
    assert "notional" not in idle.what


def test_rules_of_the_users_own_are_listed_by_name() -> None:
    """One by one, as a verdict names them."""
    rules = {name: CustomRule(refuse_if="order.volume > 5") for name in ("big_order", "late")}
    in_force, _ = findings(defaults() | {"custom": CustomOptions(rules=rules)})
    assert in_force.what == f"in force: {IN_FORCE}, custom.big_order, custom.late"


def test_a_rule_that_is_not_in_force_is_a_warning() -> None:
    """Nobody should find out by an order."""
    options = defaults()
    del options["order_size"]
    warning, *_ = findings(options)
    assert (warning.level, warning.what) == (
        "warning",
        "the risk rule 'order_size' is not in force: switched off, or its options are wrong",
    )


def test_rules_of_the_users_own_that_are_switched_off_are_a_warning() -> None:
    """All at once, by `custom: false`."""
    options = defaults()
    del options["custom"]
    warning, *_ = findings(options)
    assert warning.what.startswith("the risk rule 'custom' is not in force")


def test_no_rule_in_force_is_one_warning() -> None:
    """Whether all are off or the settings cannot be read, one sentence says it."""
    (warning,) = findings({})
    assert (warning.level, warning.what) == (
        "warning",
        "no risk rule is in force: all are switched off, or the settings cannot be read",
    )
