"""Match one instrument's orders against its ticks or bars. Pure: no clock, no chance.

Our orders never change the tape, and never meet each other: only the tape fills them.
"""

from __future__ import annotations

from bisect import insort
from math import floor, inf, isnan
from operator import itemgetter
from typing import TYPE_CHECKING

from homalos.errors import DataError
from homalos.model import Direction, OrderType
from homalos_sim.fills.levels import against, cut, room

if TYPE_CHECKING:
    from homalos.model import BarData, OrderRequest, TickData
    from homalos.plugins.ports import Fill, RestingOrder

__all__ = ["Book", "Side", "WorkingOrder", "interval_seconds"]

# Read once: an enum looks its members up anew each time, which is slow in 3.11.
_LONG = Direction.LONG
_LIMIT, _MARKET, _FOK = OrderType.LIMIT, OrderType.MARKET, OrderType.FOK

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
# A share of a volume may miss a whole number by the width of a double: 0.29 x 100.
_ROUNDING = 1e-9


def interval_seconds(interval: str) -> int:
    """Return the length of `1m`, `15m`, `1h`, `d` and the like, in seconds.

    Raises:
        DataError: The text is not a count and one of s, m, h, d, w.
    """
    count, unit = interval[:-1] or "1", interval[-1:]
    if unit not in _SECONDS or not count.isdecimal() or int(count) == 0:
        msg = f"{interval!r} is not a bar interval; expected a count and one of s, m, h, d, w"
        raise DataError(msg)
    return int(count) * _SECONDS[unit]


_rank = itemgetter(0)


class WorkingOrder:
    """What the venue keeps of an order.

    Attributes:
        left: Lots not filled yet.
        since_ns: When it came; bars that began before do not fill it.
    """

    __slots__ = ("left", "request", "since_ns", "venue_order_id")

    def __init__(self, request: OrderRequest, venue_order_id: str, since_ns: int) -> None:
        """Take an order that the venue has accepted."""
        self.request = request
        self.venue_order_id = venue_order_id
        self.since_ns = since_ns
        self.left = request.volume


class Side:
    """The working orders of one side of one instrument.

    An order's rank is its place by price, the lowest first: the price of a sell order,
    its negative for a buy order, minus infinity for a market order. A price reaches an
    order when its rank is not above it, the price turned the same way. nan, where
    nobody stands, reaches none.

    Attributes:
        orders: Each with its rank in front; by price, then by time, the next to be filled first.
        used: Lots taken of the touch of the last tick, so that they are not given twice.
    """

    __slots__ = ("_fill", "_turn", "orders", "used")

    def __init__(self, turn: int, fill: Fill) -> None:
        """Begin empty; `turn` is -1 for buy orders and 1 for sell orders."""
        self.orders: list[tuple[float, RestingOrder]] = []
        self.used = 0
        self._turn = turn
        self._fill = fill

    def arrive(
        self, order: RestingOrder, rank: float, touch: float, size: int, trading_day: int
    ) -> None:
        """Fill a new order at the touch, as far as its size is not used yet.

        Args:
            order: It comes at `order.since_ns`, which is the time of the fill.
            rank: Its place by price.
            touch: Best price of the other side; nan or 0 where nobody stands.
            size: Lots there.
            trading_day: Of the tick, yyyymmdd.
        """
        lots = min(order.left, size - self.used)
        if lots > 0 and touch and rank <= self._turn * touch:
            self.used += lots
            order.left -= lots
            self._fill(order, touch, lots, order.since_ns, trading_day)

    def take(self, order: RestingOrder, rank: float, tick: TickData) -> None:
        """Fill a new order by every level that the book shows; a FOK order whole or not at all."""
        levels = against(tick, self._turn)
        whole = order.request.type is _FOK
        if whole and order.left > room(levels, self._turn, rank, self.used):
            return
        for price, lots in cut(levels, self._turn, rank, self.used, order.left):
            self.used += lots
            order.left -= lots
            self._fill(order, price, lots, order.since_ns, tick.trading_day)

    def rest(self, order: RestingOrder, rank: float) -> None:
        """Let an order wait behind those of its price and better."""
        if self.orders:
            insort(self.orders, (rank, order), key=_rank)
        else:
            self.orders.append((rank, order))

    def remove(self, order: RestingOrder) -> None:
        """Take an order out."""
        self.orders[:] = [each for each in self.orders if each[1] is not order]

    def cross(self, touch: float, size: int, tick: TickData) -> None:
        """Fill what waited before this tick and is reached by its touch.

        A limit order pays its own limit, never better: it stood there first.
        """
        self.used = 0
        if not self.orders or not touch:
            return
        if tick.depth is not None:
            self._cross_levels(tick)
            return
        reach = self._turn * touch
        for rank, order in self.orders:
            lots = min(order.left, size - self.used)
            if lots <= 0 or not rank <= reach:
                break
            self.used += lots
            order.left -= lots
            price = touch if rank == -inf else order.request.price
            self._fill(order, price, lots, tick.ts_ns, tick.trading_day)
        if self.used:
            self._drop_filled()

    def _cross_levels(self, tick: TickData) -> None:
        levels = against(tick, self._turn)
        for rank, order in self.orders:
            for level, lots in cut(levels, self._turn, rank, self.used, order.left):
                self.used += lots
                order.left -= lots
                price = level if rank == -inf else order.request.price
                self._fill(order, price, lots, tick.ts_ns, tick.trading_day)
        if self.used:
            self._drop_filled()

    def fill_bar(self, bar: BarData, extreme: float, budget: int) -> None:
        """Fill what came before a bar began and its prices reach.

        Args:
            bar: What traded; its open comes before everything else in it.
            extreme: Its low for buy orders, its high for sell orders.
            budget: Lots to give at most.
        """
        opened = self._turn * bar.open_price
        reach = self._turn * extreme
        left = budget
        begun_ns = bar.start_ns
        for rank, order in self.orders:
            if order.since_ns > begun_ns:
                continue
            if rank <= opened:
                price = bar.open_price
            elif rank <= reach:
                price = order.request.price
            else:
                break
            lots = order.left
            if lots > left:
                lots = left
            left -= lots
            order.left -= lots
            self._fill(order, price, lots, bar.ts_ns, bar.trading_day)
            if not left:
                break
        if left != budget:
            self._drop_filled()

    def _drop_filled(self) -> None:
        orders = self.orders
        if len(orders) == 1:
            if not orders[0][1].left:
                orders.clear()
        else:
            orders[:] = [each for each in orders if each[1].left]


class Book:
    """The working orders of one instrument: the fill model `l1`.

    Attributes:
        waits: Whether any order is working; matching needs no call otherwise.
    """

    __slots__ = (
        "_before",
        "_has_ticks",
        "_interval",
        "_interval_s",
        "_used_on",
        "buys",
        "sells",
        "waits",
    )

    def __init__(self, fill: Fill) -> None:
        """Begin empty; `fill` is told of every fill, in order."""
        self.waits = False
        self.buys = Side(-1, fill)
        self.sells = Side(1, fill)
        self._has_ticks = False
        self._used_on: TickData | None = None
        self._before: TickData | None = None
        self._interval = ""
        self._interval_s = inf

    def arrive(self, order: RestingOrder, tick: TickData | None, max_age_ns: int) -> None:
        """Take a new order: fill what the last tick's book gives, let the rest wait.

        What is left of a FAK or FOK order is not kept.

        Args:
            order: It comes at `order.since_ns`.
            tick: The instrument's last tick, as `latest` says.
            max_age_ns: Age up to which its book counts.
        """
        request = order.request
        is_buy = request.direction is _LONG
        side = self.buys if is_buy else self.sells
        rank = -request.price if is_buy else request.price
        kind = request.type
        if kind is _MARKET:
            rank = -inf
        if tick is not None:
            self._has_ticks = True
            if order.since_ns - tick.ts_ns <= max_age_ns:
                self._look_at(tick)
                if tick.depth is not None or kind is _FOK:
                    side.take(order, rank, tick)
                elif is_buy:
                    side.arrive(order, rank, tick.ask_price_1, tick.ask_volume_1, tick.trading_day)
                else:
                    side.arrive(order, rank, tick.bid_price_1, tick.bid_volume_1, tick.trading_day)
        if order.left and (kind is _LIMIT or kind is _MARKET):
            side.rest(order, rank)
            self.waits = True

    def remove(self, order: RestingOrder) -> None:
        """Take back what is left of a working order."""
        side = self.buys if order.request.direction is _LONG else self.sells
        side.remove(order)
        self.waits = bool(self.buys.orders or self.sells.orders)

    def latest(self, last: TickData | None) -> TickData | None:
        """Return the tick that a new order meets, given the last one the engine has.

        It is the one shown here when the engine has not come to it yet: an order
        that answers a fill is sent before the tick that brought the fill is the
        engine's last, and must neither meet the book before it nor, later, the
        same lots again.
        """
        if last is not None and last is self._before:
            return self._used_on
        return last

    def match_tick(self, tick: TickData, before: TickData | None) -> None:
        """Fill what waited before this tick and is reached by its touch prices.

        Args:
            tick: The new tick.
            before: The last one that the engine has, still without the new one.
        """
        buys, sells = self.buys, self.sells
        self._has_ticks = True
        self._used_on = tick
        self._before = before
        buys.cross(tick.ask_price_1, tick.ask_volume_1, tick)
        sells.cross(tick.bid_price_1, tick.bid_volume_1, tick)
        self.waits = bool(buys.orders or sells.orders)

    def match_bar(self, bar: BarData, share: float) -> None:
        """Fill what came before this bar began: at its open, else at the limit within its range.

        Bars are ignored once a tick of the instrument was seen, and where shorter
        ones were seen. Each side may fill `share` of the bar's volume.

        Raises:
            DataError: The bar's interval cannot be read.
        """
        if self._has_ticks:
            return
        if bar.interval != self._interval and not self._is_shorter(bar.interval):
            return
        budget = bar.volume if share == 1 else floor(bar.volume * share + _ROUNDING)
        if budget <= 0 or isnan(bar.open_price):
            return
        buys, sells = self.buys, self.sells
        if buys.orders:
            buys.fill_bar(bar, bar.low_price, budget)
        if sells.orders:
            sells.fill_bar(bar, bar.high_price, budget)
        self.waits = bool(buys.orders or sells.orders)

    def _look_at(self, tick: TickData) -> None:
        if self._used_on is not tick:
            self._used_on = tick
            self.buys.used = self.sells.used = 0

    def _is_shorter(self, interval: str) -> bool:
        # Looked at only while an order waits: a bar that began before the order came
        # does not fill it, and of those that began after, the shortest ends first.
        seconds = interval_seconds(interval)
        if seconds >= self._interval_s:
            return False
        self._interval = interval
        self._interval_s = seconds
        return True
