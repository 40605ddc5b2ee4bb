"""Whether a limit price is one that the exchange can book."""

from __future__ import annotations

from math import isfinite, nan
from typing import TYPE_CHECKING

from homalos.model import OrderType
from homalos.plugins.ports import Refusal

if TYPE_CHECKING:
    from homalos.model import Instrument, OrderRequest
    from homalos.plugins import NoOptions
    from homalos.plugins.ports import RiskCheck, RiskContext

__all__ = ["bind_tick_grid"]

_MARKET = OrderType.MARKET


def bind_tick_grid(context: RiskContext, options: NoOptions) -> RiskCheck:  # noqa: ARG001  has none
    """Return the check that a limit price is a whole number of ticks.

    Market orders pass: they have no price. A rule of validity: it refuses closing
    orders too. Engine thread.
    """
    contract_of = context.instrument

    def check(request: OrderRequest) -> Refusal | None:
        if request.type is _MARKET:
            return None
        price = request.price
        contract = contract_of(request.symbol)
        try:
            if contract.snap(price) == price:
                return None
        except OverflowError:  # an infinite price
            pass
        return _off_grid(price, contract)

    return check


def _off_grid(price: float, contract: Instrument) -> Refusal:
    if not isfinite(price):
        return Refusal(f"a limit order needs a price; {price} is none", price, nan)
    snapped = contract.snap(price)
    return Refusal(
        f"price {price} is not on the {contract.tick_size} grid of {contract.symbol}; "
        f"use Instrument.snap, which makes it {snapped}",
        price,
        snapped,
    )
