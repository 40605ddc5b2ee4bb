"""Money and prices: whole millionths inside, exact decimals outside."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal

__all__ = [
    "EXACT",
    "MICRO",
    "PLACES",
    "amount",
    "cents",
    "micros",
    "price_of",
    "printed",
    "total_of",
    "whole_micros",
]

MICRO = 1_000_000
PLACES = 6
"""Decimal places of what is counted in millionths."""
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
"""Decimals of the books are reckoned and rounded in it, half-up: the 28 digits of the default
round long rates."""
_CENT = Decimal("0.01")
_NOTHING = Decimal("0.00")
_ZERO = Decimal(0)


def micros(price: float) -> int:
    """Return a price in millionths of the currency, to the nearest."""
    return round(price * MICRO)


def whole_micros(price: Decimal) -> int:
    """Return an exact price in millionths of the currency, to the nearest; a half goes up."""
    return int(EXACT.multiply(price, Decimal(MICRO)).to_integral_value(rounding=ROUND_HALF_UP))


def price_of(count: int) -> Decimal:
    """Return a price counted in millionths as an exact decimal."""
    whole, rest = divmod(count, MICRO)
    return EXACT.divide(Decimal(count), Decimal(MICRO)) if rest else Decimal(whole)


def printed(count: int, scale: int) -> Decimal:
    """Return an amount counted in 1/10**scale as `cents` rounds it, by whole numbers alone.

    Args:
        count: Of any sign.
        scale: Decimal places, >= 2.
    """
    step = 10 ** (scale - 2)
    whole = (abs(count) + step // 2) // step
    return EXACT.scaleb(Decimal(whole if count >= 0 else -whole), -2)


def amount(count: int, multiplier: int) -> Decimal:
    """Return millionths x lots of a contract as an amount of currency, exact."""
    return EXACT.divide(Decimal(count * multiplier), Decimal(MICRO))


def total_of(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum of amounts, exact."""
    total = _ZERO
    for each in amounts:
        total = EXACT.add(total, each)
    return total


def cents(amount: Decimal) -> Decimal:
    """Round an amount half-up to 0.01, as a statement line does; never to a negative zero."""
    if not amount:
        return _NOTHING  # many lines of a statement are
    return EXACT.quantize(amount, _CENT) + 0
