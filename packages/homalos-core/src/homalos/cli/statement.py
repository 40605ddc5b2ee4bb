"""`homalos statement list|show`: the engine's own days, as a broker would print them."""

from __future__ import annotations

from typing import Any

import msgspec
import rich_click as click

from homalos.cli.options import CONFIG, HOME, PLUGIN, Asked, Outcome, with_options
from homalos.cli.reconcile import ACCOUNT, days_of
from homalos.cli.statement_formats import FORMAT, formats_of
from homalos.engine.statements import StatementDays
from homalos.errors import StatementError

__all__ = ["listed", "show"]


@click.command("list")
@ACCOUNT
@with_options(CONFIG, HOME)
def listed(asked: Asked, *, account: str | None) -> Outcome:
    """Show which days the engine has settled, an account at a time."""
    days = days_of(asked)
    names = days.accounts() if account is None else (_known(days, account),)
    found = {name: days.days(name) for name in names}

    def show_them() -> None:
        if not found:
            click.echo(f"no statement in {days.folder}")
        for name, kept in found.items():
            for day in kept:
                click.echo(f"{name}  {day}")

    return Outcome(data={"statements": found}, show=show_them)


@click.command("show")
@click.argument("day", type=int, required=False, metavar="[DAY]")
@ACCOUNT
@FORMAT
@with_options(CONFIG, HOME, PLUGIN)
def show(asked: Asked, *, day: int | None, account: str | None, wanted: str | None) -> Outcome:
    """Print the statement of a day, yyyymmdd; the last one when left out.

    It is printed in the first format that plugins offer; --json needs none.
    """
    days = days_of(asked)
    name = _known(days, account)
    statement = days.load(name, day or days.days(name)[-1])
    data: dict[str, Any] = msgspec.to_builtins(statement)

    def show_it() -> None:
        click.echo(formats_of(asked, wanted)[0].write(statement), nl=False)

    return Outcome(data=data, show=show_it)


def _known(days: StatementDays, account: str | None) -> str:
    """Return the account that is meant, if it has a day."""
    known = days.accounts()
    if account in known:
        return str(account)
    kept = ", ".join(known) or "none"
    if account is not None:
        reason = f"no statement of the account {account!r} in {days.folder}; accounts there: {kept}"
        raise StatementError(reason)
    if len(known) != 1:
        reason = f"say with --account which statements in {days.folder}; accounts there: {kept}"
        raise StatementError(reason)
    return known[0]
