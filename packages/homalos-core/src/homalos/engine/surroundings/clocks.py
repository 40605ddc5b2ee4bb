"""The wall's clock and the zones: whether a time that is read can be trusted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from homalos.clock import wall_ns
from homalos.plugins.ports import DoctorContext, Finding

__all__ = ["check_clock", "check_time_zone", "judge_clock", "judge_zone", "newest_ns"]

_NS = 1_000_000_000
_FIRST_YEAR, _LAST_YEAR = 2025, 2099  # this version was made in the first
_DRIFT_NS = 20_000_000
_RESOLUTION_S = 0.001
_AHEAD_NS = 60 * _NS
_SHANGHAI = "Asia/Shanghai"
_SYNC = "let NTP set it (chrony, systemd-timesyncd, w32time)"


def judge_clock(
    readings: Sequence[tuple[int, int]], *, resolution_s: float, newest_ns: int
) -> Iterator[Finding]:
    """Say whether the wall's clock goes right.

    Args:
        readings: (monotonic, wall) in nanoseconds, at least two, in order.
        resolution_s: Step of the wall's clock, seconds.
        newest_ns: When the newest file of the home folder was written, 0 for none.
    """
    now_ns = readings[-1][1]
    year = datetime.fromtimestamp(now_ns / _NS, UTC).year
    wrong = []
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        what = f"the clock says it is the year {year}"
        wrong.append(Finding(level="error", what=what, remedy=f"set the clock; {_SYNC}"))
    elif newest_ns > now_ns + _AHEAD_NS:
        behind = timedelta(seconds=(newest_ns - now_ns) // _NS)
        what = f"the clock is {behind} behind the newest file of the home folder"
        wrong.append(Finding(level="warning", what=what, remedy=f"was it set back? {_SYNC}"))
    (begin, wall_begin), (end, wall_end) = readings[0], readings[-1]
    drift_ns = (wall_end - wall_begin) - (end - begin)
    if abs(drift_ns) > _DRIFT_NS:
        what = f"the clock moved by {drift_ns / 1e6:+.0f} ms while it was looked at"
        remedy = "something sets it in steps; let NTP slew it instead"
        wrong.append(Finding(level="warning", what=what, remedy=remedy))
    if resolution_s > _RESOLUTION_S:
        what = f"the clock goes in steps of {resolution_s * 1e3:g} ms"
        remedy = "times of ticks that come together will be the same; use another machine"
        wrong.append(Finding(level="warning", what=what, remedy=remedy))
    if wrong:
        yield from wrong
    else:
        at = datetime.fromtimestamp(now_ns // _NS, UTC)
        yield Finding(level="ok", what=f"it is {at:%Y-%m-%d %H:%M:%S} UTC; no step, no drift")


def judge_zone(load: Callable[[str], tzinfo]) -> Iterator[Finding]:
    """Say whether the time of Shanghai is known.

    Args:
        load: Gives a zone by its name.
    """
    remedy = "install the system's tzdata, or: pip install tzdata"
    try:
        zone = load(_SHANGHAI)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        what = f"there are no data of the time zone {_SHANGHAI}: {error}"
        yield Finding(level="error", what=what, remedy=remedy)
        return
    offset = datetime(2025, 1, 1, tzinfo=zone).utcoffset()
    if offset == timedelta(hours=8):
        yield Finding(level="ok", what=f"{_SHANGHAI} is UTC+8")
    else:
        what = f"the data of the time zone {_SHANGHAI} say UTC{offset}, not UTC+8"
        yield Finding(level="error", what=what, remedy=remedy)


def newest_ns(home: Path) -> int:
    """Return when the newest thing right in a folder was written, nanoseconds UTC; 0 for none."""
    newest = 0
    with suppress(OSError):
        for path in home.iterdir():
            with suppress(OSError):
                newest = max(newest, path.stat().st_mtime_ns)
    return newest


def check_clock(context: DoctorContext) -> Iterator[Finding]:
    """Look at the clock for a fifth of a second."""
    readings = []
    for _ in range(3):
        readings.append((time.monotonic_ns(), wall_ns()))
        threading.Event().wait(0.1)
    resolution_s = time.get_clock_info("time").resolution
    return judge_clock(readings, resolution_s=resolution_s, newest_ns=newest_ns(context.home))


def check_time_zone(_: DoctorContext) -> Iterator[Finding]:
    """Look for the zone of the exchanges."""
    return judge_zone(ZoneInfo)
