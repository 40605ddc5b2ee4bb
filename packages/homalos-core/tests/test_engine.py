"""The engine as a whole: its life, its outside, its end."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from homalos import Engine, Settings
from homalos.clock import wall_ns
from homalos.config import (
    AccountSettings,
    BusSettings,
    FeedSettings,
    GatewaySettings,
    InboxSettings,
    StoreSettings,
)
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
    OrderData,
    OrderReport,
    Status,
    StrategyState,
    TickData,
    TradeData,
    TradingDayChanged,
)
from homalos.plugins import FeedSpec, GatewaySpec, MarketSpec, StoreSpec, StrategySpec
from homalos.plugins.host import PluginHost
from homalos.strategy import Strategy
from homalos.testing import (
    DAY,
    OTHER,
    SYMBOL,
    FakeFeed,
    FakeGateway,
    FakeMarket,
    FakeStore,
    at,
    bar,
    engine,
    plugin,
    tick,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from homalos.plugins.host import Spec
    from homalos.plugins.ports import Snapshot

_SOON = 10.0  # seconds a thread may take; it takes none unless something hangs


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


def threaded(
    events: Iterable[TickData],
    *specs: Spec,
    gateway: FakeGateway | None = None,
    **settings: Any,
) -> Engine:
    """Build an engine whose feed comes through the inbox from a thread of its own."""
    venue = gateway or FakeGateway()
    offered: list[Spec] = [
        MarketSpec(name="fake", factory=lambda *_: FakeMarket()),
        GatewaySpec(name="fake", factory=lambda c, _: venue.attach(c), in_process=True),
        FeedSpec(name="fake", factory=lambda *_: FakeFeed(events)),
        *specs,
    ]
    return Engine.build(
        Settings(
            gateways={"fake": GatewaySettings(kind="fake")},
            accounts={"main": AccountSettings(gateway="fake")},
            feed=FeedSettings(kind="fake", thread=True),
            **settings,
        ),
        plugins=PluginHost.of(plugin("fakes", *offered)),
    )


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
    """The venue closes a lot that nobody held: the second computation disagrees."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    added = trader(running)
    with running:
        running.step(tick(price=100.0))
        added.sell(100, 1)
        venue.fill()
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


# -- from other threads ----------------------------------------------------------


@pytest.fixture
def alive() -> Iterator[tuple[Engine, FakeGateway]]:
    """Give an engine that runs on a thread of its own, without a feed."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    venue.flush = lambda: None
    thread = threading.Thread(target=running.run)
    thread.start()
    yield running, venue
    running.request_stop()
    thread.join(_SOON)
    assert not thread.is_alive()


def test_a_command_from_another_thread_is_carried_out_and_answered(
    alive: tuple[Engine, FakeGateway],
) -> None:
    """A person's order reaches the venue; the future has the order."""
    running, venue = alive
    wish = {"symbol": SYMBOL, "direction": "long", "offset": "open", "volume": 2, "price": 100.4}
    order = running.submit(Command("order.send", wish)).result(_SOON)
    cancelled = running.submit(Command("order.cancel", {"order_id": order.order_id}))

    assert isinstance(order, OrderData)
    assert (order.strategy, order.price, order.volume) == ("manual", 100.0, 2)
    assert cancelled.result(_SOON) is True
    assert [request.order_id for request in venue.requests] == [order.order_id]
    assert [request.order_id for request in venue.cancels] == [order.order_id]


def test_cancel_all_takes_every_working_order_back(alive: tuple[Engine, FakeGateway]) -> None:
    """Whoever sent it."""
    running, venue = alive
    wish = {"symbol": SYMBOL, "direction": "short", "offset": "open", "volume": 1}
    for _ in range(2):
        running.submit(Command("order.send", wish)).result(_SOON)

    assert running.submit(Command("order.cancel_all", {})).result(_SOON) == 2
    assert [request.order_id for request in venue.cancels] == ["1-1", "1-2"]


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("order.cancel", {"order_id": "1-9"}, LookupError),
        ("order.send", {"symbol": "zz"}, TypeError),
        (
            "order.send",
            {"symbol": "zz", "direction": "long", "offset": "open", "volume": 1},
            UnknownInstrument,
        ),
        (
            "order.send",
            {"symbol": SYMBOL, "direction": "long", "offset": "open", "volume": 0},
            HomalosError,
        ),
        ("strategy.stop", {"strategy": "nobody"}, MissingPluginError),
    ],
)
def test_a_command_that_fails_tells_whoever_asked_and_nobody_else(
    alive: tuple[Engine, FakeGateway], name: str, arguments: dict[str, Any], error: type[Exception]
) -> None:
    """The engine runs on."""
    running, _ = alive
    failed = running.submit(Command(name, arguments)).exception(_SOON)

    assert isinstance(failed, error)
    assert running.snapshot().result(_SOON).orders == ()


def test_an_unknown_command_is_refused_at_once() -> None:
    """With the names of those that there are."""
    with pytest.raises(HomalosError, match=r"'order.sned'; there are order.cancel, "):
        engine().submit(Command("order.sned", {}))


def test_a_snapshot_is_taken_between_two_events() -> None:
    """From the feed's thread: after the first tick and before the second."""
    pictures: list[Snapshot] = []
    is_dispatched = threading.Event()

    def events() -> Iterator[TickData]:
        yield tick(price=100.0)
        assert is_dispatched.wait(_SOON)
        pictures.append(running.snapshot().result(_SOON))
        yield tick(price=101.0, ts_ns=at(1))

    running = threaded(events())
    trader(running)
    running.subscribe(TickData, lambda _: is_dispatched.set())
    running.run()
    (picture,) = pictures

    assert picture.ticks[SYMBOL].last_price == 100.0
    assert (picture.ts_ns, picture.trading_day) == (at(0), DAY)
    assert [order.order_id for order in picture.orders] == ["1-1"]
    assert picture.counters["ticks"] == 1
    assert picture.strategies == {"trader": StrategyState.RUNNING}


def test_a_feed_on_a_thread_of_its_own_loses_nothing() -> None:
    """Every event of a blocking lane of two places is dispatched, in its order."""
    running = threaded(ticks(500), inbox=InboxSettings(market=2, when_full="block"))
    added = trader(running)
    summary = running.run()

    assert [each for each in added.seen if isinstance(each, TickData)] == ticks(500)
    assert (summary.ticks, summary.conflated) == (500, 0)


@pytest.mark.parametrize("is_threaded", [False, True])
def test_a_run_is_stopped_from_another_thread(is_threaded: bool) -> None:  # noqa: FBT001  drawn
    """The endless feed ends, the bar under way does not come out: the data was not over."""

    def endless() -> Iterator[TickData]:
        for place in range(10_000_000):
            if place == 100:
                stopper = threading.Thread(target=running.request_stop)
                stopper.start()
                stopper.join(_SOON)
            yield tick(ts_ns=at(place / 1_000))

    running = threaded(endless()) if is_threaded else engine(feed=FakeFeed(endless()))
    added = trader(running)
    summary = running.run()

    assert added.is_stopped
    assert not any(isinstance(each, BarData) for each in added.seen)
    assert summary.ticks <= 101


def test_who_asks_after_the_end_is_told_so() -> None:
    """Also who asked before and was not served any more."""
    running = engine()
    early = running.snapshot()
    with running:
        pass
    late = running.submit(Command("order.cancel_all", {}))

    for future in (early, late):
        with pytest.raises(EngineStateError, match="has stopped"):
            future.result(0)


def test_a_wish_that_was_withdrawn_is_not_carried_out() -> None:
    """Its future was cancelled before its turn; the engine goes on with the next."""
    running = engine()
    added = trader(running)
    with running:
        withdrawn = running.submit(Command("strategy.stop", {"strategy": "trader"}))
        kept = running.snapshot()
        assert withdrawn.cancel()
        running.step(tick())

        assert kept.result(0).strategies == {"trader": StrategyState.RUNNING}
        assert not added.is_stopped


def test_an_observer_hears_in_batches_on_a_thread_of_its_own() -> None:
    """Everything, in order, by the end of the run."""
    heard: list[Any] = []
    threads: set[str] = set()

    def watch(events: Sequence[Any]) -> None:
        threads.add(threading.current_thread().name)
        heard.extend(events)

    running = engine(feed=FakeFeed(ticks(50)))
    observer = running.observe([TickData, TradingDayChanged], watch, name="screen", policy="block")
    running.run()

    assert [each for each in heard if isinstance(each, TickData)] == ticks(50)
    assert len(heard) == 51
    assert threads == {"observer-screen"}
    assert (observer.accepted, observer.handled, observer.dropped) == (51, 51, 0)


# -- stores ----------------------------------------------------------------------


def test_a_store_gets_orders_trades_and_bars_in_batches(tmp_path: Path) -> None:
    """Three at a time; what is left when the engine stops is written, too."""
    venue, store = FakeGateway(), FakeStore()
    running = engine(
        stored_in(store),
        gateway=venue,
        home=tmp_path,
        store=StoreSettings(kind="memory"),
        bus=BusSettings(batch=3, batch_s=60),
    )
    trader(running)
    with running:
        running.step(tick(price=100.0))
        venue.accept()
        venue.fill()
        for place in range(4):
            running.step(bar(price=100.0 + place, start_ns=at(60 * place)))
    records = [record for batch in store.batches for record in batch]

    assert [type(each) for each in records[:3]] == [OrderData, TradeData, OrderData]
    # The first is the tick's own minute, closed when the first of the four others came.
    assert [each.close_price for each in records if isinstance(each, BarData)] == [
        100, 100, 101, 102, 103,
    ]  # fmt: skip
    assert [len(batch) for batch in store.batches] == [3, 3, 2]
    assert store.is_closed


def test_a_store_that_fails_for_a_while_misses_nothing(tmp_path: Path) -> None:
    """The batch is written again."""
    store = FakeStore(failures=1)
    running = engine(stored_in(store), home=tmp_path, store=StoreSettings(kind="memory"))
    with running:
        running.step(bar())

    assert store.batches == [(bar(),)]
    assert running.summary().dropped == 0


# -- what goes wrong -------------------------------------------------------------


@pytest.mark.parametrize("is_threaded", [False, True])
def test_a_feed_that_raises_ends_the_run_with_its_error_and_everything_closed(
    tmp_path: Path,
    is_threaded: bool,  # noqa: FBT001  drawn
) -> None:
    """What came before it was dispatched; strategies, venue and store see a proper end.

    The store has the bar that was under way.
    """

    def broken() -> Iterator[TickData]:
        yield from ticks(3)
        msg = "the tape is torn"
        raise DataError(msg)

    venue, store = FakeGateway(), FakeStore()
    spec, kept = stored_in(store), StoreSettings(kind="memory")
    if is_threaded:
        running = threaded(broken(), spec, gateway=venue, home=tmp_path, store=kept)
    else:
        feed = FakeFeed(broken())
        running = engine(spec, gateway=venue, feed=feed, home=tmp_path, store=kept)
    added = trader(running)
    with pytest.raises(DataError, match="the tape is torn"):
        running.run()

    assert len([each for each in added.seen if isinstance(each, TickData)]) == 3
    assert (added.is_stopped, venue.is_up, store.is_closed) == (True, False, True)
    assert [type(each) for batch in store.batches for each in batch] == [BarData]


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


def test_a_run_that_is_broken_off_leaves_no_feed_behind() -> None:
    """Ctrl-C in the middle: the feed's thread, blocked on a full lane, ends with the run."""

    class Interrupted(Trader):
        """Is hit by Ctrl-C."""

        def on_tick(self, tick: TickData) -> None:
            """End it all."""
            raise KeyboardInterrupt(tick)

    running = threaded(
        (tick(ts_ns=at(place)) for place in range(10_000_000)),
        inbox=InboxSettings(market=2, when_full="block"),
    )
    running.add_strategy(Interrupted, symbol=SYMBOL)
    with pytest.raises(KeyboardInterrupt):
        running.run()
    for thread in threading.enumerate():
        if thread.name == "feed":
            thread.join(_SOON)

    assert not any(thread.name == "feed" for thread in threading.enumerate())


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
