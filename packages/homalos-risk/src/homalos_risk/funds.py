"""Whether an account can pay for what an order opens."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, TypeAlias

from homalos.model import Direction, Offset, OrderType
from homalos.plugins.ports import Refusal

if TYPE_CHECKING:
    from homalos.model import Instrument, OrderRequest
    from homalos.plugins import NoOptions
    from homalos.plugins.ports import RiskCheck, RiskContext

__all__ = ["bind_funds"]

_Entry: TypeAlias = "tuple[Instrument, float, float, float]"

_LONG = Direction.LONG
_OPEN = Offset.OPEN
_MARKET = OrderType.MARKET
# Statements are kept to 0.01 of the currency; a smaller difference is an error of doubles.
_HALF_CENT = 0.005


def bind_funds(context: RiskContext, options: NoOptions) -> RiskCheck:  # noqa: ARG001  has none
    """Return the check that the account has the margin of what an order opens.

    The margin is price x multiplier x lots x the side's margin rate, and what the
    contract asks for each lot beside, in the contract's currency, at the limit price, or
    for a market order at the last price; without one a market order cannot be valued and
    is refused. A rule of exposure: what the engine knows to be reducing is never refused,
    and of an order that closes some lots and opens others (a netting account) only the
    latter need margin. What closing sets free is not counted on. Engine thread.
    """
    contract_of = context.instrument
    last_price = context.last_price
    available_in = context.available
    # Contract, margin of a long and of a short lot at price 1, and what each lot needs beside
    # that, by symbol: float(Decimal) goes through text and would cost more than all the rest.
    known: dict[str, _Entry] = {}

    def learn(contract: Instrument) -> _Entry:
        long, short = contract.margin_rate, contract.margin_rate_short
        at_1 = contract.multiplier * float(long)
        entry = (
            contract,
            at_1,
            at_1 if short is None else contract.multiplier * float(short),
            float(contract.margin_per_lot),
        )
        known[contract.symbol] = entry
        return entry

    def check(request: OrderRequest) -> Refusal | None:
        symbol = request.symbol
        contract = contract_of(symbol)
        entry = known.get(symbol)
        # A contract may be replaced when its terms change, from one trading day to the next.
        if entry is None or entry[0] is not contract:
            entry = learn(contract)
        price = last_price(symbol) if request.type is _MARKET else request.price
        rate = entry[1] if request.direction is _LONG else entry[2]
        margin = abs(price) * rate + entry[3]
        available = available_in(request.account)
        # False when the price is unknown: nan.
        if margin * request.volume <= available:
            return None
        return _weigh(context, request, margin, available)

    return check


def _weigh(
    context: RiskContext, request: OrderRequest, margin_a_lot: float, available: float
) -> Refusal | None:
    # The slow half: there is not enough for the whole order, so see what of it opens.
    if context.is_reducing(request):
        return None
    lots = request.volume
    if request.offset is not _OPEN:
        holding = context.holding(request.account, request.symbol)
        if request.direction is _LONG:
            lots -= max(holding.short - holding.closing_short, 0)
        else:
            lots -= max(holding.long - holding.closing_long, 0)
    if isnan(margin_a_lot):
        return Refusal(
            f"a {request.type} order in {request.symbol} cannot be valued: its price is not known",
            margin_a_lot,
            available,
        )
    margin = margin_a_lot * lots
    if margin <= available + _HALF_CENT:
        return None
    return Refusal(
        f"{lots} lots of {request.symbol} need a margin of {margin:.2f}; "
        f"{available:.2f} is available in account {request.account}",
        margin,
        available,
    )
