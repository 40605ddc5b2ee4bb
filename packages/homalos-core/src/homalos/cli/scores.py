"""What each strategy has made of its trades, at the last prices."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from math import nan

from homalos.model import Direction, Instrument, TradeData

__all__ = ["Scores"]


class Scores:
    """Follows trades and values them: cash got less cash paid, and what is held at the last price.

    Fees are left out; the account shows them. One thread adds, another reads.
    """

    def __init__(self, instrument: Callable[[str], Instrument]) -> None:
        """Begin without trades; `instrument` is asked once for each symbol traded."""
        self._instrument = instrument
        self._lock = threading.Lock()
        self._cash: dict[str, float] = {}
        self._lots: dict[tuple[str, str], int] = {}
        self._multipliers: dict[str, int] = {}

    def add(self, trade: TradeData) -> None:
        """Count a trade in."""
        lots = trade.volume if trade.direction is Direction.LONG else -trade.volume
        with self._lock:
            multiplier = self._multipliers.get(trade.symbol)
            if multiplier is None:
                multiplier = self._instrument(trade.symbol).multiplier
                self._multipliers[trade.symbol] = multiplier
            paid = trade.price * lots * multiplier
            self._cash[trade.strategy] = self._cash.get(trade.strategy, 0.0) - paid
            key = (trade.strategy, trade.symbol)
            self._lots[key] = self._lots.get(key, 0) + lots

    def worth(self, prices: Mapping[str, float]) -> dict[str, tuple[int, float]]:
        """Return (net lots, profit before fees in currency) of every strategy that traded.

        Args:
            prices: Last price by symbol, currency per unit; one that is absent makes nan.
        """
        with self._lock:
            found = {name: (0, cash) for name, cash in self._cash.items()}
            for (name, symbol), lots in self._lots.items():
                held, profit = found[name]
                if lots:
                    price = prices.get(symbol, nan)
                    profit += price * lots * self._multipliers[symbol]
                found[name] = (held + lots, profit)
        return found
