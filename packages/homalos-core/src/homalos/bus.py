"""Who hears what: typed topics, routed by key, walked as tuples on the engine thread.

A topic is one type of message. A route is the tuple of handlers for one key of
it (a symbol, a strategy), made when the key is first seen and made anew when a
subscription changes: publishing never searches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from homalos.model import (
    BarData,
    OrderData,
    Rejection,
    SessionChanged,
    StrategyChanged,
    TickData,
    TimerFired,
    TradeData,
)

__all__ = ["OBSERVER", "STATE", "STRATEGY", "Bus", "Fault", "Handler", "Subscription", "Topic"]

Handler = Callable[[Any], object]
Key = str | tuple[str | None, str | None] | None
Fault = Callable[["Subscription", Any, Exception], None]

STATE, STRATEGY, OBSERVER = 10, 50, 90
"""Where a handler stands in the order: the managers' state, strategies, onlookers."""

_KEYS: dict[type, Callable[[Any], Any]] = {
    TickData: attrgetter("symbol"),
    BarData: attrgetter("symbol", "interval"),
    SessionChanged: attrgetter("symbol"),
    OrderData: attrgetter("strategy"),
    TradeData: attrgetter("strategy"),
    Rejection: attrgetter("strategy"),
    TimerFired: attrgetter("strategy"),
    StrategyChanged: attrgetter("strategy"),
}


def _no_key(_: Any) -> None:
    return None


class Subscription:
    """One handler on one topic.

    Attributes:
        handler: Called with each event, on the engine thread.
        key: What it listens for; `None` is everything.
        order: Handlers run by rising order, ties by the order of subscribing.
        name: Who listens, for statistics and faults.
        failed: Events on which it raised.
    """

    __slots__ = ("_topic", "failed", "given", "handler", "key", "name", "order")

    def __init__(self, topic: Topic, handler: Handler, key: Key, order: int, name: str) -> None:
        self._topic = topic
        self.handler = handler
        self.key = key
        self.order = order
        self.name = name
        self.failed = 0
        self.given = 0

    @property
    def delivered(self) -> int:
        """Return how many events it was given, those it raised on included."""
        self._topic.count()
        return self.given

    def close(self) -> None:
        """Stop listening; an event that is being delivered now still arrives."""
        self._topic.remove(self)

    def hears(self, key: Any) -> bool:
        """Say whether events of a key are for this handler."""
        if self.key is None:
            return True
        if isinstance(self.key, tuple):
            return all(mine in (None, its) for mine, its in zip(self.key, key, strict=True))
        return bool(self.key == key)


class _Route:
    """The handlers of one key, and how many events went through it."""

    __slots__ = ("count", "handlers", "subscriptions")

    def __init__(self, subscriptions: tuple[Subscription, ...]) -> None:
        self.subscriptions = subscriptions
        self.handlers = tuple(s.handler for s in subscriptions)
        self.count = 0


class _Routes(dict[Any, _Route]):
    """Routes by key; one that is not there yet is made on the way."""

    def __init__(self, make: Callable[[Any], _Route]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Any) -> _Route:
        route = self[key] = self._make(key)
        return route


class Topic:
    """All handlers of one type of message. Engine thread only.

    Attributes:
        kind: The type.
    """

    def __init__(self, kind: type, fault: Fault) -> None:
        self.kind = kind
        self._key: Callable[[Any], Any] = _KEYS.get(kind, _no_key)
        self._fault = fault
        self._subscriptions: list[Subscription] = []
        self._routes = _Routes(self._make)
        self._delivered = 0

    def publish(self, event: Any) -> None:
        """Give an event to every handler of its key, in order.

        A handler that raises is counted and reported; the others still run.
        """
        route = self._routes[self._key(event)]
        route.count += 1
        rest: Iterator[Handler] = iter(route.handlers)
        # `try` costs nothing until a handler raises; the iterator then stands behind it.
        try:
            for handler in rest:
                handler(event)
        except Exception as error:  # noqa: BLE001  the bus fence: counted and told
            self._go_on(route, rest, handler, event, error)

    def subscribe(
        self, handler: Handler, *, key: Key = None, order: int = OBSERVER, name: str = ""
    ) -> Subscription:
        """Add a handler; it hears the next event, not the one being delivered."""
        subscription = Subscription(self, handler, key, order, name)
        self._subscriptions.append(subscription)
        self._subscriptions.sort(key=attrgetter("order"))
        self._reroute()
        return subscription

    def remove(self, subscription: Subscription) -> None:
        """Take a handler out; harmless when it is out already."""
        if subscription in self._subscriptions:
            self.count()
            self._subscriptions.remove(subscription)
            self._reroute()

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Return the handlers in the order in which they run."""
        return tuple(self._subscriptions)

    def count(self) -> int:
        """Bring the subscriptions' figures up to date; return all deliveries so far."""
        for route in self._routes.values():
            for subscription in route.subscriptions:
                subscription.given += route.count
            self._delivered += route.count * len(route.handlers)
            route.count = 0
        return self._delivered

    def _go_on(
        self, route: _Route, rest: Iterator[Handler], handler: Handler, event: Any, error: Exception
    ) -> None:
        self._report(route, handler, event, error)
        for later in rest:
            try:
                later(event)
            except Exception as another:  # noqa: BLE001  the bus fence: counted and told
                self._report(route, later, event, another)

    def _report(self, route: _Route, handler: Handler, event: Any, error: Exception) -> None:
        failed = next(s for s in route.subscriptions if s.handler is handler)
        failed.failed += 1
        self._fault(failed, event, error)

    def _reroute(self) -> None:
        self.count()
        self._routes.clear()

    def _make(self, key: Any) -> _Route:
        return _Route(tuple(s for s in self._subscriptions if s.hears(key)))


class Bus:
    """Every topic, made when it is first asked for.

    Args:
        fault: Told of a handler that raised: the subscription, the event, the exception.
    """

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._topics: dict[type, Topic] = {}

    def topic(self, kind: type) -> Topic:
        """Return the topic of a message type; bind its `publish` once, not per event."""
        topic = self._topics.get(kind)
        if topic is None:
            topic = self._topics[kind] = Topic(kind, self._fault)
        return topic

    def publish(self, event: Any) -> None:
        """Publish on the topic of the event's own type."""
        self.topic(type(event)).publish(event)

    def subscribe(
        self,
        kind: type,
        handler: Handler,
        *,
        key: Key = None,
        order: int = OBSERVER,
        name: str = "",
    ) -> Subscription:
        """Have a handler called with every message of a type, on the engine thread.

        Args:
            kind: The type of message.
            handler: Called with one message.
            key: The symbol, strategy, or (symbol, interval) of a bar; `None` in any
                place takes all.
            order: 10 state, 50 strategies, 90 onlookers.
            name: Who listens.
        """
        return self.topic(kind).subscribe(handler, key=key, order=order, name=name)

    def deliveries(self) -> int:
        """Return how many times a handler was called with an event."""
        return sum(topic.count() for topic in self._topics.values())

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Return every subscription, topic by topic."""
        return tuple(s for topic in self._topics.values() for s in topic.subscriptions())
