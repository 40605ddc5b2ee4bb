"""The settings: YAML files, the environment and the command line into frozen classes.

The classes come at once; what reads into them, and the libraries that takes, on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from homalos.config.settings import (
    AccountSettings,
    BarSettings,
    BusSettings,
    FeedSettings,
    GatewaySettings,
    InboxSettings,
    JournalSettings,
    LogSettings,
    RestartSettings,
    Settings,
    StoreSettings,
    StrategySettings,
    WatchSettings,
    check,
    effective_name,
)
from homalos.config.trading import ControlSettings, OrderSettings, RoutingSettings

if TYPE_CHECKING:
    from homalos.config.changes import Change, diff
    from homalos.config.layers import home_folder
    from homalos.config.source import Loaded, SettingsSource, load_settings
    from homalos.config.structuring import structure
    from homalos.config.watching import Watcher

__all__ = [
    "AccountSettings",
    "BarSettings",
    "BusSettings",
    "Change",
    "ControlSettings",
    "FeedSettings",
    "GatewaySettings",
    "InboxSettings",
    "JournalSettings",
    "Loaded",
    "LogSettings",
    "OrderSettings",
    "RestartSettings",
    "RoutingSettings",
    "Settings",
    "SettingsSource",
    "StoreSettings",
    "StrategySettings",
    "WatchSettings",
    "Watcher",
    "check",
    "diff",
    "effective_name",
    "home_folder",
    "load_settings",
    "structure",
]

_HOMES = {
    "Change": "homalos.config.changes",
    "Loaded": "homalos.config.source",
    "SettingsSource": "homalos.config.source",
    "Watcher": "homalos.config.watching",
    "diff": "homalos.config.changes",
    "home_folder": "homalos.config.layers",
    "load_settings": "homalos.config.source",
    "structure": "homalos.config.structuring",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        msg = f"module 'homalos.config' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(home), name)
