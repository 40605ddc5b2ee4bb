"""Enter with a bracket: the exits wait for the entry's fills, and one cancels the other.

Two brackets on a tape made by hand: the first takes its profit, the second its loss.

.venv/bin/python examples/bracket_orders.py
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from homalos import Engine, Settings, Strategy
from homalos.model import Direction, OrderData, OrderPhase, Rejection, TickData, TradeData

SHANGHAI = timezone(timedelta(hours=8))
NINE = int(datetime(2025, 8, 5, 9, 0, tzinfo=SHANGHAI).timestamp()) * 1_000_000_000
SECOND = 1_000_000_000


class Bracketed(Strategy):
    """Buys 3 lots at the offer whenever it is flat, 10 away from a profit and from a loss."""

    def on_tick(self, tick: TickData) -> None:
        """Enter, with the orders that will close what fills."""
        if self.pos or self.active_orders():
            return
        offer = tick.ask_price_1
        sent = self.bracket(Direction.LONG, offer, 3, take_profit=offer + 10, stop_loss=offer - 10)
        if isinstance(sent, Rejection):
            self.log(f"{sent.rule}: {sent.message}", level="warning")

    def on_order(self, order: OrderData) -> None:
        """Say what the engine holds, and what has ended unfilled."""
        if order.phase is OrderPhase.HELD:
            print(f"  {order.order_id} is held: {order.type}, {order.volume} lots")
        elif order.phase is OrderPhase.CANCELLED:
            print(f"  {order.order_id} is cancelled: {order.reason}")

    def on_trade(self, trade: TradeData) -> None:
        """Say what was filled."""
        side = "bought" if trade.direction is Direction.LONG else "sold"
        print(f"  {trade.order_id}: {trade.volume} {side} at {trade.price:g}")


def tick(second: int, bid: float, offered: int = 50) -> TickData:
    """Make a snapshot of a book that is one tick wide, some seconds after nine."""
    return TickData(
        symbol="rb2510.SHFE",
        ts_ns=NINE + second * SECOND,
        trading_day=20250805,
        last_price=bid,
        bid_price_1=bid,
        bid_volume_1=50,
        ask_price_1=bid + 1,
        ask_volume_1=offered,
    )


engine = Engine.build(Settings())
engine.add_strategy(Bracketed, symbol="rb2510.SHFE")
with engine:
    for event in (
        tick(0, bid=3199, offered=2),  # an offer of 2 lots at 3200: the entry fills in part
        tick(1, bid=3198),  # and the rest is filled at its limit
        tick(2, bid=3211),  # above the profit: both parts of it fill, and the next bracket enters
        tick(3, bid=3190),  # far below the stop at 3202: out, wherever the market is
    ):
        print(f"bid {event.bid_price_1:g}, offer {event.ask_price_1:g}")
        engine.step(event)

summary = engine.summary()
print(f"{summary.trades} trades, fees {summary.fees:.2f}, profit {summary.pnl:.2f}")
