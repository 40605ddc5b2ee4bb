"""A thread that looks at a running engine now and then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from homalos.errors import EngineStateError
from homalos.plugins.ports import Snapshot

__all__ = ["Watch"]

_PATIENCE_S = 1.0


class Watch:
    """Takes a picture of an engine every so often and shows it, on a thread of its own.

    Should showing fail, it stops; the engine does not notice.

    Attributes:
        fault: What showing raised, or `None`.
    """

    def __init__(
        self,
        snapshot: Callable[[], Future[Snapshot]],
        show: Callable[[Snapshot | None], None],
        every_s: float,
    ) -> None:
        """Make it; as a context manager it runs inside.

        Args:
            snapshot: Asks the engine for a picture.
            show: Is called with each; with `None` when the engine did not answer.
            every_s: Wall seconds between two pictures.
        """
        self.fault: Exception | None = None
        self._snapshot = snapshot
        self._show = show
        self._every_s = every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the thread."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._over.wait(self._every_s):
                self._show(self._ask())
        except Exception as error:  # noqa: BLE001  the thread-top fence: told by whoever waits
            self.fault = error

    def _ask(self) -> Snapshot | None:
        """Return a picture; `None` from an engine that is starting, busy or stopped."""
        try:
            picture = self._snapshot()
            return picture.result(_PATIENCE_S)
        except EngineStateError:
            return None
        except TimeoutError:
            picture.cancel()
            return None
