"""What a lot needs of an account's funds, and how many lots an order opens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isnan, nan
from typing import TYPE_CHECKING, TypeAlias

from homalos.model import Direction, MarginSide, Offset, OrderType

if TYPE_CHECKING:
    from homalos.model import Instrument, OrderRequest
    from homalos.plugins.ports import RiskContext
    from homalos_risk.books import Line

__all__ = ["HALF_CENT", "BookMargin", "Terms", "margin_a_lot", "margin_terms", "opened_lots"]

Terms: TypeAlias = "tuple[Instrument, float, float, float]"
"""A contract, the margin of a long and of a short lot at price 1, what each lot needs beside."""

# Statements are kept to 0.01 of the currency; a smaller difference is an error of doubles.
HALF_CENT = 0.005

_LONG, _OPEN = Direction.LONG, Offset.OPEN
_MARKET = OrderType.MARKET
_BOTH, _GROUP = MarginSide.BOTH, MarginSide.GROUP


def margin_terms(contract: Instrument) -> Terms:
    """Return what a contract's margin is reckoned with, in its currency.

    To be kept by symbol for as long as the contract is the same object: float(Decimal) goes
    through text and would cost more than all the rest of a check.
    """
    long, short = contract.margin_rate, contract.margin_rate_short
    at_1 = contract.multiplier * float(long)
    return (
        contract,
        at_1,
        at_1 if short is None else contract.multiplier * float(short),
        float(contract.margin_per_lot),
    )


def margin_a_lot(context: RiskContext) -> Callable[[OrderRequest], float]:
    """Return what says how much a lot of an order needs, currency.

    At the limit price, or for a market order at the last one; nan while that is not known.
    """
    contract_of = context.instrument
    last_price = context.last_price
    known: dict[str, Terms] = {}

    def margin(request: OrderRequest) -> float:
        symbol = request.symbol
        contract = contract_of(symbol)
        terms = known.get(symbol)
        # A contract may be replaced when its terms change, from one trading day to the next.
        if terms is None or terms[0] is not contract:
            terms = known[symbol] = margin_terms(contract)
        price = last_price(symbol) if request.type is _MARKET else request.price
        rate = terms[1] if request.direction is _LONG else terms[2]
        return abs(price) * rate + terms[3]

    return margin


def opened_lots(context: RiskContext, request: OrderRequest) -> int:
    """Return how many of an order's lots can open a position, 0 to its volume.

    All of one that opens; of any other those beyond what stands against it and nothing else
    closes, as in a netting account.
    """
    if request.offset is _OPEN:
        return request.volume
    holding = context.holding(request.account, request.symbol)
    if request.direction is _LONG:
        against = holding.short - holding.closing_short
    else:
        against = holding.long - holding.closing_long
    return request.volume - min(max(against, 0), request.volume)


class BookMargin:
    """Reckons what the contracts of an account bind, with an order as if filled or without."""

    def __init__(self, context: RiskContext) -> None:
        self._contract_of = context.instrument
        self._last_price = context.last_price
        self._terms: dict[str, Terms] = {}

    def of(
        self, lines: Iterable[Line], request: OrderRequest | None = None, opens: int = 0
    ) -> float:
        """Return the margin of some contracts, currency; nan where a price is not known.

        Args:
            lines: The contracts, with what is held and works to open.
            request: An order that counts as if filled, at its own price where its
                contract has none yet.
            opens: How many of its lots open.
        """
        total = 0.0
        sides: dict[str, tuple[float, float]] = {}
        for symbol, holding, _ in lines:
            long = holding.long + holding.opening_long
            short = holding.short + holding.opening_short
            asked = nan
            if request is not None and request.symbol == symbol:
                asked = request.price
                if request.direction is _LONG:
                    long += opens
                else:
                    short += opens
            if not (long or short):
                continue
            contract, long_at_1, short_at_1, beside = self._terms_of(symbol)
            price = self._last_price(symbol)
            price = abs(asked if isnan(price) else price)
            of_long = long * (price * long_at_1 + beside)
            of_short = short * (price * short_at_1 + beside)
            if contract.margin_side is _BOTH:
                total += of_long + of_short
            elif contract.margin_side is _GROUP and contract.margin_group:
                longs, shorts = sides.get(contract.margin_group, (0.0, 0.0))
                sides[contract.margin_group] = longs + of_long, shorts + of_short
            else:
                total += max(of_long, of_short)
        return total + sum(max(each) for each in sides.values())

    def _terms_of(self, symbol: str) -> Terms:
        contract = self._contract_of(symbol)
        terms = self._terms.get(symbol)
        # A contract may be replaced when its terms change, from one trading day to the next.
        if terms is None or terms[0] is not contract:
            terms = self._terms[symbol] = margin_terms(contract)
        return terms
