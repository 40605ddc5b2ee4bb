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

__all__ = ["EngineHandle", "ObserverStats", "Snapshot", "SubscriberStats"]


@frozen(kw_only=True)
class ObserverStats:
    """What became of the events of one observer so far.

    When it has ended, `accepted` is `handled` + `dropped` + `conflated`; until then
    what waits and what it has in hand is still to come.

    Attributes:
        name: Who watches.
        policy: What its full queue does: `block`, `drop_oldest` or `conflate`.
        depth: Events that wait.
        busy_s: Seconds its handler has had the batch in hand, 0 when it has none.
        accepted: Events given to it.
        handled: Events its handler took.
        dropped: Events lost.
        conflated: Events replaced by a newer one before they were seen.
        parked: Events given up after every try; they are among the dropped.
        retried: Times a batch was tried again.
        last_fault: What its handler raised last, as `Class: message`, or "".
    """

    name: str
    policy: str
    depth: int
    busy_s: float
    accepted: int
    handled: int
    dropped: int
    conflated: int
    parked: int
    retried: int
    last_fault: str


@frozen(kw_only=True)
class SubscriberStats:
    """What became of the events of one subscription so far.

    Attributes:
        name: Who listens.
        topic: The topic's name, such as `order.state`.
        key: What it listens for: a symbol, a strategy, a pattern; `*` is everything.
        order: Where it stands: 10 state, 50 strategies, 90 onlookers.
        delivered: Events it was given.
        failed: Those of them it raised on.
        mean_us: Microseconds its handler takes, from one call in 64, >= 0; `None` when
            that was not measured: the command `bus.measure` begins it.
    """

    name: str
    topic: str
    key: str
    order: int
    delivered: int
    failed: int
    mean_us: float | None


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
    observers: Sequence[ObserverStats] = ()


class EngineHandle(Protocol):
    """The engine as other threads see it. Every method: any thread."""

    def submit(self, command: Command) -> Future[Any]:
        """Carry out a command between two events; the future has its result or error."""

    def statistics(self) -> Future[Sequence[SubscriberStats]]:
        """Count what every subscriber of the bus was given, between two events."""

    def snapshot(self) -> Future[Snapshot]:
        """Take a picture between two events."""
