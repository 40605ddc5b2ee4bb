"""The rules of this package, in the order in which they are asked."""

from __future__ import annotations

from homalos.plugins import RiskRuleSpec
from homalos_risk.concentration import ConcentrationOptions, bind_concentration
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

__all__ = ["RULES"]

# What is wrong with the order itself, or with the moment: refused even if it closes.
_VALIDITY = (
    RiskRuleSpec(
        name="order_size",
        factory=bind_order_size,
        config=OrderSizeOptions,
        order=10,
        kind="validity",
        doc="Lots of one order, by the house's bound and the exchange's.",
    ),
    RiskRuleSpec(
        name="tick_grid",
        factory=bind_tick_grid,
        order=15,
        kind="validity",
        doc="A limit price that is a whole number of ticks.",
    ),
    RiskRuleSpec(
        name="price_band",
        factory=bind_price_band,
        config=PriceBandOptions,
        order=20,
        kind="validity",
        doc="A limit price near the last price, inside the day's limits.",
    ),
    RiskRuleSpec(
        name="session_open",
        factory=bind_session_open,
        config=SessionOpenOptions,
        order=22,
        kind="validity",
        doc="Orders only while the market of their symbol takes them. Set `when`.",
    ),
    RiskRuleSpec(
        name="stale_quote",
        factory=bind_stale_quote,
        config=StaleQuoteOptions,
        order=24,
        kind="validity",
        doc="Orders only on a fresh and whole quote. Set what to ask of one.",
    ),
    RiskRuleSpec(
        name="self_trade",
        factory=bind_self_trade,
        order=26,
        kind="validity",
        doc="No order that would trade with another of the same account.",
    ),
    RiskRuleSpec(
        name="duplicate_order",
        factory=bind_duplicate_order,
        config=DuplicateOrderOptions,
        order=80,
        kind="validity",
        doc="Not the same order twice in a moment. Set `within_s`.",
    ),
    RiskRuleSpec(
        name="order_rate",
        factory=bind_order_rate,
        config=OrderRateOptions,
        order=90,
        kind="validity",
        doc="Orders that may pass in a stretch of time.",
    ),
)

# How much is at stake: what can only make a position smaller goes through.
_EXPOSURE = (
    RiskRuleSpec(
        name="notional",
        factory=bind_notional,
        config=NotionalOptions,
        order=28,
        doc="Value of one order, and of all that an account holds. Set the limits.",
    ),
    RiskRuleSpec(
        name="position_limit",
        factory=bind_position_limit,
        config=PositionLimitOptions,
        order=30,
        doc="Lots of one side of a symbol when everything working fills.",
    ),
    RiskRuleSpec(
        name="total_position",
        factory=bind_total_position,
        config=TotalPositionOptions,
        order=32,
        doc="Lots of one side of a product, and of an account. Set the limits.",
    ),
    RiskRuleSpec(
        name="strategy_position",
        factory=bind_strategy_position,
        config=StrategyPositionOptions,
        order=34,
        doc="Net lots of one strategy in a symbol. Set the limits.",
    ),
    RiskRuleSpec(
        name="net_exposure",
        factory=bind_net_exposure,
        config=NetExposureOptions,
        order=36,
        doc="Longs less shorts of a contract, a product, an account, in lots and money.",
    ),
    RiskRuleSpec(
        name="working_orders",
        factory=bind_working_orders,
        config=WorkingOrdersOptions,
        order=38,
        doc="Orders at work at once in a symbol, and in an account. Set the limits.",
    ),
    RiskRuleSpec(
        name="funds",
        factory=bind_funds,
        order=40,
        doc="Margin of what the order opens, from the funds available.",
    ),
    RiskRuleSpec(
        name="margin_ratio",
        factory=bind_margin_ratio,
        config=MarginRatioOptions,
        order=42,
        doc="Margin as a share of the equity (risk degree). Set `max_ratio`.",
    ),
    RiskRuleSpec(
        name="concentration",
        factory=bind_concentration,
        config=ConcentrationOptions,
        order=44,
        doc="Margin in one contract or product as a share of the account. Set the limits.",
    ),
    RiskRuleSpec(
        name="daily_loss",
        factory=bind_daily_loss,
        config=DailyLossOptions,
        order=50,
        doc="Loss of an account, and of a strategy, on one trading day. Set the limits.",
    ),
    RiskRuleSpec(
        name="drawdown",
        factory=bind_drawdown,
        config=DrawdownOptions,
        order=52,
        doc="Fall of an account, and of a strategy, below its best. Set the limits.",
    ),
    RiskRuleSpec(
        name="daily_messages",
        factory=bind_daily_messages,
        config=DailyMessagesOptions,
        order=60,
        doc="Orders and cancels in a contract on one trading day. Set the limits.",
    ),
    RiskRuleSpec(
        name="message_rate",
        factory=bind_message_rate,
        config=MessageRateOptions,
        order=85,
        doc="Orders and cancels in a contract in a stretch of time. Set `max_messages`.",
    ),
)

RULES = tuple(sorted((*_VALIDITY, *_EXPOSURE), key=lambda rule: rule.order))
"""Every built-in rule. Those that count are asked last."""
