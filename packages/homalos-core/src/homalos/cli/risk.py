"""`homalos risk`: what rules say, what is near its limit, and the hand on the switch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import rich_click as click

from homalos.cli.control import ask, home_of_running
from homalos.cli.options import CONFIG, HOME, Asked, Outcome, with_options
from homalos.cli.order_words import LOTS, PRICE, SIDES

__all__ = ["alive", "cancel", "explain", "flatten", "preview", "show", "switch"]

_STATES = ("normal", "close_only", "halted")
_SCOPES = "[engine | account NAME | strategy NAME]"
_SPARE_S = 10.0  # for the engine to answer beyond a command's own time

_ORDER = (
    click.argument("side", type=click.Choice(list(SIDES))),
    click.argument("symbol"),
    click.argument("volume", type=LOTS),
    PRICE,
    click.option("--account", default="", metavar="NAME", help="Which; else the first."),
    click.option(
        "--strategy", default="manual", metavar="NAME", help="Whose order; else a person's."
    ),
)


def _order(command: Any) -> Any:
    for each in reversed(_ORDER):
        command = each(command)
    return command


@click.command("explain")
@_order
@with_options(CONFIG, HOME)
def explain(asked: Asked, **order: Any) -> Outcome:
    """Show what every rule says of an order, with input and limit; nothing is sent.

    Without a price it is a market order.
    """
    found: Mapping[str, Any] = _asked(asked, "explain", _arguments(**order))

    def write() -> None:
        from homalos.cli.tables import say

        say(_verdict(found), *_rules(found))

    return Outcome(data=dict(found), show=write)


@click.command("preview")
@_order
@with_options(CONFIG, HOME)
def preview(asked: Asked, **order: Any) -> Outcome:
    """Show what an order would do: margin, fee, position, funds, rules; nothing is sent.

    Without a price it is a market order, reckoned at the last price.
    """
    found: Mapping[str, Any] = _asked(asked, "preview", _arguments(**order))

    def write() -> None:
        from homalos.cli.tables import listing, say

        rows = [
            ("price", _number(found["price"])),
            ("lots that open", str(found["opens"])),
            ("lots that close", str(found["closes"])),
            ("margin needed", _money(found["margin"])),
            ("margin freed once it closed", _money(found["frees"])),
            ("fee", _money(found["fee"])),
            ("position after", f"{found['long']} long, {found['short']} short"),
            ("available now", _money(found["available"])),
            ("available while it works", _money(found["available_after"])),
        ]
        head = f"{found['symbol']} in {found['account']}"
        say(_verdict(found), listing((head, "it would be"), rows), *_rules(found))

    return Outcome(data=dict(found), show=write)


@click.command("show")
@with_options(CONFIG, HOME)
def show(asked: Asked) -> Outcome:
    """Show a running engine's rules, how near its limits it is, its switches and its lease."""
    found: Mapping[str, Any] = _asked(asked, "show", {})

    def write() -> None:
        from homalos.cli.tables import say

        say(*_picture(found))

    return Outcome(data=dict(found), show=write)


@click.command("switch")
@click.argument("words", nargs=-1, required=True, metavar=f"{_SCOPES} {'|'.join(_STATES)}")
@click.option("--reason", default="", metavar="TEXT", help="What is told with it.")
@with_options(CONFIG, HOME)
def switch(asked: Asked, *, words: tuple[str, ...], reason: str) -> Outcome:
    """Turn the switch of the engine, an account or a strategy.

    `close_only` lets pass what reduces a position, `halted` no order at all; cancels always
    pass. What a person sets takes the place of what rules hold the switch at.
    """
    *where, state = words
    if state not in _STATES:
        msg = f"{state!r} is no state; end with one of {', '.join(_STATES)}"
        raise click.UsageError(msg)
    scope = _scope(tuple(where))
    found = _asked(asked, "switch", {**scope, "state": state, "reason": reason})
    whose = f"{found['scope']} {found['name']}".rstrip()
    return Outcome(data=dict(found), show=lambda: click.echo(f"{whose} is {found['state']}"))


@click.command("cancel")
@click.argument("words", nargs=-1, metavar=_SCOPES)
@with_options(CONFIG, HOME)
def cancel(asked: Asked, *, words: tuple[str, ...]) -> Outcome:
    """Cancel every order that works: of the engine, of an account or of a strategy."""
    count: int = _asked(asked, "cancel_all", _scope(words))
    return Outcome(
        data={"cancelled": count}, show=lambda: click.echo(f"{count} orders were asked back")
    )


@click.command("flatten")
@click.argument("words", nargs=-1, metavar=_SCOPES)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0, min_open=True, max=3000),
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="How long it may take, by the engine's clock.",
)
@with_options(CONFIG, HOME)
def flatten(asked: Asked, *, words: tuple[str, ...], timeout_s: float) -> Outcome:
    """Cancel what works and close what is held: of the engine, an account or a strategy.

    The switch is turned to close_only and stays there. What could not be closed is
    listed with the reason; then the exit code is 1.
    """
    found: Mapping[str, Any] = _asked(
        asked, "flatten", {**_scope(words), "timeout_s": timeout_s}, patience_s=timeout_s + _SPARE_S
    )

    def write() -> None:
        from homalos.cli.tables import say

        say(*_flattened(found))

    return Outcome(data=dict(found), show=write, code=0 if found["is_flat"] else 1)


@click.command("alive")
@with_options(CONFIG, HOME)
def alive(asked: Asked) -> Outcome:
    """Tell a running engine that its operator is there, as control.operator_s wants it."""
    found: Mapping[str, Any] = _asked(asked, "alive", {})
    seconds = found["operator_seconds"]
    told = f"heard; the next sign is due within {seconds:g} s" if seconds else "heard"
    return Outcome(data=dict(found), show=lambda: click.echo(told))


# -- asking ------------------------------------------------------------------------


def _asked(
    asked: Asked, command: str, arguments: Mapping[str, Any], *, patience_s: float = 30.0
) -> Any:
    request = {
        "do": "command",
        "name": f"risk.{command}",
        "arguments": arguments,
        "patience_s": patience_s,
    }
    return ask(home_of_running(asked), request, timeout_s=patience_s + _SPARE_S)["result"]


def _arguments(
    *,
    side: str,
    symbol: str,
    volume: int,
    price: float | None,
    account: str,
    strategy: str,
) -> dict[str, Any]:
    direction, offset = SIDES[side]
    asked = {
        "symbol": symbol,
        "direction": direction,
        "offset": offset,
        "volume": volume,
        "account": account,
        "strategy": strategy,
    }
    return asked if price is None else {**asked, "price": price}


def _scope(words: tuple[str, ...]) -> dict[str, str]:
    if words in ((), ("engine",)):
        return {"scope": "engine", "name": ""}
    if len(words) == 2 and words[0] in ("account", "strategy"):
        return {"scope": words[0], "name": words[1]}
    msg = f"{' '.join(words)!r}: expected nothing, engine, account NAME or strategy NAME"
    raise click.UsageError(msg)


# -- showing -----------------------------------------------------------------------


def _verdict(found: Mapping[str, Any]) -> Any:
    from rich.text import Text

    refusing = [
        each["rule"] for part in found["parts"] for each in part["verdicts"] if each["is_refused"]
    ]
    if not refusing:
        return Text("it would be sent", style="green")
    return Text(f"it would be refused by {', '.join(dict.fromkeys(refusing))}", style="bold red")


def _rules(found: Mapping[str, Any]) -> Sequence[Any]:
    from homalos.cli.tables import listing

    parts = found["parts"]
    tables = []
    for part in parts:
        rows = [row for each in part["verdicts"] for row in _verdict_rows(each)]
        head = f"rule for {part['volume']} lots, {part['offset']}" if len(parts) > 1 else "rule"
        tables.append(listing((head, "kind", "verdict", "input", "limit", "what"), rows))
    return tables


def _verdict_rows(each: Mapping[str, Any]) -> Sequence[tuple[str, ...]]:
    word = "passes"
    if each["is_refused"]:
        word = "refuses"
    elif each["is_waived"]:
        word = "waived: it only reduces"
    first = (each["rule"], each["kind"], word)
    measured = [
        (_number(one["value"]), _number(one["limit"]), one["subject"]) for one in each["measures"]
    ]
    if each["message"]:
        measured.insert(0, (_number(each["input"]), _number(each["limit"]), each["message"]))
    rows = measured or [("-", "-", "")]
    return [((*first, *row) if n == 0 else ("", "", "", *row)) for n, row in enumerate(rows)]


def _picture(found: Mapping[str, Any]) -> Sequence[Any]:
    from rich.text import Text

    from homalos.cli.tables import listing

    rules = [(each["name"], each["kind"], str(each["failures"])) for each in found["rules"]]
    meters = [
        (
            each["rule"],
            each["subject"],
            _number(each["value"]),
            _number(each["limit"]),
            _share(each["value"], each["limit"]),
            str(each["warnings"]),
        )
        for each in found["meters"]
    ]
    turned = [
        (
            f"{each['scope']} {each['name']}".rstrip(),
            each["state"],
            each["holder"] or "a person",
            each["reason"],
        )
        for each in found["switches"]
    ]
    heads = ("rule", "measures", "is", "limit", "share", "warnings today")
    return (
        listing(("rule", "kind", "failures"), rules),
        *([listing(heads, meters)] if meters else ()),
        (
            listing(("switch", "state", "held by", "reason"), turned)
            if turned
            else Text("every switch is at normal")
        ),
        Text(_lease(found["lease"])),
    )


def _lease(lease: Mapping[str, Any]) -> str:
    if not lease["seconds"]:
        told = "no lease is asked for"
    elif not lease["gateways"]:
        told = "no gateway can hold a lease"
    else:
        state = "held" if lease["is_held"] else "not renewed any more"
        told = f"lease of {lease['seconds']:g} s at {', '.join(lease['gateways'])}: {state}"
    if lease["operator_seconds"]:
        told += (
            f"; the last sign of the operator came {lease['silent_seconds']:.0f} s ago, "
            f"{lease['operator_seconds']:g} s are allowed"
        )
    return told


def _flattened(found: Mapping[str, Any]) -> Sequence[Any]:
    from rich.text import Text

    from homalos.cli.tables import listing

    what = (
        f"{found['scope']} is {'flat' if found['is_flat'] else 'not flat'} after "
        f"{found['seconds']:.1f} s: {found['closed']} lots closed by {found['sent']} orders, "
        f"{found['cancelled']} orders cancelled"
    )
    rows = [
        (
            each["account"],
            each["symbol"],
            each["strategy"],
            each["side"],
            str(each["lots"]),
            each["why"],
        )
        for each in found["left"]
    ]
    heads = ("account", "symbol", "strategy", "side", "lots left", "why")
    orders = ", ".join(found["orders"])
    return (
        Text(what, style="green" if found["is_flat"] else "bold red"),
        *([listing(heads, rows)] if rows else ()),
        *([Text(f"these orders work still: {orders}")] if orders else ()),
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.10g}"


def _money(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def _share(value: float | None, limit: float | None) -> str:
    return f"{100 * value / limit:.0f} %" if value is not None and limit else "-"
