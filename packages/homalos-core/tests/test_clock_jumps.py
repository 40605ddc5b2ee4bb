"""The machine's clock is set while an engine runs in live: what fires and what is told."""

from __future__ import annotations

import pytest

from homalos.engine import loop
from homalos.model import Alert, TickData, TimerFired
from homalos.strategy import Strategy
from homalos.testing import START_NS, SYMBOL, at, engine, tick

_NS = 1_000_000_000


class Machine:
    """The clocks of a machine, in the place of the real ones."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Begin both at the start of the tests' day."""
        self.wall_ns = self.monotonic_ns = START_NS
        monkeypatch.setattr(loop, "wall_ns", lambda: self.wall_ns)
        monkeypatch.setattr(loop, "monotonic_ns", lambda: self.monotonic_ns)

    def sleep(self, seconds: float, *, jump_s: float = 0.0) -> None:
        """Let time pass, and the wall's clock jump meanwhile."""
        self.wall_ns += round((seconds + jump_s) * _NS)
        self.monotonic_ns += round(seconds * _NS)


def test_a_clock_that_goes_forward_fires_a_timer_once_and_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three hours at once; afterwards the timer has its old beat."""
    machine = Machine(monkeypatch)
    running = engine(clock="live")
    fired: list[int] = []
    told: list[Alert] = []
    running.subscribe(Alert, told.append)
    with running:
        clock = running.parts.clock
        clock.call_every(10 * _NS, lambda: fired.append(clock.now_ns()))
        for jump_s in (0, 10_800, 0):
            machine.sleep(10, jump_s=jump_s)
            running.parts.loop.catch_up()
    assert fired == [at(10), at(20), at(10_830)]
    assert clock.agenda.missed == 1_080
    (alert,) = told
    assert (alert.level, alert.source) == ("warning", "clock")
    assert alert.message == (
        "the machine's clock went forward by 10800.0 s at once: it was set, or the machine "
        "slept; repeating timers fire once for all the times they missed, check the time "
        "service and what you hold"
    )


def test_a_clock_that_is_put_back_stands_still_and_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No callback sees an earlier time; events go on, counted as late; nothing fires twice."""
    machine = Machine(monkeypatch)
    running = engine(clock="live")
    fired: list[int] = []
    seen: list[int] = []
    told: list[Alert] = []
    running.subscribe(Alert, told.append)
    with running:
        clock = running.parts.clock
        running.subscribe(TickData, lambda _: seen.append(clock.now_ns()))
        clock.call_every(10 * _NS, lambda: fired.append(clock.now_ns()))
        for jump_s in (0, -60, 0, 60):
            machine.sleep(10, jump_s=jump_s)
            running.parts.loop.catch_up()
            running.step(tick(ts_ns=machine.wall_ns))
    assert seen == [at(10), at(10), at(10), at(40)]
    assert fired == [at(10), at(20)]
    assert running.summary().late == 2
    back, forward = (each.message for each in told)
    assert back == (
        "the machine's clock was put back by 60.0 s: for strategies time stands still, and "
        "timers wait, until it has caught up; check the time service, restart the engine if "
        "that is too long"
    )
    assert forward.startswith("the machine's clock went forward by 60.0 s at once")


class Beats(Strategy):
    """Has a timer of ten seconds."""

    def on_start(self) -> None:
        """Begin it."""
        self.timer("beat", 10)

    def on_timer(self, name: str) -> None:
        """Do nothing."""


def test_a_timer_tells_when_it_was_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when it is due next, also where it missed some."""
    machine = Machine(monkeypatch)
    running = engine(clock="live")
    running.add_strategy(Beats, symbol=SYMBOL, name="beats")
    fired: list[TimerFired] = []
    running.subscribe(TimerFired, fired.append)
    with running:
        for jump_s in (0, 25, 5):
            machine.sleep(10, jump_s=jump_s)
            running.parts.loop.catch_up()
    assert [each.due_ns for each in fired] == [at(10), at(20), at(50)]


@pytest.mark.parametrize("jump_s", [0.9, -0.9])
def test_a_clock_that_is_set_a_little_is_not_worth_a_word(
    jump_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below a second is a time service at work."""
    machine = Machine(monkeypatch)
    running = engine(clock="live")
    told: list[Alert] = []
    running.subscribe(Alert, told.append)
    with running:
        machine.sleep(1, jump_s=jump_s)
        running.parts.loop.catch_up()
    assert told == []
