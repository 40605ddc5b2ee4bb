"""`homalos config show`, `check` and `diff`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import rich_click as click

from homalos.cli.config_file import settings_file
from homalos.cli.options import CONFIG, ENV, HOME, PLUGIN, SET, Asked, Outcome, with_options
from homalos.errors import ConfigError, did_you_mean
from homalos.plugins.catalog import Catalog

if TYPE_CHECKING:
    from homalos.config import Loaded

__all__ = ["check_settings", "diff_settings", "show_settings"]

_DEFAULT = "default"
_WIDEST = 60  # columns before the origins
_OTHER = click.Path(path_type=Path)


@click.command("show")
@click.argument("key", default="", metavar="[KEY]")
@with_options(CONFIG, ENV, HOME, SET, PLUGIN)
def show_settings(asked: Asked, *, key: str) -> Outcome:
    """Show every setting, or those under KEY: the value, and who gave it.

    A strategy goes by its name: strategies.ma1.params.fast. Options of plugins are
    shown with their defaults. Secrets are not shown.
    """
    from homalos.cli.config_parts import effective
    from homalos.config.changes import HIDDEN, as_text, leaves

    loaded = asked.source(settings_file(asked.config)).read()
    rows = [
        (path, HIDDEN if path in loaded.hidden else as_text(path, value), origin)
        for path, value in leaves(effective(loaded.settings, Catalog.gather(asked.host())))
        for origin in (_origin(path, loaded, asked),)
    ]
    chosen = [row for row in rows if not key or row[0] == key or row[0].startswith(f"{key}.")]
    if not chosen:
        raise ConfigError([_no_key(key, [path for path, _, _ in rows])])

    def show() -> None:
        lines = [f"{path}: {value}" for path, value, _ in chosen]
        width = min(max(map(len, lines)), _WIDEST)
        for line, (_, _, origin) in zip(lines, chosen, strict=True):
            click.echo(f"{line:{width}}  # {origin}")

    names = ("path", "value", "origin")
    return Outcome(
        data={"settings": [dict(zip(names, row, strict=True)) for row in chosen]}, show=show
    )


@click.command("check")
@with_options(CONFIG, ENV, HOME, SET, PLUGIN)
def check_settings(asked: Asked) -> Outcome:
    """Read the settings and look at every part they name, as a start would; run nothing.

    Every problem is told, with its file and line; the exit code is 1 when there is one.
    """
    from homalos.cli.config_parts import part_problems
    from homalos.engine.settings_checks import all_problems

    loaded = asked.source(settings_file(asked.config)).read()
    host = asked.host()
    found = [*part_problems(loaded, Catalog.gather(host))]
    found += all_problems(host, loaded.settings)
    if found:
        raise ConfigError([loaded.located(problem) for problem in found])
    files = [str(path) for path in loaded.files]
    return Outcome(
        data={"files": files, "problems": []},
        show=lambda: click.echo(f"in order: {', '.join(files)}"),
    )


@click.command("diff")
@click.argument("other", type=_OTHER, required=False, metavar="[OTHER]")
@with_options(CONFIG, ENV, HOME, SET)
def diff_settings(asked: Asked, *, other: Path | None) -> Outcome:
    """Show in what the settings differ from the defaults.

    With OTHER, another settings file, in what they differ from that one; with --env, what
    the environment changes. Secrets are not shown.
    """
    from homalos.config import Settings, diff

    if other is not None and asked.env:
        msg = "name another file or an environment, not both"
        raise click.UsageError(msg)
    path = settings_file(asked.config)
    new = asked.source(path).read()
    old: Settings | None = None
    hidden = new.hidden
    if other is not None or asked.env:
        bare = {name: text for name, text in os.environ.items() if name != "HOMALOS_ENV"}
        source = attrs.evolve(asked, env="").source(path if other is None else other)
        before = (attrs.evolve(source, environment=bare) if other is None else source).read()
        old, hidden = before.settings, hidden | before.hidden
    # The home folder follows from where a file is, not from what it says.
    old = attrs.evolve(old or Settings(), home=new.settings.home)
    changes = diff(old, new.settings, hidden=hidden)
    return Outcome(
        data={"changes": [attrs.asdict(change) for change in changes]},
        show=lambda: click.echo("\n".join(map(str, changes)) or "no difference"),
    )


def _origin(path: str, loaded: Loaded, asked: Asked) -> str:
    """Return who gave a value, or what it is in."""
    if path == "home":
        return _home_origin(asked.home, os.environ)
    at = path
    while at and at not in loaded.origins:
        at = at.rpartition(".")[0]
    return loaded.origins.get(at, _DEFAULT)


def _home_origin(home: Path | None, environment: Mapping[str, str]) -> str:
    if home is not None:
        return "--home"
    return "HOMALOS_HOME" if environment.get("HOMALOS_HOME") else _DEFAULT


def _no_key(key: str, paths: list[str]) -> str:
    known = dict.fromkeys(
        ".".join(steps[: length + 1])
        for steps in (path.split(".") for path in paths)
        for length in range(len(steps))
    )
    hint = did_you_mean(key, known)
    return f"there is no setting {key!r}{hint or '; `homalos config show` lists them'}"
