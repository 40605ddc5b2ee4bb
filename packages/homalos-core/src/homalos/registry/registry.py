"""The registry: services by name and type, their order, their life, their health."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any, Self, TypeVar

from homalos.errors import EngineStateError, ServiceError, UnknownService, did_you_mean
from homalos.model import ServiceState, ServiceStatus
from homalos.registry.order import arranged
from homalos.registry.service import MISSING, Service

__all__ = ["Registry"]

_T = TypeVar("_T")
_OPEN = (ServiceState.RUNNING, ServiceState.DEGRADED)


class Registry:
    """The services of one engine.

    A service is started after all that it needs and stopped before it; of several that
    could come next, the one registered first comes first. What one raises on stopping,
    or a stop that does not come back, is told and does not keep the others from it.

    Registering, starting and stopping is one thread's business; everything else is for
    any thread, and none of it waits for a service except `check`.
    """

    def __init__(
        self, now_ns: Callable[[], int], *, fault: Callable[[str, str], None] | None = None
    ) -> None:
        """Make an empty one.

        Args:
            now_ns: The time, nanoseconds UTC.
            fault: Told who and what, when something was survived: a stop that raised
                or did not end, threads that outlive their service, a registry that is
                dropped while services run. Any thread. Without it the last two are
                a `ResourceWarning`.
        """
        self._now_ns = now_ns
        self._fault = fault or _nobody
        self._leak = fault or _warn
        self._services: dict[str, Service] = {}
        self._checking = threading.Lock()

    # -- who is there ----------------------------------------------------------

    def register(  # noqa: PLR0913  a service has that many sides, all but two optional
        self,
        service_type: type,
        name: str,
        value: object = MISSING,
        *,
        factory: Callable[[Registry], object] | None = None,
        needs: Iterable[str | type] = (),
        start: Callable[[Any], object] | None = None,
        stop: Callable[[Any], object] | None = None,
        ping: Callable[[Any], str | None] | None = None,
        timeout_s: float = 2.0,
        stop_s: float | None = 10.0,
        is_apart: bool = False,
    ) -> None:
        """Add a service; it is started by the next `start`.

        Args:
            service_type: What it is looked up by; a class or a protocol.
            name: What it is called; unique.
            value: The service itself,
            factory: or what makes it when it is its turn to start. The services it
                needs can be had of the registry it is given.
            needs: Names of services, or types: every service of it, at least one.
            start: Called with the service.
            stop: Called with the service, if its start was tried, or it has none: what
                is made open must be closed.
            ping: Called with the service by `check`, on a thread of its own. What it
                returns is what is wrong; "" or `None` is well, raising is not.
            timeout_s: Seconds that a ping may take, > 0.
            stop_s: Seconds that a stop may take, on a thread of its own while whoever
                stops waits; `None` calls it at once, for as long as it takes.
            is_apart: Whether start and stop are both called on one thread of its own,
                for a service that is bound to the thread that opened it.

        Raises:
            ServiceError: The name is taken; or there is neither a service nor a factory,
                or both.
        """
        if name in self._services:
            taken = self._services[name].kind
            msg = f"a service is called {name!r} already, a {taken}; give this one another name"
            raise ServiceError(msg)
        if (value is MISSING) == (factory is None):
            msg = f"the service {name!r} needs either a value or a factory, not both or neither"
            raise ServiceError(msg)
        self._services[name] = Service(
            name=name, offered_as=service_type, value=value, factory=factory, needs=tuple(needs),
            on_start=start, on_stop=stop, on_ping=ping, timeout_s=timeout_s, stop_s=stop_s,
            is_apart=is_apart, since_ns=self._now_ns(), now_ns=self._now_ns,
        )  # fmt: skip

    def get(self, service_type: type[_T], name: str = "") -> _T:
        """Return the service of a type; of several, the one of that name.

        Raises:
            UnknownService: There is none, or there are several and no name was given.
            ServiceError: It is not made yet.
        """
        found = {s.name: s for s in self._services.values() if s.offered_as is service_type}
        if name:
            found = {name: found[name]} if name in found else {}
        if len(found) != 1:
            what = f"{service_type.__name__} called {name!r}" if name else service_type.__name__
            there = ", ".join(found) if found else "none"
            msg = f"expected one {what}, found {there}; all services: {self._all_names()}"
            raise UnknownService(msg)
        value: _T = next(iter(found.values())).made()
        return value

    def all(self, service_type: type[_T]) -> tuple[_T, ...]:
        """Return every service of a type that is made, in the order of registration."""
        return tuple(
            s.value
            for s in self._services.values()
            if s.offered_as is service_type and s.value is not MISSING
        )

    def named(self, name: str) -> Any:
        """Return the service of a name.

        Raises:
            UnknownService: There is none.
            ServiceError: It is not made yet.
        """
        return self._of(name).made()

    def statuses(self) -> tuple[ServiceStatus, ...]:
        """Return how every service is, as far as is known, in the order of registration."""
        return tuple(s.status(self._needed(s)) for s in tuple(self._services.values()))

    def __contains__(self, name: object) -> bool:
        return name in self._services

    def __len__(self) -> int:
        return len(self._services)

    # -- life ------------------------------------------------------------------

    def start(self, *names: str) -> None:
        """Make and start what is not started yet, in order.

        What one raises comes out, and those after it are not started; call `stop` then.

        Args:
            names: Only these; they may be started while others are being started.

        Raises:
            UnknownService: One needs a service that is not there.
            ServiceError: Some need each other in a circle.
            EngineStateError: What one needs has been stopped, or has failed.
        """
        for name in arranged(self._needs()):
            service = self._services[name]
            if service.is_waiting and (not names or name in names):
                self._refuse_without(service)
                service.start(self)

    def stop(self) -> tuple[tuple[str, BaseException], ...]:
        """Stop everything in reverse order; harmless twice.

        Returns:
            Who raised what, in that order; each was told as a fault too.
        """
        try:
            order = arranged(self._needs())
        except ServiceError:
            order = list(self._services)  # it never started as a whole
        raised: list[tuple[str, BaseException]] = []
        with ExitStack() as leaving:  # what breaks in, such as Ctrl-C, keeps nobody either
            for name in order:
                leaving.callback(self._stop, self._services[name], raised)
        return tuple(raised)

    def __enter__(self) -> Self:
        """Start everything; what was started is stopped again when one cannot."""
        with ExitStack() as on_error:
            on_error.callback(self.stop)
            self.start()
            on_error.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop everything."""
        self.stop()

    def __del__(self) -> None:
        for service in self._services.values():
            if service.state in _OPEN:
                self._leak(service.name, "was never stopped")

    # -- health ----------------------------------------------------------------

    def check(self) -> tuple[ServiceStatus, ...]:
        """Ask every running service that can be asked how it is, all at once.

        One that does not answer in time is degraded and keeps nobody waiting longer;
        it is asked again once its answer has come. Any thread but the engine's.

        Returns:
            How every service is now.
        """
        with self._checking:
            asked = [s for s in tuple(self._services.values()) if s.on_ping and s.state in _OPEN]
            begun = time.monotonic()
            for service in asked:
                service.ask()
            for service in asked:
                service.hear(max(begun + service.timeout_s - time.monotonic(), 0.0))
        return self.statuses()

    def forget(self, name: str) -> None:
        """Take a service out that somebody else has stopped; nothing is called. Its thread.

        Raises:
            UnknownService: There is none of this name.
        """
        self._of(name)
        del self._services[name]

    def degrade(self, name: str, reason: str) -> None:
        """Note that a service is not well, until `recover`.

        Raises:
            UnknownService: There is none of this name.
        """
        self._of(name).note(reason)

    def recover(self, name: str) -> None:
        """Note that a service is well again; a ping that fails keeps it degraded.

        Raises:
            UnknownService: There is none of this name.
        """
        self._of(name).note("")

    # -- inside ----------------------------------------------------------------

    def _of(self, name: str) -> Service:
        service = self._services.get(name)
        if service is None:
            hint = did_you_mean(name, self._services) or f"; there are {self._all_names()}"
            msg = f"no service is called {name!r}{hint}"
            raise UnknownService(msg)
        return service

    def _all_names(self) -> str:
        return ", ".join(self._services) or "none"

    def _needs(self) -> dict[str, Sequence[str]]:
        return {name: self._needed(service) for name, service in self._services.items()}

    def _needed(self, service: Service) -> tuple[str, ...]:
        """Return the names of what a service needs; a type that nobody has stands for itself."""
        found: dict[str, None] = {}
        for need in service.needs:
            if isinstance(need, str):
                found[need] = None
                continue
            there = [s.name for s in tuple(self._services.values()) if s.offered_as is need]
            found.update(dict.fromkeys(there or [need.__name__]))
        return tuple(found)

    def _refuse_without(self, service: Service) -> None:
        for name in self._needed(service):
            state = self._services[name].state
            if state not in _OPEN:
                msg = f"the service {service.name!r} needs {name!r}, which is {state}"
                raise EngineStateError(msg)

    def _stop(self, service: Service, raised: list[tuple[str, BaseException]]) -> None:
        error = service.stop()
        if error is not None:
            self._fault(service.name, service.reason)
            raised.append((service.name, error))
        left = service.threads_left()
        if left:
            self._leak(service.name, f"has stopped, but threads of it live on: {', '.join(left)}")


def _nobody(_name: str, _what: str) -> None:
    """Tell nobody."""


def _warn(name: str, what: str) -> None:
    warnings.warn(f"the service {name!r} {what}", ResourceWarning, stacklevel=2)
