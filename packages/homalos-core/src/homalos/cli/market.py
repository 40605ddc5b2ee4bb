"""`homalos market show`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import attrs
import rich_click as click

from homalos.cli.options import CONFIG, ENV, HOME, PLUGIN, SET, Asked, Outcome, with_options
from homalos.clock import wall_ns
from homalos.engine.build import make_markets
from homalos.plugins.catalog import Catalog
from homalos.plugins.ports import Fact

__all__ = ["as_day", "show"]

_FOREVER = 99_999_999
_NAME = 24  # characters of a source that stay on one line
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")


def as_day(_context: click.Context, _parameter: click.Parameter, text: str | None) -> int | None:
    """Read `2024-05-06` or `20240506` as yyyymmdd."""
    if text is None:
        return None
    match = _DAY.fullmatch(text.strip())
    try:
        found = date(*map(int, match.groups())) if match else None
    except ValueError:
        found = None
    if found is None:
        msg = f"{text!r} is no date; write YYYY-MM-DD, such as 2024-05-06"
        raise click.BadParameter(msg)
    return found.year * 10_000 + found.month * 100 + found.day


@click.command("show")
@click.argument("symbol")
@click.option(
    "--on",
    "on_day",
    callback=as_day,
    metavar="YYYY-MM-DD",
    help="The trading day; else the one that it is now, or that comes next.",
)
@with_options(CONFIG, ENV, HOME, SET, PLUGIN)
def show(asked: Asked, *, symbol: str, on_day: int | None) -> Outcome:
    """Show what holds of a contract on a day, since when, until when, and where it comes from.

    A fact that was seen on one day only is marked with that day, "nearest known", on all
    others. The exit code is 1 when the product is unknown, or the day no trading day.
    """
    catalog = Catalog.gather(asked.host())
    markets = make_markets(catalog, asked.settings(asked.config))
    found = markets.parse(symbol)
    day = on_day or markets.of(found).trading_day(found, wall_ns())
    facts = markets.of(found).describe(found, on_day=day)
    data = {"symbol": found, "day": day, "facts": [attrs.asdict(fact) for fact in facts]}
    return Outcome(data=data, show=lambda: _print(found, day, facts))


def _print(symbol: str, day: int, facts: Sequence[Fact]) -> None:
    from homalos.cli.tables import listing, say

    click.echo(f"{symbol} on {_date(day)}")
    table = listing(("fact", "value", "holds from–to", "source"), map(_row, facts))
    # On a narrow screen values are folded, names stay whole; the path of a file may be long.
    table.columns[0].no_wrap = True
    table.columns[3].no_wrap = all(len(each) <= _NAME for fact in facts for each in fact.sources)
    say(table)
    notes: dict[str, list[str]] = {}
    for fact in facts:
        if fact.note:
            notes.setdefault(fact.note, []).append(_words(fact.name))
    for note, about in notes.items():
        click.echo(f"{', '.join(about)}: {note}")


def _row(fact: Fact) -> tuple[str, str, str, str]:
    return _words(fact.name), fact.value, _holds(fact), "\n".join(fact.sources)


def _holds(fact: Fact) -> str:
    """Say on which days a fact is known to hold; nothing where nothing is known."""
    if fact.nearest:
        return f"nearest known: {_date(fact.nearest)}"
    if not fact.valid_from and fact.valid_to == _FOREVER:
        return ""
    if fact.valid_from == fact.valid_to:
        return _date(fact.valid_from)
    if not fact.valid_from:
        return f"until {_date(fact.valid_to)}"
    if fact.valid_to == _FOREVER:
        return f"since {_date(fact.valid_from)}"
    return f"{_date(fact.valid_from)} – {_date(fact.valid_to)}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _date(day: int) -> str:
    return f"{day // 10_000}-{day // 100 % 100:02}-{day % 100:02}"
