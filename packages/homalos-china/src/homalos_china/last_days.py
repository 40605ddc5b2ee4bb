"""The last trading day of a contract, from a rule that `last_days.csv` names.

Of the delivery month, with trading days by the calendar of the exchanges:

- `day:15`: the 15th, or the first trading day after it
- `nth:10`, `nth:-4`: the 10th trading day; the fourth from its end
- `before:-1`: the last trading day of the month before it
- `friday:3`: the third Friday, or the first trading day after it
- `monday:-1`: the last Monday that is a trading day
- `20200121`: this very day
"""

from __future__ import annotations

from calendar import monthrange

from homalos.errors import MarketError
from homalos_china.calendar import TradingCalendar, ordinal_of

__all__ = ["check_rule", "last_day"]

_MONDAY, _FRIDAY = 0, 4
_KINDS = {
    "day": range(1, 29),
    "nth": (*range(1, 16), *range(-15, 0)),
    "before": (*range(1, 16), *range(-15, 0)),
    "friday": range(1, 5),
    "monday": (-1,),
}


def check_rule(rule: str) -> None:
    """Look whether a rule can be read.

    Raises:
        ValueError: It cannot; the message shows how to write one.
    """
    kind, _, number = rule.partition(":")
    digits = number.removeprefix("-")
    if rule.isdecimal() and len(rule) == len("yyyymmdd"):
        return
    if not digits.isdecimal() or int(number) not in _KINDS.get(kind, ()):
        msg = (
            f"{rule!r} is no rule for a last trading day; write day:15, nth:10, nth:-4,"
            " before:-1, friday:3, monday:-1, or the day as yyyymmdd"
        )
        raise ValueError(msg)


def last_day(rule: str, delivery: int, calendar: TradingCalendar) -> int:
    """Return the last trading day of a contract, yyyymmdd; 0 where the calendar does not reach.

    Args:
        rule: One that `check_rule` takes.
        delivery: The delivery month, yyyymm.
        calendar: The trading days.
    """
    if rule.isdecimal():
        return int(rule)
    kind, _, number = rule.partition(":")
    nth = int(number)
    try:
        if kind == "day":
            return calendar.on_or_after(ordinal_of(delivery * 100 + nth))
        if kind == "friday":
            return calendar.on_or_after(_weekdays(delivery, _FRIDAY)[nth - 1])
        days = calendar.days_of(_month_before(delivery) if kind == "before" else delivery)
    except MarketError:
        return 0
    if kind == "monday":
        mondays = set(_weekdays(delivery, _MONDAY))
        days = [day for day in days if ordinal_of(day) in mondays]
    index = nth if nth < 0 else nth - 1
    return days[index] if -len(days) <= index < len(days) else 0


def _month_before(month: int) -> int:
    return month - 1 if month % 100 > 1 else month - 89


def _weekdays(month: int, weekday: int) -> list[int]:
    """Return the ordinals of every date of a month that falls on a weekday, 0 for Monday."""
    first, days = monthrange(month // 100, month % 100)
    start = ordinal_of(month * 100 + 1)
    return list(range(start + (weekday - first) % 7, start + days, 7))
