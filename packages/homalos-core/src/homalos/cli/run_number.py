"""The number of a run, so that order ids never come twice in one home folder."""

from __future__ import annotations

from pathlib import Path

__all__ = ["next_run"]

_PREFIX = "run."


def next_run(home: Path) -> int:
    """Take the next number, from 1; processes at once get different ones.

    The counter is an empty file whose name ends in the number taken last: to make it is
    to take the number, and nobody else can make the same.

    Args:
        home: The folder of the state, which is made.
    """
    home.mkdir(parents=True, exist_ok=True)
    while True:
        earlier = _taken(home)
        number = max(earlier, default=0) + 1
        try:
            (home / f"{_PREFIX}{number}").touch(exist_ok=False)
        except FileExistsError:
            continue  # another process was quicker
        # By now another may have taken this number, the next one too, and cleared up.
        if max(_taken(home)) > number:
            continue
        for path in earlier.values():
            path.unlink(missing_ok=True)
        return number


def _taken(home: Path) -> dict[int, Path]:
    found = ((path.name.removeprefix(_PREFIX), path) for path in home.glob(f"{_PREFIX}*"))
    return {int(digits): path for digits, path in found if digits.isdecimal()}
