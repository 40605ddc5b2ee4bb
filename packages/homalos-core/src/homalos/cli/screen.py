"""The live console as a picture: what there is to show and a size in, something to draw out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import Factory, frozen
from rich import box
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from homalos.cli.listings import (
    Decimals,
    Listing,
    funds,
    orders,
    positions,
    quotes,
    strategies,
    trades,
)
from homalos.cli.words import clock, day, queues
from homalos.plugins.ports import Snapshot

__all__ = ["View", "draw"]

_WIDE = 110
"""Columns from which every table has a frame and the account stands beside the quotes."""

_ACCOUNT_COLUMNS = 34
_LEVELS = {"WARNING": "yellow", "ERROR": "bold red"}


@frozen(kw_only=True)
class View:
    """What there is to show.

    Attributes:
        title: What runs.
        picture: The engine's state.
        rate: Events a wall second.
        decimals: How a symbol's prices are written.
        scores: Strategy -> (net lots, profit before fees).
        messages: What happened last, the newest at the end, as (level, text).
        is_stopping: Whether a stop was asked for.
    """

    title: str
    picture: Snapshot
    rate: float
    decimals: Decimals
    scores: Mapping[str, tuple[int, float]] = Factory(dict)
    messages: Sequence[tuple[str, str]] = ()
    is_stopping: bool = False


def draw(view: View, width: int, height: int) -> RenderableType:
    """Return the console for a terminal of that many columns and lines, 80 by 24 at least.

    What does not fit is left out, and the title of its table says so.
    """
    is_wide = width >= _WIDE
    picture, decimals = view.picture, view.decimals
    quoted = quotes(picture, decimals, is_wide=is_wide)
    held, working = positions(picture, decimals), orders(picture, decimals)
    running = strategies(picture, view.scores, is_wide=is_wide)
    traded = trades(picture, decimals, is_wide=is_wide)
    around = 3 if is_wide else 2  # lines of a table that are no rows
    spoken = _message_lines(height, is_wide=is_wide)
    fixed = 2 + spoken + (0 if is_wide else 2)
    # The two pairs below keep two rows each, come what may.
    top = min(max(len(quoted.rows) + around, 11 if is_wide else 0), height - fixed - 2 * around - 4)
    rest = height - fixed - top
    upper, lower = rest - rest // 2, rest // 2
    root = Layout()
    rows = [Layout(_header(view, width), size=2)]
    if is_wide:
        shown = _table(quoted, top, framed=True)
        rows.append(_pair(top, shown, _account(picture), _ACCOUNT_COLUMNS))
    else:
        rows.append(Layout(_funds_lines(picture), size=2))
        rows.append(Layout(_table(quoted, top, framed=False), size=top))
    for lines, left, right in ((upper, held, running), (lower, working, traded)):
        shown = _table(left, lines, framed=is_wide)
        rows.append(_pair(lines, shown, _table(right, lines, framed=is_wide)))
    if spoken:
        rows.append(Layout(_messages(view.messages, spoken, framed=is_wide), size=spoken))
    root.split_column(*rows)
    return root


def _message_lines(height: int, *, is_wide: bool) -> int:
    if not is_wide:
        return 1
    return 6 if height >= 38 else 4 if height >= 32 else 0


def _pair(
    lines: int, left: RenderableType, right: RenderableType, right_columns: int | None = None
) -> Layout:
    both = Layout(size=lines)
    both.split_row(Layout(left), Layout(right, size=right_columns))
    return both


def _table(listing: Listing, lines: int, *, framed: bool) -> RenderableType:
    """Return a table in a frame, or under a rule, that is so many lines high."""
    room = max(lines - (3 if framed else 2), 0)
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim")
    for head in listing.heads:
        table.add_column(
            head.text,
            justify="right" if head.is_number else "left",
            no_wrap=True,
            max_width=head.width or None,
        )
    for row in listing.rows[:room]:
        table.add_row(*row)
    title = listing.title
    if len(listing.rows) > room:
        title = f"{title} ({room} of {len(listing.rows)})"
    return _titled(title, table, framed=framed)


def _titled(title: str, content: RenderableType, *, framed: bool) -> RenderableType:
    if framed:
        return Panel(content, title=title, title_align="left", border_style="dim", box=box.ROUNDED)
    return Group(Rule(title, align="left", style="dim"), content)


def _header(view: View, width: int) -> RenderableType:
    picture = view.picture
    counts = picture.counters
    stopping = (" stopping, Ctrl-C forces ", "bold red") if view.is_stopping else ""
    when = f"{clock(picture.ts_ns)}  trading day {day(picture.trading_day)} "
    rate = f"{view.rate:,.0f} events/s"
    waiting = f"queues {queues(picture.queues)}"
    lost = counts["dropped"] + counts["conflated"]
    losses = f"dropped {counts['dropped']:,} conflated {counts['conflated']:,} "
    if width >= _WIDE:
        names = ("ticks", "bars", "orders", "trades", "rejections")
        totals = "  ".join(f"{name} {counts[name]:,}" for name in names)
        first, second = f" {view.title} · {rate}", f" {totals} · {waiting}"
    else:
        first, second = f" {view.title}", f" {rate} · {waiting}"
    return Group(
        _ends(
            Text.assemble((" Homalos ", "bold reverse"), stopping, first),
            Text(when),
            width,
        ),
        _ends(Text(second), Text(losses, style="bold red" if lost else "dim"), width),
    )


def _ends(left: Text, right: Text, width: int) -> Text:
    """Return a line with one text at each end; the left one gives way."""
    left.truncate(max(width - right.cell_len - 1, 0), overflow="ellipsis", pad=True)
    return Text.assemble(left, " ", right, no_wrap=True, overflow="crop")


def _account(picture: Snapshot) -> RenderableType:
    table = Table.grid(expand=True)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for account in picture.accounts[:1]:
        for name, value in funds(account):
            table.add_row(name, value)
    names = ", ".join(account.account for account in picture.accounts)
    return _titled(f"Account {names}", table, framed=True)


def _funds_lines(picture: Snapshot) -> RenderableType:
    grid = Table.grid(expand=True, padding=(0, 1))
    for account in picture.accounts[:1]:
        figures = funds(account)
        for _ in range(4):
            grid.add_column(no_wrap=True)
        for four in (figures[:4], figures[4:]):
            grid.add_row(*(Text.assemble((f" {name} ", "dim"), value) for name, value in four))
    return grid


def _messages(messages: Sequence[tuple[str, str]], lines: int, *, framed: bool) -> RenderableType:
    room = lines - 2 if framed else lines
    shown = [
        Text(text, style=_LEVELS.get(level, ""), no_wrap=True, overflow="ellipsis")
        for level, text in list(messages)[-room:]
    ]
    return _titled("Messages", Group(*shown), framed=True) if framed else Group(*shown)
