"""Ends a strategy's working orders before something else is done with it."""

from __future__ import annotations

from collections.abc import Callable

from homalos.bus import STRATEGY, Bus, Subscription
from homalos.clock import EngineClock, Entry
from homalos.engine.orders import OrderManager
from homalos.model import Alert, OrderData

__all__ = ["Drain"]

_PATIENCE_S = 10
_PATIENCE_NS = _PATIENCE_S * 1_000_000_000


class Drain:
    """Cancels what works for a strategy and goes on when it is over, or after 10 s.

    By the engine's clock. A venue that does not answer keeps nobody: what still works
    then is told, and its fills are counted as any other's. Engine thread.
    """

    def __init__(
        self,
        bus: Bus,
        clock: EngineClock,
        orders: OrderManager,
        strategy: str,
        then: Callable[[], None],
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._orders = orders
        self._strategy = strategy
        self._then = then
        self._heard: Subscription | None = None
        self._timer: Entry | None = None

    def begin(self) -> None:
        """Cancel; go on at once where nothing works."""
        working = self._orders.working_of(self._strategy)
        if not working:
            self._then()
            return
        # Behind everybody who hears of the order that is over.
        self._heard = self._bus.subscribe(
            OrderData,
            self._on_order,
            key=self._strategy,
            order=STRATEGY + 9,
            name=f"drain.{self._strategy}",
        )
        self._timer = self._clock.call_after(_PATIENCE_NS, self._lose_patience)
        for order_id in tuple(working):
            self._orders.cancel(order_id)

    def _on_order(self, order: OrderData) -> None:
        if not order.is_active and not self._orders.working_of(self._strategy):
            self._finish()

    def _lose_patience(self) -> None:
        left = ", ".join(self._orders.working_of(self._strategy))
        message = f"orders still work after {_PATIENCE_S} s and are left to the venue: {left}"
        source = f"strategy.{self._strategy}"
        self._bus.publish(Alert("warning", source, message, self._clock.now))
        self._finish()

    def _finish(self) -> None:
        if self._heard is None or self._timer is None:
            return
        self._heard.close()
        self._timer.cancel()
        self._heard = self._timer = None
        self._then()
