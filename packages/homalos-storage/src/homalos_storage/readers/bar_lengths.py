"""How long bars are, and how that is told from the rows of a file."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from homalos.errors import DataError
from homalos.model import Interval
from homalos_storage.readers.values import SECOND

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DAILY", "choose_interval", "length_ns"]

DAILY = Interval.DAILY.value
_UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND}
_INTERVAL = re.compile(r"([1-9]\d{0,4})([smh])", re.ASCII)
_EXPECTED = "a number and s, m or h, or d: 30s 1m 15m 1h d"
# The first sessions of two trading days begin half a day apart or more (09:00 after a
# cancelled night, then 21:00).
_DAILY_STEP = 12 * 3600 * SECOND


@lru_cache(maxsize=64)  # asked for every row
def length_ns(interval: str) -> int:
    """Return the length of `1m`, `15m`, `1h` … in nanoseconds; 0 for `d`, the trading day.

    Raises:
        ValueError: The text is no interval.
    """
    if interval == DAILY:
        return 0
    found = _INTERVAL.fullmatch(interval)
    if found is None:
        msg = f"found interval {interval!r}, expected {_EXPECTED}"
        raise ValueError(msg)
    return int(found[1]) * _UNITS[found[2]]


_STANDARD = {length_ns(interval): interval.value for interval in Interval if interval != DAILY}


def choose_interval(path: Path, step: int, given: str | None, *, days: bool) -> str:
    """Return the interval that a step between rows stands for.

    Only the lengths of `Interval` are told from a step: where bars without a trade are
    left out, the smallest step of a sample may be any number of minutes.

    Args:
        path: The file, for messages.
        step: Between the labels of two rows, nanoseconds; 0 when there are not two.
        given: What was asked for; it is only checked.
        days: Whether every label is where a day begins.

    Raises:
        DataError: The step is no such length, or shorter than what was asked for.
    """
    seconds = step / SECOND
    if given is not None:
        try:
            least = length_ns(given) or _DAILY_STEP
        except ValueError as error:
            raise DataError(str(error)) from None
        if 0 < step < least:
            msg = f"{path}: its rows are {seconds:g} s apart, too close for bars of {given}"
            raise DataError(msg)
        return given
    if not step:
        msg = f"{path}: its rows do not tell how long the bars are; say the interval"
        raise DataError(msg)
    if step in _STANDARD:
        return _STANDARD[step]
    if step >= _DAILY_STEP and days:
        return DAILY
    known = ", ".join((*_STANDARD.values(), DAILY))
    msg = f"{path}: its rows are {seconds:g} s apart, none of {known}; say the interval"
    raise DataError(msg)
