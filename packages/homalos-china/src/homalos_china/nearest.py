"""What is known of single days, looked up on any other: the nearest of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from homalos_china.calendar import ordinal_of
from homalos_china.products import Span

__all__ = ["nearest_on"]


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
    found = min(lasting, key=lambda fact: (_days(fact.span, day), fact.span.first))
    return found, found.span.first if day < found.span.first else found.span.last


def _days(span: Span, day: int) -> int:
    edge = span.first if day < span.first else span.last
    return abs(ordinal_of(edge) - ordinal_of(day))
