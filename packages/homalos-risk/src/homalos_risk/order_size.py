"""How large one order may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import field, frozen, validators

from homalos.model import OrderType
from homalos.plugins.ports import Meter, Refusal, RiskRule

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import RiskContext

__all__ = ["OrderSizeOptions", "bind_order_size"]

_MARKET = OrderType.MARKET


@frozen(kw_only=True)
class OrderSizeOptions:
    """The house's own bound, beside the exchange's.

    Attributes:
        max_lots: Largest order in lots, >= 1.
    """

    max_lots: int = field(default=1000, validator=[validators.instance_of(int), validators.ge(1)])


def bind_order_size(context: RiskContext, options: OrderSizeOptions) -> RiskRule:
    """Return the rule that an order has 1 to `max_lots` lots, and no more than its contract takes.

    The contract's bound is `Instrument.max_limit_volume` or `max_market_volume`;
    where it is 0 it is not known, and only the house's bound holds. A rule of
    validity: it refuses closing orders too. Engine thread.
    """
    contract_of = context.instrument
    max_lots = options.max_lots

    def check(request: OrderRequest) -> Refusal | None:
        volume = request.volume
        if not 0 < volume <= max_lots:
            return Refusal(
                f"the order has {volume} lots; 1 to {max_lots} are allowed", volume, max_lots
            )
        contract = contract_of(request.symbol)
        is_market = request.type is _MARKET
        largest = contract.max_market_volume if is_market else contract.max_limit_volume
        if 0 < largest < volume:
            return Refusal(
                f"the order has {volume} lots; a {request.type} order in {request.symbol} "
                f"may have at most {largest}",
                volume,
                largest,
            )
        return None

    def measure(request: OrderRequest) -> Iterator[Meter]:
        contract = contract_of(request.symbol)
        is_market = request.type is _MARKET
        largest = contract.max_market_volume if is_market else contract.max_limit_volume
        limit = min(largest, max_lots) if largest > 0 else max_lots
        yield Meter(subject="order", value=request.volume, limit=limit)

    return RiskRule(check=check, measure=measure)
