"""A venue that keeps its own truth, at the end of a line that may do anything to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from attrs import define, field

from homalos.errors import GatewayError
from homalos.model import (
    CancelRefused,
    CancelRequest,
    ConnectionChanged,
    OrderReport,
    OrderRequest,
    OrdersReported,
    Status,
    TradeReport,
)
from homalos.plugins.ports import MarketTap, VenueEvent

__all__ = ["HonestVenue", "Resting"]


@define
class Resting:
    """An order as the venue has it.

    Attributes:
        request: As it came.
        name: The venue's id of it.
        traded: Lots filled.
        ended: Whether it is over.
    """

    request: OrderRequest
    name: str
    traded: int = 0
    ended: bool = False


@define
class HonestVenue:
    """A gateway and the exchange behind it: what it does is true, what arrives is up to the line.

    Attributes:
        name: The gateway's name.
        now_ns: Its clock.
        is_up: Whether the line is; what is sent while it is not never arrives.
        raises: Whether the gateway raises instead.
        coming: What is on its way to the venue, in order.
        going: What is on its way to the engine; a list is one answer, kept together.
        orders: Every order that arrived.
        trades: Every trade that was made.
        log: What was said of this day's orders.
    """

    name: str
    now_ns: Callable[[], int]
    day: int
    is_up: bool = True
    raises: bool = False
    coming: deque[OrderRequest | CancelRequest] = field(factory=deque)
    going: list[list[VenueEvent]] = field(factory=list)
    orders: dict[str, Resting] = field(factory=dict)
    trades: list[TradeReport] = field(factory=list)
    log: list[VenueEvent] = field(factory=list)

    # -- the port --------------------------------------------------------------

    def connect(self) -> None:
        """Do nothing: it is up."""

    def close(self) -> None:
        """Do nothing."""

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Do nothing."""

    def market_tap(self) -> MarketTap | None:
        """Return `None`."""
        return None

    def working_orders(self) -> frozenset[str]:
        """Return the ids of the orders that work here."""
        return frozenset(key for key, order in self.orders.items() if not order.ended)

    def send_order(self, request: OrderRequest) -> None:
        """Let an order be on its way."""
        self._take(request)

    def cancel_order(self, request: CancelRequest) -> None:
        """Let a cancel be on its way."""
        self._take(request)

    def report_orders(self, question: int) -> None:
        """Answer behind everything that is on its way here: the line keeps its order."""
        if not self.is_up:
            return
        while self.coming:
            self.arrive()
        self.going.append([*self.log, OrdersReported(self.name, question, self.now_ns())])

    def _take(self, request: OrderRequest | CancelRequest) -> None:
        if self.raises:
            msg = "the line broke"
            raise GatewayError(msg, gateway=self.name)
        if self.is_up:
            self.coming.append(request)

    # -- what happens there ----------------------------------------------------

    def arrive(self) -> None:
        """Take the next request that is on its way."""
        request = self.coming.popleft()
        if isinstance(request, CancelRequest):
            found = self.orders.get(request.order_id)
            if found is None or found.ended:
                refused = CancelRefused(request.order_id, "not working here", self.now_ns())
                self.going.append([refused])
            else:
                self.cancel(found)
            return
        order = Resting(request, f"{self.name}{len(self.orders) + 1}")
        self.orders[request.order_id] = order
        self._report(order, Status.NOTTRADED)

    def fill(self, order: Resting, lots: int) -> None:
        """Fill lots of an order, at most those left."""
        asked = order.request
        lots = min(lots, asked.volume - order.traded)
        order.traded += lots
        trade = TradeReport(
            asked.order_id, f"T{len(self.trades) + 1}", asked.symbol, asked.direction,
            asked.offset, 100.0, lots, self.now_ns(), self.day, "", self.name,
        )  # fmt: skip
        self.trades.append(trade)
        self._say(trade)
        if order.traded == asked.volume:
            order.ended = True
            self._report(order, Status.ALLTRADED)

    def cancel(self, order: Resting, status: Status = Status.CANCELLED) -> None:
        """End an order."""
        order.ended = True
        self._report(order, status)

    def end_day(self, day: int) -> None:
        """Cancel what works: a venue's orders are of the day."""
        for order in self.orders.values():
            if not order.ended:
                self.cancel(order)
        self.log.clear()
        self.day = day

    def turn(self, *, is_up: bool) -> None:
        """Cut the line or mend it; the engine hears of that before anything else."""
        self.is_up = is_up
        if not is_up:
            self.coming.clear()
        change = ConnectionChanged(self.name, is_up=is_up, reason="", ts_ns=self.now_ns())
        self.going.insert(0, [change])

    def _report(self, order: Resting, status: Status) -> None:
        self._say(
            OrderReport(order.request.order_id, status, self.now_ns(), order.traded, order.name)
        )

    def _say(self, event: VenueEvent) -> None:
        self.log.append(event)
        if self.is_up:
            self.going.append([event])
