"""The bundled strategies go on with another contract when the main contract rolls."""

from __future__ import annotations

from math import nan

import pytest

from homalos.model import BarData, Instrument, Rolled, TickData
from homalos.testing import DAY, START_NS, FakeDesk, bar, same, tick
from homalos_strategies import DoubleMa, DoubleMaParams, EmaMomentum, EmaMomentumParams

OLD, NEW = "aa2505.TEST", "aa2510.TEST"
CONTRACTS = {
    symbol: Instrument(symbol, "aa", tick_size=1.0, multiplier=10) for symbol in (OLD, NEW)
}
ROLL = Rolled("x", "aa.MAIN.TEST", NEW, OLD, DAY, START_NS)


def closing(symbol: str, *closes: float) -> list[BarData]:
    """Make one-minute bars that close there."""
    return [bar(symbol, close) for close in closes]


def quoted(symbol: str, middle: float) -> TickData:
    """Make a tick whose book stands 1 on either side of this price."""
    return tick(symbol, middle)


def roll(strategy: DoubleMa | EmaMomentum) -> None:
    """Have the main contract roll, as the engine does it."""
    strategy.symbols, strategy.symbol = (NEW,), NEW
    strategy.on_roll(ROLL)


@pytest.mark.parametrize(
    ("close", "moved"),
    [
        (11, [(OLD, 1), (OLD, 0), (NEW, 1)]),
        (9, [(OLD, -1), (OLD, 0), (NEW, -1)]),
        (10, [(OLD, 0)]),
    ],
)
def test_the_position_of_the_averages_is_moved(close: float, moved: list[tuple[str, int]]) -> None:
    """On the side it is on; without one the old contract is only made flat."""
    desk = FakeDesk(CONTRACTS, bars=closing(OLD, 10, 10))
    params = DoubleMaParams(fast=1, slow=2)
    strategy = DoubleMa(desk, name="x", symbols=(OLD,), interval="1m", params=params)
    strategy.on_init()
    strategy.on_bar(*closing(OLD, close))
    desk.bars = closing(NEW, 20, 20)
    roll(strategy)

    assert [(symbol, lots) for symbol, lots, _ in desk.targets] == moved


def test_the_averages_go_on_with_the_new_contract_s_closes() -> None:
    """Means of 1 and 2 closes: 21 is above 20.5, which says nothing new to who is long.

    With a close of the old contract left in, the jump of 10 would stay in the slow average.
    """
    desk = FakeDesk(CONTRACTS, bars=closing(OLD, 10, 10))
    params = DoubleMaParams(fast=1, slow=2)
    strategy = DoubleMa(desk, name="x", symbols=(OLD,), interval="1m", params=params)
    strategy.on_init()
    strategy.on_bar(*closing(OLD, 11))
    desk.bars = closing(NEW, 20, 20)
    roll(strategy)
    strategy.on_bar(*closing(NEW, 21))
    before = len(desk.targets)
    strategy.on_bar(*closing(NEW, 19))

    assert before == 3
    assert same(desk.targets[-1], (NEW, -1, nan))


def test_the_momentum_begins_anew_with_the_new_contract() -> None:
    """Its jump of 100 is no momentum: the averages begin at the first tick of it."""
    desk = FakeDesk(CONTRACTS)
    params = EmaMomentumParams(fast=1, slow=3, threshold_ticks=4)
    strategy = EmaMomentum(desk, name="x", symbols=(OLD,), interval="1m", params=params)
    strategy.on_init()
    for middle in (10, 20):
        strategy.on_tick(quoted(OLD, middle))
    roll(strategy)
    for middle in (120, 119):
        strategy.on_tick(quoted(NEW, middle))

    assert [(symbol, lots) for symbol, lots, _ in desk.targets] == [(OLD, 1), (OLD, 0), (NEW, 1)]
