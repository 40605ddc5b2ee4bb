"""Observers of an engine: what is told of their losses and stalls, and what they leave behind."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from homalos.bus import STATE
from homalos.config import BusSettings
from homalos.engine.engine import Engine
from homalos.model import Alert, TickData
from homalos.observer import Observer
from homalos.plugins.ports import ObserverStats
from homalos.testing import OTHER, at, engine, tick

PATIENCE_S = 5.0


class Gate:
    """A handler that waits until it is opened."""

    def __init__(self) -> None:
        """Make it, shut."""
        self.seen: list[Any] = []
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self, batch: Sequence[Any]) -> None:
        """Wait, and note a batch."""
        self.entered.set()
        assert self.opened.wait(PATIENCE_S)
        self.seen.extend(batch)


def asked(running: Engine, what: Callable[[], Any]) -> Any:
    """Ask a stepped engine for something, let it answer, and return the answer."""
    future = what()
    running.parts.loop.serve()
    return future.result(timeout=0)


@contextmanager
def in_a_thread(running: Engine) -> Iterator[None]:
    """Let an engine run on a thread of its own, as a live one does."""
    thread = threading.Thread(target=running.run)
    thread.start()
    yield
    running.request_stop()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


# -- losses ------------------------------------------------------------------------


def test_an_observer_s_losses_are_told_between_two_events() -> None:
    """As warnings, on the engine thread, ever rarer; and they stand in the figures."""
    alerts: list[tuple[Alert, str]] = []
    running = engine(bus=BusSettings(queue=2))
    gate = Gate()
    running.observe([TickData], gate, name="screen")
    running.subscribe(Alert, lambda a: alerts.append((a, threading.current_thread().name)))
    with running:
        running.step(tick())
        assert gate.entered.wait(PATIENCE_S)
        for place in range(1, 10):
            running.step(tick(ts_ns=at(place)))
        picture = asked(running, running.snapshot)
        gate.opened.set()
    lost = [alert.message.partition(",")[0] for alert, _ in alerts]
    assert lost == ["lost 1 of 4 events", "lost 2 of 5 events", "lost 4 of 7 events"]
    assert {(alert.level, alert.source) for alert, _ in alerts} == {("warning", "observer.screen")}
    assert {name for _, name in alerts} == {threading.current_thread().name}
    assert picture.counters["dropped"] == running.summary().dropped == 7
    assert [(each.name, each.depth, each.dropped) for each in picture.observers] == [
        ("screen", 2, 7)
    ]


def test_a_parked_batch_is_told_on_the_engine_thread() -> None:
    """Though it was the worker that lost it; with what the handler raised."""
    heard = threading.Event()
    alerts: list[tuple[Alert, str]] = []

    def hear(alert: Alert) -> None:
        alerts.append((alert, threading.current_thread().name))
        heard.set()

    def broken(_: Sequence[Any]) -> None:
        msg = "no space left"
        raise OSError(msg)

    running = engine()
    observer = running.observe(["alert.*", TickData], broken, name="writer", policy="block")
    observer.rest = lambda _: None
    running.subscribe("alert.raised", hear)
    with in_a_thread(running):
        running.parts.inbox.post_market(tick())
        assert heard.wait(PATIENCE_S)
    alert, where = alerts[0]
    assert alert.message.startswith("lost 1 of 1 events")
    assert alert.message.endswith("its handler last raised OSError: no space left")
    assert not where.startswith("observer-")
    summary = running.summary()
    assert (summary.dropped, summary.parked) == (observer.dropped, observer.dropped)
    assert summary.retried == observer.retried >= 4


def test_losses_are_told_though_the_execution_lane_is_full() -> None:
    """The engine itself posts them, and it is the one that makes room."""
    alerts: list[Alert] = []
    running = engine(bus=BusSettings(queue=1))
    gate = Gate()
    running.observe([TickData], gate, name="screen")
    running.subscribe(Alert, alerts.append)
    with running:
        running.step(tick())
        assert gate.entered.wait(PATIENCE_S)
        for _ in range(1_100):
            running.parts.inbox.post_now(tick(OTHER))
        running.step(tick())
        running.step(tick())
        gate.opened.set()
    assert alerts[0].message.startswith("lost 1 of ")


def test_an_engine_that_a_full_queue_holds_up_says_so_while_it_waits() -> None:
    """Whoever hears alerts hears of it, before the hanging handler comes back."""
    alerts: list[Alert] = []
    running = engine(bus=BusSettings(queue=1))
    gate = Gate()
    observer = running.observe(["market.tick.raw"], gate, name="store", policy="block")
    seconds = iter(range(10_000))
    observer.now = lambda: float(next(seconds))

    def hear(alert: Alert) -> None:
        alerts.append(alert)
        gate.opened.set()

    running.subscribe("alert.*", hear)
    with running:
        running.step(tick())
        assert gate.entered.wait(PATIENCE_S)
        for place in (1, 2):
            running.step(tick(ts_ns=at(place)))
    assert [alert.source for alert in alerts] == ["observer.store"]
    assert alerts[0].message.endswith(
        "its queue is full; the engine waits for it: mend what it writes to, or stop the run"
    )
    assert (len(gate.seen), observer.dropped) == (3, 0)


def test_an_observer_of_alerts_that_holds_the_engine_up_does_not_do_so_twice() -> None:
    """It is told of its own stall behind the event that had no room."""
    running = engine(bus=BusSettings(queue=1))
    gate = Gate()
    observer = running.observe(["*"], gate, name="all", policy="block")
    seconds = iter(range(10_000))
    observer.now = lambda: 0.0 if gate.opened.is_set() else float(next(seconds))
    running.subscribe(Alert, lambda _: gate.opened.set(), order=STATE)
    with running:
        for place in range(4):
            running.step(tick(ts_ns=at(place)))
    kinds = [type(each).__name__ for each in gate.seen]
    assert (kinds.count("TickData"), kinds.count("Alert")) == (4, 1)
    assert observer.accepted == observer.handled == len(gate.seen)


def test_a_snapshot_shows_each_observer() -> None:
    """What it has, what it took, and how long its handler has been at it."""
    running = engine(bus=BusSettings(queue=5))
    gate = Gate()
    observer = running.observe([TickData], gate, name="screen", policy="conflate", key=str)
    with running:
        running.step(tick())
        assert gate.entered.wait(PATIENCE_S)
        running.step(tick())
        (stats,) = asked(running, running.snapshot).observers
        gate.opened.set()
    assert stats == ObserverStats(
        name="screen", policy="conflate", depth=1, busy_s=stats.busy_s, accepted=2, handled=0,
        dropped=0, conflated=0, parked=0, retried=0, last_fault="",
    )  # fmt: skip
    assert stats.busy_s > 0.0
    assert observer.busy_s() == 0.0


def test_a_handler_that_raises_all_day_does_not_fill_the_memory() -> None:
    """Every fault is counted, the latest are kept."""

    def broken(tick: TickData) -> None:
        raise ValueError(tick.volume)

    running = engine()
    running.subscribe("market.tick.raw", broken, name="broken")
    with running:
        for number in range(10_000):
            running.step(tick(volume=number))
    assert running.summary().faults == 10_000
    assert len(running.parts.faults) <= 1_000
    assert running.parts.faults[-1] == ("broken", "ValueError: 9999")


# -- coming and going ----------------------------------------------------------------


def test_an_observer_that_goes_leaves_nothing_but_its_counts() -> None:
    """As a browser that comes and goes all day; counted over 200 of them."""
    running = engine(bus=BusSettings(queue=1))
    before = running.parts.bus.subscriptions()
    threads = set(threading.enumerate())
    watched: list[weakref.ref[Observer]] = []
    with running:
        for place in range(200):
            gate = Gate()
            observer = running.observe(["market.tick.*"], gate, name=f"browser-{place}")
            watched.append(weakref.ref(observer))
            running.step(tick(ts_ns=at(3 * place)))
            assert gate.entered.wait(PATIENCE_S)
            for more in (1, 2):
                running.step(tick(ts_ns=at(3 * place + more)))
            gate.opened.set()
            assert running.dismiss(observer)
        assert running.parts.observers == []
        assert running.parts.bus.subscriptions() == before
        assert set(threading.enumerate()) <= threads
    assert running.summary().dropped == 200
    del gate, observer
    gc.collect()
    assert sum(each() is not None for each in watched) == 0


def test_dismissing_one_that_hangs_does_not_hold_the_engine_up() -> None:
    """It is told, and what waited counts as lost."""
    running = engine()
    gate = Gate()
    observer = running.observe([TickData], gate, name="screen")
    with running:
        running.step(tick())
        assert gate.entered.wait(PATIENCE_S)
        running.step(tick())
        assert not running.dismiss(observer, timeout_s=0.0)
        running.step(tick())
        gate.opened.set()
        assert observer.close()
    assert running.summary().dropped == 1
    told = (
        "did not finish in time; 1 events are lost, "
        "1 more are in the hands of a handler that does not come back"
    )
    assert ("screen", told) in running.parts.faults
