"""Changing orders that are out: taken back, and sent anew when that is sure."""

from __future__ import annotations

from attrs import define

from homalos.engine.held.book import Book
from homalos.engine.held.heirs import Heirs
from homalos.model import OrderData

__all__ = ["Amendments"]


@define
class _Change:
    new_id: str
    volume: int


class Amendments:
    """Owns the changes that wait for an old order's end. Engine thread.

    What is left of the new volume leaves when the old order is over, and not before: never
    are more lots out than were asked for, also where a fill comes meanwhile.
    """

    def __init__(self, book: Book, heirs: Heirs) -> None:
        self._book = book
        self._heirs = heirs
        self._changes: dict[str, _Change] = {}

    def begin(self, state: OrderData, price: float | None, volume: int) -> OrderData:
        """Have an order taken back that is out, and another held that takes its place.

        Args:
            state: What it is now.
            price: The new limit, on the grid; as it was where `None`.
            volume: The new lots, those that are filled already among them.

        Returns:
            The order in its place; the old one where it ended at once or has enough.

        Raises:
            GatewayError: The venue's gateway raised; the order stands as it stood.
        """
        book, order_id = self._book, state.order_id
        if not book.orders.cancel(order_id) or volume <= state.traded:
            return book.state(order_id)
        new = self._heirs.make(order_id, "changed", volume=volume - state.traded, price=price)
        self._changes[order_id] = _Change(new.order_id, volume)
        return book.state(new.order_id)

    def forget(self, order_id: str) -> None:
        """Send nothing in an order's place: somebody wants it to end."""
        change = self._changes.pop(order_id, None)
        if change is not None and self._book.is_held(change.new_id):
            self._book.take_back(change.new_id, f"{order_id} was cancelled")

    def on_change(self, new_id: str, volume: int) -> None:
        """Take up that an order which waits to take another's place was changed again."""
        for old_id, change in self._changes.items():
            if change.new_id == new_id:
                change.volume = volume + self._book.state(old_id).traded

    def on_cancel_refused(self, order_id: str, reason: str) -> None:
        """End the order that was to take a place which is not given up."""
        change = self._changes.pop(order_id, None)
        if change is not None and self._book.is_held(change.new_id):
            self._heirs.drop(order_id)
            why = f"{order_id} could not be taken back to be changed: {reason}"
            self._end(change.new_id, why)

    def on_order(self, state: OrderData) -> None:
        """Send what takes an order's place once that is over."""
        if state.is_active:
            return
        change = self._changes.pop(state.order_id, None)
        if change is None or not self._book.is_held(change.new_id):
            return
        left = change.volume - state.traded
        if left > 0:
            self._book.leave(change.new_id, left)
        else:
            why = f"{state.order_id} was filled with {state.traded} lots before"
            self._end(change.new_id, why)

    # -- inside ------------------------------------------------------------------

    def _end(self, new_id: str, why: str) -> None:
        self._book.superfluous.add(new_id)
        self._book.take_back(new_id, why)
