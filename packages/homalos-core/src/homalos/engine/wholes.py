"""Orders that one wish was split into, seen as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from homalos.engine.closing import Part
from homalos.errors import UnknownOrder
from homalos.model import Offset, OrderData, OrderPhase, OrderRequest, Status

__all__ = ["Wholes", "split"]

_SUBMITTING, _NOTTRADED, _PARTTRADED = Status.SUBMITTING, Status.NOTTRADED, Status.PARTTRADED
_ALLTRADED, _CANCELLED, _REJECTED = Status.ALLTRADED, Status.CANCELLED, Status.REJECTED


def split(wish: OrderRequest, parts: Sequence[Part]) -> list[OrderRequest]:
    """Return the orders that a wish becomes.

    The first has the id of the wish, `<run>-7`; those after it are `<run>-7.2` and so on,
    so that wherever an order is shown, its id says what it is a part of.
    """
    requests = []
    for number, (offset, volume) in enumerate(parts, 1):
        order_id = wish.order_id if number == 1 else f"{wish.order_id}.{number}"
        requests.append(replace(wish, order_id=order_id, offset=offset, volume=volume))
    return requests


class Wholes:
    """Finds the parts of an order that was split, and adds them up. Engine thread."""

    __slots__ = ("_orders", "_split")

    def __init__(self, orders: Mapping[str, OrderData]) -> None:
        """Look at the last state of every order, live."""
        self._orders = orders
        self._split: dict[str, tuple[Offset, tuple[str, ...]]] = {}

    def add(self, wish: OrderRequest, order_ids: tuple[str, ...]) -> None:
        """Remember what a wish was split into, in the order of sending."""
        self._split[wish.order_id] = wish.offset, order_ids

    def parts(self, order_id: str) -> tuple[str, ...]:
        """Return the ids of an order's parts; its own alone where it was not split."""
        found = self._split.get(order_id)
        return (order_id,) if found is None else found[1]

    def state(self, order_id: str) -> OrderData:
        """Return the last state of an order; of one that was split, of all its parts as one.

        Lots are added up. It is active as long as any part is; over, it is filled when
        every part was, rejected when every part was, and cancelled otherwise. It is
        unknown as long as any part is, and being cancelled once every active part is.

        Raises:
            UnknownOrder: No order has the id.
        """
        order = self._orders.get(order_id)
        if order is None:
            msg = f"no order has the id {order_id!r}; wait for one that was sent"
            raise UnknownOrder(msg)
        found = self._split.get(order_id)
        if found is None:
            return order
        offset, order_ids = found
        states = [self._orders[each] for each in order_ids]
        traded = sum(state.traded for state in states)
        return replace(
            order,
            offset=offset,
            volume=sum(state.volume for state in states),
            traded=traded,
            status=_status(states, traded),
            phase=_phase(states, traded),
            ts_ns=max(state.ts_ns for state in states),
            reason=next((state.reason for state in states if state.reason), ""),
        )


def _status(states: Sequence[OrderData], traded: int) -> Status:
    found = {state.status for state in states}
    if any(state.is_active for state in states):
        if traded:
            return _PARTTRADED
        return _SUBMITTING if _SUBMITTING in found else _NOTTRADED
    if found == {_ALLTRADED}:
        return _ALLTRADED
    return _REJECTED if found == {_REJECTED} else _CANCELLED


def _phase(states: Sequence[OrderData], traded: int) -> OrderPhase:
    active = {state.phase for state in states if state.is_active}
    if not active:
        found = {state.phase for state in states}
        if len(found) == 1:
            return found.pop()
        return OrderPhase.PARTLY_CANCELLED if traded else OrderPhase.CANCELLED
    if OrderPhase.UNKNOWN in active:
        return OrderPhase.UNKNOWN
    for phase in (OrderPhase.CANCEL_PENDING, OrderPhase.ENDING):
        if active == {phase}:
            return phase
    if traded:
        return OrderPhase.PARTIAL
    return OrderPhase.PENDING if OrderPhase.PENDING in active else OrderPhase.RESTING
