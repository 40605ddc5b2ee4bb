"""What the venue has said of the trading day's orders, to be said anew when it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from homalos.model import OrderReport, TradeReport

__all__ = ["DayBook"]


class DayBook:
    """Every report of an order and of a trade since the trading day began, oldest first.

    Attributes:
        note: Keep a report; bound once, since each one passes here.
    """

    __slots__ = ("_ids", "_read", "_said", "note")

    def __init__(self) -> None:
        """Begin empty."""
        self._said: list[OrderReport | TradeReport] = []
        self._ids: set[str] = set()
        self._read = 0  # of how many reports the ids are known
        self.note: Callable[[OrderReport | TradeReport], None] = self._said.append

    def begin(self, kept: Collection[str]) -> None:
        """Let a trading day begin with what was said of the orders that belong to it, too."""
        if kept:
            self._said[:] = [each for each in self._said if each.order_id in kept]
        else:
            self._said.clear()
        self._ids.clear()
        self._read = 0

    def knows(self, order_id: str) -> bool:
        """Say whether anything was said of an order; ids are read up to here when it is asked."""
        said = self._said
        self._ids.update(each.order_id for each in said[self._read :])
        self._read = len(said)
        return order_id in self._ids

    def say_anew(self, say: Callable[[OrderReport | TradeReport], None]) -> None:
        """Repeat all of it, word by word: a report is news only to who missed it."""
        for each in tuple(self._said):
            say(each)
