"""What bars fill, worked by hand: the worst path, the share of the volume, vnpy's rule."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.model import Direction
from homalos.testing import SYMBOL, at, bar
from homalos.testing.contracts import FillModelSubject
from homalos.testing.contracts.fill_model_pit import Pit
from homalos_sim.plugin import register_fill_models

SPECS = {spec.name: spec for spec in register_fill_models()}
UNLIMITED = {"optimistic", "vnpy"}
BUY, SELL = Direction.LONG, Direction.SHORT
Prices = tuple[float, float, float, float]


def pit_of(model: str, **options: Any) -> Pit:
    """Make a pit with a model."""
    return Pit(FillModelSubject(spec=SPECS[model], options=options))


def show(pit: Pit, minute: int, prices: Prices, volume: int, share: float = 1.0) -> None:
    """Show a minute's bar: open, high, low, close as the prices that they are."""
    names = ("open_price", "high_price", "low_price", "close_price")
    fields: dict[str, Any] = dict(zip(names, prices, strict=True))
    shown = bar(SYMBOL, start_ns=at(60 * minute), volume=volume, **fields)
    if pit.model.waits:
        pit.model.match_bar(shown, share)


def fills(pit: Pit) -> list[tuple[str, float, int, float]]:
    """Return name, price, lots and the minute of each fill, which is its bar's end."""
    return [(each.name, each.price, each.lots, (each.ts_ns - at(0)) / 60e9) for each in pit.fills]


WIDE = (100.0, 103.0, 98.0, 101.0)
"""For a buyer it goes 100 101 102 103 102 101 100 99 98 99 100 101: twelve prices.

For a seller it goes 100 99 98 99 100 101 102 103 102 101: ten.
"""


@pytest.mark.parametrize(
    ("side", "steps", "expected"),
    [
        # Of 120 lots each of a buyer's twelve prices has ten, of a seller's ten twelve.
        (BUY, -3, []),  # 97 is below the low
        (BUY, -2, [("a", 98, 10, 1)]),  # 98 once: the low is touched
        (BUY, -1, [("a", 99, 30, 1)]),  # 99 98 99
        (BUY, 0, [("a", 100, 60, 1)]),  # 100, and 100 99 98 99 100
        (BUY, 1, [("a", 100, 90, 1)]),  # the open is below the limit; nine of twelve
        (BUY, nan, [("a", 100, 120, 1)]),
        (SELL, 4, []),
        (SELL, 3, [("a", 103, 12, 1)]),
        (SELL, 2, [("a", 102, 36, 1)]),  # 102 103 102
        (SELL, 1, [("a", 101, 60, 1)]),  # 101 102 103 102 101
        (SELL, 0, [("a", 100, 84, 1)]),  # 100 at first and five more behind it, and 100 again
    ],
)
def test_only_what_trades_at_the_limit_or_beyond_can_fill(
    side: Direction, steps: float, expected: list[tuple[str, float, int, float]]
) -> None:
    """The extreme that is against the order comes first; 120 lots are spread over the way."""
    pit = pit_of("bar_path")
    pit.send("a", side, 999, steps)
    show(pit, 0, WIDE, 120)
    assert fills(pit) == expected


def test_both_sides_together_have_one_share() -> None:
    """Half of 120 is 60. The buyer's limit has six of twelve parts, 30: he wants 20.

    The seller's has five of ten, 30, and 40 are left. Then the volume is 8, its half 4, and
    five tenths of them are 2.
    """
    pit = pit_of("bar_path")
    pit.send("buy", BUY, 20, 0)
    pit.send("sell", SELL, 99, 1)
    show(pit, 0, WIDE, 120, share=0.5)
    assert fills(pit) == [("buy", 100, 20, 1), ("sell", 101, 30, 1)]
    show(pit, 1, WIDE, 8, share=0.5)
    assert fills(pit)[2:] == [("sell", 101, 2, 2)]


def test_the_first_side_may_leave_nothing() -> None:
    """Ten lots, all at market: the sell order came first and takes them."""
    pit = pit_of("bar_path")
    pit.send("buy", BUY, 5, second=1)
    pit.send("sell", SELL, 10, second=0)
    show(pit, 1, WIDE, 10)
    assert fills(pit) == [("sell", 100, 10, 2)]
    show(pit, 2, WIDE, 10)
    assert fills(pit)[1:] == [("buy", 100, 5, 3)]


def test_two_orders_of_a_side_share_what_trades_behind_their_limits() -> None:
    """60 lots at 100 or less, of which the market order has 50: ten are left."""
    pit = pit_of("bar_path")
    pit.send("limit", BUY, 99, 0)
    pit.send("market", BUY, 50)
    show(pit, 0, WIDE, 120)
    assert fills(pit) == [("market", 100, 50, 1), ("limit", 100, 10, 1)]


def test_a_gap_is_not_given_to_an_order_that_had_waited() -> None:
    """It stood at 95 for a minute, then the market opens at 90: it had bought at 92 or more.

    At 95 nobody traded in that bar, so that it pays the bar's worst price.
    """
    pit = pit_of("bar_path")
    pit.send("a", BUY, 1, -5)
    show(pit, 0, WIDE, 120)
    show(pit, 1, (90.0, 92.0, 88.0, 91.0), 120)
    assert fills(pit) == [("a", 92, 1, 2)]


def test_a_bar_of_one_price_gives_all_of_its_volume() -> None:
    """Nothing traded anywhere else."""
    pit = pit_of("bar_path")
    pit.send("a", BUY, 9, 0)
    show(pit, 0, (100.0,) * 4, 7)
    assert fills(pit) == [("a", 100, 7, 1)]


@pytest.mark.parametrize(
    ("same_bar", "minute"), [(False, 2), (True, 1)], ids=["as a rule", "asked for"]
)
def test_the_bar_under_way_fills_only_where_that_is_asked_for(same_bar: bool, minute: int) -> None:  # noqa: FBT001
    """The order came in the middle of the first minute; its prices are past."""
    pit = pit_of("bar_path", same_bar=same_bar)
    pit.send("a", BUY, 1, 0, second=30)
    show(pit, 0, WIDE, 120)
    show(pit, 1, WIDE, 120)
    assert fills(pit) == [("a", 100, 1, minute)]


def test_a_bar_that_had_ended_never_fills() -> None:
    """The order answers the bar: it comes at its end."""
    pit = pit_of("bar_path", same_bar=True)
    pit.send("a", BUY, 1, 0, second=60)
    show(pit, 0, WIDE, 120)
    assert fills(pit) == []


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (-2, []),  # the low is touched, and not gone through
        (-1, [("a", 99, 10, 1)]),  # 98 once
        (0, [("a", 100, 30, 1)]),  # 99 98 99
    ],
)
def test_the_lower_bound_wants_the_market_to_go_through(
    steps: float, expected: list[tuple[str, float, int, float]]
) -> None:
    """A tick beyond the limit, and no more lots than trade there."""
    pit = pit_of("pessimistic")
    pit.send("a", BUY, 999, steps)
    show(pit, 0, WIDE, 120)
    assert fills(pit) == expected


@pytest.mark.parametrize("model", ["optimistic", "vnpy"])
@pytest.mark.parametrize(
    ("side", "steps", "expected"),
    [
        (BUY, -3, []),
        (BUY, -2, [("a", 98, 999, 1)]),  # touched, whole, whatever the volume
        (BUY, 2, [("a", 100, 999, 1)]),  # min(102, the open)
        (SELL, 3, [("a", 103, 999, 1)]),
        (SELL, -2, [("a", 100, 999, 1)]),  # max(98, the open)
        (SELL, 4, []),
    ],
)
def test_vnpy_s_rule(
    model: str, side: Direction, steps: float, expected: list[tuple[str, float, int, float]]
) -> None:
    """Cross at the low (the high), pay min (max) of limit and open; the upper bound the same."""
    pit = pit_of(model)
    pit.send("a", side, 999, steps)
    show(pit, 0, WIDE, 1)
    assert fills(pit) == expected


def test_vnpy_buys_nothing_in_a_bar_whose_low_is_not_above_0() -> None:
    """`order.price >= long_cross_price and long_cross_price > 0` stands there."""
    pit = pit_of("vnpy")
    pit.send("a", BUY, 1, 0)
    show(pit, 0, (1.0, 1.0, 0.0, 1.0), 9)
    assert fills(pit) == []


@pytest.mark.parametrize("model", sorted(SPECS))
def test_bars_are_not_looked_at_once_a_tick_was_seen(model: str) -> None:
    """They only repeat what the ticks have shown."""
    pit = pit_of(model)
    pit.tick(0, bid=(-1, 5), ask=(1, 5))
    pit.send("a", BUY, 1, 0)
    show(pit, 1, WIDE, 120)
    assert fills(pit) == []


@pytest.mark.parametrize("model", sorted(set(SPECS) - UNLIMITED))
def test_a_bar_without_volume_fills_nothing(model: str) -> None:
    """It repeats the last price."""
    pit = pit_of(model)
    pit.send("a", BUY, 1)
    show(pit, 0, (100.0,) * 4, 0)
    assert fills(pit) == []


@st.composite
def bars(draw: st.DrawFn) -> tuple[Prices, int]:
    """Draw a bar: its prices, and what traded in it."""
    opened, close = draw(st.integers(95, 105)), draw(st.integers(95, 105))
    high = max(opened, close) + draw(st.integers(0, 4))
    low = min(opened, close) - draw(st.integers(0, 4))
    return (float(opened), float(high), float(low), float(close)), draw(st.integers(0, 60))


@given(
    days=st.lists(bars(), min_size=1, max_size=4),
    asked=st.lists(
        st.tuples(
            st.sampled_from((BUY, SELL)),
            st.one_of(st.just(nan), st.integers(-8, 8)),
            st.integers(1, 40),
        ),
        min_size=1,
        max_size=5,
    ),
    share=st.sampled_from((1.0, 0.5, 0.1)),
)
@pytest.mark.parametrize("model", ["bar_path", "queue", "pessimistic"])
def test_bars_give_no_more_than_their_share(
    model: str,
    days: list[tuple[Prices, int]],
    asked: list[tuple[Direction, float, int]],
    share: float,
) -> None:
    """Both sides together, at prices of the bar, no worse than the limits."""
    pit = pit_of(model)
    for index, (side, steps, lots) in enumerate(asked):
        pit.send(str(index), side, lots, steps)
    for minute, (prices, volume) in enumerate(days):
        before = len(pit.fills)
        show(pit, minute, prices, volume, share)
        found = pit.fills[before:]
        assert sum(each.lots for each in found) <= volume * share + 1e-9
        for each in found:
            side, steps, _ = asked[int(each.name)]
            turn = 1 if side is BUY else -1
            assert prices[2] <= each.price <= prices[1]
            assert not turn * each.price > turn * (100 + steps)


@given(
    days=st.lists(bars(), min_size=1, max_size=4),
    side=st.sampled_from((BUY, SELL)),
    steps=st.integers(-8, 8),
)
def test_bars_fill_between_the_bounds(
    days: list[tuple[Prices, int]], side: Direction, steps: int
) -> None:
    """One order of thirty lots: after each bar it has as many or more, or fewer."""
    pits = [pit_of(model) for model in ("optimistic", "bar_path", "queue", "pessimistic")]
    for pit in pits:
        pit.send("a", side, 30, steps)
    for minute, (prices, volume) in enumerate(days):
        for pit in pits:
            show(pit, minute, prices, volume)
        most, path, queue, fewest = (pit.lots("a") for pit in pits)
        assert most >= path == queue >= fewest
