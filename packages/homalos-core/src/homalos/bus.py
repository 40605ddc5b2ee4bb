"""Who hears what: typed topics, routed by key, walked as tuples on the engine thread.

A topic is one type of message. A route is the tuple of handlers for one key of
it (a symbol, a strategy), made when the key is first seen and made anew when a
subscription changes: publishing never searches.
"""

from __future__ import annotations

from collections.abc import Callable
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
Publish = Callable[[Any], None]
Fault = Callable[["Subscription", Any, Exception], None]

STATE, STRATEGY, OBSERVER = 10, 50, 90
"""Where a handler stands in the order: the managers' state, strategies, onlookers."""

_BY_SYMBOL = frozenset({TickData, SessionChanged})
_BY_STRATEGY = frozenset({OrderData, TradeData, Rejection, TimerFired, StrategyChanged})


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


class Route:
    """The handlers of one key, and how many events went through it.

    Attributes:
        count: Events published since the topic counted last.
        inputs: Events that the loop walked it with, which are inputs of the engine.
    """

    __slots__ = ("count", "handlers", "inputs", "subscriptions")

    def __init__(self, subscriptions: tuple[Subscription, ...]) -> None:
        self.subscriptions = subscriptions
        self.handlers = tuple(s.handler for s in subscriptions)
        self.count = 0
        self.inputs = 0


class Routes(dict[Any, Route]):
    """Routes by key; one that is not there yet is made on the way."""

    def __init__(self, make: Callable[[Any], Route]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Any) -> Route:
        route = self[key] = self._make(key)
        return route


class RoutesByInterval(dict[str, Routes]):
    """Routes of bars: by interval, then by symbol, so that no pair is built per event."""

    def __init__(self, make: Callable[[Any], Route]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, interval: str) -> Routes:
        make = self._make
        routes = self[interval] = Routes(lambda symbol: make((symbol, interval)))
        return routes


class Topic:
    """All handlers of one type of message. Engine thread only.

    Attributes:
        kind: The type.
        publish: Gives an event to every handler of its key, in order. A handler
            that raises is counted and reported; the others still run.
        routes: By key, for whoever walks them without a call in between: the loop.
        bars: The same for bars.
    """

    def __init__(self, kind: type, fault: Fault) -> None:
        self.kind = kind
        self._fault = fault
        self._subscriptions: list[Subscription] = []
        self._delivered = 0
        self._published = 0
        self._inputs = 0
        self.bars = RoutesByInterval(self._make)
        self.routes = Routes(self._make)
        self.publish = _publisher(kind)(self)

    def subscribe(
        self, handler: Handler, *, key: Key = None, order: int = OBSERVER, name: str = ""
    ) -> Subscription:
        """Add a handler; it hears the next event, not the one being delivered.

        Raises:
            ValueError: Events of this type have no such key, so it would never hear one.
            TypeError: The handler cannot be hashed.
        """
        self._check_key(key)
        hash(handler)  # Routes need it, and would only find out while an event is on its way.
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
        for routes in (self.routes, *self.bars.values()):
            for route in routes.values():
                events = route.count + route.inputs
                for subscription in route.subscriptions:
                    subscription.given += events
                self._delivered += events * len(route.handlers)
                self._published += events
                self._inputs += route.inputs
                route.count = route.inputs = 0
        return self._delivered

    @property
    def published(self) -> int:
        """Return how many events went through."""
        self.count()
        return self._published

    @property
    def inputs(self) -> int:
        """Return how many of them the loop walked: what came in, not what was made here."""
        self.count()
        return self._inputs

    def go_on(self, route: Route, handler: Handler, event: Any, error: Exception) -> None:
        """Count and report a handler that raised, and give the event to those behind it."""
        at = route.handlers.index(handler)
        while True:
            failed = route.subscriptions[at]
            failed.failed += 1
            self._fault(failed, event, error)
            for at in range(at + 1, len(route.handlers)):  # noqa: B020  goes on behind the failed
                try:
                    route.handlers[at](event)
                except Exception as another:  # noqa: BLE001  the bus fence: counted and told
                    error = another
                    break
            else:
                return

    def _check_key(self, key: Key) -> None:
        if key is None:
            return
        if self.kind is BarData:
            expected = "(symbol, interval), None in either place for all"
            fits = isinstance(key, tuple) and len(key) == 2
        elif self.kind in _BY_SYMBOL or self.kind in _BY_STRATEGY:
            expected = "a symbol" if self.kind in _BY_SYMBOL else "a strategy's name"
            fits = isinstance(key, str)
        else:
            expected, fits = "no key at all", False
        if not fits:
            msg = f"{self.kind.__name__} is heard by {expected}, not by {key!r}"
            raise ValueError(msg)

    def _reroute(self) -> None:
        self.count()
        self.routes.clear()
        self.bars.clear()

    def _make(self, key: Any) -> Route:
        # A handler is in a route once, so that its place tells which one raised.
        heard: dict[Handler, Subscription] = {}
        for subscription in self._subscriptions:
            if subscription.hears(key):
                heard.setdefault(subscription.handler, subscription)
        return Route(tuple(heard.values()))


# Closures, one for each way to find a route: a local variable is the cheapest
# thing there is, and `try` costs nothing until a handler raises.


def _by_symbol(topic: Topic) -> Publish:
    routes, go_on = topic.routes, topic.go_on

    def publish(event: Any) -> None:
        route = routes[event.symbol]
        route.count += 1
        try:
            for handler in route.handlers:
                handler(event)
        except Exception as error:  # noqa: BLE001  the bus fence: counted and told
            go_on(route, handler, event, error)

    return publish


def _by_interval(topic: Topic) -> Publish:
    bars, go_on = topic.bars, topic.go_on

    def publish(event: Any) -> None:
        route = bars[event.interval][event.symbol]
        route.count += 1
        try:
            for handler in route.handlers:
                handler(event)
        except Exception as error:  # noqa: BLE001  the bus fence: counted and told
            go_on(route, handler, event, error)

    return publish


def _by_strategy(topic: Topic) -> Publish:
    routes, go_on = topic.routes, topic.go_on

    def publish(event: Any) -> None:
        route = routes[event.strategy]
        route.count += 1
        try:
            for handler in route.handlers:
                handler(event)
        except Exception as error:  # noqa: BLE001  the bus fence: counted and told
            go_on(route, handler, event, error)

    return publish


def _without_key(topic: Topic) -> Publish:
    routes, go_on = topic.routes, topic.go_on

    def publish(event: Any) -> None:
        route = routes[""]
        route.count += 1
        try:
            for handler in route.handlers:
                handler(event)
        except Exception as error:  # noqa: BLE001  the bus fence: counted and told
            go_on(route, handler, event, error)

    return publish


def _publisher(kind: type) -> Callable[[Topic], Publish]:
    if kind is BarData:
        return _by_interval
    if kind in _BY_SYMBOL:
        return _by_symbol
    return _by_strategy if kind in _BY_STRATEGY else _without_key


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

        Raises:
            ValueError: Messages of this type have no such key.
        """
        return self.topic(kind).subscribe(handler, key=key, order=order, name=name)

    def deliveries(self) -> int:
        """Return how many times a handler was called with an event."""
        return sum(topic.count() for topic in self._topics.values())

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Return every subscription, topic by topic."""
        return tuple(s for topic in self._topics.values() for s in topic.subscriptions())
