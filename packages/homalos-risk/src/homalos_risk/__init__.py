"""Pre-trade rules: what an order must satisfy before it leaves the house."""

from homalos_risk.funds import bind_funds
from homalos_risk.order_rate import OrderRateOptions, bind_order_rate
from homalos_risk.order_size import OrderSizeOptions, bind_order_size
from homalos_risk.position_limit import PositionLimitOptions, bind_position_limit
from homalos_risk.price_band import PriceBandOptions, bind_price_band

__all__ = [
    "OrderRateOptions",
    "OrderSizeOptions",
    "PositionLimitOptions",
    "PriceBandOptions",
    "bind_funds",
    "bind_order_rate",
    "bind_order_size",
    "bind_position_limit",
    "bind_price_band",
]
