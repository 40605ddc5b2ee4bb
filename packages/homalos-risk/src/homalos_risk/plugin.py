"""What this package answers the core with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homalos.plugins import CommandSpec, DoctorCheckSpec, RiskRuleSpec, hookimpl
from homalos_risk.custom import CUSTOM
from homalos_risk.funds import bind_funds
from homalos_risk.order_rate import OrderRateOptions, bind_order_rate
from homalos_risk.order_size import OrderSizeOptions, bind_order_size
from homalos_risk.position_limit import PositionLimitOptions, bind_position_limit
from homalos_risk.price_band import PriceBandOptions, bind_price_band

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homalos.plugins.ports import DoctorContext, Finding

__all__ = ["register_commands", "register_doctor_checks", "register_risk_rules"]


@hookimpl
def register_risk_rules() -> tuple[RiskRuleSpec, ...]:
    """Offer the rules; `order_rate` is asked last, because it counts."""
    return (
        RiskRuleSpec(
            name="order_size",
            factory=bind_order_size,
            config=OrderSizeOptions,
            order=10,
            doc="Lots of one order, by the house's bound and the exchange's.",
        ),
        RiskRuleSpec(
            name="price_band",
            factory=bind_price_band,
            config=PriceBandOptions,
            order=20,
            doc="A limit price on the grid, near the last price, inside the day's limits.",
        ),
        RiskRuleSpec(
            name="position_limit",
            factory=bind_position_limit,
            config=PositionLimitOptions,
            order=30,
            doc="Lots of one side of a symbol when everything working fills.",
        ),
        RiskRuleSpec(
            name="funds",
            factory=bind_funds,
            order=40,
            doc="Margin of what the order opens, from the funds available.",
        ),
        RiskRuleSpec(
            name="order_rate",
            factory=bind_order_rate,
            config=OrderRateOptions,
            order=90,
            doc="Orders that may pass in a stretch of time.",
        ),
        CUSTOM,
    )


def _rules(context: DoctorContext) -> Iterable[Finding]:
    from homalos_risk.doctor import judge_rules

    return judge_rules([spec.name for spec in register_risk_rules()], context)


@hookimpl
def register_doctor_checks() -> tuple[DoctorCheckSpec, ...]:
    """Offer a look at which rules are in force."""
    return (DoctorCheckSpec(name="rules", check=_rules, doc="Which risk rules are in force."),)


@hookimpl
def register_commands() -> tuple[CommandSpec, ...]:
    """Offer the list of what a rule of the user's may look at."""
    return (
        CommandSpec(
            name="risk facts",
            target="homalos_risk.facts_command:list_facts",
            help="List what a rule in the settings may look at.",
        ),
    )
