"""How long a message takes: always the same, drawn from a distribution, or as measured."""

from __future__ import annotations

import csv
from math import exp, isfinite, log, log1p, sqrt
from pathlib import Path
from typing import TYPE_CHECKING

from homalos.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from homalos_sim.options import DelayOptions

__all__ = ["delay_of"]


_US = 1_000


def delay_of(options: DelayOptions, chance: Random, *, where: str) -> Callable[[], int]:
    """Return what tells how long each message takes, nanoseconds, >= 0.

    Args:
        options: What to draw from.
        chance: What to draw with.
        where: Path of the options in the settings, for the message of an error.

    Raises:
        ConfigError: The file cannot be read or has something else in it, or the mean of a
            lognormal delay is 0 while its deviation is not.
    """
    mean, deviation = options.mean_us * _US, options.deviation_us * _US
    if options.kind == "file":
        measured = _measured(options, where)
        return lambda: chance.choice(measured)
    if options.kind == "exponential":
        return lambda: round(chance.expovariate(1.0) * mean)
    if options.kind == "normal":
        return lambda: max(round(chance.gauss(mean, deviation)), 0)
    if options.kind == "lognormal":
        if not mean:
            msg = f"a lognormal delay has a mean above 0 us, not {options.mean_us} @ {where}"
            raise ConfigError((msg,))
        # Of the delay's logarithm, so that the delay itself has the mean and the deviation.
        variance = log1p((deviation / mean) ** 2)
        middle, width = log(mean) - variance / 2, sqrt(variance)
        return lambda: round(exp(chance.gauss(middle, width)))
    always = round(mean)
    return lambda: always


def _measured(options: DelayOptions, where: str) -> list[int]:
    path = Path(options.file)
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = [row for row in csv.reader(lines) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"the measured delays in {options.file!r} cannot be read: {error} @ {where}.file"
        raise ConfigError((msg,)) from error
    header, place = rows[0] if rows else [], 0
    if options.column:
        if options.column not in header:
            known = ", ".join(header) or "none"
            msg = f"{path} has no column {options.column!r}, it has {known} @ {where}.column"
            raise ConfigError((msg,))
        place = header.index(options.column)
    if options.column or (header and not _is_number(header[place])):
        rows = rows[1:]
    wrong = [number for number, row in enumerate(rows) if not _is_delay(row, place)]
    if wrong or not rows:
        what = f"the delay number {wrong[0] + 1} is none" if wrong else "it has no delays"
        msg = f"{path}: {what}; expected microseconds, 0 or above, in each row @ {where}.file"
        raise ConfigError((msg,))
    return [round(float(row[place]) * _US) for row in rows]


def _is_delay(row: list[str], place: int) -> bool:
    return len(row) > place and _is_number(row[place]) and float(row[place]) >= 0


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False
