"""A simulated venue on a clock that goes when it is told to, and everything that it says."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import nan
from typing import Any

from homalos.model import (
    BarData,
    CancelRefused,
    CancelRequest,
    Direction,
    Instrument,
    Offset,
    OrderReport,
    OrderRequest,
    OrderType,
    TickData,
    TradeReport,
)
from homalos.plugins.ports import Auction, GatewayContext, Market, Session, VenueEvent
from homalos.testing import INSTRUMENTS, START_NS, SYMBOL, FakeClock, FakeMarket
from homalos.testing.contracts.requirement import options_of
from homalos_sim.plugin import register_fill_models, register_gateways

__all__ = ["AuctionMarket", "VenueFloor", "told"]


class AuctionMarket(FakeMarket):
    """The exchange TEST with call auctions before its sessions."""

    def __init__(
        self,
        sessions: Iterable[Session],
        auctions: Iterable[Auction],
        instruments: Iterable[Instrument] = tuple(INSTRUMENTS.values()),
    ) -> None:
        """Make it; sessions and auctions hold for every contract."""
        super().__init__(instruments, sessions=sessions)
        self._auctions = tuple(auctions)

    def auctions(self, symbol: str, trading_day: int) -> tuple[Auction, ...]:
        """Return the auctions of a trading day."""
        self.resolve(symbol)
        return tuple(each for each in self._auctions if each.trading_day == trading_day)


class VenueFloor:
    """A connected venue, its clock, its market, and everything it posted.

    Attributes:
        clock: Begins at `start_ns`.
        day: The trading day that the engine is in; `show` lets it follow the events.
        symbol: What is traded unless a call says otherwise.
    """

    def __init__(
        self,
        *,
        market: Market | None = None,
        symbol: str = SYMBOL,
        start_ns: int = START_NS,
        capital: Mapping[str, Decimal] | None = None,
        seed: int = 1,
        **options: Any,
    ) -> None:
        """Connect, and forget the report of it."""
        self.clock = FakeClock(start_ns)
        self.market: Market = market or FakeMarket()
        self.symbol = symbol
        self.day = 0
        self._posted: list[VenueEvent] = []
        self._ticks: dict[str, TickData] = {}
        context = GatewayContext(
            name="sim",
            clock=self.clock,
            random=random.Random(seed),
            instrument=self.market.resolve,
            last_tick=self._ticks.get,
            post=self._posted.append,
            post_at=self._post_at,
            fill_model={spec.name: spec for spec in register_fill_models()}.__getitem__,
            trading_day=lambda: self.day,
            market=lambda _symbol: self.market,
            capital=capital or {},
        )
        (spec,) = register_gateways()
        self.venue: Any = spec.factory(context, options_of(spec, options))
        self.venue.connect()
        self.said()

    def said(self) -> list[VenueEvent]:
        """Return what was posted since the last time."""
        new = list(self._posted)
        self._posted.clear()
        return new

    def send(
        self,
        name: str,
        side: Direction,
        volume: int,
        price: float = nan,
        *,
        kind: OrderType | None = None,
        offset: Offset = Offset.OPEN,
        account: str = "main",
        symbol: str = "",
    ) -> list[VenueEvent]:
        """Send an order, of market where no price is given; return what is said at once."""
        if kind is None:
            kind = OrderType.MARKET if price != price else OrderType.LIMIT  # noqa: PLR0124  nan
        self.venue.send_order(
            OrderRequest(
                name,
                symbol or self.symbol,
                side,
                offset,
                kind,
                price,
                volume,
                "s",
                account,
                "sim",
                self.clock.now,
            )
        )
        return self.said()

    def cancel(self, name: str, *, account: str = "main") -> list[VenueEvent]:
        """Cancel an order; return what is said at once."""
        now_ns = self.clock.now
        self.venue.cancel_order(CancelRequest(name, self.symbol, "s", account, "sim", now_ns))
        return self.said()

    def until(self, ts_ns: int) -> list[VenueEvent]:
        """Let time pass until an instant; return what is said on the way."""
        self.clock.advance(ts_ns - self.clock.now)
        return self.said()

    def show(self, event: TickData | BarData) -> list[VenueEvent]:
        """Show an event as the engine does: first what is due before it; return what is said.

        The venue sees it only while something waits, and before it is the last tick.
        """
        self.clock.advance(event.ts_ns - self.clock.now)
        tap = self.venue.market_tap()
        if tap.waiting:
            tap.on_bar(event) if isinstance(event, BarData) else tap.on_tick(event)
        self.day = max(self.day, event.trading_day)
        if isinstance(event, TickData):
            self._ticks[event.symbol] = event
        return self.said()

    def _post_at(self, due_ns: int, event: VenueEvent) -> None:
        self.clock.call_at(due_ns, lambda: self._posted.append(event))


def told(events: list[VenueEvent]) -> list[tuple[Any, ...]]:
    """Return reports as short as a tape is written down: what, whose, how many, at which price."""
    short: list[tuple[Any, ...]] = []
    for each in events:
        if isinstance(each, TradeReport):
            short.append(("trade", each.order_id, each.volume, each.price))
        elif isinstance(each, OrderReport):
            short.append((str(each.status), each.order_id, each.traded))
        elif isinstance(each, CancelRefused):
            short.append(("refused", each.order_id))
        else:
            short.append((type(each).__name__,))
    return short
