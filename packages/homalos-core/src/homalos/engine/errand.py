"""Something to do on the engine thread between two events."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from homalos.model import Command

__all__ = ["Errand"]


class Errand:
    """What another thread asks of the engine, and the future it waits for.

    Attributes:
        action: Called on the engine thread.
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
