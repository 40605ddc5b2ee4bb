"""A venue at a distance: every message is under way for a time, and none overtakes another."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import evolve

from homalos.model import OrderReport, TradeReport
from homalos_sim.latency import delay_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from homalos.model import CancelRequest, OrderRequest
    from homalos.plugins.ports import (
        Clock,
        GatewayContext,
        MarketTap,
        Timer,
        VenueEvent,
        VenueFunds,
        VenuePosition,
    )
    from homalos_sim.gateway import SimGateway
    from homalos_sim.options import LatencyOptions

__all__ = ["DistantVenue", "Line"]

What = TypeVar("What")


class Line(Generic[What]):
    """One direction of a connection: what is put in first comes out first. Engine thread.

    Args:
        clock: The engine's; each message is an entry of its own on the agenda.
    """

    def __init__(self, clock: Clock) -> None:
        self._now_ns = clock.now_ns
        self._call_at = clock.call_at
        self._under_way: deque[tuple[What, Callable[[], None], Timer]] = deque()
        self._due_ns = 0

    def put(self, delay_ns: int, what: What, arrive: Callable[[], None]) -> None:
        """Send a message that takes so long, or as long as the one before it.

        Args:
            delay_ns: >= 0; with 0, and nothing under way, it arrives within this call.
            what: What it is.
            arrive: Called when it is there.
        """
        now_ns = self._now_ns()
        due_ns = max(now_ns + delay_ns, self._due_ns)
        if due_ns <= now_ns and not self._under_way:
            arrive()
            return
        self._due_ns = due_ns
        self._under_way.append((what, arrive, self._call_at(due_ns, self._deliver)))

    def under_way(self) -> list[What]:
        """Return the messages that have not arrived, oldest first."""
        return [what for what, _, _ in self._under_way]

    def hurry(self) -> None:
        """Have everything under way arrive now."""
        self._due_ns = 0
        while self._under_way:
            self._under_way[0][2].cancel()
            self._deliver()

    def cut(self) -> list[What]:
        """Lose everything under way, and return it."""
        lost = self.under_way()
        for _, _, timer in self._under_way:
            timer.cancel()
        self._under_way.clear()
        self._due_ns = 0
        return lost

    def __len__(self) -> int:
        """Count the messages under way."""
        return len(self._under_way)

    def _deliver(self) -> None:
        self._under_way.popleft()[1]()


class DistantVenue:
    """The simulated venue, seen through a connection that takes time. Engine thread.

    What happens between the sending of a cancel and its arrival stands: a fill comes first,
    and the venue refuses the cancel.
    """

    def __init__(
        self,
        context: GatewayContext,
        latency: LatencyOptions,
        make: Callable[[GatewayContext], SimGateway],
    ) -> None:
        """Put a venue at a distance; `make` makes it.

        Raises:
            ConfigError: A delay cannot be drawn as the options say.
        """
        where = f"$.gateways.{context.name}.options.latency"
        chance = context.random
        self._send = delay_of(latency.send, chance, where=f"{where}.send")
        self._cancel = delay_of(latency.cancel, chance, where=f"{where}.cancel")
        self._answer = delay_of(latency.acknowledge, chance, where=f"{where}.acknowledge")
        self._see = delay_of(latency.market_data, chance, where=f"{where}.market_data")
        self._there: Line[str] = Line(context.clock)  # ids of orders, "" for anything else
        self._back: Line[VenueEvent] = Line(context.clock)
        self._is_near = False
        self._post = context.post
        self._venue = make(evolve(context, post=self._report))

    def connect(self) -> None:
        """Open the venue; `ConnectionChanged` says so."""
        self._venue.connect()

    def close(self) -> None:
        """Take no more orders: those still under way are refused when they arrive."""
        self._venue.close()

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Do nothing: the venue is shown all market data of the engine's feed."""
        self._venue.subscribe(symbols)

    def send_order(self, request: OrderRequest) -> None:
        """Send an order on its way."""
        delay_ns = self._see() + self._send()
        self._ask(delay_ns, lambda: self._venue.send_order(request), request.order_id)

    def cancel_order(self, request: CancelRequest) -> None:
        """Send a cancel on its way, behind every order sent before."""
        delay_ns = self._see() + self._cancel()
        self._ask(delay_ns, lambda: self._venue.cancel_order(request))

    def report_orders(self, question: int) -> None:
        """Ask the venue for its orders; the question, too, is under way for a time."""
        self._ask(self._send(), lambda: self._venue.report_orders(question))

    def renew_lease(self, valid_ns: int) -> None:
        """Renew the lease; it holds from when the word of it is there."""
        self._ask(self._send(), lambda: self._venue.renew_lease(valid_ns))

    def working_orders(self) -> frozenset[str]:
        """Return the ids of the orders that work there as far as is known here.

        Those under way, and those whose end is not told yet, are among them.
        """
        there = {order_id for order_id in self._there.under_way() if order_id}
        # A refused cancel is no news of the order.
        back = {
            event.order_id
            for event in self._back.under_way()
            if isinstance(event, OrderReport | TradeReport)
        }
        return self._venue.working_orders() | there | back

    def positions(self, account: str) -> list[VenuePosition] | None:
        """Return what an account holds there; `None` while a report is under way."""
        return None if self._back else self._venue.positions(account)

    def funds(self, account: str) -> VenueFunds | None:
        """Return an account's money there; `None` while a report is under way."""
        return None if self._back else self._venue.funds(account)

    def end_day(self, day: int) -> None:
        """Have the venue settle a trading day that is over."""
        self._venue.end_day(day)

    def nets_itself(self) -> bool:
        """Say what the venue says: whether orders may come without an offset."""
        return self._venue.nets_itself()

    def market_tap(self) -> MarketTap:
        """Return what is shown the market while an order waits there."""
        return self._venue.market_tap()

    def come_near(self) -> None:
        """Have everything under way arrive now, and what follows at once."""
        self._is_near = True
        self._there.hurry()
        self._back.hurry()

    def cut(self) -> tuple[int, list[VenueEvent]]:
        """Lose everything under way; return how many requests, and what was on its way back."""
        return len(self._there.cut()), self._back.cut()

    def go_away(self) -> None:
        """Have messages take their time again."""
        self._is_near = False

    def _ask(self, delay_ns: int, arrive: Callable[[], None], order_id: str = "") -> None:
        self._there.put(0 if self._is_near else delay_ns, order_id, arrive)

    def _report(self, event: VenueEvent) -> None:
        delay_ns = self._answer()
        self._back.put(0 if self._is_near else delay_ns, event, lambda: self._post(event))
