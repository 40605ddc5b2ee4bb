"""The engine's own orders: what is asked beside price and lots, and who sees to it."""

from __future__ import annotations

from contextlib import suppress
from math import isnan, nan

from msgspec.structs import replace

from homalos.bus import STATE, Bus
from homalos.clock import EngineClock
from homalos.engine.data import DataManager
from homalos.engine.held.amending import Amendments
from homalos.engine.held.asking import RULE, STOPS, exit_objection, objection
from homalos.engine.held.book import Book, Orders, Wish, named, root_of
from homalos.engine.held.brackets import Brackets
from homalos.engine.held.groups import Groups
from homalos.engine.held.heirs import Heirs
from homalos.engine.held.lifetimes import Lifetimes
from homalos.engine.held.trailing import TrailingTrigger
from homalos.engine.held.trigger import FixedTrigger, Trigger
from homalos.engine.held.watching import Watching
from homalos.engine.lanes import Lane
from homalos.engine.markets import Markets
from homalos.errors import HomalosError, MarketError
from homalos.model import (
    CancelRefused,
    Direction,
    Offset,
    OrderData,
    OrderRequest,
    OrderType,
    Rejection,
    Status,
    Terms,
    TradingDayChanged,
)
from homalos.plugins.ports import Refusal

__all__ = ["HeldOrders"]

_LONG = Direction.LONG
_MARKET, _TRAILING = OrderType.MARKET, OrderType.TRAILING_STOP
_REJECTED = Status.REJECTED


class HeldOrders:
    """Takes orders that ask more of the engine than price and lots. Engine thread.

    They live in the engine only: a stop that has not left, the exits of a bracket and what
    is left of a GTC order over night are known to no venue, survive that the connection to
    it is lost, and are gone when the engine is.
    """

    def __init__(
        self, bus: Bus, clock: EngineClock, orders: Orders, data: DataManager, markets: Markets
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._orders = orders
        self._data = data
        self._markets = markets
        self._heard: set[str] = set()
        self._say_rejection = bus.topic(Rejection).publish
        book = self._book = Book(bus, clock, orders)
        heirs = self._heirs = Heirs(book)
        self._watching = Watching(bus, data, self._on_reached, self._on_moved)
        self._groups = Groups(book)
        self._brackets = Brackets(book, heirs, self._watch)
        self._lifetimes = Lifetimes(book, heirs, self._day_of, markets.sessions, self._other_side)
        self._amendments = Amendments(book, heirs)
        heirs.adopt = (self._groups.adopt, self._brackets.adopt)
        book.on_keep = self._lifetimes.begin
        book.on_end = self.on_cancel
        bus.subscribe(
            TradingDayChanged, self._lifetimes.on_day, order=STATE + 4, name="held orders"
        )

    # -- what is asked -----------------------------------------------------------

    def take(
        self,
        strategy: str,
        lane: Lane,
        direction: Direction,
        offset: Offset,
        price: float,
        volume: int,
        order_type: OrderType,
        reference: str,
        terms: Terms | None,
    ) -> OrderData | Rejection:
        """Hold an order until its time comes, or send it at once and see to its terms.

        Prices are put on the grid. See `homalos.engine.orders.OrderManager.submit`.

        Raises:
            GatewayError: It was sent, and the venue's gateway raised.
        """
        with suppress(OverflowError):  # infinite, or CTP's missing price: refused below
            price = lane.instrument.snap(price)
            if terms is not None and not isnan(terms.trigger):
                terms = replace(terms, trigger=lane.instrument.snap(terms.trigger))
        asked = OrderRequest(
            self._orders.next_id(), lane.symbol, direction, offset, order_type, price, volume,
            strategy, lane.account.name, lane.gateway_name, self._clock.now, reference, terms,
        )  # fmt: skip
        refusal = objection(order_type, direction, price, volume, terms, self._clock.now)
        if refusal is None and terms is not None and terms.parent:
            refusal = self._parent_objection(asked, terms.parent)
        if refusal is None and terms is not None and terms.group:
            refusal = self._groups.objection(strategy, terms.group)
        if refusal is not None:
            return self._refuse(asked, refusal, lane)
        self._listen(strategy)
        return self._place(asked, lane, terms)

    def amend(
        self,
        order_id: str,
        *,
        price: float | None = None,
        volume: int | None = None,
        trigger: float | None = None,
    ) -> OrderData | Rejection:
        """Change an order: in here in place, at its venue by taking it back and sending anew.

        What takes an order's place is returned at once, held under an id of its own until
        the old one is over; it leaves with the new volume less what was filled by then. An
        order that is being changed already, or was re-quoted, stands for what took its place.

        Args:
            order_id: The order's, or that of one whose place it took.
            price: Its limit; as it is when left out.
            volume: Its lots, those that are filled already among them; likewise.
            trigger: Where a stop that has not left leaves; likewise.

        Raises:
            UnknownOrder: No order has the id.
            GatewayError: The venue's gateway raised; the order stands as it stood.
        """
        order_id = self._heirs.last(root_of(order_id))
        state = self._book.state(order_id)
        wish = self._book.wish(order_id)
        snap = wish.lane.instrument.snap
        with suppress(OverflowError):
            price = None if price is None else snap(price)
            trigger = None if trigger is None else snap(trigger)
        refusal = self._change_objection(state, price, volume, trigger)
        if refusal is not None:
            asked = replace(wish.asked, order_id=order_id, ts_ns=self._clock.now)
            return self._refuse(asked, refusal, wish.lane)
        self._listen(state.strategy)
        if self._brackets.is_exit(order_id):
            return self._amend_exit(order_id, price, trigger)
        return self._amend(state, price, volume, trigger)

    def on_cancel(self, order_id: str) -> None:
        """Send nothing in an order's place from now on: it is being cancelled."""
        order_id = root_of(order_id)
        self._lifetimes.forget(order_id)
        self._amendments.forget(order_id)

    def on_cancel_refused(self, refused: CancelRefused) -> None:
        """Take a venue's no to a cancel, behind the order manager."""
        order_id = root_of(refused.order_id)
        self._lifetimes.on_cancel_refused(order_id)
        self._amendments.on_cancel_refused(order_id, refused.reason)

    def place_of(self, order_id: str) -> str:
        """Return the id of the order that is now in an order's place; its own where none is."""
        return self._heirs.last(order_id)

    # -- taking ------------------------------------------------------------------

    def _place(self, asked: OrderRequest, lane: Lane, terms: Terms | None) -> OrderData | Rejection:
        order_id, book = asked.order_id, self._book
        is_stop = asked.type in STOPS
        if not is_stop and (terms is None or not terms.parent):
            return self._send(asked, lane, terms)
        state = book.keep(asked, lane)
        if not book.is_held(order_id):
            return book.state(order_id)  # cancelled by who heard of it
        if terms is not None and terms.group:
            self._groups.join(state, terms.group)
        if terms is not None and terms.parent:
            self._brackets.add(order_id)
        else:
            self._watch(order_id)
        return book.refusals.pop(order_id, None) or book.state(order_id)

    def _send(self, asked: OrderRequest, lane: Lane, terms: Terms | None) -> OrderData | Rejection:
        """Send an order that is not held; what it asks besides is seen to from now on."""
        order_id = asked.order_id
        try:
            answer = self._orders.send_wish(asked, lane)
        finally:
            # A venue that raised may have taken it all the same.
            if order_id in self._orders.orders:
                self._book.wishes[order_id] = Wish(asked, lane, asked.ts_ns)
                self._lifetimes.begin(asked)
                self._lifetimes.on_sent(order_id)
                if terms is not None and terms.group:
                    self._groups.join(self._book.state(order_id), terms.group)
        return answer

    def _refuse(self, asked: OrderRequest, refusal: Refusal, lane: Lane) -> Rejection:
        lane.activity.refused += 1
        rejection = Rejection(
            RULE, refusal.message, asked, self._clock.now, refusal.input, refusal.limit
        )
        self._say_rejection(rejection)
        return rejection

    def _parent_objection(self, asked: OrderRequest, parent: str) -> Refusal | None:
        known = self._orders.orders.get(parent)
        if known is None or known.strategy != asked.strategy:
            what = f"{asked.strategy} has no order {parent!r} whose fills could be waited for"
            return Refusal(what, nan, nan)
        return exit_objection(asked, self._book.state(parent))

    def _listen(self, strategy: str) -> None:
        if strategy not in self._heard:
            self._heard.add(strategy)
            self._bus.subscribe(
                OrderData, self._on_order, key=strategy, order=STATE + 3, name="held orders"
            )

    # -- changing ----------------------------------------------------------------

    def _change_objection(
        self, state: OrderData, price: float | None, volume: int | None, trigger: float | None
    ) -> Refusal | None:
        if not state.is_active:
            return Refusal(f"order {state.order_id} is over: {state.status}", nan, nan)
        held = self._book.is_held(state.order_id)
        if trigger is not None and not (held and state.type in STOPS):
            what = f"order {state.order_id} waits for no trigger that could be changed"
            return Refusal(what, trigger, nan)
        if price is not None and isnan(state.price):
            return Refusal(f"a {state.type} order has no price to change", price, nan)
        if volume is not None and self._brackets.is_exit(state.order_id):
            return Refusal("an exit has the lots that its entry has filled", volume, nan)
        terms = _with_trigger(state.terms, trigger)
        kind = state.type if held or state.type not in STOPS else OrderType.LIMIT
        if not held and terms is not None:
            terms = replace(terms, trigger=nan, trail=nan)
        return objection(
            kind if not isnan(state.price) or held else _MARKET,
            state.direction,
            state.price if price is None else price,
            state.volume if volume is None else volume,
            terms,
            0 if terms is None else min(self._clock.now, terms.until_ns - 1),
        )

    def _amend(
        self, state: OrderData, price: float | None, volume: int | None, trigger: float | None
    ) -> OrderData | Rejection:
        order_id = state.order_id
        new_price = None if price == state.price else price
        if not self._book.is_held(order_id):
            lots = state.volume if volume is None else volume
            if new_price is None and lots == state.volume:
                return state
            return self._amendments.begin(state, new_price, lots)
        terms = _with_trigger(state.terms, trigger)
        wish = self._book.wishes[order_id]
        wish.asked = replace(
            wish.asked,
            price=wish.asked.price if price is None else price,
            volume=wish.asked.volume if volume is None else volume,
            terms=terms,
        )
        if volume is not None:
            self._amendments.on_change(order_id, volume)
        self._orders.change_held(order_id, price=price, volume=volume or 0, terms=terms)
        if trigger is not None and self._watching.remove(order_id):
            self._watch(order_id)
        return self._book.refusals.pop(order_id, None) or self._book.state(order_id)

    def _amend_exit(
        self, order_id: str, price: float | None, trigger: float | None
    ) -> OrderData | Rejection:
        """Change all orders of an exit, and what it will still send."""
        brackets = self._brackets
        asked = brackets.asked(order_id)
        brackets.change(
            order_id,
            replace(
                asked,
                price=asked.price if price is None else price,
                terms=_with_trigger(asked.terms, trigger),
            ),
        )
        answer: OrderData | Rejection = self._book.state(order_id)
        for each in brackets.siblings(order_id):
            state = self._book.state(each)
            if state.is_active and each not in self._heirs.of:
                changed = self._amend(state, price, None, trigger)
                answer = changed if each == order_id else answer
        return answer

    # -- what happens ------------------------------------------------------------

    def _on_order(self, order: OrderData) -> None:
        order_id = root_of(order.order_id)
        state = self._book.state(order_id)
        if not state.is_active:
            self._watching.remove(order_id)
            if state.status is _REJECTED and self._lifetimes.was_sent(order_id):
                self._tell_rejected(state)
            self._amendments.on_order(state)
        self._lifetimes.on_order(state)
        self._brackets.on_order(state)
        self._groups.on_order(state)
        if not state.is_active:
            self._book.wishes.pop(order_id, None)

    def _on_reached(self, order_id: str) -> None:
        if self._groups.is_member(order_id):
            self._groups.on_reached(order_id)
        elif self._brackets.is_exit(order_id):
            self._brackets.on_reached(order_id)
        else:
            self._book.leave(order_id)

    def _on_moved(self, order_id: str, trigger: float) -> None:
        terms = self._orders.orders[order_id].terms
        if terms is not None and terms.trigger != trigger:
            self._orders.change_held(order_id, terms=replace(terms, trigger=trigger))

    def _watch(self, order_id: str) -> None:
        """Hold a stop against the market from now on."""
        state = self._orders.orders[order_id]
        terms = state.terms or Terms()
        is_buy = state.direction is _LONG
        trigger: Trigger = FixedTrigger(terms.trigger, is_buy=is_buy)
        if state.type is _TRAILING:
            snap = self._markets.instrument(state.symbol).snap
            trigger = TrailingTrigger(terms.trigger, terms.trail, is_buy=is_buy, snap=snap)
        self._watching.add(order_id, state.symbol, trigger, self._clock.now)

    def _tell_rejected(self, state: OrderData) -> None:
        if state.type in STOPS:
            self._book.tell(
                "error",
                f"{named(state)} was reached, left, and was rejected: "
                f"{state.reason or 'no reason given'}; it does nothing more",
            )

    def _day_of(self, symbol: str, ts_ns: int) -> int:
        try:
            return self._markets.of(symbol).trading_day(symbol, ts_ns)
        except (MarketError, HomalosError):
            return self._lifetimes.day

    def _other_side(self, order: OrderData) -> float:
        """Return the price at which an order would be filled now; the last one without a book."""
        tick = self._data.last_tick(order.symbol)
        price = nan
        if tick is not None:
            price = tick.ask_price_1 if order.direction is _LONG else tick.bid_price_1
        return self._data.last_price(order.symbol) if isnan(price) else price


def _with_trigger(terms: Terms | None, trigger: float | None) -> Terms | None:
    return terms if trigger is None else replace(terms or Terms(), trigger=trigger)
