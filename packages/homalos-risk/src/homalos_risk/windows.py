"""How many things happened in the last stretch of time."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque

__all__ = ["Window"]


class Window:
    """A sliding window over the last `most` instants. Nanoseconds; rising.

    An instant counts until exactly `length_ns` after it.

    Attributes:
        at_ns: The instants, oldest first, always `most` of them: a new one pushes out the
            oldest. What is a whole window old holds nothing back, and it begins with such.
    """

    __slots__ = ("at_ns", "length_ns", "most")

    def __init__(self, most: int, length_ns: int, now_ns: int) -> None:
        self.most = most
        self.length_ns = length_ns
        self.at_ns = deque([now_ns - length_ns] * most, maxlen=most)

    def is_full(self, now_ns: int) -> bool:
        """Say whether `most` instants lie within the window that ends now."""
        return now_ns - self.at_ns[0] < self.length_ns

    def add(self, now_ns: int) -> None:
        """Let now be one of them, and forget the oldest."""
        self.at_ns.append(now_ns)

    def count(self, now_ns: int) -> int:
        """Return how many instants lie within the window that ends now, 0 to `most`."""
        return self.most - bisect_right(self.at_ns, now_ns - self.length_ns)
