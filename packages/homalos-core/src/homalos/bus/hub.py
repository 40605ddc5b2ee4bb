"""The bus: every topic behind one door."""

from __future__ import annotations

from typing import Any

from homalos.bus.subscription import OBSERVER, Fault, Handler, Key, Subscription
from homalos.bus.topic import Topic

__all__ = ["Bus"]


class Bus:
    """Every topic, made when it is first asked for.

    Args:
        fault: Told of a handler that raised: the subscription, the event, the exception.
    """

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._topics: dict[type, Topic] = {}
        self._measures = False

    def topic(self, kind: type) -> Topic:
        """Return the topic of a message type; bind its `publish` once, not per event."""
        topic = self._topics.get(kind)
        if topic is None:
            topic = self._topics[kind] = Topic(kind, self._fault)
            topic.measure(on=self._measures)
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
                place takes all, a pattern such as `rb*.SHFE` what it fits.
            order: 10 state, 50 strategies, 90 onlookers.
            name: Who listens.

        Raises:
            ValueError: Messages of this type have no such key.
        """
        return self.topic(kind).subscribe(handler, key=key, order=order, name=name)

    def measure(self, *, on: bool) -> None:
        """Take the time of one handler call in 64 from now on, or no longer.

        Off, as it is to begin with, it costs nothing: what takes the time stands in
        the routes, in place of the handlers.
        """
        self._measures = on
        for topic in self._topics.values():
            topic.measure(on=on)

    def deliveries(self) -> int:
        """Return how many times a handler was called with an event."""
        return sum(topic.count() for topic in self._topics.values())

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Return every subscription, topic by topic."""
        return tuple(s for topic in self._topics.values() for s in topic.subscriptions())
