"""One direction of a line: what is put in comes out later, in order, or never."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from homalos.plugins.ports import Clock, Timer

__all__ = ["Wire"]


@frozen
class _Message:
    due_ns: int
    number: int
    carry: Callable[[], None]
    timer: Timer
    keeps_order: bool


class Wire:
    """Carries messages by the engine's clock. Engine thread.

    What keeps its order arrives in the order of sending, as on one connection: behind a
    message that is late all others wait. What does not is overtaken.
    """

    def __init__(self, clock: Clock) -> None:
        """Begin with nothing under way."""
        self._clock = clock
        self._under_way: dict[int, _Message] = {}
        self._sent = 0
        self._in_order = 0  # of those under way
        self._last_due_ns = 0

    def __len__(self) -> int:
        return len(self._under_way)

    def send(
        self, carry: Callable[[], None], late_ns: int = 0, *, keeps_order: bool = True
    ) -> None:
        """Have something carried so much later, >= 0 ns; at once where nothing is in the way."""
        now_ns = self._clock.now_ns()
        due_ns = now_ns + late_ns
        if keeps_order and self._in_order:
            due_ns = max(due_ns, self._last_due_ns)
        elif due_ns == now_ns:
            carry()
            return
        self._sent += 1
        number = self._sent
        timer = self._clock.call_at(due_ns, lambda: self._arrive(number))
        self._under_way[number] = _Message(due_ns, number, carry, timer, keeps_order)
        if keeps_order:
            self._in_order += 1
            self._last_due_ns = due_ns

    def cut(self) -> int:
        """Lose everything under way; return how much it was."""
        lost = tuple(self._under_way.values())
        for message in lost:
            message.timer.cancel()
        self._under_way.clear()
        self._in_order = 0
        return len(lost)

    def hurry(self) -> None:
        """Have everything under way arrive now, in the order in which it would have."""
        while self._under_way:
            first = min(self._under_way.values(), key=lambda each: (each.due_ns, each.number))
            first.timer.cancel()
            self._arrive(first.number)

    def _arrive(self, number: int) -> None:
        message = self._under_way.pop(number)
        self._in_order -= message.keeps_order
        message.carry()
