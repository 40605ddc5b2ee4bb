"""Who hears what: typed topics, routed by key, walked as tuples on the engine thread.

A topic is one type of message. A route is the tuple of handlers for one key of
it (a symbol, a strategy), made when the key is first seen and made anew when a
subscription changes: publishing never searches.
"""

from homalos.bus.hub import Bus
from homalos.bus.subscription import (
    OBSERVER,
    STATE,
    STRATEGY,
    Fault,
    Handler,
    Key,
    Subscription,
    Subscriptions,
)
from homalos.bus.topic import Topic

__all__ = [
    "OBSERVER",
    "STATE",
    "STRATEGY",
    "Bus",
    "Fault",
    "Handler",
    "Key",
    "Subscription",
    "Subscriptions",
    "Topic",
]
