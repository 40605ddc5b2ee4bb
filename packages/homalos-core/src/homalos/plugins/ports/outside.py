"""The engine as other threads see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Literal, Protocol

from attrs import frozen

from homalos.model import (
    AccountData,
    BarData,
    Command,
    OrderData,
    PositionData,
    ServiceStatus,
    StrategyState,
    TickData,
    TradeData,
)

__all__ = ["EngineHandle", "Observation", "ObserverStatus", "Snapshot"]


@frozen(kw_only=True)
class ObserverStatus:
    """How far one observer is, and what it lost.

    Attributes:
        name: Who watches.
        accepted: Events that went into its queue.
        handled: Events it has dealt with.
        dropped: Events lost: to a full queue, or parked.
        conflated: Events replaced by a newer one before they were seen.
        parked: Batches it could not deal with; the last hundred are kept.
        waiting: Events in its queue.
    """

    name: str
    accepted: int
    handled: int
    dropped: int
    conflated: int
    parked: int
    waiting: int


@frozen(kw_only=True)
class Snapshot:
    """A picture of a running engine; it never changes, so any thread may keep it.

    Attributes:
        ts_ns: The engine's time, nanoseconds UTC.
        trading_day: yyyymmdd; 0 before the first event.
        dispatched: Inputs so far.
        ticks: The last tick by symbol.
        bars: The last bar by symbol.
        orders: Those that work.
        trades: The last hundred.
        positions: Of all accounts.
        accounts: One for each.
        strategies: State by name.
        counters: What was counted so far, by name.
        queues: Items waiting, of the inbox and of every observer, by name.
        observers: How far each observer is.
        services: How each part of the engine is, as was known then.
    """

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
    observers: Sequence[ObserverStatus] = ()
    services: Sequence[ServiceStatus] = ()


class Observation(Protocol):
    """The queue between the engine and somebody who watches. Every member: any thread."""

    @property
    def name(self) -> str:
        """Return who watches."""

    @property
    def handled(self) -> int:
        """Return the events that the handler took."""

    @property
    def dropped(self) -> int:
        """Return the events lost."""

    @property
    def conflated(self) -> int:
        """Return the events replaced by a newer one before they were seen."""

    def depth(self) -> int:
        """Return how many events wait."""


class EngineHandle(Protocol):
    """The engine as its surroundings see it. Every method: any thread, unless it says more."""

    def submit(self, command: Command) -> Future[Any]:
        """Carry out a command between two events; the future has its result or error."""

    def snapshot(self) -> Future[Snapshot]:
        """Take a picture between two events."""

    def observe(
        self,
        kinds: Sequence[type],
        handler: Callable[[Sequence[Any]], object],
        *,
        name: str,
        policy: Literal["block", "drop_oldest", "conflate"] = "drop_oldest",
        key: Callable[[Any], object] | None = None,
    ) -> Observation:
        """Have a handler called with batches of events on a thread of its own.

        Before the engine runs: in `engine_lifespan` or on entering it.

        Args:
            kinds: Types of messages.
            handler: Called with 1 to 100 of them, oldest first; a batch whose handler
                raises is tried again, in the end parked and counted as lost.
            name: Who watches.
            policy: What a full queue does: the engine waits, the oldest is lost, or only
                the newest of each key is kept.
            key: What two events must share to replace one another; `conflate` needs it.
        """
