"""Log files of days past: zipped, and removed when they are too old.

Several processes may have one folder, and one of them may still have yesterday's file
open. So only one at a time tidies, which locks the folder; and a file is renamed before
it is zipped, and locked meanwhile, while a writer locks it for each line, so that a line
is either in the file before it is zipped or goes into a new one.
"""

from __future__ import annotations

import os
import re
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path

if sys.platform != "win32":
    import fcntl

__all__ = ["file_name", "locked", "tidy"]

_NAME = re.compile(r"homalos_(\d{4}-\d{2}-\d{2})(?:\.\d+)?\.log(\.zip|\.zipping)?")


def file_name(day: date) -> str:
    """Return the name of a day's log file."""
    return f"homalos_{day.isoformat()}.log"


@contextmanager
def locked(descriptor: int, *, alone: bool) -> Iterator[bool]:
    """Lock an open file without waiting, alone or beside others; say whether it could be.

    Where files cannot be locked the answer is yes; Windows refuses to rename a file
    that another process has open, which serves as well.
    """
    if sys.platform == "win32":
        yield True
        return
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
        return
    except OSError:  # a file system without locks
        yield True
        return
    try:
        yield True
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def tidy(folder: Path, *, today: date, days: int) -> None:
    """Zip the log files of earlier days and remove those that are older than some days.

    Does nothing while another process is at it.

    Args:
        folder: Where they are. Files of other names are left alone.
        today: The day whose file, and those after it, stays as it is.
        days: Days that are kept, >= 1, today included.

    Raises:
        OSError: The disk is full, or files cannot be removed; what was not zipped stays.
    """
    with _alone_in(folder) as is_mine:
        if is_mine:
            _tidied(folder, today, today - timedelta(days=days - 1))


@contextmanager
def _alone_in(folder: Path) -> Iterator[bool]:
    if sys.platform == "win32":  # a folder cannot be opened there
        yield True
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with locked(descriptor, alone=True) as is_mine:
            yield is_mine
    finally:
        os.close(descriptor)


def _tidied(folder: Path, today: date, oldest: date) -> None:
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        day = _day(match[1]) if match else None
        if match is None or day is None or day >= today:
            continue
        if day < oldest:
            path.unlink(missing_ok=True)
        elif match[2] != ".zip":
            _zip(path, day)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _zip(path: Path, day: date) -> None:
    """Replace a log file by its zip, unless a line is being written to it just now."""
    claimed = path
    if path.suffix != ".zipping":
        claimed = _free(path.parent, day, ".zipping")
        try:
            path.rename(claimed)
        except PermissionError:
            return  # of Windows, where another process has it open
    descriptor = os.open(claimed, os.O_RDONLY)
    try:
        with locked(descriptor, alone=True) as is_mine:
            if is_mine:
                _packed(claimed, day)
    finally:
        os.close(descriptor)


def _packed(claimed: Path, day: date) -> None:
    target = _free(claimed.parent, day, ".zip")
    # Under a name of its own until it is whole: a full disk must not leave half a zip.
    part = claimed.with_suffix(f".part{os.getpid()}")
    try:
        # A file may be of 1970, which a zip cannot say, on a machine whose clock was not set.
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
            archive.write(claimed, target.name.removesuffix(".zip"))
        part.chmod(0o600)
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    with suppress(PermissionError):  # of Windows, while it is open here
        claimed.unlink(missing_ok=True)


def _free(folder: Path, day: date, ending: str) -> Path:
    """Return the first name of a day that is not taken: lines may come late to a zipped day."""
    stem = file_name(day).removesuffix(".log")
    number = 1
    while True:
        middle = f".{number}" if number > 1 else ""
        path = folder / f"{stem}{middle}.log{ending}"
        if not path.exists():
            return path
        number += 1
