"""Lets orders into a session: through its call auction, and those that waited for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homalos.model import OrderType
from homalos_sim.acceptance import beyond_limits
from homalos_sim.auction import matched, opening_of
from homalos_sim.sessions import Phase

if TYPE_CHECKING:
    from collections.abc import Callable

    from homalos.model import TickData
    from homalos.plugins.ports import Auction, Fill
    from homalos_sim.matching import WorkingOrder
    from homalos_sim.pit import Pit
    from homalos_sim.sessions import Stretch

__all__ = ["Opener"]

_MARKET = OrderType.MARKET


class Opener:
    """Turns a contract from one phase into the next, by the ticks that show it.

    Args:
        last_tick: The last tick of a symbol that the engine has.
        look: Says what holds in a pit at an instant.
        fill: Is told of every fill in an auction.
        enter: Takes an order into continuous trading, at the tick given.
        cancel: Takes an order back, for the reason given.
    """

    def __init__(
        self,
        *,
        last_tick: Callable[[str], TickData | None],
        look: Callable[[Pit, int], Stretch],
        fill: Fill,
        enter: Callable[[Pit, WorkingOrder, TickData], None],
        cancel: Callable[[WorkingOrder, Pit, str], None],
    ) -> None:
        self._last_tick = last_tick
        self._look = look
        self._fill = fill
        self._enter = enter
        self._cancel = cancel

    def turn(self, pit: Pit, tick: TickData) -> None:
        """Show a tick where orders wait for a session, or outside the one seen last."""
        before = self._last_tick(tick.symbol)
        closed_ns = pit.closes_ns
        stretch = self._look(pit, tick.ts_ns)
        phase, auction = stretch.phase, stretch.auction
        if phase is Phase.AUCTION:
            return
        if phase is Phase.CLOSED:
            # What is stamped with the very end of a session shows what traded in it.
            if tick.ts_ns == closed_ns:
                pit.book.match_tick(tick, before)
            return
        self._sift(pit, tick)
        if auction is not None and auction.end_ns > pit.matched_ns:
            self._match(pit, auction, tick, before, is_over=phase is Phase.OPEN)
        if phase is Phase.OPEN:
            # Also with nobody in the book: it has to know which tick is the last one.
            pit.book.match_tick(tick, before)
            self._admit(pit, tick)

    def _match(
        self, pit: Pit, auction: Auction, tick: TickData, before: TickData | None, *, is_over: bool
    ) -> None:
        opening = opening_of(tick, before, is_first=pit.schedule.is_first(auction))
        price, lots = opening
        if not lots and not is_over:
            return
        pit.matched_ns = auction.end_ns
        for order, given in matched(tuple(pit.working()), opening, auction):
            order_id = order.request.order_id
            if order_id not in pit.room:
                # It rested since the session before; what is left of it comes in anew.
                pit.book.remove(order)
                pit.room[order_id] = order
            order.left -= given
            if not order.left:
                del pit.room[order_id]
            self._fill(order, price, given, tick.ts_ns, tick.trading_day)

    def _sift(self, pit: Pit, tick: TickData) -> None:
        # The first tick of a day has its price limits; nobody knew them before.
        for order in tuple(pit.room.values()):
            asked = order.request
            reason = "" if asked.type is _MARKET else beyond_limits(asked.price, tick)
            if reason:
                self._cancel(order, pit, reason)

    def _admit(self, pit: Pit, tick: TickData) -> None:
        for order in tuple(pit.room.values()):
            del pit.room[order.request.order_id]
            order.since_ns = tick.ts_ns
            self._enter(pit, order, tick)
