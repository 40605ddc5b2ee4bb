"""What every strategy must do."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from math import isfinite, nan, sin
from typing import Any

from attrs import Factory, frozen
from msgspec.structs import replace

from homalos.errors import ConfigError
from homalos.model import (
    BarData,
    Direction,
    Instrument,
    OrderData,
    OrderType,
    Status,
    TickData,
    TradeData,
)
from homalos.plugins.specs import StrategySpec
from homalos.strategy import Strategy
from homalos.testing.contracts.requirement import Requirement, expect, options_of, requirement
from homalos.testing.desks import FakeDesk
from homalos.testing.fakes import FakeClock
from homalos.testing.records import DAY, INSTRUMENTS, SYMBOL, at, bar, same, tick

__all__ = ["STRATEGY", "StrategySubject"]

_NS = 1_000_000_000
_MINUTES = 240
_ENDED = (Status.ALLTRADED, Status.CANCELLED, Status.REJECTED)


@frozen(kw_only=True)
class StrategySubject:
    """A strategy under test.

    Attributes:
        spec: What the plugin offers.
        options: Its parameters, as they would stand in the settings.
        symbols: What it trades.
        interval: Length of its bars.
        contracts: What it can look up, by symbol.
        price: Where the market stands at first, currency per unit.
    """

    spec: StrategySpec
    options: Mapping[str, Any] = Factory(dict)
    symbols: Sequence[str] = (SYMBOL,)
    interval: str = "1m"
    contracts: Mapping[str, Instrument] = INSTRUMENTS
    price: float = 100.0


class _Show:
    """A strategy at a desk, and a market that goes up and down before it.

    Every order ends as it is told when the next event comes, a target is met at once.
    """

    def __init__(self, subject: StrategySubject, *, end: Status = Status.ALLTRADED) -> None:
        self.desk = FakeDesk(contracts=subject.contracts, clock=FakeClock())
        self.subject = subject
        self._end = end
        self._told = 0
        self.strategy: Strategy = subject.spec.factory(
            self.desk,
            name="under-test",
            symbols=tuple(subject.symbols),
            interval=subject.interval,
            params=options_of(subject.spec, subject.options),
        )
        self.desk.on_timer = lambda name: call(self.strategy.on_timer, name)

    def init(self, *, minutes: int = _MINUTES) -> None:
        """Have so many minutes of history, and prepare."""
        symbols = self.subject.symbols
        self.desk.bars += [self.bar(each, n) for n in range(-minutes, 0) for each in symbols]
        call(self.strategy.on_init)

    def start(self, *, minutes: int = _MINUTES) -> None:
        self.init(minutes=minutes)
        call(self.strategy.on_start)

    def day(self, minutes: int = _MINUTES) -> None:
        """Bring two ticks and a bar a minute, for each symbol."""
        for minute in range(minutes):
            for symbol in self.subject.symbols:
                price = self.price(symbol, minute)
                self.show(tick(symbol, price, ts_ns=at(minute * 60 + 20)))
                self.show(tick(symbol, price, ts_ns=at(minute * 60 + 40)))
            for symbol in self.subject.symbols:
                self.show(self.bar(symbol, minute))

    def price(self, symbol: str, minute: int) -> float:
        contract = self.subject.contracts[symbol]
        return contract.snap(self.subject.price + contract.tick_size * round(20 * sin(minute / 9)))

    def bar(self, symbol: str, minute: int) -> BarData:
        start = at(minute * 60)
        return bar(
            symbol,
            self.price(symbol, minute),
            start_ns=start,
            interval=self.subject.interval,
            ts_ns=start + 60 * _NS,
            volume=10,
        )

    def show(self, event: TickData | BarData) -> None:
        self.desk.clock.advance(max(0, event.ts_ns - self.desk.clock.now_ns()))
        if isinstance(event, TickData):
            self.desk.ticks[event.symbol] = event
            call(self.strategy.on_tick, event)
        else:
            self.desk.bars.append(event)
            call(self.strategy.on_bar, event)
        self._answer()

    def decisions(self) -> list[object]:
        return [*self.desk.sent, *self.desk.cancelled, *self.desk.targets]

    def _answer(self) -> None:
        for symbol, lots, _price in self.desk.targets[self._told :]:
            self.desk.positions[symbol] = lots
        self._told = len(self.desk.targets)
        for order in self.desk.active_orders(None):
            self._finish(order)

    def _finish(self, order: OrderData) -> None:
        filled = order.volume if self._end is Status.ALLTRADED else 0
        state = replace(order, status=self._end, traded=filled, venue_order_id="V1")
        self.desk.orders[order.order_id] = state
        if filled:
            sign = 1 if order.direction is Direction.LONG else -1
            held = self.desk.positions.get(order.symbol, 0)
            self.desk.positions[order.symbol] = held + sign * filled
            call(self.strategy.on_trade, _trade_of(order, self.desk.clock.now_ns()))
        call(self.strategy.on_order, state)


def call(method: Callable[..., object], *args: object) -> None:
    """Call a strategy's method; one that is `async def` runs until it waits."""
    found = method(*args)
    if inspect.iscoroutine(found):
        try:
            found.send(None)
        except StopIteration:
            return
        found.close()


def _trade_of(order: OrderData, now_ns: int) -> TradeData:
    price = order.price if isfinite(order.price) else 100.0
    return TradeData(
        f"T{order.order_id}", order.order_id, order.symbol, order.direction, order.offset,
        price, order.volume, now_ns, DAY, order.strategy, order.account, order.gateway,
    )  # fmt: skip


def _played(subject: StrategySubject, **how: Any) -> _Show:
    show = _Show(subject, **how)
    show.start()
    show.day()
    call(show.strategy.on_stop)
    return show


# -- what it is --------------------------------------------------------------------


@requirement
def it_is_a_strategy(subject: StrategySubject) -> None:
    """The engine calls what the class has, and binds what a subclass overrides."""
    found: object = subject.spec.factory
    is_one = isinstance(found, type) and issubclass(found, Strategy)
    expect(is_one, f"the factory is {found!r}; expected a subclass of Strategy")


@requirement
def an_unknown_parameter_is_refused_by_name(subject: StrategySubject) -> None:
    """A misspelt one would trade with the default, and nobody would know."""
    name = "no_such_parameter"
    try:
        options_of(subject.spec, {**subject.options, name: 1})
    except ConfigError as error:
        expect(name in str(error), f"{str(error)!r} does not name {name!r}")
        return
    expect(met=False, what=f"the parameter {name!r} was taken; expected ConfigError")


@requirement
def parameters_are_not_changed(subject: StrategySubject) -> None:
    """They are shown, journaled and reloaded as what they were set to."""
    show = _Show(subject)
    before = str(show.strategy.params)
    show.start()
    show.day()
    after = str(show.strategy.params)
    expect(before == after, f"the parameters {before} became {after}")


# -- its life ----------------------------------------------------------------------


@requirement
def it_begins_without_history(subject: StrategySubject) -> None:
    """On the first day of a contract there is no bar and no tick before it."""
    show = _Show(subject)
    show.start(minutes=0)
    show.day(30)


@requirement
def it_sends_nothing_before_it_starts(subject: StrategySubject) -> None:
    """The venue may not be connected yet, and positions not known."""
    show = _Show(subject)
    show.init()
    found = show.decisions()
    expect(not found, f"{len(found)} orders or targets in `on_init`; expected none")


@requirement
def it_stops_at_any_time(subject: StrategySubject) -> None:
    """Ctrl-C comes when it comes, also in the first second."""
    for minutes in (None, 0, 1, 50):
        show = _Show(subject)
        show.init()
        if minutes is not None:
            call(show.strategy.on_start)
            show.day(minutes)
        call(show.strategy.on_stop)


# -- its orders --------------------------------------------------------------------


@requirement
def it_trades_its_own_symbols_only(subject: StrategySubject) -> None:
    """The position of another symbol is another strategy's."""
    desk = _played(subject).desk
    traded = {request.symbol for request in desk.sent} | {symbol for symbol, *_ in desk.targets}
    others = sorted(traded - set(subject.symbols))
    expect(not others, f"it traded {others}; expected only {sorted(subject.symbols)}")


@requirement
def lots_are_whole_numbers(subject: StrategySubject) -> None:
    """No exchange takes half a lot, and a float does not survive the journal."""
    desk = _played(subject).desk
    volumes: list[object] = [request.volume for request in desk.sent]
    wrong = [each for each in volumes if type(each) is not int or each <= 0]
    targets: list[object] = [lots for _symbol, lots, _price in desk.targets]
    wrong += [each for each in targets if type(each) is not int]
    expect(not wrong, f"it asked for {wrong[:3]} lots; expected int, above 0 in an order")


@requirement
def a_limit_order_has_a_price(subject: StrategySubject) -> None:
    """What is computed from an empty book is nan, and no venue takes that as a limit."""
    show = _Show(subject)
    show.start()
    with suppress(Exception):  # that it must not raise is a requirement of its own
        _bad_hour(show)
    show.day()
    wrong = [
        request.price
        for request in show.desk.sent
        if request.type is OrderType.LIMIT and not isfinite(request.price)
    ]
    expect(not wrong, f"limit orders have the prices {wrong[:3]}; expected finite ones")


@requirement
def the_same_events_bring_the_same_orders(subject: StrategySubject) -> None:
    """A backtest that is run twice must take the same decisions."""
    first, second = (_played(subject).decisions() for _ in range(2))
    expect(same(first, second), f"two equal days brought {len(first)} and {len(second)} decisions")


# -- bad days ----------------------------------------------------------------------


@requirement
def missing_prices_are_survived(subject: StrategySubject) -> None:
    """At the limit of the day one side is empty, and in a pause nothing trades."""
    show = _Show(subject)
    show.start()
    _bad_hour(show)
    show.day(30)
    _bad_hour(show)


@requirement
def a_refusal_is_survived(subject: StrategySubject) -> None:
    """Risk says no with a `Rejection`, which is not an order."""
    show = _Show(subject)
    show.desk.rule = "position_limit"
    show.start()
    show.day()


@requirement
def orders_that_come_to_nothing_are_survived(subject: StrategySubject) -> None:
    """A venue rejects, and an exchange cancels at the end of the day."""
    for end in _ENDED[1:]:
        _played(subject, end=end)


def _bad_hour(show: _Show) -> None:
    now = show.desk.clock.now_ns() + _NS
    for symbol in show.subject.symbols:
        for event in _without_prices(symbol, show.subject, now):
            show.show(event)


def _without_prices(
    symbol: str, subject: StrategySubject, now: int
) -> Iterable[TickData | BarData]:
    whole = tick(symbol, subject.price, ts_ns=now)
    no_bid, no_ask = {"bid_price_1": nan, "bid_volume_1": 0}, {"ask_price_1": nan}
    yield replace(whole, **no_bid)
    yield replace(whole, **no_ask)
    yield replace(whole, last_price=nan, **no_bid, **no_ask)
    yield bar(symbol, nan, start_ns=now - 60 * _NS, interval=subject.interval, ts_ns=now)


STRATEGY: tuple[Requirement[StrategySubject], ...] = (
    it_is_a_strategy,
    an_unknown_parameter_is_refused_by_name,
    parameters_are_not_changed,
    it_begins_without_history,
    it_sends_nothing_before_it_starts,
    it_stops_at_any_time,
    it_trades_its_own_symbols_only,
    lots_are_whole_numbers,
    a_limit_order_has_a_price,
    the_same_events_bring_the_same_orders,
    missing_prices_are_survived,
    a_refusal_is_survived,
    orders_that_come_to_nothing_are_survived,
)
