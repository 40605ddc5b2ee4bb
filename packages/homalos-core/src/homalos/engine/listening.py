"""Who listens from outside: topics by name or type, observers, and what became of their events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from homalos.bus import OBSERVER, STATE, Handler, Key, Subscriptions
from homalos.engine.errand import Errand
from homalos.errors import TopicError
from homalos.model import Alert
from homalos.observer import Observer, Policy
from homalos.plugins.ports import ObserverStats, SubscriberStats
from homalos.topics import Wanted, name_of, resolve

if TYPE_CHECKING:
    from homalos.engine.build import Parts

__all__ = [
    "STORE",
    "Observers",
    "begin",
    "dismiss",
    "end",
    "listen",
    "observe",
    "parked",
    "subscriber_stats",
    "unfinished",
    "unkept",
]

STORE = "store"
"""Name of the store, and of the observer that feeds it."""

_BATCH = 100
_COUNTS = ("dropped", "conflated", "given_up", "retried")


class Observers(list[Observer]):
    """Every observer, and the counts of those that have gone."""

    def __init__(self) -> None:
        super().__init__()
        self._gone: Counter[str] = Counter()

    def total(self, count: str) -> int:
        """Return `dropped`, `conflated`, `given_up` or `retried` over all there ever were."""
        total: int = sum(getattr(each, count) for each in self)
        return self._gone[count] + total

    def forget(self, observer: Observer) -> None:
        """Take one out and keep its counts."""
        self.remove(observer)
        self._gone.update({count: getattr(observer, count) for count in _COUNTS})

    def stats(self) -> tuple[ObserverStats, ...]:
        """Return a picture of each. Any thread."""
        return tuple(map(_stats, self))


def listen(
    parts: Parts, topic: type | str, handler: Handler, *, key: Key, order: int, name: str
) -> Subscriptions:
    """Subscribe a handler to a type of message, or to all that a topic name means.

    Raises:
        TopicError: There is no such topic; or a key was given beside a name.
        ValueError: The order is out of bounds, or the type has no such key.
    """
    if not STATE <= order <= OBSERVER:
        msg = f"order {order}: write {STATE} (beside the managers) to {OBSERVER} (after all)"
        raise ValueError(msg)
    bus = parts.bus
    return Subscriptions(
        [
            bus.subscribe(each.kind, handler, key=each.key, order=order, name=name)
            for each in _wanted(parts, topic, key)
        ]
    )


def observe(
    parts: Parts,
    topics: Sequence[type | str],
    handler: Callable[[Sequence[Any]], object],
    *,
    name: str,
    policy: Policy,
    key: Callable[[Any], object] | None,
) -> Observer:
    """Make an observer and subscribe it; `begin` starts it.

    Raises:
        TopicError: There is no such topic. Nothing is subscribed then.
        ValueError: It is to conflate, but not told by which key.
    """
    wanted = [each for topic in topics for each in _wanted(parts, topic, None)]
    queue = parts.settings.bus.queue
    fault = partial(parked, parts)
    observer = Observer(
        name, handler, queue=queue, policy=policy, batch=_BATCH, key=key, fault=fault
    )
    for each in dict.fromkeys(wanted):
        parts.bus.subscribe(each.kind, observer.put, key=each.key, order=OBSERVER, name=name)
    parts.observers.append(observer)
    return observer


def begin(parts: Parts, observer: Observer) -> None:
    """Start an observer, and have its losses and stalls told as alerts."""
    observer.on_loss = partial(_lost, parts)
    observer.on_stall = partial(_stalled, parts)
    observer.hurries = parts.loop.stopping.is_set
    observer.start()


def end(parts: Parts, observer: Observer, timeout_s: float = 10.0) -> bool:
    """Let an observer handle what waits and stop it; keep it as a fault if it took too long."""
    before = observer.dropped
    ended = observer.close(timeout_s)
    if not ended:
        parts.faults.append((observer.name, unfinished(observer, before)))
    return ended


def unfinished(observer: Observer, before: int) -> str:
    """Return what to say of an observer that had to be left behind.

    Args:
        observer: It is closed.
        before: What it had lost before that.
    """
    lost = observer.dropped - before
    hand = unkept(observer) - observer.dropped
    held = f", {hand} more are in the hands of a handler that does not come back" if hand else ""
    return f"did not finish in time; {lost} events are lost{held}"


def unkept(observer: Observer) -> int:
    """Return how many events its handler has not taken: lost, or in its hands at the end."""
    return observer.accepted - observer.handled - observer.conflated


def parked(parts: Parts, name: str, error: Exception) -> None:
    """Keep that an observer parked a batch, and show it. Observer thread."""
    what = f"{type(error).__name__}: {error}"
    for observer in tuple(parts.observers):
        if observer.name != name or not observer.parked:
            continue
        parts.faults.append((name, f"gave up {len(observer.parked[-1])} events: {what}"))
        batches = f"{len(observer.parked)} batch(es) parked"
        reason = f"{batches}, the last one by {what}"
        for service in _services(parts, observer):
            parts.registry.degrade(service, reason)
        if name == STORE:
            parts.registry.degrade(STORE, reason)


def dismiss(parts: Parts, observer: Observer, timeout_s: float) -> bool:
    """End an observer while the engine runs, and forget it but for its counts. Engine thread.

    Returns:
        False when it did not end in time; what it had not handled is lost.
    """
    for each in parts.bus.subscriptions():
        if each.handler == observer.put:
            each.close()
    ended = end(parts, observer, timeout_s)
    if observer in parts.observers:
        parts.observers.forget(observer)
    for service in _services(parts, observer):
        parts.registry.forget(service)
    return ended


def subscriber_stats(parts: Parts) -> tuple[SubscriberStats, ...]:
    """Return a picture of every subscription, topic by topic. Engine thread."""
    return tuple(
        SubscriberStats(
            name=each.name,
            topic=name_of(each.topic.kind),
            key=_shown(each.key),
            order=each.order,
            delivered=each.delivered,
            failed=each.failed,
            mean_us=each.mean_us,
        )
        for each in parts.bus.subscriptions()
    )


def _services(parts: Parts, observer: Observer) -> list[str]:
    """Return the names under which an observer is a service; one, once it was registered."""
    registry = parts.registry
    return [each.name for each in registry.statuses() if registry.named(each.name) is observer]


def _wanted(parts: Parts, topic: type | str, key: Key) -> tuple[Wanted, ...]:
    if isinstance(topic, type):
        return (Wanted(topic, key),)
    if key is not None:
        msg = f"topic {topic!r}: write the key {key!r} behind the name, or subscribe by type"
        raise TopicError(msg)
    strategies = parts.strategies

    def trades(name: str) -> list[tuple[str, str]] | None:
        if name not in strategies.names():
            return None
        strategy = strategies.strategy(name)
        return [(symbol, strategy.interval) for symbol in strategy.symbols]

    return resolve(topic, parse=parts.markets.parse, trades=trades)


def _stats(observer: Observer) -> ObserverStats:
    return ObserverStats(
        name=observer.name,
        policy=observer.policy,
        depth=observer.depth(),
        busy_s=observer.busy_s(),
        accepted=observer.accepted,
        handled=observer.handled,
        dropped=observer.dropped,
        conflated=observer.conflated,
        parked=observer.given_up,
        retried=observer.retried,
        last_fault=observer.last_fault,
    )


def _shown(key: Key) -> str:
    if isinstance(key, tuple):
        return " ".join(part or "*" for part in key)
    return key or "*"


def _lost(parts: Parts, observer: Observer) -> None:
    why = f"; its handler last raised {observer.last_fault}" if observer.last_fault else ""
    text = (
        f"lost {observer.dropped:,} of {observer.accepted:,} events, "
        f"{observer.depth():,} wait (policy {observer.policy}){why}"
    )
    # Either thread, and only the engine's may publish: between two events, then.
    parts.inbox.post_now(Errand(lambda: _warn(parts, observer, text), None))


def _stalled(parts: Parts, observer: Observer) -> None:
    # At once: the engine thread is here, and will not get to its inbox before this ends.
    _warn(
        parts,
        observer,
        f"has had one batch for {observer.busy_s():.0f} s and its queue is full; the engine waits "
        "for it: mend what it writes to, or stop the run",
    )


def _warn(parts: Parts, observer: Observer, text: str) -> None:
    source = f"observer.{observer.name}"
    parts.bus.publish(Alert("warning", source, text, parts.clock.now))
