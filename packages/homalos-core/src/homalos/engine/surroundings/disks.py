"""The disk: room, whether it takes a file, whether a file gets onto it, whose it is."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from homalos.plugins.ports import DoctorContext, Finding

__all__ = ["check_disk", "existing", "file_system", "judge_disk", "probe"]

_LITTLE, _NONE = 1_000_000_000, 100_000_000  # bytes: a day with ticks of all, and an hour
_SLOW_S = 0.1
# Of these SQLite says that its write-ahead log does not work on them:
# https://www.sqlite.org/wal.html
_REMOTE = frozenset({"9p", "afs", "ceph", "cifs", "fuse.sshfs", "glusterfs", "lustre", "smb3"})


def judge_disk(
    place: Path, *, free: int, kind: str, write: Callable[[Path], float]
) -> Iterator[Finding]:
    """Say whether a folder's disk does for a database and a journal.

    Args:
        place: A folder that exists.
        free: Bytes that are free.
        kind: Name of its file system, "" when it cannot be told.
        write: Writes a file there through to the disk, removes it, and gives the seconds
            it took.
    """
    room = f"{free / 1e9:,.1f} GB free in {place}"
    if free < _LITTLE:
        remedy = "free some, or name another --home"
        yield Finding(
            level="error" if free < _NONE else "warning", what=f"only {room}", remedy=remedy
        )
    else:
        yield Finding(level="ok", what=room)
    try:
        took = write(place)
    except OSError as error:
        what = f"{place} takes no file: {error.strerror or error}"
        remedy = "make it writable for this user, or name another --home"
        yield Finding(level="error", what=what, remedy=remedy)
    else:
        if took > _SLOW_S:
            what = f"a write through to the disk takes {took * 1e3:,.0f} ms"
            remedy = "use a local SSD; the journal and the database wait for it"
            yield Finding(level="warning", what=what, remedy=remedy)
        else:
            what = f"a write through to the disk takes {took * 1e3:,.1f} ms"
            yield Finding(level="ok", what=what)
    if kind in _REMOTE or kind.startswith("nfs"):
        what = f"{place} is on a network file system ({kind}), where SQLite can lose data"
        yield Finding(level="warning", what=what, remedy="name a --home on a local disk")


def existing(path: Path) -> Path:
    """Return the nearest folder above a path, or the path itself, that exists."""
    for each in (path, *path.parents):
        if each.is_dir():
            return each
    return Path(path.anchor or ".")


def file_system(path: Path, mounts: str) -> str:
    """Return the kind of the file system that holds a path; "" when it cannot be told.

    Args:
        path: Absolute.
        mounts: The table of mounts as Linux writes it: device, place, kind, …
    """
    found, depth = "", -1
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        place = PurePosixPath(fields[1].replace("\\040", " "))
        if PurePosixPath(path).is_relative_to(place) and len(place.parts) >= depth:
            found, depth = fields[2], len(place.parts)
    return found


def probe(folder: Path) -> float:
    """Write a file through to the disk and remove it; return the seconds it took.

    Raises:
        OSError: The folder takes no file, or the disk is full.
    """
    with tempfile.TemporaryFile(dir=folder, prefix=".doctor-") as file:
        begin = time.perf_counter()
        file.write(b"homalos doctor\n")
        file.flush()
        os.fsync(file.fileno())
        return time.perf_counter() - begin


def check_disk(context: DoctorContext) -> Iterator[Finding]:
    """Look at the disk of the home folder, or of what is to hold it."""
    place = existing(context.home)
    mounts = ""
    with suppress(OSError):
        mounts = Path("/proc/mounts").read_text("utf-8", "replace")
    kind = file_system(place.resolve(), mounts)
    return judge_disk(place, free=shutil.disk_usage(place).free, kind=kind, write=probe)
