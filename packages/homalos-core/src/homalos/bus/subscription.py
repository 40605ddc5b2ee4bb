"""One handler on one topic: what it listens for, and what became of its events."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homalos.bus.topic import Topic

__all__ = [
    "OBSERVER",
    "STATE",
    "STRATEGY",
    "Fault",
    "Handler",
    "Key",
    "Subscription",
    "Subscriptions",
]

Handler = Callable[[Any], object]
Key = str | tuple[str | None, str | None] | None
Fault = Callable[["Subscription", Any, Exception], None]

STATE, STRATEGY, OBSERVER = 10, 50, 90
"""Where a handler stands in the order: the managers' state, strategies, onlookers."""

_EVERY = 64  # one call in so many is timed: reading the clock costs as much as a small handler


class Subscription:
    """One handler on one topic.

    Attributes:
        topic: Where it listens.
        handler: Called with each event, on the engine thread.
        key: What it listens for; `None` is everything. A text with `*`, `?` or
            `[...]` in it is a pattern, as of file names: `rb*.SHFE`.
        order: Handlers run by rising order, ties by the order of subscribing.
        name: Who listens, for statistics and faults.
        failed: Events on which it raised.
        given: Events it was given, as far as its topic has counted.
    """

    __slots__ = (
        "_busy_ns", "_calls", "_sampled", "failed", "given", "handler", "key", "name", "order",
        "topic",
    )  # fmt: skip

    def __init__(self, topic: Topic, handler: Handler, key: Key, order: int, name: str) -> None:
        self.topic = topic
        self.handler = handler
        self.key = key
        self.order = order
        self.name = name
        self.failed = 0
        self.given = 0
        self._calls = 0
        self._sampled = 0
        self._busy_ns = 0

    @property
    def delivered(self) -> int:
        """Return how many events it was given, those it raised on included."""
        self.topic.count()
        return self.given

    @property
    def mean_us(self) -> float | None:
        """Return how long the handler takes, microseconds >= 0; `None` if never measured."""
        return self._busy_ns / self._sampled / 1_000 if self._sampled else None

    def close(self) -> None:
        """Stop listening; an event that is being delivered now still arrives."""
        self.topic.remove(self)

    def hears(self, key: Any) -> bool:
        """Say whether events of a key are for this handler. Asked once a route."""
        if isinstance(self.key, tuple):
            return all(_fits(mine, its) for mine, its in zip(self.key, key, strict=True))
        return _fits(self.key, key)

    def timed(self, event: Any) -> None:
        """Call the handler, and look at the clock around one call in 64."""
        self._calls += 1
        if self._calls % _EVERY != 1:
            self.handler(event)
            return
        began = perf_counter_ns()
        self.handler(event)
        self._busy_ns += perf_counter_ns() - began
        self._sampled += 1


def _fits(pattern: str | None, key: str) -> bool:
    return pattern is None or pattern == key or fnmatchcase(key, pattern)


class Subscriptions(tuple[Subscription, ...]):
    """The subscriptions that one name, such as `order.*`, came to."""

    __slots__ = ()

    def close(self) -> None:
        """Stop listening to all of them; harmless twice."""
        for each in self:
            each.close()

    @property
    def delivered(self) -> int:
        """Return how many events were given, over all of them."""
        return sum(each.delivered for each in self)

    @property
    def failed(self) -> int:
        """Return on how many of these events the handler raised."""
        return sum(each.failed for each in self)
