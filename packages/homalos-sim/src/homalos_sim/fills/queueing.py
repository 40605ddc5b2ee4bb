"""The model `queue`, which keeps an order's place in the line, and the bound `pessimistic`.

A resting order has `ahead` lots of others before it at its price: at first what the book
shows there, infinity where it does not show that price. With each snapshot

- `n` lots at least traded at its price or beyond, `t` of them beyond (see `traded`);
- it fills `max(t, n - ahead)` lots: those beyond would have met it first, and the others
  after the line before it;
- then `ahead` is 0 where the price was traded through, else less by `n`; and never more than
  the book shows there now. Who cancels is taken to have stood behind the order, as far as
  the book leaves that open: that is the longest line that fits what is seen;
- what the other side shows at its price or better fills it too: with the order in the book
  those would have traded with it, after the whole line before it, which is gone from the
  tape. A limit order pays its limit.

The venue's own orders of one price stand one behind the other: lots given to one are not
given to the next. Trades of an interval in which an order came do not count for it.

`pessimistic` knows no place in the line, which stays infinite: it fills by what trades
through the price by a tick, and by the other side's best price. With the same orders, up to
every snapshot, the orders of each price and better have there at most what `queue` gives.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from homalos_sim.fills.bar_path import fill_by_path
from homalos_sim.fills.levels import against, shown_at
from homalos_sim.fills.pool import Moment, Place, Pool, Queue

if TYPE_CHECKING:
    from homalos.model import BarData, TickData

__all__ = ["PessimisticPool", "QueuePool", "is_locked"]


def is_locked(queue: Queue, place: Place, tick: TickData) -> bool:
    """Say whether nobody stands against an order at the price limit of the day.

    At limit-up without an ask what trades goes to a line of bids in which time alone does
    not decide: orders that close come before those that open (平仓优先和时间优先, risk control
    rules of SHFE and DCE). So a buy order at the limit gets nothing of it, a sell order at
    limit-down the same; one that is not at the limit is none of that line. As soon as the
    other side is in the book, at the limit or elsewhere, a trade is one like any other.
    Where the data do not tell the limits, no price of a side without another is trusted.
    Bars do not tell them: there a locked limit is not seen.
    """
    turn = queue.turn
    if against(tick, turn):
        return False
    limit = tick.limit_up if turn < 0 else tick.limit_down
    return not place.rank > turn * limit


class QueuePool(Pool):
    """Fills a resting order when its turn has come."""

    def _rest(self, queue: Queue, place: Place, tick: TickData | None) -> None:
        if tick is not None and place.rank != -inf:
            shown = shown_at(tick, queue.turn, place.order.request.price)
            place.ahead = inf if shown is None else shown

    def _match(self, queue: Queue, moment: Moment) -> None:
        given = 0
        tick = moment.tick
        for place in queue.places:
            if place.rank != -inf:
                given += self._advance(queue, place, moment, given)
            if place.order.left:
                self._cross(queue, place, tick)
            self._shrink(queue, place, tick)

    def _advance(self, queue: Queue, place: Place, moment: Moment, given: int) -> int:
        """Fill by what traded, let the line before the order get shorter, return the lots."""
        order, traded, turn = place.order, moment.traded, queue.turn
        if not traded.lots or order.since_ns > moment.begun_ns:
            return 0
        reached = traded.fewest(turn, place.ticks) - given
        beyond = traded.fewest(turn, place.ticks + turn) - given
        lots = 0
        if not is_locked(queue, place, moment.tick):
            lots = min(order.left, int(max(beyond, reached - place.ahead, 0)))
            self.give(place, order.request.price, lots, moment.tick.ts_ns, moment.tick.trading_day)
        self._pass_by(place, reached, beyond)
        return lots

    def _pass_by(self, place: Place, reached: int, beyond: int) -> None:
        place.ahead = 0 if beyond > 0 else max(0, place.ahead - max(0, reached))

    def _shrink(self, queue: Queue, place: Place, tick: TickData) -> None:
        shown = shown_at(tick, queue.turn, place.order.request.price)
        if shown is not None and shown < place.ahead:
            place.ahead = shown

    def _match_bar(self, bar: BarData, budget: int) -> None:
        fill_by_path(self._buys, self._sells, bar, budget, self._instrument, self.give)


class PessimisticPool(QueuePool):
    """Fills a resting order when the market has traded through its price, or crosses it."""

    def _rest(self, queue: Queue, place: Place, tick: TickData | None) -> None:
        """Not look: the line is as long as can be."""

    def _pass_by(self, place: Place, reached: int, beyond: int) -> None:
        """Leave it so."""

    def _shrink(self, queue: Queue, place: Place, tick: TickData) -> None:
        """Leave it so."""

    def _match_bar(self, bar: BarData, budget: int) -> None:
        fill_by_path(self._buys, self._sells, bar, budget, self._instrument, self.give, through=1)
