"""What the rooms of held orders share: the wish of each order, and its way out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from attrs import define

from homalos.bus import STATE, Bus
from homalos.clock import EngineClock
from homalos.engine.held.asking import LEAVES_AS
from homalos.engine.lanes import Lane
from homalos.engine.wholes import Wholes
from homalos.errors import GatewayError
from homalos.model import (
    Alert,
    ConnectionChanged,
    OrderData,
    OrderPhase,
    OrderRequest,
    OrderType,
    Rejection,
    Terms,
)

__all__ = ["Book", "Orders", "Wish", "named", "root_of"]

_HELD = OrderPhase.HELD
_LIMIT, _MARKET = OrderType.LIMIT, OrderType.MARKET


class Orders(Protocol):
    """What is needed of the order manager; see `homalos.engine.orders`."""

    orders: dict[str, OrderData]
    wholes: Wholes

    def next_id(self) -> str:
        """Return an id that no other order will have."""

    def lane(self, account: str, symbol: str) -> Lane:
        """Return where an account's orders in a symbol go."""

    def send_wish(self, wish: OrderRequest, lane: Lane) -> OrderData | Rejection:
        """Send an order that waits for nothing."""

    def cancel(self, order_id: str) -> bool:
        """Ask an order's venue for it back."""

    def keep_held(self, request: OrderRequest, lane: Lane, reason: str = "") -> OrderData:
        """Take an order into phase HELD."""

    def release_held(
        self, order_id: str, order_type: OrderType, price: float, volume: int = 0
    ) -> OrderData | Rejection:
        """Send a held order."""

    def change_held(
        self,
        order_id: str,
        *,
        price: float | None = None,
        volume: int = 0,
        terms: Terms | None = None,
    ) -> OrderData:
        """Change a held order."""

    def end_held(self, order_id: str, reason: str) -> OrderData:
        """Cancel a held order."""


def root_of(order_id: str) -> str:
    """Return the id of the order that another is a part of; its own where it is none."""
    head, _, number = order_id.rpartition("-")
    return f"{head}-{number.partition('.')[0]}"


@define
class Wish:
    """An order as it was asked, which its state does not keep: it leaves as something else.

    Attributes:
        asked: With the offset that was asked, before it was split or dated.
        lane: Where it goes.
        placed_ns: When it was placed, nanoseconds UTC.
    """

    asked: OrderRequest
    lane: Lane
    placed_ns: int


class Book:
    """Keeps and sends orders for the rooms around it; tells what goes wrong. Engine thread.

    Attributes:
        wishes: By id, of every order that is not over.
        superfluous: Ids of held orders that were ended because nothing was left for them.
        refusals: What kept orders that were to leave, by id.
        on_keep: Told of an order that is to be held, before anybody else.
        on_end: Told of a held order that is to be ended from in here, likewise.
    """

    def __init__(self, bus: Bus, clock: EngineClock, orders: Orders) -> None:
        self.wishes: dict[str, Wish] = {}
        self.superfluous: set[str] = set()
        self.refusals: dict[str, Rejection] = {}
        self.on_keep: Callable[[OrderRequest], None] = _unheard
        self.on_end: Callable[[str], None] = _unheard
        self.clock = clock
        self.orders = orders
        self._states: Mapping[str, OrderData] = orders.orders
        self._down: dict[str, dict[str, int]] = {}
        self._say = bus.topic(Alert).publish
        bus.subscribe(ConnectionChanged, self._on_connection, order=STATE + 4, name="held orders")

    # -- looking -----------------------------------------------------------------

    def state(self, order_id: str) -> OrderData:
        """Return an order's last state, of one that was split the sum of its parts."""
        return self.orders.wholes.state(order_id)

    def is_held(self, order_id: str) -> bool:
        """Say whether an order is still in here."""
        return self._states[order_id].phase is _HELD

    def wish(self, order_id: str) -> Wish:
        """Return an order as it was asked; of one that asked nothing, as it stands."""
        wish = self.wishes.get(order_id)
        if wish is not None:
            return wish
        state = self.state(order_id)
        asked = OrderRequest(
            order_id, state.symbol, state.direction, state.offset, state.type, state.price,
            state.volume, state.strategy, state.account, state.gateway, state.created_ns,
            state.reference, state.terms,
        )  # fmt: skip
        return Wish(asked, self.orders.lane(state.account, state.symbol), state.created_ns)

    # -- doing -------------------------------------------------------------------

    def keep(self, asked: OrderRequest, lane: Lane, reason: str = "") -> OrderData:
        """Have an order held."""
        self.wishes[asked.order_id] = Wish(asked, lane, self.clock.now)
        self.on_keep(asked)
        return self.orders.keep_held(asked, lane, reason)

    def leave(self, order_id: str, volume: int = 0) -> OrderData | Rejection:
        """Send a held order; while its venue is down, as soon as that is back.

        What becomes of it is told: by its state, and where it is no good news by an alert.

        Args:
            order_id: Which.
            volume: Lots; 0 for as many as it has.
        """
        order = self._states[order_id]
        if order.phase is not _HELD:
            return self.state(order_id)  # cancelled by who heard of it
        waiting = self._down.get(order.gateway)
        if waiting is not None:
            waiting[order_id] = volume
            self.tell(
                "error",
                f"{named(order)} is to leave, and {order.gateway} is down: "
                "it leaves when the connection is back",
            )
            return order
        order_type = LEAVES_AS.get(order.type, order.type)
        price = float("nan") if order_type is _MARKET else order.price
        try:
            answer = self.orders.release_held(order_id, order_type, price, volume)
        except GatewayError as error:
            self.tell("error", str(error))
            return self.state(order_id)
        if isinstance(answer, Rejection):
            self.refusals[order_id] = answer
            self.tell("error", f"{named(order)} was kept by {answer.rule}: {answer.message}")
        return answer

    def take_back(self, order_id: str, reason: str) -> bool:
        """Cancel an order, wherever it is; say whether it still may fill."""
        try:
            if self.is_held(order_id):
                self.on_end(order_id)
                self.orders.end_held(order_id, reason)
            else:
                self.orders.cancel(order_id)
        except GatewayError as error:
            self.tell("error", str(error))
        return self.state(order_id).is_active

    def tell(self, level: str, message: str) -> None:
        """Say something to the person who watches."""
        self._say(Alert(level, "orders", message, self.clock.now))

    # -- inside ------------------------------------------------------------------

    def _on_connection(self, change: ConnectionChanged) -> None:
        if not change.is_up:
            self._down.setdefault(change.gateway, {})
            return
        for order_id, volume in self._down.pop(change.gateway, {}).items():
            if self.is_held(order_id):
                self.leave(order_id, volume)


def _unheard(_: object) -> None:
    """Do nothing."""


def named(order: OrderData) -> str:
    """Return what an order is called where a person is told of it."""
    return f"{order.type} order {order.order_id} of {order.strategy} in {order.symbol}"
