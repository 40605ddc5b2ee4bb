"""How a main contract is written, and what can be told from a contract's own name."""

from __future__ import annotations

import re

from homalos.errors import DataError
from homalos.model import split_symbol

__all__ = ["MAIN", "delivery_month", "main_symbol", "product_of", "product_of_main"]

MAIN = ".MAIN"
"""What stands behind a product's code in the symbol of its main contract: `rb.MAIN.SHFE`."""

_MONTH = re.compile(r"\d+\Z")


def main_symbol(product: str) -> str:
    """Return the symbol of a product's main contract: `rb.SHFE` -> `rb.MAIN.SHFE`.

    Raises:
        ValueError: The text is no `PRODUCT.EXCHANGE`.
    """
    code, exchange = split_symbol(product)
    return f"{code}{MAIN}.{exchange}"


def product_of_main(symbol: str) -> str:
    """Return the product whose main contract a symbol means; "" when it is a contract itself."""
    code, _, exchange = symbol.rpartition(".")
    return f"{code.removesuffix(MAIN)}.{exchange}" if code.endswith(MAIN) else ""


def product_of(symbol: str) -> str:
    """Return the product of a contract whose code ends in digits: `rb2510.SHFE` -> `rb.SHFE`."""
    code, exchange = split_symbol(symbol)
    return f"{code.rstrip('0123456789')}.{exchange}"


def delivery_month(symbol: str, day: int) -> int:
    """Return a contract's delivery month as yyyymm, from the digits its code ends in.

    Four digits are yymm. Three are ymm, of which the decade is open: it is the first
    such month that is not past on the day, so that `AP905` is 201905 in January 2019.

    Args:
        symbol: `CODE.EXCHANGE`.
        day: A trading day on which the contract is traded, yyyymmdd.

    Raises:
        DataError: The code does not end in a month.
    """
    code = split_symbol(symbol)[0]
    found = _MONTH.search(code)
    digits = found[0] if found else ""
    if len(digits) not in (3, 4) or not 1 <= int(digits[-2:]) <= 12:
        msg = f"{symbol} does not end in a delivery month, such as rb2510.SHFE or AP010.CZCE"
        raise DataError(msg)
    now = day // 100
    if len(digits) == 4:
        return now // 10_000 * 10_000 + int(digits)
    month = now // 1_000 * 1_000 + int(digits)
    return month if month >= now else month + 1_000
