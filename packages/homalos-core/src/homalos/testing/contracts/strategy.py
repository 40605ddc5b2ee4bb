"""What every strategy must do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import Factory, frozen

from homalos.model import Instrument
from homalos.plugins.specs import StrategySpec
from homalos.testing.contracts.requirement import Requirement
from homalos.testing.records import INSTRUMENTS, SYMBOL

__all__ = ["STRATEGY", "StrategySubject"]


@frozen(kw_only=True)
class StrategySubject:
    """A strategy under test.

    Attributes:
        spec: What the plugin offers.
        options: Its parameters, as they would stand in the settings.
        symbols: What it trades.
        interval: Length of its bars.
        contracts: What it can look up, by symbol.
        price: Where the market stands at first, currency per unit.
    """

    spec: StrategySpec
    options: Mapping[str, Any] = Factory(dict)
    symbols: Sequence[str] = (SYMBOL,)
    interval: str = "1m"
    contracts: Mapping[str, Instrument] = INSTRUMENTS
    price: float = 100.0


STRATEGY: tuple[Requirement[StrategySubject], ...] = ()
