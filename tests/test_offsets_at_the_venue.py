"""Engine and simulated venue keep the same lots, by day, whatever a strategy does."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from homalos.config import AccountSettings, GatewaySettings
from homalos.model import (
    Alert,
    CloseFirst,
    Fee,
    Offset,
    OffsetRule,
    OrderData,
    PositionMode,
    Status,
)
from homalos.plugins.ports import Session
from homalos.strategy import Strategy
from homalos.testing import (
    DAY,
    INSTRUMENTS,
    SYMBOL,
    FakeFeed,
    FakeMarket,
    at,
    engine,
    tick,
)
from homalos_sim import plugin as sim

if TYPE_CHECKING:
    from homalos.model import TickData

DAYS, TICKS = 6, 60
_TODAY_FREE = {"fee_close": Fee(per_lot=Decimal(3)), "fee_close_today": Fee()}
_TODAY_DEAR = {"fee_close": Fee(), "fee_close_today": Fee(per_lot=Decimal(3))}


class Restless(Strategy):
    """Opens, closes, cancels and aims at random, also for more than it holds."""

    def on_init(self) -> None:
        """Begin with nothing, and the same chance every time."""
        self.chance = Random(7)
        self.offsets: set[str] = set()
        self.rejected: list[OrderData] = []

    def on_tick(self, tick: TickData) -> None:
        """Do one thing."""
        lots, chance = self.chance.randint(1, 4), self.chance.random
        ask = self.buy if chance() < 0.5 else self.short
        close = self.sell if chance() < 0.5 else self.cover
        away = self.chance.choice((-2, 0, 2))
        draw = chance()
        if draw < 0.3:
            ask(tick.last_price + away, lots)
        elif draw < 0.7:
            close(tick.last_price + away, lots)
        elif draw < 0.8:
            self.cancel_all()
        elif draw < 0.9:
            self.set_target_pos(self.chance.randint(-3, 3))

    def on_order(self, order: OrderData) -> None:
        """Note what the venue was asked, and what it refused."""
        self.offsets.add(str(order.offset))
        if order.status is Status.REJECTED:
            self.rejected.append(order)


class Idle(Strategy):
    """Trades as the test says."""

    def on_tick(self, tick: TickData) -> None:
        """See the market, so that it is watched."""


def ticks() -> list[TickData]:
    """Return some days of a price that wanders."""
    chance, price, made = Random(3), 100, []
    for day in range(DAYS):
        for second in range(TICKS):
            price = max(price + chance.choice((-1, 0, 1)), 90)
            made.append(tick(price=float(price), ts_ns=at(day * 86_400 + second)))
    return made


def run(
    contract: dict[str, Any], account: dict[str, Any], offsets: str = "any"
) -> tuple[Restless, Any, list[str]]:
    """Run it over the days; return the strategy, the engine's parts and what the audit said."""
    built = engine(
        plugins=[sim],
        market=FakeMarket([evolve(INSTRUMENTS[SYMBOL], **contract)]),
        feed=FakeFeed(ticks()),
        # What it sends at random crosses its own orders, too; that is looked at elsewhere.
        gateways={
            "sim": GatewaySettings(kind="sim", options={"self_trade": "allow", "offsets": offsets})
        },
        accounts={"main": AccountSettings(gateway="sim", **account)},
    )
    strategy = built.add_strategy(Restless, symbol=SYMBOL)
    assert isinstance(strategy, Restless)
    told: list[str] = []
    built.subscribe(Alert, lambda alert: told.append(f"{alert.source}: {alert.message}"))
    summary = built.run()
    assert summary.trades > 50
    assert summary.faults == 0
    return strategy, built.parts, told


@pytest.mark.parametrize("close_today", ["close", "lock", "cheaper"])
@pytest.mark.parametrize(
    ("contract", "offsets"),
    [
        ({"offsets": OffsetRule.DATED, **_TODAY_FREE}, {"open", "closetoday", "closeyesterday"}),
        ({"offsets": OffsetRule.DATED, **_TODAY_DEAR}, {"open", "closetoday", "closeyesterday"}),
        ({"offsets": OffsetRule.PLAIN}, {"open", "close"}),
        ({"offsets": OffsetRule.NONE}, {"none"}),
        ({"offsets": OffsetRule.DATED, "closable_after": 1}, {"open", "closeyesterday"}),
    ],
)
def test_the_venue_refuses_no_close_and_holds_what_the_books_hold(
    contract: dict[str, Any], offsets: set[str], close_today: str
) -> None:
    """Looked at with each new day and at the end; no lot is closed that was not there."""
    strategy, parts, told = run(contract, {"close_today": close_today})
    assert told == []
    assert strategy.rejected == []
    assert strategy.offsets <= offsets
    assert parts.auditor.looks == DAYS + 1
    position = parts.accounts.holding("main", SYMBOL)
    assert position.overclosed == 0
    held = position.opening_long + position.opening_short
    held += position.closing_long + position.closing_short
    assert held == sum(order.left for order in parts.orders.working())
    assert min(position.closing_long_today, position.closing_short_today) >= 0
    if close_today == "close":
        assert strategy.offsets == offsets


@pytest.mark.parametrize(
    ("contract", "offsets"),
    [
        ({"close_first": CloseFirst.OLDEST}, {"open", "close"}),
        ({"close_first": CloseFirst.TODAY}, {"open", "close"}),
        ({"offsets": OffsetRule.DATED}, {"open", "closetoday", "closeyesterday"}),
        ({"offsets": OffsetRule.NONE}, {"none"}),
    ],
)
def test_a_netting_account_and_its_venue_agree_on_the_days(
    contract: dict[str, Any], offsets: set[str]
) -> None:
    """What closes and what opens is said in the venue's words, or not where it need not be."""
    account = {"mode": PositionMode.NETTING}
    strategy, _, told = run(contract, account, offsets="exchange")
    assert (told, strategy.rejected, strategy.offsets) == ([], [], offsets)
    strategy, _, told = run(contract, account)
    assert (told, strategy.rejected, strategy.offsets) == ([], [], {"none"})


def test_a_close_of_todays_lots_that_outlives_its_day_closes_yesterdays() -> None:
    """It came when the day's last session was over: it fills on the next one, in both books."""
    contract = evolve(INSTRUMENTS[SYMBOL], offsets=OffsetRule.DATED)
    sessions = (Session(at(0), at(10), DAY), Session(at(86_400), at(86_410), DAY + 1))
    built = engine(
        plugins=[sim],
        market=FakeMarket([contract], sessions=sessions),
        gateways={"sim": GatewaySettings(kind="sim")},
        accounts={"main": AccountSettings(gateway="sim")},
    )
    hand = built.add_strategy(Idle, symbol=SYMBOL)
    orders = built.parts.orders.orders
    with built:
        built.step(tick())
        hand.buy(101, 2)
        built.step(tick(ts_ns=at(10)))
        hand.sell(150, 2)
        built.step(tick(ts_ns=at(86_400)))
        assert orders["1-2"].status is Status.NOTTRADED
        built.step(tick(price=151.0, ts_ns=at(86_401)))
    assert [order.status for order in orders.values()] == [Status.ALLTRADED, Status.ALLTRADED]
    assert built.parts.orders.trades[-1].offset is Offset.CLOSEYESTERDAY
    position = built.parts.accounts.holding("main", SYMBOL)
    assert (position.long, position.overclosed, position.closing_long) == (0, 0, 0)
    assert built.parts.auditor.differences == ()


def test_an_order_of_the_day_ends_with_its_last_session() -> None:
    """The venue takes it back and says why; the engine frees what it had frozen."""
    sessions = (Session(at(0), at(10), DAY), Session(at(86_400), at(86_410), DAY + 1))
    built = engine(
        plugins=[sim],
        market=FakeMarket(sessions=sessions),
        gateways={"sim": GatewaySettings(kind="sim")},
        accounts={"main": AccountSettings(gateway="sim")},
    )
    hand = built.add_strategy(Idle, symbol=SYMBOL)
    with built:
        built.step(tick())
        hand.buy(90, 2)
        built.step(tick(ts_ns=at(9)))
        built.step(tick(ts_ns=at(86_400)))
        (order,) = built.parts.orders.orders.values()
    assert order.status is Status.CANCELLED
    assert order.reason.startswith("exchange end of day (当日有效)")
    assert order.ts_ns == at(10) + 1
    assert built.parts.accounts.holding("main", SYMBOL).opening_long == 0
