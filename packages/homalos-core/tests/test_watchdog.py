"""A strategy that takes too long in one event is told of, and stopped where that can be."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from homalos.config import WatchSettings
from homalos.engine.strategies.watchdog import Slow, Watchdog
from homalos.model import Alert, StrategyState, TickData
from homalos.strategy import Strategy
from homalos.testing import SYMBOL, FakeDesk, FakeFeed, at, engine, tick

RARELY_MS = 1e9  # the watchdog's own thread does not look; the test does


class Busy(Strategy):
    """Stays in its event until it is let go."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.entered, self.leave = threading.Event(), threading.Event()

    def on_tick(self, tick: TickData) -> None:
        """Stay, somewhere further down."""
        self.work(tick)

    def work(self, _: TickData) -> None:
        """Stay."""
        self.entered.set()
        assert self.leave.wait(30)


class Watched:
    """A watchdog that looks when the test says so, at a time the test says."""

    def __init__(self, **settings: float) -> None:
        self.told: list[Slow] = []
        self.now = 0.0
        self.settings = WatchSettings(slow_ms=RARELY_MS)
        self.dog = Watchdog(
            lambda: self.settings, self.told.append, may_stop=True, clock=lambda: self.now
        )
        self.wanted = WatchSettings(**settings)
        self.busy = Busy(FakeDesk(), name="ma", symbols=(SYMBOL,), interval="1m", params=None)

    def _run(self) -> None:
        with self.dog.watching():
            self.busy.on_tick(tick())

    @contextmanager
    def in_one_event(self) -> Iterator[None]:
        """Have the strategy stay in one event, on a thread of its own."""
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            assert self.busy.entered.wait(30)
            self.settings = self.wanted
            yield
        finally:
            self.settings = WatchSettings(slow_ms=RARELY_MS)
            self.busy.leave.set()
            thread.join(30)

    def look(self, now: float) -> list[Slow]:
        """Look at this second; return what was told since the last look."""
        self.told.clear()
        self.now = now
        self.dog.look()
        return list(self.told)


def test_a_slow_event_is_told_once_with_its_place() -> None:
    """The callback is named and the line it was seen at."""
    watched = Watched(slow_ms=200, stuck_s=0)
    with watched.in_one_event():
        looks = [watched.look(now) for now in (10.0, 10.1, 10.25, 20.0)]

    assert [len(told) for told in looks] == [0, 0, 1, 0]
    (slow,) = looks[2]
    assert (slow.strategy, slow.callback, slow.is_stuck) == ("ma", "on_tick", False)
    assert slow.seconds == pytest.approx(0.25)
    assert slow.where.startswith("test_watchdog.py:")
    assert str(slow).endswith("everything waits for it; make it shorter, or have it work elsewhere")


def test_a_stuck_event_is_told_again_and_again() -> None:
    """Not on the main thread it cannot be stopped, only told."""
    watched = Watched(slow_ms=200, stuck_s=5)
    with watched.in_one_event():
        looks = [watched.look(now) for now in (10.0, 11.0, 15.0, 16.0, 20.0)]

    assert [[slow.is_stuck for slow in told] for told in looks] == [[], [False], [True], [], [True]]
    assert not any(slow.is_stopped for told in looks for slow in told)


def test_nothing_is_told_when_no_strategy_is_at_work() -> None:
    """An idle engine is not a slow one."""
    watched = Watched(slow_ms=1, stuck_s=1)
    with watched.dog.watching():
        assert watched.look(10.0) == watched.look(99.0) == []


class Loops(Strategy):
    """Never comes back from its second tick."""

    def on_init(self) -> None:
        """Prepare."""
        self.seen = 0

    def on_tick(self, _: TickData) -> None:
        """Loop."""
        self.seen += 1
        while self.seen > 1:
            pass


class Counts(Strategy):
    """Counts ticks."""

    def on_init(self) -> None:
        """Prepare."""
        self.seen = 0

    def on_tick(self, _: TickData) -> None:
        """Count."""
        self.seen += 1


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals to a thread")
def test_a_strategy_that_loops_is_stopped_and_the_others_go_on() -> None:
    """An exception is raised in its very frame; it fails like any other."""
    ticks = [tick(ts_ns=at(number)) for number in range(5)]
    house = engine(
        feed=FakeFeed(ticks), clock="live", watch=WatchSettings(slow_ms=20, stuck_s=0.05)
    )
    house.add_strategy(Loops, symbol=SYMBOL, name="loops")
    counts: Any = house.add_strategy(Counts, symbol=SYMBOL, name="counts")
    alerts: list[Alert] = []
    house.subscribe(Alert, alerts.append)
    handler = signal.getsignal(signal.SIGUSR1)
    summary = house.run()

    assert summary.strategies["loops"] == str(StrategyState.FAILED)
    assert counts.seen == 5
    messages = [alert.message for alert in alerts]
    assert any("stopped by its own StrategyStuck: it stayed in one event" in m for m in messages)
    assert any("in on_tick for" in m and m.endswith(": it is stopped") for m in messages)
    assert signal.getsignal(signal.SIGUSR1) is handler


def test_a_backtest_never_stops_a_strategy_by_the_walls_time() -> None:
    """What it decides must not depend on how fast the machine is."""
    house = engine(
        feed=FakeFeed([tick()]), clock="event", watch=WatchSettings(slow_ms=5, stuck_s=0.01)
    )
    held: Any = house.add_strategy(Busy, symbol=SYMBOL, name="busy")

    def leave_when_told() -> None:
        assert held.entered.wait(30)
        while not house.parts.faults:
            held.leave.wait(0.001)
        held.leave.set()

    thread = threading.Thread(target=leave_when_told)
    thread.start()
    summary = house.run()
    thread.join(30)

    assert summary.strategies["busy"] == str(StrategyState.STOPPED)
    assert summary.faults >= 1
