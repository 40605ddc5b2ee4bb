"""Time, as a plugin and a strategy see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = ["Clock", "Timer"]


class Timer(Protocol):
    """A call that has been arranged."""

    def cancel(self) -> None:
        """Call it off; nothing happens when it has fired already."""


class Clock(Protocol):
    """The one time of an engine: the wall's in live, the events' in a simulation."""

    def now_ns(self) -> int:
        """Return the time, nanoseconds UTC. Any thread."""

    def call_at(self, due_ns: int, callback: Callable[[], None]) -> Timer:
        """Call back at a time, before any event stamped then or later."""

    def call_every(
        self, interval_ns: int, callback: Callable[[], None], *, first_ns: int | None = None
    ) -> Timer:
        """Call back again and again; the first time after one interval unless given.

        In live a call that comes late comes once for all the times it missed, and goes on
        in its old beat; in a simulation it comes for each.
        """
