"""What the doctor says of the risk rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from homalos.plugins.ports import DoctorContext
from homalos_risk import OrderSizeOptions
from homalos_risk.plugin import register_doctor_checks

ALL = ("order_size", "price_band", "position_limit", "funds", "order_rate")


@pytest.mark.parametrize(
    ("in_force", "level", "said"),
    [
        (ALL, "ok", [f"in force: {', '.join(ALL)}"]),
        (
            ALL[1:],
            "warning",
            ["the risk rule 'order_size' is not in force: switched off, or its options are wrong"],
        ),
        (
            (),
            "warning",
            ["no risk rule is in force: all are switched off, or the settings cannot be read"],
        ),
    ],
)
def test_a_rule_that_is_not_in_force_is_a_warning(
    in_force: tuple[str, ...], level: str, said: list[str]
) -> None:
    """Nobody should find out by an order."""
    (spec,) = register_doctor_checks()
    options = {f"risk rule {name}": OrderSizeOptions() for name in in_force}
    found = list(spec.check(DoctorContext(home=Path(), options=options, environment={}, now_ns=0)))
    assert [finding.what for finding in found] == said
    assert {finding.level for finding in found} == {level}
