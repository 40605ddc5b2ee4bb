"""A floor to stand on for orders that the engine holds: an engine, a strategy, a venue by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from homalos.config import AccountSettings
from homalos.errors import GatewayError
from homalos.model import (
    Alert,
    BarData,
    ConnectionChanged,
    Direction,
    Offset,
    OrderData,
    OrderRequest,
    Rejection,
    TickData,
)
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Market
from homalos.strategy import Strategy
from homalos.testing import SYMBOL, FakeGateway, at, bar, engine, tick

__all__ = ["CLOSE", "LONG", "OPEN", "SHORT", "Breaking", "Floor", "Hand", "taken"]

LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE = Offset.OPEN, Offset.CLOSE


class Hand(Strategy):
    """Keeps what it hears, and does what the test says when a bar comes."""

    def on_init(self) -> None:
        """Begin with nothing."""
        self.heard: list[OrderData] = []
        self.on_next_bar: Any = None

    def on_tick(self, _: TickData) -> None:
        """See the market, so that it is watched."""

    def on_bar(self, _: BarData) -> None:
        """Do once what the test says."""
        if self.on_next_bar is not None:
            action, self.on_next_bar = self.on_next_bar, None
            action()

    def on_order(self, order: OrderData) -> None:
        """Keep an order's state."""
        self.heard.append(order)


class Breaking(FakeGateway):
    """A venue that takes an order and raises, while the test says so."""

    breaks = False

    def send_order(self, request: OrderRequest) -> None:
        """Take it, and raise."""
        super().send_order(request)
        if self.breaks:
            msg = "the line broke"
            raise GatewayError(msg, gateway="fake")


class Floor:
    """An engine with one strategy called `hand`, at second 0, the price where it is told."""

    def __init__(
        self,
        *specs: RiskRuleSpec,
        price: float = 100.0,
        market: Market | None = None,
        venue: FakeGateway | None = None,
        **settings: Any,
    ) -> None:
        self.venue = venue or FakeGateway()
        accounts = {"main": AccountSettings(gateway="fake", capital=Decimal(10_000_000))}
        self.engine = engine(
            *specs, gateway=self.venue, market=market, accounts=accounts, **settings
        )
        hand = self.engine.add_strategy(Hand, symbol=SYMBOL, name="hand")
        assert isinstance(hand, Hand)
        self.hand = hand
        self.orders = self.engine.parts.orders
        self.alerts: list[Alert] = []
        self.engine.parts.bus.subscribe(Alert, self.alerts.append)
        self.engine.start()
        if price == price:  # noqa: PLR0124  nan: nothing has traded yet
            self.tick(price)

    # -- what happens ------------------------------------------------------------

    def tick(self, price: float, second: float = 0, **fields: Any) -> None:
        """Let a price trade."""
        self.engine.step(tick(price=price, ts_ns=at(second), **fields))

    def bar(self, minute: int, high: float, low: float, close: float) -> None:
        """Let a minute end, counted from second 0."""
        self.engine.step(
            bar(
                price=close,
                start_ns=at(60 * minute),
                high_price=high,
                low_price=low,
                open_price=close,
            )
        )

    def pass_time(self, second: float) -> None:
        """Let time pass up to a second, and nothing trade."""
        self.engine.parts.loop.advance(at(second))

    def connection(self, *, is_up: bool) -> None:
        """Have the venue go away or come back."""
        self.venue.report(ConnectionChanged("fake", is_up, "", at(0)))

    def hold(self, volume: int, price: float = 100) -> None:
        """Have the strategy hold so many lots long."""
        self.hand.buy(price, volume)
        self.venue.fill()

    # -- what is seen ------------------------------------------------------------

    @property
    def sent(self) -> list[tuple[str, str, float, int]]:
        """Return what the venue was sent: id, type, price (-1 at the market) and lots."""
        return [
            (r.order_id, str(r.type), -1 if r.price != r.price else r.price, r.volume)
            for r in self.venue.requests
        ]

    @property
    def taken_back(self) -> list[str]:
        """Return the ids that the venue was asked to cancel."""
        return [request.order_id for request in self.venue.cancels]

    def state(self, order: OrderData | Rejection | str) -> OrderData:
        """Return an order's last state."""
        return self.orders.wholes.state(order if isinstance(order, str) else order.order_id)

    def lines(self, order: OrderData | Rejection | str) -> str:
        """Return where an order is and how far: `resting 1/3`."""
        state = self.state(order)
        return f"{state.phase} {state.traded}/{state.volume}"


def taken(order: OrderData | Rejection) -> OrderData:
    """Return an order that must not have been refused."""
    assert isinstance(order, OrderData), order
    return order
