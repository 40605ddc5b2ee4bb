"""The words of the trade: stable English values, usable as plain strings."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "Direction",
    "Interval",
    "Offset",
    "OrderType",
    "PositionMode",
    "SessionState",
    "Status",
    "StrategyState",
]


class Direction(StrEnum):
    """The side of an order, a trade or a position."""

    LONG = "long"
    SHORT = "short"


class Offset(StrEnum):
    """Whether an order opens a position or closes one.

    `NONE` is what every order of a netting account gets: the ledger closes what
    stands against the order first and opens the rest.
    """

    NONE = "none"
    OPEN = "open"
    CLOSE = "close"
    CLOSETODAY = "closetoday"
    CLOSEYESTERDAY = "closeyesterday"


class OrderType(StrEnum):
    """How an order may be filled."""

    LIMIT = "limit"
    MARKET = "market"


class Status(StrEnum):
    """The public states of an order; the last three are terminal."""

    SUBMITTING = "submitting"
    NOTTRADED = "nottraded"
    PARTTRADED = "parttraded"
    ALLTRADED = "alltraded"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


class Interval(StrEnum):
    """The bar lengths that every market has; `BarData.interval` is their text."""

    MINUTE = "1m"
    MINUTE_5 = "5m"
    MINUTE_15 = "15m"
    HOUR = "1h"
    DAILY = "d"


class PositionMode(StrEnum):
    """How an account holds the two sides of one instrument.

    `HEDGING` keeps long and short apart, as Chinese futures counters do;
    `NETTING` lets them cancel out into one signed position.
    """

    HEDGING = "hedging"
    NETTING = "netting"


class SessionState(StrEnum):
    """What `on_session` announces: a trading session of an instrument began or ended."""

    OPEN = "open"
    CLOSED = "closed"


class StrategyState(StrEnum):
    """Where a strategy stands in its life.

    `FAILED` was stopped by its own exception; `DRAINING` hears nothing more and waits
    for its working orders to be over, before it is unloaded or its code is changed.
    """

    CREATED = "created"
    READY = "ready"
    RUNNING = "running"
    DRAINING = "draining"
    STOPPED = "stopped"
    FAILED = "failed"
