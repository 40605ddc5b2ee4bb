"""The kit for authors of plugins: fakes of what the engine gives and takes, and makers of records.

The names load on first use. What a plugin's part must do stands in `homalos.testing.contracts`.
The pytest fixtures stand apart, in `homalos.testing.fixtures`, so that nothing here needs pytest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homalos.testing.desks import FakeDesk
    from homalos.testing.engines import engine, plugin
    from homalos.testing.fakes import FakeClock, FakeFeed, FakeGateway, FakeMarket, FakeStore
    from homalos.testing.houses import (
        FakeActivity,
        FakeFunds,
        FakeHolding,
        FakeRiskContext,
        FakeWorking,
    )
    from homalos.testing.records import (
        DAY,
        INSTRUMENTS,
        OTHER,
        START_NS,
        SYMBOL,
        at,
        bar,
        order_request,
        same,
        tick,
    )

__all__ = [
    "DAY",
    "INSTRUMENTS",
    "OTHER",
    "START_NS",
    "SYMBOL",
    "FakeActivity",
    "FakeClock",
    "FakeDesk",
    "FakeFeed",
    "FakeFunds",
    "FakeGateway",
    "FakeHolding",
    "FakeMarket",
    "FakeRiskContext",
    "FakeStore",
    "FakeWorking",
    "at",
    "bar",
    "engine",
    "order_request",
    "plugin",
    "same",
    "tick",
]

_MODULES = {
    "desks": ("FakeDesk",),
    "engines": ("engine", "plugin"),
    "fakes": ("FakeClock", "FakeFeed", "FakeGateway", "FakeMarket", "FakeStore"),
    "houses": ("FakeActivity", "FakeFunds", "FakeHolding", "FakeRiskContext", "FakeWorking"),
    "records": (
        "DAY",
        "INSTRUMENTS",
        "OTHER",
        "START_NS",
        "SYMBOL",
        "at",
        "bar",
        "order_request",
        "same",
        "tick",
    ),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        msg = f"module 'homalos.testing' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"homalos.testing.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
