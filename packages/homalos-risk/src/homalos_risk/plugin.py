"""What this package answers the core with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homalos.plugins import CommandSpec, DoctorCheckSpec, RiskRuleSpec, hookimpl
from homalos_risk.built_in import RULES
from homalos_risk.custom import CUSTOM, account_problems

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homalos.config import Settings
    from homalos.plugins.ports import DoctorContext, Finding

__all__ = [
    "check_settings",
    "register_commands",
    "register_doctor_checks",
    "register_risk_rules",
]


@hookimpl
def register_risk_rules() -> tuple[RiskRuleSpec, ...]:
    """Offer the built-in rules, and the user's own."""
    return (*RULES, CUSTOM)


@hookimpl
def check_settings(settings: Settings) -> tuple[str, ...]:
    """Find rules of the user's that are of an account that there is not."""
    return tuple(account_problems(settings.risk.get("custom"), settings.accounts))


def _rules(context: DoctorContext) -> Iterable[Finding]:
    from homalos_risk.doctor import judge_rules

    return judge_rules((*RULES, CUSTOM), context)


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
