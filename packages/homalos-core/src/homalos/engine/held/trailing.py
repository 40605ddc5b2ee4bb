"""A trigger that follows the market. Pure."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["TrailingTrigger"]


class TrailingTrigger:
    """A trigger that stays `trail` behind the best price since it was placed, never going back.

    The best price is the highest for an order that sells, the lowest for one that buys. Of a
    bar the old trigger is held against its worst price first, since nobody knows which
    came first; then it follows the best one, behind which only the close is sure to come.
    """

    __slots__ = ("_is_buy", "_snap", "_trail", "price")

    def __init__(
        self, price: float, trail: float, *, is_buy: bool, snap: Callable[[float], float]
    ) -> None:
        """Begin.

        Args:
            price: Where it stands at first; nan to begin behind the first price.
            trail: Its distance, currency per unit, > 0.
            is_buy: The order's side.
            snap: Puts a price on the grid.
        """
        self.price = price
        self._trail = trail
        self._is_buy = is_buy
        self._snap = snap

    def on_price(self, last: float) -> bool:
        """Follow a price, or say that it reaches the order."""
        if self._reached(last):
            return True
        self._follow(last)
        return False

    def on_bar(self, high: float, low: float, close: float) -> bool:
        """Follow a bar, or say that it reached the order."""
        best, worst = (low, high) if self._is_buy else (high, low)
        if self._reached(worst):
            return True
        self._follow(best)
        return self._reached(close)

    def _reached(self, price: float) -> bool:
        # nan, on either side, compares False.
        return price >= self.price if self._is_buy else price <= self.price

    def _follow(self, best: float) -> None:
        if best != best:  # noqa: PLR0124  nan, the missing price
            return
        behind = self._snap(best + self._trail if self._is_buy else best - self._trail)
        nearer = behind < self.price if self._is_buy else behind > self.price
        if nearer or self.price != self.price:
            self.price = behind
