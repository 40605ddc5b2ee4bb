"""A small venue that does everything right, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from homalos.errors import UnknownInstrument
from homalos.model import (
    CancelRefused,
    CancelRequest,
    ConnectionChanged,
    Direction,
    OrderReport,
    OrderRequest,
    OrdersReported,
    OrderType,
    Status,
    TickData,
    TradeReport,
)
from homalos.plugins.ports import GatewayContext, MarketTap
from homalos.testing.records import DAY

__all__ = ["Venue"]


class Venue:
    """A small venue that does everything right."""

    def __init__(self, context: GatewayContext) -> None:
        """Make it."""
        self.context = context
        self.post = context.post
        self.is_up = False
        self.left: dict[str, int] = {}
        self.requests: dict[str, OrderRequest] = {}
        self.book: list[OrderReport | TradeReport] = []
        self.count = 0
        self.until = 0
        self.lapsed = ""

    def connect(self) -> None:
        """Open it."""
        self.is_up = True
        name, now = self.context.name, self.now()
        self.post(ConnectionChanged(name, is_up=True, reason="", ts_ns=now))

    def close(self) -> None:
        """Take no more orders."""
        self.is_up = False

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Do nothing."""

    def send_order(self, request: OrderRequest) -> None:
        """Answer, and fill by the last book."""
        reason = self.objection(request)
        name = request.order_id
        if reason:
            self.say(OrderReport(name, Status.REJECTED, self.now(), reason=reason))
            return
        self.requests[name] = request
        self.left[name] = request.volume
        self.acknowledge(name)
        seen = self.seen(request.symbol)
        if seen is not None:
            self.match(name, seen)
        if name in self.left and request.type in {OrderType.FAK, OrderType.FOK}:
            self.expire(name)

    def cancel_order(self, request: CancelRequest) -> None:
        """Take back what is left."""
        name = request.order_id
        if name not in self.left:
            self.post(CancelRefused(name, "it does not work here", self.now()))
            return
        self.end(name, "asked for")

    def report_orders(self, question: int) -> None:
        """Say everything anew."""
        for event in tuple(self.book):
            self.post(event)
        self.post(OrdersReported(self.context.name, question, self.now()))

    def renew_lease(self, valid_ns: int) -> None:
        """Watch for so long."""
        self.lapsed = ""
        self.until = 0
        if valid_ns:
            self.until = self.context.clock.now_ns() + valid_ns
            self.context.clock.call_at(self.until, self.look)

    def look(self) -> None:
        """Take everything back where nobody renewed the lease."""
        if self.until and self.context.clock.now_ns() >= self.until:
            self.until, self.lapsed = 0, "the lease ran out"
            for name in list(self.left):
                self.end(name, self.lapsed)

    def working_orders(self) -> frozenset[str]:
        """Return what waits."""
        return frozenset(self.left)

    def market_tap(self) -> MarketTap | None:
        """Return what is shown the market."""
        return MarketTap(self.left, self.on_tick, lambda _: None)

    # -- what can be got wrong -----------------------------------------------------

    def say(self, event: OrderReport | TradeReport) -> None:
        """Say something of an order, and keep it."""
        self.book.append(event)
        self.post(event)

    def end(self, name: str, reason: str) -> None:
        """Take an order back."""
        traded = self.requests[name].volume - self.left.pop(name)
        self.say(OrderReport(name, Status.CANCELLED, self.now(), traded, "", reason))

    def expire(self, name: str) -> None:
        """Take back what did not trade at once."""
        self.end(name, "not to be had at once")

    def seen(self, symbol: str) -> TickData | None:
        """Return the market as it stands."""
        return self.context.last_tick(symbol)

    def now(self) -> int:
        """Return the time."""
        return self.context.clock.now_ns()

    def objection(self, request: OrderRequest) -> str:
        """Say why an order is not taken."""
        if not self.is_up or self.lapsed:
            return self.lapsed or "not connected"
        try:
            contract = self.context.instrument(request.symbol)
        except UnknownInstrument as error:
            return str(error)
        if request.volume <= 0:
            return "no lots"
        on_grid = request.type is OrderType.MARKET or contract.is_on_grid(request.price)
        return "" if on_grid else "not on the grid"

    def venue_id(self, name: str) -> str:
        """Return the venue's id of an order."""
        return f"V{name}"

    def trade_id(self) -> str:
        """Return an id for a trade."""
        self.count += 1
        return f"T{self.count}"

    def acknowledge(self, name: str) -> None:
        """Say that an order works."""
        self.say(OrderReport(name, Status.NOTTRADED, self.now(), 0, self.venue_id(name)))

    def on_tick(self, seen: TickData) -> None:
        """Fill what waits."""
        for name in list(self.left):
            self.match(name, seen)

    def match(self, name: str, seen: TickData) -> None:
        """Fill an order by a book."""
        request = self.requests[name]
        is_buy = request.direction is Direction.LONG
        touch = seen.ask_price_1 if is_buy else seen.bid_price_1
        size = seen.ask_volume_1 if is_buy else seen.bid_volume_1
        if (touch > request.price) if is_buy else (touch < request.price):
            return
        lots = min(size, self.left[name])
        if self.waits_for_all(request) and lots < self.left[name]:
            return
        self.left[name] -= lots
        if not self.left[name]:
            self.done(name)
        self.fill(request, touch, lots)

    def waits_for_all(self, request: OrderRequest) -> bool:
        """Say whether an order wants all or nothing."""
        return request.type is OrderType.FOK

    def done(self, name: str) -> None:
        """Forget an order that is filled."""
        del self.left[name]

    def fill(self, request: OrderRequest, price: float, lots: int, **fields: Any) -> None:
        """Report a trade."""
        said: dict[str, Any] = {
            "order_id": request.order_id,
            "trade_id": self.trade_id(),
            "symbol": request.symbol,
            "direction": request.direction,
            "offset": request.offset,
            "price": price,
            "volume": lots,
            "ts_ns": self.now(),
            "trading_day": DAY,
        }
        self.say(TradeReport(**said | fields))
