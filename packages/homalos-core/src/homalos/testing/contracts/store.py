"""What every store must do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import Factory, frozen

from homalos.plugins.ports import Store
from homalos.plugins.specs import StoreSpec
from homalos.testing.contracts.requirement import Requirement

__all__ = ["STORE", "StoreSubject"]


@frozen(kw_only=True)
class StoreSubject:
    """A store under test.

    Attributes:
        spec: What the plugin offers.
        folder: An empty folder of the test's own; the store's home.
        options: As they would stand in the settings.
        spoil: Make every further write of a store fail, as a full disk does; where it is
            left out, only a home that is no folder is tried.
    """

    spec: StoreSpec
    folder: Path
    options: Mapping[str, Any] = Factory(dict)
    spoil: Callable[[Store], None] | None = None


STORE: tuple[Requirement[StoreSubject], ...] = ()
