"""Whether an account can pay for what an order opens."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from typing import TYPE_CHECKING

from homalos.plugins.ports import Meter, Refusal, RiskRule
from homalos_risk.margins import HALF_CENT, margin_a_lot, opened_lots

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins import NoOptions
    from homalos.plugins.ports import RiskContext

__all__ = ["bind_funds"]


def bind_funds(context: RiskContext, options: NoOptions) -> RiskRule:  # noqa: ARG001  has none
    """Return the rule that the account has the margin of what an order opens.

    The margin is price x multiplier x lots x the side's margin rate, and what the
    contract asks for each lot beside, in the contract's currency, at the limit price, or
    for a market order at the last price; without one a market order cannot be valued and
    is refused. A rule of exposure: what the engine knows to be reducing is never refused,
    and of an order that closes some lots and opens others (a netting account) only the
    latter need margin. What closing sets free is not counted on. Engine thread.
    """
    available_in = context.available
    a_lot_of = margin_a_lot(context)

    def check(request: OrderRequest) -> Refusal | None:
        margin = a_lot_of(request)
        available = available_in(request.account)
        # False when the price is unknown: nan.
        if margin * request.volume <= available:
            return None
        return _weigh(context, request, margin, available)

    def measure(request: OrderRequest) -> Iterator[Meter]:
        margin = a_lot_of(request) * opened_lots(context, request)
        yield Meter(subject=request.account, value=margin, limit=available_in(request.account))

    return RiskRule(check=check, measure=measure)


def _weigh(
    context: RiskContext, request: OrderRequest, margin_a_lot: float, available: float
) -> Refusal | None:
    # The slow half: there is not enough for the whole order, so see what of it opens.
    if context.is_reducing(request):
        return None
    lots = opened_lots(context, request)
    if isnan(margin_a_lot):
        return Refusal(
            f"a {request.type} order in {request.symbol} cannot be valued: its price is not known",
            margin_a_lot,
            available,
        )
    margin = margin_a_lot * lots
    if margin <= available + HALF_CENT:
        return None
    return Refusal(
        f"{lots} lots of {request.symbol} need a margin of {margin:.2f}; "
        f"{available:.2f} is available in account {request.account}",
        margin,
        available,
    )
