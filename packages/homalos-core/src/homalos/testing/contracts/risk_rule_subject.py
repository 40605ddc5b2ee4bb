"""A risk rule under test, and how it is made as the engine would make it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from attrs import Factory, frozen

from homalos.model import OrderRequest
from homalos.plugins.ports import Refusal, RiskCheck, RiskRule
from homalos.plugins.specs import RiskRuleSpec
from homalos.testing.contracts.requirement import expect, options_of
from homalos.testing.houses import FakeRiskContext

__all__ = ["RiskRuleSubject", "bound", "figures", "made", "verdicts"]


@frozen(kw_only=True)
class RiskRuleSubject:
    """A risk rule under test, with an order that it refuses and one that it lets pass.

    Attributes:
        spec: What the plugin offers.
        refused: An order that the rule refuses, given `context`.
        passed: An order that it lets pass.
        context: Makes what the rule sees: holdings, funds, prices.
        options: As they would stand in the settings.
        before: How often `passed` is asked before `refused` is, for a rule that counts.
        refuses_reducing: False for a rule of exposure, which never refuses an order that
            can only make a position smaller.
        wrong_options: Options that the rule's class must refuse; `None` where it has none.
    """

    spec: RiskRuleSpec
    refused: OrderRequest
    passed: OrderRequest
    context: Callable[[], FakeRiskContext] = FakeRiskContext
    options: Mapping[str, Any] = Factory(dict)
    before: int = 0
    refuses_reducing: bool = True
    wrong_options: Mapping[str, Any] | None = None


def bound(subject: RiskRuleSubject, context: FakeRiskContext) -> RiskCheck:
    """Return the check alone."""
    return made(subject, context).check


def made(subject: RiskRuleSubject, context: FakeRiskContext) -> RiskRule:
    """Return all of the rule, whatever its factory makes of it."""
    found: object = subject.spec.factory(context, options_of(subject.spec, subject.options))
    if isinstance(found, Mapping):
        expect(len(found) == 1, f"the options make {len(found)} rules; a subject is one of them")
        found = next(iter(found.values()))
    expect(found is not None, "the options leave nothing to check; a subject's must")
    if isinstance(found, RiskRule):
        return found
    expect(callable(found), f"the factory made {found!r}; expected a check or a RiskRule")
    return RiskRule(check=cast("RiskCheck", found))


def verdicts(subject: RiskRuleSubject, check: RiskCheck) -> list[Refusal | None]:
    """Return what a rule says of a small day: what passes until one is refused, and one more."""
    asked = [subject.passed] * (subject.before + 1) + [subject.refused, subject.passed]
    return [check(request) for request in asked]


def figures(verdict: object) -> tuple[object, ...]:
    """Return what two verdicts are compared by."""
    if isinstance(verdict, Refusal):
        return verdict.message, verdict.input, verdict.limit
    return (verdict,)
