"""Venues that each do one thing wrong, and the requirements that say so."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from small_venue import Venue

from homalos.model import (
    CancelRequest,
    ConnectionChanged,
    Direction,
    OrderReport,
    OrderRequest,
    OrderType,
    Status,
    TickData,
)
from homalos.plugins.ports import GatewayContext, MarketTap

__all__ = ["BROKEN"]


class Hasty(Venue):
    """Is up before it is asked to connect."""

    def __init__(self, context: GatewayContext) -> None:
        """Say so at once."""
        super().__init__(context)
        self.post(ConnectionChanged(context.name, is_up=False, reason="", ts_ns=self.now()))


class Anonymous(Venue):
    """Says that somebody is up."""

    def connect(self) -> None:
        """Use a name of its own."""
        self.is_up = True
        self.post(ConnectionChanged("venue", is_up=True, reason="", ts_ns=self.now()))


class Picky(Venue):
    """Takes a symbol only once."""

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Refuse a symbol that stands there twice."""
        if len(set(symbols)) < len(symbols):
            raise KeyError(symbols)


class Fragile(Venue):
    """Can be closed only while it is open."""

    def close(self) -> None:
        """Raise when it is not."""
        if not self.is_up:
            msg = "not open"
            raise RuntimeError(msg)
        self.is_up = False


class Threaded(Venue):
    """Leaves a thread behind at every connection."""

    def connect(self) -> None:
        """Start a thread that nobody ends in time."""
        super().connect()
        threading.Thread(target=threading.Event().wait, args=(30,), daemon=True).start()


class Chatty(Venue):
    """Acknowledges twice."""

    def acknowledge(self, name: str) -> None:
        """Say it again."""
        super().acknowledge(name)
        super().acknowledge(name)


class Nameless(Venue):
    """Gives every order the same id."""

    def venue_id(self, name: str) -> str:
        """Return one id for all."""
        return name and "V"


class Answering(Venue):
    """Returns what it also posts."""

    def send_order(self, request: OrderRequest) -> str:  # type: ignore[override]  # what is wrong
        """Return the id."""
        super().send_order(request)
        return self.venue_id(request.order_id)


class Slow(Venue):
    """Waits for the wire."""

    def send_order(self, request: OrderRequest) -> None:
        """Wait."""
        threading.Event().wait(0.06)
        super().send_order(request)


class Gridless(Venue):
    """Takes any price."""

    def objection(self, request: OrderRequest) -> str:
        """Not look at the price."""
        reason = super().objection(request)
        return "" if reason == "not on the grid" else reason


class Lotless(Venue):
    """Does not say why it takes no order of no lots."""

    def send_order(self, request: OrderRequest) -> None:
        """Raise instead."""
        if request.volume <= 0 and self.is_up:
            raise ValueError(request.volume)
        super().send_order(request)


class Unknowing(Venue):
    """Raises for an unknown contract."""

    def objection(self, request: OrderRequest) -> str:
        """Not catch it."""
        if self.is_up:
            self.context.instrument(request.symbol)
        return super().objection(request)


class Eager(Venue):
    """Takes orders before it is connected."""

    def __init__(self, context: GatewayContext) -> None:
        """Think itself connected."""
        super().__init__(context)
        self.is_up = True


class Undead(Venue):
    """Takes orders after it was closed."""

    def close(self) -> None:
        """Stay up."""


class Priceless(Venue):
    """Forgets market orders."""

    def match(self, name: str, seen: TickData) -> None:
        """Wait for a price that a market order does not have."""
        if self.requests[name].type is not OrderType.MARKET:
            super().match(name, seen)


class Mirrored(Venue):
    """Reports the side of the other."""

    def fill(self, request: OrderRequest, price: float, lots: int, **fields: Any) -> None:
        """Turn the side."""
        other = {Direction.LONG: Direction.SHORT, Direction.SHORT: Direction.LONG}
        super().fill(request, price, lots, direction=other[request.direction], **fields)


class Repeating(Venue):
    """Counts trades by order."""

    def trade_id(self) -> str:
        """Return the same for all."""
        return "T1"


class Generous(Venue):
    """Fills more than was asked for, once an order is nearly done."""

    def fill(self, request: OrderRequest, price: float, lots: int, **fields: Any) -> None:
        """Add a lot where the order is for three."""
        extra = int(request.volume == 3 and request.order_id not in self.left)
        super().fill(request, price, lots + extra, **fields)


class Dear(Venue):
    """Fills a buyer one step above the book."""

    def fill(self, request: OrderRequest, price: float, lots: int, **fields: Any) -> None:
        """Take a step more."""
        super().fill(request, price + (request.direction is Direction.LONG), lots, **fields)


class Clinging(Venue):
    """Takes the cancel of a filled order for a success."""

    def cancel_order(self, request: CancelRequest) -> None:
        """Say cancelled of all that it ever had and filled."""
        name = request.order_id
        if name in self.requests and self.requests[name].volume == 2 and name not in self.left:
            self.say(OrderReport(name, Status.CANCELLED, self.now(), 2))
        else:
            super().cancel_order(request)


class Forgetful(Venue):
    """Says of no cancelled order what was filled."""

    def cancel_order(self, request: CancelRequest) -> None:
        """Leave the lots out."""
        if self.left.pop(request.order_id, 0):
            self.say(OrderReport(request.order_id, Status.CANCELLED, self.now(), 0))
        else:
            super().cancel_order(request)


class Haunted(Venue):
    """Fills what was cancelled."""

    def cancel_order(self, request: CancelRequest) -> None:
        """Keep the order as a ghost where it is for two lots."""
        super().cancel_order(request)
        asked = self.requests.get(request.order_id)
        if asked is not None and asked.volume == 2 and asked.direction is Direction.LONG:
            self.ghost = asked

    def on_tick(self, seen: TickData) -> None:
        """Fill the ghost."""
        super().on_tick(seen)

    def market_tap(self) -> MarketTap:
        """Be shown everything."""
        return MarketTap([1], self._haunt, lambda _: None)

    def _haunt(self, seen: TickData) -> None:
        self.on_tick(seen)
        asked = self.__dict__.pop("ghost", None)
        if asked is not None:
            self.fill(asked, seen.ask_price_1, 2)


class Silent(Venue):
    """Says nothing to a cancel of nothing."""

    def cancel_order(self, request: CancelRequest) -> None:
        """Ignore what it does not know or has cancelled."""
        known = self.requests.get(request.order_id)
        if request.order_id in self.left or (known is not None and known.volume in {2, 4}):
            super().cancel_order(request)


class Idle(Venue):
    """Knows of no working orders."""

    def working_orders(self) -> frozenset[str]:
        """Return none."""
        return frozenset()


class Milliseconds(Venue):
    """Counts time in milliseconds."""

    def now(self) -> int:
        """Return the wrong unit."""
        return super().now() // 1_000_000


class Random(Venue):
    """Takes its ids from what is in memory."""

    days = 0

    def trade_id(self) -> str:
        """Count over all venues of the process."""
        Random.days += 1
        return f"T{Random.days}"


BROKEN: dict[type[Venue], set[str]] = {
    Hasty: {"making_it_opens_nothing"},
    Anonymous: {"connecting_is_said_under_its_own_name"},
    Picky: {"subscribing_again_is_harmless"},
    Fragile: {"closing_is_harmless_at_any_time"},
    Threaded: {"no_thread_is_left_behind"},
    Chatty: {"an_order_is_answered_once"},
    Nameless: {"an_accepted_order_has_a_venue_id_of_its_own"},
    Answering: {"answers_come_by_post_only"},
    Slow: {"calls_come_back_at_once"},
    Gridless: {"an_order_off_the_grid_is_rejected"},
    Lotless: {"an_order_of_no_lots_is_rejected"},
    Unknowing: {"an_order_in_an_unknown_contract_is_rejected"},
    Eager: {"an_order_before_connecting_is_rejected"},
    Undead: {"an_order_after_closing_is_rejected"},
    Priceless: {"a_market_order_is_filled_or_rejected"},
    Mirrored: {"a_trade_carries_its_order"},
    Repeating: {"trade_ids_are_unique"},
    Generous: {"an_order_is_filled_whole_and_no_further"},
    Dear: {"no_fill_is_worse_than_the_limit"},
    Clinging: {"a_filled_order_is_over"},
    Forgetful: {"a_cancel_says_what_was_filled"},
    Haunted: {"a_cancelled_order_never_fills"},
    Silent: {"a_cancel_of_nothing_is_refused"},
    Idle: {"working_orders_are_those_that_can_fill"},
    Milliseconds: {"reports_are_stamped_in_nanoseconds"},
    Random: {"the_same_calls_bring_the_same_reports"},
}
