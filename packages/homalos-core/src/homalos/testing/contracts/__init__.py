"""The contracts of the plugin's parts: what the engine relies on, requirement by requirement.

Each is a tuple of named requirements; nothing here needs pytest.
"""

from homalos.testing.contracts.alert_channel import ALERT_CHANNEL, AlertChannelSubject
from homalos.testing.contracts.feed import FEED, FeedSubject
from homalos.testing.contracts.fill_model import FILL_MODEL, FillModelSubject
from homalos.testing.contracts.gateway import GATEWAY, GatewaySubject
from homalos.testing.contracts.market import MARKET, MarketSubject
from homalos.testing.contracts.requirement import (
    ContractBroken,
    Failure,
    Requirement,
    verify,
)
from homalos.testing.contracts.risk_rule import RISK_RULE, RiskRuleSubject
from homalos.testing.contracts.store import STORE, StoreSubject
from homalos.testing.contracts.strategy import STRATEGY, StrategySubject

__all__ = [
    "ALERT_CHANNEL",
    "FEED",
    "FILL_MODEL",
    "GATEWAY",
    "MARKET",
    "RISK_RULE",
    "STORE",
    "STRATEGY",
    "AlertChannelSubject",
    "ContractBroken",
    "Failure",
    "FeedSubject",
    "FillModelSubject",
    "GatewaySubject",
    "MarketSubject",
    "Requirement",
    "RiskRuleSubject",
    "StoreSubject",
    "StrategySubject",
    "verify",
]
