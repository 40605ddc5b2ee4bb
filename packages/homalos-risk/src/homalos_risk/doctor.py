"""What `homalos doctor` looks at: whether every order passes the rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from homalos.plugins.ports import DoctorContext, Finding
from homalos_risk.bounds import holds
from homalos_risk.custom import CustomOptions

if TYPE_CHECKING:
    from homalos.plugins import RiskRuleSpec

__all__ = ["judge_rules"]


def judge_rules(rules: Sequence[RiskRuleSpec], context: DoctorContext) -> Iterator[Finding]:
    """Say which rules are in force, and which wait for a limit to be set.

    Args:
        rules: The rules that there are.
        context: Has the options of those that are not switched off.
    """
    missing: list[str] = []
    in_force: list[str] = []
    idle: list[str] = []
    for rule in rules:
        options = context.options.get(f"risk rule {rule.name}")
        if options is None:
            missing.append(rule.name)
        elif isinstance(options, CustomOptions):
            in_force += [f"{rule.name}.{name}" for name in options.rules]
        else:
            (in_force if holds(options) else idle).append(rule.name)
    if not in_force:
        what = "no risk rule is in force: all are switched off, or the settings cannot be read"
        remedy = "take `false` out of `risk:` before real money is at stake"
        yield Finding(level="warning", what=what, remedy=remedy)
        return
    for name in missing:
        what = f"the risk rule {name!r} is not in force: switched off, or its options are wrong"
        remedy = f"take `{name}: false` out of `risk:`, unless it is meant"
        yield Finding(level="warning", what=what, remedy=remedy)
    yield Finding(level="ok", what=f"in force: {', '.join(in_force)}")
    if idle:
        yield Finding(level="ok", what=f"without a limit so far: {', '.join(idle)}")
