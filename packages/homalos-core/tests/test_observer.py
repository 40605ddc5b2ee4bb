"""Observers: batches, full queues and their losses, handlers that fail, and the way out."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from homalos.config import BusSettings
from homalos.model import TickData
from homalos.observer import Observer, Policy
from homalos.testing import at, engine, tick

PATIENCE_S = 5.0


class Gate:
    """A handler that notes its batches, and lets them through only while it is open."""

    def __init__(self, *, is_open: bool = True) -> None:
        """Make it, open or shut."""
        self.batches: list[list[Any]] = []
        self.entered = threading.Semaphore(0)
        self.opened = threading.Event()
        if is_open:
            self.opened.set()

    def __call__(self, batch: Sequence[Any]) -> None:
        """Note a batch."""
        self.batches.append(list(batch))
        self.entered.release()
        assert self.opened.wait(PATIENCE_S)

    @property
    def seen(self) -> list[Any]:
        """Return every event so far."""
        return [event for batch in self.batches for event in batch]


def started(handler: Callable[[Sequence[Any]], object], **options: Any) -> Observer:
    """Start an observer."""
    observer = Observer("test", handler, **options)
    observer.start()
    return observer


def stuck(policy: Policy, queue: int, **options: Any) -> tuple[Observer, Gate]:
    """Start an observer whose handler has one event in hand and does not come back."""
    gate = Gate(is_open=False)
    observer = started(gate, policy=policy, queue=queue, **options)
    observer.put("a0")
    assert gate.entered.acquire(timeout=PATIENCE_S)
    return observer, gate


def assert_all_accounted_for(observer: Observer, given: int) -> None:
    """Check that every event is in just one count."""
    assert observer.accepted == given
    assert observer.handled + observer.dropped + observer.conflated == given
    assert observer.depth() == 0


# -- batches -------------------------------------------------------------------


def test_a_full_batch_is_handed_over_at_once() -> None:
    """By size: what is left over comes when it closes."""
    gate = Gate()
    observer = started(gate, batch=3, batch_s=60.0)
    for number in range(7):
        observer.put(number)
    for _ in range(2):
        assert gate.entered.acquire(timeout=PATIENCE_S)
    assert gate.batches == [[0, 1, 2], [3, 4, 5]]
    assert observer.close()
    assert gate.batches[2:] == [[6]]
    assert (observer.accepted, observer.handled) == (7, 7)


def test_a_batch_that_does_not_fill_is_handed_over_in_time() -> None:
    """By time, counted from its first event."""
    gate = Gate()
    observer = started(gate, batch=100, batch_s=0.2)
    begun = time.monotonic()
    for number in range(3):
        observer.put(number)
    assert gate.entered.acquire(timeout=PATIENCE_S)
    assert 0.2 <= time.monotonic() - begun < PATIENCE_S
    assert gate.batches == [[0, 1, 2]]
    assert observer.close()


def test_without_batches_every_event_comes_alone_and_in_order() -> None:
    """The default is one at a time, as soon as it is there."""
    gate = Gate()
    observer = started(gate)
    for number in range(50):
        observer.put(number)
    assert observer.close()
    assert gate.batches == [[number] for number in range(50)]


def test_a_queue_shorter_than_a_batch_hands_over_what_it_holds() -> None:
    """The worker wakes up for a full queue, too, not only for the rest of its batch."""
    gate = Gate()
    observer = started(gate, batch=100, batch_s=60.0, queue=2)
    for number in range(10):
        observer.put(number)
    assert observer.close()
    assert gate.seen == list(range(10))
    assert_all_accounted_for(observer, 10)


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="only Linux has this policy")
def test_a_worker_gives_way_to_the_engine_thread() -> None:
    """The system does not let it finish its turn when the engine wakes up beside it."""
    policies: list[int] = []
    observer = started(lambda _: policies.append(os.sched_getscheduler(0)))
    observer.put("a")
    assert observer.close()
    assert policies == [os.SCHED_BATCH]
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


# -- full queues ---------------------------------------------------------------


def test_a_blocking_queue_makes_the_engine_wait() -> None:
    """And loses nothing."""
    observer, gate = stuck("block", queue=2)
    for name in ("a1", "a2"):
        observer.put(name)
    putting = threading.Thread(target=lambda: observer.put("a3"))
    putting.start()
    putting.join(0.03)
    assert putting.is_alive()
    assert observer.depth() == 2
    gate.opened.set()
    putting.join(PATIENCE_S)
    assert observer.close()
    assert gate.seen == ["a0", "a1", "a2", "a3"]
    assert_all_accounted_for(observer, 4)


def test_a_full_queue_may_lose_its_oldest() -> None:
    """Each loss is counted."""
    observer, gate = stuck("drop_oldest", queue=2)
    for name in ("a1", "a2", "a3", "a4"):
        observer.put(name)
    gate.opened.set()
    assert observer.close()
    assert gate.seen == ["a0", "a3", "a4"]
    assert (observer.accepted, observer.dropped, observer.conflated) == (5, 2, 0)
    assert_all_accounted_for(observer, 5)


def test_a_full_queue_may_keep_the_newest_of_each_key() -> None:
    """Behind what it holds; nothing is lost but what a newer one replaced."""
    observer, gate = stuck("conflate", queue=2, key=lambda event: event[0])
    for name in ("a1", "b1", "a2", "b2", "a3", "c1"):
        observer.put(name)
    assert observer.depth() == 5
    gate.opened.set()
    assert observer.close()
    assert gate.seen == ["a0", "a1", "b1", "a3", "b2", "c1"]
    assert (observer.accepted, observer.dropped, observer.conflated) == (7, 0, 1)
    assert_all_accounted_for(observer, 7)


def test_what_is_conflated_while_the_worker_empties_the_queue_wakes_it() -> None:
    """The engine finds the queue full, and before the event is in it nothing is left there."""
    gate = Gate(is_open=False)

    def key(event: str) -> str:
        gate.opened.set()
        until = time.monotonic() + PATIENCE_S
        while observer.depth() and time.monotonic() < until:
            gate.entered.acquire(timeout=0.01)
        return event

    observer = started(gate, policy="conflate", queue=3, batch=2, batch_s=60.0, key=key)
    for name in ("a", "b"):
        observer.put(name)
    assert gate.entered.acquire(timeout=PATIENCE_S)
    for name in ("c", "d", "e", "f"):
        observer.put(name)
    while gate.batches[2:] != [["e", "f"]]:
        assert gate.entered.acquire(timeout=PATIENCE_S)
    assert observer.close()


def test_conflating_needs_a_key() -> None:
    """Losing the oldest instead would be a silent surprise."""
    with pytest.raises(ValueError, match="say by which key"):
        Observer("test", Gate(), policy="conflate")


@pytest.mark.parametrize("policy", ["block", "drop_oldest", "conflate"])
def test_every_event_is_in_just_one_count(policy: Policy) -> None:
    """With both threads at work, and what is seen of each key is in order."""
    gate = Gate()
    observer = started(gate, policy=policy, queue=5, batch=3, key=lambda event: event % 7)
    given = 3_000
    for number in range(given):
        observer.put(number)
    assert observer.close()
    assert_all_accounted_for(observer, given)
    assert len(gate.seen) == observer.handled
    for key in range(7):
        own = [number for number in gate.seen if number % 7 == key]
        assert own == sorted(set(own))
    if policy == "block":
        assert gate.seen == list(range(given))


# -- handlers that fail --------------------------------------------------------


class Failing:
    """A handler that raises a number of times before it works."""

    def __init__(self, times: int) -> None:
        """Fail so many times."""
        self.left = times
        self.tried: list[list[Any]] = []

    def __call__(self, batch: Sequence[Any]) -> None:
        """Note the batch, and fail if it has to."""
        self.tried.append(list(batch))
        if self.left:
            self.left -= 1
            msg = "disk full"
            raise OSError(msg)


def test_a_failing_batch_is_tried_again() -> None:
    """The same batch, and once it works nothing is lost."""
    handler = Failing(4)
    observer = started(handler, retry_s=0.001)
    observer.put("x")
    assert observer.close()
    assert handler.tried == [["x"]] * 5
    assert (observer.handled, observer.dropped, list(observer.parked)) == (1, 0, [])


def test_a_batch_that_never_works_is_parked_and_told() -> None:
    """After five tries, once; the next one gets its own chance."""
    told: list[tuple[str, str]] = []
    handler = Failing(5)
    observer = started(
        handler,
        batch=2,
        batch_s=60.0,
        retry_s=0.001,
        fault=lambda name, error: told.append((name, str(error))),
    )
    for name in ("a", "b", "c"):
        observer.put(name)
    assert observer.close()
    assert handler.tried == [["a", "b"]] * 5 + [["c"]]
    assert list(observer.parked) == [["a", "b"]]
    assert told == [("test", "disk full")]
    assert_all_accounted_for(observer, 3)


# -- the way out ---------------------------------------------------------------


def test_closing_handles_what_waits_first() -> None:
    """Orders and trades at the end of a run are written down."""
    observer, gate = stuck("block", queue=1_000)
    for number in range(200):
        observer.put(number)
    gate.opened.set()
    assert observer.close()
    assert len(gate.seen) == 201
    assert_all_accounted_for(observer, 201)


def test_closing_gives_up_on_a_handler_that_hangs() -> None:
    """It says so; a daemon thread does not keep the process alive."""
    observer, gate = stuck("block", queue=10)
    assert not observer.close(timeout_s=0.01)
    gate.opened.set()
    assert observer.close()


def test_what_a_worker_that_never_ran_holds_counts_as_lost() -> None:
    """Such as when the start of an engine fails half-way."""
    observer = Observer("test", Gate(), policy="drop_oldest")
    observer.put("x")
    assert observer.close()
    assert_all_accounted_for(observer, 1)


def dying(_: Sequence[Any]) -> None:
    """End the thread, as native code may."""
    raise SystemExit


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("policy", ["block", "drop_oldest"])
def test_a_dead_worker_does_not_hang_the_engine(policy: Policy) -> None:
    """What it cannot take any more is counted as lost, the batch it died of included."""
    running = engine(bus=BusSettings(queue=2))
    observer = running.observe([TickData], dying, name="dying", policy=policy)
    with running:
        for number in range(10):
            running.step(tick(ts_ns=at(number)))
    assert_all_accounted_for(observer, 10)
    assert running.summary().dropped == 10
