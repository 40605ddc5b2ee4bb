"""The number of a run, so that order ids never come twice in one home folder."""

from __future__ import annotations

from pathlib import Path

__all__ = ["next_run"]

_PREFIX = "run."


def next_run(home: Path) -> int:
    """Take the next number, from 1; two processes at once get different ones.

    The counter is an empty file whose name ends in the number taken last: to make it is
    to take the number, and nobody else can make it again.

    Args:
        home: The folder of the state, which is made.
    """
    home.mkdir(parents=True, exist_ok=True)
    while True:
        earlier = {_number(path): path for path in home.glob(f"{_PREFIX}*")}
        number = max(earlier, default=0) + 1
        try:
            (home / f"{_PREFIX}{number}").touch(exist_ok=False)
        except FileExistsError:
            continue  # another process was quicker
        for path in earlier.values():
            path.unlink(missing_ok=True)
        return number


def _number(path: Path) -> int:
    digits = path.name.removeprefix(_PREFIX)
    return int(digits) if digits.isdecimal() else 0
