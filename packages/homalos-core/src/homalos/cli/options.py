"""What the commands have in common: their options, and where their words go."""

from __future__ import annotations

import contextlib
import functools
import json
import math
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click
from attrs import field, frozen

from homalos.cli.plugin_host import discover

if TYPE_CHECKING:
    from homalos.config import Settings
    from homalos.plugins.host import PluginHost

__all__ = [
    "CONFIG",
    "HOME",
    "PAIR",
    "PLUGIN",
    "SET",
    "Asked",
    "Duration",
    "Outcome",
    "Speed",
    "with_options",
]

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


class _Pair(click.ParamType[tuple[str, str]]):
    """`key=value`, both as written."""

    name = "key=value"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, str]:
        """Split at the first equals sign."""
        if isinstance(value, tuple):
            return value
        key, equals, text = value.partition("=")
        if not equals or not key.strip():
            self.fail(f"{value!r} is not of the form key=value", param, ctx)
        return key.strip(), text


class Duration(click.ParamType[float]):
    """A stretch of time, as `30s`, `5m`, `1h` or a number of seconds; above 0."""

    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """Return the seconds."""
        match = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)([smh]?)", str(value).strip())
        seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
        if seconds <= 0:
            self.fail(f"{value!r} is no stretch of time; write 30s, 5m or 1h", param, ctx)
        return seconds


class Speed(click.ParamType[float]):
    """Event seconds a wall second, above 0; `max` does not wait and is 0."""

    name = "speed"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """Return the speed as `FeedSettings.speed` has it."""
        if value == "max":
            return 0.0
        with contextlib.suppress(ValueError):
            speed = float(value)
            if speed > 0 and math.isfinite(speed):
                return speed
        self.fail(f"{value!r} is no speed; write a number above 0, or max", param, ctx)


PAIR = _Pair()
_FILE = click.Path(path_type=Path)
_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

CONFIG = click.option("--config", type=_FILE, metavar="FILE", help="The settings, a YAML file.")
HOME = click.option(
    "--home",
    type=_FILE,
    metavar="DIR",
    help="The folder for all state; else HOMALOS_HOME, else .homalos beside the settings.",
)
SET = click.option(
    "--set",
    "overrides",
    type=PAIR,
    multiple=True,
    metavar="KEY=VALUE",
    help="Change one setting, such as feed.speed=10; may be repeated.",
)
PLUGIN = click.option(
    "--plugin",
    "plugins",
    type=_FILE,
    multiple=True,
    metavar="FILE.py",
    help="Load a plugin from a file; may be repeated.",
)
_JSON = click.option(
    "--json", "as_json", is_flag=True, help="End with one JSON object; all else goes to stderr."
)


@frozen(kw_only=True)
class Asked:
    """What was asked for by the options that commands share."""

    config: Path | None = None
    home: Path | None = None
    overrides: tuple[tuple[str, str], ...] = ()
    plugins: tuple[Path, ...] = ()
    as_json: bool = False

    @functools.cached_property
    def host(self) -> PluginHost:
        ...
