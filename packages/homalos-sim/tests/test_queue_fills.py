"""The place in the line, worked by hand: a snapshot a second, every fill with its reason.

Prices are steps of 1 from 100, lots of 10 units; a row is the book after the trades of its
second. The pit writes the volume and turnover that an exchange would.
"""

from __future__ import annotations

from typing import Any

import pytest

from homalos.model import Depth, Direction, OrderType
from homalos.testing import at
from homalos.testing.contracts import FillModelSubject
from homalos.testing.contracts.fill_model_pit import Pit
from homalos_sim.plugin import register_fill_models

SPECS = {spec.name: spec for spec in register_fill_models()}
BUY, SELL = Direction.LONG, Direction.SHORT
# An order's name, its price in steps, lots, the second.
Fills = list[tuple[str, float, int, float]]


def pit_of(model: str) -> Pit:
    """Make a pit with a model."""
    return Pit(FillModelSubject(spec=SPECS[model]))


def fills(pit: Pit) -> Fills:
    """Return what was filled."""
    return [
        (each.name, each.price - 100, each.lots, (each.ts_ns - at(0)) / 1e9) for each in pit.fills
    ]


@pytest.fixture
def pit() -> Pit:
    """Return a pit of the model `queue`, with 10 lots on either side of 0/1."""
    pit = pit_of("queue")
    pit.tick(0, bid=(0, 10), ask=(1, 10))
    return pit


# -- the line -----------------------------------------------------------------------


def test_an_order_waits_for_the_ten_lots_before_it(pit: Pit) -> None:
    """10 stand before; 4 trade, then 6 (the line is done), then 2 of the order, then its last."""
    pit.send("a", BUY, 3, 0)
    pit.tick(1, bid=(0, 9), ask=(1, 10), trades=[(0, 4)])
    pit.tick(2, bid=(0, 9), ask=(1, 10), trades=[(0, 6)])
    assert fills(pit) == []
    pit.tick(3, bid=(0, 9), ask=(1, 10), trades=[(0, 2)])
    pit.tick(4, bid=(0, 9), ask=(1, 10), trades=[(0, 5)])
    assert fills(pit) == [("a", 0, 2, 3), ("a", 0, 1, 4)]
    assert not pit.model.waits


def test_one_interval_serves_the_line_and_then_the_order(pit: Pit) -> None:
    """12 lots hit the bid in one second: 10 for the line, 2 of 3 for the order."""
    pit.send("a", BUY, 3, 0)
    pit.tick(1, bid=(0, 4), ask=(1, 10), trades=[(0, 12)])
    assert fills(pit) == [("a", 0, 2, 1)]


def test_lots_that_take_the_other_side_do_not_shorten_the_line(pit: Pit) -> None:
    """50 lots at the ask are no sellers at the bid; the turnover tells them apart."""
    pit.send("a", BUY, 1, 0)
    pit.tick(1, bid=(0, 10), ask=(1, 10), trades=[(1, 50), (0, 3), (1, 50)])
    pit.tick(2, bid=(0, 10), ask=(1, 10), trades=[(0, 7), (1, 1)])
    assert fills(pit) == []
    pit.tick(3, bid=(0, 10), ask=(1, 10), trades=[(0, 1)])
    assert fills(pit) == [("a", 0, 1, 3)]


def test_lots_that_are_cancelled_stood_behind_as_long_as_the_book_allows(pit: Pit) -> None:
    """10 before; 30 join, the book shows 40; 25 cancel, 15 are left: 10 may still be before.

    Then the book shows 4: 6 of the line must have gone. 4 trade, and the next lot is ours.
    """
    pit.send("a", BUY, 1, 0)
    pit.tick(1, bid=(0, 40), ask=(1, 10))
    pit.tick(2, bid=(0, 15), ask=(1, 10), trades=[(0, 1)])  # 9 before
    pit.tick(3, bid=(0, 15), ask=(1, 10), trades=[(0, 2)])  # 7 before
    pit.tick(4, bid=(0, 4), ask=(1, 10))  # at most 4 before
    pit.tick(5, bid=(0, 4), ask=(1, 10), trades=[(0, 4)])  # none before
    assert fills(pit) == []
    pit.tick(6, bid=(0, 4), ask=(1, 10), trades=[(0, 1)])
    assert fills(pit) == [("a", 0, 1, 6)]


def test_an_order_inside_the_spread_is_the_first(pit: Pit) -> None:
    """Nobody stands between 0 and 3: the first lot that trades at 1 is the order's."""
    pit.tick(1, bid=(0, 10), ask=(3, 10))
    pit.send("a", BUY, 2, 1, second=1)
    pit.tick(2, bid=(1, 5), ask=(3, 10), trades=[(1, 1)])
    assert fills(pit) == [("a", 1, 1, 2)]


def test_a_price_behind_the_best_is_unknown_until_it_is_shown(pit: Pit) -> None:
    """One level is sent: who stands at -2 is seen when the bid is there, 7 lots."""
    pit.send("a", BUY, 1, -2)
    pit.tick(1, bid=(-2, 7), ask=(-1, 10), trades=[(0, 10)])
    pit.tick(2, bid=(-2, 7), ask=(-1, 10), trades=[(-2, 7)])
    assert fills(pit) == []
    pit.tick(3, bid=(-2, 7), ask=(-1, 10), trades=[(-2, 1)])
    assert fills(pit) == [("a", -2, 1, 3)]


def test_a_deeper_level_shows_the_line(pit: Pit) -> None:
    """Five levels are sent: 2 stand at -1, and nobody at -2, which lies between two levels."""
    depth = Depth((-1 + 100.0, -3 + 100.0), (2, 9), (102.0,), (9,))
    pit.tick(1, bid=(0, 10), ask=(1, 10), depth=depth)
    pit.send("behind", BUY, 1, -1, second=1)
    pit.send("between", BUY, 1, -2, second=1)
    # 2 of the line and "behind" at -1; "between" waits for the first lot at -2.
    pit.tick(2, bid=(-1, 1), ask=(1, 9), trades=[(0, 10), (-1, 3)])
    assert fills(pit) == [("behind", -1, 1, 2)]
    pit.tick(3, bid=(-3, 9), ask=(0, 5), trades=[(-2, 1)])
    assert fills(pit)[1:] == [("between", -2, 1, 3)]


def test_a_trade_through_the_price_fills_as_many_lots_as_went_through(pit: Pit) -> None:
    """Sellers took 3 lots at -1: with a bid at 0 they would have come there first.

    The line at 0 must be gone, whatever traded at it; two more lots trade at 0 then.
    """
    pit.send("a", BUY, 9, 0)
    pit.tick(1, bid=(-1, 5), ask=(1, 9), trades=[(-1, 3)])
    assert fills(pit) == [("a", 0, 3, 1)]
    pit.tick(2, bid=(0, 5), ask=(1, 9), trades=[(0, 2)])
    assert fills(pit)[1:] == [("a", 0, 2, 2)]


def test_who_joins_after_the_price_was_traded_through_stands_behind(pit: Pit) -> None:
    """A lot at -1 in the interval: the line at 0 was gone then. The 20 there now came later."""
    pit.send("a", BUY, 2, 0)
    pit.tick(1, bid=(0, 20), ask=(1, 9), trades=[(0, 2), (-1, 1)])
    pit.tick(2, bid=(0, 20), ask=(1, 9), trades=[(0, 1)])
    assert fills(pit) == [("a", 0, 1, 1), ("a", 0, 1, 2)]


def test_on_a_side_where_nobody_stands_an_order_is_the_first(pit: Pit) -> None:
    """Nobody bids, though the asks are there: the first lot at -2 is the order's."""
    pit.tick(1, ask=(1, 10))
    pit.send("a", BUY, 1, -2, second=1)
    pit.tick(2, bid=(-2, 5), ask=(1, 10), trades=[(-2, 1)])
    assert fills(pit) == [("a", -2, 1, 2)]


def test_the_other_side_at_the_price_fills_what_it_shows(pit: Pit) -> None:
    """The ask comes to 0 with 4 lots: they would have met the bid that is left, ours."""
    pit.send("a", BUY, 9, 0)
    pit.tick(1, bid=(-1, 5), ask=(0, 4), trades=[(0, 10)])
    assert fills(pit) == [("a", 0, 4, 1)]


def test_a_sell_order_is_the_mirror(pit: Pit) -> None:
    """10 before at the ask; 11 buyers come: one lot. Three through at 2: three lots."""
    pit.send("a", SELL, 9, 1)
    pit.tick(1, bid=(0, 10), ask=(1, 9), trades=[(1, 11)])
    pit.tick(2, bid=(1, 10), ask=(2, 9), trades=[(2, 3)])
    # The bid came to 1 with 10 lots: the 5 that are left.
    assert fills(pit) == [("a", 1, 1, 1), ("a", 1, 3, 2), ("a", 1, 5, 2)]


# -- more than one ------------------------------------------------------------------


def test_own_orders_of_one_price_stand_one_behind_the_other(pit: Pit) -> None:
    """10 before; 13 trade: 2 for the first, 1 for the second, none left for the third."""
    for name in ("first", "second", "third"):
        pit.send(name, BUY, 2, 0)
    pit.tick(1, bid=(0, 10), ask=(1, 10), trades=[(0, 13)])
    assert fills(pit) == [("first", 0, 2, 1), ("second", 0, 1, 1)]
    pit.tick(2, bid=(0, 10), ask=(1, 10), trades=[(0, 2)])
    assert fills(pit)[2:] == [("second", 0, 1, 2), ("third", 0, 1, 2)]


def test_who_came_between_two_own_orders_is_before_the_second(pit: Pit) -> None:
    """10 before the first; 5 others join, 15 before the second; the first is gone.

    16 trade: 10, our one, and 5 others. The next lot is the second's.
    """
    pit.send("first", BUY, 1, 0)
    pit.tick(1, bid=(0, 15), ask=(1, 10))
    pit.send("second", BUY, 1, 0, second=1)
    pit.tick(2, bid=(0, 15), ask=(1, 10), trades=[(0, 16)])
    assert fills(pit) == [("first", 0, 1, 2)]
    pit.tick(3, bid=(0, 15), ask=(1, 10), trades=[(0, 1)])
    assert fills(pit)[1:] == [("second", 0, 1, 3)]


def test_lots_given_at_a_better_price_are_not_given_again_behind(pit: Pit) -> None:
    """4 lots went through both prices: 3 for the better, 1 for the one behind."""
    pit.tick(1, bid=(0, 10), ask=(3, 10))
    pit.send("behind", BUY, 5, 1, second=1)
    pit.send("better", BUY, 3, 2, second=1)
    pit.tick(2, bid=(0, 10), ask=(3, 10), trades=[(0, 4)])
    assert fills(pit) == [("better", 2, 3, 2), ("behind", 1, 1, 2)]


def test_a_cancelled_order_leaves_the_line(pit: Pit) -> None:
    """The second moves up by the two lots of the first, not by more."""
    first = pit.send("first", BUY, 2, 0)
    pit.send("second", BUY, 2, 0)
    pit.model.remove(first)
    pit.tick(1, bid=(0, 10), ask=(1, 10), trades=[(0, 11)])
    assert fills(pit) == [("second", 0, 1, 1)]


def test_trades_before_the_order_came_are_not_its_own(pit: Pit) -> None:
    """It came half a second after the snapshot: of 50 lots nobody knows which came later."""
    pit.send("a", BUY, 1, 0, second=0.5)
    pit.tick(1, bid=(0, 10), ask=(1, 10), trades=[(0, 50)])
    assert fills(pit) == []
    pit.tick(2, bid=(0, 10), ask=(1, 10), trades=[(0, 11)])
    assert fills(pit) == [("a", 0, 1, 2)]


# -- at once ------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["l1", "queue", "pessimistic", "bar_path"])
@pytest.mark.parametrize(
    ("kind", "lots", "steps", "expected"),
    [
        (OrderType.FAK, 4, 1, [("a", 1, 4, 0)]),  # 10 are offered
        (OrderType.FAK, 14, 1, [("a", 1, 10, 0)]),  # the limit stops at the best
        (OrderType.FAK, 14, 2, [("a", 1, 10, 0), ("a", 2, 4, 0)]),
        (OrderType.FAK, 99, 9, [("a", 1, 10, 0), ("a", 2, 5, 0), ("a", 3, 6, 0)]),
        (OrderType.FAK, 1, 0, []),  # nobody offers at 0
        (OrderType.FOK, 15, 2, [("a", 1, 10, 0), ("a", 2, 5, 0)]),
        (OrderType.FOK, 16, 2, []),  # one lot short
        (OrderType.FOK, 21, 3, [("a", 1, 10, 0), ("a", 2, 5, 0), ("a", 3, 6, 0)]),
        (OrderType.FOK, 22, 9, []),  # one lot short of all that is shown
    ],
)
def test_fak_and_fok_take_the_levels_that_they_reach(
    model: str, kind: OrderType, lots: int, steps: float, expected: Fills
) -> None:
    """Three levels are shown: 10 at 1, 5 at 2, 6 at 3. Nothing of them waits for the next."""
    pit = pit_of(model)
    depth = Depth((99.0,), (9,), (102.0, 103.0), (5, 6))
    pit.tick(0, bid=(0, 10), ask=(1, 10), depth=depth)
    pit.send("a", BUY, lots, steps, kind=kind)
    pit.tick(1, bid=(-5, 90), ask=(-4, 90), trades=[(-4, 90)])
    assert fills(pit) == expected


def test_levels_are_given_once_to_orders_of_one_snapshot(pit: Pit) -> None:
    """10 at 1 and 5 at 2: the first takes 12, the second finds 3 at 2, the third nothing."""
    depth = Depth((), (), (102.0,), (5,))
    pit.tick(1, bid=(0, 10), ask=(1, 10), depth=depth)
    for name, lots in (("first", 12), ("second", 4), ("third", 1)):
        pit.send(name, BUY, lots, 2, second=1, kind=OrderType.FAK)
    assert fills(pit) == [("first", 1, 10, 1), ("first", 2, 2, 1), ("second", 2, 3, 1)]


@pytest.mark.parametrize("model", ["l1", "queue"])
def test_a_fok_order_counts_what_others_have_taken(model: str) -> None:
    """10 are offered and 6 are gone: 5 are too many, 4 are there."""
    pit = pit_of(model)
    pit.tick(0, bid=(0, 10), ask=(1, 10))
    pit.send("first", BUY, 6, 1)
    pit.send("five", BUY, 5, 1, kind=OrderType.FOK)
    pit.send("four", BUY, 4, 1, kind=OrderType.FOK)
    assert fills(pit) == [("first", 1, 6, 0), ("four", 1, 4, 0)]


@pytest.mark.parametrize("missing", [float("nan"), 0.0])
def test_what_stands_behind_a_missing_level_is_not_believed(pit: Pit, missing: float) -> None:
    """Recordings write levels that the venue does not send as nothing, or as 0."""
    depth = Depth((), (), (missing, 102.0), (9, 9))
    pit.tick(1, bid=(0, 10), ask=(1, 10), depth=depth)
    pit.send("a", BUY, 20, 9, second=1)
    assert fills(pit) == [("a", 1, 10, 1)]


# -- the limit of the day -------------------------------------------------------------


@pytest.mark.parametrize("model", ["queue", "optimistic", "pessimistic"])
def test_a_limit_day(model: str) -> None:
    """Limit-up at 5. Locked: nobody sells to us. Opened with 2 lots offered: those are ours.

    The 300 lots that traded while it was locked went to the 900 that were there before.
    """
    pit = pit_of(model)
    up: dict[str, Any] = {"limit_up": 105.0}
    pit.tick(0, bid=(5, 900), **up)
    pit.send("a", BUY, 2, 5)
    pit.tick(1, bid=(5, 600), trades=[(5, 300)], **up)
    assert fills(pit) == []
    pit.tick(2, bid=(4, 1), ask=(5, 2), trades=[(5, 1)], **up)
    assert pit.lots("a") == 2


def test_below_a_locked_limit_trades_count() -> None:
    """Locked at 5 now, but the last lot of all traded at 3: a bid at 4 had it first."""
    pit = pit_of("queue")
    pit.tick(0, bid=(2, 5), ask=(5, 1), limit_up=105.0)
    pit.send("a", BUY, 1, 4)
    pit.tick(1, bid=(5, 900), trades=[(3, 1)], limit_up=105.0)
    assert fills(pit) == [("a", 4, 1, 1)]


# -- the bounds -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("optimistic", [("a", 0, 2, 1)]),  # the first lot at 0
        ("queue", [("a", 0, 2, 3)]),  # after the ten before it
        ("pessimistic", [("a", 0, 2, 5)]),  # when two lots trade at -1
        ("l1", [("a", 0, 2, 6)]),  # when somebody offers at 0
    ],
)
def test_the_models_differ_by_when(model: str, expected: Fills) -> None:
    """One tape, worked through under each of them."""
    pit = pit_of(model)
    pit.tick(0, bid=(0, 10), ask=(1, 10))
    pit.send("a", BUY, 2, 0)
    pit.tick(1, bid=(0, 10), ask=(1, 10), trades=[(0, 1)])
    pit.tick(2, bid=(0, 10), ask=(1, 10), trades=[(1, 20)])
    pit.tick(3, bid=(0, 10), ask=(1, 10), trades=[(0, 11)])
    pit.tick(4, bid=(0, 10), ask=(1, 10), trades=[(0, 70)])
    pit.tick(5, bid=(-1, 3), ask=(1, 10), trades=[(-1, 2)])
    pit.tick(6, bid=(-1, 3), ask=(0, 10))
    assert fills(pit) == expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (3, [("a", 2, 25, 1)]),  # all of it at the ask of the next tick, better than the limit
        (2, [("a", 2, 25, 1)]),
        (1, []),
    ],
)
def test_vnpy_fills_whole_at_the_next_tick_s_touch(steps: float, expected: Fills) -> None:
    """Vnpy crosses with the tick after the order: ask 1 then 2, whatever stands there."""
    pit = pit_of("vnpy")
    pit.tick(0, bid=(0, 10), ask=(1, 10))
    pit.send("a", BUY, 25, steps)
    assert not pit.fills
    pit.tick(1, bid=(0, 10), ask=(2, 1))
    assert fills(pit) == expected
