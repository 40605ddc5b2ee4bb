"""The kit for authors of plugins: what the fakes do, and that an engine runs on them."""

from __future__ import annotations

import os
import subprocess
import sys
from math import nan
from pathlib import Path

import pytest

import homalos.testing
from homalos.errors import MarketError, StoreError, UnknownInstrument, UnknownOrder
from homalos.model import (
    BarData,
    Direction,
    Offset,
    OrderData,
    OrderType,
    Rejection,
    Status,
    TickData,
    TradingState,
)
from homalos.plugins import RiskRuleSpec
from homalos.plugins.ports import Refusal, Session
from homalos.strategy import Strategy
from homalos.testing import (
    DAY,
    OTHER,
    START_NS,
    SYMBOL,
    FakeClock,
    FakeDesk,
    FakeFeed,
    FakeFunds,
    FakeGateway,
    FakeMarket,
    FakeRiskContext,
    FakeStore,
    at,
    bar,
    engine,
    order_request,
    same,
    tick,
)

BUY, SELL = Direction.LONG, Direction.SHORT


class Keen(Strategy):
    """Buys a lot on the first tick and notes what it hears."""

    def on_init(self) -> None:
        """Begin with nothing heard."""
        self.heard: list[Status] = []
        self.asked: OrderData | Rejection | None = None

    def on_tick(self, tick: TickData) -> None:
        """Buy once, at the ask."""
        if self.asked is None:
            self.asked = self.buy(tick.ask_price_1, 2)

    def on_order(self, order: OrderData) -> None:
        """Note the state."""
        self.heard.append(order.status)


# -- the package ---------------------------------------------------------------


def test_every_name_of_the_kit_resolves() -> None:
    """A name in `__all__` that cannot be imported would only be found by its user."""
    assert [name for name in homalos.testing.__all__ if not hasattr(homalos.testing, name)] == []


def test_an_unknown_name_of_the_kit_is_an_attribute_error() -> None:
    """As of any other module."""
    with pytest.raises(AttributeError, match="no attribute 'FakeBroker'"):
        homalos.testing.FakeBroker  # noqa: B018  the asking is what fails


def test_the_kit_needs_no_pytest() -> None:
    """An author may drive the fakes from a script or another test runner."""
    code = (
        "import sys, homalos.testing as kit; [getattr(kit, name) for name in kit.__all__];"
        "print([name for name in sys.modules if name.startswith(('pytest', '_pytest'))])"
    )
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | path,
    )
    assert done.stdout == "[]\n"


# -- clock, market, store, feed ------------------------------------------------


def test_an_advancing_clock_calls_at_the_time_that_was_asked_for() -> None:
    """In due order, each call seeing its own time, and then the end."""
    clock = FakeClock()
    seen: list[tuple[str, int]] = []
    clock.call_every(20, lambda: seen.append(("every", clock.now_ns() - START_NS)))
    clock.call_at(START_NS + 30, lambda: seen.append(("once", clock.now_ns() - START_NS)))
    clock.advance(45)
    assert seen == [("every", 20), ("once", 30), ("every", 40)]
    assert clock.now_ns() == START_NS + 45


def test_a_market_without_sessions_trades_round_the_clock() -> None:
    """The day of UTC is the trading day and one session."""
    market = FakeMarket()
    (session,) = market.sessions(SYMBOL, DAY)
    assert (session.start_ns, session.end_ns) == (at(-3600), at(23 * 3600))
    assert market.trading_day(SYMBOL, at(23 * 3600 - 1)) == DAY
    assert market.trading_day(SYMBOL, at(23 * 3600)) == 20250107


def test_a_market_keeps_the_sessions_it_was_given() -> None:
    """Between two sessions the next one's day counts; after the last there is none."""
    night, day = Session(at(0), at(10), DAY), Session(at(20), at(30), 20250107)
    market = FakeMarket(sessions=(day, night))
    assert market.sessions(SYMBOL, DAY) == (night,)
    assert [market.trading_day(SYMBOL, at(s)) for s in (0, 9, 10, 29)] == [
        DAY, DAY, 20250107, 20250107
    ]  # fmt: skip
    with pytest.raises(MarketError):
        market.trading_day(SYMBOL, at(30))
    with pytest.raises(MarketError):
        market.sessions(SYMBOL, 20250108)


def test_a_market_knows_the_three_spellings_of_its_table() -> None:
    """And nothing that is not in it."""
    market = FakeMarket()
    assert {market.parse_symbol(t) for t in (SYMBOL, "aa2510", "TEST.aa2510")} == {SYMBOL}
    assert market.parse_symbol("aa2510", exchange="TEST") == SYMBOL
    for text in ("cc2510", "aa2510.SHFE", "", "TEST"):
        with pytest.raises(UnknownInstrument):
            market.parse_symbol(text)


def test_a_market_stamps_by_the_action_day() -> None:
    """At night the two dates differ; the clock time belongs to the action day."""
    stamped = FakeMarket().stamp(
        SYMBOL, trading_day="20250107", action_day="20250106", time="01:00:02", millisecond=500
    )
    assert stamped == (at(2.5), 20250107)


def test_a_market_refuses_a_time_it_cannot_read() -> None:
    """As a real one does."""
    with pytest.raises(ValueError, match="25:00:00"):
        FakeMarket().stamp(
            SYMBOL, trading_day="", action_day="20250106", time="25:00:00", millisecond=0
        )


def test_a_store_gives_back_the_last_word_on_each_record() -> None:
    """Writing again is harmless, as the port demands."""
    store = FakeStore()
    store.write([bar(price=1.0), bar(price=2.0, start_ns=at(60))])
    store.write([bar(price=3.0)])
    found = store.load_bars(SYMBOL, "1m", start_ns=START_NS, end_ns=at(60))
    assert [each.close_price for each in found] == [3.0]
    assert store.load_orders() == []
    assert [len(batch) for batch in store.batches] == [2, 1]


def test_a_store_fails_as_often_as_it_was_told() -> None:
    """For tests of what happens when the disk is full."""
    store = FakeStore(failures=1)
    with pytest.raises(StoreError):
        store.write([bar()])
    store.write([bar()])
    assert store.batches == [(bar(),)]


# -- desk and risk context -----------------------------------------------------


def test_a_desk_notes_orders_on_the_grid() -> None:
    """A strategy's wish becomes a request as the engine would make it."""
    desk = FakeDesk()
    strategy = Strategy(desk, name="s", symbols=(OTHER,), interval="1m", params=None)
    order = strategy.buy(100.29, 3, reference="why")
    assert isinstance(order, OrderData)
    assert desk.sent == [order_request(price=100.2, volume=3, symbol=OTHER, reference="why")]
    assert strategy.active_orders() == [order]
    assert strategy.cancel_order(order)
    assert desk.cancelled == ["1-1"]


def test_a_desk_notes_stops_as_held_and_changes_orders_in_place() -> None:
    """Triggers are put on the grid, as the engine does it."""
    desk = FakeDesk()
    strategy = Strategy(desk, name="s", symbols=(OTHER,), interval="1m", params=None)
    stop = strategy.stop_order(Direction.LONG, Offset.OPEN, 105.11, 1)
    assert isinstance(stop, OrderData)
    assert stop.terms is not None
    assert (stop.phase, stop.type, stop.terms.trigger) == ("held", "stop", 105.2)
    moved = strategy.amend_order(stop, trigger=106.01, volume=2)
    assert isinstance(moved, OrderData)
    assert moved.terms is not None
    assert (moved.terms.trigger, moved.volume) == (106.0, 2)
    assert desk.amended == [("1-1", None, 2, 106.01)]
    with pytest.raises(UnknownOrder):
        strategy.amend_order("1-9", price=1)


def test_a_desk_refuses_when_it_was_told_to() -> None:
    """The strategy gets the rejection, and nothing works."""
    desk = FakeDesk(rule="no")
    strategy = Strategy(desk, name="s", symbols=(SYMBOL,), interval="1m", params=None)
    refused = strategy.sell(100.0, 1)
    assert isinstance(refused, Rejection)
    assert (refused.rule, desk.active_orders(None)) == ("no", [])
    assert not strategy.cancel_order(refused)
    with pytest.raises(UnknownOrder):
        desk.cancel(refused.order_id)


def test_a_desks_timer_fires_as_its_clock_advances() -> None:
    """Until it is cancelled."""
    fired: list[str] = []
    desk = FakeDesk(on_timer=fired.append)
    timer = desk.timer("t", 10)
    desk.clock.advance(25)
    timer.cancel()
    desk.clock.advance(25)
    assert fired == ["t", "t"]


def test_a_desk_shows_the_history_of_one_symbol_and_length() -> None:
    """The last bars, oldest first."""
    wanted = [bar(start_ns=at(60 * n)) for n in range(3)]
    desk = FakeDesk(bars=[*wanted, bar(OTHER), bar(interval="5m")])
    assert desk.history(SYMBOL, "1m", 2) == wanted[1:]
    assert desk.history(SYMBOL, "1m", 0) == []


def test_a_risk_context_shows_what_was_put_there() -> None:
    """A price that was not given is that of the tick, or missing."""
    context = FakeRiskContext(
        money={"main": FakeFunds(available=5.0)}, ticks={OTHER: tick(OTHER, 7.0)}
    )
    assert (context.available("main"), context.available("x")) == (5.0, 0.0)
    assert context.last_price(OTHER) == 7.0
    assert same(context.last_price(SYMBOL), nan)
    assert context.holding("main", SYMBOL) is context.holding("main", SYMBOL)


def test_a_risk_context_shows_each_account_its_own() -> None:
    """What a rule bound once goes on to show what the test puts there later."""
    context = FakeRiskContext(closed={OTHER})
    ours, working = context.holdings("main"), context.working("main", SYMBOL)
    context.holding("main", SYMBOL).long = 3
    context.holding("other", OTHER).long = 4
    order = OrderData(
        "1-1", SYMBOL, BUY, Offset.OPEN, OrderType.LIMIT, 100.0, 1, 0, Status.NOTTRADED,
        "test", "main", "fake", START_NS, START_NS,
    )  # fmt: skip
    context.rest(order)
    assert {symbol: held.long for symbol, held in ours.items()} == {SYMBOL: 3}
    assert [each.state for each in working.values()] == [order]
    assert len(context.working("other", SYMBOL)) == 0
    assert context.activity("main", SYMBOL) is context.activity("main", SYMBOL)
    assert (context.lots_of("test", SYMBOL), context.pnl_of("test", "main")) == (0, 0.0)
    assert (context.is_open(SYMBOL), context.is_open(OTHER)) == (True, False)
    assert context.trading_day() == DAY


def test_a_risk_context_notes_how_a_rule_turns_switches() -> None:
    """With `NORMAL` the rule lets go."""
    context = FakeRiskContext()
    context.turn("account", "main", TradingState.CLOSE_ONLY, "lost too much")
    held = dict(context.switches)
    context.turn("account", "main", TradingState.NORMAL, "a new day")
    assert held == {("account", "main"): (TradingState.CLOSE_ONLY, "lost too much")}
    assert context.switches == {}


@pytest.mark.parametrize(
    ("direction", "offset", "volume", "reduces"),
    [
        (BUY, Offset.OPEN, 1, False),
        (BUY, Offset.CLOSE, 9, True),
        (SELL, Offset.CLOSETODAY, 9, True),
        (SELL, Offset.NONE, 3, True),
        (SELL, Offset.NONE, 4, False),
        (BUY, Offset.NONE, 1, False),
    ],
)
def test_a_risk_context_says_what_reduces(
    direction: Direction, offset: Offset, volume: int, *, reduces: bool
) -> None:
    """By hand, for five lots long of which two are being closed."""
    context = FakeRiskContext()
    holding = context.holding("main", SYMBOL)
    holding.long, holding.closing_long = 5, 2
    assert context.is_reducing(order_request(direction, volume=volume, offset=offset)) is reduces


# -- venue and engine ----------------------------------------------------------


def test_an_engine_trades_with_a_venue_that_the_test_speaks_for() -> None:
    """The order arrives, and each report reaches the strategy at once."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    strategy = running.add_strategy(Keen, symbol=SYMBOL)
    assert isinstance(strategy, Keen)
    with running:
        running.step(tick(price=100.0))
        assert venue.requests == [order_request(price=101.0, volume=2, strategy=strategy.name)]
        venue.accept()
        venue.fill(volume=1)
        assert strategy.pos == 1
        assert venue.working_orders() == {"1-1"}
        venue.fill()
    assert strategy.heard == [Status.NOTTRADED, Status.PARTTRADED, Status.ALLTRADED]
    assert venue.working_orders() == frozenset()
    assert running.summary().identity_holds


def test_a_venue_can_reject_cancel_and_refuse() -> None:
    """What a venue says beside fills arrives as it should."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    strategy = running.add_strategy(Keen, symbol=SYMBOL)
    with running:
        running.step(tick())
        strategy.cancel_all()
        venue.refuse_cancel()
        venue.fill(volume=1)
        assert strategy.cancel_all() == 1
        venue.cancel()
        assert strategy.active_orders() == []
    assert len(venue.cancels) == 2
    (order,) = running.parts.orders.orders.values()
    assert (order.status, order.traded) == (Status.CANCELLED, 1)


def test_a_venue_says_nothing_about_orders_it_never_got() -> None:
    """A slip in a test shows."""
    with pytest.raises(LookupError):
        FakeGateway().accept("1-1")


def test_a_fill_of_a_market_order_needs_a_price() -> None:
    """A trade at nan would poison every sum behind it."""
    venue = FakeGateway()
    venue.send_order(order_request(price=nan))
    with pytest.raises(ValueError, match="at what price"):
        venue.fill()


def test_an_engine_asks_the_rules_it_was_given() -> None:
    """A spec beside the fakes is offered as by any plugin."""
    rule = RiskRuleSpec(name="never", factory=lambda _c, _o: lambda _r: Refusal("no", 1, 0))
    running = engine(rule)
    strategy = running.add_strategy(Keen, symbol=SYMBOL)
    assert isinstance(strategy, Keen)
    with running:
        running.step(tick())
    assert isinstance(strategy.asked, Rejection)


def test_an_engine_runs_a_fake_feed_to_its_end() -> None:
    """History first, then every event."""
    past = [bar(start_ns=at(-120)), bar(start_ns=at(-60))]
    feed = FakeFeed([bar(start_ns=at(60 * n), price=100 + n) for n in range(5)], history=past)
    running = engine(feed=feed)
    seen: list[BarData] = []
    running.subscribe(BarData, seen.append)
    assert running.run().bars == 5
    assert [each.close_price for each in seen] == [100, 101, 102, 103, 104]


def test_an_engine_of_fakes_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder it runs in stays empty."""
    monkeypatch.chdir(tmp_path)
    running = engine()
    running.add_strategy(Keen, symbol=SYMBOL)
    with running:
        running.step(tick())
    assert list(tmp_path.iterdir()) == []
