"""The messages and values everybody shares. Imports nothing of the engine."""

from homalos.model.account import AccountData, PositionData
from homalos.model.enums import (
    Direction,
    Interval,
    Offset,
    OrderType,
    PositionMode,
    ServiceState,
    SessionState,
    Status,
    StrategyState,
)
from homalos.model.events import (
    Alert,
    Command,
    ConnectionChanged,
    SessionChanged,
    StrategyChanged,
    TimerFired,
    TradingDayChanged,
)
from homalos.model.instrument import Fee, Instrument, split_symbol
from homalos.model.market import BarData, Depth, TickData
from homalos.model.order import (
    ACTIVE,
    CancelRefused,
    CancelRequest,
    OrderData,
    OrderReport,
    OrderRequest,
    Rejection,
    TradeData,
    TradeReport,
)
from homalos.model.service import ServiceStatus

__all__ = [
    "ACTIVE",
    "AccountData",
    "Alert",
    "BarData",
    "CancelRefused",
    "CancelRequest",
    "Command",
    "ConnectionChanged",
    "Depth",
    "Direction",
    "Fee",
    "Instrument",
    "Interval",
    "Offset",
    "OrderData",
    "OrderReport",
    "OrderRequest",
    "OrderType",
    "PositionData",
    "PositionMode",
    "Rejection",
    "ServiceState",
    "ServiceStatus",
    "SessionChanged",
    "SessionState",
    "Status",
    "StrategyChanged",
    "StrategyState",
    "TickData",
    "TimerFired",
    "TradeData",
    "TradeReport",
    "TradingDayChanged",
    "split_symbol",
]
