"""Orders, trades and refusals: what is asked, what the venue says, what holds."""

from __future__ import annotations

from math import nan

from homalos.model.enums import (
    Direction,
    Offset,
    OrderPhase,
    OrderType,
    Status,
    TimeInForce,
)
from homalos.model.message import Message

__all__ = [
    "ACTIVE",
    "CancelRefused",
    "CancelRequest",
    "OrderData",
    "OrderReport",
    "OrderRequest",
    "OrdersReported",
    "Rejection",
    "Terms",
    "TradeData",
    "TradeReport",
]

ACTIVE = frozenset({Status.SUBMITTING, Status.NOTTRADED, Status.PARTTRADED})


class Terms(Message, frozen=True):
    """What an order asks of the engine beside price and lots; most orders have none.

    Attributes:
        trigger: Price at which a stop order leaves, on the grid; of a trailing one the
            first, or nan to begin `trail` behind the last price.
        trail: How far a trailing stop stays behind the best price since it was placed,
            currency per unit, > 0; nan for another type.
        time_in_force: How long it works.
        until_ns: End of a `GTD` order, nanoseconds UTC; else 0.
        timeout_ns: Cancel what is left so long after it was sent, nanoseconds; 0 never.
        requotes: How often what such a time-out cancelled is sent anew at the price of the
            other side, >= 0.
        group: Name of the orders of which one fill cancels the others (OCO), unique for
            the strategy; "" for none.
        parent: Id of the order whose fills this one waits for: of a bracket, the entry;
            "" for none.
    """

    trigger: float = nan
    trail: float = nan
    time_in_force: TimeInForce = TimeInForce.DAY
    until_ns: int = 0
    timeout_ns: int = 0
    requotes: int = 0
    group: str = ""
    parent: str = ""


class OrderRequest(Message, frozen=True):
    """What a strategy or a person asks of a venue. Part of the decision hash.

    Attributes:
        order_id: Ours, `<run>-<number>`, counted from 1; where a close was split, `<run>-7`
            is the first part and `<run>-7.2` the second.
        price: Currency per unit, on the grid; nan for a market order.
        volume: Lots, > 0.
        strategy: Who asks; `manual` for a person.
        ts_ns: The engine's time of the decision, nanoseconds UTC.
        reference: Free text of the strategy's.
        terms: What it asks of the engine, where it does.
    """

    order_id: str
    symbol: str
    direction: Direction
    offset: Offset
    type: OrderType
    price: float
    volume: int
    strategy: str
    account: str
    gateway: str
    ts_ns: int
    reference: str = ""
    terms: Terms | None = None


class CancelRequest(Message, frozen=True):
    """The wish to take back what is left of an order. Part of the decision hash."""

    order_id: str
    symbol: str
    strategy: str
    account: str
    gateway: str
    ts_ns: int


class OrderReport(Message, frozen=True):
    """What a venue says of one order; an input, not yet believed.

    Attributes:
        order_id: Ours; a venue adapter keeps the mapping to the venue's own.
        status: The venue's view, NOTTRADED or beyond.
        ts_ns: The venue's time, nanoseconds UTC.
        traded: Lots filled so far as the venue counts them.
        venue_order_id: The venue's id.
        reason: Why it was rejected or cancelled, as the venue words it.
    """

    order_id: str
    status: Status
    ts_ns: int
    traded: int = 0
    venue_order_id: str = ""
    reason: str = ""


class TradeReport(Message, frozen=True):
    """One fill as a venue reports it; an input, not yet believed.

    Attributes:
        trade_id: The venue's id, unique with symbol, side and trading day.
        price: Currency per unit.
        volume: Lots, > 0.
        account: The engine's name of the account, where the venue knows it; with it a trade
            that was made elsewhere is booked, too.
        gateway: Name of the gateway that reports, likewise.
    """

    order_id: str
    trade_id: str
    symbol: str
    direction: Direction
    offset: Offset
    price: float
    volume: int
    ts_ns: int
    trading_day: int
    account: str = ""
    gateway: str = ""


class CancelRefused(Message, frozen=True):
    """A venue did not take a cancel; the order itself stands as it stood."""

    order_id: str
    reason: str
    ts_ns: int


class OrdersReported(Message, frozen=True):
    """A venue has reported every order and trade of this trading day anew; an input.

    What worked for the engine when it asked and was not among them never reached the venue.
    See `homalos.plugins.ports.OrderSource`.

    Attributes:
        question: The number that the question had which this answers.
    """

    gateway: str
    question: int
    ts_ns: int


class OrderData(Message, frozen=True):
    """The state of an order that the engine vouches for.

    Attributes:
        traded: Lots filled, 0 to `volume`; more only where a venue filled too many, which an
            `Alert` tells.
        created_ns: When it was asked, nanoseconds UTC.
        ts_ns: When this state began, nanoseconds UTC.
        venue_order_id: The venue's id, once known.
        reason: Why it was rejected or cancelled; until then, in whose place it came.
        phase: Where it is inside the engine.
        terms: What was asked of the engine, where something was.
    """

    order_id: str
    symbol: str
    direction: Direction
    offset: Offset
    type: OrderType
    price: float
    volume: int
    traded: int
    status: Status
    strategy: str
    account: str
    gateway: str
    created_ns: int
    ts_ns: int
    venue_order_id: str = ""
    reason: str = ""
    reference: str = ""
    phase: OrderPhase = OrderPhase.PENDING
    terms: Terms | None = None

    @property
    def is_active(self) -> bool:
        """Say whether the order can still be filled."""
        return self.status in ACTIVE

    @property
    def left(self) -> int:
        """Return the lots not filled yet."""
        return self.volume - self.traded


class TradeData(Message, frozen=True):
    """One fill, attributed to its order and strategy."""

    trade_id: str
    order_id: str
    symbol: str
    direction: Direction
    offset: Offset
    price: float
    volume: int
    ts_ns: int
    trading_day: int
    strategy: str
    account: str
    gateway: str


class Rejection(Message, frozen=True):
    """An order that never left the house, and the rule that kept it.

    Attributes:
        rule: Name of the rule.
        message: One sentence for the person who asked.
        input: What the rule measured.
        limit: What it allows.
        request: What was asked.
    """

    rule: str
    message: str
    request: OrderRequest
    ts_ns: int
    input: float = nan
    limit: float = nan

    @property
    def order_id(self) -> str:
        """Return the id the order would have had."""
        return self.request.order_id

    @property
    def strategy(self) -> str:
        """Return who asked."""
        return self.request.strategy

    @property
    def is_active(self) -> bool:
        """Say no: what was refused cannot be filled. The same question an order answers."""
        return False
