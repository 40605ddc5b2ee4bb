"""Tests of the thread that looks at a running engine."""

from __future__ import annotations

import threading
from concurrent.futures import Future

from homalos.cli.watch import Watch
from homalos.errors import EngineStateError
from homalos.plugins.ports import Snapshot

PICTURE = Snapshot(
    ts_ns=1,
    trading_day=20250805,
    dispatched=1,
    ticks={},
    bars={},
    orders=(),
    trades=(),
    positions=(),
    accounts=(),
    strategies={},
    counters={},
    queues={},
)
PATIENCE_S = 10.0


def answered() -> Future[Snapshot]:
    """Return what an engine answers at once."""
    future: Future[Snapshot] = Future()
    future.set_result(PICTURE)
    return future


def test_pictures_are_shown_again_and_again() -> None:
    """Until the context is left, on another thread than this one."""
    seen: list[Snapshot | None] = []
    threads = set()
    enough = threading.Event()

    def show(picture: Snapshot | None) -> None:
        seen.append(picture)
        threads.add(threading.current_thread())
        if len(seen) == 3:
            enough.set()

    with Watch(answered, show, 0.001) as watch:
        assert enough.wait(PATIENCE_S)
    assert seen[:3] == [PICTURE] * 3
    assert threading.main_thread() not in threads
    assert watch.fault is None


def test_a_stopped_engine_is_no_fault() -> None:
    """There is no picture then, and that is what is shown."""
    seen: list[Snapshot | None] = []
    shown = threading.Event()

    def stopped() -> Future[Snapshot]:
        raise EngineStateError

    def show(picture: Snapshot | None) -> None:
        seen.append(picture)
        shown.set()

    with Watch(stopped, show, 0.001) as watch:
        assert shown.wait(PATIENCE_S)
    assert set(seen) == {None}
    assert watch.fault is None


def test_a_display_that_fails_ends_alone() -> None:
    """The engine runs on; what was wrong can be told afterwards."""
    tried = threading.Event()
    error = ValueError("too narrow")

    def show(_: Snapshot | None) -> None:
        tried.set()
        raise error

    with Watch(answered, show, 0.001) as watch:
        assert tried.wait(PATIENCE_S)
    assert watch.fault is error
