"""Signals: the first asks the engine to stop, a second Ctrl-C ends the process at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["FORCED", "stoppable"]

FORCED = 130
"""The exit code of a process ended by Ctrl-C: 128 and the signal's number."""

_STDERR = 2


@contextmanager
def stoppable(
    stop: Callable[[], None], *, restore: Callable[[], None] | None = None
) -> Iterator[None]:
    """Turn SIGINT and SIGTERM into a clean stop; the main thread only.

    A second SIGINT ends the process with exit code 130, whatever it is doing. What the
    journal was given is safe then: it is with the operating system.

    Args:
        stop: Asks for the stop; must be safe inside a signal handler.
        restore: Gives a terminal back that is drawn on; without one a line says what
            happens.
    """
    asked = False

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked and number == signal.SIGINT:
            if restore is not None:
                restore()
            os.write(_STDERR, b"forced to end\n")
            os._exit(FORCED)
        asked = True  # first of all: the next signal may come in the middle of this
        if restore is None:
            # Not by `sys.stderr`, which may be in the middle of a line.
            os.write(_STDERR, b"stopping; Ctrl-C again forces\n")
        stop()

    before = {each: signal.signal(each, handle) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
