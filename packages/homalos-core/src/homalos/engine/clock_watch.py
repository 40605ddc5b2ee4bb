"""Notices that the machine's clock was set, by another one that nobody can set."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["ClockWatch"]

_NS = 1_000_000_000
_LEAST_NS = _NS  # a time service that slews is below it, one that steps is mostly above


class ClockWatch:
    """Compares how far the wall's clock has come with how far the monotonic one has.

    A machine that sleeps looks like a clock that is put forward, and is the same to
    whoever trades: so much time has passed in which nothing happened. Engine thread.
    """

    def __init__(self, tell: Callable[[str], object]) -> None:
        """Take who is told, in a sentence, of each jump of a second or more."""
        self._tell = tell
        self._ahead_ns: int | None = None  # the wall's clock of the monotonic one

    def look(self, wall_ns: int, monotonic_ns: int) -> None:
        """Take a reading of both clocks."""
        ahead_ns = wall_ns - monotonic_ns
        before, self._ahead_ns = self._ahead_ns, ahead_ns
        if before is None:
            return
        jump_ns = ahead_ns - before
        if jump_ns >= _LEAST_NS:
            self._tell(
                f"the machine's clock went forward by {jump_ns / _NS:.1f} s at once: it was set, "
                "or the machine slept; repeating timers fire once for all the times they "
                "missed, check the time service and what you hold"
            )
        elif jump_ns <= -_LEAST_NS:
            self._tell(
                f"the machine's clock was put back by {-jump_ns / _NS:.1f} s: for strategies time "
                "stands still, and timers wait, until it has caught up; check the time service, "
                "restart the engine if that is too long"
            )
