"""The bundled strategies meet what the engine relies on."""

from __future__ import annotations

import pytest

from homalos.plugins import StrategySpec
from homalos.testing.contracts import STRATEGY, Requirement, StrategySubject
from homalos_strategies.plugin import register_strategies

SPECS = register_strategies()
# Short averages, so that each trades several times in the course of the test.
AVERAGES = {"fast": 3, "slow": 8}
OPTIONS: dict[str, dict[str, int]] = {"market_maker": {"volume": 2}}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
@pytest.mark.parametrize("requirement", STRATEGY, ids=str)
def test_the_strategy_meets(requirement: Requirement[StrategySubject], spec: StrategySpec) -> None:
    """The engine relies on it."""
    requirement.check(StrategySubject(spec=spec, options=OPTIONS.get(spec.name, AVERAGES)))
