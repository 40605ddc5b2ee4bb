"""Nobody is given lots that were not there: random tapes, random orders, every model."""

from __future__ import annotations

from collections import defaultdict
from math import inf

import pytest
from attrs import define, frozen
from hypothesis import given
from hypothesis import strategies as st

from homalos.model import Direction
from homalos.testing.contracts import FillModelSubject
from homalos.testing.contracts.fill_model_pit import Filled, Order, Pit
from homalos_sim.plugin import register_fill_models

SPECS = {spec.name: spec for spec in register_fill_models()}
BUY, SELL = Direction.LONG, Direction.SHORT
LIMITED = ("l1", "queue", "pessimistic", "bar_path")


@frozen
class Second:
    """A snapshot: what traded before it, and the book it shows; prices in steps."""

    trades: tuple[tuple[int, int], ...]
    bid: tuple[int, int]
    ask: tuple[int, int]


@frozen
class Wish:
    """An order to be sent, and when it is taken back, in seconds from the start."""

    second: int
    side: Direction
    steps: int
    lots: int
    until: float


@st.composite
def tapes(draw: st.DrawFn) -> list[Second]:
    """Draw a market: what trades lies between the touches before and after."""
    seconds = [Second((), (0, draw(st.integers(1, 20))), (1, draw(st.integers(1, 20))))]
    for _ in range(draw(st.integers(3, 15))):
        last = seconds[-1]
        bid = last.bid[0] + draw(st.integers(-2, 2))
        ask = bid + draw(st.integers(1, 3))
        low, high = min(bid, last.bid[0]), max(ask, last.ask[0])
        trade = st.tuples(st.integers(low, high), st.integers(1, 12))
        trades = draw(st.lists(trade, max_size=4))
        seconds.append(
            Second(
                tuple(trades),
                (bid, draw(st.integers(1, 20))),
                (ask, draw(st.integers(1, 20))),
            )
        )
    return seconds


wishes = st.lists(
    st.builds(
        Wish,
        second=st.integers(0, 9),
        side=st.sampled_from((BUY, SELL)),
        steps=st.integers(-4, 5),
        lots=st.integers(1, 15),
        until=st.sampled_from((inf, inf, 2, 5)),
    ),
    min_size=1,
    max_size=8,
)


@define
class Run:
    """What a model filled of some wishes on a tape: by second, on arrival and after."""

    at_once: dict[int, list[Filled]]
    resting: dict[int, list[Filled]]
    lots: dict[tuple[int, str], int]


def run(model: str, tape: list[Second], wished: list[Wish]) -> Run:
    """Send the orders behind their snapshots; those of one side would never cross the other."""
    pit = Pit(FillModelSubject(spec=SPECS[model]))
    found = Run({}, {}, {})
    working: list[tuple[Wish, Order]] = []
    for number, shown in enumerate(tape):
        before = len(pit.fills)
        pit.tick(number, bid=shown.bid, ask=shown.ask, trades=shown.trades)
        found.resting[number] = pit.fills[before:]
        for wish, order in list(working):
            if order.left and wish.until <= number - wish.second:
                pit.model.remove(order)
                working.remove((wish, order))
        before = len(pit.fills)
        for index, wish in enumerate(wished):
            if wish.second == number:
                order = pit.send(str(index), wish.side, wish.lots, wish.steps, second=number)
                working.append((wish, order))
        found.at_once[number] = pit.fills[before:]
        for index in range(len(wished)):
            found.lots[number, str(index)] = pit.lots(str(index))
    return found


def reachable(side: Direction, price: int, levels: dict[int, int]) -> int:
    """Add the lots at a price or better for whoever is on the other side of it."""
    return sum(lots for at, lots in levels.items() if (at <= price if side is BUY else at >= price))


@pytest.mark.parametrize("model", LIMITED)
@given(tape=tapes(), wished=wishes)
def test_no_lot_is_given_that_was_not_there(
    model: str, tape: list[Second], wished: list[Wish]
) -> None:
    """At each price: fills at it or beyond <= lots traded there + lots shown there.

    Those that wait are given of both, those that come of the shown ones alone, and of
    those no more than the waiting ones have left.
    """
    sides = {str(index): wish.side for index, wish in enumerate(wished)}
    found = run(model, tape, wished)
    for number, shown in enumerate(tape):
        traded: dict[int, int] = defaultdict(int)
        for price, lots in shown.trades:
            traded[price] += lots
        for side, (touch, size) in ((BUY, shown.ask), (SELL, shown.bid)):
            waited = [each for each in found.resting[number] if sides[each.name] is side]
            came = [each for each in found.at_once[number] if sides[each.name] is side]
            assert sum(each.lots for each in came) <= size
            for price in {round(each.price) - 100 for each in (*waited, *came)}:
                limit = price + 100 if side is BUY else -price - 100
                given = sum(
                    each.lots
                    for each in (*waited, *came)
                    if (each.price if side is BUY else -each.price) <= limit
                )
                there = reachable(side, price, traded) + reachable(side, price, {touch: size})
                assert given <= there, (number, side, price)


@pytest.mark.parametrize("model", ["queue", "pessimistic"])
@given(tape=tapes(), wished=wishes)
def test_resting_fills_away_from_the_touch_had_trades(
    model: str, tape: list[Second], wished: list[Wish]
) -> None:
    """Where the other side does not stand, fills at a price <= lots traded at it or through."""
    found = run(model, tape, wished)
    sides = {str(index): wish.side for index, wish in enumerate(wished)}
    for number, shown in enumerate(tape):
        for side, touch in ((BUY, shown.ask[0]), (SELL, shown.bid[0])):
            for price in range(-40, 41):
                if price >= touch if side is BUY else price <= touch:
                    continue
                given = sum(
                    each.lots
                    for each in found.resting[number]
                    if sides[each.name] is side and each.price == price + 100
                )
                traded = sum(
                    lots
                    for at, lots in shown.trades
                    if (at <= price if side is BUY else at >= price)
                )
                assert given <= traded, (number, side, price)


@given(tape=tapes(), wished=wishes)
def test_queue_lies_between_its_bounds(tape: list[Second], wished: list[Wish]) -> None:
    """Alone in its model, an order has at each snapshot as many lots, or more, or fewer."""
    for wish in wished:
        runs = [run(name, tape, [wish]) for name in ("optimistic", "queue", "pessimistic")]
        for number in range(len(tape)):
            most, lots, fewest = (each.lots[number, "0"] for each in runs)
            assert most >= lots >= fewest, (wish, number)


@given(tape=tapes(), wished=wishes)
def test_many_orders_have_no_less_than_under_the_lower_bound(
    tape: list[Second], wished: list[Wish]
) -> None:
    """Each order of a whole crowd that stays has at least what `pessimistic` gives it."""
    stays = [Wish(each.second, each.side, each.steps, each.lots, inf) for each in wished]
    queue, lower = (run(name, tape, stays) for name in ("queue", "pessimistic"))
    assert all(queue.lots[key] >= lots for key, lots in lower.lots.items())
