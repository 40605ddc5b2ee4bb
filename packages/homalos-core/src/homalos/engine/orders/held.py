"""Orders that the engine holds until something happens: kept, changed, released or ended."""

from __future__ import annotations

from typing import Protocol

from msgspec.structs import replace

from homalos.engine.lanes import Lane
from homalos.engine.orders.roster import Roster
from homalos.engine.orders.sending import Sending
from homalos.engine.orders.states import TABLE, OrderEvent
from homalos.model import (
    Direction,
    Offset,
    OrderData,
    OrderRequest,
    OrderType,
    Rejection,
    Terms,
)

__all__ = ["HeldBack", "TakesOrders"]

_CHANGED = TABLE[OrderEvent.CHANGED]


class TakesOrders(Protocol):
    """Who takes an order that is more than its price and lots."""

    def take(
        self,
        strategy: str,
        lane: Lane,
        direction: Direction,
        offset: Offset,
        price: float,
        volume: int,
        order_type: OrderType,
        reference: str,
        terms: Terms | None,
    ) -> OrderData | Rejection:
        """Keep it, or send it at once. Engine thread."""

    def amend(
        self,
        order_id: str,
        *,
        price: float | None = None,
        volume: int | None = None,
        trigger: float | None = None,
    ) -> OrderData | Rejection:
        """Change it in place, or have another take its place."""

    def on_cancel(self, order_id: str) -> None:
        """Hear that an order is about to be cancelled: nothing may take its place."""


class HeldBack:
    """The orders in phase HELD: they are known and work, and freeze nothing. Engine thread."""

    def __init__(self, roster: Roster, sending: Sending) -> None:
        self._roster = roster
        self._sending = sending

    def keep(self, request: OrderRequest, lane: Lane, reason: str = "") -> OrderData:
        """Take an order into phase HELD, write it down and publish it."""
        order = self._sending.keep_held(request, lane, reason)
        self._roster.say_order(order)
        return order

    def release(
        self, order_id: str, order_type: OrderType, price: float, volume: int
    ) -> OrderData | Rejection:
        """Send a held order through risk to its venue, under the same id."""
        roster, sending = self._roster, self._sending
        working = roster.held(order_id)
        held, lane, now = working.state, working.lane, roster.clock.now
        wish = OrderRequest(
            order_id, held.symbol, held.direction, held.offset, order_type, price,
            volume or held.volume, held.strategy, held.account, held.gateway, now, held.reference,
        )  # fmt: skip
        requests, refused = sending.planned(wish, lane)
        if refused:
            sending.tell(refused, lane)
            self._end(order_id, OrderEvent.REFUSED, refused[0].message)
            return refused[0]
        try:
            return sending.send_all(wish, requests, lane, working)
        finally:
            for request in requests:
                if request.order_id in roster.working:
                    roster.say_order(roster.orders[request.order_id])

    def change(
        self, order_id: str, price: float | None, volume: int, terms: Terms | None
    ) -> OrderData:
        """Give a held order another price, volume or other terms, and publish it."""
        roster = self._roster
        working = roster.held(order_id)
        held = working.state
        order = roster.orders[order_id] = working.state = replace(
            held,
            price=held.price if price is None else price,
            volume=volume or held.volume,
            terms=held.terms if terms is None else terms,
            phase=_CHANGED[held.phase],
            ts_ns=roster.clock.now,
        )
        roster.say_order(order)
        return order

    def end(self, order_id: str, reason: str) -> OrderData:
        """Cancel a held order, which never left, and publish it."""
        return self._end(order_id, OrderEvent.WITHDRAWN, reason)

    def _end(self, order_id: str, event: OrderEvent, reason: str) -> OrderData:
        roster = self._roster
        working = roster.held(order_id)
        order = roster.end(working, event, ts_ns=roster.clock.now, reason=reason) or working.state
        roster.say_order(order)
        return order
