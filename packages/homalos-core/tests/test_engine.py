"""The engine as a whole: its life, its outside, its end."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from homalos import Engine
from homalos.clock import wall_ns
from homalos.config import AccountSettings, StoreSettings, StrategySettings
from homalos.errors import (
    ConfigError,
    DataError,
    EngineStateError,
    GatewayError,
    HomalosError,
    MissingPluginError,
    UnknownInstrument,
)
from homalos.model import (
    Alert,
    BarData,
    Command,
    ConnectionChanged,
    OrderReport,
    Status,
    StrategyState,
    TickData,
    TradingDayChanged,
)
from homalos.plugins import StoreSpec, StrategySpec
from homalos.strategy import Strategy
from homalos.testing import (
    DAY,
    OTHER,
    SYMBOL,
    FakeFeed,
    FakeGateway,
    FakeStore,
    at,
    engine,
    tick,
)

if TYPE_CHECKING:
    from pathlib import Path


class Trader(Strategy):
    """Buys one lot at the first tick, and keeps what it sees."""

    def on_init(self) -> None:
        """Begin with nothing."""
        self.seen: list[TickData | BarData] = []
        self.is_stopped = False

    def on_tick(self, tick: TickData) -> None:
        """Keep it; buy once."""
        if not self.seen:
            self.buy(tick.last_price, 1)
        self.seen.append(tick)

    def on_bar(self, bar: BarData) -> None:
        """Keep it."""
        self.seen.append(bar)

    def on_stop(self) -> None:
        """Note it."""
        self.is_stopped = True


def trader(running: Engine, **named: Any) -> Trader:
    """Add a trader to an engine."""
    added = running.add_strategy(Trader, **({"symbol": SYMBOL, "name": "trader"} | named))
    assert isinstance(added, Trader)
    return added


def stored_in(store: FakeStore) -> StoreSpec:
    """Offer a store by the name `memory`."""
    return StoreSpec(name="memory", factory=lambda *_: store)


def ticks(count: int) -> list[TickData]:
    """Return ticks a second apart, their prices rising from 100."""
    return [tick(price=100.0 + place, ts_ns=at(place)) for place in range(count)]


# -- by hand ---------------------------------------------------------------------


def test_an_engine_stepped_by_hand_opens_and_closes_everything(tmp_path: Path) -> None:
    """Inside `with` the venue is up; after it venue, strategy and store are closed."""
    venue, store = FakeGateway(), FakeStore()
    running = engine(
        stored_in(store), gateway=venue, home=tmp_path, store=StoreSettings(kind="memory")
    )
    added = trader(running)
    with running:
        inside = (venue.is_up, store.is_closed)
        running.step(tick())

    assert inside == (True, False)
    assert (venue.is_up, store.is_closed, added.is_stopped) == (False, True, True)
    assert [request.strategy for request in venue.requests] == ["trader"]


def test_stepping_needs_an_engine_that_runs() -> None:
    """Before the start nothing is connected, after the stop nothing any more."""
    running = engine()
    with pytest.raises(EngineStateError, match="this engine is created"):
        running.step(tick())
    with running:
        running.step(tick())
    with pytest.raises(EngineStateError, match="this engine is stopped"):
        running.step(tick())


def test_an_engine_runs_once() -> None:
    """Its orders, books and clock are those of one run; stopping again is harmless."""
    running = engine(feed=FakeFeed(ticks(3)))
    added = trader(running)
    running.run()
    running.stop()
    for again in (running.run, running.start, running.__enter__):
        with pytest.raises(EngineStateError, match="build another one"):
            again()

    assert len([each for each in added.seen if isinstance(each, TickData)]) == 3


def test_a_strategy_added_while_the_engine_runs_hears_the_next_event() -> None:
    """It is prepared and started at once."""
    running = engine()
    with running:
        running.step(tick(price=100.0))
        late = trader(running)
        running.step(tick(price=101.0, ts_ns=at(1)))

        assert [each.last_price for each in late.seen if isinstance(each, TickData)] == [101.0]
        assert running.parts.strategies.states() == {"trader": StrategyState.RUNNING}


def test_a_new_trading_day_is_announced_once_before_its_first_event() -> None:
    """Events of the day before that come late do not turn it back."""
    running = engine()
    told: list[TradingDayChanged] = []
    running.subscribe(TradingDayChanged, told.append)
    with running:
        for seconds, day in ((0, DAY), (1, DAY), (2, DAY + 1), (3, DAY), (4, DAY + 1)):
            running.step(tick(ts_ns=at(seconds), trading_day=day))

        assert told == [
            TradingDayChanged(DAY, 0, at(0)),
            TradingDayChanged(DAY + 1, DAY, at(2)),
        ]
        assert running.summary().trading_days == 2


def test_an_event_stamped_before_the_last_one_is_counted_and_moves_no_clock() -> None:
    """Time does not run backwards."""
    running = engine()
    with running:
        running.step(tick(ts_ns=at(5)))
        running.step(tick(ts_ns=at(3)))

        assert running.parts.clock.now == at(5)
        assert running.summary().late == 1


def test_the_summary_counts_a_small_run_worked_by_hand() -> None:
    """Buy 1 at 100, at 103 in the end, 10 units: 30 up, and one order still works."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    added = trader(running, symbol=OTHER)
    with running:
        running.step(tick(OTHER, 10.0))
        venue.fill()
        running.step(tick(OTHER, 10.6, ts_ns=at(1)))
        added.sell(11.0, 1)
        found = running.summary()

    # 300 units a lot, 2/100,000 of 3,000 as fee.
    assert (found.ticks, found.orders, found.trades, found.rejections) == (2, 2, 1, 0)
    assert (found.fees, found.pnl) == (Decimal("0.06"), 180 - Decimal("0.06"))
    assert found.equity == 1_000_000 + found.pnl
    assert found.max_drawdown == pytest.approx(0.06)
    assert (found.identity_holds, found.orders_settled) == (True, True)
    # The connection, two ticks and a trade came in.
    assert found.events == 4
    assert found.as_dict()["pnl"] == 179.94


def test_books_that_do_not_follow_from_the_trades_show() -> None:
    """The venue closes a lot more than was held: the second computation disagrees."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    added = trader(running)
    with running:
        running.step(tick(price=100.0))
        added.buy(100, 1)
        venue.fill()
        added.sell(100, 1)
        venue.fill(volume=2)
        running.step(tick(price=103.0, ts_ns=at(1)))

        assert not running.summary().identity_holds


def test_an_order_that_only_the_venue_holds_as_working_shows() -> None:
    """Ours is cancelled, the venue still has it."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    trader(running)
    with running:
        running.step(tick())
        before = running.summary().orders_settled
        venue.report(OrderReport("1-1", Status.CANCELLED, at(1)))

        assert before
        assert not running.summary().orders_settled


def test_a_person_s_order_is_booked_in_the_account_it_names() -> None:
    """The first account unless another one is given."""
    venue = FakeGateway()
    accounts = {name: AccountSettings(gateway="fake") for name in ("main", "second")}
    running = engine(gateway=venue, accounts=accounts)
    wish = {"symbol": SYMBOL, "direction": "long", "offset": "open", "volume": 1, "price": 100.0}
    with running:
        first = running.submit(Command("order.send", wish))
        second = running.submit(Command("order.send", wish | {"account": "second"}))
        nobody = running.submit(Command("order.send", wish | {"account": "third"}))
        running.step(tick(price=100.0))

    assert [request.account for request in venue.requests] == ["main", "second"]
    assert [each.result(timeout=0).account for each in (first, second)] == ["main", "second"]
    assert "third" in str(nobody.exception(timeout=0))


def test_a_handler_that_raises_is_counted_and_told_and_the_run_goes_on() -> None:
    """An onlooker cannot stop the engine."""

    def broken(_: object) -> None:
        msg = "not today"
        raise ValueError(msg)

    running = engine()
    added = trader(running)
    alerts: list[Alert] = []
    running.subscribe(TickData, broken, name="screen")
    running.subscribe(Alert, alerts.append)
    with running:
        running.step(tick())
        running.step(tick(ts_ns=at(1)))

        assert len(added.seen) == 2
        assert running.summary().faults == 2
        assert [(each.source, each.message) for each in alerts] == [
            ("screen", "raised ValueError: not today")
        ] * 2


# -- what goes wrong -------------------------------------------------------------


@pytest.mark.parametrize("how", ["run", "start"])
def test_an_engine_that_cannot_start_closes_what_it_has_opened(tmp_path: Path, how: str) -> None:
    """The feed's history cannot be read: the error comes out, the store is closed."""

    class Torn(FakeFeed):
        """A feed without a past."""

        def history(self) -> list[BarData]:
            """Fail."""
            msg = "no history"
            raise DataError(msg)

    venue, store = FakeGateway(), FakeStore()
    running = engine(
        stored_in(store), gateway=venue, feed=Torn(()), home=tmp_path,
        store=StoreSettings(kind="memory"),
    )  # fmt: skip
    with pytest.raises(DataError, match="no history"):
        getattr(running, how)()

    assert (venue.is_up, store.is_closed) == (False, True)
    assert not any(each.name == "observer-store" for each in threading.enumerate())


def test_a_venue_that_cannot_be_reached_keeps_the_engine_from_starting() -> None:
    """Its error is the engine's, and the strategies never began."""

    class Unreachable(FakeGateway):
        """A venue that is not there."""

        def connect(self) -> None:
            """Fail."""
            msg = "nobody answers"
            raise GatewayError(msg, gateway="fake")

    running = engine(gateway=Unreachable())
    trader(running)
    with pytest.raises(GatewayError, match="nobody answers"), running:
        pass

    assert running.parts.strategies.states() == {"trader": StrategyState.CREATED}


def test_an_unknown_command_is_refused_at_once() -> None:
    """With the names of those that there are."""
    with pytest.raises(HomalosError, match=r"'order.sned'; there are .*order.cancel, "):
        engine().submit(Command("order.sned", {}))


@pytest.mark.parametrize(
    ("named", "error", "message"),
    [
        ({"strategy": "tradre", "symbol": SYMBOL}, MissingPluginError, "'tradre'.*'trader'"),
        ({"strategy": "trader", "symbol": "zz"}, UnknownInstrument, "'zz.TEST'"),
        ({"strategy": "trader", "symbol": SYMBOL, "lots": 3}, ConfigError, "lots"),
        ({"strategy": "trader", "symbol": SYMBOL, "account": "x"}, ConfigError, "'x'.*main"),
        ({"strategy": "trader", "symbol": SYMBOL, "interval": "1x"}, ConfigError, "bar length"),
        ({"strategy": "trader"}, ConfigError, "symbols"),
    ],
)
def test_a_strategy_that_cannot_be_added_says_why(
    named: dict[str, Any], error: type[Exception], message: str
) -> None:
    """What was found, and what there is; the engine stays as it was."""
    running = engine(StrategySpec(name="trader", factory=Trader))
    with pytest.raises(error, match=message):
        running.add_strategy(**named)

    assert running.parts.strategies.states() == {}


# -- on the wall's clock ---------------------------------------------------------


def test_a_live_engine_has_the_wall_s_time_from_the_start() -> None:
    """In `on_start`, and for a command that comes before any event."""

    class Clockwatcher(Trader):
        """Notes when it starts."""

        def on_start(self) -> None:
            """Note it."""
            self.started = self.now_ns

    venue = FakeGateway()
    running = engine(gateway=venue, clock="live")
    added = running.add_strategy(Clockwatcher, symbol=SYMBOL)
    assert isinstance(added, Clockwatcher)
    begun = wall_ns()
    wish = {"symbol": SYMBOL, "direction": "long", "offset": "open", "volume": 1}
    with running:
        sent = wall_ns()
        running.submit(Command("order.send", wish))
        running.parts.loop.serve()

    assert begun <= added.started <= sent <= venue.requests[0].ts_ns <= wall_ns()


def test_a_connection_is_told_with_the_venue_s_name() -> None:
    """Whoever watches hears that it is up before any strategy starts."""
    running = engine(gateway=FakeGateway())
    told: list[ConnectionChanged] = []
    running.subscribe(ConnectionChanged, told.append)
    with running:
        pass

    assert [(each.gateway, each.is_up) for each in told] == [("fake", True)]


def test_a_build_that_fails_lets_go_of_the_store() -> None:
    """The store is open before the strategies are looked up."""
    store = FakeStore()
    kept = StoreSpec(name="kept", factory=lambda *_: store)
    with pytest.raises(MissingPluginError):
        engine(
            kept,
            store=StoreSettings(kind="kept"),
            strategies=(StrategySettings(strategy="nobody", symbols=(SYMBOL,)),),
        )
    assert store.is_closed
