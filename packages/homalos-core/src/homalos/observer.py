"""Onlookers on threads of their own: a bounded queue each, and every loss counted."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Literal

__all__ = ["Observer", "Policy"]

Policy = Literal["block", "drop_oldest", "conflate"]
_TRIES = 5
_STALL_S = 1.0  # so long the engine may wait for room before somebody is told
_PATIENCE_S = 10.0  # and so long once it is to stop
_NEVER = sys.maxsize


class Observer:
    """Takes events from the engine thread and handles them in batches on its own.

    A batch whose handler raises is tried again with back-off; after five tries it
    is parked (`parked` keeps the last hundred batches), reported, and counted as
    lost. Nothing an observer does can stop the engine, except a full queue under
    the policy `block`, which makes it wait. Once it has ended, every event given to
    it is in just one of `handled`, `dropped` and `conflated`.

    Attributes:
        name: Who watches.
        policy: What a full queue does.
        accepted: Events that were given to it.
        handled: Events the handler took.
        dropped: Events lost: to a full queue, parked, or never handled when it ended.
        conflated: Events replaced by a newer one of the same key before they were seen.
        given_up: Events of batches that were parked; they are among the dropped.
        retried: Times a batch was tried again.
        last_fault: What the handler raised last, as `Class: message`; "" before that.
        on_loss: Told of losses at the first one and each time their number has
            doubled. Either thread, so it hands over and never waits.
        on_stall: Told once when the engine has waited a second for room, and once
            more after the next time it had none. Engine thread.
        hurries: Says that the engine is to stop: a blocking queue that stays full is
            then given ten seconds more, and what it cannot take is lost.
        now: Seconds on a clock that only rises. Either thread.
        rest: Waits so many seconds before the next try. Worker thread.
    """

    def __init__(
        self,
        name: str,
        handler: Callable[[Sequence[Any]], object],
        *,
        queue: int = 10_000,
        policy: Policy = "block",
        batch: int = 1,
        batch_s: float = 0.0,
        key: Callable[[Any], object] | None = None,
        fault: Callable[[str, Exception], None] | None = None,
        retry_s: float = 0.05,
    ) -> None:
        """Make it; `start` begins.

        Args:
            name: Who watches.
            handler: Called with a list of 1 to `batch` events, on the worker thread.
            queue: Events it may lag behind.
            policy: What a full queue does: wait, lose the oldest, or keep the newest
                of each key behind what it holds.
            batch: Events given at once, at most.
            batch_s: Seconds an event may wait for its batch to fill.
            key: What two events must share to replace one another; `conflate` needs it.
            fault: Told once of every batch that was parked. Worker thread.
            retry_s: Seconds before a batch is tried again; twice as long each time.

        Raises:
            ValueError: There is no key to conflate by.
        """
        if policy == "conflate" and key is None:
            msg = f"observer {name!r} is to conflate; say by which key"
            raise ValueError(msg)
        self.name = name
        self.policy = policy
        self.accepted = 0
        self.handled = 0
        self.dropped = 0
        self.conflated = 0
        self.given_up = 0
        self.retried = 0
        self.last_fault = ""
        self.parked: deque[Sequence[Any]] = deque(maxlen=100)
        self.on_loss: Callable[[Observer], object] = _nobody
        self.on_stall: Callable[[Observer], object] = _nobody
        self.hurries: Callable[[], bool] = _never
        self.now: Callable[[], float] = time.monotonic
        self.rest: Callable[[float], object] = time.sleep
        self._handler = handler
        self._limit = queue
        self._batch = batch
        self._batch_s = batch_s
        self._key = key
        self._fault = fault
        self._retry_s = retry_s
        self._queue: deque[Any] = deque()
        self._newest: dict[object, Any] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._space = threading.Event()
        self._ring_at = _NEVER  # waiting events that are worth waking the worker for
        self._closing = False
        self._closed = False
        self._hangs = False
        self._is_stalled = False
        self._telling_at = 1
        self._since: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"observer-{name}", daemon=True)

    def start(self) -> None:
        """Start the worker thread."""
        self._thread.start()

    def put(self, event: Any) -> None:
        """Take one event. Engine thread."""
        self.accepted += 1
        full = self._newest or len(self._queue) >= self._limit
        if full and not self._make_room(event):
            return
        self._queue.append(event)
        if len(self._queue) >= self._ring_at:
            self._ring()

    def depth(self) -> int:
        """Return how many events wait. Any thread."""
        return len(self._queue) + len(self._newest)

    def busy_s(self) -> float:
        """Return the seconds the handler has had its batch, tries included; 0 at rest. Any thread.

        One that rises while `depth` does not fall is a handler that hangs.
        """
        since = self._since
        return 0.0 if since is None else max(self.now() - since, 0.0)

    def close(self, timeout_s: float = 10.0) -> bool:
        """Handle what waits, then stop; False when that took longer than the time-out.

        The engine thread. What waits still is lost, and so is what is put from then on;
        it is counted. A batch that the handler has in hand is not: it may come through.
        """
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._closed = True
        self._limit = 0  # every queue is full now, so that `put` itself need not ask
        with self._lock:
            left = self.depth()
            self._queue.clear()
            self._newest.clear()
        self._drop(left)
        return not self._thread.is_alive()

    # -- engine thread ---------------------------------------------------------

    def _make_room(self, event: Any) -> bool:
        """Answer a full queue; say whether the event still has to be queued."""
        if self._closed:
            self._drop(1)
            return False
        if self.policy == "block":
            if self._wait_for_room():
                return True
            self._drop(1)
            return False
        if self._key is not None and self.policy == "conflate":
            try:
                self._conflate(event, self._key(event))
            except BaseException:
                self._drop(1)  # it has no key that can be compared; the bus tells of it
                raise
            return False
        with self._lock:
            lost = len(self._queue) >= self._limit
            if lost:
                self._queue.popleft()
        self._drop(int(lost))
        return True

    def _wait_for_room(self) -> bool:
        """Wait for the worker to take something; False when it is dead, or hangs at the end."""
        began = self.now()
        while len(self._queue) >= self._limit:
            if not self._thread.is_alive():
                return False
            waited = self.now() - began
            if waited >= _STALL_S and not self._is_stalled:
                self._is_stalled = True  # before it is told: it may hear that itself
                self.on_stall(self)
            if self.hurries() and (self._hangs or waited >= _PATIENCE_S):
                self._hangs = True  # the next event need not wait as long
                return False
            self._space.clear()
            self._wake.set()
            self._space.wait(0.01)
        self._hangs = self._is_stalled = False
        return True

    def _conflate(self, event: Any, key: object) -> None:
        with self._lock:
            if key in self._newest:
                self.conflated += 1
            self._newest[key] = event
        # Also where the worker has emptied the queue meanwhile: it must look here again.
        if self._ring_at < _NEVER:
            self._ring()

    def _ring(self) -> None:
        # In this order: a worker that has gone back to rest in between is woken in vain, but
        # none sleeps through.
        self._ring_at = _NEVER
        self._wake.set()

    def _drop(self, count: int) -> None:
        # Both threads lose events, and adding is no single step.
        with self._lock:
            self.dropped += count
            tells = self.dropped >= self._telling_at
            while self.dropped >= self._telling_at:
                self._telling_at *= 2
        if tells:
            self.on_loss(self)

    # -- worker thread ---------------------------------------------------------

    def _run(self) -> None:
        _stand_back()
        while True:
            batch = self._collect()
            if batch:
                self._since = self.now()
                try:
                    self._handle(batch)
                finally:
                    self._since = None
            elif self._closing:
                return

    def _collect(self) -> list[Any]:
        batch: list[Any] = []
        until = 0.0
        while len(batch) < self._batch:
            with self._lock:
                self._refill()
                while self._queue and len(batch) < self._batch:
                    batch.append(self._queue.popleft())
                self._refill()
            self._space.set()
            now = time.monotonic()
            if batch and not until:
                until = now + self._batch_s
            if self._closing or (batch and now >= until):
                break
            self._rest(until - now if batch else 0.5, self._batch - len(batch) if batch else 1)
        return batch

    def _refill(self) -> None:
        if not self._queue:
            self._queue.extend(self._newest.values())
            self._newest.clear()

    def _rest(self, seconds: float, missing: int) -> None:
        # Each time it wakes up it takes the interpreter away from the engine: so it sleeps
        # until the batch in hand is full.
        self._ring_at = ring_at = min(missing, self._limit)
        if len(self._queue) < ring_at and not (self._newest or self._closing):
            self._wake.wait(seconds)
        self._wake.clear()
        self._ring_at = _NEVER

    def _handle(self, batch: list[Any]) -> None:
        wait = self._retry_s
        for attempt in range(1, _TRIES + 1):
            try:
                self._handler(batch)
            except Exception as error:  # noqa: BLE001  the thread-top fence: counted and told
                self.last_fault = f"{type(error).__name__}: {error}"
                if attempt == _TRIES:
                    self._park(batch, error)
                    return
                self.rest(wait)
                wait *= 2
                self.retried += 1
            except BaseException:
                self._drop(len(batch))  # the thread ends of it
                raise
            else:
                self.handled += len(batch)
                return

    def _park(self, batch: list[Any], error: Exception) -> None:
        self.parked.append(batch)
        self.given_up += len(batch)
        self._drop(len(batch))
        if self._fault is not None:
            self._fault(self.name, error)


def _nobody(_: Observer) -> None:
    """Be told, and do nothing about it."""


def _never() -> bool:
    return False


def _stand_back() -> None:
    """Have the system run a woken engine thread at once where this thread is running."""
    if hasattr(os, "SCHED_BATCH"):  # Linux
        with contextlib.suppress(OSError):  # a container may forbid it; then it is as elsewhere
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
