"""`homalos pace`: a running demo or replay slower, faster, or not at all for a while."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import rich_click as click

from homalos.cli.control import ask, home_of_running
from homalos.cli.options import CONFIG, HOME, Asked, Outcome, as_speed, with_options

__all__ = ["pace"]

_WISHES: Mapping[str, Mapping[str, Any]] = {"pause": {"paused": True}, "resume": {"paused": False}}


def _as_wish(context: click.Context, parameter: click.Parameter, text: str) -> Mapping[str, Any]:
    """Read `pause`, `resume`, or a speed as `--speed` takes it."""
    known = _WISHES.get(text)
    if known is not None:
        return known
    try:
        return {"speed": as_speed(context, parameter, text)}
    except click.BadParameter as error:
        msg = f"{text!r} is no pace; write pause, resume, a number above 0, or max"
        raise click.BadParameter(msg) from error


@click.command("pace")
@click.argument("wish", callback=_as_wish, metavar="pause|resume|SPEED")
@with_options(CONFIG, HOME)
def pace(asked: Asked, *, wish: Mapping[str, Any]) -> Outcome:
    """Pause the market of a running engine, resume it, or have it go at another SPEED.

    SPEED is event seconds a second of the wall, such as 1 or 1000, or max, which does not
    wait. What the engine decides does not depend on it.
    """
    request = {"do": "command", "name": "feed.pace", "arguments": dict(wish)}
    found: Mapping[str, Any] = ask(home_of_running(asked), request)["result"]
    speed = found["speed"]
    shown = "full speed" if speed == "max" else f"{speed:g} ×"
    text = f"paused, at {shown} when it is resumed" if found["is_paused"] else f"at {shown}"
    return Outcome(data=dict(found), show=lambda: click.echo(text))
