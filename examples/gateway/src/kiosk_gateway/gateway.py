"""The gateway: the engine's wishes out as lines, the kiosk's lines in as reports."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

from homalos.model import (
    CancelRefused,
    CancelRequest,
    ConnectionChanged,
    OrderReport,
    OrderRequest,
    OrderType,
    Status,
    TickData,
    TradeReport,
)
from homalos.plugins.ports import GatewayContext, MarketTap
from kiosk_gateway.answers import Answers
from kiosk_gateway.link import Link
from kiosk_gateway.orders import Order, Orders
from kiosk_gateway.wire import line, parse

if TYPE_CHECKING:
    from kiosk_gateway.plugin import KioskOptions

__all__ = ["KioskGateway"]


class KioskGateway:
    """A venue outside the engine.

    The upper half is called on the engine's thread and never waits; the lower half on the
    link's, where `post` may wait as long as it likes.
    """

    def __init__(self, context: GatewayContext, options: KioskOptions) -> None:
        """Make it; the connection is opened by `connect`."""
        self._name = context.name
        self._now_ns = context.clock.now_ns
        self._post = context.post
        self._answers = Answers(context.post)
        self._orders = Orders()
        # Held while an order is both kept and sent, so that a new connection cannot come between.
        self._door = threading.Lock()
        self._pong = threading.Event()
        self._told = threading.Event()
        self._symbols: dict[str, None] = {}  # a set that keeps its order
        self._seen: int | None = None  # the last report's number; `None` before the first welcome
        self._is_up: bool | None = None  # as last told to the engine
        self._link = Link(
            (options.host, options.port),
            greet=self._greeting,
            on_line=self._on_line,
            on_down=self._on_down,
            most=options.queue,
            retry_s=options.retry_s,
        )

    # -- the port: the engine's thread ------------------------------------------

    def connect(self) -> None:
        """Begin to connect; `ConnectionChanged` tells how that goes."""
        self._link.start()

    def close(self) -> None:
        """Hang up; what works at the kiosk goes on working."""
        self._link.stop()
        self._answers.stop()

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Ask for quotes, now and after every new connection."""
        self._symbols |= dict.fromkeys(symbols)
        self._link.send(line("watch", symbols=list(symbols)))  # the greeting says it else

    def send_order(self, request: OrderRequest) -> None:
        """Send an order, or report that it cannot be sent."""
        with self._door:
            refusal = _unsayable(request)
            if not refusal:
                number = self._orders.add(request)
                refusal = self._link.send(_order_line(number, request))
                if refusal:
                    self._orders.end(number)
        if refusal:
            now_ns = self._now_ns()
            self._answers.put(
                OrderReport(request.order_id, Status.REJECTED, now_ns, reason=refusal)
            )

    def cancel_order(self, request: CancelRequest) -> None:
        """Ask an order back, or report that there is nothing to be asked back."""
        refusal = "this order is not working at the kiosk"
        with self._door:
            found = self._orders.of(request.order_id)
            if found is not None:
                number, order = found
                refusal = self._link.send(line("cancel", ref=number))
                order.is_cancelling = not refusal
        if refusal:
            self._answers.put(CancelRefused(request.order_id, refusal, self._now_ns()))

    def working_orders(self) -> frozenset[str]:
        """Return the ids of the orders that no report has ended."""
        return self._orders.working()

    def market_tap(self) -> MarketTap | None:
        """Return `None`: the kiosk sees a market of its own."""
        return None

    def settle(self, timeout_s: float = 5.0) -> None:
        """Wait until all that was asked before is answered. Any thread but the engine's: for tests.

        Args:
            timeout_s: Seconds after which to give up, > 0.
        """
        if self._link.is_started:
            self._told.wait(timeout_s)
        self._pong.clear()
        if not self._link.send(line("ping")):
            self._pong.wait(timeout_s)  # what the kiosk said before it has been posted by then
        self._answers.settle()

    # -- the link's thread --------------------------------------------------------

    def _greeting(self) -> bytes:
        # The kiosk says again what it said after this number, so that nothing is missed.
        return line("hello", after=self._seen) + line("watch", symbols=list(self._symbols))

    def _on_down(self, reason: str) -> None:
        with self._door:
            asked = [order for order in self._orders.all().values() if order.is_cancelling]
            for order in asked:
                order.is_cancelling = False
        for order in asked:
            why = "the connection was lost before the kiosk answered"
            self._post(CancelRefused(order.request.order_id, why, self._now_ns()))
        self._tell(is_up=False, reason=reason)

    def _tell(self, *, is_up: bool, reason: str = "") -> None:
        if self._is_up is not is_up:  # a try that fails again is no news
            self._is_up = is_up
            self._post(ConnectionChanged(self._name, is_up, reason, self._now_ns()))
            self._told.set()

    def _on_line(self, text: bytes) -> None:
        fields = parse(text)
        self._seen = fields.get("n", self._seen)
        match fields["say"]:
            case "quote":
                self._post(_tick(fields))
            case "welcome":
                self._on_welcome(fields["ref"])
            case "pong":
                self._pong.set()
            case _:
                order = self._orders.find(fields["ref"])
                if order is not None:
                    self._on_report(order, fields)

    def _on_welcome(self, last: int) -> None:
        """Go on after a new connection; `last` is the last order that reached the kiosk."""
        self._seen = self._seen or 0
        with self._door:
            lost = {n: order for n, order in self._orders.all().items() if n > last}
            for number in lost:
                self._orders.end(number)
            self._link.open()
        for order in lost.values():
            order_id, now_ns = order.request.order_id, self._now_ns()
            why = "the connection was lost before it reached the kiosk"
            self._post(OrderReport(order_id, Status.REJECTED, now_ns, reason=why))
        self._tell(is_up=True)

    def _on_report(self, order: Order, fields: dict[str, Any]) -> None:
        request, number, at_ns = order.request, fields["ref"], fields["at_ns"]
        traded, venue_id, why = request.volume - order.left, f"K{number}", fields.get("why", "")
        order_id = request.order_id
        match fields["say"]:
            case "accepted":
                self._post(OrderReport(order_id, Status.NOTTRADED, at_ns, 0, venue_id))
            case "fill":
                order.left -= fields["lots"]
                if not order.left:
                    self._orders.end(number)
                self._post(_trade(request, fields))
            case "rejected":
                self._orders.end(number)
                self._post(OrderReport(order_id, Status.REJECTED, at_ns, reason=why))
            case "cancelled":
                self._orders.end(number)
                report = OrderReport(order_id, Status.CANCELLED, at_ns, traded, venue_id, why)
                self._post(report)
            case "too_late":
                with self._door:
                    order.is_cancelling = False
                self._post(CancelRefused(order_id, why, at_ns))


def _unsayable(request: OrderRequest) -> str:
    # The kiosk has no word for an order that must trade at once, or as a whole.
    if request.type in (OrderType.LIMIT, OrderType.MARKET):
        return ""
    return f"the kiosk takes no {request.type} orders; send a limit or a market order"


def _order_line(number: int, request: OrderRequest) -> bytes:
    return line(
        "order",
        ref=number,
        symbol=request.symbol,
        side=request.direction,
        price=None if isnan(request.price) else request.price,
        lots=request.volume,
    )


def _trade(request: OrderRequest, fields: dict[str, Any]) -> TradeReport:
    return TradeReport(
        order_id=request.order_id,
        # Our id has the run in it: trades of two runs keep apart in a store.
        trade_id=f"{request.order_id}-{fields['n']}",
        symbol=request.symbol,
        direction=request.direction,
        offset=request.offset,
        price=fields["price"],
        volume=fields["lots"],
        ts_ns=fields["at_ns"],
        trading_day=fields["day"],
    )


def _tick(fields: dict[str, Any]) -> TickData:
    return TickData(
        symbol=fields["symbol"],
        ts_ns=fields["at_ns"],
        trading_day=fields["day"],
        last_price=fields["bid"],
        bid_price_1=fields["bid"],
        bid_volume_1=fields["lots"],
        ask_price_1=fields["ask"],
        ask_volume_1=fields["lots"],
    )
