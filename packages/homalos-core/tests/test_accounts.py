"""Accounts while they trade: floating profit, funds and drawdown, by hand and against Decimal."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from math import nan
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from homalos.bus import Bus
from homalos.config import AccountSettings
from homalos.engine.accounts import AccountManager
from homalos.engine.data import DataManager
from homalos.model import (
    BarData,
    Direction,
    Offset,
    PositionMode,
    TickData,
    TradeData,
)
from homalos.strategy import Strategy
from homalos.testing import (
    DAY,
    INSTRUMENTS,
    OTHER,
    SYMBOL,
    FakeClock,
    FakeGateway,
    at,
    bar,
    engine,
    tick,
)

if TYPE_CHECKING:
    from collections.abc import Callable

LONG, SHORT = Direction.LONG, Direction.SHORT
NONE, OPEN, CLOSE = Offset.NONE, Offset.OPEN, Offset.CLOSE
CAPITAL = Decimal(100_000)


class House:
    """Accounts on a bus, with the data manager that tells them the last prices."""

    def __init__(self, **modes: PositionMode) -> None:
        """Make the accounts of these names, one called `main` with hedging when none is named."""

        def broken(*fault: object) -> None:
            raise AssertionError(fault)

        self.bus = Bus(broken)
        self.data = DataManager(self.bus, FakeClock(), lambda _symbol, _day: ())
        for symbol in INSTRUMENTS:
            self.data.watch(symbol)
        settings = {
            name: AccountSettings(capital=CAPITAL, mode=mode)
            for name, mode in (modes or {"main": PositionMode.HEDGING}).items()
        }
        self.manager = AccountManager(
            self.bus, settings, INSTRUMENTS.__getitem__, self.data.last_price
        )
        self._ids = count(1)

    def price(self, price: float, symbol: str = SYMBOL) -> None:
        """Have a tick come."""
        self.bus.publish(tick(symbol, price))

    def trade(
        self,
        direction: Direction,
        offset: Offset,
        price: float,
        volume: int = 1,
        *,
        symbol: str = SYMBOL,
        account: str = "main",
        day: int = DAY,
    ) -> None:
        """Have a trade come."""
        trade = TradeData(
            f"T{next(self._ids)}", "1-1", symbol, direction, offset, price, volume,
            at(0), day, "s", account, "g",
        )  # fmt: skip
        self.bus.publish(trade)


def test_floating_profit_follows_the_last_price() -> None:
    """3 lots bought at 100, 10 units each: at 104 they float at 120, at 98 at -60."""
    house = House()
    house.price(101)
    house.trade(LONG, OPEN, 100, 3)
    account = house.manager.accounts["main"]
    seen = [account.floating]
    for price in (104, 98):
        house.price(price)
        seen.append(account.floating)

    assert seen == pytest.approx([30, 120, -60])
    assert house.manager.account_data("main", DAY).floating_pnl == -60
    assert house.manager.account_data("main", DAY).equity == CAPITAL - 60


def test_floating_profit_follows_the_close_of_bars() -> None:
    """In a run on bars there are no ticks; a bar's close is the last price."""
    house = House()
    house.bus.publish(bar(SYMBOL, 100))
    house.trade(SHORT, OPEN, 100, 2)
    house.bus.publish(bar(SYMBOL, 95))

    assert house.manager.accounts["main"].floating == 100
    assert house.manager.account_data("main", DAY).floating_pnl == 100


def test_a_tick_without_a_price_leaves_the_floating_profit() -> None:
    """One missing price must not make every sum after it nan."""
    house = House()
    house.price(100)
    house.trade(LONG, OPEN, 100)
    house.price(nan)
    house.price(103)

    assert house.manager.accounts["main"].floating == 30


def test_without_any_market_data_lots_stand_at_the_price_of_their_trade() -> None:
    """A fill that comes before the first tick floats at nothing."""
    house = House()
    house.trade(LONG, OPEN, 100, 2)

    assert house.manager.account_data("main", DAY).floating_pnl == 0
    assert house.manager.accounts["main"].floating == 0


def test_each_account_and_each_side_has_its_own_books() -> None:
    """The same contract long in one account and short in the other: neither sees the other's."""
    house = House(main=PositionMode.HEDGING, second=PositionMode.HEDGING)
    house.price(100)
    house.trade(LONG, OPEN, 100)
    house.trade(SHORT, OPEN, 100, 2, account="second")
    house.price(105)

    assert [house.manager.account_data(name, DAY).equity for name in ("main", "second")] == [
        CAPITAL + 50,
        CAPITAL - 100,
    ]


def test_hedging_keeps_both_sides_and_netting_one() -> None:
    """Buy 3, sell 1: long 3 and short 1, or long 2."""
    house = House(main=PositionMode.HEDGING, net=PositionMode.NETTING)
    house.price(100)
    for account, offset in (("main", OPEN), ("net", NONE)):
        house.trade(LONG, offset, 100, 3, account=account)
        house.trade(SHORT, offset, 102, 1, account=account)

    assert [
        [(p.direction, p.volume, p.floating_pnl) for p in house.manager.position_data(name, DAY)]
        for name in ("main", "net")
    ] == [[(LONG, 3, 0.0), (SHORT, 1, 20.0)], [(LONG, 2, 0.0)]]


def test_a_position_shows_its_average_price_margin_and_older_lots() -> None:
    """1 @ 100 of yesterday and 3 @ 104 of today: 103 on average, a tenth of 4,120 as margin."""
    house = House()
    house.price(110)
    house.trade(LONG, OPEN, 100, 1, day=DAY)
    house.trade(LONG, OPEN, 104, 3, day=DAY + 1)
    (position,) = house.manager.position_data("main", DAY + 1)

    assert (position.volume, position.yd_volume) == (4, 1)
    assert position.average_price == 103
    assert position.floating_pnl == 280
    assert position.margin == 412


def test_the_account_adds_up() -> None:
    """Equity is capital and realised profit less fees and floating profit, all exact."""
    house = House()
    house.price(10.0, OTHER)
    house.trade(LONG, OPEN, 10.0, 2, symbol=OTHER)
    house.trade(SHORT, CLOSE, 10.4, 1, symbol=OTHER)
    house.price(10.6, OTHER)
    data = house.manager.account_data("main", DAY)

    # 300 units a lot, 2/100,000 to open, 5 a lot to close today, 12 % margin.
    assert data.realised_pnl == 120
    assert data.fees == Decimal("0.12") + 5
    assert data.floating_pnl == 180
    assert data.equity == CAPITAL + 120 - Decimal("5.12") + 180
    assert data.margin == 360
    assert data.available == data.equity - 360


@pytest.mark.parametrize("event", [tick, bar])
def test_the_drawdown_is_the_largest_fall_from_a_peak(
    event: Callable[[str, float], TickData | BarData],
) -> None:
    """Worked by hand along a path, on ticks and on bars alike."""
    house = House()
    house.bus.publish(event(SYMBOL, 100))
    house.trade(LONG, OPEN, 100)
    account = house.manager.accounts["main"]
    seen = []
    for price in (150, 120, 130, 115, 170, 140, 135, 100):
        house.bus.publish(event(SYMBOL, price))
        seen.append(account.max_drawdown)

    # From 150 to 120 it falls by 30 x 10, to 115 by 350; from 170 to 135 no more, to 100 by 700.
    assert seen == [0, 300, 300, 350, 350, 350, 350, 700]
    assert house.manager.account_data("main", DAY).max_drawdown == 700


def test_the_drawdown_counts_what_is_realised() -> None:
    """Each round trip wins or loses at its price: up 200, down 500, up 300, down 100."""
    house = House()
    account = house.manager.accounts["main"]
    seen = []
    for gain in (20, -50, 30, -10):
        house.trade(LONG, OPEN, 100)
        house.trade(SHORT, CLOSE, 100 + gain)
        seen.append(account.max_drawdown)

    assert seen == [0, 500, 500, 500]
    assert account.worth == 99_900


def test_a_loss_from_the_start_is_a_drawdown_from_the_capital() -> None:
    """Fees and losses before any profit fall from what was put in."""
    house = House()
    house.price(10.0, OTHER)
    house.trade(LONG, OPEN, 10.0, 1, symbol=OTHER)
    house.price(9.0, OTHER)

    assert house.manager.accounts["main"].max_drawdown == pytest.approx(300.06)


def test_a_fill_away_from_the_last_price_counts_at_once() -> None:
    """Bought at 104 while the last price is 100: down 40 without a tick in between."""
    house = House()
    house.price(100)
    house.trade(LONG, OPEN, 104)

    assert house.manager.accounts["main"].floating == -40
    assert house.manager.accounts["main"].max_drawdown == 40


def test_realised_profit_becomes_worth_and_nothing_floats() -> None:
    """After the position is closed the last price moves nothing any more."""
    house = House()
    house.price(100)
    house.trade(LONG, OPEN, 100, 2)
    house.trade(SHORT, CLOSE, 107, 2)
    house.price(150)
    account = house.manager.accounts["main"]

    assert (account.worth, account.floating) == (100_140, 0)
    assert house.manager.position_data("main", DAY) == []


def test_the_same_holding_is_handed_out_for_good() -> None:
    """Rules bind it once, so it must be live."""
    house = House()
    holding = house.manager.holding("main", SYMBOL)
    house.price(100)
    house.trade(LONG, OPEN, 100, 2)

    assert house.manager.holding("main", SYMBOL) is holding
    assert holding.long == 2


@pytest.mark.parametrize("mode", list(PositionMode))
def test_the_float_picture_equals_the_exact_one_after_thousands_of_trades(
    mode: PositionMode,
) -> None:
    """To a millionth of the currency, as risk checks and the drawdown rest on it."""
    chance = Random(7)
    house = House(main=mode)
    account = house.manager.accounts["main"]
    prices = {SYMBOL: 3_000.0, OTHER: 40.0}
    for place in range(5_000):
        symbol = chance.choice((SYMBOL, OTHER))
        contract = INSTRUMENTS[symbol]
        step = chance.randint(-3, 3)
        prices[symbol] = contract.snap(max(prices[symbol] + step * contract.tick_size, 1.0))
        house.price(prices[symbol], symbol)
        offset = NONE if mode is PositionMode.NETTING else chance.choice((OPEN, CLOSE))
        house.trade(
            chance.choice((LONG, SHORT)), offset, prices[symbol] + chance.randint(-1, 1),
            chance.randint(1, 5), symbol=symbol, day=DAY + place // 1_000,
        )  # fmt: skip
    exact = house.manager.account_data("main", DAY)

    assert exact.fees > 0
    assert account.floating == pytest.approx(float(exact.floating_pnl), abs=1e-6)
    assert account.worth + account.floating == pytest.approx(float(exact.equity), abs=1e-6)
    assert account.available() == pytest.approx(float(exact.available), abs=1e-6)


# -- in an engine ----------------------------------------------------------------


class Watcher(Strategy):
    """Trades by hand, from the test."""

    def on_tick(self, tick: TickData) -> None:
        """See it, so that the symbol is watched."""


def test_working_orders_that_open_hold_margin_until_they_end() -> None:
    """2 lots at 95, 10 units, 10 %: 190 are frozen; one fills and one is cancelled."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    hand = running.add_strategy(Watcher, symbol=SYMBOL)
    account = running.parts.accounts.accounts["main"]
    seen: list[float] = []

    def look() -> None:
        exact = running.parts.accounts.account_data("main", DAY)
        seen.extend((account.frozen, float(exact.margin), float(exact.available - exact.equity)))

    with running:
        running.step(tick(price=100.0))
        order = hand.buy(95, 2)
        look()
        venue.accept()
        venue.fill(volume=1)
        look()
        hand.cancel_order(order)
        venue.cancel()
        look()

    assert seen == pytest.approx([190, 0, -190, 95, 95, -190, 0, 95, -95])


def test_an_order_that_closes_freezes_nothing() -> None:
    """What it sets free is not counted on, what it needs is nothing."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    hand = running.add_strategy(Watcher, symbol=SYMBOL)
    with running:
        running.step(tick(price=100.0))
        hand.buy(100, 2)
        venue.fill()
        hand.sell(110, 2)

        assert running.parts.accounts.accounts["main"].frozen == pytest.approx(0)


def test_a_market_order_freezes_the_margin_of_the_last_price() -> None:
    """It has no price of its own: 1 lot at 100."""
    running = engine(gateway=FakeGateway())
    hand = running.add_strategy(Watcher, symbol=SYMBOL)
    with running:
        running.step(tick(price=100.0))
        hand.set_target_pos(1)

        assert running.parts.accounts.accounts["main"].frozen == pytest.approx(100)


def test_a_snapshot_shows_funds_and_positions_of_every_account() -> None:
    """What the outside sees is what the managers say, account by account."""
    venue = FakeGateway()
    accounts: dict[str, Any] = {
        name: AccountSettings(gateway="fake", capital=CAPITAL) for name in ("main", "second")
    }
    running = engine(gateway=venue, accounts=accounts)
    running.add_strategy(Watcher, symbol=SYMBOL)
    two = running.add_strategy(Watcher, symbol=SYMBOL, account="second", name="two")
    with running:
        running.step(tick(price=100.0))
        two.buy(100, 3)
        venue.fill(price=101)
        future = running.snapshot()
        running.step(tick(price=103.0, ts_ns=at(1)))
    picture = future.result(timeout=0)

    assert [(p.account, p.volume, p.floating_pnl) for p in picture.positions] == [
        ("second", 3, 60.0)
    ]
    assert [(a.account, a.equity) for a in picture.accounts] == [
        ("main", CAPITAL),
        ("second", CAPITAL + 60),
    ]
