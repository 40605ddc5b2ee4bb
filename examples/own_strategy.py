"""Write a strategy with parameters of its own and run it on the demo's market.

It buys dips with limit orders and gives up on those that are not filled in time.

.venv/bin/python examples/own_strategy.py
"""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import ge, gt

from homalos import Engine, Strategy
from homalos.model import Alert, BarData, OrderData, Rejection, Status, TradeData


class DipBuyer(Strategy):
    """Bids below the mean of the last closes, and leaves when the price is back at it."""

    @frozen(kw_only=True)
    class Params:
        """What can be set.

        Attributes:
            bars: Closes in the mean, >= 2.
            ticks_below: How far below the mean it bids, in ticks, > 0.
            patience_s: Seconds an order may wait, > 0.
        """

        bars: int = field(default=20, validator=ge(2))
        ticks_below: int = field(default=3, validator=gt(0))
        patience_s: float = field(default=180.0, validator=gt(0))

    params: Params

    def on_start(self) -> None:
        """Look twice a minute whether an order has waited for too long."""
        self.given_up = 0
        self.timer("patience", 30)

    def on_bar(self, bar: BarData) -> None:
        """Bid below the mean while flat, ask for the mean while long."""
        closes = [each.close_price for each in self.history(self.params.bars)]
        if len(closes) < self.params.bars or not bar.volume or self.active_orders():
            return
        mean = sum(closes) / len(closes)
        below = self.params.ticks_below * self.instrument().tick_size
        # Prices need no rounding: the engine puts them on the contract's grid.
        sent = self.sell(mean, 1) if self.pos else self.buy(mean - below, 1)
        if isinstance(sent, Rejection):
            self.log(f"{sent.rule}: {sent.message}", level="warning")

    def on_timer(self, name: str) -> None:
        """Cancel what has waited for too long."""
        if name != "patience":
            return
        for order in self.active_orders():
            if self.now_ns - order.created_ns > self.params.patience_s * 1_000_000_000:
                self.cancel_order(order)

    def on_order(self, order: OrderData) -> None:
        """Count the orders given up."""
        self.given_up += order.status is Status.CANCELLED

    def on_stop(self) -> None:
        """Tell how many there were."""
        self.log(f"{self.given_up} orders were given up")


def show(trade: TradeData) -> None:
    """Print a trade."""
    print(f"{trade.direction:5} {trade.offset:5} {trade.volume} at {trade.price:g}")


if __name__ == "__main__":
    engine = Engine.demo()
    engine.add_strategy(DipBuyer, symbol="rb2510.SHFE", name="dips", patience_s=120.0)
    engine.subscribe(TradeData, show, key="dips")
    engine.subscribe(Alert, lambda alert: print(f"{alert.source}: {alert.message}"))
    summary = engine.run()
    print(f"{summary.trades} trades, profit {summary.pnl:.2f} after fees of {summary.fees:.2f}")
