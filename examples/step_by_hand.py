"""Drive an engine tick by tick, with ticks made by hand, and watch one order fill.

.venv/bin/python examples/step_by_hand.py
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from homalos import Engine, Settings, Strategy
from homalos.model import OrderData, TickData

SHANGHAI = timezone(timedelta(hours=8))
NINE = int(datetime(2025, 8, 5, 9, 0, tzinfo=SHANGHAI).timestamp()) * 1_000_000_000
SECOND = 1_000_000_000


class BuyThenSell(Strategy):
    """Buys 3 lots at the first offer it sees; sells them when the bid is 10 higher."""

    def on_start(self) -> None:
        """Begin with nothing asked for."""
        self.bought_at = 0.0

    def on_tick(self, tick: TickData) -> None:
        """Buy once, sell once."""
        if not self.bought_at:
            self.bought_at = tick.ask_price_1
            self.buy(self.bought_at, 3)
        elif self.pos == 3 and tick.bid_price_1 >= self.bought_at + 10:
            self.sell(tick.bid_price_1, 3)

    def on_order(self, order: OrderData) -> None:
        """Say how far an order has come."""
        print(f"  order {order.order_id}: {order.status}, {order.traded} of {order.volume} lots")


def tick(second: int, bid: float, offer: float, offered: int) -> TickData:
    """Make a snapshot of the book, some seconds after nine."""
    return TickData(
        symbol="rb2510.SHFE",
        ts_ns=NINE + second * SECOND,
        trading_day=20250805,
        last_price=bid,
        bid_price_1=bid,
        bid_volume_1=50,
        ask_price_1=offer,
        ask_volume_1=offered,
    )


engine = Engine.build(Settings())  # one simulated venue, one account, no feed, nothing on disk
engine.add_strategy(BuyThenSell, symbol="rb2510.SHFE")
with engine:
    for event in (
        tick(0, bid=3199, offer=3200, offered=1),  # only one lot is offered
        tick(1, bid=3199, offer=3200, offered=5),  # now the rest is
        tick(2, bid=3204, offer=3205, offered=5),
        tick(3, bid=3210, offer=3211, offered=5),  # 10 higher: out
    ):
        print(f"bid {event.bid_price_1:g}, offer {event.ask_price_1:g}")
        engine.step(event)

summary = engine.summary()
print(f"{summary.trades} trades, fees {summary.fees:.2f}, profit {summary.pnl:.2f}")
