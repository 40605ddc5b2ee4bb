"""How far from the market a limit price may be."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite, nan
from typing import TYPE_CHECKING

from attrs import field, frozen, validators

from homalos.model import OrderType
from homalos.plugins.ports import Meter, Refusal, RiskRule

if TYPE_CHECKING:
    from homalos.model import OrderRequest, TickData
    from homalos.plugins.ports import RiskContext

__all__ = ["PriceBandOptions", "bind_price_band"]

_MARKET = OrderType.MARKET
# 0.41 * 300 is 122.99999999999999 in doubles, and 177 would be outside its band. The slack is
# far above such errors and far below any tick.
_SLACK = 1 + 1e-9


@frozen(kw_only=True)
class PriceBandOptions:
    """The width of the band.

    Attributes:
        max_deviation: Share of the last price that a limit price may be above or
            below it, above 0, at most 1.
    """

    max_deviation: float = field(default=0.1, validator=[validators.gt(0), validators.le(1)])


def bind_price_band(context: RiskContext, options: PriceBandOptions) -> RiskRule:
    """Return the rule that a limit price is near the market.

    Near is within `max_deviation` of the last price and inside the day's limits;
    what is not known yet is not checked. Market orders pass. A rule of validity:
    it refuses closing orders too. Engine thread.
    """
    last_price = context.last_price
    last_tick = context.last_tick
    max_deviation = options.max_deviation
    lowest, highest = 1 - max_deviation, 1 + max_deviation

    def check(request: OrderRequest) -> Refusal | None:
        if request.type is _MARKET:
            return None
        price = request.price
        symbol = request.symbol
        last = last_price(symbol)
        # A quick look. It can fail on the very edge, and does where a price is unknown or below
        # 0: all these are judged apart.
        if not last * lowest <= price <= last * highest:
            refusal = _far_off(request, last, max_deviation)
            if refusal is not None:
                return refusal
        tick = last_tick(symbol)
        # A limit that is not known is nan, and every comparison with it false.
        if tick is not None and (price > tick.limit_up or price < tick.limit_down):
            return _outside_limits(price, tick)
        return None

    def measure(request: OrderRequest) -> Iterator[Meter]:
        last = last_price(request.symbol)
        if request.type is not _MARKET and last:
            away = abs(request.price - last) / abs(last)
            yield Meter(subject=request.symbol, value=away, limit=max_deviation)

    return RiskRule(check=check, measure=measure)


def _far_off(request: OrderRequest, last: float, max_deviation: float) -> Refusal | None:
    price = request.price
    if not isfinite(price):
        return Refusal(f"a limit order needs a price; {price} is none", price, nan)
    allowed = abs(last) * max_deviation
    # Spreads trade below 0; and no price is far from an unknown one, nan.
    if not abs(price - last) > allowed * _SLACK:
        return None
    low, high = last - allowed, last + allowed
    return Refusal(
        f"price {price} of {request.symbol} is not within {low:.10g} to {high:.10g}, "
        f"{max_deviation * 100:.10g} % around the last price {last}",
        price,
        low if price < low else high,
    )


def _outside_limits(price: float, tick: TickData) -> Refusal:
    return Refusal(
        f"price {price} of {tick.symbol} is outside the day's limits, "
        f"{tick.limit_down} to {tick.limit_up}",
        price,
        tick.limit_up if price > tick.limit_up else tick.limit_down,
    )
