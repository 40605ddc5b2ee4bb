"""The home folder: whose it is, who may read it, what a killed run left in it."""

from __future__ import annotations

import os
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from homalos.plugins.ports import DoctorContext, Finding

__all__ = ["answers", "check_home", "is_alive", "judge_home"]

_MUCH = 5_000_000_000  # bytes of journal
_OTHERS = 0o077
_LOCKS = (".lock", ".pid")


def judge_home(
    home: Path,
    *,
    alive: Callable[[int], bool],
    answering: Callable[[Path], bool],
    much: int = _MUCH,
) -> Iterator[Finding]:
    """Say whether a home folder is in order.

    Args:
        home: The folder; it need not exist.
        alive: Says whether a process of this number runs.
        answering: Says whether somebody listens at a socket.
        much: Bytes of journal from which it is too much.
    """
    if not home.exists():
        yield from _missing(home)
        return
    if not home.is_dir():
        remedy = "move it away, or name another --home"
        yield Finding(level="error", what=f"{home} is no folder", remedy=remedy)
        return
    try:
        found = [*_rights(home), *_left(home, alive, answering), *_journal(home, much)]
    except OSError as error:
        what = f"{home} cannot be looked into: {error.strerror or error}"
        remedy = "make it this user's, or name another --home"
        found = [Finding(level="error", what=what, remedy=remedy)]
    yield from found or [Finding(level="ok", what=f"{home} is this user's own")]


def _missing(home: Path) -> Iterator[Finding]:
    parent = next(each for each in home.parents if each.exists())
    if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
        yield Finding(level="ok", what=f"{home} is made by the first run")
        return
    what = f"{home} cannot be made: {parent} is not a folder that this user may write to"
    yield Finding(level="error", what=what, remedy="name another --home")


def _rights(home: Path) -> Iterator[Finding]:
    if sys.platform == "win32":
        return
    found = home.stat()
    if found.st_uid != os.geteuid():
        what = f"{home} belongs to another user (number {found.st_uid})"
        remedy = "run Homalos as that user, or name another --home"
        yield Finding(level="warning", what=what, remedy=remedy)
    if found.st_mode & _OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        what = f"other users may look into {home} (mode {mode:03o}): orders, funds, secrets"
        yield Finding(level="warning", what=what, remedy=f"chmod 700 {home}")


def _left(
    home: Path, alive: Callable[[int], bool], answering: Callable[[Path], bool]
) -> Iterator[Finding]:
    for path in sorted(home.iterdir()):
        if path.suffix in _LOCKS:
            number = _number(path)
            if number is None or alive(number):
                continue
            what = f"{path} was left by a run that is gone (process {number})"
        elif path.is_socket() and not answering(path):
            what = f"{path} was left by a run that is gone: nobody listens there"
        else:
            continue
        remedy = "remove it, unless a run on another machine uses this folder"
        yield Finding(level="warning", what=what, remedy=remedy)


def _number(path: Path) -> int | None:
    text = path.read_text("ascii", "replace").strip() if path.is_file() else ""
    return int(text) if text.isdecimal() else None


def _journal(home: Path, much: int) -> Iterator[Finding]:
    folder = home / "journal"
    if not folder.is_dir():
        return
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > much:
        what = f"the journal in {folder} takes {size / 1e9:,.1f} GB"
        remedy = "move the files of days that are settled to an archive"
        yield Finding(level="warning", what=what, remedy=remedy)


def is_alive(number: int) -> bool:
    """Say whether a process runs; where that cannot be asked without harm, yes."""
    if sys.platform == "win32":  # there signal 0 would end it
        return True
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def answers(path: Path) -> bool:
    """Say whether somebody listens at a socket."""
    if sys.platform == "win32":
        return True
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
        asked.settimeout(1.0)
        try:
            asked.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:  # of another type, busy, or its path too long: somebody may be there
            return True
    return True


def check_home(context: DoctorContext) -> Iterator[Finding]:
    """Look at the home folder."""
    return judge_home(context.home, alive=is_alive, answering=answers)
