"""The bundled strategies take up other parameters while they run."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from homalos.model import BarData, TickData
from homalos.testing import SYMBOL, FakeDesk, bar, tick
from homalos_strategies import DoubleMa, DoubleMaParams, EmaMomentum, EmaMomentumParams


def closing(*closes: float) -> list[BarData]:
    """Make one-minute bars that close there."""
    return [bar(price=close) for close in closes]


def quoted(middle: float) -> TickData:
    """Make a tick whose book stands 1 on either side of this price."""
    return tick(price=middle)


def double_ma(desk: FakeDesk, params: DoubleMaParams, closes: Sequence[float]) -> DoubleMa:
    """Make the strategy, have it prepare, and give it bars."""
    strategy = DoubleMa(desk, name="x", symbols=(SYMBOL,), interval="1m", params=params)
    strategy.on_init()
    for each in closing(*closes):
        strategy.on_bar(each)
    return strategy


def targets(desk: FakeDesk) -> list[int]:
    """Return the lots of every target set."""
    return [lots for _, lots, _ in desk.targets]


def test_new_averages_are_filled_from_history_and_the_position_stays() -> None:
    """Only the next crossing of the new averages turns it."""
    desk = FakeDesk(bars=closing(10, 10, 10, 10))
    strategy = double_ma(desk, DoubleMaParams(fast=1, slow=2), [11])
    desk.bars = closing(10, 10, 10, 11)
    previous, strategy.params = strategy.params, DoubleMaParams(fast=2, slow=4)
    strategy.on_params(previous)
    after = []
    for each in closing(11, 8, 5):
        strategy.on_bar(each)
        after.append(targets(desk))

    # Means of 2 and 4: 11 > 10.5, 9.5 < 10, so the second of the bars turns it.
    assert after == [[1], [1, -1], [1, -1]]


@pytest.mark.parametrize(("close", "asked"), [(11, [1, 3]), (9, [-1, -3]), (10, [])])
def test_another_volume_changes_the_position_at_once(close: float, asked: list[int]) -> None:
    """On the side it is on; without a side nothing is asked for."""
    desk = FakeDesk(bars=closing(10, 10))
    strategy = double_ma(desk, DoubleMaParams(fast=1, slow=2), [close])
    previous, strategy.params = strategy.params, DoubleMaParams(fast=1, slow=2, volume=3)
    strategy.on_params(previous)

    assert targets(desk) == asked


def test_the_momentum_goes_on_with_its_averages() -> None:
    """They are not begun anew: the next tick moves them by the new weights."""
    desk = FakeDesk()
    params = EmaMomentumParams(fast=1, slow=3, threshold_ticks=100)
    strategy = EmaMomentum(desk, name="x", symbols=(SYMBOL,), interval="1m", params=params)
    strategy.on_init()
    strategy.on_tick(quoted(10))
    strategy.params = EmaMomentumParams(fast=1, slow=3, threshold_ticks=4, volume=2)
    strategy.on_params(params)
    # fast 20, slow 10 + 2 / (3 + 1) * 10 = 15: a lead of 5 is above the new threshold.
    strategy.on_tick(quoted(20))
    previous, strategy.params = strategy.params, EmaMomentumParams(fast=1, slow=3, volume=5)
    strategy.on_params(previous)

    assert targets(desk) == [2, 5]
