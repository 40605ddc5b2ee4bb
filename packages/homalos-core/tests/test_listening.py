"""An engine heard from outside: names, orders, statistics, and symbols asked for at run time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from homalos.bus import OBSERVER, STATE, STRATEGY
from homalos.config import GatewaySettings
from homalos.engine.engine import Engine
from homalos.errors import GatewayError, MarketError, TopicError, UnknownInstrument
from homalos.model import Command, OrderData, TickData, TradeData
from homalos.plugins import GatewaySpec
from homalos.plugins.ports import EngineHandle, GatewayContext
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
