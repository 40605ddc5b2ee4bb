"""The number of a run, so that order ids never come twice in one home folder."""

from __future__ import annotations

from pathlib import Path

__all__ = ["next_run"]

_FOLDER = "runs"
# A number that was cleared away could be taken once more by a process that looked before and
# took after; none sleeps through a hundred runs.
_KEPT = 100


def next_run(home: Path) -> int:
    """Take the next number, from 1; processes at once get different ones.

    A number is an empty file of that name: to make it is to take the number, and nobody
    else can make the same.

    Args:
        home: The folder of the state, which is made.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)  # orders and secrets are its owner's
    folder = home / _FOLDER
    folder.mkdir(exist_ok=True)
    while True:
        taken = {int(path.name): path for path in folder.iterdir() if path.name.isdecimal()}
        number = max(taken, default=0) + 1
        try:
            (folder / str(number)).touch(exist_ok=False)
        except FileExistsError:
            continue  # another process was quicker
        for earlier, path in taken.items():
            if earlier <= number - _KEPT:
                path.unlink(missing_ok=True)
        return number
