"""The agenda, the engine's clock, the order in which the loop lets timers fire, and pacing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.clock import NEVER, Agenda, EngineClock, Entry, Pace, paced
from homalos.model import TickData
from homalos.testing import START_NS, SYMBOL, at, engine, tick

_NS = 1_000_000_000


def nothing() -> None:
    """Do nothing."""


def fire(agenda: Agenda, until_ns: int) -> list[int]:
    """Let everything fire that is due by a time; return the times it was due."""
    due = []
    while (entry := agenda.pop(until_ns)) is not None:
        due.append(entry.due_ns)
        agenda.again(entry)
        entry.callback()
    return due


# -- agenda --------------------------------------------------------------------


def test_calls_come_in_due_order_and_ties_as_asked() -> None:
    """Whatever the order of asking, time decides; at one time, who asked first."""
    agenda, fired = Agenda(), list[str]()

    def note(name: str) -> Callable[[], None]:
        return lambda: fired.append(name)

    for name, due in [("c", 30), ("a1", 10), ("b", 20), ("a2", 10), ("a3", 10)]:
        agenda.add(due, note(name))
    fire(agenda, 30)
    assert fired == ["a1", "a2", "a3", "b", "c"]


def test_nothing_comes_before_it_is_due() -> None:
    """What is due exactly now is due."""
    agenda = Agenda()
    agenda.add(10, nothing)
    assert agenda.pop(9) is None
    assert agenda.pop(10) is not None
    assert agenda.pop(10) is None


def test_the_agenda_tells_when_the_first_call_is_due() -> None:
    """So that the loop compares one number an event."""
    agenda = Agenda()
    assert agenda.next_ns == NEVER
    agenda.add(20, nothing)
    agenda.add(10, nothing)
    assert (agenda.next_ns, len(agenda)) == (10, 2)
    agenda.pop(10)
    assert agenda.next_ns == 20
    agenda.pop(20)
    assert (agenda.next_ns, len(agenda)) == (NEVER, 0)


def test_a_repeating_call_keeps_its_beat() -> None:
    """Each is due one interval after the last was due, however late it fired."""
    agenda = Agenda()
    agenda.add(10, nothing, interval_ns=7)
    assert fire(agenda, 30) == [10, 17, 24]
    assert agenda.next_ns == 31


def test_a_repeating_call_passes_over_the_times_it_missed() -> None:
    """Where it is asked to: once for all of them, then in the old beat, and counted."""
    agenda = Agenda()
    agenda.add(10, nothing, interval_ns=7)
    entry = agenda.pop(24)
    assert entry is not None
    assert entry.due_ns == 10
    agenda.again(entry, 24)  # 17 and 24 are over
    assert (agenda.next_ns, agenda.missed) == (31, 2)


def test_a_repeating_call_on_time_misses_nothing() -> None:
    """Nor does one that is late by less than its interval."""
    agenda = Agenda()
    agenda.add(10, nothing, interval_ns=7)
    for now, due in ((10, 17), (23, 24)):
        entry = agenda.pop(now)
        assert entry is not None
        agenda.again(entry, now)
        assert (agenda.next_ns, agenda.missed) == (due, 0)


def test_a_call_once_does_not_come_again() -> None:
    """Without an interval `again` notes nothing."""
    agenda = Agenda()
    entry = agenda.add(10, nothing)
    agenda.again(entry)
    assert fire(agenda, 100) == [10]


def test_a_cancelled_call_never_comes() -> None:
    """Cancelled before it is due, or by its own call."""
    agenda = Agenda()
    agenda.add(10, nothing).cancel()

    def cancel() -> None:
        entry.cancel()

    entry = agenda.add(20, cancel, interval_ns=5)
    assert fire(agenda, 100) == [20]
    assert agenda.next_ns == NEVER


def test_a_call_may_ask_for_another_that_is_due_already() -> None:
    """It comes in the same sweep, after those that were asked for earlier."""
    agenda, fired = Agenda(), list[str]()

    def first() -> None:
        fired.append("first")
        agenda.add(10, lambda: fired.append("asked on the way"))

    agenda.add(10, first)
    agenda.add(10, lambda: fired.append("second"))
    fire(agenda, 10)
    assert fired == ["first", "second", "asked on the way"]


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 9)), max_size=20), st.integers(0, 99))
def test_calls_come_as_a_plain_simulation_has_them(
    asked: list[tuple[int, int]], until: int
) -> None:
    """Against a list that is searched for the earliest, first asked, again and again."""
    agenda = Agenda()
    places: dict[Entry, int] = {}
    waiting = []
    for place, (due, interval) in enumerate(asked):
        places[agenda.add(due, nothing, interval_ns=interval)] = place
        waiting.append((due, place, place, interval))
    expected = []
    noted = len(waiting)
    while waiting and min(waiting)[0] <= until:
        due, _, place, interval = first = min(waiting)
        waiting.remove(first)
        expected.append((due, place))
        if interval:
            waiting.append((due + interval, noted, place, interval))
            noted += 1
    came = []
    while (entry := agenda.pop(until)) is not None:
        came.append((entry.due_ns, places[entry]))
        agenda.again(entry)
    assert came == expected


# -- the clock -----------------------------------------------------------------


def test_timers_asked_before_there_was_a_time_count_from_the_beginning() -> None:
    """A strategy asks in `on_start`, when a simulation has no time yet."""
    clock = EngineClock()
    clock.call_every(60, nothing)
    clock.begin(1_000)
    assert clock.now_ns() == 1_000
    assert fire(clock.agenda, 1_130) == [1_060, 1_120]


def test_a_first_time_of_its_own_stays_when_the_clock_begins() -> None:
    """Also one that is over by then: it fires at once, and keeps its beat."""
    clock = EngineClock()
    clock.call_every(60, nothing, first_ns=1_030)
    clock.call_every(500, nothing, first_ns=700)
    clock.begin(1_000)
    assert fire(clock.agenda, 1_250) == [700, 1_030, 1_090, 1_150, 1_200, 1_210]


def test_ties_stay_as_asked_when_the_clock_begins() -> None:
    """A timer counted from the beginning does not overtake what was asked for before it."""
    clock, fired = EngineClock(), list[str]()
    clock.call_at(1_060, lambda: fired.append("first"))
    clock.call_every(60, lambda: fired.append("second"))
    clock.begin(1_000)
    fire(clock.agenda, 1_060)
    assert fired == ["first", "second"]


def test_a_timer_asked_later_counts_from_then() -> None:
    """From the clock's time at the asking."""
    clock = EngineClock(500)
    clock.call_every(60, nothing)
    assert fire(clock.agenda, 630) == [560, 620]


@pytest.mark.parametrize("interval", [0, -1])
def test_an_interval_must_be_above_0(interval: int) -> None:
    """A timer that is always due would never let an event through."""
    with pytest.raises(ValueError, match="must be above 0 ns"):
        EngineClock().call_every(interval, nothing)


# -- the loop ------------------------------------------------------------------


def test_what_is_due_fires_before_the_event_that_brings_the_time() -> None:
    """At the same instant too; and each call sees the time it was due at."""
    running = engine()
    clock = running.parts.clock
    seen: list[tuple[str, int]] = []
    running.subscribe(TickData, lambda _: seen.append(("tick", clock.now_ns())))
    with running:
        running.step(tick(ts_ns=at(0)))
        for due in (20, 10, 30):
            clock.call_at(at(due), lambda: seen.append(("call", clock.now_ns())))
        running.step(tick(ts_ns=at(20)))
        running.step(tick(ts_ns=at(40)))
    assert seen == [
        ("tick", at(0)), ("call", at(10)), ("call", at(20)), ("tick", at(20)),
        ("call", at(30)), ("tick", at(40)),
    ]  # fmt: skip


def test_the_first_event_tells_when_repeating_timers_begin() -> None:
    """One asked before it comes one interval after it, and not for all of history."""
    running = engine()
    clock = running.parts.clock
    fired: list[int] = []
    clock.call_every(10 * _NS, lambda: fired.append(clock.now_ns()))
    with running:
        running.step(tick(ts_ns=at(0)))
        running.step(tick(ts_ns=at(25)))
    assert fired == [at(10), at(20)]


# -- pacing --------------------------------------------------------------------


def ticks(*seconds: float) -> list[TickData]:
    """Make ticks at these times."""
    return [tick(SYMBOL, ts_ns=at(each)) for each in seconds]


def seconds_of(events: list[TickData]) -> list[float]:
    """Return the times of events, seconds after the start."""
    return [(each.ts_ns - START_NS) / _NS for each in events]


def test_speed_0_lets_everything_through() -> None:
    """Without waiting: a day of ticks passes in no time."""
    day = ticks(*range(0, 36_000, 600))
    assert list(paced(day, speed=0, stop=threading.Event())) == day


def test_for_s_at_speed_0_counts_event_seconds() -> None:
    """The event at the limit is the last one."""
    some = ticks(0, 0.5, 1, 1.5, 2, 2.5)
    got = list(paced(some, speed=0, stop=threading.Event(), for_s=2))
    assert seconds_of(got) == [0, 0.5, 1, 1.5, 2]


def test_a_gap_counts_as_its_longest() -> None:
    """A night does not eat up the time of a demo."""
    some = ticks(0, 0.5, 9_000, 9_000.5, 9_001)
    got = list(paced(some, speed=0, stop=threading.Event(), for_s=2, longest_gap_s=1))
    assert seconds_of(got) == [0, 0.5, 9_000, 9_000.5]


def test_an_event_out_of_order_neither_waits_nor_counts() -> None:
    """Its time passed before; what follows counts from the latest."""
    some = ticks(1, 0.25, 1.5, 2)
    got = list(paced(some, speed=0, stop=threading.Event(), for_s=0.5))
    assert seconds_of(got) == [1, 0.25, 1.5]


def test_with_a_speed_the_limit_grows_with_it() -> None:
    """Wall seconds' worth: at 4,000 to one, 0.001 s is four event seconds."""
    some = ticks(*range(10))
    got = list(paced(some, speed=4_000, stop=threading.Event(), for_s=0.001))
    assert seconds_of(got) == [0, 1, 2, 3, 4]


class Waits(threading.Event):
    """An event that notes how long it is waited for, and lets nobody wait."""

    def __init__(self) -> None:
        """Begin without waits."""
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Note the time-out; return whether it is set."""
        self.seconds.append(timeout or 0.0)
        return self.is_set()


def test_events_wait_for_their_time() -> None:
    """At ten to one, the second event is due 100 s after the first, the third 200 s."""
    stop = Waits()
    events = list(paced(ticks(0, 1_000, 2_000), speed=10, stop=stop, longest_gap_s=5_000))
    assert len(events) == 3
    assert stop.seconds == [pytest.approx(100, abs=5), pytest.approx(200, abs=5)]


def test_a_stop_ends_the_stream_before_the_next_event() -> None:
    """Between two events."""
    stop = threading.Event()
    stream = paced(ticks(0, 1, 2), speed=0, stop=stop)
    assert next(stream).ts_ns == at(0)
    stop.set()
    assert list(stream) == []


def test_a_stop_ends_the_waiting() -> None:
    """An hour's wait is over at once, and its event does not come."""
    stop = threading.Event()
    got: list[TickData] = []
    first = threading.Event()

    def pump() -> None:
        for event in paced(ticks(0, 3_600), speed=1, stop=stop, longest_gap_s=3_600):
            got.append(event)
            first.set()

    thread = threading.Thread(target=pump)
    thread.start()
    assert first.wait(5)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert seconds_of(got) == [0]


@given(st.lists(st.floats(0, 100), max_size=20), st.floats(0.1, 50))
def test_where_it_ends_depends_on_the_events_alone(times: list[float], for_s: float) -> None:
    """Twice the same, and never past the limit by more than the clock of the events."""
    some = ticks(*sorted(times))
    first = list(paced(some, speed=0, stop=threading.Event(), for_s=for_s))
    assert list(paced(some, speed=0, stop=threading.Event(), for_s=for_s)) == first
    gaps = [min(later.ts_ns - earlier.ts_ns, _NS) for earlier, later in pairwise(some)]
    limit = round(for_s * _NS)
    assert len(first) == sum(sum(gaps[:n]) <= limit for n in range(len(some)))


class Turning(threading.Event):
    """An event that lets nobody wait, and turns a pace while it is waited for."""

    def __init__(self, pace: Pace, *turns: dict[str, Any]) -> None:
        """Take the turns, one for each of the first waits."""
        super().__init__()
        self.seconds: list[float] = []
        self._pace = pace
        self._turns = list(turns)

    def wait(self, timeout: float | None = None) -> bool:
        """Note the time-out, and turn the pace."""
        self.seconds.append(timeout or 0.0)
        if self._turns:
            self._pace.turn(**self._turns.pop(0))
        return self.is_set()


def test_a_pace_is_changed_while_somebody_waits_for_it() -> None:
    """At one to one an hour is long; at full speed nobody waits."""
    pace = Pace(1.0)
    stop = Turning(pace, {"speed": 0.0})
    got = list(paced(ticks(0, 3600), speed=1.0, stop=stop, longest_gap_s=5_000, pace=pace))
    assert len(got) == 2
    assert stop.seconds == [0.05]  # as soon as that a changed pace is seen


def test_a_paused_feed_stands_still_until_it_is_resumed() -> None:
    """Also one that does not wait otherwise; nothing is lost."""
    pace = Pace(0.0)
    pace.turn(is_paused=True)
    stop = Turning(pace, {}, {}, {"is_paused": False})
    got = list(paced(ticks(0, 1, 2), speed=0.0, stop=stop, pace=pace))
    assert seconds_of(got) == [0, 1, 2]
    assert stop.seconds == [0.05] * 3


def test_a_paused_feed_can_be_stopped() -> None:
    """It comes back at once, without another event."""
    pace = Pace(60.0)
    pace.turn(is_paused=True)
    stop = threading.Event()
    stop.set()
    assert list(paced(ticks(0, 1), speed=60.0, stop=stop, pace=pace)) == []


def test_a_slower_pace_counts_from_the_event_before_it() -> None:
    """What went by at the old pace is not waited for again."""
    pace = Pace(0.0)
    stop = Turning(pace, {"speed": 0.0})
    events = paced(ticks(0, 100, 200), speed=0.0, stop=stop, longest_gap_s=5_000, pace=pace)
    assert seconds_of([next(events), next(events)]) == [0, 100]
    pace.turn(speed=4_000.0)
    assert seconds_of(list(events)) == [200]
    assert stop.seconds == [pytest.approx(100 / 4_000, abs=0.01)]
