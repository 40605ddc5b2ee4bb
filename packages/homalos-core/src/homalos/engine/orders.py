"""Orders from the wish to the end: ids, checks, what the venue says, what holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from homalos.bus import STATE, Bus
from homalos.clock import EngineClock
from homalos.engine.accounts import AccountManager
from homalos.engine.closing import RULE, plan
from homalos.engine.foreign import ForeignTrades
from homalos.engine.lanes import Lane, Working
from homalos.engine.order_states import LEGAL
from homalos.engine.risk import RiskManager
from homalos.engine.venue_faults import at_cancelling, at_sending
from homalos.engine.wholes import Wholes, split
from homalos.errors import UnknownOrder
from homalos.journal import CountingJournal, DecisionHash, FileJournal
from homalos.model import (
    CancelRefused,
    CancelRequest,
    Direction,
    Offset,
    OrderData,
    OrderReport,
    OrderRequest,
    OrderType,
    Rejection,
    Status,
    TradeData,
    TradeReport,
    TradingDayChanged,
)
from homalos.plugins.ports import Gateway, Refusal

__all__ = ["LEGAL", "MANUAL", "OrderManager"]

MANUAL = "manual"
"""Whose orders a person's are; no strategy may have this name."""

_OPEN, _CLOSE, _NONE = Offset.OPEN, Offset.CLOSE, Offset.NONE
_TODAY, _YESTERDAY = Offset.CLOSETODAY, Offset.CLOSEYESTERDAY
_SUBMITTING, _NOTTRADED, _PARTTRADED = Status.SUBMITTING, Status.NOTTRADED, Status.PARTTRADED
_ALLTRADED, _CANCELLED, _REJECTED = Status.ALLTRADED, Status.CANCELLED, Status.REJECTED


class OrderManager:
    """Owns every order. Engine thread.

    Attributes:
        orders: The last state of every order, by id, oldest first.
        trades: Every trade, oldest first.
        wholes: The orders that were split, each as one.
        ignored: Reports that changed nothing, by reason: duplicate, late, unknown.
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
    ) -> None:
        self.orders: dict[str, OrderData] = {}
        self.trades: list[TradeData] = []
        self.ignored: dict[str, int] = {"duplicate": 0, "late": 0, "unknown": 0}
        self.wholes = Wholes(self.orders)
        self.decisions = DecisionHash()
        self._run = run
        self._count = 0
        self._clock = clock
        self._risk = risk
        self._check = risk.check
        self._accounts = accounts
        self._gateways = gateways
        self._decide = journal.decide
        self._last_price = last_price
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._working: dict[str, Working] = {}
        self._by_strategy: defaultdict[str, dict[str, Working]] = defaultdict(dict)
        self._seen: set[tuple[str, str, int]] = set()
        self._say_order = bus.topic(OrderData).publish
        self._say_trade = bus.topic(TradeData).publish
        self._foreign = ForeignTrades(bus, clock, accounts)
        self._say_rejection = bus.topic(Rejection).publish
        bus.subscribe(TradingDayChanged, self._on_day, order=STATE + 1, name="orders")

    # -- decisions -------------------------------------------------------------

    def lane(self, account: str, symbol: str) -> Lane:
        """Return where an account's orders in a symbol go; the same object for ever.

        Raises:
            UnknownInstrument: No market knows the symbol.
        """
        lane = self._lanes.get((account, symbol))
        if lane is None:
            books = self._accounts.accounts[account]
            position = self._accounts.holding(account, symbol)
            lane = Lane(books, position, self._gateways[books.gateway])
            self._lanes[account, symbol] = lane
        return lane

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
    ) -> OrderData | Rejection:
        """Ask risk, write the decision down, and send the order to the account's venue.

        Where the venue wants a close split, several orders leave, or none; what is
        returned is their sum, under the id of the first. See `homalos.engine.closing`.

        Raises:
            GatewayError: The venue's gateway raised; the order counts as sent.
        """
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
                return self._submit_planned(wish, lane)
            # Whatever was meant, an account that nets closes what stands against it first.
            offset = _NONE if lane.nets else _CLOSE
        request = OrderRequest(
            order_id, lane.symbol, direction, offset, order_type, price, volume,
            strategy, account.name, lane.gateway_name, now, reference,
        )  # fmt: skip
        refused = self._check(request)
        if refused:
            for rejection in refused:
                self._say_rejection(rejection)
            return refused[0]
        return self._send(request, lane)

    def cancel(self, order_id: str) -> bool:
        """Ask the venue for an order back; False when it is not working any more.

        The id of one that was split stands for all of its parts.

        Raises:
            UnknownOrder: No order has this id.
            GatewayError: The venue's gateway raised; the order stands as it stood.
        """
        parts = self.wholes.parts(order_id)
        # Every part is asked for, whatever became of those before it.
        asked = [self._cancel(part) for part in parts]
        return any(asked)

    def _cancel(self, order_id: str) -> bool:
        working = self._working.get(order_id)
        if working is None:
            if order_id not in self.orders:
                msg = f"no order has the id {order_id!r}"
                raise UnknownOrder(msg)
            return False
        if not working.cancelling:
            working.cancelling = True
            order = working.state
            now = self._clock.now
            request = CancelRequest(
                order_id, order.symbol, order.strategy, order.account, order.gateway, now
            )
            self.decisions.add(request)
            self._decide(request)
            try:
                working.lane.gateway.cancel_order(request)
            except Exception as error:
                working.cancelling = False
                raise at_cancelling(request, error) from error
        return True

    def end_day(self) -> None:
        """Have what was to close lots of today close lots of yesterday: the day is over."""
        for working in self._working.values():
            working.outlive_day()

    def rebind(self) -> None:
        """Take up changed terms of contracts, once the positions have them.

        With each new trading day it is done unasked.
        """
        for lane in self._lanes.values():
            lane.bind()

    def working_of(self, strategy: str) -> dict[str, Working]:
        """Return a strategy's working orders by id, live: the same dict for ever."""
        return self._by_strategy[strategy]

    def forget(self, strategy: str) -> None:
        """Let go of a strategy that is gone; its orders and trades stay."""
        if not self._by_strategy.get(strategy, True):
            del self._by_strategy[strategy]

    def working(self) -> list[OrderData]:
        """Return every order that is not over, oldest first."""
        return [working.state for working in self._working.values()]

    # -- what the venue says ---------------------------------------------------

    def on_report(self, report: OrderReport) -> None:
        """Take a venue's word on an order, as far as it is legal and new.

        Fills come as trades: of a working order the report only tells that it has
        arrived, and of one that is over how many lots were filled before its end.
        """
        working = self._working.get(report.order_id)
        if working is None:
            self.ignored["late" if report.order_id in self.orders else "unknown"] += 1
            return
        order = working.state
        status = report.status
        if status is _CANCELLED or status is _REJECTED:
            if status not in LEGAL[order.status]:
                self.ignored["late"] += 1
            elif order.traded >= report.traded:
                self._say_order(self._end(working, order.traded, report))
            else:
                working.ending = report
        elif order.status is _SUBMITTING or (report.venue_order_id and not order.venue_order_id):
            # Where a fill has overtaken the acknowledgement, only the venue's id is news.
            state = self.orders[report.order_id] = working.state = replace(
                order,
                status=_NOTTRADED if order.status is _SUBMITTING else order.status,
                ts_ns=report.ts_ns,
                venue_order_id=report.venue_order_id or order.venue_order_id,
            )
            self._say_order(state)
        else:
            self.ignored["duplicate"] += 1

    def on_trade(self, report: TradeReport) -> None:
        """Take a fill; once, however often and in whatever order it is reported."""
        # By our order, since two venues may give the same id to trades of one instrument.
        key = (report.order_id, report.trade_id, report.trading_day)
        if key in self._seen:
            self.ignored["duplicate"] += 1
            return
        order_id = report.order_id
        order = self.orders.get(order_id)
        if order is None:
            foreign = self._foreign.take(report)
            if foreign is None:
                self.ignored["unknown"] += 1
                return
            self._seen.add(key)
            self.trades.append(foreign)
            self._say_trade(foreign)
            return
        self._seen.add(key)
        offset = order.offset
        if offset is _TODAY and report.offset is _YESTERDAY:
            offset = _YESTERDAY  # a night lies between the order and its fill
        trade = TradeData(
            report.trade_id, order_id, report.symbol, report.direction, offset,
            report.price, report.volume, report.ts_ns, report.trading_day,
            order.strategy, order.account, order.gateway,
        )  # fmt: skip
        self.trades.append(trade)
        state = self._fill(order, order.traded + report.volume, report)
        # The trade first: who hears that an order is over finds the position counted.
        self._say_trade(trade)
        self._say_order(state)

    def on_cancel_refused(self, refused: CancelRefused) -> None:
        """Take back that a cancel is under way; the order stands as it stood."""
        working = self._working.get(refused.order_id)
        if working is None:
            self.ignored["late" if refused.order_id in self.orders else "unknown"] += 1
            return
        working.cancelling = False

    # -- inside ----------------------------------------------------------------

    def _on_day(self, change: TradingDayChanged) -> None:
        """Let lots of the day before be of earlier days, also where nothing is traded."""
        for lane in self._lanes.values():
            if lane.position.day < change.trading_day:
                lane.position.begin(change.trading_day)
        self.rebind()

    def _submit_planned(self, wish: OrderRequest, lane: Lane) -> OrderData | Rejection:
        """Send what a wish becomes at its venue: all parts of it, or none."""
        price = wish.price
        if price != price:  # noqa: PLR0124  nan: a market order
            price = self._last_price(wish.symbol)
        planned = plan(
            lane.position, wish.direction, wish.offset, wish.volume,
            price=price, nets=lane.nets, close_today=lane.account.settings.close_today,
        )  # fmt: skip
        if isinstance(planned, Refusal):
            self._risk.refused += 1
            rejection = Rejection(
                RULE, planned.message, wish, wish.ts_ns, planned.input, planned.limit
            )
            self._say_rejection(rejection)
            return rejection
        requests = split(wish, planned)
        refused = [rejection for request in requests for rejection in self._check(request)]
        if refused:
            for rejection in refused:
                self._say_rejection(rejection)
            return refused[0]
        if len(requests) == 1:
            return self._send(requests[0], lane)
        try:
            for request in requests:
                self._send(request, lane)
        finally:
            # Where the venue raises, what has not been sent stays here.
            sent = tuple(r.order_id for r in requests if r.order_id in self.orders)
            self.wholes.add(wish, sent)
        return self.wholes.state(wish.order_id)

    def _send(self, request: OrderRequest, lane: Lane) -> OrderData:
        """Write a decision down, send it to the venue, and have the order work."""
        self._decide(request)
        try:
            lane.gateway.send_order(request)
        except Exception as error:
            raise at_sending(request, error) from error
        finally:
            # The venue first: nothing it says is heard before this returns. And whatever it
            # made of the order, also where it raised, the order is known here from now on.
            order = self._keep(request, lane)
        return order

    def _keep(self, asked: OrderRequest, lane: Lane) -> OrderData:
        """Have an order work that was sent, and hold what it needs."""
        self.decisions.add(asked)
        order_id, now = asked.order_id, asked.ts_ns
        order = self.orders[order_id] = OrderData(
            order_id, asked.symbol, asked.direction, asked.offset, asked.type, asked.price,
            asked.volume, 0, _SUBMITTING, asked.strategy, asked.account, asked.gateway,
            now, now, "", "", asked.reference,
        )  # fmt: skip
        working = self._working[order_id] = Working(order, lane)
        self._by_strategy[asked.strategy][order_id] = working
        working.reserve(self._last_price)
        return order

    def _fill(self, order: OrderData, traded: int, report: TradeReport) -> OrderData:
        order_id = order.order_id
        working = self._working.get(order_id)
        if working is None:
            # A fill that crossed the end of its order is still a fill.
            state = self.orders[order_id] = replace(order, traded=traded, ts_ns=report.ts_ns)
            return state
        working.release(report.volume)
        status = _PARTTRADED
        if traded >= order.volume:
            status = _ALLTRADED
            del self._working[order_id], self._by_strategy[order.strategy][order_id]
        elif working.ending is not None and traded >= working.ending.traded:
            return self._end(working, traded, working.ending)
        state = self.orders[order_id] = working.state = replace(
            order, traded=traded, status=status, ts_ns=report.ts_ns
        )
        return state

    def _end(self, working: Working, traded: int, report: OrderReport) -> OrderData:
        """End an order that was not filled whole, as its venue says.

        One that was filled in part cannot have been rejected, whatever the venue calls
        it: what is left of it is cancelled.
        """
        order = working.state
        status = _CANCELLED if traded else report.status
        order_id = order.order_id
        working.release(order.volume - traded)
        del self._working[order_id], self._by_strategy[order.strategy][order_id]
        state = self.orders[order_id] = working.state = replace(
            order,
            traded=traded,
            status=status,
            ts_ns=report.ts_ns,
            venue_order_id=report.venue_order_id or order.venue_order_id,
            reason=report.reason or order.reason,
        )
        return state
