"""One service: its state, and how it is started, stopped and asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field, frozen

from homalos.errors import HomalosError, ServiceError
from homalos.model import ServiceState, ServiceStatus
from homalos.registry.hand import Hand

if TYPE_CHECKING:
    from homalos.registry.registry import Registry

__all__ = ["MISSING", "Service"]

MISSING: Final = object()
"""Stands for the value of a service that is not made yet."""

_GRACE_S = 0.2  # what a thread that has been told to end may still take
_OPEN = (ServiceState.RUNNING, ServiceState.DEGRADED)


@frozen
class _Asked:
    """A ping under way."""

    answer: Future[tuple[str | None, float]]
    since_s: float


@define(kw_only=True, eq=False)
class Service:
    """A service of a registry; `Registry.register` says what the fields mean.

    Attributes:
        state: Where it is in its life.
        since_ns: When it came there, nanoseconds UTC.
        reason: Why it is degraded or has failed.
    """

    name: str
    offered_as: type
    value: Any
    factory: Callable[[Registry], object] | None
    needs: tuple[str | type, ...]
    on_start: Callable[[Any], object] | None
    on_stop: Callable[[Any], object] | None
    on_ping: Callable[[Any], str | None] | None
    timeout_s: float
    stop_s: float | None
    is_apart: bool
    since_ns: int
    now_ns: Callable[[], int]
    state: ServiceState = field(init=False)
    reason: str = field(init=False, default="")
    _noted: str = field(init=False, default="")  # by whoever knows, such as its observer
    _answered: str = field(init=False, default="")  # by itself
    _ping_ms: float | None = field(init=False, default=None)
    _asked: _Asked | None = field(init=False, default=None)
    _must_stop: bool = field(init=False)
    _hand: Hand | None = field(init=False, default=None)
    _threads: frozenset[threading.Thread] = field(init=False, factory=frozenset)
    _lock: threading.Lock = field(init=False, factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        is_made = self.value is not MISSING
        self.state = ServiceState.READY if is_made else ServiceState.CREATED
        self._must_stop = is_made and self.on_start is None

    @property
    def kind(self) -> str:
        """Return the name of its type."""
        return self.offered_as.__name__

    @property
    def is_waiting(self) -> bool:
        """Say whether it is still to be started."""
        return self.state in (ServiceState.CREATED, ServiceState.READY)

    def made(self) -> Any:
        """Return the value.

        Raises:
            ServiceError: It is not made yet.
        """
        if self.value is MISSING:
            msg = f"the service {self.name!r} is {self.state}, not made; name it in your `needs`"
            raise ServiceError(msg)
        return self.value

    def status(self, needs: tuple[str, ...]) -> ServiceStatus:
        """Return how it is. Any thread."""
        with self._lock:
            return ServiceStatus(
                name=self.name, kind=self.kind, state=self.state, reason=self.reason,
                since_ns=self.since_ns, needs=needs, ping_ms=self._ping_ms,
            )  # fmt: skip

    # -- life ------------------------------------------------------------------

    def start(self, registry: Registry) -> None:
        """Make it, if it is not made, and start it; what it raises comes out."""
        before = frozenset(threading.enumerate())
        try:
            if self.factory is not None and self.value is MISSING:
                self.value = self.factory(registry)
                self._must_stop = self.on_start is None
                self._turn(ServiceState.READY)
            if self.on_start is not None:
                self._must_stop = True
                self._call_start(self.on_start)
        except BaseException as error:
            self._turn(ServiceState.FAILED, _told(error))
            raise
        finally:
            hand = {self._hand.thread} if self._hand is not None else set()
            self._threads = frozenset(threading.enumerate()) - before - hand
        self._turn(ServiceState.RUNNING)
        self._settle()

    def stop(self) -> BaseException | None:
        """Stop it, if it is open; return what it raised, or that it did not come back."""
        if not self._must_stop:
            if self.state is not ServiceState.FAILED:
                self._turn(ServiceState.STOPPED)
            return None
        self._must_stop = False
        failed = self.reason if self.state is ServiceState.FAILED else ""
        try:
            if self.on_stop is not None:
                self._call_stop(self.on_stop)
        except BaseException as error:
            self._turn(ServiceState.FAILED, _told(error))
            if not isinstance(error, Exception):
                raise
            return error
        finally:
            if self._hand is not None:
                self._hand.dismiss()
        # One that could not be started stays failed, with the reason that matters.
        self._turn(ServiceState.FAILED if failed else ServiceState.STOPPED, failed)
        return None

    def threads_left(self) -> list[str]:
        """Return the names of the threads that began with it and have not ended with it."""
        if not self._threads or self.is_waiting or self.state in _OPEN:
            return []
        until = time.monotonic() + _GRACE_S
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(until - time.monotonic(), 0.0))
        left = sorted(thread.name for thread in self._threads if thread.is_alive())
        self._threads = frozenset()
        return left

    def _call_start(self, action: Callable[[Any], object]) -> None:
        if self.is_apart:
            self._hand = Hand(f"service-{self.name}")
            self._hand.ask(lambda: action(self.value)).result()
        else:
            action(self.value)

    def _call_stop(self, action: Callable[[Any], object]) -> None:
        if self.stop_s is None:
            action(self.value)
            return
        if self._hand is None:
            self._hand = Hand(f"stop-{self.name}")
        stopped = self._hand.ask(lambda: action(self.value))
        try:
            stopped.result(self.stop_s)
        except TimeoutError:
            if stopped.done():  # its own, such as a socket's
                raise
            msg = f"did not stop within {self.stop_s:g} s and was left behind"
            raise ServiceError(msg) from None

    # -- health ----------------------------------------------------------------

    def note(self, reason: str) -> None:
        """Keep what somebody knows of its health; "" is that it is well. Any thread."""
        self._noted = reason
        self._settle()

    def ask(self) -> None:
        """Ask it how it is, on a thread of its own, unless it still owes an answer."""
        ping, value = self.on_ping, self.value
        if ping is None or self._asked is not None:
            return

        def answer() -> tuple[str | None, float]:
            begun = time.perf_counter()
            return ping(value), (time.perf_counter() - begun) * 1e3

        hand = Hand(f"ping-{self.name}")
        self._asked = _Asked(hand.ask(answer), time.monotonic())
        hand.dismiss()

    def hear(self, timeout_s: float) -> None:
        """Wait for the answer to the last question for some seconds."""
        asked = self._asked
        if asked is None:
            return
        try:
            wrong, took_ms = asked.answer.result(timeout_s)
        except TimeoutError as error:
            if not asked.answer.done():
                waited_s = max(time.monotonic() - asked.since_s, self.timeout_s)
                self._answered = f"no answer within {waited_s:.3g} s"
                self._ping_ms = None
                self._settle()
                return
            self._answered, self._ping_ms = _told(error), None  # its own, such as a socket's
        except Exception as error:  # noqa: BLE001  the thread-top fence: told as its health
            self._answered, self._ping_ms = _told(error), None
        else:
            self._answered, self._ping_ms = wrong or "", took_ms
        self._asked = None
        self._settle()

    def _settle(self) -> None:
        reason = "; ".join(each for each in (self._noted, self._answered) if each)
        with self._lock:
            if self.state not in _OPEN:
                return
            state = ServiceState.DEGRADED if reason else ServiceState.RUNNING
            if state is not self.state:
                self.since_ns = self.now_ns()
            self.state, self.reason = state, reason

    def _turn(self, state: ServiceState, reason: str = "") -> None:
        with self._lock:
            if state is not self.state:
                self.since_ns = self.now_ns()
            self.state, self.reason = state, reason


def _told(error: BaseException) -> str:
    # Ours say it all; of others the class is half of the message.
    return str(error) if isinstance(error, HomalosError) else f"{type(error).__name__}: {error}"
