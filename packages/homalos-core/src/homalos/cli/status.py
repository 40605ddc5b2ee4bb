"""`homalos status`: how a running engine is, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import rich_click as click
from rich.console import RenderableType
from rich.text import Text

from homalos.cli.control import ask, home_of_running
from homalos.cli.options import CONFIG, HOME, Asked, Outcome, with_options

__all__ = ["report", "status"]

_WELL = "running"
_NS = 1_000_000_000


@click.command("status")
@with_options(CONFIG, HOME)
def status(asked: Asked) -> Outcome:
    """Show a running engine: its services, strategies, queues with their losses, counters.

    Every service that can be asked how it is, is asked. Without a running engine the
    exit code is 1.
    """
    found = ask(home_of_running(asked), {"do": "status"})
    found.pop("ok")

    def show() -> None:
        from homalos.cli.tables import say

        say(*report(found))

    return Outcome(data=found, show=show)


def report(found: Mapping[str, Any]) -> tuple[RenderableType, ...]:
    """Return what a person is shown of an engine's answer."""
    from homalos.cli.tables import listing

    now_ns = found["now_ns"]
    lasting = _lasting(now_ns - found["started_ns"])
    parts: list[RenderableType] = [
        Text(f"run {found['run']}, pid {found['pid']}, up {lasting}, in {found['home']}"),
        listing(
            ("service", "kind", "state", "since", "ping ms", "reason"),
            (_service(each, now_ns) for each in found["services"]),
        ),
    ]
    if not found["answers"]:
        busy = "the engine is busy: it showed neither strategies nor queues within 3 s"
        return (*parts, Text(busy, style="bold red"))
    if found["strategies"]:
        rows = [(_plain(name), _coloured(state)) for name, state in found["strategies"].items()]
        parts.append(listing(("strategy", "state"), rows))
    names = ("name", "accepted", "handled", "depth", "dropped", "conflated", "parked")
    queues = [_queue(each, names) for each in found["observers"]]
    inbox = ("inbox", "", "", f"{found['queues']['inbox']:,}", "", "", "")
    parts.append(listing(("queue", *names[1:]), (inbox, *queues)))
    counters = [(name, f"{count:,}") for name, count in found["counters"].items()]
    parts.append(listing(("counter", "so far"), counters))
    return tuple(parts)


def _service(each: Mapping[str, Any], now_ns: int) -> tuple[str, ...]:
    since = datetime.fromtimestamp(each["since_ns"] / _NS, UTC).astimezone()
    ping = "" if each["ping_ms"] is None else f"{each['ping_ms']:.1f}"
    is_new = now_ns - each["since_ns"] < 86_400 * _NS
    when = f"{since:%H:%M:%S}" if is_new else f"{since:%m-%d %H:%M}"
    name, reason = _plain(each["name"]), _plain(each["reason"])
    return name, each["kind"], _coloured(each["state"]), when, ping, reason


def _queue(each: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    losses = ("dropped", "parked")
    counts = (
        f"[red]{each[name]:,}" if each[name] and name in losses else f"{each[name]:,}"
        for name in names[1:]
    )
    return _plain(each["name"]), *counts


def _coloured(state: str) -> str:
    return state if state in (_WELL, "stopped", "created", "ready") else f"[bold red]{state}"


def _plain(text: str) -> str:
    """Return text so that brackets in it are not taken for a colour."""
    return text.replace("[", r"\[")


def _lasting(duration_ns: int) -> str:
    seconds = max(duration_ns, 0) // _NS
    days, seconds = divmod(seconds, 86_400)
    text = f"{seconds // 3600:02}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
    return f"{days} d {text}" if days else text
