"""Orders that wait for another one's fills: the exits of a bracket."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field
from msgspec.structs import replace

from homalos.engine.held.asking import STOPS
from homalos.engine.held.book import Book
from homalos.engine.held.heirs import Heirs
from homalos.engine.lanes import Lane
from homalos.model import OrderData, OrderRequest

__all__ = ["Brackets"]


@define(eq=False)
class _Exit:
    """One exit of a bracket.

    Attributes:
        asked: As it was asked, the last change included.
        lane: Where it goes.
        order_ids: Its order, and those that left for lots which came later.
        taken_back: Those of them that were cancelled from in here, to make way or to end.
        waiting: The one that is held until there is something to close, or its trigger is
            reached; "" when that has left.
        is_dead: Whether somebody else ended it: it sends nothing more.
        is_watched: Whether the trigger of `waiting` is looked at.
    """

    asked: OrderRequest
    lane: Lane
    order_ids: list[str]
    waiting: str
    taken_back: set[str] = field(factory=set)
    is_dead: bool = False
    is_watched: bool = False

    @property
    def is_stop(self) -> bool:
        """Say whether it waits for a trigger."""
        return self.asked.type in STOPS


@define(eq=False)
class _Bracket:
    """An entry, those that took its place, and its exits.

    Attributes:
        stop: The exit whose trigger was reached: it takes everything, the others nothing.
        is_busy: Whether it is being worked out.
        is_stale: Whether something happened meanwhile.
    """

    entry_ids: list[str]
    exits: list[_Exit] = field(factory=list)
    stop: _Exit | None = None
    is_busy: bool = False
    is_stale: bool = False

    @property
    def is_leaving(self) -> bool:
        """Say whether an exit was reached."""
        return self.stop is not None


class Brackets:
    """Owns the brackets. Engine thread.

    What an entry has filled and no exit has taken yet is open. An exit without a trigger
    rests at its venue with the lots that are open; one with a trigger waits in here and,
    when it is reached, has the entry and the other exits taken back, and leaves with what
    is open once those are over: no lot is ever closed twice. Whatever happens, this is
    worked out anew from the orders' states, so that it does not matter what came first.
    """

    def __init__(self, book: Book, heirs: Heirs, watch: Callable[[str], None]) -> None:
        """Begin empty; `watch` has a held order's trigger looked at."""
        self._book = book
        self._heirs = heirs
        self._watch = watch
        self._of_entry: dict[str, _Bracket] = {}
        self._of_exit: dict[str, tuple[_Bracket, _Exit]] = {}

    def add(self, order_id: str) -> None:
        """Have a held order wait for the fills of its parent."""
        wish = self._book.wishes[order_id]
        terms = wish.asked.terms
        parent = terms.parent if terms is not None else ""
        bracket = self._of_entry.get(parent)
        if bracket is None:
            bracket = self._of_entry[parent] = _Bracket([parent])
        way_out = _Exit(wish.asked, wish.lane, [order_id], order_id)
        bracket.exits.append(way_out)
        self._of_exit[order_id] = bracket, way_out
        self._settle(bracket)

    def adopt(self, old_id: str, new_id: str) -> None:
        """Have an order that takes another's place be the same entry or exit."""
        bracket = self._of_entry.get(old_id)
        if bracket is not None:
            bracket.entry_ids.append(new_id)
            self._of_entry[new_id] = bracket
        found = self._of_exit.get(old_id)
        if found is not None:
            found[1].order_ids.append(new_id)
            self._of_exit[new_id] = found

    def is_exit(self, order_id: str) -> bool:
        """Say whether an order waits, or waited, for another one's fills."""
        return order_id in self._of_exit

    def siblings(self, order_id: str) -> list[str]:
        """Return the ids of an exit's orders, itself among them."""
        return list(self._of_exit[order_id][1].order_ids)

    def asked(self, order_id: str) -> OrderRequest:
        """Return what an exit sends."""
        return self._of_exit[order_id][1].asked

    def change(self, order_id: str, asked: OrderRequest) -> None:
        """Have what an exit still sends be as was asked now."""
        self._of_exit[order_id][1].asked = asked

    def on_reached(self, order_id: str) -> None:
        """Let an exit take everything: its trigger was reached."""
        bracket, way_out = self._of_exit[order_id]
        if bracket.stop is None:
            bracket.stop = way_out
        self._settle(bracket)

    def on_order(self, state: OrderData) -> None:
        """Take up the new state of an entry or an exit."""
        bracket = self._of_entry.get(state.order_id)
        if bracket is not None:
            self._settle(bracket)
        found = self._of_exit.get(state.order_id)
        if found is None:
            return
        bracket, way_out = found
        order_id = state.order_id
        goes_on = (
            order_id in self._heirs.of
            or order_id in way_out.taken_back
            or order_id in self._book.superfluous
        )
        if not (state.is_active or goes_on or way_out.is_dead) and state.left > 0:
            way_out.is_dead = True
            self._tell_dead(bracket, way_out, state)
        self._settle(bracket)

    # -- inside ------------------------------------------------------------------

    def _open(self, bracket: _Bracket) -> int:
        state = self._book.state
        entered = sum(state(each).traded for each in bracket.entry_ids)
        return entered - sum(state(i).traded for each in bracket.exits for i in each.order_ids)

    def _working(self, way_out: _Exit) -> list[OrderData]:
        """Return an exit's orders that are out, or wait for their venue or its next session."""
        states = (self._book.state(i) for i in way_out.order_ids if i != way_out.waiting)
        # As long as one that is being changed is out, what is to take its place is not.
        return [
            state
            for state in states
            if state.is_active and not self._heirs.is_early(state.order_id)
        ]

    def _settle(self, bracket: _Bracket) -> None:
        """Bring the exits to what is open now, until nothing that this brings about is left."""
        bracket.is_stale = True
        if bracket.is_busy:
            return
        bracket.is_busy = True
        try:
            while bracket.is_stale:
                bracket.is_stale = False
                self._work_out(bracket)
        finally:
            bracket.is_busy = False

    def _work_out(self, bracket: _Bracket) -> None:
        state = self._book.state
        is_over = not any(state(each).is_active for each in bracket.entry_ids)
        entered = any(state(each).traded for each in bracket.entry_ids)
        if is_over and self._open(bracket) <= 0:
            why = "what its entry filled is closed" if entered else "its entry ended unfilled"
            for way_out in bracket.exits:
                self._take_back(way_out, why)
        elif not entered:
            return
        elif bracket.stop is not None:
            self._get_out(bracket, bracket.stop)
        else:
            for way_out in bracket.exits:
                # One that is reached as soon as it is looked at ends this round.
                if not (bracket.is_leaving or way_out.is_dead):
                    (self._guard if way_out.is_stop else self._offer)(bracket, way_out)

    def _offer(self, bracket: _Bracket, way_out: _Exit) -> None:
        """Have an exit without a trigger rest with the lots that are open."""
        working = self._working(way_out)
        need = self._open(bracket) - sum(each.left for each in working)
        if need > 0 and not any(each.order_id in way_out.taken_back for each in working):
            self._send(way_out, need)
        elif need < 0:
            # Its lots were taken by another exit: all of it comes back, and the rest anew.
            self._take_back(way_out, "another exit took its lots")

    def _guard(self, bracket: _Bracket, way_out: _Exit) -> None:
        """Have an exit with a trigger watch over the lots that are open."""
        lots = self._open(bracket)
        if lots <= 0:
            return
        if not self._book.state(way_out.waiting).is_active:
            self._again(way_out, lots, waits=True)
        elif self._book.state(way_out.waiting).volume != lots:
            self._book.orders.change_held(way_out.waiting, volume=lots)
        if not way_out.is_watched:
            way_out.is_watched = True
            self._watch(way_out.waiting)

    def _get_out(self, bracket: _Bracket, stop: _Exit) -> None:
        """Have the exit that was reached take all that is open, once it is free."""
        why = f"{stop.order_ids[0]} of its bracket was reached"
        in_the_way = 0
        for way_out in bracket.exits:
            if way_out is not stop:
                in_the_way += self._take_back(way_out, why)
        for entry_id in bracket.entry_ids:
            if self._book.state(entry_id).is_active:
                self._book.take_back(entry_id, why)
        need = self._open(bracket) - sum(each.left for each in self._working(stop))
        if not in_the_way and need > 0 and not stop.is_dead:
            self._send(stop, need)

    def _send(self, way_out: _Exit, lots: int) -> None:
        order_id, way_out.waiting = way_out.waiting, ""
        if not order_id or not self._book.is_held(order_id):
            order_id = self._again(way_out, lots)
        self._book.leave(order_id, lots)

    def _again(self, way_out: _Exit, lots: int, *, waits: bool = False) -> str:
        """Have one more order of an exit held, for lots that came later; return its id."""
        reason = f"more of {way_out.order_ids[0]}"
        asked = replace(way_out.asked, volume=lots)
        # Known before it is told of: who hears of it may ask for it at once.
        order_id = self._book.orders.next_id()
        way_out.order_ids.append(order_id)
        self._of_exit[order_id] = self._of_exit[way_out.order_ids[0]]
        if waits:
            way_out.waiting, way_out.is_watched = order_id, False
        self._book.keep(replace(asked, order_id=order_id), way_out.lane, reason)
        return order_id

    def _take_back(self, way_out: _Exit, why: str) -> int:
        """Cancel everything of an exit; return how many of its orders may still fill."""
        still = 0
        for order_id in tuple(way_out.order_ids):
            if self._book.state(order_id).is_active:
                way_out.taken_back.add(order_id)
                still += self._book.take_back(order_id, why)
        return still

    def _tell_dead(self, bracket: _Bracket, way_out: _Exit, state: OrderData) -> None:
        lots = self._open(bracket)
        if lots > 0:
            self._book.tell(
                "warning",
                f"the exit {way_out.order_ids[0]} of {state.strategy} in {state.symbol} was ended "
                f"({state.reason or state.status}) with {lots} lots open: it does not close them",
            )
