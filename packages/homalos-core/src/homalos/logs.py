"""Where log lines go: the one place that sets loguru up.

A call costs 20 to 30 µs, so nothing on the engine thread logs: what is worth a line
goes out as an event, and an observer writes the line on a thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from loguru import logger

if TYPE_CHECKING:
    from loguru import Logger

__all__ = ["FILE", "logging_to"]

FILE = "homalos.log"
"""Name of the log file in its folder."""

_LINE = "{time:HH:mm:ss.SSS} <level>{level: <7}</level> {message}"
_FILE_LINE = "{time:YYYY-MM-DD HH:mm:ss.SSSZ} {level: <7} {message}"


@contextmanager
def logging_to(
    sink: TextIO | Callable[[str], None] | None, *, folder: Path | None = None
) -> Iterator[Logger]:
    """Give the logger, whose lines go to a stream or a function, and to a file, until the end.

    Args:
        sink: A stream, coloured when it is a terminal; or what is called with each
            line, on the thread that logs; `None` for neither.
        folder: Where the file is kept, which is made; a new one begins at 10 MB, the
            last five stay. `None` writes no file.
    """
    logger.remove()
    if sink is not None:
        logger.add(sink, format=_LINE, level="INFO")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        logger.add(
            path, format=_FILE_LINE, level="INFO", rotation="10 MB", retention=5, encoding="utf-8"
        )
    try:
        yield logger
    finally:
        logger.remove()
