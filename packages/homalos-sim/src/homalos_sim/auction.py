"""Match a call auction: one price for all that were there. Pure."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from homalos.model import Direction, OrderType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homalos.model import TickData
    from homalos.plugins.ports import Auction
    from homalos_sim.matching import WorkingOrder

__all__ = ["Opening", "matched", "opening_of"]

Opening = tuple[float, int]
"""The one price, currency per unit, and the lots traded at it, >= 0."""

_LONG = Direction.LONG
_LIMIT = OrderType.LIMIT
_NOTHING: Opening = (0.0, 0)


def opening_of(tick: TickData, before: TickData | None, *, is_first: bool) -> Opening:
    """Read from the first tick behind an auction what it came to.

    Args:
        tick: It shows what has traded since.
        before: The last tick from before the auction, where there is one.
        is_first: Whether the auction opens the trading day: then what had traded before was
            nothing, and the day's open is its price.

    Returns:
        No lots where nothing traded, and where it cannot be told from what traded before.
    """
    is_of_day = before is not None and before.trading_day == tick.trading_day
    if not is_of_day and not is_first:
        return _NOTHING
    lots = tick.volume
    if before is not None and is_of_day:
        lots -= before.volume
    price = tick.last_price
    if is_first and isfinite(tick.open_price) and tick.open_price > 0:
        price = tick.open_price
    return (price, lots) if lots > 0 and isfinite(price) else _NOTHING


def matched(
    orders: Iterable[WorkingOrder], opening: Opening, auction: Auction
) -> list[tuple[WorkingOrder, int]]:
    """Return who is filled with how many lots, in the order of priority.

    By price, then by time: limit orders that came before the match began and are at the
    price or better. Each side may fill as many lots as traded, since they traded between
    others: ours were not among them.

    Args:
        orders: In the order in which they came.
        opening: The price, and the lots.
        auction: Which one.
    """
    price, lots = opening
    left = {True: lots, False: lots}
    found = []
    for order in sorted(orders, key=_rank):
        asked = order.request
        buys = asked.direction is _LONG
        if asked.type is not _LIMIT or order.since_ns >= auction.match_ns:
            continue
        if asked.price < price if buys else asked.price > price:
            continue
        given = min(order.left, left[buys])
        if given > 0:
            left[buys] -= given
            found.append((order, given))
    return found


def _rank(order: WorkingOrder) -> float:
    # The sort is stable: time decides where the price does not. A market order's nan
    # would not sort, and is passed over later.
    asked = order.request
    if asked.type is not _LIMIT:
        return 0.0
    return -asked.price if asked.direction is _LONG else asked.price
