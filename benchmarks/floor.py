"""The least that the work can cost: the rules in bare CPython, with nothing around them.

Nobody checks, books, journals or delivers anything here. What the engine needs beyond
this is its own. The rules decide as `double_ma` and `ema_momentum` do, and are written
as a strategy author writes a rule: an object that remembers, asked once an event.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Fill", "trade_bars", "trade_ticks"]

Fill = tuple[int, float]
"""(lots, below 0 when sold; price)"""


class Crossing:
    """Says which side two simple averages of closes are on: 1, -1, or 0 for no opinion."""

    __slots__ = ("_fast", "_fast_sum", "_place", "_ring", "_seen", "_slow", "_slow_sum")

    def __init__(self, fast: int, slow: int) -> None:
        """Begin without prices; the averages are over so many of them."""
        self._fast = fast
        self._slow = slow
        self._ring = [0.0] * slow
        self._place = 0
        self._seen = 0
        self._fast_sum = 0.0
        self._slow_sum = 0.0

    def update(self, price: float) -> int:
        """Take in a close and return the side."""
        place, ring, slow = self._place, self._ring, self._slow
        self._slow_sum += price - ring[place]
        self._fast_sum += price - ring[place - self._fast]
        ring[place] = price
        place += 1
        self._place = place if place < slow else 0
        self._seen += 1
        if self._seen < slow:
            return 0
        above = self._fast_sum * slow
        below = self._slow_sum * self._fast
        if above > below:
            return 1
        return -1 if above < below else 0


class Momentum:
    """Says whether a fast exponential average leads a slow one by the threshold: 1, -1 or 0."""

    __slots__ = ("_fast", "_fast_weight", "_seen", "_slow", "_slow_weight", "_threshold")

    def __init__(self, fast: int, slow: int, threshold: float) -> None:
        """Begin without prices; the averages have these periods."""
        self._fast_weight = 2.0 / (fast + 1)
        self._slow_weight = 2.0 / (slow + 1)
        self._threshold = threshold
        self._fast = 0.0
        self._slow = 0.0
        self._seen = 0

    def update(self, bid: float, ask: float) -> int:
        """Take in a tick and return the side."""
        middle = (bid + ask) * 0.5
        if not self._seen:
            self._fast = self._slow = middle
        self._seen += 1
        fast = self._fast = self._fast + self._fast_weight * (middle - self._fast)
        slow = self._slow = self._slow + self._slow_weight * (middle - self._slow)
        lead = fast - slow
        if lead > self._threshold:
            return 1
        return -1 if lead < -self._threshold else 0


class BarTrader:
    """Trades a rule on bars; what a bar decides is filled at the open of the next one."""

    def __init__(self, rule: Crossing) -> None:
        """Begin flat."""
        self.fills: list[Fill] = []
        self._rule = rule
        self._position = 0
        self._ordered = 0

    def on_bar(self, opened: float, close: float) -> None:
        """Fill what is ordered, and decide."""
        if self._ordered:
            lots = self._ordered
            self._ordered = 0
            self._position += lots
            self.fills.append((lots, opened))
        side = self._rule.update(close)
        if side and side != self._position:
            self._ordered = side - self._position


class TickTrader:
    """Trades a rule on ticks; what a tick decides is filled at its own touch."""

    def __init__(self, rule: Momentum) -> None:
        """Begin flat."""
        self.fills: list[Fill] = []
        self._rule = rule
        self._position = 0

    def on_tick(self, bid: float, ask: float) -> None:
        """Decide, and fill that."""
        side = self._rule.update(bid, ask)
        if side and side != self._position:
            lots = side - self._position
            self._position += lots
            self.fills.append((lots, ask if lots > 0 else bid))


def trade_bars(opens: Sequence[float], closes: Sequence[float]) -> list[Fill]:
    """Return the fills of averages over 10 and 30 bars."""
    trader = BarTrader(Crossing(10, 30))
    on_bar = trader.on_bar
    for opened, close in zip(opens, closes, strict=True):
        on_bar(opened, close)
    return trader.fills


def trade_ticks(bids: Sequence[float], asks: Sequence[float]) -> list[Fill]:
    """Return the fills of averages over 60 and 600 ticks and a threshold of 3.0."""
    trader = TickTrader(Momentum(60, 600, 3.0))
    on_tick = trader.on_tick
    for bid, ask in zip(bids, asks, strict=True):
        on_tick(bid, ask)
    return trader.fills
