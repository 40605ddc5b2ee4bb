"""`homalos order send`, `amend`, `cancel` and `list`: orders of a running engine, by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import rich_click as click

from homalos.cli.control import ask, home_of_running
from homalos.cli.options import CONFIG, HOME, Asked, Outcome, with_options
from homalos.cli.order_words import LOTS, PRICE, SIDES, price_option

__all__ = ["amend", "cancel", "listed", "send"]

_OFFSETS = ("closetoday", "closeyesterday")
_TYPES = ("limit", "market", "fak", "fok", "stop", "stop_limit", "trailing_stop")
_NS = 1_000_000_000


def _as_time(_context: click.Context, _parameter: click.Parameter, text: str) -> int:
    if not text:
        return 0
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"{text!r} is no time; write it like 2025-01-06T14:55:00+08:00"
        raise click.BadParameter(msg) from error
    if found.tzinfo is None:
        msg = f"{text!r} does not say in which zone; write it like 2025-01-06T14:55:00+08:00"
        raise click.BadParameter(msg)
    return round(found.timestamp()) * _NS


_TRIGGER = price_option("--trigger", "Hold the order in the engine until the last price is there.")


@click.command("send")
@click.argument("side", type=click.Choice(list(SIDES)))
@click.argument("symbol")
@click.argument("volume", type=LOTS)
@PRICE
@_TRIGGER
@price_option("--trail", "Have the trigger follow the best price at this distance.")
@click.option("--type", "kind", type=click.Choice(_TYPES), help="Else as the prices say.")
@click.option("--offset", type=click.Choice(_OFFSETS), help="Which lots a close takes.")
@click.option("--tif", type=click.Choice(("day", "gtc", "gtd")), help="How long it works.")
@click.option("--until", default="", callback=_as_time, metavar="TIME", help="End of a gtd order.")
@click.option("--timeout", type=click.FloatRange(min=0), metavar="S", help="Cancel it then.")
@click.option("--requotes", type=click.IntRange(min=0), metavar="N", help="And send it anew.")
@click.option("--group", default="", metavar="NAME", help="One fill cancels the others of it.")
@click.option("--parent", default="", metavar="ID", help="Wait for the fills of this order.")
@click.option("--account", default="", metavar="NAME", help="Which; else the first.")
@click.option("--reference", default="", metavar="TEXT", help="Stays with the order.")
@with_options(CONFIG, HOME)
def send(asked: Asked, *, side: str, symbol: str, volume: int, **words: Any) -> Outcome:
    """Send an order by hand: SIDE VOLUME lots of SYMBOL, in a book of its own.

    It goes the way of every other order, through the same checks; its strategy is `manual`.
    """
    direction, offset = SIDES[side]
    if words["offset"] and offset == "open":
        msg = f"--offset says which lots a close takes, and {side} opens; close with sell or cover"
        raise click.UsageError(msg)
    until_ns = words.pop("until")
    given = {
        "type": words.pop("kind"),
        "time_in_force": words.pop("tif") or ("gtd" if until_ns else None),
        "timeout_s": words.pop("timeout"),
        "offset": words.pop("offset") or offset,
        "until_ns": until_ns,
        **words,
    }
    arguments = {name: value for name, value in given.items() if value not in (None, "")}
    found = _asked(
        asked,
        "send",
        {"symbol": symbol, "direction": direction, "volume": volume, "explain": True, **arguments},
    )
    return _outcome(found)


@click.command("amend")
@click.argument("order_id", metavar="ID")
@price_option("--price", "The new limit.")
@click.option("--volume", type=LOTS, help="The new lots, with those that are filled.")
@price_option("--trigger", "The new trigger of a stop that has not left.")
@with_options(CONFIG, HOME)
def amend(
    asked: Asked,
    *,
    order_id: str,
    price: float | None,
    volume: int | None,
    trigger: float | None,
) -> Outcome:
    """Change the order ID; what is left out stays.

    An order that is at its venue is cancelled, and another takes its place when that is
    sure: what is shown is that one.
    """
    if price is None and volume is None and trigger is None:
        msg = "say what to change: --price, --volume or --trigger"
        raise click.UsageError(msg)
    arguments = {"price": price, "volume": volume, "trigger": trigger}
    given = {name: value for name, value in arguments.items() if value is not None}
    return _outcome(_asked(asked, "amend", {"order_id": order_id, "explain": True, **given}))


@click.command("cancel")
@click.argument("order_ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Cancel every order there is.")
@with_options(CONFIG, HOME)
def cancel(asked: Asked, *, order_ids: tuple[str, ...], every: bool) -> Outcome:
    """Ask for the orders of each ID to be cancelled; the outcome shows in `order list`.

    Exits with 1 where one of them is over already.
    """
    if every == bool(order_ids):
        msg = "name the orders to cancel, or --all of them"
        raise click.UsageError(msg)
    if every:
        count: int = _asked(asked, "cancel_all", {})
        text = f"{count} order{'' if count == 1 else 's'} asked back"
        return Outcome(data={"asked": count}, show=lambda: click.echo(text))
    done = {each: bool(_asked(asked, "cancel", {"order_id": each})) for each in order_ids}

    def write() -> None:
        for order_id, is_asked in done.items():
            what = "is asked back" if is_asked else "is over already"
            click.echo(f"{order_id} {what}")

    return Outcome(data={"orders": done}, show=write, code=0 if all(done.values()) else 1)


@click.command("list")
@click.option("--strategy", default="", metavar="NAME", help="Of this one; `manual` is by hand.")
@click.option("--account", default="", metavar="NAME", help="In this account.")
@click.option("--over", is_flag=True, help="Those that are over, too.")
@with_options(CONFIG, HOME)
def listed(asked: Asked, *, strategy: str, account: str, over: bool) -> Outcome:
    """Show the orders of a running engine that are not over, oldest first."""
    arguments = {"strategy": strategy, "account": account, "over": over}
    found: Sequence[Mapping[str, Any]] = _asked(asked, "list", arguments)

    def write() -> None:
        from homalos.cli.tables import listing, say

        if not found:
            click.echo("no orders")
            return
        names = ("order", "strategy", "symbol", "what", "filled", "phase")
        say(listing(names, [_row(order) for order in found]))

    return Outcome(data={"orders": found}, show=write)


# -- inside --------------------------------------------------------------------


def _asked(asked: Asked, command: str, arguments: Mapping[str, Any]) -> Any:
    request = {"do": "command", "name": f"order.{command}", "arguments": arguments}
    return ask(home_of_running(asked), request)["result"]


def _outcome(found: Mapping[str, Any]) -> Outcome:
    order = found["order"]

    def write() -> None:
        if order is not None:
            click.echo(_sentence(order))
            return
        for each in found["refused"]:
            click.echo(f"refused by {each['rule']}: {each['message']}", err=True)

    return Outcome(data=found, show=write, code=1 if order is None else 0)


def _sentence(order: Mapping[str, Any]) -> str:
    words = _words(order)
    where = f"{order['symbol']} in {order['account']}"
    return f"{order['order_id']}: {words} of {order['volume']} {where}, {order['phase']}"


def _words(order: Mapping[str, Any]) -> str:
    price, trigger = _number(order["price"]), _number((order["terms"] or {}).get("trigger"))
    at = f" at {price}" if price else ""
    when = f" from {trigger}" if trigger else ""
    return f"{order['type']} {order['direction']} {order['offset']}{at}{when}"


def _row(order: Mapping[str, Any]) -> tuple[str, ...]:
    filled = f"{order['traded']}/{order['volume']}"
    named = (order[name] for name in ("order_id", "strategy", "symbol"))
    return (*named, _words(order), filled, order["phase"])


def _number(value: float | None) -> str:
    """Return a price; "" where there is none, which is null on its way here."""
    return "" if value is None else f"{value:g}"
