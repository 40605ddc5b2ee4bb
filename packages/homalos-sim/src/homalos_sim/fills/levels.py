"""What a snapshot shows on one side of its book, and what of it is still to be had."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from homalos.model import TickData

__all__ = ["Level", "against", "beside", "cut", "room", "shown_at"]

_SAME = 1e-9

Level = tuple[float, int]
"""A price in currency per unit, and the lots there."""


def against(tick: TickData, turn: int) -> list[Level]:
    """Return the levels that an order would cross, best first.

    Args:
        tick: The snapshot; a venue that sends one level has no `depth`.
        turn: -1 for a buy order, which meets the asks; 1 for a sell order.
    """
    depth = tick.depth
    if turn < 0:
        first = (tick.ask_price_1, tick.ask_volume_1)
        more = zip(depth.ask_prices, depth.ask_volumes, strict=False) if depth else ()
    else:
        first = (tick.bid_price_1, tick.bid_volume_1)
        more = zip(depth.bid_prices, depth.bid_volumes, strict=False) if depth else ()
    return _valid(first, more, turn)


def beside(tick: TickData, turn: int) -> list[Level]:
    """Return the levels that an order would join, best first; the arguments are those above."""
    return against(tick, -turn)


def _valid(first: Level, more: Iterable[Level], turn: int) -> list[Level]:
    # Recordings write a missing level as nan, as 0 or as lots of 0; what stands behind
    # one is not believed, nor what is out of order.
    found: list[Level] = []
    for price, lots in (first, *more):
        if not price or price != price or lots <= 0:  # noqa: PLR0124  nan
            break
        if found and turn * price >= turn * found[-1][0]:
            break
        found.append((price, lots))
    return found


def cut(levels: Sequence[Level], turn: int, rank: float, used: int, want: int) -> list[Level]:
    """Return the lots that an order can take, with the price of each level.

    Args:
        levels: As `against` returns them.
        turn: -1 for a buy order, 1 for a sell order.
        rank: The order's price times `turn`, minus infinity for a market order.
        used: Lots taken of these levels before, from the best on.
        want: Lots asked for.
    """
    found = []
    for price, size in levels:
        if not want or not rank <= turn * price:
            break
        free = size - used
        if free <= 0:
            used -= size
            continue
        used = 0
        lots = min(free, want)
        want -= lots
        found.append((price, lots))
    return found


def room(levels: Sequence[Level], turn: int, rank: float, used: int) -> int:
    """Return how many lots an order could take at most; the arguments are those of `cut`."""
    reached = sum(size for price, size in levels if rank <= turn * price)
    return max(0, reached - used)


def shown_at(tick: TickData, turn: int, price: float) -> int | None:
    """Return the lots that the book shows at a price on the order's own side.

    0 where it is seen that nobody stands there: better than the best, between two shown
    levels, or anywhere on a side that is empty while the other one is not. `None` where
    it is not shown: behind the last level, or a snapshot without a book.

    Args:
        tick: The snapshot.
        turn: -1 for a buy order, 1 for a sell order.
        price: The order's, currency per unit.
    """
    levels = beside(tick, turn)
    if not levels:
        return 0 if against(tick, turn) else None
    for at, lots in levels:
        # Recordings have prices such as 4899.000000000001.
        if isclose(at, price, rel_tol=_SAME, abs_tol=_SAME):
            return lots
        if turn * price < turn * at:
            return 0
    return None
