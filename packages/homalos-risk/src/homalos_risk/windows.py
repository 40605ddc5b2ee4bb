"""How many things happened in the last stretch of time."""

from __future__ import annotations

__all__ = ["Window"]


class Window:
    """A sliding window over the last `most` instants. Nanoseconds; rising.

    An instant counts until exactly `length_ns` after it.
    """

    __slots__ = ("_at_ns", "_oldest", "length_ns", "most")

    def __init__(self, most: int, length_ns: int, now_ns: int) -> None:
        self.most = most
        self.length_ns = length_ns
        # A ring; `_oldest` is the place of the first. What is a whole window old holds
        # nothing back.
        self._at_ns = [now_ns - length_ns] * most
        self._oldest = 0

    def is_full(self, now_ns: int) -> bool:
        """Say whether `most` instants lie within the window that ends now."""
        return now_ns - self._at_ns[self._oldest] < self.length_ns

    def add(self, now_ns: int) -> None:
        """Let now be one of them, and forget the oldest."""
        oldest = self._oldest
        self._at_ns[oldest] = now_ns
        oldest += 1
        self._oldest = 0 if oldest == self.most else oldest

    def count(self, now_ns: int) -> int:
        """Return how many instants lie within the window that ends now, 0 to `most`."""
        # They rise along the ring: look for the first of them as in a dictionary.
        first, end = 0, self.most
        while first < end:
            middle = (first + end) // 2
            if now_ns - self._at_ns[(self._oldest + middle) % self.most] < self.length_ns:
                end = middle
            else:
                first = middle + 1
        return self.most - first
