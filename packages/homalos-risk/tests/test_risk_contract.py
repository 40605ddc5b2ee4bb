"""The five rules meet what the engine relies on."""

from __future__ import annotations

from typing import Any

import pytest

from homalos.testing import SYMBOL, FakeFunds, FakeHolding, FakeRiskContext, order_request, tick
from homalos.testing.contracts import RISK_RULE, Requirement, RiskRuleSubject
from homalos_risk.plugin import register_risk_rules

SPECS = {spec.name: spec for spec in register_risk_rules()}


def _account() -> FakeRiskContext:
    return FakeRiskContext(
        held={("main", SYMBOL): FakeHolding(long=3)},
        money={"main": FakeFunds(available=1000.0)},
        prices={SYMBOL: 100.0},
        ticks={SYMBOL: tick()},
    )


def _subject(name: str) -> RiskRuleSubject:
    one = order_request()
    given: dict[str, Any] = {"spec": SPECS[name], "passed": one, "context": _account}
    subjects: dict[str, dict[str, Any]] = {
        "order_size": {
            "refused": order_request(volume=11),
            "options": {"max_lots": 10},
            "wrong_options": {"max_lots": 0},
        },
        "price_band": {
            "refused": order_request(price=106.0),
            "options": {"max_deviation": 0.05},
            "wrong_options": {"max_deviation": 0},
        },
        "position_limit": {
            "refused": order_request(volume=2),
            "options": {"max_position": 4},
            "refuses_reducing": False,
            "wrong_options": {"symbols": {"aa2510": 3}},
        },
        # One lot at 100 with a multiplier of 10 and a margin of 10 % takes 100.
        "funds": {"refused": order_request(volume=11), "refuses_reducing": False},
        "order_rate": {
            "refused": one,
            "options": {"max_orders": 3, "per_seconds": 60},
            "before": 3,
            "wrong_options": {"per_seconds": 0},
        },
    }
    return RiskRuleSubject(**given | subjects[name])


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("requirement", RISK_RULE, ids=str)
def test_the_rule_meets(requirement: Requirement[RiskRuleSubject], name: str) -> None:
    """The engine relies on it."""
    requirement.check(_subject(name))
