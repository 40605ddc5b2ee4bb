"""What every venue must do, real or simulated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import Factory, frozen

from homalos.model import Instrument
from homalos.plugins.specs import FillModelSpec, GatewaySpec
from homalos.testing.contracts.requirement import Requirement
from homalos.testing.records import INSTRUMENTS, SYMBOL

__all__ = ["GATEWAY", "GatewaySubject"]


@frozen(kw_only=True)
class GatewaySubject:
    """A venue under test, and how to make things happen there.

    Attributes:
        spec: What the plugin offers.
        folder: An empty folder of the test's own.
        options: As they would stand in the settings.
        symbol: What is traded in the test; one of `contracts`.
        contracts: What the venue can look up, by symbol.
        price: A price on the grid at which the venue can be made to fill, currency per unit.
        fill_models: What the venue may choose its fill model from.
        quote: `(symbol, bid, ask, lots)`: move the market at the venue. May be left out for
            a venue inside the engine that looks at the market by a `MarketTap`.
        settle: Wait until everything that the venue has to say has been posted. Left out, a
            venue outside the engine is given `quiet_s` seconds without a word.
        quiet_s: Seconds of silence after which a venue without `settle` counts as settled.
    """

    spec: GatewaySpec
    folder: Path
    options: Mapping[str, Any] = Factory(dict)
    symbol: str = SYMBOL
    contracts: Mapping[str, Instrument] = INSTRUMENTS
    price: float = 100.0
    fill_models: Sequence[FillModelSpec] = ()
    quote: Callable[[str, float, float, int], None] | None = None
    settle: Callable[[], None] | None = None
    quiet_s: float = 0.3


GATEWAY: tuple[Requirement[GatewaySubject], ...] = ()
