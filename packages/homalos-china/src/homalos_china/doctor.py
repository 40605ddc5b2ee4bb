"""What `homalos doctor` looks at: whether the calendar reaches far enough, the user's own file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from homalos.errors import ConfigError
from homalos.plugins.ports import DoctorContext, Finding
from homalos_china.calendar import ordinal_of, split_ns

__all__ = ["check_calendar", "check_overrides", "judge_calendar", "judge_overrides"]

_SOON = timedelta(days=60).days
_NEWER = "pip install --upgrade shinny-calendar; a year's holidays come out in the autumn before"


def judge_calendar(first: int, last: int, now_ns: int) -> Iterator[Finding]:
    """Say whether a calendar covers today and the weeks to come.

    Args:
        first: Its first trading day, yyyymmdd.
        last: Its last one.
        now_ns: The wall's time, nanoseconds UTC.
    """
    today, _ = split_ns(now_ns)
    left = ordinal_of(last) - today
    if not ordinal_of(first) <= today <= ordinal_of(last):
        what = f"the trading calendar knows {first} to {last}, not today"
        yield Finding(level="error", what=what, remedy=_NEWER)
    elif left < _SOON:
        what = f"the trading calendar ends in {left} days, on {last}"
        yield Finding(level="warning", what=what, remedy=_NEWER)
    else:
        yield Finding(level="ok", what=f"the trading calendar knows {first} to {last}")


def judge_overrides(path: Path) -> Iterator[Finding]:
    """Say whether a user's own file can be read; it need not exist."""
    from homalos_china.overrides import with_overrides
    from homalos_china.tables import read_exchanges, read_products

    exchanges = read_exchanges()
    try:
        with_overrides(read_products(exchanges), exchanges, path)
    except ConfigError as error:
        for problem in error.problems:
            remedy = "correct it, or move the file away: the market is then as packaged"
            yield Finding(level="error", what=problem, remedy=remedy)
    else:
        there = "is in order" if path.exists() else "does not exist, and need not"
        yield Finding(level="ok", what=f"{path} {there}")


def check_calendar(context: DoctorContext) -> Iterator[Finding]:
    """Look how far the calendar reaches."""
    from homalos_china.calendar import TradingCalendar

    calendar = TradingCalendar.of_exchanges()
    return judge_calendar(calendar.first, calendar.last, context.now_ns)


def check_overrides(context: DoctorContext) -> Iterator[Finding]:
    """Look at the file that the options name."""
    options: Any = context.options.get("market china")
    return judge_overrides(context.home / (options.overrides if options else "china.toml"))
