"""Watches from outside how long one event takes a strategy, and ends one that never ends.

Nothing is measured on the hot path: a thread of its own looks at the engine thread's
stack now and then, and finds the same call of the same callback still there.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from attrs import frozen

from homalos.config import WatchSettings
from homalos.strategy import Strategy

__all__ = ["Slow", "StrategyStuck", "Watchdog"]

_LOOKS = 4  # looks within the time that counts as slow
_SHORTEST_S = 0.005


class StrategyStuck(RuntimeError):
    """Raised inside a strategy that stayed in one event for too long."""


@frozen
class Slow:
    """A strategy that is slow, or stuck.

    Attributes:
        strategy: Its name.
        callback: The callback it is in.
        where: `file.py:line` it was seen at.
        seconds: For how long it has been in this event, at least.
        is_stuck: Whether that is so long that it seems never to end.
        is_stopped: Whether it is being stopped now.
    """

    strategy: str
    callback: str
    where: str
    seconds: float
    is_stuck: bool
    is_stopped: bool

    def __str__(self) -> str:
        """Return it as a sentence, and what to do."""
        what = f"in {self.callback} for {self.seconds:.1f} s ({self.where})"
        if self.is_stopped:
            return f"{what}: it is stopped"
        return f"{what}: everything waits for it; make it shorter, or have it work elsewhere"


class Watchdog:
    """Looks at the engine thread while it runs. One engine, one run.

    A strategy can be stopped only where the engine runs on the main thread of a system
    with signals: there an exception is raised in its very frame. Elsewhere it is told.
    """

    def __init__(
        self,
        settings: Callable[[], WatchSettings],
        tell: Callable[[Slow], None],
        *,
        may_stop: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make it; `watching` begins.

        Args:
            settings: What counts as slow and as stuck; may change meanwhile.
            tell: Told once of each event that is slow, and whenever it is stuck. Its thread.
            may_stop: Whether a stuck strategy may be stopped at all.
            clock: Seconds that only go forward.
        """
        self._settings = settings
        self._tell = tell
        self._may_stop = may_stop
        self._clock = clock
        self._over = threading.Event()
        self._engine_thread = 0
        self._can_stop = False
        self._seen: FrameType | None = None
        self._since = 0.0
        self._is_told = False  # that the event in hand is slow
        self._stuck_s = 0.0
        self._condemned: FrameType | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the thread that enters this, until it leaves."""
        self._engine_thread = threading.get_ident()
        before = self._arm()
        thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
            self._seen = self._condemned = None
            if before is not None:
                signal.signal(signal.SIGUSR1, before)

    def look(self) -> None:
        """Look once. The watchdog's thread."""
        found = _callback(sys._current_frames().get(self._engine_thread))  # noqa: SLF001  the one way
        now = self._clock()
        if found is None or found is not self._seen:
            self._seen, self._since, self._is_told = found, now, False
            return
        settings = self._settings()
        seconds = now - self._since
        if not self._is_told and seconds * 1_000 >= settings.slow_ms:
            self._is_told = True
            self._report(found, seconds, is_stuck=False)
        if 0 < settings.stuck_s <= seconds:
            self._since = now  # one that swallows the exception is told, and stopped, again
            self._report(found, seconds, is_stuck=True)
            if self._can_stop:
                self._condemned, self._stuck_s = found, seconds
                signal.pthread_kill(self._engine_thread, signal.SIGUSR1)

    # -- inside ----------------------------------------------------------------

    def _arm(self) -> signal._HANDLER:
        """Take the signal that stops a strategy; return who had it, `None` without."""
        is_main = threading.current_thread() is threading.main_thread()
        if not (self._may_stop and is_main and hasattr(signal, "pthread_kill")):
            return None
        if signal.getsignal(signal.SIGUSR1) is not signal.SIG_DFL:
            return None  # somebody else uses it
        self._can_stop = True
        return signal.signal(signal.SIGUSR1, self._on_signal)

    def _on_signal(self, _number: int, frame: FrameType | None) -> None:
        """Raise inside the condemned callback; nowhere else, should it have ended just now."""
        condemned, self._condemned = self._condemned, None
        while frame is not None:
            if frame is condemned:
                msg = f"it stayed in one event for {self._stuck_s:.1f} s (watch.stuck_s)"
                raise StrategyStuck(msg)
            frame = frame.f_back

    def _run(self) -> None:
        while not self._over.wait(max(self._settings().slow_ms / 1_000 / _LOOKS, _SHORTEST_S)):
            self.look()

    def _report(self, frame: FrameType, seconds: float, *, is_stuck: bool) -> None:
        strategy: Strategy = frame.f_locals["self"]
        name = frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
        where = f"{name}:{frame.f_lineno}"
        stops = is_stuck and self._can_stop
        self._tell(Slow(strategy.name, frame.f_code.co_name, where, seconds, is_stuck, stops))


def _callback(frame: FrameType | None) -> FrameType | None:
    """Return the outermost frame of a strategy's own on a stack, or `None`."""
    found = None
    while frame is not None:
        code = frame.f_code
        # The name first: to look at a frame's locals copies them.
        is_callback = code.co_name.startswith("on_") and code.co_varnames[:1] == ("self",)
        if is_callback and isinstance(frame.f_locals.get("self"), Strategy):
            found = frame
        frame = frame.f_back
    return found
