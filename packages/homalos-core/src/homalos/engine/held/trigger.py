"""When a stop order is reached. Pure."""

from __future__ import annotations

from typing import Protocol

__all__ = ["FixedTrigger", "Trigger"]


class Trigger(Protocol):
    """What a stop order waits for."""

    price: float
    """Where it stands now, currency per unit; nan as long as that is not known."""

    def on_price(self, last: float) -> bool:
        """Look at a price that traded; say whether the order is reached."""

    def on_bar(self, high: float, low: float, close: float) -> bool:
        """Look at a bar that began after the order was placed; likewise."""


class FixedTrigger:
    """A price that stays where it is: reached from below by a buy, from above by a sell.

    A price beyond it reaches it as well, however far it has jumped.
    """

    __slots__ = ("_is_buy", "price")

    def __init__(self, price: float, *, is_buy: bool) -> None:
        self.price = price
        self._is_buy = is_buy

    def on_price(self, last: float) -> bool:
        """Say whether a price reaches it; nan reaches nothing."""
        return last >= self.price if self._is_buy else last <= self.price

    def on_bar(self, high: float, low: float, close: float) -> bool:
        """Say whether any price of a bar reached it."""
        del close
        return high >= self.price if self._is_buy else low <= self.price
