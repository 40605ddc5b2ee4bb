"""What the package offers meets what the engine relies on."""

from __future__ import annotations

from pathlib import Path

import pytest

from homalos.testing.contracts import GATEWAY, GatewaySubject, Requirement
from homalos_sim.plugin import register_fill_models, register_gateways


@pytest.mark.parametrize("requirement", GATEWAY, ids=str)
def test_the_venue_meets(requirement: Requirement[GatewaySubject], tmp_path: Path) -> None:
    """The engine relies on it."""
    (spec,) = register_gateways()
    requirement.check(
        GatewaySubject(spec=spec, fill_models=register_fill_models(), folder=tmp_path)
    )
