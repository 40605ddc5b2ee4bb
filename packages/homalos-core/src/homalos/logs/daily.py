"""The log file of a day, which several processes may write at once."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from homalos.logs.tidying import file_name, locked

__all__ = ["DailyFile"]

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
_TRIES = 3


class DailyFile:
    """Appends lines to `homalos_{date}.log`, each in one step of the system.

    So lines of two processes stand beside each other and never in each other. A file
    that was removed meanwhile, or taken away to be zipped, is made anew. Not for two
    threads at once.

    Attributes:
        folder: Where the files are; made when a line comes.
    """

    def __init__(self, folder: Path) -> None:
        """Take a folder; it is not touched yet."""
        self.folder = folder
        self._day: date | None = None
        self._descriptor = -1
        self._is_torn = False

    def write(self, line: str, day: date) -> bool:
        """Append a line, its end included, to the file of a day.

        Returns:
            Whether it is the first line to that day's file since another, so that there
            may be files to tidy.

        Raises:
            OSError: The disk is full, or the folder is not writable. The line is lost,
                the next one is tried anew.
        """
        is_new = day != self._day
        if is_new:
            self.close()
        data = line.encode("utf-8", "backslashreplace")
        for _ in range(_TRIES):
            self._open(day)
            with locked(self._descriptor, alone=False) as is_free:
                if is_free and self._is_current(day):
                    self._append(data)
                    return is_new
            self.close()
        msg = f"{self.folder / file_name(day)}: it is taken away again and again"
        raise OSError(msg)

    def close(self) -> None:
        """Let go of the file; the next line opens it again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._day = -1, None

    def _open(self, day: date) -> None:
        if self._descriptor < 0:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self.folder / file_name(day), _FLAGS, 0o600)
            self._day = day

    def _is_current(self, day: date) -> bool:
        try:
            there = (self.folder / file_name(day)).stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(self._descriptor))

    def _append(self, data: bytes) -> None:
        if self._is_torn:  # the disk was full in the middle of a line
            data = b"\n" + data
        done = os.write(self._descriptor, data)
        self._is_torn = 0 < done < len(data)
        if done < len(data):
            msg = "no space left for a whole line"
            raise OSError(msg)
