"""A strategy that does everything right passes; each way to get one thing wrong is found."""

from __future__ import annotations

from math import isnan
from typing import Any

import pytest
from attrs import define

from homalos.model import BarData, OrderData, Rejection, TickData
from homalos.plugins import StrategySpec
from homalos.strategy import Strategy
from homalos.testing import OTHER
from homalos.testing.contracts import STRATEGY, Requirement, StrategySubject, verify


@define
class Params:
    """What the strategies here are given."""

    fast: float = 0.3


class Follow(Strategy):
    """Does everything right: buys above an average of closes, sells below it."""

    def on_init(self) -> None:
        """Begin."""
        self.average: float | None = None

    def on_bar(self, bar: BarData) -> None:
        """Take in a close and decide."""
        if isnan(bar.close_price):
            return
        before = bar.close_price if self.average is None else self.average
        self.average = before + self.params.fast * (bar.close_price - before)
        self.decide(bar.close_price)

    def decide(self, close: float) -> None:
        """Trade."""
        if self.average is None or self.active_orders():
            return
        if close > self.average and self.pos <= 0:
            self.trade(close)
        elif close < self.average and self.pos > 0:
            self.watch(self.sell(close, self.pos))

    def trade(self, close: float) -> None:
        """Buy."""
        self.watch(self.buy(close, 2))

    def watch(self, order: OrderData | Rejection) -> None:
        """Do nothing."""


class Loose(Follow):
    """Changes its parameters."""

    def on_bar(self, bar: BarData) -> None:
        """Learn."""
        self.params.fast *= 0.999
        super().on_bar(bar)


class Experienced(Follow):
    """Needs a past."""

    def on_init(self) -> None:
        """Look at the last bar."""
        super().on_init()
        self.average = self.history(1)[-1].close_price


class Hasty(Follow):
    """Trades before it is started."""

    def on_init(self) -> None:
        """Buy where there is a past."""
        super().on_init()
        if self.history(1):
            self.buy(self.history(1)[-1].close_price, 1)


class Clinging(Follow):
    """Stops only after it has begun."""

    last: float

    def on_bar(self, bar: BarData) -> None:
        """Note the price."""
        super().on_bar(bar)
        self.last = bar.close_price

    def on_stop(self) -> None:
        """Say at what price it ended."""
        self.log(f"ended at {self.last}")


class Straying(Follow):
    """Trades what is another's."""

    def trade(self, close: float) -> None:
        """Buy the other."""
        super().trade(close)
        self.buy(close, 1, symbol=OTHER)


class Fractional(Follow):
    """Trades half lots."""

    def trade(self, close: float) -> None:
        """Reckon with floats."""
        lots: Any = 4 / 2
        self.watch(self.buy(close, lots))


class Blind(Follow):
    """Prices its orders by a book that may be empty."""

    def on_tick(self, tick: TickData) -> None:
        """Offer to buy at the bid, where there is an empty other side."""
        if isnan(tick.ask_price_1):
            self.buy(tick.bid_price_1, 1)


class Learned(Follow):
    """Keeps what it learned for the next."""

    days = 0

    def on_init(self) -> None:
        """Count the days of all instances."""
        super().on_init()
        Learned.days += 1

    def trade(self, close: float) -> None:
        """Buy more on every other of them."""
        self.watch(self.buy(close, 2 + Learned.days % 2))


class Fragile(Follow):
    """Expects prices."""

    def on_tick(self, tick: TickData) -> None:
        """Count the spread in whole numbers."""
        int(tick.ask_price_1 - tick.bid_price_1)


class Trusting(Follow):
    """Expects an order."""

    def watch(self, order: OrderData | Rejection) -> None:
        """Ask a refusal for its price."""
        assert isinstance(order, OrderData)


class Optimist(Follow):
    """Expects its orders to fill."""

    def on_order(self, order: OrderData) -> None:
        """Divide by what was traded."""
        self.log(f"{order.volume / order.traded}")


class Stranger:
    """Looks like a strategy."""

    def __init__(self, desk: object, **given: Any) -> None:
        """Be one."""
        self.inner = Follow(desk, **given)  # type: ignore[arg-type]  # a fake desk

    def __getattr__(self, name: str) -> Any:
        """Do as it does."""
        return getattr(self.inner, name)


BROKEN: dict[type, set[str]] = {
    Stranger: {"it_is_a_strategy"},
    Loose: {"parameters_are_not_changed"},
    Experienced: {"it_begins_without_history"},
    Hasty: {"it_sends_nothing_before_it_starts"},
    Clinging: {"it_stops_at_any_time"},
    Straying: {"it_trades_its_own_symbols_only"},
    Fractional: {"lots_are_whole_numbers"},
    Blind: {"a_limit_order_has_a_price"},
    Learned: {"the_same_events_bring_the_same_orders"},
    Fragile: {"missing_prices_are_survived"},
    Trusting: {"a_refusal_is_survived"},
    Optimist: {"orders_that_come_to_nothing_are_survived"},
}


def subject_of(kind: Any, config: type = Params) -> StrategySubject:
    """Make a subject of a strategy."""
    return StrategySubject(spec=StrategySpec(name="test", factory=kind, config=config))


def failures_of(kind: Any, config: type = Params) -> set[str]:
    """Return the names of what a strategy does not meet."""
    return {failure.name for failure in verify(STRATEGY, lambda: subject_of(kind, config))}


@pytest.mark.parametrize("requirement", STRATEGY, ids=str)
def test_a_strategy_that_does_everything_right_passes(
    requirement: Requirement[StrategySubject],
) -> None:
    """No requirement is beyond a small strategy."""
    requirement.check(subject_of(Follow))


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_one_fault_is_found_by_its_name_and_no_other(kind: type) -> None:
    """Who broke one thing is not sent looking for another."""
    assert failures_of(kind) == BROKEN[kind]


def test_parameters_that_take_any_name_are_found() -> None:
    """A dict takes what an attrs class refuses."""

    class Unread(Follow):
        """Reads none."""

        def on_bar(self, bar: BarData) -> None:
            """Do nothing: there are no parameters to read."""

    assert failures_of(Unread, dict) == {"an_unknown_parameter_is_refused_by_name"}


def test_every_requirement_can_fail() -> None:
    """One that nothing breaks would test nothing."""
    elsewhere = {"an_unknown_parameter_is_refused_by_name"}
    assert set().union(*BROKEN.values()) | elsewhere == {each.name for each in STRATEGY}


def test_a_strategy_of_async_callbacks_is_driven_until_it_waits() -> None:
    """The engine drives such callbacks itself; the contract does not fail them for it."""

    class Waiting(Follow):
        """Has an async callback."""

        async def on_bar(self, bar: BarData) -> None:  # type: ignore[override]  # allowed so
            """Decide at once."""
            super().on_bar(bar)

    assert failures_of(Waiting) == set()
