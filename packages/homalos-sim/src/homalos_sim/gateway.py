"""The simulated venue: takes orders, shows them the tape, reports what happens."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from homalos.errors import UnknownInstrument
from homalos.model import (
    CancelRefused,
    ConnectionChanged,
    Direction,
    Offset,
    OffsetRule,
    OrderReport,
    OrdersReported,
    OrderType,
    Status,
    TradeReport,
)
from homalos.plugins.ports import FillContext, MarketTap
from homalos_sim import reasons
from homalos_sim.acceptance import (
    crossing,
    price_objection,
    shut,
    state_objection,
    type_objection,
    would_meet,
)
from homalos_sim.collateral import Collateral
from homalos_sim.daybook import DayBook
from homalos_sim.funds import Funds
from homalos_sim.holdings import Vault
from homalos_sim.lease import Lease
from homalos_sim.matching import WorkingOrder
from homalos_sim.opening import Opener
from homalos_sim.pit import Pit, book_maker
from homalos_sim.sessions import NEVER_NS, Phase, Schedule, no_hours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from homalos.model import BarData, CancelRequest, OrderRequest, TickData
    from homalos.plugins.ports import GatewayContext, RestingOrder, VenuePosition
    from homalos_sim.options import VenueOptions
    from homalos_sim.sessions import Stretch

__all__ = ["SimGateway"]

_NS = 1_000_000_000
# Read once: an enum looks its members up anew each time, which is slow in 3.11.
_NOTTRADED, _CANCELLED, _REJECTED = Status.NOTTRADED, Status.CANCELLED, Status.REJECTED
_LONG, _LIMIT, _MARKET = Direction.LONG, OrderType.LIMIT, OrderType.MARKET
_FAK, _FOK = OrderType.FAK, OrderType.FOK
_OPEN, _NONE = Offset.OPEN, Offset.NONE
_CLOSETODAY, _CLOSEYESTERDAY = Offset.CLOSETODAY, Offset.CLOSEYESTERDAY


class SimGateway:
    """A venue inside the engine; every method is called on the engine thread.

    While an order waits it sees ticks and bars before the engine dispatches them.
    Nothing is answered inline: every report goes through `context.post`.

    An order works until the end of its trading day. Outside the sessions it waits, or is
    refused, as the options say; in a call auction it is filled at the one opening price.
    """

    def __init__(self, context: GatewayContext, options: VenueOptions) -> None:
        """Make the venue; it takes orders once it is connected.

        Raises:
            MissingPluginError: No plugin offers the fill model of the options.
            ConfigError: The model does not take the options given for it.
        """
        self._name = context.name
        self._now_ns = context.clock.now_ns
        self._call_at = context.clock.call_at
        self._instrument = context.instrument
        self._market = no_hours if options.outside_session == "ignore" else context.market
        self._last_tick = context.last_tick
        self._post = context.post
        self._bar_share = options.bar_volume_share
        self._book_age_ns = round(options.book_age_s * _NS)
        self._options = options
        self._make_book = book_maker(context, options)
        self._is_up, self._lapsed = False, ""
        self._refusal = reasons.NOT_CONNECTED.because(f"venue {self._name} is not connected yet")
        self._trading_day = context.trading_day
        self._day = self._accepted = self._trades = 0
        self._held = Vault(context.instrument)
        self._pits: dict[str, Pit] = {}
        self._orders: dict[str, WorkingOrder] = {}
        self._said = DayBook()
        self._note = self._said.note
        self._lease = Lease(context.clock, self._on_lease)
        self._opener = Opener(
            last_tick=context.last_tick,
            look=self._look,
            fill=self._fill,
            enter=self._enter,
            cancel=self._cancel,
        )
        self._funds = Funds(context.capital, context.instrument, context.last_tick)
        self._note_fill = self._funds.note
        payer = Collateral(self._funds.of, self._held, context.instrument, context.last_tick)
        self._unpayable = payer.objection if options.check_funds else None
        # Of the port, too: what an account is worth, and that a day is over.
        self.funds, self.end_day = self._funds.of, self._funds.end_day

    # -- the port ----------------------------------------------------------------

    def connect(self) -> None:
        """Open the venue; `ConnectionChanged` says so."""
        self._is_up = True
        self._refusal = self._lapsed
        self._post(ConnectionChanged(self._name, is_up=True, reason="", ts_ns=self._now_ns()))

    def close(self) -> None:
        """Take no more orders; what works stays as it stands, to be looked at."""
        self._is_up = False
        self._refusal = reasons.NOT_CONNECTED.because(f"venue {self._name} is closed")

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Do nothing: the venue is shown all market data of the engine's feed."""

    def send_order(self, request: OrderRequest) -> None:
        """Accept or reject an order, and fill what the last tick's book gives at once."""
        now_ns = self._now_ns()
        order_id, symbol, offset = request.order_id, request.symbol, request.offset
        pit = self._pits.get(symbol)
        tick = self._last_tick(symbol)
        if pit is not None and tick is not None:
            tick = pit.book.latest(tick)
        reason = self._refusal or self._objection(request, pit, tick, now_ns)
        if reason:
            report = OrderReport(order_id, _REJECTED, now_ns, reason=reason)
            self._note(report)
            self._post(report)
            return
        if pit is None:
            pit = self._pits[symbol]
        self._accepted += 1
        venue_order_id = f"V{self._accepted}"
        order = WorkingOrder(request, venue_order_id, now_ns)
        if offset is not _OPEN and offset is not _NONE:
            self._held[request.account, symbol].freeze(request, request.volume)
        self._orders[order_id] = order
        report = OrderReport(order_id, _NOTTRADED, now_ns, 0, venue_order_id)
        self._note(report)
        self._post(report)
        if pit.opens_ns <= now_ns < pit.closes_ns:
            pit.book.arrive(order, tick, self._book_age_ns)
            if order.left:
                kind = request.type
                if kind is _LIMIT or kind is _MARKET:
                    (pit.buys if request.direction is _LONG else pit.sells)[order_id] = order
                else:
                    self._rest(pit, order)
        else:
            pit.room[order_id] = order
            (pit.buys if request.direction is _LONG else pit.sells)[order_id] = order

    def cancel_order(self, request: CancelRequest) -> None:
        """Take back what is left of an order, or refuse where nothing is, or may be."""
        now_ns = self._now_ns()
        order_id = request.order_id
        order = self._orders.get(order_id)
        if order is None:
            kind = reasons.ORDER_OVER if self._said.knows(order_id) else reasons.ORDER_NOT_FOUND
            reason = kind.because(f"order {order_id} is not working here")
        else:
            pit = self._pits[order.request.symbol]
            is_open = pit.opens_ns <= now_ns < pit.closes_ns
            reason = "" if is_open else self._hold(order, pit, now_ns)
            if not reason:
                self._cancel(order, pit, "cancelled")
                return
        self._post(CancelRefused(order_id, reason, now_ns))

    def working_orders(self) -> frozenset[str]:
        """Return the ids of the orders that wait here."""
        return frozenset(self._orders)

    def positions(self, account: str) -> list[VenuePosition]:
        """Return what an account holds here, by symbol."""
        self._begin(self._trading_day())
        return self._held.positions(account)

    def report_orders(self, question: int) -> None:
        """Say anew what was said of this trading day's orders and trades, then that it was all.

        A venue that is not connected says nothing.
        """
        if not self._is_up:
            return
        self._begin(self._trading_day())
        self._said.say_anew(self._post)
        self._post(OrdersReported(self._name, question, self._now_ns()))

    def renew_lease(self, valid_ns: int) -> None:
        """Hold the lease so many nanoseconds from now on; 0 ends it.

        When it runs out what works is cancelled, and no order is taken until it is renewed.
        """
        self._lease.renew(valid_ns)

    def nets_itself(self) -> bool:
        """Say whether orders may come without an offset."""
        return self._options.offsets == "any"

    def answers_at_once(self) -> bool:
        """Say yes: every answer is posted before the call returns."""
        return True

    def market_tap(self) -> MarketTap:
        """Return what is shown the market while an order waits."""
        return MarketTap(self._orders, self._on_tick, self._on_bar)

    # -- the market ----------------------------------------------------------------

    def _on_tick(self, tick: TickData) -> None:
        if tick.trading_day > self._day:
            self._begin(tick.trading_day)
        pit = self._pits.get(tick.symbol)
        if pit is None:
            return
        # What is stamped with the very end of a session shows what traded in it.
        book = pit.book
        if pit.opens_ns <= tick.ts_ns <= pit.closes_ns and not pit.room:
            if book.waits:
                book.match_tick(tick, self._last_tick(tick.symbol))
        elif pit.room or book.waits:
            self._opener.turn(pit, tick)

    def _on_bar(self, bar: BarData) -> None:
        if bar.trading_day > self._day:
            self._begin(bar.trading_day)
        pit = self._pits.get(bar.symbol)
        if pit is None:
            return
        # A bar is what traded in sessions. Where there are ticks, they open them.
        if pit.room and self._last_tick(bar.symbol) is None:
            for order in tuple(pit.room.values()):
                del pit.room[order.request.order_id]
                self._enter(pit, order, None)
        if pit.book.waits:
            pit.book.match_bar(bar, self._bar_share)

    def _look(self, pit: Pit, ts_ns: int) -> Stretch:
        stretch = pit.at(ts_ns)
        ends_ns = pit.schedule.day_ends_ns
        if pit.expires_ns < ends_ns < NEVER_NS:
            pit.expires_ns = ends_ns
            # Just behind the end: a bar or a tick that is stamped with it is of that day.
            self._call_at(ends_ns + 1, partial(self._expire, pit, ends_ns))
        return stretch

    def _expire(self, pit: Pit, ends_ns: int) -> None:
        reason = reasons.END_OF_DAY.because("it worked until its last session")
        for order in pit.working():
            if order.since_ns < ends_ns:
                self._cancel(order, pit, reason)

    # -- orders ------------------------------------------------------------------

    def _enter(self, pit: Pit, order: WorkingOrder, tick: TickData | None) -> None:
        pit.book.arrive(order, tick, self._book_age_ns)
        if order.left:
            self._rest(pit, order)

    def _rest(self, pit: Pit, order: WorkingOrder) -> None:
        kind = order.request.type
        if kind is _FAK or kind is _FOK:
            why = reasons.FILL_AND_KILL if kind is _FAK else reasons.FILL_OR_KILL
            self._cancel(order, pit, why.because(f"{order.left} lots were not to be had at once"))
        else:
            side = pit.buys if order.request.direction is _LONG else pit.sells
            side[order.request.order_id] = order

    def _fill(
        self, order: RestingOrder, price: float, lots: int, ts_ns: int, trading_day: int
    ) -> None:
        request = order.request
        self._trades += 1
        if trading_day > self._day:
            self._begin(trading_day)
        self._held[request.account, request.symbol].fill(request, lots)
        if not order.left:
            order_id, pit = request.order_id, self._pits[request.symbol]
            del self._orders[order_id]
            # One that was filled as it came is in neither.
            (pit.buys if request.direction is _LONG else pit.sells).pop(order_id, None)
        # The order id has the run in it: trades of two runs keep apart in a store.
        trade_id = f"{request.order_id}-T{self._trades}"
        report = TradeReport(
            request.order_id, trade_id, request.symbol, request.direction, request.offset,
            price, lots, ts_ns, trading_day,
        )  # fmt: skip
        self._note_fill((request.account, report))
        self._note(report)
        self._post(report)

    def _begin(self, day: int) -> None:
        """Let a trading day begin: what was to close lots of today closes lots of yesterday."""
        if day <= self._day:
            return
        if self._day:
            self._said.begin(self._orders)
        self._day = day
        self._held.begin(day)
        for order in self._orders.values():
            asked = order.request
            dated = self._instrument(asked.symbol).offsets is OffsetRule.DATED
            if asked.offset is _CLOSETODAY and dated:
                order.request = replace(asked, offset=_CLOSEYESTERDAY)

    def _cancel(self, order: WorkingOrder, pit: Pit, reason: str) -> None:
        asked = order.request
        order_id = asked.order_id
        del self._orders[order_id]
        pit.remove(order)
        if asked.offset is not _OPEN and asked.offset is not _NONE:
            self._held[asked.account, asked.symbol].freeze(asked, -order.left)
        traded = asked.volume - order.left
        report = OrderReport(
            order_id, _CANCELLED, self._now_ns(), traded, order.venue_order_id, reason
        )
        self._note(report)
        self._post(report)

    def _on_lease(self, lapsed: str) -> None:
        self._lapsed = lapsed
        if self._is_up:
            self._refusal = lapsed
        if lapsed:
            for order in tuple(self._orders.values()):
                self._cancel(order, self._pits[order.request.symbol], lapsed)

    # -- what is refused -----------------------------------------------------------

    def _objection(
        self, request: OrderRequest, pit: Pit | None, tick: TickData | None, now_ns: int
    ) -> str:
        # "" accepts; what it says otherwise is read by the person who asked.
        try:
            instrument = self._instrument(request.symbol)
        except UnknownInstrument as error:
            what = f"{request.symbol} is not traded here: {error}"
            return reasons.UNKNOWN_INSTRUMENT.because(what)
        if pit is None:
            pit = self._pits[request.symbol] = Pit(
                self._make_book(FillContext(instrument, self._fill)),
                Schedule(request.symbol, self._market),
            )
        reason = ""
        if not pit.opens_ns <= now_ns < pit.closes_ns:
            refuses = self._options.outside_session == "reject"
            reason = state_objection(request, self._look(pit, now_ns), refuses=refuses)
            if tick is not None and tick.trading_day < pit.schedule.day:
                tick = None
        if request.type is _LIMIT:
            reason = reason or price_objection(request, instrument, tick)
        else:
            strict = self._options.strict_types
            reason = reason or type_objection(request, instrument, tick, strict=strict)
        offset = request.offset
        # Only T+1 stands in the way of an order that nets.
        if offset is not _OPEN and (offset is not _NONE or instrument.closable_after):
            self._begin(self._trading_day())
            reason = reason or self._held[request.account, request.symbol].objection(request)
        if self._unpayable is not None:
            reason = reason or self._unpayable(request, self._orders.values())
        if (pit.sells if request.direction is _LONG else pit.buys) and not reason:
            reason = self._crossing_objection(request, pit)
        return reason

    def _crossing_objection(self, request: OrderRequest, pit: Pit) -> str:
        wish = self._options.self_trade
        own = [] if wish == "allow" else crossing(request, pit.against(request))
        if not own:
            return ""
        if wish == "refuse":
            return would_meet(own[0].request)
        reason = reasons.SELF_TRADE.because(f"{request.order_id} came against it")
        for order in own:
            self._cancel(order, pit, reason)
        return ""

    def _hold(self, order: WorkingOrder, pit: Pit, now_ns: int) -> str:
        # Why an order cannot be taken back at this time; "" where it can. What came in the
        # minute of the match waits outside the exchange.
        stretch = self._look(pit, now_ns)
        is_there = stretch.phase is Phase.MATCHING and order.since_ns < stretch.start_ns
        if is_there or self._options.outside_session == "reject":
            return shut(order.request.symbol, stretch)
        return ""
