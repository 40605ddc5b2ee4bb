"""`homalos reconcile`: the engine's days against the statements of a broker."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rich_click as click
from attrs import asdict, astuple
from rich.console import RenderableType
from rich.markup import escape
from rich.text import Text

from homalos.cli.config_file import found_settings
from homalos.cli.options import CONFIG, HOME, PLUGIN, Asked, Outcome, with_options
from homalos.cli.statement_formats import FORMAT, formats_of
from homalos.config import home_folder
from homalos.engine.statements import (
    Difference,
    StatementDays,
    differences,
    read_by_any,
    unprinted,
)
from homalos.errors import StatementError
from homalos.plugins.ports import Reading
from homalos.plugins.specs import StatementFormatSpec

__all__ = ["ACCOUNT", "days_of", "reconcile"]

ACCOUNT = click.option(
    "--account",
    metavar="NAME",
    help="The engine's account; else the one of the statement's name, else the only one there is.",
)


@click.command("reconcile")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
    metavar="STATEMENT...",
)
@ACCOUNT
@FORMAT
@with_options(CONFIG, HOME, PLUGIN)
def reconcile(
    asked: Asked, *, files: Sequence[Path], account: str | None, wanted: str | None
) -> Outcome:
    """Compare the engine's days with settlement statements, line by line, to the cent.

    A statement says itself which day it is of; each format that plugins offer is tried on
    it. With a difference the exit code is 1.
    """
    days, formats = days_of(asked), formats_of(asked, wanted)
    # Everything is read before anything is said: a broken file is told alone.
    found = [_compared(path, _read(path, formats), days, account) for path in files]
    shown = [part for _, parts in found for part in parts]
    data = [data for data, _ in found]

    def show() -> None:
        from homalos.cli.tables import say

        say(*shown)

    different = any(each["differences"] for each in data)
    return Outcome(data={"statements": data}, show=show, code=int(different))


def days_of(asked: Asked) -> StatementDays:
    """Return the days that are kept in the home folder."""
    config = found_settings(asked.config)
    return StatementDays(home_folder(asked.home, os.environ, config, Path.cwd()))


def _compared(
    path: Path, reading: Reading, days: StatementDays, account: str | None
) -> tuple[dict[str, Any], list[RenderableType]]:
    theirs = reading.statement
    name = account or _account(path, reading, days)
    ours = days.load(name, theirs.trading_day)
    found = differences(ours, theirs, reading.printed)
    lacking = unprinted(ours, reading.printed)
    data = {
        "file": str(path),
        "account": name,
        "trading_day": theirs.trading_day,
        "kind": str(reading.kind),
        "not_printed": list(lacking),
        "differences": [asdict(each) for each in found],
    }
    return data, _report(f"{path}: {name}, {theirs.trading_day}", found, lacking)


def _read(path: Path, formats: Sequence[StatementFormatSpec]) -> Reading:
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise StatementError(reason, file=str(path)) from error
    return read_by_any(formats, data, name=str(path))


def _account(path: Path, reading: Reading, days: StatementDays) -> str:
    """Return which of our accounts a statement is of: its client's, or the only one."""
    named, known = reading.statement.account, days.accounts()
    if named in known:
        return named
    if len(known) == 1:
        return known[0]
    kept = ", ".join(known) or "none"
    reason = f"of the client {named!r}; say with --account which of ours that is: {kept}"
    raise StatementError(reason, file=str(path))


def _report(
    title: str, found: Sequence[Difference], lacking: Sequence[str]
) -> list[RenderableType]:
    from homalos.cli.tables import listing

    parts: list[RenderableType] = []
    if found:
        many = f"{len(found)} differences" if len(found) > 1 else "1 difference"
        parts.append(Text(f"{title}: {many}", style="bold red"))
        # A trade id or an account may have brackets in it, which rich would take for a style.
        rows = [tuple(map(escape, astuple(each))) for each in found]
        parts.append(listing(("section", "line", "column", "ours", "theirs"), rows))
    else:
        parts.append(Text(f"{title}: no difference"))
    if lacking:
        parts.append(Text(f"  not in the statement, so not compared: {', '.join(lacking)}"))
    return parts
