"""A plugin in a file: a venue that notes when an order reaches it, and takes it back at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from homalos.model import CancelRequest, OrderReport, OrderRequest, Status
from homalos.plugins import GatewaySpec, NoOptions, hookimpl
from homalos.plugins.ports import GatewayContext, MarketTap

__all__ = ["NotingVenue", "register_gateways"]

_now = time.perf_counter_ns
_NOTTRADED, _CANCELLED = Status.NOTTRADED, Status.CANCELLED


class NotingVenue:
    """Acknowledges every order and cancels it, as the peers' venue of case D does.

    Attributes:
        taken_ns: When each order came, by the performance counter, oldest first.
        answer: Called at the end of every `send_order`.
    """

    def __init__(self, context: GatewayContext, _options: NoOptions) -> None:
        """Begin without orders."""
        self.taken_ns: list[int] = []
        self.answer: Callable[[], object] = _nothing
        self._post = context.post

    def connect(self) -> None:
        """Do nothing: it is no connection."""

    def close(self) -> None:
        """Do nothing."""

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Do nothing: the market data come from elsewhere."""

    def send_order(self, request: OrderRequest) -> None:
        """Note the time, and report the order as taken and as cancelled."""
        self.taken_ns.append(_now())
        order_id, ts_ns = request.order_id, request.ts_ns
        self._post(OrderReport(order_id, _NOTTRADED, ts_ns, 0, order_id))
        self._post(OrderReport(order_id, _CANCELLED, ts_ns, 0, order_id))
        self.answer()

    def cancel_order(self, request: CancelRequest) -> None:
        """Do nothing: every order is cancelled already."""

    def working_orders(self) -> frozenset[str]:
        """Return nothing, for the same reason."""
        return frozenset()

    def market_tap(self) -> MarketTap | None:
        """Return `None`: it does not look at the market."""
        return None


def _nothing() -> None:
    """Do nothing; nobody waits for an order."""


@hookimpl
def register_gateways() -> tuple[GatewaySpec, ...]:
    """Offer the venue."""
    return (
        GatewaySpec(
            name="noting",
            factory=NotingVenue,
            doc="Notes when an order reaches it, and takes it back at once.",
        ),
    )
