"""The Chinese futures market as dated data; `homalos_china.plugin` offers it to the core."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homalos_china.market import ChinaMarket as ChinaMarket
    from homalos_china.plugin import ChinaOptions as ChinaOptions

__all__ = ["ChinaMarket", "ChinaOptions"]

_HOMES = {"ChinaMarket": "homalos_china.market", "ChinaOptions": "homalos_china.plugin"}


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
