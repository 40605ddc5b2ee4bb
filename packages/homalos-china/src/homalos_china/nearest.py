"""What is known of single days, looked up on any other: the nearest of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from homalos_china.calendar import day_of, ordinal_of
from homalos_china.products import Span, alike_on

__all__ = ["nearest_alike", "nearest_on"]


class _Seen(Protocol):
    @property
    def span(self) -> Span: ...
    @property
    def passing(self) -> bool: ...


_S = TypeVar("_S", bound=_Seen)


def nearest_on(facts: Sequence[_S], day: int | None) -> tuple[_S, int]:
    """Return the fact of a trading day, and 0; or the nearest in time, and its nearest day.

    One that was meant for a time only is the nearest to no other day, unless there is
    nothing else. Of two that are equally far the earlier is taken.

    Args:
        facts: At least one.
        day: yyyymmdd; `None` for the latest.
    """
    lasting = [fact for fact in facts if not fact.passing] or facts
    if day is None:
        return max(lasting, key=lambda fact: fact.span.last), 0
    for fact in facts:
        if day in fact.span:
            return fact, 0
    on = ordinal_of(day)
    before = [fact for fact in lasting if fact.span.last < day]
    after = [fact for fact in lasting if fact.span.first > day]
    if not after:
        earlier = max(before, key=_last_first)
        return earlier, earlier.span.last
    later = min(after, key=_first)
    if before:
        # Only here are days counted.
        earlier = max(before, key=_last_first)
        if on - ordinal_of(earlier.span.last) <= ordinal_of(later.span.first) - on:
            return earlier, earlier.span.last
    return later, later.span.first


def nearest_alike(facts: Sequence[_Seen], day: int) -> Span:
    """Return the days around one on which the nearest fact is the same one.

    Args:
        facts: At least one.
        day: yyyymmdd.
    """
    around = alike_on(facts, day)
    lasting = [fact for fact in facts if not fact.passing] or facts
    before = [fact.span.last for fact in lasting if fact.span.last < day]
    after = [fact.span.first for fact in lasting if fact.span.first > day]
    if not before or not after or any(day in fact.span for fact in facts):
        return around
    halfway = (ordinal_of(max(before)) + ordinal_of(min(after))) // 2
    if ordinal_of(day) <= halfway:
        return Span(around.first, min(around.last, day_of(halfway)))
    return Span(max(around.first, day_of(halfway + 1)), around.last)


def _last_first(fact: _Seen) -> tuple[int, int]:
    # Of two that end on one day the one that began first.
    return fact.span.last, -fact.span.first


def _first(fact: _Seen) -> int:
    return fact.span.first
