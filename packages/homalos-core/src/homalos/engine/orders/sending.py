"""The way of an order out of the house: what a wish becomes, and what is sent of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from homalos.engine.closing import RULE, plan
from homalos.engine.lanes import Lane, Working
from homalos.engine.orders.roster import Roster
from homalos.engine.orders.states import TABLE, OrderEvent
from homalos.engine.risk import RiskManager
from homalos.engine.routing import RULE as ROUTING
from homalos.engine.routing import Route
from homalos.engine.venue_faults import at_cancelling, at_sending
from homalos.engine.wholes import Wholes, split
from homalos.errors import GatewayError
from homalos.journal import CountingJournal, DecisionHash, FileJournal
from homalos.model import (
    CancelRequest,
    Offset,
    OrderData,
    OrderPhase,
    OrderRequest,
    Rejection,
    Status,
)
from homalos.plugins.ports import Gateway, Refusal

__all__ = ["Sending"]

_SUBMITTING = Status.SUBMITTING
_UNKNOWN = OrderPhase.UNKNOWN
_NONE = Offset.NONE
_SENT, _CANCEL_ASKED = TABLE[OrderEvent.SENT], TABLE[OrderEvent.CANCEL_ASKED]


class Sending:
    """Turns wishes into requests, writes them down and gives them to venues. Engine thread.

    Attributes:
        decisions: The fingerprint of everything decided.
        watch: Called when something was sent, to begin to watch for the answer; `None` while
            that is done already.
        away: Gateways that are not connected, by name; live.
        adopt: Called with the id of an order of which trades were parked.
    """

    def __init__(
        self,
        roster: Roster,
        wholes: Wholes,
        risk: RiskManager,
        journal: CountingJournal | FileJournal,
        last_price: Callable[[str], float],
    ) -> None:
        self.decisions = DecisionHash()
        self._hash = self.decisions.add
        self.watch: Callable[[], None] | None = None
        self.away: AbstractSet[str] = frozenset()
        self.adopt: Callable[[str], None] = _nobody
        self._roster = roster
        self._orders = roster.orders
        self._working = roster.working
        self._by_strategy = roster.by_strategy
        self._parked = roster.parked
        self._wholes = wholes
        self._risk = risk
        self._check = risk.check
        self._decide = journal.decide
        self._last_price = last_price

    def submit(self, wish: OrderRequest, lane: Lane) -> OrderData | Rejection:
        """Send what a wish becomes at its venue: all parts of it, or none.

        Raises:
            GatewayError: The venue's gateway raised; the order counts as sent.
        """
        requests, refused = self.planned(wish, lane)
        if refused:
            self.tell(refused, lane)
            return refused[0]
        return self.send_all(wish, requests, lane)

    def planned(
        self, wish: OrderRequest, lane: Lane
    ) -> tuple[Sequence[OrderRequest], Sequence[Rejection]]:
        """Return the orders that a wish becomes, and everything that keeps them here."""
        price = wish.price
        if price != price:  # noqa: PLR0124  nan: a market order
            price = self._last_price(wish.symbol)
        parts = plan(
            lane.position, wish.direction, _NONE if lane.turns else wish.offset, wish.volume,
            price=price, nets=lane.nets and not lane.turns,
            close_today=lane.account.settings.close_today,
        )  # fmt: skip
        if isinstance(parts, Refusal):
            self._risk.refused += 1
            kept = Rejection(RULE, parts.message, wish, wish.ts_ns, parts.input, parts.limit)
            return (), (kept,)
        requests = split(wish, parts)
        if lane.route is not None:
            routed = self._routed(requests, lane.route)
            if isinstance(routed, Rejection):
                return (), (routed,)
            requests = routed
        return requests, [rejection for each in requests for rejection in self._check(each)]

    def _routed(
        self, requests: Sequence[OrderRequest], route: Route
    ) -> list[OrderRequest] | Rejection:
        """Give each part of a wish its venue; where one has none, the whole stays here."""
        found = []
        for request in requests:
            chosen = route(request)
            if isinstance(chosen, Refusal):
                self._risk.refused += 1
                return Rejection(
                    ROUTING, chosen.message, request, request.ts_ns, chosen.input, chosen.limit
                )
            found.append(replace(request, gateway=chosen))
        return found

    def tell(self, refused: Sequence[Rejection], lane: Lane) -> None:
        """Publish why an order was kept, and count it."""
        lane.activity.refused += 1
        for rejection in refused:
            self._roster.say_rejection(rejection)

    def send_all(
        self,
        wish: OrderRequest,
        requests: Sequence[OrderRequest],
        lane: Lane,
        held: Working | None = None,
    ) -> OrderData:
        """Send the parts of a wish; return their sum, under the id of the first.

        Raises:
            GatewayError: The venue's gateway raised; the order counts as sent.
        """
        if len(requests) == 1:
            return self.send(requests[0], lane.at(requests[0].gateway), held)
        orders = self._roster.orders
        sent: list[str] = []
        try:
            for request in requests:
                sent.append(request.order_id)
                self.send(request, lane.at(request.gateway), held)
        finally:
            # Where the venue raises, what has not been sent stays here.
            self._wholes.add(wish, tuple(each for each in sent if each in orders))
        return self._wholes.state(wish.order_id)

    def send(self, request: OrderRequest, lane: Lane, held: Working | None = None) -> OrderData:
        """Write a decision down, send it to the venue, and have the order work.

        Args:
            request: What is sent.
            lane: Where to.
            held: What the engine held back until now, where it is that.

        Raises:
            GatewayError: The venue's gateway raised; the order counts as sent.
        """
        self._decide(request)
        try:
            lane.gateway.send_order(request)
        except Exception as error:
            raise at_sending(request, error) from error
        finally:
            # The venue first: nothing it says is heard before this returns. And whatever it
            # made of the order, also where it raised, the order is known here from now on.
            self._hash(request)
            if held is None:
                order = self._keep(request, lane)
            else:
                order = self._release(request, held, lane)
            lane.activity.orders += 1
            if self.watch is not None and not lane.is_prompt:
                self.watch()
        if self._parked and request.order_id in self._parked:
            self.adopt(request.order_id)
            order = self._roster.orders[request.order_id]
        return order

    def cancel(self, working: Working) -> bool:
        """Ask the venue for an order back; False where it has ended there already.

        Of one whose venue is away the wish is remembered until it is found. One that is
        unknown for want of an answer is asked for at once, and again when it is found.

        Raises:
            GatewayError: The venue's gateway raised; the order stands as it stood.
        """
        if working.cancelling:
            return True
        order = working.state
        phase = _CANCEL_ASKED.get(order.phase)
        if phase is None:
            return False
        working.cancelling = True
        if phase is _UNKNOWN and order.gateway in self.away:
            return True
        orders, now = self._roster.orders, self._roster.clock.now
        request = CancelRequest(
            order.order_id, order.symbol, order.strategy, order.account, order.gateway, now
        )
        asked = orders[order.order_id] = working.state = replace(order, phase=phase, ts_ns=now)
        working.asked_ns = now
        try:
            self.cancel_at_venue(request, working.lane.gateway)
        except GatewayError:
            working.cancelling = False
            if working.state is asked:
                orders[order.order_id] = working.state = order
            raise
        working.lane.activity.cancels += 1
        for tell in self._risk.told_of_cancels:
            tell(request)
        if self.watch is not None and not working.lane.is_prompt:
            self.watch()
        return True

    def cancel_at_venue(self, request: CancelRequest, gateway: Gateway) -> None:
        """Write a cancel down and give it to a venue.

        Raises:
            GatewayError: The venue's gateway raised.
        """
        self.decisions.add(request)
        self._decide(request)
        try:
            gateway.cancel_order(request)
        except Exception as error:
            raise at_cancelling(request, error) from error

    def keep_held(self, request: OrderRequest, lane: Lane, reason: str = "") -> OrderData:
        """Write down an order that stays here for now; it holds nothing of the account."""
        self._decide(request)
        self.decisions.add(request)
        order = _order(request, TABLE[OrderEvent.KEPT][None], reason)
        self._roster.add(order, lane)
        return order

    def _keep(self, asked: OrderRequest, lane: Lane) -> OrderData:
        """Have an order work that was sent, and hold what it needs."""
        order_id, now = asked.order_id, asked.ts_ns
        order = self._orders[order_id] = OrderData(
            order_id, asked.symbol, asked.direction, asked.offset, asked.type, asked.price,
            asked.volume, 0, _SUBMITTING, asked.strategy, asked.account, asked.gateway,
            now, now, "", "", asked.reference, _SENT[None], asked.terms,
        )  # fmt: skip
        working = Working(order, lane)
        self._working[order_id] = lane.working[order_id] = working
        self._by_strategy[asked.strategy][order_id] = working
        working.reserve(self._last_price)
        return order

    def _release(self, asked: OrderRequest, held: Working, lane: Lane) -> OrderData:
        """Have an order work that was held until now, or one more part of it."""
        was, roster = held.state, self._roster
        order_id = asked.order_id
        if order_id != was.order_id:
            order = replace(
                was, order_id=order_id, offset=asked.offset, volume=asked.volume,
                gateway=asked.gateway,
            )  # fmt: skip
            held = roster.add(order, lane)
        else:
            order = replace(
                was, offset=asked.offset, price=asked.price, volume=asked.volume,
                gateway=asked.gateway, ts_ns=asked.ts_ns,
                phase=TABLE[OrderEvent.TRIGGERED][was.phase],
            )  # fmt: skip
            roster.orders[order_id] = held.state = order
            held.lane = lane
            lane.working[order_id] = held
            held.asked_ns = asked.ts_ns
        held.reserve(self._last_price)
        return order


def _order(asked: OrderRequest, phase: OrderPhase, reason: str) -> OrderData:
    return OrderData(
        asked.order_id, asked.symbol, asked.direction, asked.offset, asked.type, asked.price,
        asked.volume, 0, _SUBMITTING, asked.strategy, asked.account, asked.gateway,
        asked.ts_ns, asked.ts_ns, "", reason, asked.reference, phase, asked.terms,
    )  # fmt: skip


def _nobody(_order_id: str) -> None:
    """Leave parked trades where they are."""
