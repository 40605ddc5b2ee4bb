"""The one time of an engine, and the agenda of what is due when.

The clock shows the stamp of the event that is being dispatched: the event's own
time in a simulation, the wall's time of its dispatch in live. So a callback sees
one instant throughout, and a replay that dispatches the same events with the
same stamps sees the same time and fires the same timers in the same places.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

__all__ = ["NEVER", "Agenda", "EngineClock", "Entry", "Pace", "paced", "wall_ns"]

NEVER = (1 << 63) - 1
_NS = 1_000_000_000
_LOOK_NS = 50_000_000  # how soon a changed pace is seen by who waits
_SHORTEST_NS = 1_000_000  # less is not worth a wait

wall_ns = time.time_ns


class _Stamped(Protocol):
    @property
    def ts_ns(self) -> int: ...


E = TypeVar("E", bound=_Stamped)


class Entry:
    """One thing on the agenda; `cancel` takes it off.

    Attributes:
        due_ns: When it is due; of a repeating one that fires, already the next time.
        fired_ns: When it was due that fires now, or fired last.
        catches_up: Whether it comes, in a simulation, for every time that has passed.
    """

    __slots__ = (
        "callback",
        "cancelled",
        "catches_up",
        "due_ns",
        "fired_ns",
        "interval_ns",
        "is_after",
    )

    def __init__(self, due_ns: int, callback: Callable[[], None], interval_ns: int) -> None:
        self.due_ns = self.fired_ns = due_ns
        self.is_after = False  # due so long after the first event, not at a time
        self.callback = callback
        self.interval_ns = interval_ns
        self.cancelled = False
        self.catches_up = True

    def cancel(self) -> None:
        """Call it off; nothing happens when it has fired already."""
        self.cancelled = True


class Agenda:
    """Calls to make at given times, in time order; ties in the order of asking.

    Attributes:
        next_ns: When the first of them is due; `NEVER` when there is none.
        missed: Times of repeating calls that were passed over; see `again`.
    """

    __slots__ = ("_asked", "_heap", "missed", "next_ns")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Entry]] = []
        self._asked = 0
        self.missed = 0
        self.next_ns = NEVER

    def add(self, due_ns: int, callback: Callable[[], None], *, interval_ns: int = 0) -> Entry:
        """Note a call; with an interval it comes again and again."""
        entry = Entry(due_ns, callback, interval_ns)
        self._push(entry)
        return entry

    def pop(self, now_ns: int) -> Entry | None:
        """Take the first call that is due, or `None`."""
        heap = self._heap
        while heap and heap[0][0] <= now_ns:
            entry = heapq.heappop(heap)[2]
            self.next_ns = heap[0][0] if heap else NEVER
            if entry.cancelled:
                continue
            entry.fired_ns = entry.due_ns
            return entry
        return None

    def again(self, entry: Entry, after_ns: int = 0) -> None:
        """Note a repeating call for its next time.

        Args:
            entry: It was due just now.
            after_ns: Times up to this one are passed over, and counted, so that the call
                comes once where the wall's clock jumped, or an event took long, and
                goes on in its old beat. In a simulation every one of them comes, as 0
                says: a night there is no accident, and the same events must fire
                the same timers.
        """
        interval_ns = entry.interval_ns
        if interval_ns and not entry.cancelled:
            entry.due_ns += interval_ns
            behind_ns = after_ns - entry.due_ns
            if behind_ns >= 0:
                over = behind_ns // interval_ns + 1
                entry.due_ns += over * interval_ns
                if entry.catches_up:
                    self.missed += over
            self._push(entry)

    def begin(self, now_ns: int) -> None:
        """Count from now on what was to come so long after a time that nobody knew yet.

        Those are the calls noted as such, and the repeating ones due one interval after
        0; one with a first time of its own keeps it.
        """
        entries = sorted(self._heap, key=_asked)
        self._heap.clear()
        for _, _, entry in entries:
            if entry.is_after or (entry.interval_ns and entry.due_ns == entry.interval_ns):
                entry.due_ns += now_ns
                entry.is_after = False
            self._push(entry)

    def _push(self, entry: Entry) -> None:
        self._asked += 1
        heapq.heappush(self._heap, (entry.due_ns, self._asked, entry))
        self.next_ns = self._heap[0][0]

    def __len__(self) -> int:
        return len(self._heap)


def _asked(noted: tuple[int, int, Entry]) -> int:
    return noted[1]


class EngineClock:
    """The time a plugin or a strategy sees. Engine thread.

    Attributes:
        now: The stamp of the event in hand, nanoseconds UTC; only the loop sets it.
        agenda: What is due when.
    """

    __slots__ = ("agenda", "now")

    def __init__(self, now: int = 0) -> None:
        self.now = now
        self.agenda = Agenda()

    def begin(self, now_ns: int) -> None:
        """Set the first time of a run; before it the clock shows 0."""
        self.agenda.begin(now_ns)
        self.now = now_ns

    def now_ns(self) -> int:
        """Return the time, nanoseconds UTC; 0 before the first event of a simulation."""
        return self.now

    def call_at(self, due_ns: int, callback: Callable[[], None]) -> Entry:
        """Call back at a time, before any event stamped then or later."""
        return self.agenda.add(due_ns, callback)

    def call_after(self, delay_ns: int, callback: Callable[[], None]) -> Entry:
        """Call back so long after now, >= 0 ns; before the first event, so long after that."""
        entry = self.agenda.add(self.now + delay_ns, callback)
        entry.is_after = not self.now
        return entry

    def call_every(
        self,
        interval_ns: int,
        callback: Callable[[], None],
        *,
        first_ns: int | None = None,
        catches_up: bool = True,
    ) -> Entry:
        """Call back again and again; the first time after one interval unless given.

        In live a call that comes late comes once for all the times it missed; in a
        simulation it comes for each, unless it is one that does not catch up: a look at
        what is, which between two events of a simulation stays the same.

        Raises:
            ValueError: The interval is not above 0.
        """
        if interval_ns <= 0:
            msg = f"a timer's interval must be above 0 ns, not {interval_ns}"
            raise ValueError(msg)
        first = self.now + interval_ns if first_ns is None else first_ns
        entry = self.agenda.add(first, callback, interval_ns=interval_ns)
        entry.catches_up = catches_up
        return entry


class Pace:
    """How fast a feed goes, to be changed while it goes. Any thread.

    Attributes:
        speed: Event seconds a wall second; 0 does not wait.
        is_paused: Whether it stands still.
        turns: How often it was changed.
    """

    __slots__ = ("is_paused", "speed", "turns")

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self.is_paused = False
        self.turns = 0

    def turn(self, *, speed: float | None = None, is_paused: bool | None = None) -> None:
        """Change the speed, >= 0, or have the feed stand still or go on; `None` leaves it."""
        if speed is not None:
            self.speed = speed
        if is_paused is not None:
            self.is_paused = is_paused
        self.turns += 1  # last of all: who sees it finds the others changed


def paced(
    events: Iterable[E],
    *,
    speed: float,
    stop: threading.Event,
    for_s: float = 0.0,
    longest_gap_s: float = 1.0,
    pace: Pace | None = None,
) -> Iterator[E]:
    """Yield events at `speed` event seconds a wall second; runs on a feed thread.

    Gaps without events (a break, a night) are shortened to `longest_gap_s` event
    seconds. With `for_s` it ends after that many wall seconds' worth of event
    time at the first speed: where it ends depends on the events alone, never on how fast
    the machine is, or whether somebody paused it, so the same seed ends at the same event.

    Args:
        events: In time order.
        speed: Event seconds a wall second; 0 does not wait.
        stop: Ends the waiting, and the stream, at once.
        for_s: Wall seconds, 0 for no end. At speed 0 it counts event seconds.
        longest_gap_s: Event seconds a gap may last.
        pace: Changes the speed on the way; it begins with `speed`.
    """
    longest = round(longest_gap_s * _NS)
    limit = round(for_s * (speed or 1.0) * _NS) if for_s else NEVER
    waiting = _Waiting(Pace(speed), stop, NEVER) if pace is None else _Waiting(pace, stop, _LOOK_NS)
    elapsed = 0
    last = 0
    for event in events:
        ts = event.ts_ns
        before = elapsed
        if last:
            elapsed += min(max(ts - last, 0), longest)
        last = max(ts, last)
        if elapsed > limit or stop.is_set() or not waiting.until(elapsed, before):
            return
        yield event


class _Waiting:
    """Waits until an event is due, at a pace that may change."""

    __slots__ = ("_from_ns", "_from_wall_ns", "_look_ns", "_pace", "_stop", "_turns")

    def __init__(self, pace: Pace, stop: threading.Event, look_ns: int) -> None:
        self._pace = pace
        self._look_ns = look_ns
        self._stop = stop
        self._turns = pace.turns
        self._from_ns = 0
        self._from_wall_ns = time.monotonic_ns()

    def until(self, elapsed_ns: int, before_ns: int) -> bool:
        """Wait for an event so long after the first; False where the waiting was ended.

        Args:
            elapsed_ns: Event time of it.
            before_ns: The same of the event before, from which a changed pace counts.
        """
        pace = self._pace
        while True:
            if pace.is_paused or pace.turns != self._turns:
                self._turns = pace.turns
                self._from_ns, self._from_wall_ns = before_ns, time.monotonic_ns()
            speed = pace.speed
            if pace.is_paused:
                if self._stop.wait(self._look_ns / _NS):
                    return False
            elif not speed:
                return True
            else:
                due_ns = self._from_wall_ns + (elapsed_ns - self._from_ns) / speed
                ahead = due_ns - time.monotonic_ns()
                if ahead <= _SHORTEST_NS:
                    return True
                if self._stop.wait(min(ahead, self._look_ns) / _NS):
                    return False
                if ahead <= self._look_ns:
                    return True
