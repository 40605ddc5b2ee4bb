"""Orders, trades and refusals: what is asked, what the venue says, what holds."""

from __future__ import annotations

from math import nan

from homalos.model.enums import Direction, Offset, OrderType, Status
from homalos.model.message import Message

__all__ = [
    "ACTIVE",
    "CancelRefused",
    "CancelRequest",
    "OrderData",
    "OrderReport",
    "OrderRequest",
    "Rejection",
    "TradeData",
    "TradeReport",
]

ACTIVE = frozenset({Status.SUBMITTING, Status.NOTTRADED, Status.PARTTRADED})


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


class OrderData(Message, frozen=True):
    """The state of an order that the engine vouches for.

    Attributes:
        traded: Lots filled, 0 to `volume`.
        created_ns: When it was asked, nanoseconds UTC.
        ts_ns: When this state began, nanoseconds UTC.
        venue_order_id: The venue's id, once known.
        reason: Why it was rejected or cancelled.
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
