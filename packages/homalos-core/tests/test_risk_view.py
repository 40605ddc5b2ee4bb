"""What a rule sees of the engine: money, holdings, orders, the day, and whether it trades."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from homalos.config import AccountSettings
from homalos.engine.risk.open_times import OpenTimes
from homalos.errors import MarketError
from homalos.model import TradingState
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Auction, RiskContext, Session
from homalos.strategy import Strategy
from homalos.testing import (
    DAY,
    OTHER,
    SYMBOL,
    FakeClock,
    FakeGateway,
    FakeMarket,
    at,
    engine,
    tick,
)

NEXT_DAY_S = 86_400


class Hand(Strategy):
    """Trades by hand, from the test."""

    def on_tick(self, tick: object) -> None:
        """See the market, so that it is watched."""


class House:
    """An engine, two hands in it, and what a rule sees of it."""

    def __init__(self, *symbols: str, capital: int = 100_000, **given: Any) -> None:
        """Start it, and let a first price come."""
        seen: list[RiskContext] = []
        look = RiskRuleSpec(name="look", factory=lambda context, _: seen.append(context))
        self.venue = FakeGateway()
        account = AccountSettings(gateway="fake", capital=Decimal(capital))
        self.engine = engine(look, gateway=self.venue, accounts={"main": account}, **given)
        self.view = seen[0]
        wanted = symbols or (SYMBOL,)
        self.one = self.engine.add_strategy(Hand, symbols=wanted, name="one")
        self.two = self.engine.add_strategy(Hand, symbols=wanted, name="two")
        self.engine.start()
        self.tick()

    def tick(self, price: float = 100.0, second: float = 0, symbol: str = SYMBOL) -> None:
        """Let a price come."""
        self.engine.step(tick(symbol, price, ts_ns=at(second)))

    def buy(self, who: Strategy, price: float, lots: int, symbol: str = SYMBOL) -> None:
        """Buy and be filled."""
        who.buy(price, lots, symbol=symbol)
        self.venue.fill()


def test_money_is_live_and_counted_from_the_day_s_beginning() -> None:
    """2 lots of 10 units from 100 to 104 are 80; margin is 10 % of 2,000; 1 lot at 90 waits."""
    house = House()
    funds = house.view.funds("main")
    house.buy(house.one, 100, 2)
    house.one.buy(90, 1)
    house.tick(104.0, 1)

    assert (funds.equity, funds.day_pnl, funds.drawdown) == (100_080, 80, 0)
    assert (funds.margin, funds.frozen) == (200, 90)
    assert funds.available == house.view.available("main") == 100_080 - 290
    assert funds is house.view.funds("main")


def test_drawdown_is_counted_from_the_highest_equity() -> None:
    """Up 80, then down to 20 below the beginning: 100."""
    house = House()
    funds = house.view.funds("main")
    house.buy(house.one, 100, 2)
    house.tick(104.0, 1)
    house.tick(99.0, 2)

    assert (funds.day_pnl, funds.drawdown) == (-20, 100)


def test_a_new_day_begins_at_the_settlement_and_paying_in_is_no_profit() -> None:
    """The day before ended at 103; from there to 101 are 2 x 20 lost, whatever is paid in."""
    house = House()
    house.buy(house.one, 100, 2)
    house.tick(103.0, 1)
    house.tick(101.0, NEXT_DAY_S)
    funds = house.view.funds("main")
    before = funds.day_pnl
    house.engine.parts.accounts.transfer("main", Decimal(500), DAY + 1)

    assert (before, funds.day_pnl, funds.equity) == (-40, -40, 100_520)
    assert funds.drawdown == 40


def test_strategies_results_add_up_to_the_account_s() -> None:
    """One gains 2 x 20 and pays nothing; the other trades a contract with fees."""
    house = House(SYMBOL, OTHER)
    house.tick(50.0, 0, OTHER)
    house.buy(house.one, 100, 2)
    house.buy(house.two, 50.0, 1, OTHER)
    house.tick(102.0, 1)
    house.tick(51.0, 1, OTHER)
    pnl_of, funds = house.view.pnl_of, house.view.funds("main")
    one, two = pnl_of("one", "main"), pnl_of("two", "main")
    house.two.sell(51.0, 1, symbol=OTHER)
    house.venue.fill()

    # 300 units: bought at 50 for a fee of 0.3, sold at 51 on the same day for one of 5.
    assert (one, two) == (pytest.approx(40), pytest.approx(300 - 0.3))
    assert pnl_of("two", "main") == pytest.approx(300 - 0.3 - 5)
    assert funds.day_pnl == pytest.approx(one + pnl_of("two", "main"))


def test_a_strategy_s_result_of_the_day_begins_anew() -> None:
    """From the settlement at 103 to 105, whether it was asked about before or not."""
    house = House()
    house.buy(house.one, 100, 2)
    house.buy(house.two, 100, 1)
    house.tick(103.0, 1)
    asked = house.view.pnl_of("one", "main")
    house.tick(103.0, NEXT_DAY_S)
    house.tick(105.0, NEXT_DAY_S + 1)
    pnl_of = house.view.pnl_of

    assert (asked, pnl_of("one", "main"), pnl_of("two", "main")) == (60, 40, 20)
    assert house.view.funds("main").day_pnl == 60
    assert pnl_of("nobody", "main") == 0


def test_holdings_orders_counts_and_the_day_are_the_engine_s_own() -> None:
    """Bound once; what comes later is seen all the same."""
    house = House()
    view = house.view
    holdings, working = view.holdings("main"), view.working("main", SYMBOL)
    activity = view.activity("main", SYMBOL)
    house.buy(house.one, 100, 2)
    house.one.buy(99, 1)

    assert {symbol: held.long for symbol, held in holdings.items()} == {SYMBOL: 2}
    assert [each.state.price for each in working.values()] == [99]
    assert (activity.orders, activity.trades, activity.lots) == (2, 1, 2)
    assert (view.lots_of("one", SYMBOL), view.lots_of("two", SYMBOL)) == (2, 0)
    assert (view.trading_day(), view.accounts(), view.is_open(SYMBOL)) == (DAY, ("main",), True)


def test_a_rule_turns_a_switch_in_its_own_name() -> None:
    """A person sees who holds it."""
    house = House()
    house.view.turn("account", "main", TradingState.CLOSE_ONLY, "lost enough")
    (switch,) = house.engine.parts.control.switches.turned()

    assert (switch.holder, switch.state) == ("look", TradingState.CLOSE_ONLY)
    assert (switch.scope, switch.name, switch.reason) == ("account", "main", "lost enough")


# -- sessions ------------------------------------------------------------------


class WithAuctions(FakeMarket):
    """A market whose day has an auction before its two sessions."""

    def auctions(self, symbol: str, trading_day: int) -> tuple[Auction, ...]:
        """Return one: orders for 40 seconds, matching for 20."""
        del symbol
        return (Auction(at(0), at(40), at(60), trading_day),)


SESSIONS = (Session(at(60), at(120), DAY), Session(at(180), at(240), DAY))


def times(market: FakeMarket, clock: FakeClock) -> OpenTimes:
    """Return what says whether a market is open."""
    seen: Any = clock
    return OpenTimes(seen, lambda _: market, market.sessions)


@pytest.mark.parametrize(
    ("second", "is_open", "in_auction"),
    [
        (-1, False, False),
        (0, True, True),
        (39.9, True, True),
        (40, False, False),
        (59.9, False, False),
        (60, True, False),
        (119.9, True, False),
        (120, False, False),
        (180, True, False),
        (239, True, False),
    ],
)
def test_a_market_is_open_in_sessions_and_while_an_auction_takes_orders(
    second: float, *, is_open: bool, in_auction: bool
) -> None:
    """Not while it matches, and not in a break."""
    market = times(WithAuctions(sessions=SESSIONS), FixedClock(at(second)))  # type: ignore[arg-type]  # all it asks for

    assert (market.is_open(SYMBOL), market.in_auction(SYMBOL)) == (is_open, in_auction)


class FixedClock:
    """A clock that a test sets."""

    def __init__(self, now: int) -> None:
        """Begin at a time."""
        self.now = now


def test_what_is_open_is_looked_up_once_a_session() -> None:
    """Between two edges the calendar is not asked."""
    asked: list[int] = []

    class Counting(FakeMarket):
        """Notes each question."""

        def sessions(self, symbol: str, trading_day: int) -> tuple[Session, ...]:
            """Note it."""
            asked.append(trading_day)
            return super().sessions(symbol, trading_day)

    clock: Any = FixedClock(at(70))
    market = Counting(sessions=SESSIONS)
    open_times = OpenTimes(clock, lambda _: market, market.sessions)
    found = []
    for second in (70, 80, 119, 120, 150, 179, 180, 200):
        clock.now = at(second)
        found.append(open_times.is_open(SYMBOL))

    assert found == [True, True, True, False, False, False, True, True]
    assert asked == [DAY, DAY, DAY]


def test_what_no_calendar_knows_is_taken_to_be_open() -> None:
    """A rule must not keep every order back because nobody knows the hours."""

    def nobody(symbol: str) -> Any:
        raise MarketError(symbol)

    clock: Any = FixedClock(at(0))
    unknown = OpenTimes(clock, nobody, lambda *_: ())
    over = FakeMarket(sessions=SESSIONS)
    after: Any = FixedClock(at(500))
    clockless: Any = FixedClock(0)

    assert (unknown.is_open(SYMBOL), unknown.in_auction(SYMBOL)) == (True, False)
    assert OpenTimes(after, lambda _: over, over.sessions).is_open(SYMBOL)
    assert OpenTimes(clockless, lambda _: over, over.sessions).is_open(SYMBOL)
