"""How an order is written on the command line: `buy rb2510 2 --price 3200`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

import rich_click as click

__all__ = ["LOTS", "PRICE", "SIDES", "price_option"]

SIDES: Mapping[str, tuple[str, str]] = {
    "buy": ("long", "open"),
    "sell": ("short", "close"),
    "short": ("short", "open"),
    "cover": ("long", "close"),
}
"""The strategies' words: direction and offset of each."""

LOTS = click.IntRange(min=1)
"""How many lots an order may have."""


def _as_price(
    _context: click.Context, _parameter: click.Parameter, value: float | None
) -> float | None:
    if value is not None and not isfinite(value):
        msg = f"{value} is no price"
        raise click.BadParameter(msg)
    return value


def price_option(name: str, text: str) -> Callable[[Any], Any]:
    """Return an option that takes a finite price."""
    return click.option(name, type=float, callback=_as_price, metavar="PRICE", help=text)


PRICE = price_option("--price", "The limit; without it the order is at the market.")
"""The limit price of an order."""
