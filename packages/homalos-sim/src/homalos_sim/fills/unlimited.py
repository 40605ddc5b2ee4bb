"""Models that look at prices only: the bound `optimistic`, and `vnpy` for comparison.

`optimistic` fills an order whole as soon as the market may have traded at its price, or the
other side shows it: the most that a venue could have given. Only a locked price limit keeps
it back. With the same order it never fills later than `queue`.

`vnpy` matches as the CTA backtester of vnpy does (`cross_limit_order` of
`vnpy_ctastrategy/backtesting.py`): a new order waits for the next bar or tick; a buy order
fills whole when its limit is at or above the low (the ask) and that is above 0, at the lower
of its limit and the open (the ask); a sell order the mirror. vnpy has no market orders there:
they fill at the open (the touch). Nor FAK and FOK orders: those fill by the book that they
meet, whole or not at all. It knows neither sizes nor the line before an order, and gives a
gap to who waited: figures made with it are not to be believed, only compared.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from homalos.model import OrderType
from homalos_sim.fills.levels import against
from homalos_sim.fills.pool import Moment, Place, Pool, Queue
from homalos_sim.fills.queueing import is_locked

if TYPE_CHECKING:
    from homalos.model import BarData, TickData

__all__ = ["OptimisticPool", "VnpyPool"]

_AT_ONCE = (OrderType.FAK, OrderType.FOK)


class OptimisticPool(Pool):
    """Fills an order whole when the market comes to its price."""

    def _take(self, queue: Queue, place: Place, tick: TickData) -> None:
        levels = against(tick, queue.turn)
        order = place.order
        if levels and place.rank <= queue.turn * levels[0][0]:
            self.give(place, levels[0][0], order.left, order.since_ns, tick.trading_day)

    def _match(self, queue: Queue, moment: Moment) -> None:
        tick, turn = moment.tick, queue.turn
        levels = against(tick, turn)
        for place in queue.places:
            price = place.order.request.price
            if levels and place.rank <= turn * levels[0][0]:
                price = levels[0][0] if place.rank == -inf else price
            elif not self._may_have_traded(queue, place, moment):
                continue
            self.give(place, price, place.order.left, tick.ts_ns, tick.trading_day)

    def _may_have_traded(self, queue: Queue, place: Place, moment: Moment) -> bool:
        if place.rank == -inf or is_locked(queue, place, moment.tick):
            return False
        return moment.traded.most(queue.turn, place.ticks) > 0

    def _match_bar(self, bar: BarData, budget: int) -> None:
        if budget > 0:
            _fill_whole(self, bar, self._buys, self._sells)


class VnpyPool(Pool):
    """Fills whole at the next bar's open or the next tick's touch, or at a better limit."""

    def _take(self, queue: Queue, place: Place, tick: TickData) -> None:
        if place.order.request.type in _AT_ONCE:
            self._meet(queue, place, tick, place.order.since_ns)

    def _match(self, queue: Queue, moment: Moment) -> None:
        for place in queue.places:
            self._meet(queue, place, moment.tick, moment.tick.ts_ns)

    def _meet(self, queue: Queue, place: Place, tick: TickData, ts_ns: int) -> None:
        touch = tick.ask_price_1 if queue.turn < 0 else tick.bid_price_1
        if touch > 0 and place.rank <= queue.turn * touch:
            self.give(place, touch, place.order.left, ts_ns, tick.trading_day)

    def _match_bar(self, bar: BarData, budget: int) -> None:
        del budget  # vnpy does not look at the volume
        if bar.low_price > 0:
            _fill_whole(self, bar, self._buys, self._sells)


def _fill_whole(pool: Pool, bar: BarData, buys: Queue, sells: Queue) -> None:
    for queue, extreme in ((buys, bar.low_price), (sells, bar.high_price)):
        turn, opened = queue.turn, bar.open_price
        for place in queue.places:
            if place.order.since_ns > bar.start_ns or place.rank > turn * extreme:
                continue
            price = opened if place.rank <= turn * opened else place.order.request.price
            pool.give(place, price, place.order.left, bar.ts_ns, bar.trading_day)
