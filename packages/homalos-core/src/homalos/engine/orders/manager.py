"""The order manager: ids, checks, sending and cancelling, and what it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from homalos.bus import STATE, Bus
from homalos.clock import EngineClock
from homalos.engine.accounts import AccountManager
from homalos.engine.lanes import Lane, Working
from homalos.engine.orders.held import HeldBack, TakesOrders
from homalos.engine.orders.reconciling import Reconciling
from homalos.engine.orders.reports import Reports
from homalos.engine.orders.roster import Roster
from homalos.engine.orders.sending import Sending
from homalos.engine.risk import RiskManager
from homalos.engine.routing import Routing
from homalos.engine.wholes import Wholes
from homalos.errors import GatewayError, UnknownOrder
from homalos.journal import CountingJournal, FileJournal
from homalos.model import (
    Direction,
    Offset,
    OrderData,
    OrderPhase,
    OrderRequest,
    OrderType,
    Rejection,
    Terms,
    TradingDayChanged,
)
from homalos.plugins.ports import Gateway

__all__ = ["MANUAL", "OrderManager"]

MANUAL = "manual"
"""Whose orders a person's are; no strategy may have this name."""

_OPEN, _CLOSE, _NONE = Offset.OPEN, Offset.CLOSE, Offset.NONE
_HELD = OrderPhase.HELD
_LIMIT = OrderType.LIMIT
_PLAIN = frozenset({_LIMIT, OrderType.MARKET, OrderType.FAK, OrderType.FOK})
_WITHDRAWN = "cancelled before it left"


class OrderManager:
    """Owns every order. Engine thread.

    Attributes:
        orders: The last state of every order, by id, oldest first.
        trades: Every trade, oldest first.
        wholes: The orders that were split, each as one.
        ignored: Reports that changed nothing, by reason: duplicate, late, unknown.
        decisions: The fingerprint of everything decided.
        held: Takes orders that are more than price and lots; `None` refuses them.
        on_report: Takes a venue's word on an order.
        on_trade: Takes a fill.
        on_cancel_refused: Takes a venue's no to a cancel.
        set_answer: Says how long a venue's answer may take, seconds; 0 for ever.
    """

    def __init__(
        self,
        *,
        run: str,
        bus: Bus,
        clock: EngineClock,
        risk: RiskManager,
        accounts: AccountManager,
        gateways: Mapping[str, Gateway],
        journal: CountingJournal | FileJournal,
        last_price: Callable[[str], float],
        answer_s: float = 0.0,
    ) -> None:
        roster = self._roster = Roster(bus, clock, accounts, gateways)
        self.orders = roster.orders
        self.trades = roster.trades
        self.ignored = roster.ignored
        self.wholes = Wholes(self.orders)
        sending = self._sending = Sending(roster, self.wholes, risk, journal, last_price)
        self.decisions = sending.decisions
        self.held: TakesOrders | None = None
        self._held = HeldBack(roster, sending)
        reconciling = self._reconciling = Reconciling(roster, sending, bus, gateways, answer_s)
        self.set_answer = reconciling.set_answer
        reports = Reports(roster, reconciling, bus, accounts)
        sending.adopt = reports.adopt
        self.on_report = reports.on_report
        self.on_trade = reports.on_trade
        self.on_cancel_refused = reports.on_cancel_refused
        self._gateways = gateways
        self._run = run
        self._count = 0
        self._clock = clock
        self._check = risk.check
        self._send = sending.send
        bus.subscribe(TradingDayChanged, self._on_day, order=STATE + 1, name="orders")

    # -- decisions -------------------------------------------------------------

    def lane(self, account: str, symbol: str) -> Lane:
        """Return where an account's orders in a symbol go; the same object for ever.

        Raises:
            UnknownInstrument: No market knows the symbol.
        """
        return self._roster.lane(account, symbol)

    def route_by(self, routing: Routing | None) -> None:
        """Have the venues of accounts with several of them chosen. Before the first lane."""
        self._roster.routing = routing

    def submit(
        self,
        strategy: str,
        lane: Lane,
        direction: Direction,
        offset: Offset,
        price: float,
        volume: int,
        order_type: OrderType,
        reference: str = "",
        terms: Terms | None = None,
    ) -> OrderData | Rejection:
        """Ask risk, write the decision down, and send the order to the account's venue.

        Where the venue wants a close split, several orders leave, or none; what is
        returned is their sum, under the id of the first. See `homalos.engine.closing`.
        What has terms, or waits for a trigger, is taken by `held`.

        Raises:
            GatewayError: The venue's gateway raised; the order counts as sent.
        """
        if terms is not None or (order_type is not _LIMIT and order_type not in _PLAIN):
            return self._submit_held(
                strategy, lane, direction, offset, price, volume, order_type, reference, terms
            )
        self._count += 1
        now = self._clock.now
        account = lane.account
        order_id = f"{self._run}-{self._count}"
        if offset is not _OPEN or lane.minds_open:
            if lane.plans or not (lane.nets or lane.may_close(direction, volume)):
                wish = OrderRequest(
                    order_id, lane.symbol, direction, offset, order_type, price, volume,
                    strategy, account.name, lane.gateway_name, now, reference,
                )  # fmt: skip
                return self._sending.submit(wish, lane)
            # Whatever was meant, an account that nets closes what stands against it first.
            offset = _NONE if lane.nets else _CLOSE
        request = OrderRequest(
            order_id, lane.symbol, direction, offset, order_type, price, volume,
            strategy, account.name, lane.gateway_name, now, reference,
        )  # fmt: skip
        refused = self._check(request)
        if refused:
            self._sending.tell(refused, lane)
            return refused[0]
        return self._send(request, lane)

    def next_id(self) -> str:
        """Return an id for one more order, which no other will have."""
        self._count += 1
        return f"{self._run}-{self._count}"

    def cancel(self, order_id: str) -> bool:
        """Ask the venue for an order back; False when it is not working any more.

        The id of one that was split stands for all of its parts. One that the engine
        holds ends at once.

        Raises:
            UnknownOrder: No order has this id.
            GatewayError: The venue's gateway raised; the order stands as it stood.
        """
        parts = self.wholes.parts(order_id)
        # Every part is asked for, whatever became of those before it.
        asked = [self._cancel(part) for part in parts]
        return any(asked)

    # -- orders that the engine holds ------------------------------------------

    def keep_held(self, request: OrderRequest, lane: Lane) -> OrderData:
        """Take an order into phase HELD: known and at work, but nothing is sent or held for it.

        Args:
            request: With an id of `next_id`, its own type and its terms.
            lane: Where it will go.
        """
        return self._held.keep(request, lane)

    def release_held(
        self, order_id: str, order_type: OrderType, price: float, volume: int = 0
    ) -> OrderData | Rejection:
        """Send a held order through risk to its venue, under the same id.

        Its state keeps type and terms. Where the venue wants a close split, its parts have
        the ids `<id>`, `<id>.2`. What refuses it ends it as rejected.

        Args:
            order_id: The order's.
            order_type: As what it leaves: `MARKET`, `LIMIT`, `FAK` or `FOK`.
            price: Currency per unit, on the grid; nan for a market order.
            volume: Lots that it is for from now on; 0 for as many as it has.

        Raises:
            UnknownOrder: No held order has this id.
            GatewayError: The venue's gateway raised; the order counts as sent.
        """
        return self._held.release(order_id, order_type, price, volume)

    def change_held(
        self,
        order_id: str,
        *,
        price: float | None = None,
        volume: int = 0,
        terms: Terms | None = None,
    ) -> OrderData:
        """Change a held order and publish it; what is left out stays as it is.

        Raises:
            UnknownOrder: No held order has this id.
        """
        return self._held.change(order_id, price, volume, terms)

    def end_held(self, order_id: str, reason: str) -> OrderData:
        """Cancel a held order, which never left, and publish it.

        Raises:
            UnknownOrder: No held order has this id.
        """
        return self._held.end(order_id, reason)

    # -- looking ---------------------------------------------------------------

    def lane_of(self, order_id: str) -> Lane:
        """Return where an order goes or went.

        Raises:
            UnknownOrder: No order has this id.
        """
        order = self._known(order_id)
        return self.lane(order.account, order.symbol)

    def working_of(self, strategy: str) -> dict[str, Working]:
        """Return a strategy's working orders by id, live: the same dict for ever."""
        return self._roster.by_strategy[strategy]

    def working_in(self, account: str, symbol: str) -> Mapping[str, Working]:
        """Return an account's orders at its venue in a symbol, by id, oldest first; live.

        The same mapping for ever. Those that the engine holds are not among them.

        Raises:
            UnknownInstrument: No market knows the symbol.
        """
        return self.lane(account, symbol).working

    def working(self) -> list[OrderData]:
        """Return every order that is not over, oldest first."""
        return [working.state for working in self._roster.working.values()]

    # -- what else changes -----------------------------------------------------

    def forget(self, strategy: str) -> None:
        """Let go of a strategy that is gone; its orders and trades stay."""
        by_strategy = self._roster.by_strategy
        if not by_strategy.get(strategy, True):
            del by_strategy[strategy]

    def end_day(self) -> None:
        """Have what was to close lots of today close lots of yesterday: the day is over."""
        for working in self._roster.working.values():
            working.outlive_day()

    def rebind(self) -> None:
        """Take up changed terms of contracts, once the positions have them.

        With each new trading day it is done unasked.
        """
        for lane in self._roster.lanes.values():
            lane.bind()

    def reconcile(self, gateway: str = "") -> tuple[str, ...]:
        """Ask venues for their orders, and settle what is unknown by what they say.

        Args:
            gateway: Which one, by its name in the settings; "" asks every one.

        Returns:
            Those that were asked: a gateway that is no `OrderSource` cannot be, and one that
            is down is asked as soon as it is up.

        Raises:
            GatewayError: No gateway is called so.
        """
        if gateway and gateway not in self._gateways:
            msg = f"no gateway is called {gateway!r}; there are {', '.join(self._gateways)}"
            raise GatewayError(msg, gateway=gateway)
        return self._reconciling.ask([gateway] if gateway else self._gateways)

    # -- inside ----------------------------------------------------------------

    def _on_day(self, change: TradingDayChanged) -> None:
        """Let lots of the day before be of earlier days, also where nothing is traded."""
        self._reconciling.begin_day()
        for lane in self._roster.lanes.values():
            lane.activity.begin()
            if lane.position.day < change.trading_day:
                lane.position.begin(change.trading_day)
        self.rebind()

    def _submit_held(
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
        if self.held is not None:
            return self.held.take(
                strategy, lane, direction, offset, price, volume, order_type, reference, terms
            )
        request = OrderRequest(
            self.next_id(), lane.symbol, direction, offset, order_type, price, volume, strategy,
            lane.account.name, lane.gateway_name, self._clock.now, reference, terms,
        )  # fmt: skip
        what = "an order with terms" if order_type in _PLAIN else f"a {order_type} order"
        refusal = Rejection("held", f"nobody here holds {what}", request, request.ts_ns)
        self._sending.tell((refusal,), lane)
        return refusal

    def _cancel(self, order_id: str) -> bool:
        working = self._roster.working.get(order_id)
        if working is None:
            self._known(order_id)
            return False
        if working.state.phase is _HELD:
            self._held.end(order_id, _WITHDRAWN)
            return True
        return self._sending.cancel(working)

    def _known(self, order_id: str) -> OrderData:
        order = self.orders.get(order_id)
        if order is None:
            msg = f"no order has the id {order_id!r}"
            raise UnknownOrder(msg)
        return order
