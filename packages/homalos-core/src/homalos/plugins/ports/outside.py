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

__all__ = ["EngineHandle", "Observation", "ObserverStats", "Snapshot", "SubscriberStats"]


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
    observers: Sequence[ObserverStats] = ()
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

    def statistics(self) -> Future[Sequence[SubscriberStats]]:
        """Count what every subscriber of the bus was given, between two events."""

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
