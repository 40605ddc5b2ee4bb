"""What a run settled, day by day: lines to read, values for JSON, files to keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import rich_click as click
from attrs import asdict
from rich.console import RenderableType
from rich.text import Text

from homalos.cli.words import day, money
from homalos.engine.statements import StatementDays
from homalos.errors import HomalosError
from homalos.model import Statement

__all__ = ["STATEMENTS", "as_values", "keep", "settled_table"]

STATEMENTS = click.option(
    "--statements",
    metavar="DIR",
    help="Keep the statement of each day in DIR, to be reconciled with --home DIR; - prints them.",
)
_PRINTED = "-"
_HEADS = (
    *("trading day", "before", "in and out", "realised", "marked", "fees"),
    *("balance", "margin", "available", "risk"),
)


def settled_table(statements: Sequence[Statement]) -> tuple[RenderableType, ...]:
    """Return a line for each settled day of an account; nothing where none was."""
    if not statements:
        return ()
    rows = [_HEADS, *(_line(each) for each in statements)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    # Not a table of rich: on a narrow screen a line that is cut is better than folded amounts.
    lines = ("  ".join(map(str.rjust, row, widths)) for row in rows)
    return (Text("\n" + "\n".join(lines)),)


def as_values(statements: Sequence[Statement]) -> list[dict[str, Any]]:
    """Return each day's funds as plain JSON values; amounts as text, to the cent."""
    return [
        {
            "account": each.account,
            "trading_day": each.trading_day,
            **{name: str(value) for name, value in asdict(each.funds).items()},
        }
        for each in statements
    ]


def keep(
    statements: Sequence[Statement], where: str, write: Callable[[Statement], str] | None
) -> str:
    """Keep the days in a folder, or return them as text for `-`.

    Args:
        statements: Settled days.
        where: A folder, or `-`.
        write: Writes one as text; `None` where no plugin offers a format.

    Raises:
        HomalosError: They are to be printed, and nobody knows how.
        StoreError: The folder cannot be written.
    """
    if where == _PRINTED:
        if write is None:
            msg = "no plugin offers a format of statements; install homalos-china, or give a folder"
            raise HomalosError(msg)
        return "\n".join(write(each) for each in statements)
    days = StatementDays(Path(where), write)
    for each in statements:
        days.save(each)
    return ""


def _line(statement: Statement) -> tuple[str, ...]:
    funds = statement.funds
    moved = funds.deposits - funds.withdrawals
    amounts = (funds.balance_before, moved, funds.realised, funds.marked, funds.fees)
    rest = (funds.balance, funds.margin, funds.available)
    return (
        day(statement.trading_day),
        *map(money, (*amounts, *rest)),
        f"{100 * funds.risk_degree:.2f} %",
    )
