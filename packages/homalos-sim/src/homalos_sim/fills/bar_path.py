"""The model `bar_path`: a bar's prices in the order that is worst for each order.

For a buy order a bar goes from its open to its high, then to its low, then to its close; for
a sell order to its low first. Its volume is spread evenly over the prices on that way, each
tick that is passed counting once, and only what trades at the limit or beyond can fill. All
orders of both sides together take at most the share of the bar's volume that the venue
allows (`bar_volume_share`).

An order that came after the last trade and reaches the open is filled at the open. One that
had waited through a bar before stood in the book, and pays its limit (or the worst price
of the bar, where that is better): a gap in its favour is not given to it. A bar that had
begun when the order came does not fill it, since its prices are past; with `same_bar` those
count that were still under way, as if the order had been there from their start, which looks
ahead.
"""

from __future__ import annotations

from itertools import pairwise
from math import floor, inf
from typing import TYPE_CHECKING, Protocol

from homalos_sim.fills.pool import Place, Pool, Queue

if TYPE_CHECKING:
    from homalos.model import BarData, Instrument
    from homalos.plugins.ports import FillContext
    from homalos_sim.fills.options import BarPathOptions
    from homalos_sim.fills.pool import Moment

__all__ = ["BarPathPool", "Give", "fill_by_path", "lots_on_path", "price_on_path"]


class Give(Protocol):
    """Fill an order's place with lots."""

    def __call__(self, place: Place, price: float, lots: int, ts_ns: int, trading_day: int) -> None:
        """Fill it at a price; no lots are no fill."""


def fill_by_path(
    buys: Queue,
    sells: Queue,
    bar: BarData,
    budget: int,
    instrument: Instrument,
    give: Give,
    *,
    same_bar: bool = False,
    through: int = 0,
) -> None:
    """Fill the orders of both sides by one bar; the side whose first order is older begins.

    Args:
        buys: The buy orders.
        sells: The sell orders.
        bar: What traded.
        budget: Lots to give at most, both sides together.
        instrument: The contract.
        give: Fills a place.
        same_bar: Whether a bar under way when an order came may fill it.
        through: Ticks beyond a limit that the market must go to fill it, >= 0.
    """
    left = budget
    for queue in sorted((buys, sells), key=_age):
        given = 0
        points = _points(bar, queue.turn, instrument)
        for place in queue.places:
            if _had_begun(bar, place, same_bar=same_bar):
                continue
            room = lots_on_path(points, queue.turn, place, budget, through) - given
            lots = min(place.order.left, room, left)
            if lots > 0:
                give(place, price_on_path(bar, queue.turn, place), lots, bar.ts_ns, bar.trading_day)
                given += lots
                left -= lots
            place.bars += 1


def _age(queue: Queue) -> float:
    return min((place.order.since_ns for place in queue.places), default=inf)


def _had_begun(bar: BarData, place: Place, *, same_bar: bool) -> bool:
    since = place.order.since_ns
    return since >= bar.ts_ns if same_bar else since > bar.start_ns


def _points(bar: BarData, turn: int, instrument: Instrument) -> tuple[int, int, int, int]:
    ticks = instrument.to_ticks
    opened, close = ticks(bar.open_price), ticks(bar.close_price)
    low, high = ticks(bar.low_price), ticks(bar.high_price)
    return (opened, high, low, close) if turn < 0 else (opened, low, high, close)


def lots_on_path(
    points: tuple[int, int, int, int], turn: int, place: Place, volume: int, through: int = 0
) -> int:
    """Return the lots that trade at an order's limit or beyond on the worst way through a bar.

    Args:
        points: The four prices on the way, ticks.
        turn: -1 for a buy order, 1 for a sell order.
        place: The order.
        volume: Lots to spread over the way.
        through: Ticks that the market must go beyond the limit, >= 0.
    """
    if place.rank == -inf:
        return volume
    bound = turn * place.ticks + through
    # Each price that is passed counts once; the open is one before the first leg.
    passed, reached = 1, int(turn * points[0] >= bound)
    for begin, end in pairwise(points):
        passed += abs(end - begin)
        start, stop = turn * begin, turn * end
        first, last = (start + 1, stop) if stop > start else (stop, start - 1)
        reached += max(0, last - max(first, bound) + 1)
    return floor(volume * reached / passed)


def price_on_path(bar: BarData, turn: int, place: Place) -> float:
    """Return what an order pays in a bar that reaches it; the arguments are those above."""
    opened = bar.open_price
    if place.rank == -inf:
        return opened
    price = place.order.request.price
    if place.rank > turn * opened:
        return price
    if not place.bars:
        return opened
    return min(price, bar.high_price) if turn < 0 else max(price, bar.low_price)


class BarPathPool(Pool):
    """Fills by bars on the way that is worst; by ticks it crosses the book, as `l1` does."""

    def __init__(self, context: FillContext, options: BarPathOptions) -> None:
        """Begin empty."""
        super().__init__(context)
        self._same_bar = options.same_bar

    def _match(self, queue: Queue, moment: Moment) -> None:
        for place in queue.places:
            self._cross(queue, place, moment.tick)

    def _match_bar(self, bar: BarData, budget: int) -> None:
        fill_by_path(
            self._buys,
            self._sells,
            bar,
            budget,
            self._instrument,
            self.give,
            same_bar=self._same_bar,
        )
