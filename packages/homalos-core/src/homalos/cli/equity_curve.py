"""What an account was worth in the course of a run."""

from __future__ import annotations

from collections.abc import Callable

from homalos.model import BarData, TickData

__all__ = ["EquityCurve"]

_SECOND = 1_000_000_000


class EquityCurve:
    """Notes an account's worth as events come, however many there are.

    Two runs over one tape are noted at the same instants.

    Attributes:
        points: (nanoseconds UTC, currency), oldest first.
    """

    def __init__(self, worth: Callable[[], float], *, most: int = 1_000) -> None:
        """Begin with a note a second, and halve that whenever there are too many.

        Args:
            worth: Returns the account's worth now, currency.
            most: Points to keep at most, >= 2.
        """
        self.points: list[tuple[int, float]] = []
        self._worth = worth
        self._most = most
        self._step_ns = _SECOND
        self._next_ns = 0
        self._last_ns = 0

    def hear(self, event: TickData | BarData) -> None:
        """Note the worth when it is time; the engine's thread, after every other handler."""
        ts_ns = event.ts_ns
        self._last_ns = max(self._last_ns, ts_ns)
        if ts_ns < self._next_ns:
            return
        self._next_ns = ts_ns + self._step_ns
        self.points.append((ts_ns, self._worth()))
        if len(self.points) >= self._most:
            del self.points[1::2]
            self._step_ns *= 2

    def end(self) -> None:
        """Note the worth at the end of the run, in the place of an earlier note of then."""
        if self.points and self.points[-1][0] >= self._last_ns:
            self.points.pop()
        self.points.append((self._last_ns, self._worth()))
