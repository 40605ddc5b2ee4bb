"""The plugins of a command line, as its environment and its options say."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from homalos.errors import ConfigError, did_you_mean
from homalos.plugins.host import PluginHost

__all__ = ["discover", "limits"]


def discover(files: Sequence[Path] = ()) -> PluginHost:
    """Load the installed plugins and those in files.

    `HOMALOS_PLUGINS` limits the installed ones to a comma-separated list of names,
    `HOMALOS_TRACE_HOOKS` (anything but empty or 0) tells every hook call on standard
    error.

    Raises:
        ConfigError: `HOMALOS_PLUGINS` names one that is not installed.
    """
    only = limits(os.environ) or None
    traced = os.environ.get("HOMALOS_TRACE_HOOKS", "") not in {"", "0"}
    # What a plugin prints while it is imported must not mix with a command's output.
    with contextlib.redirect_stdout(sys.stderr):
        host = PluginHost.discover(files=files, only=only, trace=_trace if traced else None)
    missing = sorted((only or frozenset()) - {info.name for info in host.infos})
    if missing:
        raise ConfigError([_not_installed(name) for name in missing])
    return host


def limits(environment: Mapping[str, str]) -> frozenset[str]:
    """Return the names of plugins that `HOMALOS_PLUGINS` asks for; none for every one."""
    named = (name.strip() for name in environment.get("HOMALOS_PLUGINS", "").split(","))
    return frozenset(filter(None, named))


def _not_installed(name: str) -> str:
    from importlib.metadata import entry_points

    from homalos.plugins.hookspecs import PROJECT

    installed = sorted({entry.name for entry in entry_points(group=PROJECT)})
    hint = did_you_mean(name, installed)
    return (
        f"HOMALOS_PLUGINS: no plugin {name!r} is installed; there are {', '.join(installed)}{hint}"
    )


def _trace(line: str) -> None:
    sys.stderr.write(f"hook {line}\n")
