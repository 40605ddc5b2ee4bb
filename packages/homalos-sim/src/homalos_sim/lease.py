"""The lease of the venue: who falls silent has nothing working here any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from homalos.plugins.ports import Clock, Timer

__all__ = ["Lease"]

_NS = 1_000_000_000


class Lease:
    """Watches that it is renewed in time, on the clock of the venue. Engine thread.

    Args:
        clock: The venue's.
        tell: Is given the reason when a lease runs out, and "" when one is renewed or ended.
    """

    __slots__ = ("_clock", "_looks_ns", "_tell", "_timer", "_until_ns", "_valid_ns")

    def __init__(self, clock: Clock, tell: Callable[[str], None]) -> None:
        """Begin without a lease."""
        self._clock = clock
        self._tell = tell
        self._valid_ns = self._until_ns = self._looks_ns = 0
        self._timer: Timer | None = None

    def renew(self, valid_ns: int) -> None:
        """Hold the lease so many nanoseconds from now on; 0 ends it."""
        self._tell("")
        self._valid_ns = valid_ns
        self._until_ns = self._clock.now_ns() + valid_ns if valid_ns > 0 else 0
        if not self._until_ns:
            return
        # One entry of the agenda at a time: a renewal each second adds none.
        if self._timer is None:
            self._watch()
        elif self._until_ns < self._looks_ns:
            self._timer.cancel()
            self._watch()

    def _watch(self) -> None:
        self._looks_ns = self._until_ns
        self._timer = self._clock.call_at(self._until_ns, self._look)

    def _look(self) -> None:
        self._timer = None
        if not self._until_ns:
            return
        if self._until_ns > self._looks_ns:
            self._watch()
            return
        self._until_ns = 0
        self._tell(f"the lease ran out: it was not renewed for {self._valid_ns / _NS:g} s")
