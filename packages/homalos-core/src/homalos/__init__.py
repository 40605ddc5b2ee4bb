"""Homalos: an event-driven trading framework, Chinese futures first.

The public names load on first use, so that `import homalos.model` brings no engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homalos.config import Settings, load_settings
    from homalos.engine.engine import Engine
    from homalos.engine.summary import RunSummary
    from homalos.engine.tapes import TapeOptions
    from homalos.strategy import Strategy

__all__ = ["Engine", "RunSummary", "Settings", "Strategy", "TapeOptions", "load_settings"]

__version__ = "0.1.0"

_HOMES = {
    "Engine": "homalos.engine.engine",
    "RunSummary": "homalos.engine.summary",
    "Settings": "homalos.config",
    "Strategy": "homalos.strategy",
    "TapeOptions": "homalos.engine.tapes",
    "load_settings": "homalos.config",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        msg = f"module 'homalos' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
