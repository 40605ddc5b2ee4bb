"""`homalos account show`, `deposit` and `withdraw`: the money of a running engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import rich_click as click

from homalos.cli.control import ask, home_of_running
from homalos.cli.options import CONFIG, HOME, Asked, Outcome, with_options

__all__ = ["deposit", "show", "withdraw"]

_ACCOUNT = click.option("--account", default="", metavar="NAME", help="Which; else the first.")
_NOTE = click.option("--note", default="", metavar="TEXT", help="What the statement says of it.")


def _as_amount(_context: click.Context, _parameter: click.Parameter, text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        msg = f"{text!r} is no amount of money"
        raise click.BadParameter(msg) from error
    if not amount.is_finite() or amount <= 0 or amount != round(amount, 2):
        msg = f"{text}: an amount is above 0 and has no part of a cent"
        raise click.BadParameter(msg)
    return amount


_AMOUNT = click.argument("amount", callback=_as_amount)


@click.command("deposit")
@_AMOUNT
@_ACCOUNT
@_NOTE
@with_options(CONFIG, HOME)
def deposit(asked: Asked, *, amount: Decimal, account: str, note: str) -> Outcome:
    """Pay AMOUNT into an account of a running engine; today's statement has a line for it."""
    return _transferred(asked, amount, account, note)


@click.command("withdraw")
@_AMOUNT
@_ACCOUNT
@_NOTE
@with_options(CONFIG, HOME)
def withdraw(asked: Asked, *, amount: Decimal, account: str, note: str) -> Outcome:
    """Take AMOUNT out of an account of a running engine: of what is available, no more."""
    return _transferred(asked, -amount, account, note)


@click.command("show")
@with_options(CONFIG, HOME)
def show(asked: Asked) -> Outcome:
    """Show the funds, the positions and every strategy's result of a running engine's accounts."""
    found: Sequence[Mapping[str, Any]] = _asked(asked, "account.show", {})

    def write() -> None:
        from homalos.cli.tables import say

        say(*(table for account in found for table in _tables(account)))

    return Outcome(data={"accounts": found}, show=write)


def _transferred(asked: Asked, amount: Decimal, account: str, note: str) -> Outcome:
    arguments = {"amount": str(amount), "account": account, "note": note}
    found: Mapping[str, Any] = _asked(asked, "account.transfer", arguments)
    what = "paid in" if amount > 0 else "taken out"
    text = (
        f"{abs(amount):,.2f} {what}: {found['account']} is worth {_money(found['equity'])}, "
        f"of which {_money(found['available'])} are available"
    )
    return Outcome(data=dict(found), show=lambda: click.echo(text))


def _asked(asked: Asked, command: str, arguments: Mapping[str, str]) -> Any:
    request = {"do": "command", "name": command, "arguments": arguments}
    return ask(home_of_running(asked), request)["result"]


_FUNDS = (
    ("equity", "equity"),
    ("balance", "settled balance and transfers"),
    ("realised_pnl", "realised, by trade"),
    ("floating_pnl", "floating, by trade"),
    ("fees", "fees"),
    ("margin", "margin"),
    ("frozen", "frozen for orders"),
    ("available", "available"),
)


def _tables(account: Mapping[str, Any]) -> Sequence[Any]:
    from homalos.cli.tables import listing

    funds = account["funds"]
    rows = [(title, _money(funds[name])) for name, title in _FUNDS]
    rows.append(("risk degree", f"{100 * Decimal(funds['risk_degree']):.2f} %"))
    head = f"{funds['account']} ({funds['currency']})"
    held = [
        (
            each["symbol"],
            each["direction"],
            str(each["volume"]),
            str(each["yd_volume"]),
            f"{each['average_price']:g}",
            _money(each["floating_pnl"]),
            _money(each["margin"]),
        )
        for each in account["positions"]
    ]
    books = [(name, _money(pnl)) for name, pnl in account["strategies"].items()]
    names = ("position", "side", "lots", "of before today", "average", "floating", "margin")
    return (
        listing((head, "amount"), rows),
        *([listing(names, held)] if held else ()),
        *([listing(("strategy", "result"), books)] if books else ()),
    )


def _money(amount: str | float) -> str:
    return f"{Decimal(str(amount)):,.2f}"
