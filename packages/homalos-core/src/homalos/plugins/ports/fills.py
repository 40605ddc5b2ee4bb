"""How a simulated venue decides what fills."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from attrs import frozen

from homalos.model import BarData, Instrument, OrderRequest, TickData

__all__ = ["Fill", "FillContext", "FillModel", "RestingOrder"]


class RestingOrder(Protocol):
    """An order as a venue keeps it.

    Attributes:
        request: What was asked.
        left: Lots not filled yet; the model takes off what it fills.
        since_ns: When it came, nanoseconds UTC.
    """

    request: OrderRequest
    left: int
    since_ns: int


Fill = Callable[[RestingOrder, float, int, int, int], None]
"""`(order, price, lots, ts_ns, trading_day)`; `order.left` is already what remains."""


@frozen
class FillContext:
    """What a fill model of one instrument is made from.

    Attributes:
        instrument: The contract.
        fill: Is told of every fill, in order.
    """

    instrument: Instrument
    fill: Fill


class FillModel(Protocol):
    """Decides which orders of one instrument fill, at what price, by the tape alone.

    Engine thread. No clock and no chance: the same calls give the same fills.
    """

    @property
    def waits(self) -> bool:
        """Say whether any order is working; the venue shows the market only then."""

    def latest(self, last: TickData | None) -> TickData | None:
        """Return the tick that a new order meets, given the last one the engine has."""

    def arrive(self, order: RestingOrder, tick: TickData | None, max_age_ns: int) -> None:
        """Take a new order: fill what the last tick's book gives, let the rest wait.

        A FAK order fills what there is, a FOK order whole or not at all; neither is kept.
        The venue looks at `order.left` afterwards and cancels the rest of them.

        Args:
            order: It comes at `order.since_ns`.
            tick: The instrument's last tick, as `latest` says; `None` when there was none.
            max_age_ns: Age up to which that tick's book counts.
        """

    def remove(self, order: RestingOrder) -> None:
        """Take back what is left of an order; one that the model does not keep is no matter."""

    def match_tick(self, tick: TickData, before: TickData | None) -> None:
        """Fill what waited before a tick; `before` is the last one the engine has."""

    def match_bar(self, bar: BarData, share: float) -> None:
        """Fill what came before a bar began; each side may fill `share` of its volume."""
