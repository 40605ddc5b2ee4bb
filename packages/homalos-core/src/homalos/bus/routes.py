"""Routes: the handlers of one key, found without a search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from homalos.bus.subscription import Subscription

__all__ = ["Route", "Routes", "RoutesByInterval"]


class Route:
    """The handlers of one key, and how many events went through it.

    Attributes:
        count: Events published since the topic counted last.
        inputs: Events that the loop walked it with, which are inputs of the engine.
    """

    __slots__ = ("count", "handlers", "inputs", "subscriptions")

    def __init__(self, subscriptions: tuple[Subscription, ...], *, timed: bool = False) -> None:
        self.subscriptions = subscriptions
        self.handlers = tuple(s.timed if timed else s.handler for s in subscriptions)
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
