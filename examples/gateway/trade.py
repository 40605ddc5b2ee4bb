"""Trade at a kiosk: the line is cut in the middle of an order, and nothing is lost.

.venv/bin/python examples/gateway/trade.py    once the package in this folder is installed
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import count

from homalos import Engine, Settings, Strategy
from homalos.config import AccountSettings, GatewaySettings
from homalos.model import ConnectionChanged, OrderData, Status, TickData
from kiosk_gateway import Kiosk

SYMBOL = "rb2510.SHFE"
SHANGHAI = timezone(timedelta(hours=8))
NINE = int(datetime(2025, 8, 5, 9, 0, tzinfo=SHANGHAI).timestamp()) * 1_000_000_000
MILLISECOND = 1_000_000


class BuyOnce(Strategy):
    """Buys 3 lots at the first offer it sees."""

    def on_start(self) -> None:
        """Begin with nothing asked for."""
        self.is_done = False

    def on_tick(self, tick: TickData) -> None:
        """Buy at the offer, once."""
        if not self.is_done:
            self.is_done = True
            self.buy(tick.ask_price_1, 3)

    def on_order(self, order: OrderData) -> None:
        """Say how far the order has come; cut the line when a part is filled."""
        print(f"order {order.order_id}: {order.status}, {order.traded} of {order.volume} lots")
        if order.status is Status.PARTTRADED:
            kiosk.drop()
            kiosk.quote(SYMBOL, 3199, 3200, 5)  # the rest is filled while nobody listens
        if order.status is Status.ALLTRADED:
            engine.request_stop()


def on_connection(event: ConnectionChanged) -> None:
    """Say so; the first time, begin the market."""
    print(f"{event.gateway} is {'up' if event.is_up else 'down'}")
    if event.is_up and not engine.summary().ticks:
        kiosk.quote(SYMBOL, 3199, 3200, 1)  # only one lot is offered


clock = count(NINE, MILLISECOND)
with Kiosk({SYMBOL: 1.0}, trading_day=20250805, now_ns=lambda: next(clock)) as kiosk:
    settings = Settings(
        gateways={
            "corner": GatewaySettings(kind="kiosk", options={"port": kiosk.port, "retry_s": 0.1})
        },
        accounts={"main": AccountSettings(gateway="corner")},
    )
    engine = Engine.build(settings)
    engine.add_strategy(BuyOnce, symbol=SYMBOL)
    engine.subscribe(ConnectionChanged, on_connection)
    summary = engine.run()

print(f"{summary.trades} trades, fees {summary.fees:.2f}")
