"""Money and prices: whole millionths inside, exact decimals outside."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

__all__ = ["EXACT", "MICRO", "amount", "cents", "micros", "price_of", "whole_micros"]

MICRO = 1_000_000
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
"""Decimals of the books are reckoned in it: the 28 digits of the default round long rates."""
_CENT = Decimal("0.01")


def micros(price: float) -> int:
    """Return a price in millionths of the currency, to the nearest."""
    return round(price * MICRO)


def whole_micros(price: Decimal) -> int:
    """Return an exact price in millionths of the currency, to the nearest; a half goes up."""
    return int(EXACT.multiply(price, Decimal(MICRO)).to_integral_value(rounding=ROUND_HALF_UP))


def price_of(count: int) -> Decimal:
    """Return a price counted in millionths as an exact decimal."""
    return EXACT.divide(Decimal(count), Decimal(MICRO))


def amount(count: int, multiplier: int) -> Decimal:
    """Return millionths x lots of a contract as an amount of currency, exact."""
    return EXACT.divide(Decimal(count * multiplier), Decimal(MICRO))


def cents(amount: Decimal) -> Decimal:
    """Round an amount half-up to 0.01, as a statement line does; never to a negative zero."""
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP, context=EXACT) + 0
