"""What went wrong and was survived: kept, counted, told."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from homalos.errors import JournalFailed
from homalos.model import Alert

if TYPE_CHECKING:
    from homalos.bus import Bus, Subscription
    from homalos.clock import EngineClock
    from homalos.engine.strategies.manager import StrategyManager

__all__ = ["Faults"]


_KEPT = 1_000  # a handler may raise at every tick of a long day


class Faults(list[tuple[str, str]]):
    """The latest faults, oldest first: who, and what. Any thread may append.

    Attributes:
        total: Faults so far, those included that are no longer kept.
    """

    def __init__(self) -> None:
        super().__init__()
        self.total = 0
        self._lock = threading.Lock()

    def append(self, fault: tuple[str, str]) -> None:
        """Count a fault and keep it; the older half goes when there are too many."""
        with self._lock:
            self.total += 1
            if len(self) >= _KEPT:
                del self[: _KEPT // 2]
            super().append(fault)

    def attach(self, bus: Bus, clock: EngineClock, strategies: StrategyManager) -> None:
        """Say whom to tell; once, when the engine is built."""
        self._bus = bus
        self._clock = clock
        self._strategies = strategies

    def in_handler(self, subscription: Subscription, event: Any, error: Exception) -> None:
        """Keep what a bus handler raised; stop the strategy whose it is, else alert.

        Raises:
            JournalFailed: That is what it was: no handler's fault, and the end of the run.
        """
        if isinstance(error, JournalFailed):
            raise error
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
