"""What a plugin may use of the engine, and what the engine uses of a plugin.

Protocols and plain values. Unless a method says otherwise it is called on the engine
thread.
"""

from homalos.plugins.ports.alerts import AlertChannel, AlertContext
from homalos.plugins.ports.changes import Applied, NeedsRestart
from homalos.plugins.ports.checks import DoctorCheck, DoctorContext, Finding
from homalos.plugins.ports.clock import Clock, Timer
from homalos.plugins.ports.data import (
    Feed,
    FeedContext,
    ImportContext,
    MarketEvent,
    RowFault,
    Store,
    StoreContext,
    TellBadRow,
)
from homalos.plugins.ports.desk import Desk
from homalos.plugins.ports.fills import Fill, FillContext, FillModel, RestingOrder
from homalos.plugins.ports.market import (
    Auction,
    AuctionSource,
    Fact,
    Market,
    MarketContext,
    Session,
)
from homalos.plugins.ports.outside import (
    EngineHandle,
    Observation,
    ObserverStats,
    Snapshot,
    SubscriberStats,
)
from homalos.plugins.ports.risk import (
    Activity,
    FundsView,
    Holding,
    Meter,
    Refusal,
    RiskCheck,
    RiskContext,
    RiskRule,
    WorkingView,
)
from homalos.plugins.ports.routing import Priced, Router, Selective, VenueView
from homalos.plugins.ports.statements import Reading, StatementKind, StatementReader
from homalos.plugins.ports.venue import (
    DayCloser,
    FaultMaker,
    FundsSource,
    Gateway,
    GatewayContext,
    LeaseHolder,
    MarketTap,
    NettingVenue,
    OrderSource,
    PositionSource,
    PromptVenue,
    VenueEvent,
    VenueFunds,
    VenuePosition,
)

__all__ = [
    "Activity",
    "AlertChannel",
    "AlertContext",
    "Applied",
    "Auction",
    "AuctionSource",
    "Clock",
    "DayCloser",
    "Desk",
    "DoctorCheck",
    "DoctorContext",
    "EngineHandle",
    "Fact",
    "FaultMaker",
    "Feed",
    "FeedContext",
    "Fill",
    "FillContext",
    "FillModel",
    "Finding",
    "FundsSource",
    "FundsView",
    "Gateway",
    "GatewayContext",
    "Holding",
    "ImportContext",
    "LeaseHolder",
    "Market",
    "MarketContext",
    "MarketEvent",
    "MarketTap",
    "Meter",
    "NeedsRestart",
    "NettingVenue",
    "Observation",
    "ObserverStats",
    "OrderSource",
    "PositionSource",
    "Priced",
    "PromptVenue",
    "Reading",
    "Refusal",
    "RestingOrder",
    "RiskCheck",
    "RiskContext",
    "RiskRule",
    "Router",
    "RowFault",
    "Selective",
    "Session",
    "Snapshot",
    "StatementKind",
    "StatementReader",
    "Store",
    "StoreContext",
    "SubscriberStats",
    "TellBadRow",
    "Timer",
    "VenueEvent",
    "VenueFunds",
    "VenuePosition",
    "VenueView",
    "WorkingView",
]
