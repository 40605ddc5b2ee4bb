"""What went wrong and was survived: kept, counted, told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homalos.model import Alert

if TYPE_CHECKING:
    from homalos.bus import Bus, Subscription
    from homalos.clock import EngineClock
    from homalos.engine.strategies.manager import StrategyManager

__all__ = ["Faults"]


_KEPT = 1_000


class Faults(list[tuple[str, str]]):
    """The first thousand faults, oldest first: who, and what.

    Attributes:
        total: How many there were.
    """

    total = 0

    def append(self, fault: tuple[str, str]) -> None:
        """Count a fault, and keep it while there is room. Any thread."""
        self.total += 1
        if len(self) < _KEPT:
            super().append(fault)

    def attach(self, bus: Bus, clock: EngineClock, strategies: StrategyManager) -> None:
        """Say whom to tell; once, when the engine is built."""
        self._bus = bus
        self._clock = clock
        self._strategies = strategies

    def in_handler(self, subscription: Subscription, event: Any, error: Exception) -> None:
        """Keep what a bus handler raised; stop the strategy whose it is, else alert."""
        owner = self._strategies.owns(subscription)
        if owner is not None:
            self._strategies.fail(owner, error, event)
            return
        what = f"{type(error).__name__}: {error}"
        self.append((subscription.name, what))
        times = subscription.failed
        # A handler that always raises is told of at the first, second, fourth, eighth time.
        if type(event) is not Alert and not times & (times - 1):
            alert = Alert("error", subscription.name, f"raised {what}", self._clock.now)
            self._bus.publish(alert)
