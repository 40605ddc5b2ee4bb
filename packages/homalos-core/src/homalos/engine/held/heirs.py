"""Orders that take the place of others: anew on the next day, re-quoted, or amended."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field
from msgspec.structs import replace

from homalos.engine.held.asking import LEAVES_AS
from homalos.engine.held.book import Book
from homalos.model import OrderData, Terms

__all__ = ["Heirs"]

_Adopt = Callable[[str, str], None]


@define
class Heirs:
    """Makes orders that take another's place, and knows which did. Engine thread.

    Attributes:
        adopt: Told (old id, new id) before anybody hears of the new one.
        of: The id of the order that took another's place, by the id of that.
        before: The other way round.
    """

    book: Book
    adopt: tuple[_Adopt, ...] = ()
    of: dict[str, str] = field(factory=dict)
    before: dict[str, str] = field(factory=dict)

    def make(
        self,
        old_id: str,
        reason: str,
        *,
        volume: int,
        price: float | None = None,
        terms: Terms | None = None,
    ) -> OrderData:
        """Have an order held that takes another's place; its reference stays.

        Args:
            old_id: Whose place.
            reason: Why, for the person who watches.
            volume: Its lots.
            price: Its limit, on the grid; as it was when left out.
            terms: What it asks; as it was when left out.
        """
        wish = self.book.wish(old_id)
        new_id = self.book.orders.next_id()
        asked = replace(
            wish.asked, order_id=new_id, volume=volume, ts_ns=self.book.clock.now,
            type=LEAVES_AS.get(wish.asked.type, wish.asked.type),
            price=wish.asked.price if price is None else price,
            terms=wish.asked.terms if terms is None else terms,
        )  # fmt: skip
        self.of[old_id] = new_id
        self.before[new_id] = old_id
        for adopt in self.adopt:
            adopt(old_id, new_id)
        return self.book.keep(asked, wish.lane, f"in place of {old_id}: {reason}")

    def drop(self, old_id: str) -> None:
        """Take back that an order's place was to be taken: it works on."""
        del self.before[self.of.pop(old_id)]

    def is_early(self, order_id: str) -> bool:
        """Say whether the order whose place another takes is still at work."""
        old_id = self.before.get(order_id)
        return old_id is not None and self.book.state(old_id).is_active

    def last(self, order_id: str) -> str:
        """Return the id of the order that is now in an order's place; its own where none is."""
        while order_id in self.of:
            order_id = self.of[order_id]
        return order_id
