"""The kiosk itself: a venue of one customer, small enough to read, on a TCP port of this machine.

A gateway of yours has a real venue, or its simulator, in this place.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, Self

from attrs import define

from kiosk_gateway.wire import line, parse

__all__ = ["Kiosk"]


@define
class _Order:
    symbol: str
    is_buy: bool
    price: float | None
    left: int


@define
class _Side:
    """What one side of a market offers: lots at a price."""

    price: float
    lots: int


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False  # closing waits for them


class Kiosk:
    """A venue that fills orders against the quotes it is given. Any thread."""

    def __init__(
        self,
        steps: Mapping[str, float],
        *,
        trading_day: int,
        now_ns: Callable[[], int],
        port: int = 0,
    ) -> None:
        """Open the port; customers are served inside the `with`.

        Args:
            steps: What is traded, and the tick size of each.
            trading_day: Today, yyyymmdd.
            now_ns: The kiosk's clock, nanoseconds UTC.
            port: The TCP port; one that is free when 0.
        """
        self._steps = steps
        self._day = trading_day
        self._now_ns = now_ns
        self._lock = threading.Lock()
        self._markets: dict[str, tuple[_Side, _Side]] = {}
        self._orders: dict[int, _Order] = {}
        self._last_ref = 0
        self._said: list[bytes] = []
        self._watched: set[str] = set()
        self._customer: socket.socket | None = None
        self._server = _Server(("127.0.0.1", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def port(self) -> int:
        """Return the TCP port."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Send everybody away and close the port."""
        self._server.shutdown()
        self._thread.join()
        self.drop()
        self._server.server_close()

    def drop(self) -> None:
        """Cut the connection, as a bad line does; the customer may come again."""
        with self._lock:
            self._hang_up()

    def quote(self, symbol: str, bid: float, ask: float, lots: int) -> None:
        """Move a market: so many lots on either side. What that fills is reported first."""
        with self._lock:
            self._markets[symbol] = _Side(bid, lots), _Side(ask, lots)
            for ref in [ref for ref, order in self._orders.items() if order.symbol == symbol]:
                self._fill(ref)
            if symbol in self._watched:
                fields = {"symbol": symbol, "bid": bid, "ask": ask, "lots": lots}
                self._send(line("quote", **fields, at_ns=self._now_ns(), day=self._day))

    # -- the customer's lines -----------------------------------------------------

    def _handler(self) -> type[StreamRequestHandler]:
        kiosk = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                # Who leaves is no fault; who says what nobody understands is sent away.
                with contextlib.suppress(OSError, ValueError, KeyError):
                    for text in self.rfile:
                        kiosk._hear(parse(text), self.connection)

        return Handler

    def _hear(self, fields: dict[str, Any], connection: socket.socket) -> None:
        with self._lock:
            match fields["say"]:
                case "hello":
                    self._hang_up()
                    self._customer = connection
                    self._welcome(fields["after"])
                case "watch":
                    self._watched.update(fields["symbols"])
                case "order":
                    self._order(fields)
                case "cancel":
                    self._cancel(fields["ref"])
                case "ping":
                    self._send(line("pong"))

    def _welcome(self, after: int | None) -> None:
        """Begin anew, or go on behind the report that the customer saw last."""
        if after is None:
            self._orders.clear()
            self._said.clear()
            self._watched.clear()
            self._last_ref = 0
        for said in self._said[after or 0 :]:
            self._send(said)
        self._send(line("welcome", ref=self._last_ref))

    def _order(self, fields: dict[str, Any]) -> None:
        ref = self._last_ref = fields["ref"]
        is_buy, price = fields["side"] == "long", fields["price"]
        order = _Order(fields["symbol"], is_buy, price, fields["lots"])
        why = self._objection(order)
        if why:
            self._say("rejected", ref, why=why)
            return
        self._orders[ref] = order
        self._say("accepted", ref)
        self._fill(ref)
        if price is None and ref in self._orders:
            del self._orders[ref]
            self._say("cancelled", ref, why="nobody is left on the other side")

    def _objection(self, order: _Order) -> str:
        step = self._steps.get(order.symbol)
        if step is None:
            return f"{order.symbol} is not traded here"
        if order.left <= 0:
            return f"{order.left} lots are not above 0"
        if order.price is None:
            there = self._opposite(order)
            return "" if there and there.lots else "nobody is on the other side"
        steps = order.price / step
        return "" if abs(steps - round(steps)) < 1e-6 else f"{order.price} is off the {step} grid"

    def _cancel(self, ref: int) -> None:
        if self._orders.pop(ref, None):
            self._say("cancelled", ref, why="as you wished")
        else:
            self._say("too_late", ref, why="this order is over")

    # -- what comes of it -----------------------------------------------------------

    def _opposite(self, order: _Order) -> _Side | None:
        sides = self._markets.get(order.symbol)
        return sides and sides[order.is_buy]

    def _fill(self, ref: int) -> None:
        order = self._orders[ref]
        there = self._opposite(order)
        if there is None or not there.lots:
            return
        limit = there.price if order.price is None else order.price
        if (there.price > limit) if order.is_buy else (there.price < limit):
            return
        lots = min(order.left, there.lots)
        order.left -= lots
        there.lots -= lots
        if not order.left:
            del self._orders[ref]
        self._say("fill", ref, price=there.price, lots=lots, day=self._day)

    def _say(self, say: str, ref: int, **fields: Any) -> None:
        """Report, and keep the report for a customer who is away."""
        said = line(say, n=len(self._said) + 1, ref=ref, at_ns=self._now_ns(), **fields)
        self._said.append(said)
        self._send(said)

    def _send(self, said: bytes) -> None:
        if self._customer is not None:
            try:
                self._customer.sendall(said)
            except OSError:
                self._hang_up()

    def _hang_up(self) -> None:
        customer, self._customer = self._customer, None
        if customer is not None:
            with contextlib.suppress(OSError):  # the customer was faster
                customer.shutdown(socket.SHUT_RDWR)
