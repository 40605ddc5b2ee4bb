"""Results as a person reads them: rich tables on standard output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import NoReturn

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from homalos.engine.ledger import cents
from homalos.engine.summary import RunSummary
from homalos.model import StrategyState

__all__ = ["listing", "run_report", "say"]

_COLUMNS = (
    ("trading_days", "ticks", "bars", "orders", "trades", "rejections", "events", "deliveries"),
    (
        *("fees", "pnl", "equity", "max_drawdown"),
        *("identity_holds", "orders_settled", "rules", "postings"),
    ),
    ("dropped", "conflated", "bad_rows", "late", "outside", "faults"),
)
_LOSSES = _COLUMNS[2]


class _Stdout(Console):
    """Standard output; one that is closed early is the caller's to take."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise, where rich would end the process with exit code 1."""
        raise BrokenPipeError


def say(*parts: RenderableType) -> None:
    """Write tables and lines to standard output."""
    console = _Stdout(highlight=False)
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, Text))


def listing(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table with a head and rows of text."""
    table = Table(box=box.SIMPLE_HEAD)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def run_report(title: str, summary: RunSummary) -> tuple[RenderableType, ...]:
    """Return what a person is shown of a run: the figures, its strategies, its fingerprint."""
    return (
        _summary_table(title, summary),
        *(
            Text(f"  {name}  {state}", style="red" if state == StrategyState.FAILED else "")
            for name, state in summary.strategies.items()
        ),
        Text(f"  decision hash {summary.decision_hash}"),
    )


def _summary_table(title: str, summary: RunSummary) -> Table:
    """Return the figures of a run; what should not be as it is stands out in red."""
    table = Table(box=box.SIMPLE, title=title, title_justify="left", show_header=False)
    for _ in _COLUMNS:
        table.add_column(style="dim", no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
    for names in zip_longest(*_COLUMNS, fillvalue=""):
        table.add_row(*(cell for name in names for cell in _figure(summary, name)))
    return table


def _figure(summary: RunSummary, name: str) -> tuple[str, str]:
    if not name:
        return "", ""
    value = getattr(summary, name)
    if isinstance(value, bool):
        text = "yes" if value else "[bold red]no"
    elif isinstance(value, int):
        text = f"[red]{value:,}" if value and name in _LOSSES else f"{value:,}"
    else:
        text = f"{cents(Decimal(str(value))):,}"
    return name.replace("_", " "), text
