"""`homalos config show`, `check` and `diff`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import rich_click as click

from homalos.cli.config_file import settings_file
from homalos.cli.named_parts import completed, problems_of
from homalos.cli.options import CONFIG, HOME, PLUGIN, SET, Asked, Outcome, with_options
from homalos.config import Change, Loaded, Settings, SettingsSource, diff
from homalos.config.changes import values
from homalos.config.documentation import written
from homalos.config.masking import names_secret
from homalos.errors import ConfigError, did_you_mean
from homalos.plugins.catalog import Catalog

__all__ = ["check", "compare", "show"]

_DEFAULT = "default"
_MASK = "***"


@click.command("show")
@click.argument("prefix", required=False)
@click.option("--all", "is_all", is_flag=True, help="Also what nobody gave: the defaults.")
@with_options(CONFIG, HOME, SET, PLUGIN)
def show(asked: Asked, *, prefix: str | None, is_all: bool) -> Outcome:
    """Show what holds and who said so: a file and its line, a variable, the command line.

    Without more it shows what was given. With PREFIX, such as risk or feed.options, it
    shows everything below it, the defaults too. Secrets are masked.
    """
    loaded = asked.source(settings_file(asked.config)).read()
    settings = loaded.settings
    if is_all or prefix:
        settings = completed(settings, Catalog.gather(asked.host()))
    origins = {**loaded.origins, "home": _origin_of_home(asked)}
    rows = [
        {"path": path, "value": value, "origin": origins.get(path, _DEFAULT)}
        for path, value in _masked(values(settings), loaded).items()
    ]
    if prefix:
        rows = [row for row in rows if f"{row['path']}.".startswith(f"{prefix}.")]
        if not rows:
            raise ConfigError([_nothing_below(prefix, settings)])
    elif not is_all:
        rows = [row for row in rows if row["origin"] != _DEFAULT]

    def tell() -> None:
        from homalos.cli.tables import listing, say

        cells = [(row["path"], written(row["value"]), row["origin"]) for row in rows]
        say(listing(("setting", "value", "from"), cells))

    files = [str(path) for path in loaded.files]
    data = json.loads(json.dumps({"files": files, "settings": rows}, default=str))
    return Outcome(data=data, show=tell)


@click.command("check")
@with_options(CONFIG, HOME, SET, PLUGIN)
def check(asked: Asked) -> Outcome:
    """Check the settings: every problem at once, with its file and line; exit code 1.

    The options of every part that is named are looked at too, and the parameters and
    symbols of every strategy.
    """
    source = asked.source(settings_file(asked.config))
    files = [path for path in source.files() if path.exists()]
    for path in files:
        click.echo(f"read {path}")
    loaded = source.read()
    problems = problems_of(loaded.settings, asked.host())
    if problems:
        raise ConfigError([loaded.located(problem) for problem in problems])
    count = len(loaded.settings.strategies)
    what = f"no problems; {count} {'strategy' if count == 1 else 'strategies'}"
    return Outcome(
        data={"files": [str(path) for path in files], "problems": [], "strategies": count},
        show=lambda: click.echo(what),
    )


@click.command("diff")
@click.argument("other", required=False)
@with_options(CONFIG, HOME, SET, PLUGIN)
def compare(asked: Asked, *, other: str | None) -> Outcome:
    """Show what differs from the defaults, or from OTHER: a settings file, or an environment.

    An environment is named as --env names it: system.OTHER.yaml beside the settings file.
    """
    config = settings_file(asked.config)
    mine = asked.source(config).read()
    own = f"{config} ({asked.env})" if asked.env else str(config)
    if other is None:
        sides = (_DEFAULT, own)
        pair = Loaded(settings=Settings(), origins={}), mine
    else:
        sides = (own, other)
        pair = mine, _other(asked, config, other).read()
    changes = _differing(*pair)

    def tell() -> None:
        click.echo(f"{sides[0]} -> {sides[1]}:")
        for each in changes:
            click.echo(f"  {each}")
        if not changes:
            click.echo("  nothing differs")

    data = {"from": sides[0], "to": sides[1], "changes": [attrs.asdict(each) for each in changes]}
    return Outcome(data=data, show=tell)


# -- what they look at --------------------------------------------------------------


def _masked(found: Mapping[str, Any], loaded: Loaded) -> dict[str, Any]:
    return {
        path: _MASK if _is_secret(path, loaded) else _hidden(value) for path, value in found.items()
    }


def _hidden(value: Any) -> Any:
    """Return a value with the secrets in the mappings of its lists masked."""
    if isinstance(value, Mapping):
        return {key: _MASK if names_secret(key) else _hidden(each) for key, each in value.items()}
    return [_hidden(each) for each in value] if isinstance(value, list | tuple) else value


def _is_secret(path: str, loaded: Loaded) -> bool:
    return path in loaded.hidden or any(map(names_secret, path.split(".")))


def _origin_of_home(asked: Asked) -> str:
    if asked.home is not None:
        return "--home"
    return "HOMALOS_HOME" if os.environ.get("HOMALOS_HOME") else _DEFAULT


def _nothing_below(prefix: str, settings: Settings) -> str:
    paths = list(dict.fromkeys(_heads(values(settings))))
    hint = did_you_mean(prefix, paths)
    top = ", ".join(path for path in paths if "." not in path)
    return f"there is no setting {prefix!r}; there are {top}{hint}"


def _heads(paths: Mapping[str, Any]) -> Iterator[str]:
    for path in paths:
        steps = path.split(".")
        yield from (".".join(steps[:count]) for count in range(1, len(steps) + 1))


def _other(asked: Asked, config: Path, text: str) -> SettingsSource:
    """Return where the settings to compare with come from.

    Raises:
        ConfigError: There is neither a file nor an environment of this name.
    """
    path = Path(text)
    if path.is_file():
        return attrs.evolve(asked, env="").source(path)
    environment = config.with_name(f"{config.stem}.{text}{config.suffix}")
    if environment.is_file():
        return attrs.evolve(asked, env=text).source(config)
    msg = f"there is neither a settings file {path} nor {environment} for an environment {text!r}"
    raise ConfigError([f"{msg}; name one that is there"])


def _differing(old: Loaded, new: Loaded) -> tuple[Change, ...]:
    # Where the state is kept belongs to the command line, not to the settings.
    found = diff(old.settings, attrs.evolve(new.settings, home=old.settings.home))

    def hidden(text: str) -> str:
        return text if text == "-" else _MASK

    return tuple(
        attrs.evolve(each, old=hidden(each.old), new=hidden(each.new))
        if _is_secret(each.path, old) or _is_secret(each.path, new)
        else each
        for each in found
    )
