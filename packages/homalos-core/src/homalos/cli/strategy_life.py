"""`homalos strategy start`, `stop`, `reload` and `show`: of a strategy in a running engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import rich_click as click

from homalos.cli.control import ask, home_of_running
from homalos.cli.options import CONFIG, HOME, Asked, Outcome, with_options

__all__ = ["reload", "show", "start", "stop"]

_NAME = click.argument("name")


def _asked(asked: Asked, command: str, name: str) -> Any:
    request = {"do": "command", "name": f"strategy.{command}", "arguments": {"strategy": name}}
    return ask(home_of_running(asked), request)["result"]


def _done(asked: Asked, command: str, name: str, what: str) -> Outcome:
    _asked(asked, command, name)
    return Outcome(
        data={"strategy": name, "done": command}, show=lambda: click.echo(f"{name} {what}")
    )


@click.command("start")
@_NAME
@with_options(CONFIG, HOME)
def start(asked: Asked, *, name: str) -> Outcome:
    """Start the strategy NAME of a running engine, after it stopped or failed."""
    return _done(asked, "start", name, "is started")


@click.command("stop")
@_NAME
@with_options(CONFIG, HOME)
def stop(asked: Asked, *, name: str) -> Outcome:
    """Stop the strategy NAME of a running engine; its orders stay as they are."""
    return _done(asked, "stop", name, "is stopped")


@click.command("reload")
@_NAME
@with_options(CONFIG, HOME)
def reload(asked: Asked, *, name: str) -> Outcome:
    """Put the code of the strategy NAME, as its file is now, in the place of what runs.

    Its working orders are cancelled first; its position and its variables are kept. Code
    that cannot be used changes nothing.
    """
    return _done(asked, "reload", name, "goes on with its new code once its orders are over")


@click.command("show")
@_NAME
@with_options(CONFIG, HOME)
def show(asked: Asked, *, name: str) -> Outcome:
    """Show state, parameters, variables and positions of the strategy NAME in a running engine."""
    found: Mapping[str, Any] = _asked(asked, "show", name)
    return Outcome(data={"strategy": name, **found}, show=_shown(name, found))


def _shown(name: str, found: Mapping[str, Any]) -> Callable[[], None]:
    def write() -> None:
        click.echo(f"{name} is {found['state']}")
        for part in ("params", "variables", "positions"):
            values = found[part] or {}
            for key, value in values.items():
                click.echo(f"  {part}.{key}: {json.dumps(value, ensure_ascii=False)}")

    return write
