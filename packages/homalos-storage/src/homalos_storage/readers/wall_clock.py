"""Instants from the dates and times that files write in their market's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from homalos_storage.readers.values import SECOND, day_text, is_missing

__all__ = ["DAY", "EPOCH_NS", "LAST_NS", "WallClock"]

DAY = 86_400 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_NS = 10**16  # a whole number from here to
LAST_NS = 2**62  # there counts nanoseconds since 1970; the year is 2116
_COMPACT = (8, 12, 14)  # yyyymmdd, yyyymmddHHMM, yyyymmddHHMMSS
_MICROSECOND = timedelta(microseconds=1)


class WallClock:
    """Clock times of one zone as nanoseconds UTC, days and times remembered once read."""

    def __init__(self, zone: str) -> None:
        """Bind the zone.

        Args:
            zone: IANA name.
        """
        self._zone = ZoneInfo(zone)
        self._days: dict[Any, int] = {}
        self._times: dict[Any, int] = {}

    def at(self, date: Any, time: Any) -> int:
        """Return the instant of a date and a time, each in a cell of its own.

        Args:
            date: yyyymmdd, yyyy-mm-dd or yyyy/mm/dd, perhaps a weekday behind it.
            time: H:MM or H:MM:SS; 0 or nothing is midnight.

        Raises:
            ValueError: One of them cannot be read.
        """
        midnight = self._days.get(date)
        if midnight is None:
            midnight = self._days[date] = self.midnight(date)
        since = self._times.get(time)
        if since is None:
            since = self._times[time] = _since_midnight(time)
        return midnight + since

    def midnight(self, date: Any) -> int:
        """Return the first instant of a date.

        Raises:
            ValueError: It cannot be read, is no date, or has 23 or 25 hours.
        """
        text = day_text(date)
        if not text:
            msg = "found no date, expected one such as 20180131 or 2018-01-31"
            raise ValueError(msg)
        try:
            first = datetime(int(text[:4]), int(text[4:6]), int(text[6:]), tzinfo=self._zone)
        except ValueError as error:
            msg = f"found {date!r}, expected a date: {error}"
            raise ValueError(msg) from None
        # No exchange trades through a change of the clocks; a file that says so needs a
        # time zone beside each time.
        if (first + timedelta(days=1)).utcoffset() != first.utcoffset():
            msg = f"found {date!r}, on which the clocks of {self._zone.key} change"
            raise ValueError(msg)
        return _nanoseconds(first)

    def instant(self, cell: Any) -> int:
        """Return the instant that one cell holds.

        Args:
            cell: Nanoseconds since 1970, yyyymmddHHMM[SS], or ISO 8601; in the zone
                where it names no other.

        Raises:
            ValueError: It is none of these.
        """
        text = str(cell).strip()
        if text.isdecimal():
            if len(text) in _COMPACT:
                return self.at(text[:8], ":".join((text[8:10], text[10:12], text[12:])).strip(":"))
            if EPOCH_NS <= int(text) < LAST_NS:
                return int(text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            date, _, time = text.partition(" ")
            if time:
                return self.at(date, time)
            msg = f"found {cell!r}, expected a date and time such as 2018-01-31T09:00:00"
            raise ValueError(msg) from None
        return _nanoseconds(moment if moment.tzinfo else moment.replace(tzinfo=self._zone))

    def local_day(self, ts_ns: int) -> int:
        """Return the date of an instant in the zone, as yyyymmdd."""
        moment = datetime.fromtimestamp(ts_ns // SECOND, self._zone)
        return moment.year * 10_000 + moment.month * 100 + moment.day


def _nanoseconds(moment: datetime) -> int:
    # By whole microseconds: a float of seconds would lose the last digits.
    return (moment - _EPOCH) // _MICROSECOND * 1000


def _since_midnight(cell: Any) -> int:
    text = "" if is_missing(cell) else str(cell).strip()
    if text in ("", "0"):
        return 0
    parts = text.split(":")
    if 2 <= len(parts) <= 3 and all(
        part.isdecimal() and len(part) <= 2 for part in parts
    ):  # H:MM, H:MM:SS
        hours, minutes, seconds = (*map(int, parts), 0)[:3]
        if hours < 24 and minutes < 60 and seconds < 60:  # a clock's face
            return ((hours * 60 + minutes) * 60 + seconds) * SECOND
    msg = f"found {cell!r}, expected a time such as 09:00:00"
    raise ValueError(msg)
