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
from attrs import Factory, frozen

from homalos.cli.config_file import found_settings
from homalos.cli.plugin_host import discover
from homalos.plugins.host import PluginHost

if TYPE_CHECKING:
    from homalos.config import Settings, SettingsSource

__all__ = [
    "CONFIG",
    "ENV",
    "HOME",
    "PLUGIN",
    "SET",
    "Asked",
    "Outcome",
    "as_duration",
    "as_pairs",
    "as_speed",
    "with_options",
]

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([smh]?)")


@frozen(kw_only=True)
class Outcome:
    """What a command came to.

    Attributes:
        data: What `--json` prints.
        show: Writes it for a person, to standard output.
        code: The exit code, when the command could look, and did not like what it saw.
    """

    data: Mapping[str, Any]
    show: Callable[[], None]
    code: int = 0


@frozen(kw_only=True)
class Asked:
    """What the options say that commands share.

    Attributes:
        config: The settings file.
        env: Name of the environment whose settings file is laid over it.
        home: The folder of the state.
        overrides: Single settings, by their dotted names.
        plugins: Plugins in files.
        as_json: Whether a program reads along, not a person.
    """

    config: Path | None = None
    env: str = ""
    home: Path | None = None
    overrides: Mapping[str, str] = Factory(dict)
    plugins: tuple[Path, ...] = ()
    as_json: bool = False

    def host(self) -> PluginHost:
        """Return the plugins: those the commands came from, unless files were named."""
        context: Any = click.get_current_context()
        known = context.find_root().obj
        if isinstance(known, PluginHost) and not self.plugins:
            return known
        return discover(self.plugins)

    def source(
        self, config: Path | None = None, base: Mapping[str, object] | None = None
    ) -> SettingsSource:
        """Return where the settings come from: files, the environment, the command line.

        Args:
            config: The file.
            base: What the command itself sets, by dotted names; `--set` goes over it.
        """
        from homalos.config import SettingsSource, home_folder

        # A command that reads no settings unless they are named has the working folder's home
        # all the same: overrides of the market, rolls and statements are there.
        beside = found_settings(config)
        return SettingsSource(
            path=config,
            env=self.env,
            environment=dict(os.environ),
            overrides={**(base or {}), **self.overrides},
            home=home_folder(self.home, os.environ, beside, Path.cwd()),
        )

    def settings(
        self, config: Path | None = None, base: Mapping[str, object] | None = None
    ) -> Settings:
        """Return the settings as they are now; the arguments are those of `source`.

        Raises:
            ConfigError: With every problem there is.
        """
        return self.source(config, base).read().settings


# -- reading ------------------------------------------------------------------


def as_pairs(
    _context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, str]:
    """Read `key=value` texts; of the same key the last counts."""
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            msg = f"{text!r} is not of the form KEY=VALUE"
            raise click.BadParameter(msg)
        found[key.strip()] = value
    return found


def as_duration(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> float | None:
    """Read `30s`, `5m`, `1h` or a number of seconds; return the seconds, above 0."""
    if text is None:
        return None
    match = _DURATION.fullmatch(text.strip())
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
    if not 0 < seconds < math.inf:
        msg = f"{text!r} is no stretch of time; write 30s, 5m or 1h"
        raise click.BadParameter(msg)
    return seconds


def as_speed(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> float | None:
    """Read event seconds a wall second, above 0; `max`, which does not wait, is 0."""
    if text is None or text == "max":
        return None if text is None else 0.0
    with contextlib.suppress(ValueError):
        speed = float(text)
        if 0 < speed < math.inf:
            return speed
    msg = f"{text!r} is no speed; write a number above 0, or max"
    raise click.BadParameter(msg)


# -- options ------------------------------------------------------------------

_FILE = click.Path(path_type=Path)

CONFIG = click.option("--config", type=_FILE, metavar="FILE", help="The settings, a YAML file.")
ENV = click.option(
    "--env",
    default="",
    metavar="NAME",
    help="Lay system.NAME.yaml over the settings file, which is beside it; else HOMALOS_ENV.",
)
HOME = click.option(
    "--home",
    type=_FILE,
    metavar="DIR",
    help="Folder of all state; else HOMALOS_HOME, else .homalos beside the settings file.",
)
SET = click.option(
    "--set",
    "overrides",
    multiple=True,
    callback=as_pairs,
    metavar="KEY=VALUE",
    help="Change one setting, such as feed.speed=10. Repeatable.",
)
PLUGIN = click.option(
    "--plugin",
    "plugins",
    type=_FILE,
    multiple=True,
    metavar="FILE.py",
    help="Load a plugin from a file. Repeatable.",
)
_JSON = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="End standard output with one JSON object; everything else goes to standard error.",
)
_SHARED = ("config", "env", "home", "overrides", "plugins", "as_json")


def with_options(
    *options: Callable[[Any], Any],
) -> Callable[[Callable[..., Outcome]], Callable[..., None]]:
    """Give a command some of the shared options, always `--json`, and its outcome a way out.

    The command is called with an `Asked` and its own parameters.
    """

    def decorate(command: Callable[..., Outcome]) -> Callable[..., None]:
        @functools.wraps(command)
        def called(**given: Any) -> None:
            asked = Asked(**{name: given.pop(name) for name in _SHARED if name in given})
            # A strategy or a plugin may print; a program reads only the last line.
            aside = contextlib.redirect_stdout(sys.stderr)
            with aside if asked.as_json else contextlib.nullcontext():
                outcome = command(asked, **given)
            _write(outcome, as_json=asked.as_json)
            if outcome.code:
                context: Any = click.get_current_context()
                context.exit(outcome.code)

        for option in reversed((*options, _JSON)):
            option(called)
        return called

    return decorate


def _write(outcome: Outcome, *, as_json: bool) -> None:
    try:
        if as_json:
            sys.stdout.write(f"{json.dumps(outcome.data, allow_nan=False)}\n")
        else:
            outcome.show()
        sys.stdout.flush()
    except BrokenPipeError:
        # Who reads has seen enough. What is still buffered must not be told of at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
