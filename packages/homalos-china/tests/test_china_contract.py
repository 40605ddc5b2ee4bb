"""The Chinese market meets what the engine relies on."""

from __future__ import annotations

from pathlib import Path

import pytest

from homalos.testing.contracts import MARKET, MarketSubject, Requirement
from homalos_china.plugin import register_markets


@pytest.mark.parametrize("requirement", MARKET, ids=str)
def test_the_market_meets(requirement: Requirement[MarketSubject], tmp_path: Path) -> None:
    """The engine relies on it, here with a night that follows a Friday."""
    (spec,) = register_markets()
    requirement.check(
        MarketSubject(
            spec=spec,
            folder=tmp_path,
            symbols=("rb2510.SHFE", "au2512.SHFE", "IF2509.CFFEX", "m2509.DCE", "TA509.CZCE"),
            trading_day=20250804,
            spellings={"RB2510": "rb2510.SHFE", "TA2509": "TA509.CZCE", "if2509": "IF2509.CFFEX"},
            outside=20991231,
        )
    )
