"""Drives `async def` callbacks: one strategy's turn, which may wait while others go on.

No event loop: a wait is an entry on the engine's agenda or a look at an order's state,
so that a callback goes on in the same place of every run over the same events.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from homalos.clock import EngineClock, Entry
from homalos.errors import EngineStateError, UnknownOrder
from homalos.model import OrderData
from homalos.strategy import Filled, Sleep, Strategy

if TYPE_CHECKING:
    from homalos.engine.wholes import Wholes

__all__ = ["CALLBACKS", "Turn", "refuse_waits", "waits"]

CALLBACKS = ("on_start", "on_tick", "on_bar", "on_order", "on_trade", "on_timer", "on_session")
"""The callbacks that may wait."""

_NEVER_WAIT = ("on_init", "on_stop", "on_params")
_MOST_QUEUED = 10_000


def waits(kind: type[Strategy]) -> bool:
    """Say whether any callback of a class is an `async def`."""
    return any(inspect.iscoroutinefunction(getattr(kind, name)) for name in CALLBACKS)


def refuse_waits(kind: type[Strategy]) -> None:
    """Refuse a class whose callbacks wait where nothing can be waited for.

    Raises:
        TypeError: Names the callback.
    """
    for name in _NEVER_WAIT:
        if inspect.iscoroutinefunction(getattr(kind, name)):
            msg = f"{kind.__name__}.{name} cannot wait; write `def {name}`, not `async def`"
            raise TypeError(msg)


class Turn:
    """One strategy's callbacks, one after another. Engine thread.

    Attributes:
        skipped: Events not given because a callback waited.
    """

    __slots__ = (
        "_clock",
        "_coroutine",
        "_event",
        "_fail",
        "_order_id",
        "_parts",
        "_queue",
        "_skips",
        "_timer",
        "_wholes",
        "skipped",
    )

    def __init__(
        self,
        strategy: Strategy,
        clock: EngineClock,
        wholes: Wholes,
        fail: Callable[[Exception, object], None],
    ) -> None:
        """Begin with nothing under way.

        Args:
            strategy: Whose turn it is.
            clock: The engine's.
            wholes: Has the last state of every order.
            fail: Told of what a callback raised after it had waited, and of the event
                that began it.
        """
        self.skipped = 0
        self._clock = clock
        self._wholes = wholes
        self._fail = fail
        self._skips = strategy.while_waiting == "skip"
        self._coroutine: Coroutine[Any, Any, None] | None = None
        self._event: object = None
        self._order_id = ""
        self._parts: tuple[str, ...] = ()
        self._timer: Entry | None = None
        self._queue: deque[tuple[Callable[[Any], object], Any]] = deque()

    @property
    def is_waiting(self) -> bool:
        """Say whether a callback waits."""
        return self._coroutine is not None

    def bound(self, callback: Callable[[Any], object]) -> Callable[[Any], None]:
        """Return what the bus calls in a callback's place."""

        def deliver(event: Any) -> None:
            self.deliver(callback, event)

        return deliver

    def deliver(self, callback: Callable[[Any], object], event: Any) -> None:
        """Call a callback, now or when the one under way is done.

        Raises:
            Exception: What the callback raises before it first waits.
            EngineStateError: Too many events wait behind one that does not end.
        """
        if self._coroutine is None:
            self._begin(callback, event)
        elif self._skips:
            self.skipped += 1
        elif len(self._queue) < _MOST_QUEUED:
            self._queue.append((callback, event))
        else:
            msg = (
                f"{_MOST_QUEUED:,} events wait behind a callback that waits since "
                f"{self._event!r}; wait less long, or set `while_waiting = 'skip'`"
            )
            raise EngineStateError(msg)

    def on_order(self, order: OrderData) -> None:
        """Go on where the end of this order is waited for; behind all callbacks for it."""
        if order.order_id in self._parts and not order.is_active:
            state = self._wholes.state(self._order_id)
            if not state.is_active:
                self._resume(state)

    def close(self) -> None:
        """End what is under way, and forget what waits behind it."""
        coroutine, self._coroutine = self._coroutine, None
        self._queue.clear()
        self._stop_waiting()
        if coroutine is None:
            return
        try:
            coroutine.close()
        except Exception as error:  # noqa: BLE001  the bus fence: it would not end, and is told
            self._fail(error, self._event)

    # -- inside ----------------------------------------------------------------

    def _begin(self, callback: Callable[[Any], object], event: Any) -> None:
        left = callback(event)
        if inspect.iscoroutine(left):
            self._coroutine, self._event = left, event
            self._go_on(None)

    def _resume(self, value: object) -> None:
        """Go on after a wait; on the agenda and behind a report nobody else catches an error."""
        self._stop_waiting()
        event = self._event
        try:
            self._go_on(value)
            while self._coroutine is None and self._queue:
                callback, event = self._queue.popleft()
                self._begin(callback, event)
        except Exception as error:  # noqa: BLE001  the bus fence: counted and told
            self._fail(error, event)

    def _go_on(self, value: object) -> None:
        """Run the callback to its next wait, or to its end."""
        coroutine = self._coroutine
        if coroutine is None:
            return
        step: Callable[[], object] = partial(coroutine.send, value)
        while True:
            try:
                wait = step()
            except StopIteration:
                self._coroutine = None
                return
            except Exception as error:  # noqa: BLE001  raised again, with a hint
                self._coroutine = None
                raise _explained(error) from error.__cause__
            try:
                over = self._arrange(wait)
            except (TypeError, UnknownOrder) as error:
                step = partial(coroutine.throw, error)  # it fails in the line that waits
                continue
            if over is None:
                return
            step = partial(coroutine.send, over)

    def _arrange(self, wait: object) -> OrderData | None:
        """Arrange to go on when a wait is over; return the order that is over already.

        Raises:
            TypeError: It is nothing that can be waited for.
            UnknownOrder: No order has the id.
        """
        if isinstance(wait, Sleep):
            self._wake_after(wait.duration_ns, None)
            return None
        if not isinstance(wait, Filled):
            msg = (
                f"the engine cannot wait for {wait!r}; "
                "await self.sleep(seconds) or self.filled(order)"
            )
            raise TypeError(msg)
        order = self._wholes.state(wait.order_id)
        if not order.is_active:
            return order
        self._order_id = wait.order_id
        self._parts = self._wholes.parts(wait.order_id)
        if wait.timeout_ns is not None:
            self._wake_after(wait.timeout_ns, wait.order_id)
        return None

    def _wake_after(self, delay_ns: int, order_id: str | None) -> None:
        def wake() -> None:
            self._timer = None
            self._resume(None if order_id is None else self._wholes.state(order_id))

        self._timer = self._clock.call_after(delay_ns, wake)

    def _stop_waiting(self) -> None:
        self._order_id, self._parts = "", ()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _explained(error: Exception) -> Exception:
    """Return an error with a hint, where somebody looked for asyncio's loop."""
    if isinstance(error, RuntimeError) and "no running event loop" in str(error):
        return TypeError(
            "there is no event loop; await self.sleep(seconds) or self.filled(order)"
        ).with_traceback(error.__traceback__)
    return error
