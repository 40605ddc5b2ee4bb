"""Which stretch of time a longer bar covers: the two conventions, by the sessions. Pure.

`clock` counts from midnight UTC, which for lengths that divide eight hours is the
whole hour on China's wall: an hour's bar begins at 10:00 and at 11:00, whatever the
breaks. `session` counts trading minutes from where the night, or the day, begins: of
an hour's bars the second of the day holds 10:00 to 10:15 and 10:30 to 11:15, and the
third goes on over lunch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from homalos.plugins.ports import Session

__all__ = ["APART_NS", "Convention", "Span", "clock_span", "day_span", "session_span"]

Convention = Literal["clock", "session"]

_DAY_NS = 24 * 3600 * 1_000_000_000

APART_NS = 4 * 3600 * 1_000_000_000
"""A pause this long begins a new count: lunch is at most two hours, the pause between a
night that ends at 02:30 and the day is six and a half."""


class Span(NamedTuple):
    """Where a bar begins and ends, nanoseconds UTC.

    Attributes:
        start_ns: Its time.
        opens_ns: When trading begins in it, >= `start_ns`.
        end_ns: When it is over: its last session, or its time.
        folds: Whether it ends with a session, behind whose end ticks still come.
    """

    start_ns: int
    opens_ns: int
    end_ns: int
    folds: bool


def clock_span(sessions: Sequence[Session], at_ns: int, length_ns: int) -> Span:
    """Return the span that holds an instant, counted from midnight UTC.

    Args:
        sessions: Those of its trading day; none where the market does not know them.
        at_ns: The instant.
        length_ns: Length of a bar, > 0.
    """
    # From the midnight before, so that seven minutes begin alike on every day; what is longer
    # than a day counts from 1970.
    midnight = at_ns - at_ns % _DAY_NS if length_ns <= _DAY_NS else 0
    start = at_ns - (at_ns - midnight) % length_ns
    end = start + length_ns
    if midnight:
        end = min(end, midnight + _DAY_NS)
    held = [each for each in sessions if each.start_ns < end and each.end_ns > start]
    if not held:
        return Span(start, start, end, folds=False)
    last = held[-1].end_ns
    if at_ns >= last:  # behind the sessions: of the rest of that time
        return Span(max(start, last), at_ns, end, folds=False)
    return Span(start, max(start, held[0].start_ns), min(end, last), folds=last <= end)


def session_span(sessions: Sequence[Session], at_ns: int, length_ns: int) -> Span:
    """Return the span that holds an instant, counted in trading time from its night or its day.

    An instant outside every session is counted by the clock.

    Args:
        sessions: Those of its trading day, oldest first.
        at_ns: The instant.
        length_ns: Length of a bar in trading time, > 0.
    """
    block = _block(sessions, at_ns)
    passed = 0
    for session in block:
        if session.start_ns <= at_ns < session.end_ns:
            passed += at_ns - session.start_ns
            break
        passed += session.end_ns - session.start_ns
    else:
        return clock_span((), at_ns, length_ns)
    begins = passed - passed % length_ns
    start = _instant(block, begins, is_end=False)
    end = _instant(block, begins + length_ns, is_end=True)
    return Span(start, start, end, folds=any(end == each.end_ns for each in block))


def day_span(sessions: Sequence[Session], at_ns: int) -> Span | None:
    """Return the span of a trading day, its night included; `None` when its sessions are unknown.

    Args:
        sessions: Those of the trading day, oldest first.
        at_ns: When the first data of the day begins.
    """
    if not sessions or at_ns >= sessions[-1].end_ns:
        return None
    start = sessions[0].start_ns
    return Span(start, start, sessions[-1].end_ns, folds=True)


def _block(sessions: Sequence[Session], at_ns: int) -> list[Session]:
    """Return the sessions that an instant's are counted with: the night's, or the day's."""
    block: list[Session] = []
    for session in sessions:
        if block and session.start_ns - block[-1].end_ns >= APART_NS:
            if at_ns < session.start_ns:
                break
            block = []
        block.append(session)
    return block


def _instant(block: Sequence[Session], passed: int, *, is_end: bool) -> int:
    """Return when so much trading time of a block has passed; its end where it has less.

    Between two sessions that is the end of the one for a bar's end, and the start of
    the next one for its start.
    """
    for session in block:
        length = session.end_ns - session.start_ns
        if passed < length or (is_end and passed == length):
            return session.start_ns + passed
        passed -= length
    return block[-1].end_ns
