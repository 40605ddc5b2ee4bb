"""Pre-trade rules: what an order must satisfy before it leaves the house."""

from homalos_risk.concentration import ConcentrationOptions, bind_concentration
from homalos_risk.custom import AppliesTo, CustomOptions, CustomRule, bind_custom
from homalos_risk.daily_loss import DailyLossOptions, bind_daily_loss
from homalos_risk.daily_messages import DailyMessagesOptions, bind_daily_messages
from homalos_risk.drawdown import DrawdownOptions, bind_drawdown
from homalos_risk.duplicate_order import DuplicateOrderOptions, bind_duplicate_order
from homalos_risk.funds import bind_funds
from homalos_risk.margin_ratio import MarginRatioOptions, bind_margin_ratio
from homalos_risk.message_rate import MessageRateOptions, bind_message_rate
from homalos_risk.net_exposure import NetExposureOptions, bind_net_exposure
from homalos_risk.notional import NotionalOptions, bind_notional
from homalos_risk.order_rate import OrderRateOptions, bind_order_rate
from homalos_risk.order_size import OrderSizeOptions, bind_order_size
from homalos_risk.position_limit import PositionLimitOptions, bind_position_limit
from homalos_risk.price_band import PriceBandOptions, bind_price_band
from homalos_risk.self_trade import bind_self_trade
from homalos_risk.session_open import SessionOpenOptions, bind_session_open
from homalos_risk.stale_quote import StaleQuoteOptions, bind_stale_quote
from homalos_risk.strategy_position import StrategyPositionOptions, bind_strategy_position
from homalos_risk.tick_grid import bind_tick_grid
from homalos_risk.total_position import TotalPositionOptions, bind_total_position
from homalos_risk.working_orders import WorkingOrdersOptions, bind_working_orders

__all__ = [
    "AppliesTo",
    "ConcentrationOptions",
    "CustomOptions",
    "CustomRule",
    "DailyLossOptions",
    "DailyMessagesOptions",
    "DrawdownOptions",
    "DuplicateOrderOptions",
    "MarginRatioOptions",
    "MessageRateOptions",
    "NetExposureOptions",
    "NotionalOptions",
    "OrderRateOptions",
    "OrderSizeOptions",
    "PositionLimitOptions",
    "PriceBandOptions",
    "SessionOpenOptions",
    "StaleQuoteOptions",
    "StrategyPositionOptions",
    "TotalPositionOptions",
    "WorkingOrdersOptions",
    "bind_concentration",
    "bind_custom",
    "bind_daily_loss",
    "bind_daily_messages",
    "bind_drawdown",
    "bind_duplicate_order",
    "bind_funds",
    "bind_margin_ratio",
    "bind_message_rate",
    "bind_net_exposure",
    "bind_notional",
    "bind_order_rate",
    "bind_order_size",
    "bind_position_limit",
    "bind_price_band",
    "bind_self_trade",
    "bind_session_open",
    "bind_stale_quote",
    "bind_strategy_position",
    "bind_tick_grid",
    "bind_total_position",
    "bind_working_orders",
]
