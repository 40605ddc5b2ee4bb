"""A feed on a thread of its own, for a run that is paced."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from homalos.errors import EngineStateError

__all__ = ["FeedPump"]

_PATIENCE_S = 5.0


class FeedPump:
    """Posts what a feed brings, on a thread that `start` begins.

    Attributes:
        error: What the feed raised; `None` while all is well.
    """

    def __init__(self) -> None:
        """Make one that has nothing to do yet."""
        self.error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def start(
        self,
        events: Iterator[Any],
        post: Callable[[Any], object],
        end: Callable[[BaseException | None], object],
    ) -> None:
        """Begin.

        Args:
            events: What the feed brings.
            post: Called with each; may wait. Feed thread.
            end: Called once when they are over, with what the feed raised. Feed thread.
        """
        self._thread = threading.Thread(
            target=self._run, args=(events, post, end), name="feed", daemon=True
        )
        self._thread.start()

    def wait(self) -> None:
        """Wait for the thread to end, 5 s at most."""
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)

    def stop(self) -> None:
        """Make sure that it has ended; the engine was told to stop before.

        Raises:
            EngineStateError: The feed does not give its thread back.
        """
        if self._thread is not None and self._thread.is_alive():
            msg = "the feed's thread is still in the feed; its `events` must yield or return"
            raise EngineStateError(msg)

    def _run(
        self,
        events: Iterator[Any],
        post: Callable[[Any], object],
        end: Callable[[BaseException | None], object],
    ) -> None:
        try:
            for event in events:
                post(event)
        except Exception as error:  # noqa: BLE001  the thread-top fence: told by `run`
            self.error = error
        finally:
            end(self.error)
