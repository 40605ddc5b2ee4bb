"""One type of message: its handlers, its routes, and the way to publish on it."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from homalos.bus.routes import Route, Routes, RoutesByInterval
from homalos.bus.subscription import OBSERVER, Fault, Handler, Key, Subscription
from homalos.model import (
    BarData,
    OrderData,
    Rejection,
    Rolled,
    SessionChanged,
    StrategyChanged,
    TickData,
    TimerFired,
    TradeData,
)

__all__ = ["Topic"]

Publish = Callable[[Any], None]

_BY_SYMBOL = frozenset({TickData, SessionChanged})
_BY_STRATEGY = frozenset({OrderData, TradeData, Rejection, Rolled, TimerFired, StrategyChanged})

_KEPT = 10_000  # routes of a topic; a key that is never seen again leaves one behind


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
        self._measures = False
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

    def measure(self, *, on: bool) -> None:
        """Take the time of one call in 64 from now on, or no longer."""
        self._measures = on
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
        try:
            while True:
                failed = route.subscriptions[at]
                failed.failed += 1
                self._fault(failed, event, error)
                for at in range(at + 1, len(route.handlers)):  # noqa: B020  behind the failed
                    try:
                        route.handlers[at](event)
                    except Exception as another:  # noqa: BLE001  the bus fence: counted and told
                        error = another
                        break
                else:
                    return
        finally:
            # Its traceback holds this frame: a circle, and a quiet collector leaves circles be.
            del error

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
        # The routes of a length stay where they are: a publish may have them in hand.
        for routes in self.bars.values():
            routes.clear()

    def _make(self, key: Any) -> Route:
        if len(self.routes) + sum(map(len, self.bars.values())) >= _KEPT:
            self._reroute()
        # A handler is in a route once, so that its place tells which one raised.
        heard: dict[Handler, Subscription] = {}
        for subscription in self._subscriptions:
            if subscription.hears(key):
                heard.setdefault(subscription.handler, subscription)
        return Route(tuple(heard.values()), timed=self._measures)


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
