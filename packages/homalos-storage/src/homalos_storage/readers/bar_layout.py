"""How a bar file is laid out: which column is what, and how its rows say when."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from homalos_storage.readers.files import places
from homalos_storage.readers.wall_clock import EPOCH_NS, LAST_NS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from homalos_storage.readers.wall_clock import WallClock

__all__ = ["PRICES", "Marks", "find_columns", "find_marks", "is_bar_file"]

PRICES = ("open", "high", "low", "close")
# Ours by theirs, in the order of preference.
_COLUMNS = {
    "symbol": "code",
    "instrumentid": "code",
    "code": "code",
    "exchange": "exchange",
    "exchangeid": "exchange",
    "exchg": "exchange",
    "tradingday": "trading_day",
    "interval": "interval",
    "begintime": "begin",
    "endtime": "end",
    "datetime": "datetime",
    "date": "date",
    "time": "time",
    "open": "open",
    "high": "high",
    "low": "low",
    "close": "close",
    "volume": "volume",
    "vol": "volume",
    "turnover": "turnover",
    "money": "turnover",
    "amount": "turnover",
    "openinterest": "open_interest",
    "hold": "open_interest",
    "closeoi": "open_interest",
    "openint": "open_interest",
}
_COMPACT = (12, 14)  # yyyymmddHHMM, yyyymmddHHMMSS
_ISO = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}")  # a date at least


@frozen
class Marks:
    """How the rows of a file say when.

    Attributes:
        kind: `span` has a begin and an end, `instant` one cell with date and time,
            `date` one cell each (the time may be absent).
        first: Place of the begin, the instant, or the date.
        second: Place of the end, or the time.
        label: What files of this layout mean by their time.
    """

    kind: Literal["span", "instant", "date"]
    first: int
    second: int
    label: Literal["start", "end"]

    def label_ns(self, clock: WallClock, cells: Sequence[Any]) -> int:
        """Return the time that a row is labelled with; of a span, its begin.

        Raises:
            ValueError: It cannot be read.
        """
        if self.kind == "date":
            return clock.at(cells[self.first], cells[self.second])
        return clock.instant(cells[self.first])


def find_columns(names: Sequence[str]) -> dict[str, int]:
    """Return where the columns that a bar can use stand, by our names."""
    return places(names, _COLUMNS)


def is_bar_file(found: dict[str, int]) -> bool:
    """Say whether there is what makes a bar: four prices and a time."""
    has_time = any(name in found for name in ("datetime", "date", "time", "begin"))
    return has_time and all(name in found for name in PRICES)


def find_marks(names: Sequence[str], cells: Sequence[Any]) -> Marks | None:
    """Tell from the header and a row how a file says when; `None` when the row does not.

    Recorders that write a date and a time, or yyyymmddHHMM, label a bar with its end
    (WonderTrader, and what Chinese vendors sell); those that write ISO 8601 or
    nanoseconds since 1970 with its start (tqsdk, vnpy, Homalos).

    Args:
        names: The header as written.
        cells: A row, and an empty cell behind it.
    """
    found = find_columns(names)
    absent = len(names)  # the empty cell behind the last
    if "begin" in found and "end" in found:
        return Marks("span", found["begin"], found["end"], "start")
    for name in ("datetime", "time"):
        text = str(cells[found[name]]).strip() if name in found else ""
        if text.isdecimal() and len(text) in _COMPACT:
            return Marks("instant", found[name], absent, "end")
        if (text.isdecimal() and EPOCH_NS <= int(text) < LAST_NS) or _ISO.match(text):
            return Marks("instant", found[name], absent, "start")
    if "date" in found and "datetime" not in found:
        return Marks("date", found["date"], found.get("time", absent), "end")
    return None
