"""The strategies of this package, driven by hand on a desk that records what they ask for."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import isnan, nan

import pluggy
import pytest
from attrs import asdict, define, field
from cattrs import Converter
from hypothesis import given
from hypothesis import strategies as st

from homalos.errors import ConfigError
from homalos.model import (
    BarData,
    Direction,
    Instrument,
    Offset,
    OrderData,
    OrderType,
    Terms,
    TickData,
)
from homalos.plugins import StrategySpec
from homalos.plugins.hookspecs import PROJECT, Hooks
from homalos.plugins.ports import Clock, Timer
from homalos.strategy import Strategy
from homalos_strategies import (
    DoubleMa,
    DoubleMaParams,
    EmaMomentum,
    EmaMomentumParams,
    plugin,
)

RB = "rb2510.SHFE"


def bars(closes: Sequence[float]) -> list[BarData]:
    """Make one-minute bars that close there."""
    return [
        BarData(RB, "1m", at, at + 1, 20250102, close, close, close, close)
        for at, close in enumerate(closes)
    ]


def quote(bid: float, ask: float) -> TickData:
    """Make a tick with these sides of the book."""
    return TickData(RB, 0, 20250102, 3000.0, bid_price_1=bid, ask_price_1=ask)


@define
class Desk:
    """A desk that never fills anything, as if every order were refused."""

    tick_size: float = 1.0
    past: list[BarData] = field(factory=list)
    asked: list[tuple[str, str, int]] = field(factory=list)
    targets: list[int] = field(factory=list)

    def instrument(self, symbol: str) -> Instrument:
        """Return a contract with the grid of the test."""
        return Instrument(symbol=symbol, product="rb", tick_size=self.tick_size, multiplier=10)

    def history(self, symbol: str, interval: str, count: int) -> list[BarData]:
        """Return the last bars of the test's past, and note what was asked for."""
        self.asked.append((symbol, interval, count))
        return self.past[-count:]

    def set_target(self, symbol: str, target: int, price: float) -> None:
        """Note a target; it must be for market orders in the one symbol."""
        assert symbol == RB
        assert isnan(price)
        self.targets.append(target)

    def position(self, symbol: str) -> int:
        """Return 0, since nothing is ever filled."""
        assert symbol == RB
        return 0

    @property
    def clock(self) -> Clock:
        """Refuse: these strategies do not look at the time."""
        raise NotImplementedError

    def send(
        self,
        symbol: str,
        direction: Direction,
        offset: Offset,
        price: float,
        volume: int,
        order_type: OrderType,
        reference: str,
        terms: Terms | None = None,
    ) -> OrderData:
        """Refuse: these strategies name targets, not orders."""
        raise NotImplementedError

    def amend(
        self, order_id: str, price: float | None, volume: int | None, trigger: float | None
    ) -> OrderData:
        """Refuse, as `send` does."""
        raise NotImplementedError

    def cancel(self, order_id: str) -> bool:
        """Refuse, as `send` does."""
        raise NotImplementedError

    def active_orders(self, symbol: str | None) -> list[OrderData]:
        """Refuse, as `send` does."""
        raise NotImplementedError

    def last_tick(self, symbol: str) -> TickData | None:
        """Refuse: these strategies begin with the first tick they are given."""
        raise NotImplementedError

    def timer(self, name: str, interval_ns: int) -> Timer:
        """Refuse: these strategies set no timers."""
        raise NotImplementedError

    def log(self, level: str, message: str) -> None:
        """Refuse: these strategies have nothing to say."""
        raise NotImplementedError


def double_ma(desk: Desk, fast: int, slow: int, volume: int = 1) -> Callable[[float], int]:
    """Start the strategy; return what feeds it a close and tells the target after it."""
    params = DoubleMaParams(fast=fast, slow=slow, volume=volume)
    strategy = DoubleMa(desk, name="ma", symbols=(RB,), interval="1m", params=params)
    strategy.on_init()
    assert desk.targets == []

    def feed(close: float) -> int:
        strategy.on_bar(*bars([close]))
        return desk.targets[-1] if desk.targets else 0

    return feed


def ema_momentum(desk: Desk, params: EmaMomentumParams) -> Callable[[float, float], int]:
    """Start the strategy; return what feeds it a quote and tells the target after it."""
    strategy = EmaMomentum(desk, name="ema", symbols=(RB,), interval="1m", params=params)
    strategy.on_init()

    def feed(bid: float, ask: float) -> int:
        strategy.on_tick(quote(bid, ask))
        return desk.targets[-1] if desk.targets else 0

    return feed


# -- double_ma ----------------------------------------------------------------


def crossings(ticks: Sequence[int], fast: int, slow: int) -> list[int]:
    """Decide in whole ticks, each window summed from scratch."""
    decisions, target = [], 0
    for end in range(1, len(ticks) + 1):
        if end >= slow:
            lead = sum(ticks[end - fast : end]) * slow - sum(ticks[end - slow : end]) * fast
            target = 1 if lead > 0 else -1 if lead < 0 else target
        decisions.append(target)
    return decisions


def test_crossing_averages_turn_the_position() -> None:
    """Averages of 2 and 3 closes: 11.5 > 11, 10.5 < 10.67, 10 < 10.67, 12 > 11."""
    desk = Desk()
    feed = double_ma(desk, fast=2, slow=3, volume=4)
    assert [feed(close) for close in (10, 11, 12, 9, 11, 13)] == [0, 0, 4, -4, -4, 4]
    assert desk.targets == [4, -4, 4]


def test_target_is_asked_for_once_even_if_it_is_not_reached() -> None:
    """While the trend goes on, an order that was refused is not sent again and again."""
    desk = Desk()
    feed = double_ma(desk, fast=2, slow=3)
    for close in range(100, 150):
        feed(close)
    assert desk.targets == [1]


@pytest.mark.parametrize(("tick_size", "close"), [(1.0, 3650.0), (0.2, 3650.6), (0.005, 101.115)])
def test_equal_averages_keep_the_position(tick_size: float, close: float) -> None:
    """After a fall a price that stands still makes the averages equal, and nothing is done."""
    desk = Desk(tick_size)
    feed = double_ma(desk, fast=3, slow=7)
    for each in (close + 9 * tick_size, *[close] * 500):
        feed(each)
    assert desk.targets == [-1]


@given(
    steps=st.lists(st.integers(-2, 2), max_size=120),
    tick_size=st.sampled_from([1.0, 5.0, 0.2, 0.02, 0.005]),
    fast=st.integers(1, 6),
    more=st.integers(1, 6),
)
def test_every_decision_is_the_one_of_whole_ticks(
    steps: list[int], tick_size: float, fast: int, more: int
) -> None:
    """On every grid each bar's target is that of integer sums over the same windows."""
    ticks = [20_000 + sum(steps[:count]) for count in range(1, len(steps) + 1)]
    desk = Desk(tick_size)
    grid = desk.instrument(RB)
    feed = double_ma(desk, fast, fast + more)
    assert [feed(grid.from_ticks(each)) for each in ticks] == crossings(ticks, fast, fast + more)


def test_wild_price_leaves_no_trace_once_it_is_past() -> None:
    """One print of 10^15 costs running sums every digit below 1; the averages recover."""
    chance, tick, ticks = random.Random(2), 20_000, []
    for _ in range(400):
        tick += chance.randint(-1, 1)
        ticks.append(tick)
    ticks[50] = 5 * 10**15
    desk = Desk(tick_size=0.2)
    grid = desk.instrument(RB)
    feed = double_ma(desk, 10, 30)
    decisions = [feed(grid.from_ticks(each)) for each in ticks]
    expected = crossings(ticks, 10, 30)
    # It has left the longer window after 30 bars, and the sums are made anew within 30 more.
    assert decisions[110:] == expected[110:]
    assert set(expected[110:]) == {1, -1}


@pytest.mark.parametrize("known", [0, 1, 2, 3, 4, 5, 9])
def test_history_counts_as_bars_already_seen(known: int) -> None:
    """With the last bars known at the start, the new ones decide as if all had been seen."""
    closes = [10, 12, 11, 15, 14, 13, 10, 9, 8, 12, 16, 15, 11, 7]
    desk = Desk(past=bars(closes[:known]))
    feed = double_ma(desk, 2, 5)
    assert desk.asked == [(RB, "1m", 5)]
    expected = crossings(closes, 2, 5)[known:]
    assert [feed(close) for close in closes[known:]] == expected


def test_missing_close_is_passed_over() -> None:
    """A bar without a close, in history or new, leaves the averages as they are."""
    desk = Desk(past=bars([10, nan, 11]))
    feed = double_ma(desk, fast=2, slow=3)
    assert [feed(close) for close in (nan, 12, nan, 9, 11, nan, 13)] == [0, 1, 1, -1, -1, -1, 1]


# -- ema_momentum -------------------------------------------------------------


def test_momentum_beyond_the_threshold_turns_the_position() -> None:
    """Weights 1 and 1/2, threshold 1: leads 0 1 1.5 2.25 0.125 -0.4375 -1.72 -0.86 -1.93."""
    desk = Desk(tick_size=0.5)
    feed = ema_momentum(desk, EmaMomentumParams(fast=1, slow=3, threshold_ticks=2.0, volume=3))
    mids = (100, 102, 104, 107, 105, 104, 101, 101, 98)
    assert [feed(mid - 0.5, mid + 0.5) for mid in mids] == [0, 0, 3, 3, 3, 3, -3, -3, -3]
    assert desk.targets == [3, -3]


def test_tick_with_one_side_is_passed_over() -> None:
    """At a price limit one side of the book is empty: no mid price, no decision."""
    desk = Desk(tick_size=0.5)
    feed = ema_momentum(desk, EmaMomentumParams(fast=1, slow=3, threshold_ticks=2.0))
    book = [(nan, 90), (100, 100), (110, nan), (102, 102), (nan, nan), (104, 104), (nan, 80)]
    assert [feed(bid, ask) for bid, ask in book] == [0, 0, 0, 0, 0, 1, 1]
    assert desk.targets == [1]


@given(
    mids=st.lists(st.integers(2_990, 3_010), max_size=15),
    periods=st.sampled_from([(1, 3), (1, 7), (3, 7)]),
    threshold=st.integers(0, 8),
)
def test_target_follows_the_written_out_averages(
    mids: list[int], periods: tuple[int, int], threshold: int
) -> None:
    """Each average, written out as a weighted sum of all mid prices in fractions, decides so."""
    fast, slow = periods
    feed = ema_momentum(Desk(), EmaMomentumParams(fast=fast, slow=slow, threshold_ticks=threshold))
    target = 0
    for count in range(1, len(mids) + 1):
        lead = average(mids[:count], fast) - average(mids[:count], slow)
        target = 1 if lead > threshold else -1 if lead < -threshold else target
        mid = mids[count - 1]
        assert feed(mid - 1, mid + 1) == target


def average(mids: Sequence[int], period: int) -> Fraction:
    """Weigh the newest price with w = 2 / (period + 1), older ones with w (1 - w) ** age."""
    weight = Fraction(2, period + 1)
    first = mids[0] * (1 - weight) ** len(mids)
    ages = enumerate(reversed(mids))
    return first + sum((weight * (1 - weight) ** age * mid for age, mid in ages), Fraction(0))


# -- parameters and plugin ----------------------------------------------------


@pytest.mark.parametrize(
    ("params", "values", "field_name"),
    [
        (DoubleMaParams, {"fast": 0}, "fast"),
        (DoubleMaParams, {"fast": 20, "slow": 20}, "slow"),
        (DoubleMaParams, {"volume": 0}, "volume"),
        (EmaMomentumParams, {"fast": 600}, "slow"),
        (EmaMomentumParams, {"volume": -1}, "volume"),
        (EmaMomentumParams, {"threshold_ticks": -0.5}, "threshold_ticks"),
        (EmaMomentumParams, {"threshold_ticks": nan}, "threshold_ticks"),
    ],
)
def test_value_out_of_range_names_the_parameter(
    params: type, values: dict[str, float], field_name: str
) -> None:
    """A parameter that makes no sense is refused before anything runs."""
    with pytest.raises(ValueError, match=f"^{field_name} must be"):
        params(**values)


@pytest.mark.parametrize("period", ["fast", "slow", "volume"])
def test_counts_are_whole_numbers(period: str) -> None:
    """Half a bar or half a lot is an error, not rounded."""
    with pytest.raises(TypeError, match=f"{period} must be a whole number, not 30.5"):
        DoubleMaParams(**{period: 30.5})  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize(
    ("factory", "params"), [(DoubleMa, DoubleMaParams()), (EmaMomentum, EmaMomentumParams())]
)
def test_second_symbol_is_refused(factory: type[Strategy], params: object) -> None:
    """The averages are those of one symbol, so two would mix their prices."""
    symbols = (RB, "hc2510.SHFE")
    strategy = factory(Desk(), name="both", symbols=symbols, interval="1m", params=params)
    with pytest.raises(ConfigError, match="both trades one symbol, not rb2510"):
        strategy.on_init()


def test_the_strategies_are_offered_with_their_defaults() -> None:
    """The core asks by the hook and structures settings into the parameters' class."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    manager.register(plugin, "strategies")
    manager.check_pending()
    (specs,) = manager.hook.register_strategies()
    found = {spec.name: spec for spec in specs if isinstance(spec, StrategySpec)}
    assert {name: asdict(spec.config()) for name, spec in found.items()} == {
        "double_ma": {"fast": 10, "slow": 20, "volume": 1},
        "ema_momentum": {"fast": 60, "slow": 600, "threshold_ticks": 3.0, "volume": 1},
        "market_maker": {
            "half_spread_ticks": 1.0,
            "skew_ticks": 0.5,
            "volume": 1,
            "max_position": 5,
            "requote_ticks": 0.0,
        },
    }
    params: object = Converter().structure({"fast": 5}, found["double_ma"].config)
    assert params == DoubleMaParams(fast=5, slow=20, volume=1)
    assert found["ema_momentum"].factory is EmaMomentum
