"""The simulated venue: takes orders, shows them the tape, reports what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from homalos.errors import ConfigError, UnknownInstrument
from homalos.model import (
    CancelRefused,
    ConnectionChanged,
    Offset,
    OffsetRule,
    OrderReport,
    OrdersReported,
    OrderType,
    Status,
    TradeReport,
)
from homalos.plugins.ports import FillContext, MarketTap
from homalos_sim.daybook import DayBook
from homalos_sim.funds import Funds
from homalos_sim.holdings import Holding
from homalos_sim.lease import Lease
from homalos_sim.matching import WorkingOrder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from homalos.model import BarData, CancelRequest, Instrument, OrderRequest, TickData
    from homalos.plugins.ports import (
        FillModel,
        GatewayContext,
        RestingOrder,
        VenueFunds,
        VenuePosition,
    )
    from homalos_sim.options import VenueOptions

__all__ = ["SimGateway"]

_NS = 1_000_000_000
# Read once: an enum looks its members up anew each time, which is slow in 3.11.
_NOTTRADED, _CANCELLED, _REJECTED = Status.NOTTRADED, Status.CANCELLED, Status.REJECTED
_MARKET = OrderType.MARKET
_OPEN, _NONE = Offset.OPEN, Offset.NONE
_CLOSETODAY, _CLOSEYESTERDAY = Offset.CLOSETODAY, Offset.CLOSEYESTERDAY


class SimGateway:
    """A venue inside the engine; every method is called on the engine thread.

    While an order waits it sees ticks and bars before the engine dispatches them.
    Nothing is answered inline: every report goes through `context.post`.
    """

    def __init__(self, context: GatewayContext, options: VenueOptions) -> None:
        """Make the venue; it takes orders once it is connected.

        Raises:
            MissingPluginError: No plugin offers the fill model of the options.
            ConfigError: The model does not take the options given for it.
        """
        self._name = context.name
        self._now_ns = context.clock.now_ns
        self._instrument = context.instrument
        self._last_tick = context.last_tick
        self._post = context.post
        self._bar_share = options.bar_volume_share
        self._book_age_ns = round(options.book_age_s * _NS)
        self._make_book = _fill_model(context, options)
        self._is_up = False
        self._trading_day = context.trading_day
        self._day = 0
        self._held: dict[tuple[str, str], Holding] = {}
        self._books: dict[str, FillModel] = {}
        self._orders: dict[str, WorkingOrder] = {}
        self._accepted = 0
        self._trades = 0
        self._said = DayBook()
        self._note = self._said.note
        self._lease = Lease(context.clock, self._cancel_all)
        self._funds = Funds(context.capital, context.instrument, context.last_tick)

    # -- the port ----------------------------------------------------------------

    def connect(self) -> None:
        """Open the venue; `ConnectionChanged` says so."""
        self._is_up = True
        self._post(ConnectionChanged(self._name, is_up=True, reason="", ts_ns=self._now_ns()))

    def close(self) -> None:
        """Take no more orders; what works stays as it stands, to be looked at."""
        self._is_up = False

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Do nothing: the venue is shown all market data of the engine's feed."""

    def send_order(self, request: OrderRequest) -> None:
        """Accept or reject an order, and fill what the last tick's book gives at once."""
        now_ns = self._now_ns()
        book = self._books.get(request.symbol)
        tick = self._last_tick(request.symbol)
        if tick is not None and book is not None:
            tick = book.latest(tick)
        reason = self._objection(request, tick)
        if reason:
            self._say(OrderReport(request.order_id, _REJECTED, now_ns, reason=reason))
            return
        if book is None:
            contract = self._instrument(request.symbol)
            book = self._make_book(FillContext(contract, self._fill))
            self._books[request.symbol] = book
        self._accepted += 1
        venue_order_id = f"V{self._accepted}"
        order = WorkingOrder(request, venue_order_id, now_ns)
        offset = request.offset
        if offset is not _OPEN and offset is not _NONE:
            self._held[request.account, request.symbol].freeze(request, request.volume)
        self._orders[request.order_id] = order
        report = OrderReport(request.order_id, _NOTTRADED, now_ns, 0, venue_order_id)
        self._note(report)
        self._post(report)
        book.arrive(order, tick, self._book_age_ns)

    def cancel_order(self, request: CancelRequest) -> None:
        """Take back what is left of an order, or refuse where nothing is."""
        now_ns = self._now_ns()
        order = self._orders.get(request.order_id)
        if order is None:
            reason = f"order {request.order_id} is not working here: finished or never accepted"
            self._post(CancelRefused(request.order_id, reason, now_ns))
            return
        self._cancel(order, "cancelled")

    def working_orders(self) -> frozenset[str]:
        """Return the ids of the orders that wait here."""
        return frozenset(self._orders)

    def positions(self, account: str) -> list[VenuePosition]:
        """Return what an account holds here, by symbol."""
        self._begin(self._trading_day())
        found = [held for (name, _), held in sorted(self._held.items()) if name == account]
        return [position for held in found for position in held.positions()]

    def funds(self, account: str) -> VenueFunds | None:
        """Return an account's money by the venue's own arithmetic; see `homalos_sim.funds`."""
        return self._funds.of(account)

    def end_day(self, day: int) -> None:
        """Settle a trading day that is over; see `homalos_sim.funds`."""
        self._funds.end_day(day)

    def report_orders(self) -> None:
        """Say anew what was said of this trading day's orders and trades, then that it was all.

        A venue that is not connected says nothing.
        """
        if not self._is_up:
            return
        self._begin(self._trading_day())
        self._said.say_anew(self._post)
        self._post(OrdersReported(self._name, self._now_ns()))

    def renew_lease(self, valid_ns: int) -> None:
        """Hold the lease so many nanoseconds from now on; 0 ends it.

        When it runs out what works is cancelled, and no order is taken until it is renewed.
        """
        self._lease.renew(valid_ns)

    def market_tap(self) -> MarketTap:
        """Return what is shown the market while an order waits."""
        return MarketTap(self._orders, self._on_tick, self._on_bar)

    # -- inside --------------------------------------------------------------------

    def _on_tick(self, tick: TickData) -> None:
        if tick.trading_day > self._day:
            self._begin(tick.trading_day)
        book = self._books.get(tick.symbol)
        if book is not None and book.waits:
            book.match_tick(tick, self._last_tick(tick.symbol))

    def _on_bar(self, bar: BarData) -> None:
        if bar.trading_day > self._day:
            self._begin(bar.trading_day)
        book = self._books.get(bar.symbol)
        if book is not None and book.waits:
            book.match_bar(bar, self._bar_share)

    def _fill(
        self, order: RestingOrder, price: float, lots: int, ts_ns: int, trading_day: int
    ) -> None:
        request = order.request
        self._trades += 1
        if trading_day > self._day:
            self._begin(trading_day)
        held = self._held.get((request.account, request.symbol))
        if held is None:
            held = self._holding(request)
        held.fill(request, lots)
        if not order.left:
            del self._orders[request.order_id]
        report = TradeReport(
            request.order_id,
            # The order id has the run in it: trades of two runs keep apart in a store.
            f"{request.order_id}-T{self._trades}",
            request.symbol,
            request.direction,
            request.offset,
            price,
            lots,
            ts_ns,
            trading_day,
        )
        self._funds.fill(request.account, report)
        self._note(report)
        self._post(report)

    def _say(self, report: OrderReport) -> None:
        self._note(report)
        self._post(report)

    def _begin(self, day: int) -> None:
        """Let a trading day begin: what was to close lots of today closes lots of yesterday."""
        if day <= self._day:
            return
        if self._day:
            self._said.begin(self._orders)
        self._day = day
        for (_, symbol), held in self._held.items():
            held.begin(day, self._instrument(symbol))
        for order in self._orders.values():
            asked = order.request
            dated = self._instrument(asked.symbol).offsets is OffsetRule.DATED
            if asked.offset is _CLOSETODAY and dated:
                order.request = replace(asked, offset=_CLOSEYESTERDAY)

    def _cancel(self, order: WorkingOrder, reason: str) -> None:
        asked = order.request
        del self._orders[asked.order_id]
        self._books[asked.symbol].remove(order)
        if asked.offset is not _OPEN and asked.offset is not _NONE:
            self._held[asked.account, asked.symbol].freeze(asked, -order.left)
        traded = asked.volume - order.left
        self._say(
            OrderReport(
                asked.order_id, _CANCELLED, self._now_ns(), traded, order.venue_order_id, reason
            )
        )

    def _cancel_all(self, reason: str) -> None:
        for order in tuple(self._orders.values()):
            self._cancel(order, reason)

    def _objection(self, request: OrderRequest, tick: TickData | None) -> str:
        # "" accepts; what it says otherwise is read by the person who asked.
        if not self._is_up or self._lease.lapsed:
            return self._lease.lapsed or f"venue {self._name} is not connected"
        try:
            instrument = self._instrument(request.symbol)
        except UnknownInstrument as error:
            return f"{request.symbol} is not traded here: {error}"
        if request.volume <= 0:
            return f"volume {request.volume} is not above 0"
        offset = request.offset
        # Only T+1 stands in the way of an order that nets.
        if offset is not _OPEN and (offset is not _NONE or instrument.closable_after):
            objection = self._closing_objection(request)
            if objection:
                return objection
        if request.type is _MARKET:
            most, lots = instrument.max_market_volume, request.volume
            is_more = 0 < most < lots
            return f"volume {lots} is above the {most} of one market order" if is_more else ""
        return _limit_objection(request, instrument, tick)

    def _closing_objection(self, request: OrderRequest) -> str:
        self._begin(self._trading_day())
        held = self._held.get((request.account, request.symbol))
        if held is None:
            held = self._holding(request)
        return held.objection(request)

    def _holding(self, request: OrderRequest) -> Holding:
        held = Holding(self._instrument(request.symbol))
        self._held[request.account, request.symbol] = held
        return held


def _fill_model(
    context: GatewayContext, options: VenueOptions
) -> Callable[[FillContext], FillModel]:
    spec = context.fill_model(options.fill_model)
    try:
        config = spec.config(**options.fill_options)
    except (TypeError, ValueError) as error:
        where = f"$.gateways.{context.name}.options.fill_options"
        msg = f"the fill model {spec.name} does not take them: {error} @ {where}"
        raise ConfigError((msg,)) from error
    return lambda each: spec.factory(each, config)


def _limit_objection(request: OrderRequest, instrument: Instrument, tick: TickData | None) -> str:
    price = request.price
    most = instrument.max_limit_volume
    if 0 < most < request.volume:
        return f"volume {request.volume} is above the {most} of one limit order"
    if not instrument.is_on_grid(price):
        return f"price {price} is not on the {instrument.tick_size} grid of {request.symbol}"
    # An unknown limit is nan and compares False.
    if tick is not None and price > tick.limit_up:
        return f"price {price} is above the limit-up {tick.limit_up}"
    if tick is not None and price < tick.limit_down:
        return f"price {price} is below the limit-down {tick.limit_down}"
    return ""
