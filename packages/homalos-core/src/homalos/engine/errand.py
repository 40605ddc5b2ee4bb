"""What other threads ask of the engine, done on its thread between two events."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from homalos.clock import EngineClock
from homalos.engine.loop import Loop
from homalos.errors import EngineStateError
from homalos.inbox import Inbox
from homalos.model import Command

__all__ = ["Errand", "Errands"]


class Errand:
    """What another thread asks of the engine, and the future it waits for.

    Attributes:
        action: Called on the engine thread; where it returns a future, it has begun
            something, and what comes of that is the result.
        command: What is written into the journal for it; `None` for a look, which
            changes nothing.
        future: Has the action's result or its error.
    """

    __slots__ = ("action", "command", "future")

    def __init__(self, action: Callable[[], Any], command: Command | None) -> None:
        self.action = action
        self.command = command
        self.future: Future[Any] = Future()

    def command_at(self, now_ns: int) -> Command:
        """Return the command with the time of its dispatch."""
        asked = self.command or Command("", {})
        return Command(asked.name, asked.arguments, now_ns)


class Errands:
    """Takes errands in through the inbox, and has the loop see to them."""

    def __init__(self, inbox: Inbox, loop: Loop, clock: EngineClock) -> None:
        """Have the loop hand over what it finds in the inbox that is no event."""
        self._inbox = inbox
        self._loop = loop
        self._clock = clock
        self._is_over = False
        loop.on_item = self._serve

    def send(self, errand: Errand) -> Future[Any]:
        """Ask for something; the future has its result or its error. Any thread."""
        self._inbox.post(errand)
        if self._is_over:
            self.turn_away()
        return errand.future

    def turn_away(self) -> None:
        """Tell everybody who still waits, or asks later, that the engine has stopped."""
        self._is_over = True
        while (item := self._inbox.take_now()) is not None:
            if type(item) is Errand and not item.future.done():
                item.future.set_exception(EngineStateError("this engine has stopped"))

    def _serve(self, item: Any) -> bool:
        if type(item) is not Errand:
            return False
        if not item.future.set_running_or_notify_cancel():
            return True  # whoever asked does not want it any more
        loop = self._loop
        loop.catch_up()
        try:
            if item.command is not None:
                loop.number(item.command_at(self._clock.now))
            _give(item.future, item.action())
        except Exception as error:  # noqa: BLE001  the asker gets it
            item.future.set_exception(error)
        loop.flush()
        return True


def _give(asked: Future[Any], result: Any) -> None:
    if not isinstance(result, Future):
        asked.set_result(result)
        return

    def pass_on(over: Future[Any]) -> None:
        error = over.exception()
        if error is not None:
            asked.set_exception(error)
        else:
            asked.set_result(over.result())

    result.add_done_callback(pass_on)
