"""The parts of an engine as services: in which order they live, and how they are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from homalos.bus import OBSERVER
from homalos.engine.lifespans import Lifespan
from homalos.engine.listening import STORE, begin, unfinished
from homalos.engine.pump import FeedPump
from homalos.errors import EngineStateError, ServiceError, StoreError
from homalos.model import ConnectionChanged
from homalos.observer import Observer
from homalos.plugins.ports import AlertChannel, Gateway, Store

if TYPE_CHECKING:
    from homalos.engine.build import Parts

__all__ = ["Services"]

_JOURNAL, _STORE, _FEED = "journal", STORE, "feed"
_STOP_S = 5.0  # for a venue or a lifespan
_KEEP_S = 10.0  # for what has data to write
_PATIENCE_S = 10.0  # with one batch of an observer
_UNCONNECTED = "the venue has not said yet that it is connected"


class Services:
    """Opens and closes what an engine is made of, through its registry.

    Opened in this order and closed in reverse: journal, store, alert channels, observers,
    the plugins' lifespans, gateways, feed. Journal and store are open when they are made; they are
    closed though the engine never started.

    Attributes:
        pump: The feed's thread, where the run is paced.
    """

    def __init__(self, parts: Parts) -> None:
        """Register what is open already."""
        self.pump = FeedPump()
        self._parts = parts
        self._registry = parts.registry
        self._before: tuple[str, ...] = (_JOURNAL,)  # what the next service comes after
        self._registry.register(
            type(parts.journal),
            _JOURNAL,
            parts.journal,
            stop=lambda journal: journal.close(),
            stop_s=_KEEP_S,
        )
        if parts.store is not None:
            self._registry.register(
                Store,
                _STORE,
                parts.store,
                needs=(_JOURNAL,),
                stop=lambda store: store.close(),
                stop_s=_KEEP_S,
            )
            self._before = (_STORE,)
        for name, channel in parts.channels.items():
            self._registry.register(
                AlertChannel,
                f"channel.{name}",
                channel,
                needs=self._before,
                stop=lambda each: each.close(),
                stop_s=_KEEP_S,
            )
        for observer in parts.observers:
            self.observe(observer)
        parts.bus.subscribe(ConnectionChanged, self._on_connection, order=OBSERVER, name="services")

    def observe(self, observer: Observer, *, starts: bool = False) -> None:
        """Take an observer, which is started at once or with the others."""
        name = self._free(f"observer.{observer.name}")
        self._registry.register(
            Observer,
            name,
            observer,
            needs=(*self._before, *self._names("AlertChannel")),
            start=partial(begin, self._parts),
            stop=_dismiss,
            ping=_busy,
            stop_s=None,  # `Observer.close` has a time-out of its own
        )
        if starts:
            self._registry.start(name)

    def start(self, lifespans: Sequence[Lifespan]) -> None:
        """Open everything; what one raises comes out, and `stop` closes what is open."""
        last: tuple[str, ...] = (*self._before, *self._names("Observer"))
        for lifespan in lifespans:
            name = f"lifespan.{lifespan.plugin}"
            self._registry.register(
                Lifespan,
                name,
                lifespan,
                needs=last,
                start=lambda each: each.enter(),
                stop=lambda each: each.leave(),
                stop_s=_STOP_S,
                is_apart=True,
            )
            last = (name,)
        for name, gateway in self._parts.gateways.items():
            self._registry.register(
                Gateway,
                f"gateway.{name}",
                gateway,
                needs=last,
                start=lambda each: each.connect(),
                stop=lambda each: each.close(),
                stop_s=_STOP_S,
            )
            self._registry.degrade(f"gateway.{name}", _UNCONNECTED)
        if self._parts.feed is not None:
            needs = self._names("Gateway") or last
            self._registry.register(
                FeedPump, _FEED, self.pump, needs=needs, stop=lambda pump: pump.stop()
            )
        self._registry.start()

    def stop(self) -> None:
        """Close everything that is open; what goes wrong is a fault, and the rest is closed.

        Raises:
            Exception: What the journal raised, since records may be lost.
            StoreError: The store raised; the message has what.
        """
        for name, error in self._registry.stop():
            if isinstance(error, ServiceError):
                continue
            if name == _JOURNAL:
                raise error
            if name == _STORE:
                msg = f"the store could not be closed, its last records may be lost: {error}"
                raise StoreError(msg) from error

    def _names(self, kind: str) -> tuple[str, ...]:
        return tuple(each.name for each in self._registry.statuses() if each.kind == kind)

    def _free(self, name: str) -> str:
        """Return a name that no service has: two observers may have the same one."""
        if name not in self._registry:
            return name
        return next(each for n in count(2) if (each := f"{name}#{n}") not in self._registry)

    def _on_connection(self, event: ConnectionChanged) -> None:
        name = f"gateway.{event.gateway}"
        if name not in self._registry:
            return
        if event.is_up:
            self._registry.recover(name)
        else:
            self._registry.degrade(name, f"down: {event.reason}" if event.reason else "down")


def _busy(observer: Observer) -> str:
    seconds = observer.busy_s()
    return f"its handler has been busy for {seconds:.0f} s" if seconds > _PATIENCE_S else ""


def _dismiss(observer: Observer) -> None:
    before = observer.dropped
    if not observer.close(_KEEP_S):
        raise EngineStateError(unfinished(observer, before))
