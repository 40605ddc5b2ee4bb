"""One cancels the other: orders of which one fill ends the rest."""

from __future__ import annotations

from math import nan

from attrs import define, field

from homalos.engine.held.book import Book
from homalos.model import Direction, OrderData
from homalos.plugins.ports import Refusal

__all__ = ["Groups"]


@define(eq=False)
class _Seat:
    """A member of a group: an order, and those that took its place since.

    Attributes:
        direction: Its side.
        order_ids: Oldest first; the last one is what it is now.
        traded: Lots filled so far.
        has_left: Whether it left on its trigger.
    """

    direction: Direction
    order_ids: list[str]
    traded: int = 0
    has_left: bool = False


@define(eq=False)
class _Group:
    """Orders of which one fill cancels the others.

    Attributes:
        name: The strategy's name for it.
        seats: In the order of joining.
        reached: Those whose trigger was reached and that have not left yet.
        is_told: Whether it was told that more than one filled.
    """

    name: str
    seats: list[_Seat] = field(factory=list)
    reached: list[_Seat] = field(factory=list)
    is_told: bool = False


class Groups:
    """Owns the groups of orders that cancel each other. Engine thread.

    A member whose trigger is reached leaves at once, unless another on its own side rests at
    a venue: that one is taken back first, since both are meant for the same lots, and it
    leaves with what the other has not filled until then. Of several that are reached the
    first leaves, and the next only where that one ends without a fill.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._groups: dict[tuple[str, str], _Group] = {}
        self._of: dict[str, tuple[_Group, _Seat]] = {}

    def objection(self, strategy: str, name: str) -> Refusal | None:
        """Say why no order can join a group any more; `None` where one can."""
        group = self._groups.get((strategy, name))
        if group is None:
            return None
        active = [seat for seat in group.seats if self._is_active(seat)]
        gone = next((s for s in active if s.has_left), None) or next(
            (s for s in group.seats if active and s.traded), None
        )
        if gone is None:
            return None
        what = f"{gone.order_ids[-1]} of the group {name!r} has left or was filled already"
        return Refusal(f"{what}; what comes now would not be cancelled for it", nan, nan)

    def join(self, order: OrderData, name: str) -> None:
        """Have an order belong to its strategy's group; a group that is over begins anew."""
        key = order.strategy, name
        group = self._groups.get(key)
        if group is None or not any(self._is_active(seat) for seat in group.seats):
            group = self._groups[key] = _Group(name)
        seat = _Seat(order.direction, [order.order_id])
        group.seats.append(seat)
        self._of[order.order_id] = group, seat

    def adopt(self, old_id: str, new_id: str) -> None:
        """Have an order that takes another's place be the same member."""
        found = self._of.get(old_id)
        if found is not None:
            found[1].order_ids.append(new_id)
            self._of[new_id] = found

    def is_member(self, order_id: str) -> bool:
        """Say whether an order belongs to a group."""
        return order_id in self._of

    def on_reached(self, order_id: str) -> None:
        """Let a member leave whose trigger was reached, as soon as it may."""
        group, seat = self._of[order_id]
        group.reached.append(seat)
        self._go_on(group)

    def on_order(self, state: OrderData) -> None:
        """Take up a member's new state."""
        found = self._of.get(state.order_id)
        if found is None:
            return
        group, seat = found
        traded = sum(self._book.state(each).traded for each in seat.order_ids)
        if traded > seat.traded:
            is_first, seat.traded = not seat.traded, traded
            if is_first:
                self._end_others(group, seat, state.order_id)
            self._watch_crossing(group, seat, state)
        if group.reached:
            self._go_on(group)

    # -- inside ------------------------------------------------------------------

    def _is_active(self, seat: _Seat) -> bool:
        return any(self._book.state(each).is_active for each in seat.order_ids)

    def _is_away(self, seat: _Seat) -> bool:
        states = [self._book.state(each) for each in seat.order_ids]
        return any(each.is_active and not self._book.is_held(each.order_id) for each in states)

    def _take_back(self, seat: _Seat, why: str) -> bool:
        """Cancel a member; say whether it still may fill."""
        active = [each for each in seat.order_ids if self._book.state(each).is_active]
        still = [each for each in active if self._book.take_back(each, why)]
        return bool(still)

    def _end_others(self, group: _Group, filled: _Seat, order_id: str) -> None:
        heir = self._heir(group, filled)
        for seat in group.seats:
            if seat is not filled and seat is not heir:
                self._take_back(seat, f"{order_id} of its group was filled")

    @staticmethod
    def _heir(group: _Group, filled: _Seat) -> _Seat | None:
        """Return the reached member that waits for the lots which this one leaves, if any."""
        if filled.has_left or not group.reached:
            return None
        first = group.reached[0]
        return first if first.direction is filled.direction else None

    def _watch_crossing(self, group: _Group, filled: _Seat, state: OrderData) -> None:
        """Tell where a fill came that should have been cancelled."""
        others = [
            seat
            for seat in group.seats
            if seat is not filled
            and (
                # An heir left with what this one had not filled, so that any more is too much.
                (seat.has_left and not filled.has_left)
                or (seat.traded and not (filled.has_left and seat.direction is filled.direction))
            )
        ]
        if others and not group.is_told:
            group.is_told = True
            both = " and ".join(seat.order_ids[-1] for seat in (*others, filled))
            self._book.tell(
                "warning",
                f"{both} of the group {group.name!r} of {state.strategy} cancel each other, and "
                "more than one was filled: a cancel crossed a fill; look at the position",
            )

    def _go_on(self, group: _Group) -> None:
        """Let the first member leave that was reached, once nothing stands in its way."""
        book = self._book
        while group.reached:
            seat = group.reached[0]
            order_id = seat.order_ids[-1]
            if not book.is_held(order_id):
                group.reached.pop(0)
                continue
            others = [each for each in group.seats if each is not seat]
            if any(each.has_left and self._is_active(each) for each in others):
                return  # also where it still waits for its venue to come back
            away = [each for each in others if self._is_away(each)]
            why = f"{order_id} of its group was reached"
            rivals = [each for each in away if each.direction is seat.direction]
            still = [each for each in rivals if self._take_back(each, why)]
            if still:
                return
            self._leave(group, seat)

    def _leave(self, group: _Group, seat: _Seat) -> None:
        book, order_id = self._book, seat.order_ids[-1]
        if seat not in group.reached or not book.is_held(order_id):
            return  # taken back itself, while the others were
        group.reached.remove(seat)
        done = sum(
            each.traded
            for each in group.seats
            if each is not seat and each.direction is seat.direction
        )
        left = book.state(order_id).volume - done
        if left <= 0:
            book.take_back(order_id, f"others of its group were filled with {done} lots")
            return
        seat.has_left = True
        book.leave(order_id, left)
