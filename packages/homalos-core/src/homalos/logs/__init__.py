"""Where log lines go: the console, a file a day, never a secret; the one room that knows loguru.

A line costs 20 to 100 µs, so nothing on the engine thread logs: what is worth a line
goes out as an event, and an observer writes the line on a thread of its own.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from homalos.logs.blotting import blotter

if TYPE_CHECKING:
    from homalos.logs.front import Log, LogLevels, logging_to

__all__ = ["Log", "LogLevels", "blotter", "logging_to"]

_LATER = frozenset({"Log", "LogLevels", "logging_to"})  # loguru takes 0.1 s to import


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        msg = f"module 'homalos.logs' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module("homalos.logs.front"), name)
