"""What the gateway has to say to the engine's own thread, said from another one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Queue

from homalos.plugins.ports import VenueEvent

__all__ = ["Answers"]

_JOIN_S = 5.0


class Answers:
    """Posts reports for a thread that must not wait.

    `post` waits while the engine's inbox is full. On the engine's thread, which is the
    one that empties it, that would be for ever.
    """

    def __init__(self, post: Callable[[VenueEvent], None]) -> None:
        """Make it; the thread begins with the first report."""
        self._post = post
        self._waiting: Queue[VenueEvent | None] = Queue()
        self._thread: threading.Thread | None = None

    def put(self, event: VenueEvent) -> None:
        """Have a report posted; never blocks. Engine thread."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="kiosk answers", daemon=True)
            self._thread.start()
        self._waiting.put(event)

    def settle(self) -> None:
        """Wait until everything is posted. Any thread but the engine's."""
        self._waiting.join()

    def stop(self) -> None:
        """End the thread once everything is posted. Engine thread; more than once is fine."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join(_JOIN_S)

    def _run(self) -> None:
        while (event := self._waiting.get()) is not None:
            self._post(event)
            self._waiting.task_done()
        self._waiting.task_done()
