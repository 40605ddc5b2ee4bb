"""The sockets: what the core asks, what a plugin answers with, what it may use."""

from homalos.plugins.hookspecs import hookimpl, hookspec
from homalos.plugins.options import OTHER_KEYS
from homalos.plugins.specs import (
    AlertChannelSpec,
    CommandSpec,
    DoctorCheckSpec,
    FeedSpec,
    FillModelSpec,
    GatewaySpec,
    ImporterSpec,
    MarketSpec,
    NoOptions,
    RiskRuleSpec,
    RouterSpec,
    StatementFormatSpec,
    StoreSpec,
    StrategySpec,
)

__all__ = [
    "OTHER_KEYS",
    "AlertChannelSpec",
    "CommandSpec",
    "DoctorCheckSpec",
    "FeedSpec",
    "FillModelSpec",
    "GatewaySpec",
    "ImporterSpec",
    "MarketSpec",
    "NoOptions",
    "RiskRuleSpec",
    "RouterSpec",
    "StatementFormatSpec",
    "StoreSpec",
    "StrategySpec",
    "hookimpl",
    "hookspec",
]
