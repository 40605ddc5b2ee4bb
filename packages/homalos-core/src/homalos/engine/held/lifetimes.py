"""How long orders work: to a time, over days, or for a while at one price."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import isnan

from attrs import define
from msgspec.structs import replace

from homalos.clock import Entry
from homalos.engine.held.book import Book
from homalos.engine.held.heirs import Heirs
from homalos.model import (
    OrderData,
    OrderPhase,
    OrderRequest,
    Status,
    Terms,
    TimeInForce,
    TradingDayChanged,
)
from homalos.plugins.ports import Session

__all__ = ["Lifetimes"]

_HELD, _CANCELLED = OrderPhase.HELD, Status.CANCELLED


@define(eq=False)
class _Life:
    """What is arranged for an order that is not over.

    Attributes:
        symbol: Its contract.
        terms: What it asks.
        placed_day: The trading day it is for, when it was placed; 0 before the first event.
        sent_day: The same when it was sent; 0 before.
        until: The end of a gtd order.
        timeout: Its time-out.
        is_wanted: Whether nobody asked for it back.
        is_requoted: Whether it is cancelled only to be sent anew at another price.
    """

    symbol: str
    terms: Terms
    placed_day: int
    sent_day: int = 0
    until: Entry | None = None
    timeout: Entry | None = None
    is_wanted: bool = True
    is_requoted: bool = False


class Lifetimes:
    """Ends orders in time, and sends anew what is left of those that last. Engine thread.

    Attributes:
        day: The trading day that began last, yyyymmdd; 0 before the first.
    """

    def __init__(
        self,
        book: Book,
        heirs: Heirs,
        day_of: Callable[[str, int], int],
        sessions: Callable[[str, int], tuple[Session, ...]],
        other_side: Callable[[OrderData], float],
    ) -> None:
        """Begin without orders.

        Args:
            book: Where orders are kept.
            heirs: Makes the orders that follow.
            day_of: `(symbol, time) -> trading day`, between sessions the next one's.
            sessions: `(symbol, trading day) -> sessions`; none where the day is unknown.
            other_side: The price at which an order would be filled now; nan if unknown.
        """
        self._book = book
        self._heirs = heirs
        self._day_of = day_of
        self._sessions = sessions
        self._other_side = other_side
        self._lives: dict[str, _Life] = {}
        self.day = 0
        self._next_day: list[str] = []

    def begin(self, asked: OrderRequest) -> None:
        """Arrange what an order's terms say; it may still be held for long."""
        terms = asked.terms
        if terms is None:
            return
        now = self._book.clock.now
        life = _Life(asked.symbol, terms, self._day_of(asked.symbol, now) if now else 0)
        self._lives[asked.order_id] = life
        if terms.time_in_force is TimeInForce.GTD:
            end = partial(self._end, asked.order_id, "its time is over")
            life.until = self._book.clock.call_at(terms.until_ns, end)

    def on_sent(self, order_id: str) -> None:
        """Start an order's time-out: it has left."""
        life = self._lives.get(order_id)
        if life is None or life.sent_day:
            return
        life.sent_day = self._day_of(life.symbol, self._book.clock.now)
        if life.terms.timeout_ns:
            on_timeout = partial(self._on_timeout, order_id)
            life.timeout = self._book.clock.call_after(life.terms.timeout_ns, on_timeout)

    def was_sent(self, order_id: str) -> bool:
        """Say whether an order that is not over has left."""
        life = self._lives.get(order_id)
        return life is not None and life.sent_day > 0

    def forget(self, order_id: str) -> None:
        """Send nothing in an order's place: somebody wants it to end."""
        life = self._lives.get(order_id)
        if life is not None:
            life.is_wanted = life.is_requoted = False

    def on_cancel_refused(self, order_id: str) -> None:
        """Take back that an order was to be re-quoted; it works on at its price."""
        life = self._lives.get(order_id)
        if life is not None:
            life.is_requoted = False

    def on_order(self, state: OrderData) -> None:
        """Take up an order's new state; where it is over, have another follow if it lasts."""
        order_id = state.order_id
        if state.is_active:
            if state.phase is not _HELD:
                self.on_sent(order_id)
            return
        life = self._lives.pop(order_id, None)
        if life is None:
            return
        for entry in (life.until, life.timeout):
            if entry is not None:
                entry.cancel()
        if state.status is not _CANCELLED or state.left <= 0:
            return
        if life.is_requoted:
            self._requote(state, life)
        elif life.is_wanted and life.sent_day and life.terms.time_in_force is not TimeInForce.DAY:
            self._follow(state, life)

    def on_day(self, change: TradingDayChanged) -> None:
        """End held orders of earlier days, and send those anew that outlive them."""
        self.day = change.trading_day
        waiting, self._next_day = self._next_day, []
        for order_id, life in tuple(self._lives.items()):
            life.placed_day = life.placed_day or self.day
            is_of_day = life.terms.time_in_force is TimeInForce.DAY
            if is_of_day and life.placed_day < self.day and self._is_in_here(order_id):
                self._book.take_back(order_id, "its trading day is over")
        for order_id in waiting:
            self._at_session(order_id)

    # -- inside ------------------------------------------------------------------

    def _is_in_here(self, order_id: str) -> bool:
        return order_id in self._lives and self._book.is_held(order_id)

    def _end(self, order_id: str, why: str) -> None:
        if order_id in self._lives:
            self._book.take_back(order_id, why)

    def _on_timeout(self, order_id: str) -> None:
        life = self._lives.get(order_id)
        if life is None:
            return
        wanted = life.is_wanted
        if self._book.take_back(order_id, "its time is out") and wanted:
            # Asking for it back has everything forgotten that was to follow.
            life.is_requoted = life.terms.requotes > 0

    def _requote(self, state: OrderData, life: _Life) -> None:
        price = None
        if not isnan(state.price):
            other = self._other_side(state)
            price = None if isnan(other) else other
        terms = replace(life.terms, requotes=life.terms.requotes - 1)
        heir = self._heirs.make(
            state.order_id, "its time was out", volume=state.left, price=price, terms=terms
        )
        if self._book.is_held(heir.order_id):
            self._book.leave(heir.order_id)

    def _follow(self, state: OrderData, life: _Life) -> None:
        lasts = life.terms.time_in_force
        heir = self._heirs.make(state.order_id, f"it is {lasts}", volume=state.left)
        if self.day > life.sent_day:
            self._at_session(heir.order_id)  # the venue's word came when the next day had begun
        else:
            self._next_day.append(heir.order_id)

    def _at_session(self, order_id: str) -> None:
        """Send an order as soon as its contract is traded on this day."""
        life = self._lives.get(order_id)
        if life is None:
            return
        now = self._book.clock.now
        sessions = self._sessions(life.symbol, self.day)
        start = next((each.start_ns for each in sessions if each.end_ns > now), now)
        if start > now:
            self._book.clock.call_at(start, partial(self._leave, order_id))
        else:
            self._leave(order_id)

    def _leave(self, order_id: str) -> None:
        if self._is_in_here(order_id):
            self._book.leave(order_id)
