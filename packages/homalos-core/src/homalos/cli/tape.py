"""What the commands that read files of market data share."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import rich_click as click

from homalos.engine.bars import interval_ns
from homalos.engine.build import make_markets

if TYPE_CHECKING:
    from homalos.config import Settings
    from homalos.engine.tapes import BadRow, BadRows
    from homalos.plugins.catalog import Catalog

__all__ = ["LABEL", "STRICT", "as_interval", "symbol_of", "tell_bad_rows"]

_SHOWN = 20

STRICT = click.option("--strict", is_flag=True, help="Make a row that cannot be used an error.")
LABEL = click.option(
    "--label",
    type=click.Choice(("start", "end")),
    help="Whether the time in a bar file is the bar's start or its end; else told by its layout.",
)


def as_interval(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> str | None:
    """Read the length of a bar: `1m`, `15m`, `1h`, `d`."""
    if text is not None:
        try:
            interval_ns(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
    return text


def symbol_of(catalog: Catalog, settings: Settings, text: str) -> str:
    """Return the symbol that a text means, as the house writes it.

    Raises:
        UnknownInstrument: No market knows it.
    """
    markets = make_markets(catalog, settings)
    symbol = markets.parse(text)
    markets.instrument(symbol)
    return symbol


def tell_bad_rows(bad_rows: BadRows) -> None:
    """Have the first twenty rows that cannot be used told on standard error, as they come."""

    def tell(row: BadRow) -> None:
        if bad_rows.count <= _SHOWN:
            sys.stderr.write(f"{row.file}:{row.line}: {row.reason}\n")
        elif bad_rows.count == _SHOWN + 1:
            sys.stderr.write("further bad rows are counted, not told\n")

    bad_rows.told = tell
