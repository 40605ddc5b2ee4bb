"""`homalos reload`: have a running engine read its settings anew."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import rich_click as click

from homalos.cli.control import ask, home_of_running
from homalos.cli.options import CONFIG, HOME, Asked, Outcome, with_options

__all__ = ["reload"]


@click.command("reload")
@with_options(CONFIG, HOME)
def reload(asked: Asked) -> Outcome:
    """Have a running engine read its settings anew, and show what that changed.

    What can be applied is applied, what needs a restart is named. Settings that are
    wrong change nothing; every problem is told and the exit code is 1.
    """
    found = ask(home_of_running(asked), {"do": "reload"})
    found.pop("ok")
    return Outcome(data=found, show=lambda: click.echo("\n".join(_lines(found))))


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield each difference, under the word that says what became of it."""
    changes = {name: value for name, value in found.items() if value not in (None, [], {}, "")}
    if not changes:
        yield "nothing has changed"
    for name, value in changes.items():
        heading = name.replace("_", " ")
        if isinstance(value, dict):
            yield f"{heading}:"
            yield from (f"  {key}: {_text(each)}" for key, each in value.items())
        elif isinstance(value, list):
            yield f"{heading}:"
            yield from (f"  {_text(each)}" for each in value)
        else:
            yield f"{heading}: {_text(value)}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
