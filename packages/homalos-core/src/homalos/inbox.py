"""The door into the engine: two lanes that other threads fill and the loop empties."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sized
from time import monotonic
from typing import Any, Literal

from homalos.model import TickData

__all__ = ["Inbox"]


class Inbox:
    """An execution lane before a market lane.

    The execution lane (reports, commands) never loses anything: a full lane
    blocks the poster. The market lane blocks too, or keeps only the newest tick
    of each symbol until the engine has caught up; bars always block.

    Attributes:
        execution: Waiting reports and commands; the loop may look, not take.
        conflated: Ticks replaced by a newer one before the engine saw them.
    """

    def __init__(
        self,
        *,
        execution: int = 1_000,
        market: int = 10_000,
        when_full: Literal["block", "conflate"] = "conflate",
    ) -> None:
        self.execution: deque[Any] = deque()
        self.conflated = 0
        self._market: deque[Any] = deque()
        self._newest: dict[str, TickData] = {}
        self._last: Any = None
        self._execution_limit = execution
        self._market_limit = market
        self._conflates = when_full == "conflate"
        self._lock = threading.Lock()
        self._space = threading.Condition()
        self._waiting = 0
        self._bell = threading.Lock()
        self._bell.acquire()
        self._idle = False
        self._closed = False

    # -- any thread ------------------------------------------------------------

    def post(self, item: Any) -> None:
        """Hand over a report or a command; waits while the lane is full."""
        if len(self.execution) >= self._execution_limit:
            self._wait_for_space(self.execution, self._execution_limit)
        self.execution.append(item)
        if self._idle:
            self._ring()

    def post_now(self, item: Any) -> None:
        """Hand over something rare that cannot wait, such as a warning; also the engine thread.

        The lane's limit does not hold for it: the one who could make room may be the poster.
        """
        self.execution.append(item)
        if self._idle:
            self._ring()

    def post_market(self, event: Any) -> None:
        """Hand over market data; a full lane waits or conflates."""
        lane = self._market
        if self._newest or len(lane) >= self._market_limit:
            if self._conflates and type(event) is TickData:
                self._conflate(event)
                return
            self._wait_for_space(lane, self._market_limit, self._newest)
        lane.append(event)
        if self._idle:
            self._ring()

    def post_last(self, item: Any) -> None:
        """Hand over the item that comes after all market data: the feed's end."""
        self._last = item
        if self._idle:
            self._ring()

    def close(self) -> None:
        """Let every poster go; what they post from now on is ignored by the loop."""
        self._closed = True
        with self._space:
            self._space.notify_all()
        self._ring()

    def depth(self) -> int:
        """Return how many items wait in both lanes."""
        return len(self.execution) + len(self._market) + len(self._newest)

    # -- engine thread ---------------------------------------------------------

    def take(self, timeout_s: float) -> Any:
        """Return the next item, execution first, or `None` when the time is over."""
        item = self.take_now()
        if item is not None or self._closed:
            return item
        ends = monotonic() + timeout_s
        self._idle = True
        # A poster may ring late, for what was taken without it: then wait on.
        while (
            (item := self.take_now()) is None
            and self._bell.acquire(timeout=max(ends - monotonic(), 0.0))
            and not self._closed
        ):
            pass
        self._idle = False
        return item

    def take_now(self) -> Any:
        """Return the next item, execution first, or `None` when there is none."""
        if self.execution:
            item = self.execution.popleft()
        elif self._market:
            item = self._market.popleft()
        elif self._newest:
            with self._lock:
                self._market.extend(self._newest.values())
                self._newest.clear()
            item = self._market.popleft()
        else:
            item = self._last
            if item is None:
                return None
            if self._market or self._newest:
                # The last event was posted, and this after it, while the lanes were looked at.
                return self.take_now()
            self._last = None
            return item
        if self._waiting:
            with self._space:
                self._space.notify_all()
        return item

    # -- inside ----------------------------------------------------------------

    def _conflate(self, tick: TickData) -> None:
        with self._lock:
            if tick.symbol in self._newest:
                self.conflated += 1
            self._newest[tick.symbol] = tick
        if self._idle:
            self._ring()

    def _wait_for_space(self, lane: deque[Any], limit: int, ahead: Sized = ()) -> None:
        # What conflated waits behind the lane; a bar must not overtake the ticks before it.
        with self._space:
            self._waiting += 1
            # The wake-up can be missed by a hair, so look again now and then.
            while (len(lane) >= limit or ahead) and not self._closed:
                self._space.wait(0.05)
            self._waiting -= 1

    def _ring(self) -> None:
        if self._bell.locked():
            try:
                self._bell.release()
            except RuntimeError:
                return  # somebody else rang first
