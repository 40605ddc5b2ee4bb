"""The words of the trade: stable English values, usable as plain strings."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "CloseFirst",
    "Delivery",
    "Direction",
    "Interval",
    "MarginSide",
    "Offset",
    "OffsetRule",
    "OrderPhase",
    "OrderType",
    "PositionMode",
    "ServiceState",
    "SessionState",
    "Status",
    "StrategyState",
    "TimeInForce",
    "TradingState",
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


class OffsetRule(StrEnum):
    """What a venue wants to hear about opening and closing.

    `NONE`: it knows no offsets, and an account nets. `PLAIN`: open or close. `DATED`: a
    close must say whether it closes lots of today or of earlier days, and a plain
    `close` means lots of earlier days (SHFE, INE).
    """

    NONE = "none"
    PLAIN = "plain"
    DATED = "dated"


class CloseFirst(StrEnum):
    """Which lots a plain close takes: those opened first, or those opened today."""

    OLDEST = "oldest"
    TODAY = "today"


class MarginSide(StrEnum):
    """For which lots margin is held where an account is long and short at once.

    `BOTH` sides; the `LARGER` side of each contract; the larger side of a whole `GROUP`
    of contracts, such as a product.
    """

    BOTH = "both"
    LARGER = "larger"
    GROUP = "group"


class Delivery(StrEnum):
    """How a contract ends: never, in money at the last settlement price, or in goods."""

    NONE = "none"
    CASH = "cash"
    PHYSICAL = "physical"


class OrderType(StrEnum):
    """How an order may be filled.

    `FAK` fills at once what it can and cancels the rest; `FOK` fills at once as a whole or
    not at all. The last three are kept by the engine until the market reaches their
    trigger, and leave then as `MARKET`, as `LIMIT` and as `MARKET`.
    """

    LIMIT = "limit"
    MARKET = "market"
    FAK = "fak"
    FOK = "fok"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"


class TimeInForce(StrEnum):
    """How long an order works: to the end of its trading day, until cancelled, until a time.

    An exchange of Chinese futures knows only the day; the engine sends what is left of the
    others anew on the next one.
    """

    DAY = "day"
    GTC = "gtc"
    GTD = "gtd"


class Status(StrEnum):
    """The public states of an order; the last three are terminal."""

    SUBMITTING = "submitting"
    NOTTRADED = "nottraded"
    PARTTRADED = "parttraded"
    ALLTRADED = "alltraded"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


class OrderPhase(StrEnum):
    """Where an order is inside the engine; richer than its public `Status`.

    `HELD` waits in the engine for its condition; `PENDING` was sent and nothing has been
    heard; `RESTING` is at the venue, `PARTIAL` filled in part there; `CANCEL_PENDING` is
    being taken back; `UNKNOWN` is one whose venue went away, until it is reconciled;
    `ENDING` has ended at the venue and waits for trades still to be reported. The last four
    are terminal.
    """

    HELD = "held"
    PENDING = "pending"
    RESTING = "resting"
    PARTIAL = "partial"
    CANCEL_PENDING = "cancel_pending"
    UNKNOWN = "unknown"
    ENDING = "ending"
    FILLED = "filled"
    PARTLY_CANCELLED = "partly_cancelled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


class TradingState(StrEnum):
    """The switch of an engine, an account or a strategy.

    `CLOSE_ONLY` lets pass what reduces a position, `HALTED` no order at all; cancels
    always pass.
    """

    NORMAL = "normal"
    CLOSE_ONLY = "close_only"
    HALTED = "halted"


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


class ServiceState(StrEnum):
    """Where a service of the engine is in its life.

    `created` has only been named, `ready` is made, `running` is at work, `degraded` is at
    work but not well, `stopped` is closed; `failed` could not be started or stopped.
    """

    CREATED = "created"
    READY = "ready"
    RUNNING = "running"
    DEGRADED = "degraded"
    STOPPED = "stopped"
    FAILED = "failed"
