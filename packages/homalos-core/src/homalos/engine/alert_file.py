"""The core's own alert channel: a file of JSON lines in the home folder."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from attrs import field, frozen
from attrs.validators import min_len

from homalos.model import Alert

__all__ = ["AlertFile", "AlertFileOptions"]

_RANK = {"info": 0, "warning": 1, "error": 2}


@frozen(kw_only=True)
class AlertFileOptions:
    """Where the file is, and what goes into it.

    Attributes:
        file: Its path; a relative one is under the home folder.
        level: The least level that is written.
    """

    file: str = field(default="alerts.jsonl", validator=min_len(1))
    level: Literal["info", "warning", "error"] = "info"


class AlertFile:
    """Appends alerts to a file, one JSON object a line.

    The file is opened for each batch, so that it may be moved away at any time.
    """

    def __init__(self, path: Path, *, level: str = "info") -> None:
        """Make it; the file and its folder are made when the first alert comes."""
        self._path = path
        self._least = _RANK[level]

    def send(self, alerts: Sequence[Alert]) -> None:
        """Append a batch and have it on the disk, or leave the file as it was. Observer thread.

        Raises:
            OSError: The file cannot be written.
        """
        # A level that is not one of the three is a plugin's own: better seen than lost.
        wanted = [each for each in alerts if _RANK.get(each.level, 2) >= self._least]
        if not wanted:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab+", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            text = b"".join(map(_line, wanted))
            if size:
                file.seek(size - 1)
                if file.read(1) != b"\n":  # broken off in the middle of a line
                    text = b"\n" + text
            try:
                while text:
                    text = text[file.write(text) :]
                os.fsync(file.fileno())
            except OSError:
                file.truncate(size)
                raise

    def close(self) -> None:
        """Do nothing: no file stays open between two batches."""


def _line(alert: Alert) -> bytes:
    named = {
        "ts_ns": alert.ts_ns,
        "level": alert.level,
        "source": alert.source,
        "message": alert.message,
    }
    # What is no text (half a surrogate pair) becomes its JSON escape.
    return json.dumps(named, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
