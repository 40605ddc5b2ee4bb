"""Which of our orders the kiosk knows by which number."""

from __future__ import annotations

import threading

from attrs import define

from homalos.model import OrderRequest

__all__ = ["Order", "Orders"]


@define
class Order:
    """One order that is not over.

    Attributes:
        request: What was asked.
        left: Lots not filled yet.
        is_cancelling: Whether a cancel waits for its answer.
    """

    request: OrderRequest
    left: int
    is_cancelling: bool = False


class Orders:
    """Our ids and the kiosk's, which are whole numbers from 1. Any thread."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._last = 0
        self._orders: dict[int, Order] = {}
        self._numbers: dict[str, int] = {}

    def add(self, request: OrderRequest) -> int:
        """Keep an order and return the number it has at the kiosk."""
        with self._lock:
            self._last += 1
            self._orders[self._last] = Order(request, request.volume)
            self._numbers[request.order_id] = self._last
            return self._last

    def find(self, number: int) -> Order | None:
        """Return an order that is not over, `None` for any other number."""
        with self._lock:
            return self._orders.get(number)

    def of(self, order_id: str) -> tuple[int, Order] | None:
        """Return number and order of an id of ours, `None` when it is over or never was."""
        with self._lock:
            number = self._numbers.get(order_id)
            return None if number is None else (number, self._orders[number])

    def end(self, number: int) -> None:
        """Forget an order that is over."""
        with self._lock:
            order = self._orders.pop(number)
            del self._numbers[order.request.order_id]

    def working(self) -> frozenset[str]:
        """Return our ids of the orders that are not over."""
        with self._lock:
            return frozenset(self._numbers)

    def all(self) -> dict[int, Order]:
        """Return the orders that are not over, by number."""
        with self._lock:
            return dict(self._orders)
