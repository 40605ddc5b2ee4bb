"""A backtest's word on margins and fees that its market is not sure of."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from homalos.bus import OBSERVER
from homalos.engine.engine import Engine
from homalos.engine.market_facts import doubtful
from homalos.errors import MarketError
from homalos.model import TradingDayChanged

__all__ = ["warn_of_doubts"]


def warn_of_doubts(engine: Engine, symbols: Iterable[str]) -> None:
    """Have it told on standard error, once a contract, on the first trading day. Before `run`."""
    wanted = tuple(symbols)

    def on_day(change: TradingDayChanged) -> None:
        subscription.close()
        for symbol in wanted:
            doubt = _doubt(engine, symbol, change.trading_day)
            if doubt:
                sys.stderr.write(f"warning: {doubt}\n")

    subscription = engine.subscribe(TradingDayChanged, on_day, order=OBSERVER, name="doubts")


def _doubt(engine: Engine, symbol: str, day: int) -> str:
    try:
        return doubtful(symbol, engine.parts.markets.of(symbol).describe(symbol, on_day=day))
    except MarketError:
        return ""  # a series, or a day outside the calendar: who asks for its bars is told
