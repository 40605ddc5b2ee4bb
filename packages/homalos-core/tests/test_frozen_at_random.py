"""What working orders hold of an account, against a plain sum over the orders as published."""

from __future__ import annotations

from decimal import Decimal
from math import isclose

from hypothesis import given, settings
from hypothesis import strategies as st

from homalos.config import AccountSettings
from homalos.model import ACTIVE, Direction, Fee, Instrument, Offset, OrderData
from homalos.strategy import Strategy
from homalos.testing import SYMBOL, FakeGateway, FakeMarket, at, engine, tick

LONG, SHORT = Direction.LONG, Direction.SHORT
DAY_S = 86_400
# Opening costs 0.0002 of the turnover and 1 a lot; closing the dearer of 2 a lot and 3 a lot.
CONTRACT = Instrument(
    SYMBOL,
    "aa",
    tick_size=1.0,
    multiplier=10,
    margin_rate=Decimal("0.12"),
    margin_rate_short=Decimal("0.15"),
    margin_per_lot=Decimal(7),
    fee_open=Fee(Decimal("0.0002"), Decimal(1)),
    fee_close=Fee(per_lot=Decimal(2)),
    fee_close_today=Fee(per_lot=Decimal(3)),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "short", "sell", "cover", "fill", "cancel", "day"]),
        st.integers(90, 110),
        st.integers(1, 4),
        st.integers(0, 5),
    ),
    max_size=25,
)


class Hand(Strategy):
    """Trades as the test says."""

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""


def held_by(order: OrderData) -> Decimal:
    """Return what is held for the rest of an order, from its terms alone."""
    left = order.volume - order.traded
    turnover = Decimal(str(order.price)) * 10 * left
    if order.offset is not Offset.OPEN:
        return Decimal(3) * left
    rate = Decimal("0.12") if order.direction is LONG else Decimal("0.15")
    return turnover * (rate + Decimal("0.0002")) + Decimal(7 + 1) * left


@settings(max_examples=300)
@given(STEPS)
def test_frozen_is_what_the_working_orders_need(steps: list[tuple[str, int, int, int]]) -> None:
    """After every step; and available is equity less margin less frozen, all of them >= 0 held."""
    venue = FakeGateway()
    account = AccountSettings(gateway="fake", capital=Decimal(1_000_000))
    built = engine(market=FakeMarket([CONTRACT]), gateway=venue, accounts={"main": account})
    hand = built.add_strategy(Hand, symbol=SYMBOL, name="hand")
    accounts, orders = built.parts.accounts, built.parts.orders
    days = 0
    with built:
        built.step(tick())
        for what, price, lots, which in steps:
            working = [order.order_id for order in orders.working()]
            if what == "day":
                days += 1
                built.step(tick(ts_ns=at(days * DAY_S), price=float(price)))
            elif what in ("fill", "cancel"):
                if working:
                    chosen = working[which % len(working)]
                    left = orders.orders[chosen].volume - orders.orders[chosen].traded
                    if what == "fill":
                        venue.fill(chosen, volume=min(lots, left))
                    else:
                        venue.cancel(chosen)
            else:
                getattr(hand, what)(price, lots)
            active = [order for order in orders.orders.values() if order.status in ACTIVE]
            needed = sum(map(held_by, active), Decimal(0))
            books = accounts.accounts["main"]
            assert isclose(books.frozen, float(needed), abs_tol=1e-6)
            assert books.frozen > -1e-6
            data = accounts.account_data("main", built.parts.loop.trading_day)
            assert abs(data.available - (data.equity - data.margin - needed)) < Decimal("1e-5")
            assert abs(Decimal(books.available()) - data.available) < Decimal("0.001")
