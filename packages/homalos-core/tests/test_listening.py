"""An engine heard from outside: names, orders, observers that lose or hang, and statistics."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from homalos.bus import OBSERVER, STATE, STRATEGY
from homalos.config import BusSettings, GatewaySettings
from homalos.engine.engine import Engine
from homalos.errors import GatewayError, MarketError, TopicError, UnknownInstrument
from homalos.model import Alert, Command, OrderData, TickData, TradeData
from homalos.observer import Observer
from homalos.plugins import GatewaySpec
from homalos.plugins.ports import EngineHandle, GatewayContext, ObserverStats
from homalos.strategy import Strategy
from homalos.testing import OTHER, SYMBOL, FakeGateway, at, engine, tick

PATIENCE_S = 5.0


class Buyer(Strategy):
    """Buys a lot at each tick."""

    def on_init(self) -> None:
        """Begin with nothing."""
        self.seen: list[TickData] = []

    def on_tick(self, tick: TickData) -> None:
        """Keep it and buy."""
        self.seen.append(tick)
        self.buy(tick.last_price, 1)


class Gate:
    """A handler that waits until it is opened."""

    def __init__(self) -> None:
        """Make it, shut."""
        self.seen: list[Any] = []
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self, batch: Sequence[Any]) -> None:
        """Wait, and note a batch."""
        self.entered.set()
        assert self.opened.wait(PATIENCE_S)
        self.seen.extend(batch)


def asked(running: Engine, what: Callable[[], Any]) -> Any:
    """Ask a stepped engine for something, let it answer, and return the answer."""
    future = what()
    running.parts.loop.serve()
    return future.result(timeout=0)


def told(running: Engine, name: str, **arguments: Any) -> Any:
    """Have a stepped engine carry out a command; return the result."""
    return asked(running, lambda: running.submit(Command(name, arguments)))


@contextmanager
def in_a_thread(running: Engine) -> Iterator[None]:
    """Let an engine run on a thread of its own, as a live one does."""
    thread = threading.Thread(target=running.run)
    thread.start()
    yield
    running.request_stop()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


# -- names -----------------------------------------------------------------------


def test_a_name_with_a_star_hears_every_message_of_its_kind() -> None:
    """An order's states, its fill, and nothing of the market."""
    heard: list[Any] = []
    venue = FakeGateway()
    running = engine(gateway=venue)
    running.add_strategy(Buyer, symbol=SYMBOL, name="buyer")
    group = running.subscribe("order.*", heard.append)
    with running:
        running.step(tick(price=100.0))
        venue.accept()
        venue.fill()
    assert [type(each) for each in heard] == [OrderData, TradeData, OrderData]
    assert group.delivered == 3


@pytest.mark.parametrize(
    ("name", "hears"),
    [
        ("market.tick.raw", [SYMBOL, OTHER]),
        ("market.tick.buyer", [SYMBOL]),
        ("market.tick.bb2510", [OTHER]),
        ("market.tick.b*.TEST", [OTHER]),
        ("market.*", [SYMBOL, OTHER]),
    ],
)
def test_ticks_are_heard_by_name(name: str, hears: list[str]) -> None:
    """All, those a strategy trades, one contract's in any spelling, a pattern's."""
    heard: list[str] = []
    running = engine()
    running.add_strategy(Buyer, symbol=SYMBOL, name="buyer")
    running.subscribe(name, lambda event: heard.append(event.symbol))
    with running:
        for symbol in (SYMBOL, OTHER):
            running.step(tick(symbol))
    assert heard == hears


def test_a_strategy_s_topic_is_what_the_strategy_sees() -> None:
    """Tick by tick, of all of its contracts."""
    heard: list[TickData] = []
    running = engine()
    buyer = running.add_strategy(Buyer, symbols=[SYMBOL, OTHER], name="buyer")
    running.subscribe("market.tick.buyer", heard.append)
    with running:
        for place in range(6):
            running.step(tick((SYMBOL, OTHER)[place % 2], ts_ns=at(place)))
        assert isinstance(buyer, Buyer)
        assert heard == buyer.seen
    assert len(heard) == 6


@pytest.mark.parametrize(
    ("topic", "named", "error", "message"),
    [
        ("market.tick.buyre", {}, TopicError, "'buyre' is neither a strategy here nor a symbol"),
        ("order.stat", {}, TopicError, "did you mean 'order.state'"),
        ("order.*", {"key": "buyer"}, TopicError, "write the key 'buyer' behind the name"),
        (TickData, {"order": 9}, ValueError, r"order 9: write 10 \(beside the managers\) to 90"),
        (TickData, {"order": 91}, ValueError, "order 91: "),
    ],
)
def test_who_cannot_be_subscribed_is_told_why(
    topic: type | str, named: Any, error: type[Exception], message: str
) -> None:
    """And is not subscribed."""
    running = engine()
    before = running.parts.bus.subscriptions()
    with pytest.raises(error, match=message):
        running.subscribe(topic, print, **named)
    assert running.parts.bus.subscriptions() == before


def test_an_outsider_may_stand_before_or_behind_the_strategies() -> None:
    """Behind everybody, unless it asks for something else."""
    heard: list[str] = []
    running = engine()
    buyer = running.add_strategy(Buyer, symbol=SYMBOL, name="buyer")
    assert isinstance(buyer, Buyer)

    def noting(name: str) -> Callable[[TickData], None]:
        return lambda _: heard.append(f"{name} {len(buyer.seen)}")

    for name, order in {"last": OBSERVER, "first": STATE, "middle": STRATEGY}.items():
        running.subscribe(TickData, noting(name), order=order)
    running.subscribe("market.tick.raw", lambda _: heard.append("default"))
    with running:
        running.step(tick())
    assert heard[0] == "first 0"
    assert heard[-2:] == ["last 1", "default"]


def test_an_observer_takes_names_and_types_and_hears_each_event_once() -> None:
    """Also where two of them overlap."""
    heard: list[Any] = []
    running = engine()
    observer = running.observe(
        ["market.tick.raw", TickData, f"market.tick.{SYMBOL}", "session.day"],
        heard.extend,
        name="screen",
        policy="block",
    )
    with running:
        running.step(tick())
    assert [type(each).__name__ for each in heard] == ["TradingDayChanged", "TickData"]
    assert (observer.accepted, observer.handled) == (2, 2)


def test_an_observer_with_one_wrong_name_is_not_there_at_all() -> None:
    """Not half of it."""
    running = engine()
    before = running.parts.bus.subscriptions()
    with pytest.raises(TopicError, match=r"'ordre\.trade'; did you mean 'order.trade'"):
        running.observe(["market.*", "ordre.trade"], print, name="screen")
    assert running.parts.bus.subscriptions() == before
    assert running.parts.observers == []


# -- losses ------------------------------------------------------------------------


def test_an_observer_s_losses_are_told_between_two_events() -> None:
    """As warnings, on the engine thread, ever rarer; and they stand in the figures."""
    alerts: list[tuple[Alert, str]] = []
    running = engine(bus=BusSettings(queue=2))
    gate = Gate()
    running.observe([TickData], gate, name="screen")
    running.subscribe(Alert, lambda a: alerts.append((a, threading.current_thread().name)))
    with running:
        running.step(tick())
        assert gate.entered.wait(PATIENCE_S)
        for place in range(1, 10):
            running.step(tick(ts_ns=at(place)))
        picture = asked(running, running.snapshot)
        gate.opened.set()
    lost = [alert.message.partition(",")[0] for alert, _ in alerts]
    assert lost == ["lost 1 of 4 events", "lost 2 of 5 events", "lost 4 of 7 events"]
    assert {(alert.level, alert.source) for alert, _ in alerts} == {("warning", "observer.screen")}
    assert {name for _, name in alerts} == {threading.current_thread().name}
    assert picture.counters["dropped"] == running.summary().dropped == 7
    assert [(each.name, each.depth, each.dropped) for each in picture.observers] == [
        ("screen", 2, 7)
    ]


def test_a_parked_batch_is_told_on_the_engine_thread() -> None:
    """Though it was the worker that lost it; with what the handler raised."""
    heard = threading.Event()
    alerts: list[tuple[Alert, str]] = []

    def hear(alert: Alert) -> None:
        alerts.append((alert, threading.current_thread().name))
        heard.set()

    def broken(_: Sequence[Any]) -> None:
        msg = "no space left"
        raise OSError(msg)

    running = engine()
    observer = running.observe(["alert.*", TickData], broken, name="writer", policy="block")
    observer.rest = lambda _: None
    running.subscribe("alert.raised", hear)
    with in_a_thread(running):
        running.parts.inbox.post_market(tick())
        assert heard.wait(PATIENCE_S)
    alert, where = alerts[0]
    assert alert.message.startswith("lost 1 of 1 events")
    assert alert.message.endswith("its handler last raised OSError: no space left")
    assert not where.startswith("observer-")
    summary = running.summary()
    assert (summary.dropped, summary.parked) == (observer.dropped, observer.dropped)
    assert summary.retried == observer.retried >= 4


def test_losses_are_told_though_the_execution_lane_is_full() -> None:
    """The engine itself posts them, and it is the one that makes room."""
    alerts: list[Alert] = []
    running = engine(bus=BusSettings(queue=1))
    gate = Gate()
    running.observe([TickData], gate, name="screen")
    running.subscribe(Alert, alerts.append)
    with running:
        running.step(tick())
        assert gate.entered.wait(PATIENCE_S)
        for _ in range(1_100):
            running.parts.inbox.post_now(tick(OTHER))
        running.step(tick())
        running.step(tick())
        gate.opened.set()
    assert alerts[0].message.startswith("lost 1 of ")


def test_an_engine_that_a_full_queue_holds_up_says_so_while_it_waits() -> None:
    """Whoever hears alerts hears of it, before the hanging handler comes back."""
    alerts: list[Alert] = []
    running = engine(bus=BusSettings(queue=1))
    gate = Gate()
    observer = running.observe(["market.tick.raw"], gate, name="store", policy="block")
    seconds = iter(range(10_000))
    observer.now = lambda: float(next(seconds))

    def hear(alert: Alert) -> None:
        alerts.append(alert)
        gate.opened.set()

    running.subscribe("alert.*", hear)
    with running:
        running.step(tick())
        assert gate.entered.wait(PATIENCE_S)
        for place in (1, 2):
            running.step(tick(ts_ns=at(place)))
    assert [alert.source for alert in alerts] == ["observer.store"]
    assert alerts[0].message.endswith("its queue is full; the engine waits")
    assert (len(gate.seen), observer.dropped) == (3, 0)


def test_an_observer_of_alerts_that_holds_the_engine_up_does_not_do_so_twice() -> None:
    """It is told of its own stall behind the event that had no room."""
    running = engine(bus=BusSettings(queue=1))
    gate = Gate()
    observer = running.observe(["*"], gate, name="all", policy="block")
    seconds = iter(range(10_000))
    observer.now = lambda: 0.0 if gate.opened.is_set() else float(next(seconds))
    running.subscribe(Alert, lambda _: gate.opened.set(), order=STATE)
    with running:
        for place in range(4):
            running.step(tick(ts_ns=at(place)))
    kinds = [type(each).__name__ for each in gate.seen]
    assert (kinds.count("TickData"), kinds.count("Alert")) == (4, 1)
    assert observer.accepted == observer.handled == len(gate.seen)


def test_a_snapshot_shows_each_observer() -> None:
    """What it has, what it took, and how long its handler has been at it."""
    running = engine(bus=BusSettings(queue=5))
    gate = Gate()
    observer = running.observe([TickData], gate, name="screen", policy="conflate", key=str)
    with running:
        running.step(tick())
        assert gate.entered.wait(PATIENCE_S)
        running.step(tick())
        (stats,) = asked(running, running.snapshot).observers
        gate.opened.set()
    assert stats == ObserverStats(
        name="screen", policy="conflate", depth=1, busy_s=stats.busy_s, accepted=2, handled=0,
        dropped=0, conflated=0, parked=0, retried=0, last_fault="",
    )  # fmt: skip
    assert stats.busy_s > 0.0
    assert observer.busy_s() == 0.0


def test_a_handler_that_raises_all_day_does_not_fill_the_memory() -> None:
    """Every fault is counted, the latest are kept."""

    def broken(tick: TickData) -> None:
        raise ValueError(tick.volume)

    running = engine()
    running.subscribe("market.tick.raw", broken, name="broken")
    with running:
        for number in range(10_000):
            running.step(tick(volume=number))
    assert running.summary().faults == 10_000
    assert len(running.parts.faults) <= 1_000
    assert running.parts.faults[-1] == ("broken", "ValueError: 9999")


# -- coming and going ----------------------------------------------------------------


def test_an_observer_that_goes_leaves_nothing_but_its_counts() -> None:
    """As a browser that comes and goes all day; counted over 200 of them."""
    running = engine(bus=BusSettings(queue=1))
    before = running.parts.bus.subscriptions()
    threads = threading.active_count()
    watched: list[weakref.ref[Observer]] = []
    with running:
        for place in range(200):
            gate = Gate()
            observer = running.observe(["market.tick.*"], gate, name=f"browser-{place}")
            watched.append(weakref.ref(observer))
            running.step(tick(ts_ns=at(3 * place)))
            assert gate.entered.wait(PATIENCE_S)
            for more in (1, 2):
                running.step(tick(ts_ns=at(3 * place + more)))
            gate.opened.set()
            assert running.dismiss(observer)
        assert running.parts.observers == []
        assert running.parts.bus.subscriptions() == before
        assert threading.active_count() == threads
    assert running.summary().dropped == 200
    del gate, observer
    gc.collect()
    assert sum(each() is not None for each in watched) == 0


def test_dismissing_one_that_hangs_does_not_hold_the_engine_up() -> None:
    """It is told, and what waited counts as lost."""
    running = engine()
    gate = Gate()
    observer = running.observe([TickData], gate, name="screen")
    with running:
        running.step(tick())
        assert gate.entered.wait(PATIENCE_S)
        running.step(tick())
        assert not running.dismiss(observer, timeout_s=0.0)
        running.step(tick())
        gate.opened.set()
        assert observer.close()
    assert running.summary().dropped == 1
    assert ("screen", "did not finish in time; 1 events are lost") in running.parts.faults


# -- statistics ------------------------------------------------------------------------


def test_statistics_show_every_subscriber() -> None:
    """By the names of the outside; without a time until it is measured."""
    running = engine()
    running.subscribe("market.bar.*.1m", print, name="bars", order=STRATEGY)

    def broken(_: TickData) -> None:
        raise ValueError

    running.subscribe(TickData, broken, key="a*", name="broken")
    with running:
        for symbol in (SYMBOL, OTHER, SYMBOL):
            running.step(tick(symbol))
        found = {each.name: each for each in asked(running, running.statistics)}
    bars, bad = found["bars"], found["broken"]
    assert (bars.topic, bars.key, bars.order, bars.delivered) == ("market.bar", "* 1m", 50, 0)
    assert (bad.topic, bad.key, bad.delivered, bad.failed) == ("market.tick", "a*", 2, 2)
    assert bad.mean_us is None


def test_times_are_taken_from_the_command_on() -> None:
    """And no longer after it is switched off; the decisions are the same."""
    running = engine()
    running.add_strategy(Buyer, symbol=SYMBOL, name="buyer")
    with running:
        told(running, "bus.measure")
        running.step(tick())
        told(running, "bus.measure", on=False)
        found = [each for each in asked(running, running.statistics) if each.delivered]
        assert all(each.mean_us is not None for each in found if each.topic == "market.tick")
        assert any(each.name == "strategy.buyer" for each in found)
        running.step(tick())
    bare = engine()
    bare.add_strategy(Buyer, symbol=SYMBOL, name="buyer")
    with bare:
        for _ in range(2):
            bare.step(tick())
    assert running.summary().decision_hash == bare.summary().decision_hash


def test_statistics_are_part_of_the_handle() -> None:
    """Any thread that holds the engine may ask."""
    running = engine()
    handle: EngineHandle = running
    with in_a_thread(running):
        found = handle.statistics().result(timeout=PATIENCE_S)
    assert len(found) == len(running.parts.bus.subscriptions())


# -- market data asked for at run time -------------------------------------------------------


def test_a_symbol_is_subscribed_while_the_engine_runs() -> None:
    """The venue is asked in its own spelling, and the last tick is kept from then on."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    with running:
        running.step(tick(OTHER))
        assert running.parts.data.last_tick(OTHER) is None
        assert told(running, "gateway.subscribe", symbols=["bb2510", OTHER]) == [OTHER]
        running.step(tick(OTHER, price=7.0))
        picture = asked(running, running.snapshot)
    assert venue.subscribed == [OTHER]
    assert picture.ticks[OTHER].last_price == 7.0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"symbols": [SYMBOL, "zz99"]}, UnknownInstrument, "'zz99.TEST'"),
        ({"symbols": []}, MarketError, r'expected a list such as \["rb2510.SHFE"\], not \[\]'),
        ({"symbols": SYMBOL}, MarketError, "symbols: expected a list"),
        (
            {"symbols": [SYMBOL], "gateway": "fkae"},
            GatewayError,
            "no gateway is called 'fkae'; did you mean 'fake'.; there are fake",
        ),
    ],
)
def test_a_subscription_that_is_wrong_asks_nobody(
    arguments: Any, error: type[Exception], message: str
) -> None:
    """All of the symbols or none."""
    venue = FakeGateway()
    running = engine(gateway=venue)
    with running, pytest.raises(error, match=message):
        told(running, "gateway.subscribe", **arguments)
    assert venue.subscribed == []
    assert running.parts.data.ticks() == {}


def test_one_gateway_may_be_named() -> None:
    """The others are not asked."""
    venues: dict[str, FakeGateway] = {}

    def made(context: GatewayContext, _: object) -> FakeGateway:
        venues[context.name] = FakeGateway().attach(context)
        return venues[context.name]

    kind = GatewaySettings(kind="fake")
    spec = GatewaySpec(name="fake", factory=made, in_process=True)
    running = engine(gateway=spec, gateways={"fake": kind, "other": kind})
    with running:
        told(running, "gateway.subscribe", symbols=[SYMBOL], gateway="other")
        told(running, "gateway.subscribe", symbols=[OTHER])
    assert venues["fake"].subscribed == [OTHER]
    assert venues["other"].subscribed == [SYMBOL, OTHER]
