"""What a strategy trades through."""

from __future__ import annotations

from typing import Protocol

from homalos.model import (
    BarData,
    Direction,
    Instrument,
    Offset,
    OrderData,
    OrderType,
    Rejection,
    Terms,
    TickData,
)
from homalos.plugins.ports.clock import Clock, Timer

__all__ = ["Desk"]


class Desk(Protocol):
    """What a strategy trades through; `homalos.strategy.Strategy` wraps it."""

    @property
    def clock(self) -> Clock:
        """Return the engine's clock."""

    def instrument(self, symbol: str) -> Instrument:
        """Return the contract of a symbol."""

    def position(self, symbol: str) -> int:
        """Return this strategy's own net position in lots; short is negative."""

    def send(
        self,
        symbol: str,
        direction: Direction,
        offset: Offset,
        price: float,
        volume: int,
        order_type: OrderType,
        reference: str,
        terms: Terms | None = None,
    ) -> OrderData | Rejection:
        """Send an order through risk to the venue; the price is snapped to the grid.

        What waits for a trigger or another order's fills is held by the engine until then.
        """

    def amend(
        self, order_id: str, price: float | None, volume: int | None, trigger: float | None
    ) -> OrderData | Rejection:
        """Change an order; `None` leaves its price, its lots or its trigger as they are.

        Returns what stands for it from now on: itself, or the order that takes its place.
        """

    def cancel(self, order_id: str) -> bool:
        """Ask for an order to be cancelled; False when it is not working any more."""

    def active_orders(self, symbol: str | None) -> list[OrderData]:
        """Return this strategy's orders that can still be filled, oldest first."""

    def set_target(self, symbol: str, target: int, price: float) -> None:
        """Work towards a net position; nan as price sends market orders."""

    def history(self, symbol: str, interval: str, count: int) -> list[BarData]:
        """Return the last finished bars, oldest first, at most `count`."""

    def last_tick(self, symbol: str) -> TickData | None:
        """Return the last tick seen, or `None`."""

    def timer(self, name: str, interval_ns: int) -> Timer:
        """Call `on_timer(name)` every so often."""

    def log(self, level: str, message: str) -> None:
        """Say something to the person who watches."""
