"""What every fill model must do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from homalos.model import Instrument
from homalos.plugins.specs import FillModelSpec
from homalos.testing.contracts.requirement import Requirement
from homalos.testing.records import INSTRUMENTS, SYMBOL

__all__ = ["FILL_MODEL", "FillModelSubject"]


@frozen(kw_only=True)
class FillModelSubject:
    """A fill model under test.

    Attributes:
        spec: What the plugin offers.
        options: As they would stand in the settings.
        instrument: What is traded.
        price: A price on its grid, currency per unit.
    """

    spec: FillModelSpec
    options: Mapping[str, Any] = Factory(dict)
    instrument: Instrument = INSTRUMENTS[SYMBOL]
    price: float = 100.0


FILL_MODEL: tuple[Requirement[FillModelSubject], ...] = ()
