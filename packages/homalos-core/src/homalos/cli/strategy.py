"""`homalos strategy list`, `add`, `set` and `remove`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import rich_click as click
from attrs import frozen

from homalos.cli.config_file import settings_file, strategies_file
from homalos.cli.options import (
    CONFIG,
    ENV,
    HOME,
    PLUGIN,
    SET,
    Asked,
    Outcome,
    as_pairs,
    with_options,
)
from homalos.cli.strategy_wish import Wishes
from homalos.cli.tape import as_interval
from homalos.config import Loaded
from homalos.config.changes import HIDDEN
from homalos.config.masking import names_secret
from homalos.config.settings import effective_name
from homalos.config.strategies_file import StrategiesFile
from homalos.engine.strategies.sources import StrategySources
from homalos.errors import ConfigError, did_you_mean
from homalos.plugins.catalog import Catalog

__all__ = ["add", "change", "listed", "remove"]

_UNSET = "-"
_PARAM = click.option(
    "-p",
    "params",
    multiple=True,
    callback=as_pairs,
    metavar="KEY=VALUE",
    help="A parameter of the strategy. Repeatable.",
)
_INTERVAL = click.option(
    "--interval", callback=as_interval, metavar="LENGTH", help="Length of its bars, such as 5m."
)
_ACCOUNT = click.option("--account", metavar="NAME", help="The account it trades in.")


@click.command("list")
@with_options(CONFIG, ENV, HOME, SET, PLUGIN)
def listed(asked: Asked) -> Outcome:
    """Show the strategies of the settings, and which others there are to add."""
    loaded = asked.source(settings_file(asked.config)).read()
    rows = [
        {
            "name": name,
            "strategy": each.strategy,
            "symbols": list(each.symbols),
            "interval": each.interval,
            "account": each.account or next(iter(loaded.settings.accounts), ""),
            "params": _masked(each.params, loaded, f"strategies.{name}.params"),
            "origin": _origin(loaded, name),
        }
        for each in loaded.settings.strategies
        for name in [effective_name(each)]
    ]
    catalog = Catalog.gather(asked.host())
    offered = StrategySources(catalog, loaded.settings.strategies_folder).names()

    def show() -> None:
        from homalos.cli.tables import listing, say

        heads = ("name", "strategy", "symbols", "interval", "account", "params", "from")
        if rows:
            say(listing(heads, [tuple(_cell(value) for value in row.values()) for row in rows]))
        else:
            click.echo("There are none; add one with `homalos strategy add STRATEGY --symbol S`.")
        click.echo(f"There are to add: {', '.join(offered) or 'none'}.")

    return Outcome(data={"strategies": rows, "offered": list(offered)}, show=show)


@click.command("add")
@click.argument("strategy")
@click.option(
    "--symbol",
    "symbols",
    multiple=True,
    required=True,
    metavar="S",
    help="What it trades, such as rb2510.SHFE. Repeatable.",
)
@click.option("--name", metavar="NAME", help="Its name; else the strategy's and the symbol's.")
@_INTERVAL
@_ACCOUNT
@_PARAM
@with_options(CONFIG, ENV, HOME, SET, PLUGIN)
def add(asked: Asked, *, strategy: str, params: Mapping[str, str], **fields: Any) -> Outcome:
    """Add a strategy to strategies.yaml beside the settings file.

    STRATEGY is the name of one that a plugin offers, or of one in the strategies' folder,
    or a class of your own as path/to/file.py:ClassName.
    """
    desk = _Desk.of(asked)
    entry = desk.wishes.entry(strategy, params=params, **fields)
    desk.file.add(entry)
    desk.file.write()
    return _done("added", entry["name"], entry, desk)


@click.command("set")
@click.argument("name")
@click.option(
    "--unset",
    multiple=True,
    metavar="KEY",
    help="Take a parameter out, so that its default holds, as -p KEY=- does. Repeatable.",
)
@_INTERVAL
@_ACCOUNT
@_PARAM
@with_options(CONFIG, ENV, HOME, SET, PLUGIN)
def change(
    asked: Asked,
    *,
    name: str,
    params: Mapping[str, str],
    unset: Sequence[str],
    interval: str | None,
    account: str | None,
) -> Outcome:
    """Change the strategy NAME of strategies.yaml; what is not named stays as it is."""
    unset = (*unset, *(key for key, text in params.items() if text == _UNSET))
    params = {key: text for key, text in params.items() if text != _UNSET}
    fields = {"interval": interval, "account": account}
    fields = {key: value for key, value in fields.items() if value is not None}
    if not (unset or params or fields):
        msg = f"say what to change of {name!r}, such as -p fast=10 or --interval 5m"
        raise click.UsageError(msg)
    desk = _Desk.of(asked)
    index = desk.index_of(name)
    before = desk.file.entries[index]
    plain = desk.wishes.changed(before, fields=fields, params=params, unset=unset)
    desk.file.change(index, fields, plain, unset)
    desk.file.write()
    return _done("changed", name, desk.file.entries[index], desk)


@click.command("remove")
@click.argument("name")
@with_options(CONFIG, ENV, HOME, SET, PLUGIN)
def remove(asked: Asked, *, name: str) -> Outcome:
    """Take the strategy NAME out of strategies.yaml; comments stay."""
    desk = _Desk.of(asked)
    index = desk.index_of(name)
    entry = desk.file.entries[index]
    desk.file.remove(index)
    desk.file.write()
    return _done("removed", name, entry, desk)


# -- what they share ------------------------------------------------------------


@frozen
class _Desk:
    """The file, the settings around it, and what judges a wish."""

    file: StrategiesFile
    loaded: Loaded
    wishes: Wishes

    @classmethod
    def of(cls, asked: Asked) -> _Desk:
        """Read the file first: what changes afterwards is seen when it is written.

        Raises:
            ConfigError: There are no settings, or they are wrong.
        """
        config = settings_file(asked.config)
        file = StrategiesFile.read(strategies_file(config))
        loaded = asked.source(config).read()
        return cls(file, loaded, Wishes(Catalog.gather(asked.host()), loaded.settings))

    def index_of(self, name: str) -> int:
        """Return the place of a strategy in the file.

        Raises:
            ConfigError: It is not in the file.
        """
        index = self.file.index_of(name)
        if index is not None:
            return index
        names = self.wishes.names()
        if name in names:
            origin = _origin(self.loaded, name)
            where = f"stands in {origin or 'the settings'}, not in {self.file.path}"
            raise ConfigError([f"the strategy {name!r} {where}; change it there"])
        there = f"there are {', '.join(names)}" if names else "there are none"
        hint = did_you_mean(name, names)
        raise ConfigError([f"no strategy is called {name!r}; {there}{hint}"])


def _done(what: str, name: str, entry: Mapping[str, Any], desk: _Desk) -> Outcome:
    path = desk.file.path
    data = {
        "name": name,
        "file": str(path),
        what: _masked(entry, desk.loaded, f"strategies.{name}"),
    }
    return Outcome(data=data, show=lambda: click.echo(f"{what} {name}: {path}"))


def _origin(loaded: Loaded, name: str) -> str:
    # Every strategy must say of what kind it is.
    return loaded.origins.get(f"strategies.{name}.strategy", "")


def _masked(values: Mapping[str, Any], loaded: Loaded, path: str) -> dict[str, Any]:
    """Return values as they may be shown, and as JSON has them."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        at = f"{path}.{key}"
        is_secret = names_secret(key) or at in loaded.hidden
        found[key] = HIDDEN if is_secret else _bared(value, loaded, at)
    return found


def _bared(value: Any, loaded: Loaded, path: str) -> Any:
    if isinstance(value, Mapping):
        return _masked(value, loaded, path)
    if isinstance(value, list | tuple):
        return [_bared(each, loaded, path) for each in value]
    is_plain = value is None or isinstance(value, int) or (type(value) is float and isfinite(value))
    return value if is_plain else str(value)  # JSON has no nan


def _cell(value: Any) -> str:
    from rich.markup import escape

    if isinstance(value, Mapping):
        text = " ".join(f"{key}={each}" for key, each in value.items())
    else:
        text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    return escape(text)  # brackets of a parameter are no markup
