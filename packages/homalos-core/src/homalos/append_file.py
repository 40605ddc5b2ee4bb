"""A file that only grows, and keeps what was appended when its process is killed."""

from __future__ import annotations

import mmap
import os
import struct
import sys
from pathlib import Path

__all__ = ["AppendFile", "read_appended"]

_OPENING = b"homalos\x01"
_HEAD = struct.Struct("<8sQ")
_WINDOW = 1 << 20
_CAN_PROMISE = hasattr(os, "posix_fallocate") and sys.byteorder == "little"


class AppendFile:
    """Bytes put behind one another in a new file, without a call of the system where that can be.

    The file begins with `homalos` and the byte 1, and a number of 64 bits, little-endian: where
    what was appended ends.

    Where the system can promise room on the disk, a window of the file, a mebibyte, is mapped into
    memory: appending copies the bytes there and then moves the number on, in one store. What
    is in the window belongs to the system, so it outlives the process; what was under
    way when the process was killed lies behind the number and is not there. Room is
    promised before it is written to, since a full disk would kill the process otherwise.

    Elsewhere, and once the disk is full or the file as long as it may get, each append is a
    write. The number is 0 then: what was appended ends with the file, and the last of it may be
    cut short.

    One thread at a time.
    """

    def __init__(self, path: Path) -> None:
        """Make the file, for its owner only.

        Raises:
            FileExistsError: There is one already.
            OSError: It cannot be made or written.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        flags |= getattr(os, "O_BINARY", 0)  # Windows would write a line feed as two bytes
        self._file = os.open(path, flags, 0o600)
        self._end = 0  # of what was appended
        self._base = 0  # where the window begins
        self._room = 0  # where it ends
        self._window: mmap.mmap | None = None
        self._number: memoryview | None = None  # the file's first 64-bit numbers, mapped
        self._unwritten = bytearray(_HEAD.pack(_OPENING, 0))
        try:
            self._write(b"")
            if _CAN_PROMISE:
                self._map(0, _WINDOW)
        except BaseException:
            os.close(self._file)
            raise

    def append(self, data: bytes) -> None:
        """Put bytes behind the last ones. They are there, or an error is raised.

        Raises:
            OSError: They could not be written, or not all of them; the next append or `close` goes
                on where this one stopped.
        """
        window = self._window
        if window is None:
            self._write(data)
            return
        begin, end = self._end, self._end + len(data)
        if end > self._room:
            self._advance(data)
            return
        base = self._base
        window[begin - base : end - base] = data
        self._number[1] = self._end = end  # type: ignore[index]  # there is one with a window

    def close(self) -> None:
        """Write what is left, make everything durable, and let go of the file.

        Raises:
            OSError: It is not certain that everything is on the disk.
        """
        try:
            if self._unwritten:
                self._leave_memory()
            if self._window is None:
                self._write(b"")
            else:
                self._window = self._number = None
                os.ftruncate(self._file, self._end)
            os.fsync(self._file)
        finally:
            os.close(self._file)

    def _write(self, data: bytes) -> None:
        waiting = self._unwritten
        waiting += data
        os.lseek(self._file, self._end, os.SEEK_SET)
        while waiting:
            written = os.write(self._file, waiting)
            self._end += written
            del waiting[:written]

    # -- the window ------------------------------------------------------------

    def _map(self, base: int, length: int) -> None:
        """Move the window, or go without one from now on."""
        try:
            os.posix_fallocate(self._file, base, length)
            window = mmap.mmap(self._file, length, offset=base)
            if self._number is None:
                first = mmap.mmap(self._file, mmap.PAGESIZE)
                self._number = memoryview(first).cast("Q")
                self._number[1] = self._end
        except (OSError, ValueError):
            self._leave_memory()
            return
        self._window, self._base, self._room = window, base, base + length

    def _advance(self, data: bytes) -> None:
        """Append to the next window, or without one."""
        waiting = self._unwritten
        waiting += data
        self._room = self._end  # nothing gets ahead of it, should this fail
        base = self._end - self._end % mmap.ALLOCATIONGRANULARITY
        self._map(base, max(_WINDOW, self._end + len(waiting) - base))
        if self._window is None:
            self._write(b"")
        else:
            data = bytes(waiting)
            waiting.clear()
            self.append(data)

    def _leave_memory(self) -> None:
        """Let the file end where what was appended does. Harmless where there is no window."""
        # In this order: until the number is 0 it says what counts, and then the file's end does.
        os.ftruncate(self._file, self._end)
        if self._number is not None:
            self._number[1] = 0
        self._window = self._number = None


def read_appended(path: Path) -> tuple[bytes, int | None]:
    """Return what was appended to a file, and how many bytes must be there.

    Also while another process appends. Without a number in the file it is `None`: the
    last of the bytes may be cut short.

    Raises:
        ValueError: It does not begin as such a file does.
        OSError: It cannot be read.
    """
    data = path.read_bytes()
    unnumbered = _HEAD.pack(_OPENING, 0)
    if unnumbered.startswith(data[: _HEAD.size]):
        return data[_HEAD.size :], None
    if len(data) < _HEAD.size or not data.startswith(_OPENING):
        msg = f"{path.name} does not begin as a journal of this version does"
        raise ValueError(msg)
    _, end = _HEAD.unpack_from(data)
    return data[_HEAD.size : end], end - _HEAD.size
