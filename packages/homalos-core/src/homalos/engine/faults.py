"""What went wrong and was survived: kept, counted, told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homalos.model import Alert

if TYPE_CHECKING:
    from homalos.bus import Bus, Subscription
    from homalos.clock import EngineClock
    from homalos.engine.strategies.manager import StrategyManager

__all__ = ["Faults"]


class Faults(list[tuple[str, str]]):
    """Every fault so far, oldest first: who, and what."""

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
        if type(event) is not Alert:
            alert = Alert("error", subscription.name, f"raised {what}", self._clock.now)
            self._bus.publish(alert)
