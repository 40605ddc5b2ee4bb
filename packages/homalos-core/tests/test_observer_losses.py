"""Observers: what is told of losses, stalls and tries, and that each event is in one count."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.observer import Observer, Policy

PATIENCE_S = 5.0


class Slow:
    """A handler that takes a batch only when it has a permit, and raises on some events."""

    def __init__(self, *, failing: Sequence[int] = ()) -> None:
        """Make it without a permit."""
        self.seen: list[int] = []
        self.entered = threading.Semaphore(0)
        self.permits = threading.Semaphore(0)
        self.failing = frozenset(failing)

    def __call__(self, batch: Sequence[Any]) -> None:
        """Wait for a permit and note a batch."""
        self.entered.release()
        assert self.permits.acquire(timeout=PATIENCE_S)
        if self.failing.intersection(batch):
            self.permits.release()  # each try needs one, and it is one batch
            msg = "disk full"
            raise OSError(msg)
        self.seen.extend(batch)

    def go_on(self) -> None:
        """Let everything through from now on."""
        self.permits.release(10_000)


def started(handler: Callable[[Sequence[Any]], object], **options: Any) -> Observer:
    """Start an observer that does not rest between two tries."""
    observer = Observer("test", handler, **options)
    observer.rest = lambda _: None
    observer.start()
    return observer


def stuck(policy: Policy, queue: int, **options: Any) -> tuple[Observer, Slow]:
    """Start an observer whose handler has the event -1 in hand and waits for a permit."""
    slow = Slow()
    observer = started(slow, policy=policy, queue=queue, **options)
    observer.put(-1)
    assert slow.entered.acquire(timeout=PATIENCE_S)
    return observer, slow


def assert_even(observer: Observer) -> None:
    """Check that every event is in just one count, and none waits."""
    assert observer.accepted == observer.handled + observer.dropped + observer.conflated
    assert observer.depth() == 0


# -- tries -----------------------------------------------------------------------


def test_the_pauses_between_tries_double() -> None:
    """50, 100, 200, 400 ms by default, and then the batch is parked."""
    rests: list[float] = []
    slow = Slow(failing=[7])
    slow.go_on()
    observer = Observer("test", slow, batch=2, batch_s=60.0)
    observer.rest = rests.append
    observer.start()
    for number in (7, 8, 9):
        observer.put(number)
    assert observer.close()
    assert rests == [0.05, 0.1, 0.2, 0.4]
    assert (observer.retried, observer.given_up, observer.dropped) == (4, 2, 2)
    assert list(observer.parked) == [[7, 8]]
    assert observer.last_fault == "OSError: disk full"
    assert_even(observer)


# -- what is told ----------------------------------------------------------------


def test_losses_are_told_at_the_first_and_each_time_they_have_doubled() -> None:
    """A thousand losses are ten words, not a thousand."""
    told: list[int] = []
    observer, slow = stuck("drop_oldest", queue=2)
    observer.on_loss = lambda each: told.append(each.dropped)
    for number in range(1_002):
        observer.put(number)
    assert told == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    slow.go_on()
    assert observer.close()
    assert slow.seen == [-1, 1_000, 1_001]
    assert_even(observer)


def test_a_parked_batch_is_one_loss_to_tell() -> None:
    """However many events it has; the next is told when twice as many are lost."""
    told: list[int] = []
    slow = Slow(failing=[0, 5, 10])
    slow.go_on()
    observer = started(slow, batch=5, batch_s=60.0)
    observer.on_loss = lambda each: told.append(each.dropped)
    for number in range(15):
        observer.put(number)
    assert observer.close()
    assert told == [5, 10]
    assert (observer.dropped, observer.handled) == (15, 0)


def test_a_handler_that_hangs_shows_by_its_time_and_its_queue() -> None:
    """From any thread, and both are 0 once it has come back."""
    slow = Slow()
    observer = Observer("test", slow)
    seconds = 100.0
    observer.now = lambda: seconds
    observer.start()
    assert observer.busy_s() == 0.0
    for number in range(3):
        observer.put(number)
    assert slow.entered.acquire(timeout=PATIENCE_S)
    seconds = 142.5
    assert (observer.busy_s(), observer.depth()) == (42.5, 2)
    slow.go_on()
    assert observer.close()
    assert (observer.busy_s(), observer.depth()) == (0.0, 0)


def test_an_engine_that_waits_for_room_says_so_once() -> None:
    """After a second, not every second; and again only when it has had room in between."""
    told: list[int] = []
    observer, slow = stuck("block", queue=1)
    looks = count()

    def now() -> float:
        look = next(looks)
        if look % 10 == 9:
            slow.permits.release()
        return float(look)

    observer.now = now
    observer.on_stall = lambda each: told.append(each.depth())
    for number in range(3):
        observer.put(number)
        assert len(told) == number
        assert number == 0 or slow.entered.acquire(timeout=PATIENCE_S)
    slow.go_on()
    assert observer.close()
    assert_even(observer)
    assert (told, observer.handled, observer.dropped) == ([1, 1], 4, 0)


def test_an_engine_that_is_to_stop_does_not_wait_for_ever() -> None:
    """Ten seconds for the first event, none for those behind it; each loss is counted."""
    observer, slow = stuck("block", queue=1)
    ticking = count(0.0, 2.5)
    observer.now = lambda: next(ticking)
    observer.hurries = lambda: True
    for number in range(6):
        observer.put(number)
    assert (observer.accepted, observer.dropped, observer.depth()) == (7, 5, 1)
    assert next(ticking) < 2 * 10.0 + 4 * 2 * 2.5  # the first waits, the others look once
    slow.go_on()
    assert observer.close()
    assert slow.seen == [-1, 0]
    assert_even(observer)


# -- the way out -----------------------------------------------------------------


@pytest.mark.parametrize("policy", ["block", "drop_oldest", "conflate"])
def test_what_is_put_after_the_end_is_lost_and_counted(policy: Policy) -> None:
    """And does not pile up in a queue that nobody empties."""
    slow = Slow()
    slow.go_on()
    observer = started(slow, policy=policy, key=lambda event: event)
    observer.put(0)
    assert observer.close()
    for number in range(3):
        observer.put(number)
    assert (observer.handled, observer.dropped) == (1, 3)
    assert_even(observer)


def test_what_waits_when_closing_gives_up_is_counted_as_lost() -> None:
    """What the handler has in hand is not: it may come through, and does here."""
    observer, slow = stuck("drop_oldest", queue=10)
    for number in range(4):
        observer.put(number)
    assert not observer.close(timeout_s=0.0)
    assert (observer.dropped, observer.depth()) == (4, 0)
    slow.go_on()
    assert observer.close()
    assert slow.seen == [-1]
    assert_even(observer)


def test_what_was_conflated_behind_an_emptied_queue_is_handled_at_the_end() -> None:
    """Wherever the newest events are when the worker is told to stop."""
    observer, slow = stuck("conflate", queue=0, key=lambda event: event % 2)
    for number in range(6):
        observer.put(number)
    slow.go_on()
    assert observer.close()
    assert slow.seen == [-1, 4, 5]
    assert (observer.conflated, observer.dropped) == (4, 0)
    assert_even(observer)


def test_an_event_that_cannot_be_conflated_is_lost_and_counted() -> None:
    """Its key is no key; whoever put it is told, and the rest goes on."""
    observer, slow = stuck("conflate", queue=0, key=lambda event: [event] if event > 0 else event)
    with pytest.raises(TypeError, match="unhashable"):
        observer.put(1)
    observer.put(0)
    slow.go_on()
    assert observer.close()
    assert (slow.seen, observer.dropped) == ([-1, 0], 1)
    assert_even(observer)


# -- any interleaving --------------------------------------------------------------

steps = st.lists(st.sampled_from(["put", "put", "put", "take"]), max_size=60)


@given(
    steps=steps,
    policy=st.sampled_from(["block", "drop_oldest", "conflate"]),
    queue=st.integers(1, 4),
    batch=st.integers(1, 3),
    failing=st.sets(st.integers(0, 40), max_size=5),
)
def test_whatever_the_interleaving_every_event_is_in_one_count(
    steps: list[str], policy: Policy, queue: int, batch: int, failing: set[int]
) -> None:
    """Full queues, tries, parked batches and an end that comes too early included."""
    slow = Slow(failing=sorted(failing))
    observer = started(slow, policy=policy, queue=queue, batch=batch, key=lambda event: event % 3)
    given_events = 0
    for step in steps:
        if step == "take" or (policy == "block" and observer.depth() >= queue):
            slow.permits.release()
        if step == "put":
            observer.put(given_events)
            given_events += 1
    observer.close(timeout_s=0.0)
    slow.go_on()
    assert observer.close()
    assert observer.accepted == given_events
    assert_even(observer)
    assert len(slow.seen) == observer.handled
    for key in range(3):
        own = [number for number in slow.seen if number % 3 == key]
        assert own == sorted(set(own))
    assert observer.given_up <= observer.dropped


def test_several_observers_under_load_each_keep_their_own_promise() -> None:
    """One blocks, one loses its oldest, one keeps the newest; none holds up another."""
    fast, slow, lazy = Slow(), Slow(), Slow()
    fast.go_on()
    everything = started(fast, policy="block", queue=20, batch=7)
    losing = started(slow, policy="drop_oldest", queue=20, batch=7)
    newest = started(lazy, policy="conflate", queue=20, batch=7, key=lambda event: event % 10)
    together = (everything, losing, newest)
    for number in range(5_000):
        for observer in together:
            observer.put(number)
    assert losing.dropped >= 5_000 - 20 - 7
    assert newest.conflated >= 5_000 - 20 - 7 - 10
    for handler in (slow, lazy):
        handler.go_on()
    assert [observer.close() for observer in together] == [True] * 3
    assert fast.seen == list(range(5_000))
    assert slow.seen[-20:] == list(range(4_980, 5_000))
    assert sorted(lazy.seen[-10:]) == list(range(4_990, 5_000))
    for observer in together:
        assert_even(observer)
