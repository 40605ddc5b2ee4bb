"""The engine and the threads around it: who asks, who feeds, who watches and who keeps."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from homalos import Engine, Settings
from homalos.config import (
    AccountSettings,
    BusSettings,
    FeedSettings,
    GatewaySettings,
    InboxSettings,
    StoreSettings,
)
from homalos.errors import (
    DataError,
    EngineStateError,
    HomalosError,
    MissingPluginError,
    UnknownInstrument,
)
from homalos.model import (
    BarData,
    Command,
    OrderData,
    StrategyState,
    TickData,
    TradeData,
    TradingDayChanged,
)
from homalos.plugins import FeedSpec, GatewaySpec, MarketSpec, StoreSpec
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
    from homalos.plugins.ports import MarketEvent, Snapshot

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
    events: Iterable[MarketEvent],
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


@pytest.mark.parametrize("is_threaded", [False, True])
def test_a_feed_that_raises_ends_the_run_with_its_error_and_everything_closed(
    tmp_path: Path,
    is_threaded: bool,  # noqa: FBT001  drawn
) -> None:
    """What came before it was dispatched; strategies, venue and store see a proper end.

    The bar under way does not come out: nobody knows what its minute would have brought.
    """

    def broken() -> Iterator[TickData | BarData]:
        yield from ticks(3)
        yield bar(OTHER)
        yield tick(ts_ns=at(61))
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

    assert len([each for each in added.seen if isinstance(each, TickData)]) == 4
    assert (added.is_stopped, venue.is_up, store.is_closed) == (True, False, True)
    stored = [each for batch in store.batches for each in batch if isinstance(each, BarData)]
    assert [(each.symbol, each.ts_ns) for each in stored] == [(SYMBOL, at(60)), (OTHER, at(60))]


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
