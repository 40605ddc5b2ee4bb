"""What every market must know, and how it must answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import Factory, frozen

from homalos.plugins.specs import MarketSpec
from homalos.testing.contracts.requirement import Requirement

__all__ = ["MARKET", "MarketSubject"]


@frozen(kw_only=True)
class MarketSubject:
    """A market under test, and a few facts about it from outside.

    Attributes:
        spec: What the plugin offers.
        folder: An empty folder of the test's own; the market's home.
        symbols: Some contracts of it, at least one.
        trading_day: A day on which all of them trade, yyyymmdd.
        options: As they would stand in the settings.
        spellings: Further ways to write a symbol, each with the symbol that it means.
        unknown: A symbol that no market knows.
        outside: A day that the calendar does not reach, yyyymmdd; `None` where it has no end.
    """

    spec: MarketSpec
    folder: Path
    symbols: Sequence[str]
    trading_day: int
    options: Mapping[str, Any] = Factory(dict)
    spellings: Mapping[str, str] = Factory(dict)
    unknown: str = "qqq9912.NOWHERE"
    outside: int | None = None


MARKET: tuple[Requirement[MarketSubject], ...] = ()
