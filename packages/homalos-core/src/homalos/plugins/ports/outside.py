"""The engine as other threads see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

from attrs import frozen

from homalos.model import (
    AccountData,
    BarData,
    Command,
    OrderData,
    PositionData,
    StrategyState,
    TickData,
    TradeData,
)

__all__ = ["EngineHandle", "Snapshot"]


@frozen(kw_only=True)
class Snapshot:
    """A picture of a running engine; it never changes, so any thread may keep it."""

    ts_ns: int
    trading_day: int
    dispatched: int
    ticks: Mapping[str, TickData]
    bars: Mapping[str, BarData]
    orders: Sequence[OrderData]
    trades: Sequence[TradeData]
    positions: Sequence[PositionData]
    accounts: Sequence[AccountData]
    strategies: Mapping[str, StrategyState]
    counters: Mapping[str, int]
    queues: Mapping[str, int]


class EngineHandle(Protocol):
    """The engine as other threads see it. Every method: any thread."""

    def submit(self, command: Command) -> Future[Any]:
        """Carry out a command between two events; the future has its result or error."""

    def snapshot(self) -> Future[Snapshot]:
        """Take a picture between two events."""
