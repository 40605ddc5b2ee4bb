"""The end of a trading day in an engine: prices, statements, transfers, margin; worked by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from homalos.config import AccountSettings
from homalos.engine.forced_close import FORCED
from homalos.errors import AccountError
from homalos.model import (
    Alert,
    Command,
    Direction,
    Fee,
    Instrument,
    Offset,
    OrderType,
    PriceOrigin,
    Rejection,
    Settled,
    Statement,
    TradeReport,
    TradingDayChanged,
    TradingState,
)
from homalos.strategy import Strategy
from homalos.testing import DAY, INSTRUMENTS, SYMBOL, FakeGateway, FakeMarket, at, engine, tick

if TYPE_CHECKING:
    from pathlib import Path

NEXT_DAY_S = 86_400
NEXT_DAY = 20250107


class Hand(Strategy):
    """Trades as the test says."""

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""


class Changing(FakeMarket):
    """A market where the contract costs more from the second day on."""

    def resolve(self, symbol: str, *, on_day: int | None = None) -> Instrument:
        """Return 10 % of margin and no fees, and later 20 % and 3 a lot."""
        contract = super().resolve(symbol)
        if on_day is None or on_day < NEXT_DAY:
            return contract
        return evolve(contract, margin_rate=Decimal("0.2"), fee_close=Fee(per_lot=Decimal(3)))


class House:
    """An engine that bought 2 lots of ten units at 100, and all that was said."""

    def __init__(self, *, capital: int = 100_000, margin_call: Any = "tell", **given: Any) -> None:
        """Buy them."""
        self.venue = FakeGateway()
        account = AccountSettings(gateway="fake", capital=Decimal(capital), margin_call=margin_call)
        self.engine = engine(gateway=self.venue, accounts={"main": account}, **given)
        self.hand = self.engine.add_strategy(Hand, symbol=SYMBOL, name="hand")
        self.said: list[Any] = []
        for kind in (Alert, Settled, TradingDayChanged):
            self.engine.subscribe(kind, self.said.append)
        self.engine.start()
        self.engine.step(tick())
        self.hand.buy(100, 2)
        self.venue.fill()

    def settle_at(self, price: float, **next_tick: Any) -> Statement:
        """Let the venue send a settlement price, and the next day begin; return the statement."""
        self.engine.step(tick(ts_ns=at(60), price=price, settlement_price=price))
        self.engine.step(tick(ts_ns=at(NEXT_DAY_S), **{"price": price, **next_tick}))
        return self.engine.parts.settler.statements[-1]

    def alerts(self) -> list[str]:
        """Return what should be seen."""
        return [f"{each.level}: {each.message}" for each in self.said if isinstance(each, Alert)]


def test_a_day_is_settled_before_the_next_one_is_told() -> None:
    """2 lots x 10 x (104 - 100) = 80 go into the balance; margin is 10 % of 2 x 10 x 104."""
    house = House()
    funds = house.settle_at(104.0).funds
    assert (funds.balance_before, funds.marked) == (Decimal(100_000), Decimal(80))
    assert (funds.balance, funds.margin) == (Decimal(100_080), Decimal(208))
    kinds = [type(each) for each in house.said]
    assert kinds == [TradingDayChanged, Settled, TradingDayChanged]
    assert house.said[1].trading_day == DAY
    account = house.engine.parts.accounts.accounts["main"]
    assert account.available() == pytest.approx(100_080 - 208)


def test_the_last_day_is_settled_when_the_data_ends() -> None:
    """Nothing comes that could end it; at the last price, since no better one is known."""
    house = House()
    house.engine.step(tick(ts_ns=at(60), price=103.0))
    house.engine.stop()
    (statement,) = house.engine.parts.settler.statements
    assert statement.funds.balance == Decimal(100_060)
    assert [each.origin for each in statement.positions] == [PriceOrigin.LAST]


def test_a_day_that_broke_off_is_not_settled() -> None:
    """Who stops in the middle of a day has not seen its end."""
    house = House()
    house.engine.request_stop()
    house.engine.stop()
    assert house.engine.parts.settler.statements == []


def test_a_trade_of_the_next_day_ends_this_one_too() -> None:
    """A venue may report a fill of the night before its first price came."""
    house = House()
    house.hand.sell(101, 1)
    order = house.venue.requests[-1].order_id
    trade = TradeReport(
        order, "T9", SYMBOL, Direction.SHORT, Offset.CLOSE, 101.0, 1, at(NEXT_DAY_S), NEXT_DAY
    )
    house.engine.parts.loop.step(trade)
    (statement,) = house.engine.parts.settler.statements
    assert (statement.trading_day, statement.funds.realised) == (DAY, Decimal(0))
    assert house.engine.parts.loop.trading_day == NEXT_DAY


def test_the_next_day_has_its_own_terms() -> None:
    """20 % of 2 x 10 x 100 are 400, and closing a lot of yesterday costs 3."""
    house = House(market=Changing())
    assert house.settle_at(100.0).funds.margin == Decimal(200)
    account = house.engine.parts.accounts.accounts["main"]
    assert account.ledger.margin_held() == Decimal(400)
    house.hand.sell(100, 1)
    house.venue.fill()
    assert account.ledger.fees() == Decimal(3)
    assert house.hand.instrument().margin_rate == Decimal("0.2")


def test_a_contract_without_a_price_is_carried_and_told() -> None:
    """The day has another contract's tick only."""
    house = House()
    house.settle_at(104.0)
    other = next(each for each in INSTRUMENTS if each != SYMBOL)
    house.engine.step(tick(symbol=other, ts_ns=at(2 * NEXT_DAY_S)))
    house.engine.step(tick(symbol=other, ts_ns=at(3 * NEXT_DAY_S)))
    statement = house.engine.parts.settler.statements[-1]
    assert [each.settlement for each in statement.positions] == [Decimal(104)]
    assert house.alerts() == [
        f"warning: {SYMBOL} had no price on 20250108: settled at the settlement price before"
    ]


# -- money in and out ----------------------------------------------------------


def moved(house: House, amount: str, **more: str) -> dict[str, Any]:
    """Carry out a transfer as the outside asks for it."""
    wish = house.engine.submit(Command("account.transfer", {"amount": amount, **more}))
    house.engine.parts.loop.serve()
    found: dict[str, Any] = wish.result(5)
    return found


def test_money_that_comes_in_is_no_profit_and_stands_in_the_statement() -> None:
    """100,000 and 5,000.50; the result of the day is still 80."""
    house = House()
    assert Decimal(moved(house, "5000.50", note="more")["equity"]) == Decimal("105000.50")
    statement = house.settle_at(104.0)
    assert statement.funds.deposits == Decimal("5000.50")
    assert statement.funds.balance == Decimal("105080.50")
    (line,) = statement.transfers
    assert (line.day, line.amount, line.note) == (DAY, Decimal("5000.50"), "more")
    data = house.engine.parts.accounts.account_data("main", NEXT_DAY)
    assert data.equity - data.capital == Decimal(80)


def test_money_that_goes_out_is_no_fall_of_the_equity() -> None:
    """The drawdown tells what trading lost."""
    house = House()
    moved(house, "-40000")
    house.settle_at(100.0)
    assert house.engine.parts.accounts.accounts["main"].max_drawdown == 0.0
    assert house.engine.summary().pnl == Decimal(0)


@pytest.mark.parametrize(
    ("amount", "account", "told"),
    [
        ("-99801", "", "main: 99801.00 cannot be taken out; 99800.00 are available"),
        ("0", "", "main: expected an amount above or below 0 to transfer, not 0"),
        ("nan", "", "main: NaN is no amount of money; expected whole cents"),
        ("1.005", "", "main: 1.005 is no amount of money; expected whole cents"),
        ("much", "", "'much' is no amount of money"),
        ("1", "mainx", "no account is called 'mainx'; did you mean 'main'?; there are main"),
    ],
)
def test_a_transfer_that_cannot_be_books_nothing(amount: str, account: str, told: str) -> None:
    """Of 100,000 the margin of 200 must stay."""
    house = House()
    with pytest.raises(AccountError) as caught:
        moved(house, amount, account=account)
    assert str(caught.value) == told
    assert house.engine.parts.accounts.account_data("main", DAY).equity == Decimal(100_000)


# -- margin that is missing ----------------------------------------------------


def test_missing_margin_is_called_for() -> None:
    """250 - 2 x 10 x 5 = 150 are left, 10 % of 2 x 10 x 95 = 190 are asked for."""
    house = House(capital=250)
    assert house.settle_at(95.0).funds.margin_call == Decimal(40)
    (told,) = house.alerts()
    assert told == (
        f"error: margin call after {DAY}: 40.00 CNY are missing (balance 150.00, margin 190.00): "
        "pay in, or close positions"
    )
    assert len(house.venue.requests) == 1


def test_positions_are_closed_where_the_settings_say_so() -> None:
    """At the market, with the first price of the next day."""
    house = House(capital=250, margin_call="close")
    house.settle_at(95.0)
    forced = house.venue.requests[-1]
    assert (forced.strategy, forced.direction, forced.offset) == (
        FORCED,
        Direction.SHORT,
        Offset.CLOSE,
    )
    assert (forced.type, forced.volume) == (OrderType.MARKET, 2)
    assert house.alerts()[-1] == (
        f"error: 40.00 of margin were missing and not paid in: closing {SYMBOL} (2 long, 0 short)"
    )


@pytest.mark.parametrize(("scope", "name"), [("engine", ""), ("account", "main")])
def test_a_halt_of_ones_own_does_not_stop_the_broker(scope: str, name: str) -> None:
    """It closes all the same; an order of the strategy's is still refused."""
    house = House(capital=250, margin_call="close")
    switches = house.engine.parts.control.switches
    switches.turn(scope, name, TradingState.HALTED, "a test")
    house.settle_at(95.0)
    assert [each.strategy for each in house.venue.requests] == ["hand", FORCED]
    assert switches.at(scope, name) is TradingState.HALTED
    answer = house.hand.buy(95, 1)
    assert isinstance(answer, Rejection)
    assert answer.rule == "switch"


def test_who_pays_in_before_the_opening_keeps_the_position() -> None:
    """40 are missing, and come while the market is closed."""
    house = House(capital=250, margin_call="close")
    house.engine.step(tick(ts_ns=at(60), price=95.0, settlement_price=95.0))
    house.engine.parts.settler.settle(DAY)
    house.engine.parts.accounts.transfer("main", Decimal(40), NEXT_DAY)
    house.engine.step(tick(ts_ns=at(NEXT_DAY_S), price=95.0))
    assert len(house.venue.requests) == 1


# -- what is kept --------------------------------------------------------------


def test_days_are_kept_where_the_settings_say_so(tmp_path: Path) -> None:
    """One file an account and day."""
    house = House(home=tmp_path, statements=True)
    house.settle_at(104.0)
    house.engine.stop()
    kept = sorted(path.name for path in (tmp_path / "statements" / "main").glob("*.json"))
    assert kept == [f"{DAY}.json", f"{NEXT_DAY}.json"]


def test_nothing_is_kept_unless_it_is_asked_for(tmp_path: Path) -> None:
    """The home stays empty."""
    house = House(home=tmp_path)
    house.settle_at(104.0)
    house.engine.stop()
    assert not (tmp_path / "statements").exists()
