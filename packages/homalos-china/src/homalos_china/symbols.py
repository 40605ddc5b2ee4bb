"""How people, files and exchanges write a contract, and the one way this house does."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping

from homalos.errors import UnknownInstrument
from homalos_china.products import Exchange, Product

__all__ = ["SymbolBook", "delivery_of"]

# A continuous series instead of a delivery month: the main contract as WonderTrader's and as
# vnpy's files call it, and vnpy's index over all months.
_SERIES = ("HOT", "888", "000")
# The main contract that this house chooses and rolls itself, `rb.MAIN.SHFE`.
_MAIN = "MAIN"
_CODE = re.compile(r"([A-Za-z]+)\.?(MAIN|HOT|[0-9]+)", re.IGNORECASE)
_OPTION = re.compile(r"[A-Za-z]+[0-9]{3,4}-?(MS-?)?[CP]-?[0-9.]+", re.IGNORECASE)
_LETTERS = string.ascii_letters
_KEPT = 65_536


class SymbolBook:
    """The spellings of every contract. Any thread.

    Args:
        products: By key, `rb.SHFE`.
        exchanges: By code.
        overrides: The file in which a user adds products, for the error that says so.
    """

    def __init__(
        self,
        products: Mapping[str, Product],
        exchanges: Mapping[str, Exchange],
        overrides: str,
    ) -> None:
        self._exchanges = exchanges
        self._overrides = overrides
        self._by_code: dict[str, list[Product]] = {}
        for product in products.values():
            self._by_code.setdefault(product.code.lower(), []).append(product)
        self._known: dict[tuple[str, str], tuple[str, Product]] = {}

    def find(self, text: str, exchange: str = "") -> tuple[str, Product]:
        """Return the symbol that a text means, and its product.

        Args:
            text: `rb2510.SHFE`, `SHFE.rb2510` or `rb2510`, in any case.
            exchange: The exchange when the source names it beside the code.

        Raises:
            UnknownInstrument: The text means nothing here; the message says what to do.
        """
        known = self._known.get((text, exchange))
        if known is None:
            known = self._find(text.strip(), exchange.strip().upper())
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[text, exchange] = known
        return known

    def _find(self, text: str, exchange: str) -> tuple[str, Product]:
        if "&" in text:
            msg = f"{text!r} is a combination of contracts; this market knows single futures"
            raise UnknownInstrument(msg)
        code, named = self._split(text)
        if exchange and exchange not in self._exchanges:
            raise self._no_exchange(exchange, text)
        if named and exchange and named != exchange:
            msg = f"{text!r} names {named}, but its source says {exchange}"
            raise UnknownInstrument(msg)
        if _OPTION.fullmatch(code):
            msg = f"{text!r} is an option; this market knows futures only"
            raise UnknownInstrument(msg)
        match = _CODE.fullmatch(code)
        if match is None:
            msg = f"{text!r} is not a contract; write CODE.EXCHANGE, such as rb2510.SHFE"
            raise UnknownInstrument(msg)
        product = self._product(match[1], named or exchange, text)
        month = self._month(match[2].upper(), product, text)
        return f"{product.code}{month}.{product.exchange.code}", product

    def _split(self, text: str) -> tuple[str, str]:
        """Take the exchange off a text: (code, exchange or "")."""
        head, dot, code = text.partition(".")
        if dot and head.upper() in self._exchanges:
            return code, head.upper()
        code, dot, tail = text.rpartition(".")
        if dot and tail.upper() in self._exchanges:
            return code, tail.upper()
        if dot and tail.upper() not in (*_SERIES, _MAIN) and not _OPTION.fullmatch(text):
            raise self._no_exchange(tail, text)
        return text, ""

    def _no_exchange(self, exchange: str, text: str) -> UnknownInstrument:
        known = ", ".join(self._exchanges)
        return UnknownInstrument(f"{text!r}: no exchange {exchange!r}; this market has {known}")

    def _product(self, letters: str, exchange: str, text: str) -> Product:
        found = [
            product
            for product in self._by_code.get(letters.lower(), ())
            if exchange in ("", product.exchange.code)
        ]
        exact = [product for product in found if product.code == letters]
        if len(found) > 1 and len(exact) == 1:
            found = exact
        if len(found) > 1:
            choice = " or ".join(product.exchange.code for product in found)
            msg = f"{text!r} is traded on {choice}; name the exchange"
            raise UnknownInstrument(msg)
        if not found:
            place = exchange or "any exchange of this market"
            msg = (
                f"{text!r}: no product {letters!r} on {place}; to add it, put [products.{letters}]"
                f" with exchange, tick_size, multiplier and day into {self._overrides}"
            )
            raise UnknownInstrument(msg)
        return found[0]

    def _month(self, digits: str, product: Product, text: str) -> str:
        """Return the delivery month as the exchange spells it."""
        if digits == _MAIN:
            return f".{digits}"
        if digits in _SERIES:
            return digits
        wanted = product.exchange.digits
        if len(digits) == 4 and wanted == 3:
            digits = digits[1:]
        if len(digits) != wanted or not 1 <= int(digits[-2:]) <= 12:
            example = f"{product.code}{'2510'[-wanted:]}"
            name = product.exchange.code
            msg = f"{text!r} has no delivery month of {name}, which writes {example}"
            raise UnknownInstrument(msg)
        return digits


def delivery_of(symbol: str, day: int | None) -> int | None:
    """Return a contract's delivery month as yyyymm; `None` when the symbol does not tell.

    Args:
        symbol: As this house writes it.
        day: A trading day, yyyymmdd. CZCE writes one digit of the year; it means the
            first such month that is not past on that day.
    """
    digits = symbol.partition(".")[0].lstrip(_LETTERS)
    if len(digits) == 4:
        return 200_000 + int(digits)
    if len(digits) != 3 or digits in _SERIES or day is None:
        return None
    now = day // 100
    decade = now // 1_000 * 1_000
    month = decade + int(digits)
    return month if month >= now else month + 1_000
