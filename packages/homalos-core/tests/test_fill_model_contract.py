"""A fill model that does everything right passes; each way to get one thing wrong is found."""

from __future__ import annotations

from math import inf, isnan

import pytest

from homalos.model import BarData, Direction, OrderType, TickData
from homalos.plugins import FillModelSpec
from homalos.plugins.ports import FillContext, RestingOrder
from homalos.testing.contracts import FILL_MODEL, FillModelSubject, Requirement, verify

BUY = Direction.LONG


class Pool:
    """A small model that does everything right: slow, plain, and all in one list."""

    def __init__(self, context: FillContext) -> None:
        """Begin empty."""
        self.fill = context.fill
        self.orders: list[RestingOrder] = []
        self.used = dict.fromkeys(Direction, 0)
        self.shown: TickData | None = None
        self.before: TickData | None = None

    @property
    def waits(self) -> bool:
        """Say whether any order works."""
        return bool(self.orders)

    def latest(self, last: TickData | None) -> TickData | None:
        """Return the tick that a new order meets."""
        return self.shown if last is not None and last is self.before else last

    def arrive(self, order: RestingOrder, tick: TickData | None, max_age_ns: int) -> None:
        """Take an order."""
        self.orders.append(order)
        if tick is not None and self.is_fresh(order, tick, max_age_ns):
            if tick is not self.shown:
                self.turn_to(tick)
            if self.may_fill(order, tick):
                self.cross(order, tick)
        if order in self.orders and not self.is_kept(order):
            self.orders.remove(order)

    def remove(self, order: RestingOrder) -> None:
        """Take an order out, where it is."""
        if order in self.orders:
            self.orders.remove(order)

    def match_tick(self, tick: TickData, before: TickData | None) -> None:
        """Fill what a tick reaches."""
        self.before = before
        self.turn_to(tick)
        self.meet(self.queue(), tick, tick.ts_ns)

    def match_bar(self, bar: BarData, share: float) -> None:
        """Fill what a bar reaches."""
        left = {side: self.lots_of(bar, share) for side in Direction}
        for order in self.queue():
            side = order.request.direction
            if self.had_begun(bar, order) or not self.reaches(order, bar):
                continue
            lots = min(order.left, left[side])
            left[side] -= lots
            self.give(order, self.price_in(bar, order), lots, bar.ts_ns, bar.trading_day)

    # -- what can be got wrong -----------------------------------------------------

    def is_fresh(self, order: RestingOrder, tick: TickData, max_age_ns: int) -> bool:
        """Say whether a book still counts."""
        return order.since_ns - tick.ts_ns <= max_age_ns

    def is_kept(self, order: RestingOrder) -> bool:
        """Say whether an order waits for what it has not got at once."""
        return order.request.type in (OrderType.LIMIT, OrderType.MARKET)

    def may_fill(self, order: RestingOrder, tick: TickData) -> bool:
        """Say whether a book has enough for an order that wants all of it."""
        side = order.request.direction
        is_whole = order.request.type is OrderType.FOK
        return not is_whole or order.left <= self.room(self.touch(tick, side)[1], side)

    def cross(self, order: RestingOrder, tick: TickData) -> None:
        """Fill a new order by every level of a book."""
        self.meet([order], tick, order.since_ns)
        depth = tick.depth
        if depth is None or order.request.direction is BUY:
            return
        for price, size in zip(depth.bid_prices, depth.bid_volumes, strict=True):
            if self.rank(order) <= price:
                lots = min(order.left, size)
                self.give(order, price, lots, order.since_ns, tick.trading_day)

    def turn_to(self, tick: TickData) -> None:
        """Begin with the lots of a new book."""
        self.shown = tick
        self.used = dict.fromkeys(Direction, 0)

    def queue(self) -> list[RestingOrder]:
        """Return the orders as they are to be filled."""
        return sorted(self.orders, key=self.rank)

    def rank(self, order: RestingOrder) -> float:
        """Return an order's place by price."""
        request = order.request
        if request.type is OrderType.MARKET:
            return -inf
        return -request.price if request.direction is BUY else request.price

    def meet(self, orders: list[RestingOrder], tick: TickData, ts_ns: int) -> None:
        """Fill orders by a book."""
        for order in orders:
            side = order.request.direction
            touch, size = self.touch(tick, side)
            reached = self.rank(order) <= (-touch if side is BUY else touch)
            lots = min(order.left, self.room(size, side))
            if reached and lots > 0 and self.stands(touch):
                self.used[side] += lots
                self.give(order, self.price(order, touch), lots, ts_ns, tick.trading_day)

    def touch(self, tick: TickData, side: Direction) -> tuple[float, int]:
        """Return what stands against a side."""
        if side is BUY:
            return tick.ask_price_1, tick.ask_volume_1
        return tick.bid_price_1, tick.bid_volume_1

    def stands(self, touch: float) -> bool:
        """Say whether anybody stands at a price."""
        return bool(touch) and not isnan(touch)

    def room(self, size: int, side: Direction) -> int:
        """Return the lots that are not given yet."""
        return size - self.used[side]

    def price(self, order: RestingOrder, touch: float) -> float:
        """Return what an order pays."""
        del order
        return touch

    def lots_of(self, bar: BarData, share: float) -> int:
        """Return what a bar may give a side."""
        return int(bar.volume * share)

    def had_begun(self, bar: BarData, order: RestingOrder) -> bool:
        """Say whether a bar was under way when an order came."""
        return order.since_ns > bar.start_ns

    def reaches(self, order: RestingOrder, bar: BarData) -> bool:
        """Say whether a bar's prices reach an order."""
        is_buy = order.request.direction is BUY
        return self.rank(order) <= (-bar.low_price if is_buy else bar.high_price)

    def price_in(self, bar: BarData, order: RestingOrder) -> float:
        """Return what an order pays in a bar."""
        is_buy = order.request.direction is BUY
        if self.rank(order) <= (-bar.open_price if is_buy else bar.open_price):
            return bar.open_price
        return order.request.price

    def give(self, order: RestingOrder, price: float, lots: int, ts_ns: int, day: int) -> None:
        """Fill an order."""
        if lots <= 0:
            return
        order.left -= lots
        if not order.left:
            self.orders.remove(order)
        self.fill(order, price, lots, ts_ns, day)


class Restless(Pool):
    """Waits for ever after a first order."""

    came = False

    @property
    def waits(self) -> bool:
        """Remember it."""
        self.came = self.came or bool(self.orders)
        return self.came


class Lazy(Pool):
    """Fills buyers only, while they wait for one lot."""

    def match_tick(self, tick: TickData, before: TickData | None) -> None:
        """Leave the others, where there is one of either side."""
        kept = [each for each in self.orders if each.request.direction is not BUY]
        if [each.request.order_id for each in kept] == ["sell"]:
            self.orders = [each for each in self.orders if each not in kept]
            super().match_tick(tick, before)
            self.orders += kept
        else:
            super().match_tick(tick, before)


class Kind(Pool):
    """Fills inside the spread."""

    def rank(self, order: RestingOrder) -> float:
        """Come to meet an order half of the way."""
        rank = super().rank(order)
        is_one = order.request.order_id in ("buy", "sell") and order.request.price == 100.0
        return rank - 1 if is_one else rank


class Haunted(Pool):
    """Keeps what is removed."""

    def remove(self, order: RestingOrder) -> None:
        """Remove it unless somebody else waits."""
        if len(self.orders) < 2:
            super().remove(order)


class Middle(Pool):
    """Fills market orders at the mid price."""

    def price(self, order: RestingOrder, touch: float) -> float:
        """Take a step off."""
        if order.request.type is not OrderType.MARKET:
            return touch
        return touch - 1 if order.request.direction is BUY else touch + 1


class Dear(Pool):
    """Takes a step more."""

    def price(self, order: RestingOrder, touch: float) -> float:
        """Add it for buyers."""
        return touch + 1 if order.request.direction is BUY else touch


class Outside(Pool):
    """Fills in a bar at the limit, wherever that is."""

    def price_in(self, bar: BarData, order: RestingOrder) -> float:
        """Not look at the bar."""
        return bar.open_price if isnan(order.request.price) else order.request.price


class Trusting(Pool):
    """Fills at a price that nobody names."""

    def meet(self, orders: list[RestingOrder], tick: TickData, ts_ns: int) -> None:
        """Give market orders what they ask for."""
        super().meet(orders, tick, ts_ns)
        for order in list(orders):
            touch, size = self.touch(tick, order.request.direction)
            if order.left and isnan(touch) and size and isnan(order.request.price):
                self.give(order, 100.0, order.left, ts_ns, tick.trading_day)


class Forgetful(Pool):
    """Tells of fills before it takes them off."""

    def give(self, order: RestingOrder, price: float, lots: int, ts_ns: int, day: int) -> None:
        """Take them off too late."""
        if lots > 0:
            self.fill(order, price, lots, ts_ns, day)
            order.left -= lots
            if not order.left:
                self.orders.remove(order)


class Deep(Pool):
    """Sees ten times the lots, for an order of nine."""

    def meet(self, orders: list[RestingOrder], tick: TickData, ts_ns: int) -> None:
        """Give them all."""
        super().meet(orders, tick, ts_ns)
        for order in list(orders):
            if order.request.volume == 9 and order.left and tick is self.shown:
                self.give(order, order.request.price, order.left, ts_ns, tick.trading_day)


class Twice(Pool):
    """Gives the lots of a tick to those that wait, and again to those that come."""

    def arrive(self, order: RestingOrder, tick: TickData | None, max_age_ns: int) -> None:
        """Begin anew for the one that answers a fill."""
        if order.request.order_id == "b" and order.request.volume == 3:
            self.used = dict.fromkeys(Direction, 0)
        super().arrive(order, tick, max_age_ns)


class Behind(Pool):
    """Shows a new order what the engine has."""

    def latest(self, last: TickData | None) -> TickData | None:
        """Believe it."""
        return last

    def arrive(self, order: RestingOrder, tick: TickData | None, max_age_ns: int) -> None:
        """Use the one shown last all the same."""
        super().arrive(order, super().latest(tick), max_age_ns)


class Endless(Pool):
    """Gives all that traded to each side."""

    def lots_of(self, bar: BarData, share: float) -> int:
        """Not look at the share."""
        return super().lots_of(bar, max(share, 1.0))


class Unfair(Pool):
    """Fills the last that came first."""

    def queue(self) -> list[RestingOrder]:
        """Turn those of one price."""
        turned = self.orders[::-1]
        turned.sort(key=self.rank)
        return turned


class Knowing(Pool):
    """Fills in the bar that gave the signal."""

    def had_begun(self, bar: BarData, order: RestingOrder) -> bool:
        """Not ask."""
        del bar, order
        return False


class Patient(Pool):
    """Fills by a book of any age."""

    def is_fresh(self, order: RestingOrder, tick: TickData, max_age_ns: int) -> bool:
        """Not look at the clock."""
        del order, tick, max_age_ns
        return True


class Clinging(Pool):
    """Keeps what is left of a FAK order."""

    def is_kept(self, order: RestingOrder) -> bool:
        """Say yes to it."""
        return super().is_kept(order) or order.request.type is OrderType.FAK


class Partial(Pool):
    """Fills a part of a FOK order."""

    def may_fill(self, order: RestingOrder, tick: TickData) -> bool:
        """Take what there is."""
        return bool(super().may_fill(order, tick) or order.left)


class Shallow(Pool):
    """Looks at the best price only."""

    def cross(self, order: RestingOrder, tick: TickData) -> None:
        """Stop there."""
        self.meet([order], tick, order.since_ns)


class Eager(Pool):
    """Fills at the price limit when others trade there."""

    def match_tick(self, tick: TickData, before: TickData | None) -> None:
        """Look at the last price only."""
        super().match_tick(tick, before)
        for order in list(self.orders):
            if order.request.price == tick.last_price == tick.limit_up:
                self.give(order, tick.last_price, order.left, tick.ts_ns, tick.trading_day)


class Undated(Pool):
    """Knows no trading day."""

    def give(self, order: RestingOrder, price: float, lots: int, ts_ns: int, day: int) -> None:
        """Leave it out."""
        super().give(order, price, lots, ts_ns, day - day)


class Counting(Pool):
    """Counts its fills over all models of the process, and skips one now and then."""

    count = 0

    def room(self, size: int, side: Direction) -> int:
        """Give a lot less to large queues every other time."""
        if len(self.orders) < 4:
            return super().room(size, side)
        Counting.count += 1
        return super().room(size, side) - Counting.count % 7 % 2


BROKEN: dict[type[Pool], set[str]] = {
    Restless: {"it_waits_while_an_order_works"},
    Lazy: {"a_waiting_order_fills_when_the_market_comes"},
    Kind: {"an_order_away_from_the_market_waits"},
    Haunted: {"a_removed_order_never_fills"},
    Middle: {"a_market_order_fills_at_the_touch_or_worse"},
    Dear: {"no_fill_is_worse_than_the_limit"},
    Outside: {"no_fill_in_a_bar_is_outside_its_range"},
    Trusting: {"an_empty_side_fills_nothing"},
    Forgetful: {"an_order_fills_whole_and_no_further"},
    Deep: {"no_more_lots_fill_than_the_book_shows"},
    Twice: {"lots_are_given_only_once"},
    Behind: {"a_new_order_meets_the_tick_shown_last"},
    Endless: {"no_more_lots_fill_than_a_bar_may_give"},
    Unfair: {"the_better_price_fills_first_then_the_earlier"},
    Knowing: {"an_order_never_fills_in_a_bar_that_had_begun"},
    Patient: {"an_old_book_fills_nothing"},
    Eager: {"a_locked_limit_fills_nothing"},
    Clinging: {"a_fak_order_fills_at_once_and_is_not_kept"},
    Partial: {"a_fok_order_fills_whole_or_not_at_all"},
    Shallow: {"a_new_order_crosses_the_levels_at_their_prices"},
    Undated: {"fills_are_stamped_by_the_tape"},
    Counting: {"the_same_calls_bring_the_same_fills"},
}


def subject_of(kind: type[Pool]) -> FillModelSubject:
    """Make a subject of a model."""
    return FillModelSubject(
        spec=FillModelSpec(name="test", factory=lambda context, _: kind(context))
    )


@pytest.mark.parametrize("requirement", FILL_MODEL, ids=str)
def test_a_model_that_does_everything_right_passes(
    requirement: Requirement[FillModelSubject],
) -> None:
    """No requirement is beyond a small model."""
    requirement.check(subject_of(Pool))


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_one_fault_is_found_by_its_name_and_no_other(kind: type[Pool]) -> None:
    """Who broke one thing is not sent looking for another."""
    failures = verify(FILL_MODEL, lambda: subject_of(kind))

    assert {failure.name for failure in failures} == BROKEN[kind]


def test_every_requirement_can_fail() -> None:
    """One that nothing breaks would test nothing."""
    assert set().union(*BROKEN.values()) == {each.name for each in FILL_MODEL}
