"""A thread to do what might never come back, for somebody who can only wait so long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

__all__ = ["Hand"]


class Hand:
    """Does one thing after another, all on the same thread, which begins with the first.

    The thread is a daemon: what hangs in it does not keep the process from ending.
    """

    def __init__(self, name: str) -> None:
        """Make it, under the name that its thread will have."""
        self._jobs: SimpleQueue[tuple[Callable[[], object], Future[Any]] | None] = SimpleQueue()
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    def ask(self, action: Callable[[], object]) -> Future[Any]:
        """Have something done; the future has its result or what it raised. Any one thread."""
        if self.thread.ident is None:
            self.thread.start()
        future: Future[Any] = Future()
        self._jobs.put((action, future))
        return future

    def dismiss(self) -> None:
        """Let the thread end once it is done with what it was asked."""
        self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            action, future = job
            try:
                future.set_result(action())
            except BaseException as error:  # noqa: BLE001  the thread-top fence: the asker gets it
                future.set_exception(error)
            del job, action, future  # what was done must not live on while the thread rests
