"""Results as a person reads them: rich tables on standard output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NoReturn

from rich import box
from rich.console import Console
from rich.table import Table

__all__ = ["figures", "listing", "say"]


class _Stdout(Console):
    """Standard output; one that is closed early is the caller's to take."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise, where rich would end the process with exit code 1."""
        raise BrokenPipeError


def say(*tables: Table) -> None:
    """Write tables to standard output."""
    console = _Stdout()
    for table in tables:
        console.print(table)


def figures(title: str, rows: Iterable[tuple[str, str]]) -> Table:
    """Return a table of names and figures."""
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", show_header=False)
    table.add_column(style="dim")
    table.add_column(justify="right", overflow="fold")
    for name, value in rows:
        table.add_row(name, value)
    return table


def listing(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table with a head and rows of text."""
    table = Table(box=box.SIMPLE_HEAD)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
