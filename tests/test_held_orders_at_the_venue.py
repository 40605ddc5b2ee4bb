"""The engine's own orders with the simulated venue: on ticks, on bars, over days, by hand."""

from __future__ import annotations

from math import nan

import pytest

from homalos import Engine, Settings, Strategy
from homalos.model import (
    BarData,
    Command,
    Direction,
    Offset,
    OrderData,
    Status,
    Terms,
    TickData,
    TimeInForce,
    TradeData,
)

RB = "rb2510.SHFE"
LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE = Offset.OPEN, Offset.CLOSE
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR_S = 3_600
# Tuesday, 5 August 2025, 9:00 in Shanghai: rb2510 trades.
NINE = 1_754_355_600 * SECOND
DAY = 20250805


class Hand(Strategy):
    """Trades as the test says, and keeps what it hears."""

    def on_init(self) -> None:
        """Begin with nothing."""
        self.trades: list[TradeData] = []
        self.asked = True  # bars of ticks ask for nothing

    def on_tick(self, _: TickData) -> None:
        """See the market."""

    def on_bar(self, _: BarData) -> None:
        """Ask for a stop in the first bar."""
        if not self.asked:
            self.asked = True
            self.stop_order(LONG, OPEN, 3210, 1)

    def on_trade(self, trade: TradeData) -> None:
        """Keep a fill."""
        self.trades.append(trade)


def tick(second: int, bid: float, day: int = DAY) -> TickData:
    """Make a book one tick wide and deep enough."""
    return TickData(
        symbol=RB, ts_ns=NINE + second * SECOND, trading_day=day, last_price=bid,
        bid_price_1=bid, bid_volume_1=50, ask_price_1=bid + 1, ask_volume_1=50,
    )  # fmt: skip


def bar(minute: int, prices: tuple[float, float, float, float], volume: int = 100) -> BarData:
    """Make a minute of the four prices."""
    start = NINE + minute * MINUTE
    return BarData(RB, "1m", start, start + MINUTE, DAY, *prices, volume)


@pytest.fixture
def running() -> tuple[Engine, Hand]:
    """Give an engine on the simulated venue, and a strategy in it."""
    engine = Engine.build(Settings())
    hand = engine.add_strategy(Hand, symbol=RB, name="hand")
    assert isinstance(hand, Hand)
    engine.start()
    return engine, hand


def test_a_stop_on_bars_fills_at_the_next_open_and_not_at_its_trigger(
    running: tuple[Engine, Hand],
) -> None:
    """The second bar reaches 3210; the market is at 3214 when the order is there."""
    engine, hand = running
    hand.asked = False
    engine.step(bar(0, (3200, 3220, 3195, 3205)))
    engine.step(bar(1, (3205, 3212, 3204, 3211)))
    engine.step(bar(2, (3214, 3216, 3213, 3215)))

    assert [(trade.price, trade.volume) for trade in hand.trades] == [(3214, 1)]


def test_a_stop_that_gaps_is_filled_where_the_market_is(running: tuple[Engine, Hand]) -> None:
    """Held at 3200 with a stop at 3190, the next price is 3150: no better one is made up."""
    engine, hand = running
    engine.step(tick(0, 3199))
    hand.buy(3200, 2)
    engine.step(tick(1, 3199))
    hand.stop_order(SHORT, CLOSE, 3190, 2)
    engine.step(tick(2, 3150))

    assert [trade.price for trade in hand.trades] == [3200, 3150]
    assert hand.pos == 0


def test_a_trailing_bracket_gives_back_no_more_than_its_distance(
    running: tuple[Engine, Hand],
) -> None:
    """Up to 3230 and down again: out at 3219 or what the market gives below 3220."""
    engine, hand = running
    engine.step(tick(0, 3199))
    hand.bracket(LONG, 3200, 1, trail=10)
    for second, bid in enumerate((3205, 3230, 3222, 3219, 3190), 1):
        engine.step(tick(second, bid))

    assert [trade.price for trade in hand.trades] == [3200, 3219]
    assert hand.active_orders() == []


def test_an_amended_order_is_filled_once(running: tuple[Engine, Hand]) -> None:
    """From 3190 to the offer; the venue has one order of ours at a time."""
    engine, hand = running
    engine.step(tick(0, 3199))
    order = hand.buy(3190, 2)
    assert isinstance(order, OrderData)
    engine.step(tick(1, 3199))
    hand.amend_order(order, price=3200, volume=3)
    engine.step(tick(2, 3199))
    engine.step(tick(3, 3180))

    assert sum(trade.volume for trade in hand.trades) == hand.pos == 3
    assert hand.active_orders() == []


def test_a_persons_stop_leaves_a_strategys_position_alone(running: tuple[Engine, Hand]) -> None:
    """Both hold the contract in one account; the person's goes, the strategy's stays."""
    engine, hand = running
    engine.step(tick(0, 3199))
    hand.buy(3200, 2)
    words = {"symbol": RB, "direction": "long", "offset": "open", "volume": 1}
    bought = engine.submit(Command("order.send", words))
    engine.step(tick(1, 3199))
    engine.parts.loop.serve()
    words |= {"direction": "short", "offset": "close", "trigger": 3190.0}
    engine.submit(Command("order.send", words))
    engine.parts.loop.serve()
    engine.step(tick(2, 3185))
    engine.step(tick(3, 3185))
    manual = [trade for trade in engine.parts.orders.trades if trade.strategy == "manual"]

    assert bought.exception(timeout=0) is None
    assert [(t.direction, t.price) for t in manual] == [(LONG, 3200), (SHORT, 3185)]
    assert hand.pos == 2
    assert engine.parts.accounts.holding("main", RB).long == 2


def test_two_runs_of_one_tape_decide_the_same() -> None:
    """Brackets, trailing stops and time-outs: the decisions' fingerprints are equal."""

    def decided() -> str:
        engine = Engine.build(Settings())
        hand = engine.add_strategy(Hand, symbol=RB, name="hand")
        with engine:
            for second, bid in enumerate((3199, 3205, 3190, 3230, 3222, 3219, 3150, 3199)):
                engine.step(tick(second, bid))
                hand.bracket(LONG, nan, 2, take_profit=bid + 9, trail=6)
        return engine.summary().decision_hash

    assert decided() == decided()


def test_a_gtc_order_goes_through_the_end_of_a_day(running: tuple[Engine, Hand]) -> None:
    """Placed on Tuesday at nine, ended by the venue at 15:00, out again at 21:00 and filled."""
    engine, hand = running
    engine.step(tick(0, 3199))
    order = hand.buy(3150, 2, reference="why", terms=Terms(time_in_force=TimeInForce.GTC))
    assert isinstance(order, OrderData)
    engine.step(tick(5 * HOUR_S + 3590, 3199))
    engine.step(tick(12 * HOUR_S, 3199, day=DAY + 1))
    engine.step(tick(12 * HOUR_S + 1, 3140, day=DAY + 1))
    first, second = engine.parts.orders.orders.values()

    assert (first.status, first.traded) == (Status.CANCELLED, 0)
    assert (second.reference, second.status, second.traded) == ("why", Status.ALLTRADED, 2)
    assert hand.pos == 2


def test_a_bracket_over_night_still_protects(running: tuple[Engine, Hand]) -> None:
    """The profit is sent anew at 21:00; the stop is reached in the night and closes all of it."""
    engine, hand = running
    engine.step(tick(0, 3199))
    hand.bracket(LONG, 3200, 2, take_profit=3250, stop_loss=3180)
    engine.step(tick(1, 3199))
    engine.step(tick(5 * HOUR_S + 3590, 3199))
    engine.step(tick(12 * HOUR_S, 3199, day=DAY + 1))
    resting = [order.price for order in hand.active_orders() if order.phase != "held"]
    engine.step(tick(12 * HOUR_S + 1, 3170, day=DAY + 1))
    engine.step(tick(12 * HOUR_S + 2, 3170, day=DAY + 1))

    assert resting == [3250]
    assert [trade.price for trade in hand.trades] == [3200, 3170]
    assert hand.pos == 0
    assert hand.active_orders() == []
