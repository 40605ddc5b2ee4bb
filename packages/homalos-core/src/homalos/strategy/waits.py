"""What an `async def` callback may wait for: time, and the end of an order.

There is no event loop. The engine drives the callback itself, on its own thread and by
its own clock, so a run waits in the same places every time.
"""

from __future__ import annotations

from collections.abc import Generator
from math import isfinite

from attrs import frozen

from homalos.model import OrderData

__all__ = ["Filled", "Sleep", "duration_ns"]

_NS = 1_000_000_000


def duration_ns(seconds: float) -> int:
    """Return seconds as nanoseconds.

    Raises:
        ValueError: They are below 0, or no number.
    """
    if not (isfinite(seconds) and seconds >= 0):
        msg = f"a wait lasts 0 seconds or more, not {seconds}"
        raise ValueError(msg)
    return round(seconds * _NS)


@frozen
class Sleep:
    """Wait for a stretch of the engine's time; made by `Strategy.sleep`."""

    duration_ns: int

    def __await__(self) -> Generator[Sleep, None, None]:
        """Hand itself to the engine, and go on when the time is over."""
        yield self


@frozen
class Filled:
    """Wait for the end of an order; made by `Strategy.filled`.

    Attributes:
        order_id: Of the order.
        timeout_ns: When to go on although it is not over; `None` never.
    """

    order_id: str
    timeout_ns: int | None

    def __await__(self) -> Generator[Filled, OrderData, OrderData]:
        """Hand itself to the engine, and give the order's last state when it is over."""
        state: OrderData = yield self
        return state
