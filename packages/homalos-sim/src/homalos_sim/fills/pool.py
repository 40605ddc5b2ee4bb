"""The working orders of one instrument, as every model but `l1` keeps them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import insort
from math import floor, inf, isnan
from operator import attrgetter
from typing import TYPE_CHECKING

from homalos.model import Direction, OrderType
from homalos_sim.fills.levels import against, cut, room
from homalos_sim.fills.traded import NOTHING, Traded, traded_between
from homalos_sim.matching import interval_seconds

if TYPE_CHECKING:
    from homalos.model import BarData, Instrument, TickData
    from homalos.plugins.ports import Fill, FillContext, RestingOrder

__all__ = ["Moment", "Place", "Pool", "Queue"]

_LONG = Direction.LONG
_LIMIT, _MARKET, _FOK = OrderType.LIMIT, OrderType.MARKET, OrderType.FOK
_ROUNDING = 1e-9
_rank = attrgetter("rank")


class Place:
    """Where an order stands.

    Attributes:
        order: The order.
        rank: Its place by price, the lowest first: its price times the side's turn, minus
            infinity for a market order.
        ticks: Its price in ticks; 0 for a market order.
        ahead: Lots of others before it at its price; infinity where that is not known.
        bars: Bars that it has waited through.
    """

    __slots__ = ("ahead", "bars", "order", "rank", "ticks")

    def __init__(self, order: RestingOrder, rank: float, ticks: int) -> None:
        """Begin behind an unknown number of lots."""
        self.order = order
        self.rank = rank
        self.ticks = ticks
        self.ahead: float = inf
        self.bars = 0


class Queue:
    """The working orders of one side, by price, then by time.

    Attributes:
        turn: -1 for buy orders, 1 for sell orders.
        places: The next to be filled first.
        used: Lots taken of what the last snapshot shows against this side.
    """

    __slots__ = ("places", "turn", "used")

    def __init__(self, turn: int) -> None:
        """Begin empty."""
        self.turn = turn
        self.places: list[Place] = []
        self.used = 0


class Moment:
    """A snapshot, and what traded in the interval that ends with it.

    Attributes:
        tick: The snapshot.
        begun_ns: Stamp of the snapshot before: orders that came later were not there for all
            of the interval.
        traded: Bounds of the lots by price.
    """

    __slots__ = ("begun_ns", "tick", "traded")

    def __init__(self, tick: TickData, begun_ns: int, traded: Traded) -> None:
        """Take a snapshot."""
        self.tick = tick
        self.begun_ns = begun_ns
        self.traded = traded


class Pool(ABC):
    """Keeps orders, looks at each snapshot or bar once, and asks its model what fills.

    A model answers `_take` (a new order and a fresh book), `_rest` (one that stays),
    `_match` (one side and a snapshot) and `_match_bar`.

    Attributes:
        waits: Whether any order is working.
    """

    def __init__(self, context: FillContext) -> None:
        """Begin empty."""
        self.waits = False
        self._instrument: Instrument = context.instrument
        self._fill: Fill = context.fill
        self._buys, self._sells = Queue(-1), Queue(1)
        self._shown: TickData | None = None
        self._before: TickData | None = None
        self._interval = ""
        self._interval_s = inf

    # -- the port ------------------------------------------------------------------

    def arrive(self, order: RestingOrder, tick: TickData | None, max_age_ns: int) -> None:
        """Take a new order: fill what the last tick's book gives, let the rest wait.

        What is left of a FAK or FOK order is not kept. The arguments are the port's.
        """
        request = order.request
        kind = request.type
        queue = self._queue_of(order)
        price = request.price
        is_market = kind is _MARKET
        place = Place(
            order,
            -inf if is_market else queue.turn * price,
            0 if is_market else self._instrument.to_ticks(price),
        )
        fresh = None
        if tick is not None:
            self._look_at(tick)
            if order.since_ns - tick.ts_ns <= max_age_ns:
                fresh = tick
                self._take(queue, place, tick)
        if order.left and (kind is _LIMIT or is_market):
            self._rest(queue, place, fresh)
            insort(queue.places, place, key=_rank)
            self.waits = True

    def remove(self, order: RestingOrder) -> None:
        """Take back what is left of an order; one that is not kept is no matter."""
        queue = self._queue_of(order)
        queue.places[:] = [each for each in queue.places if each.order is not order]
        self._count()

    def latest(self, last: TickData | None) -> TickData | None:
        """Return the tick that a new order meets: the one shown here, where that is newer."""
        return self._shown if last is not None and last is self._before else last

    def match_tick(self, tick: TickData, before: TickData | None) -> None:
        """Fill what waited before this tick; the arguments are the port's."""
        shown = self._shown
        moment = Moment(
            tick,
            tick.ts_ns if shown is None else shown.ts_ns,
            NOTHING if shown is None else traded_between(shown, tick, self._instrument),
        )
        self._before = before
        self._look_at(tick)
        for queue in (self._buys, self._sells):
            if queue.places:
                self._match(queue, moment)
        self._count()

    def match_bar(self, bar: BarData, share: float) -> None:
        """Fill by a bar, where no tick was seen; the longer of two bars never fills.

        Raises:
            DataError: The bar's interval cannot be read.
        """
        if self._shown is not None or isnan(bar.open_price):
            return
        if bar.interval != self._interval and not self._is_shorter(bar.interval):
            return
        budget = bar.volume if share == 1 else floor(bar.volume * share + _ROUNDING)
        self._match_bar(bar, budget)
        self._count()

    # -- what a model answers --------------------------------------------------------

    def _take(self, queue: Queue, place: Place, tick: TickData) -> None:
        """Fill a new order by the book, each level at its price, never more than it shows."""
        order, turn = place.order, queue.turn
        levels = against(tick, turn)
        if order.request.type is _FOK and order.left > room(levels, turn, place.rank, queue.used):
            return
        for price, lots in cut(levels, turn, place.rank, queue.used, order.left):
            queue.used += lots
            self.give(place, price, lots, order.since_ns, tick.trading_day)

    def _rest(  # noqa: B027  only a model with a queue has to know
        self, queue: Queue, place: Place, tick: TickData | None
    ) -> None:
        """Look where an order comes to stand; `None` when there is no fresh book."""

    @abstractmethod
    def _match(self, queue: Queue, moment: Moment) -> None:
        """Fill what waits on one side by a snapshot."""

    @abstractmethod
    def _match_bar(self, bar: BarData, budget: int) -> None:
        """Fill what waits on both sides by a bar, at most so many lots."""

    # -- what models share -----------------------------------------------------------

    def _cross(self, queue: Queue, place: Place, tick: TickData) -> None:
        """Fill a waiting order by what the book shows against it now.

        A limit order pays its own limit, never better: it stood there first.
        """
        turn = queue.turn
        for price, lots in cut(against(tick, turn), turn, place.rank, queue.used, place.order.left):
            queue.used += lots
            at = price if place.rank == -inf else place.order.request.price
            self.give(place, at, lots, tick.ts_ns, tick.trading_day)

    def give(self, place: Place, price: float, lots: int, ts_ns: int, trading_day: int) -> None:
        """Fill an order's place with lots; none are no fill. The rest is as in `Fill`."""
        if lots > 0:
            place.order.left -= lots
            self._fill(place.order, price, lots, ts_ns, trading_day)

    def _queue_of(self, order: RestingOrder) -> Queue:
        return self._buys if order.request.direction is _LONG else self._sells

    def _count(self) -> None:
        for queue in (self._buys, self._sells):
            places = queue.places
            if any(not place.order.left for place in places):
                places[:] = [place for place in places if place.order.left]
        self.waits = bool(self._buys.places or self._sells.places)

    def _look_at(self, tick: TickData) -> None:
        if self._shown is not tick:
            self._shown = tick
            self._buys.used = self._sells.used = 0

    def _is_shorter(self, interval: str) -> bool:
        seconds = interval_seconds(interval)
        if seconds >= self._interval_s:
            return False
        self._interval, self._interval_s = interval, seconds
        return True
