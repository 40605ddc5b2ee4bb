"""What every risk rule must do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import Factory, frozen

from homalos.model import OrderRequest
from homalos.plugins.specs import RiskRuleSpec
from homalos.testing.contracts.requirement import Requirement
from homalos.testing.desks import FakeRiskContext

__all__ = ["RISK_RULE", "RiskRuleSubject"]


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


RISK_RULE: tuple[Requirement[RiskRuleSubject], ...] = ()
