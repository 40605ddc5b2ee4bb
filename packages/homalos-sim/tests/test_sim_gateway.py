"""What the venue says: acknowledgements, rejections, cancels, ids, and that lots are conserved."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from math import nan
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homalos.errors import UnknownInstrument
from homalos.model import (
    BarData,
    CancelRefused,
    CancelRequest,
    ConnectionChanged,
    Direction,
    Instrument,
    Offset,
    OrderReport,
    OrderRequest,
    OrderType,
    Status,
    TickData,
    TradeReport,
)
from homalos.plugins.ports import GatewayContext, Timer, VenueEvent
from homalos_sim.gateway import SimGateway
from homalos_sim.options import VenueOptions
from homalos_sim.plugin import register_fill_models

SYMBOL = "rb2510.SHFE"
DAY = 20250805
BUY, SELL = Direction.LONG, Direction.SHORT
RB = Instrument(SYMBOL, "rb", 1.0, 10, max_limit_volume=500, max_market_volume=30)


class StillClock:
    """A clock that shows what it is set to; nothing can be arranged on it."""

    def __init__(self) -> None:
        """Begin at 0."""
        self.ns = 0

    def now_ns(self) -> int:
        """Return the time it was set to."""
        return self.ns

    def call_at(self, due_ns: int, callback: Callable[[], None]) -> Timer:
        """Refuse."""
        raise NotImplementedError

    def call_every(
        self, interval_ns: int, callback: Callable[[], None], *, first_ns: int | None = None
    ) -> Timer:
        """Refuse."""
        raise NotImplementedError


def _instrument(symbol: str) -> Instrument:
    if symbol != SYMBOL:
        raise UnknownInstrument(symbol)
    return RB


class Floor:
    """A connected venue, its clock, and everything it posted."""

    def __init__(self, **options: Any) -> None:
        """Connect, and forget the report of it."""
        self.clock = StillClock()
        self.posted: list[VenueEvent] = []
        self.ticks: dict[str, TickData] = {}
        context = GatewayContext(
            name="sim",
            clock=self.clock,
            random=random.Random(1),
            instrument=_instrument,
            last_tick=self.ticks.get,
            post=self.posted.append,
            post_at=lambda _ns, event: self.posted.append(event),
            fill_model={spec.name: spec for spec in register_fill_models()}.__getitem__,
        )
        self.venue = SimGateway(context, VenueOptions(**options))
        self.venue.connect()
        self.said()

    def said(self) -> list[VenueEvent]:
        """Return what was posted since the last time."""
        new = list(self.posted)
        self.posted.clear()
        return new

    def send(
        self, name: str, side: Direction, volume: int, price: float = nan, symbol: str = SYMBOL
    ) -> list[VenueEvent]:
        """Send a limit order, or a market order when no price is given; return the answer."""
        kind = OrderType.MARKET if price != price else OrderType.LIMIT  # noqa: PLR0124
        self.venue.send_order(
            OrderRequest(
                name,
                symbol,
                side,
                Offset.OPEN,
                kind,
                price,
                volume,
                "s",
                "main",
                "sim",
                self.clock.ns,
            )
        )
        return self.said()

    def cancel(self, name: str) -> list[VenueEvent]:
        """Cancel an order; return the answer."""
        self.venue.cancel_order(CancelRequest(name, SYMBOL, "s", "main", "sim", self.clock.ns))
        return self.said()

    def show(
        self, event: TickData | BarData, answer: Callable[[], list[VenueEvent]] | None = None
    ) -> list[VenueEvent]:
        """Show an event as the engine does, and return what was posted.

        The venue sees it only while something waits, and before it is the last tick;
        in between, a strategy may answer the fills.
        """
        self.clock.ns = event.ts_ns
        tap = self.venue.market_tap()
        if tap.waiting:
            tap.on_bar(event) if isinstance(event, BarData) else tap.on_tick(event)
        posted = self.said()
        if posted and answer is not None:
            posted += answer()
        if isinstance(event, TickData):
            self.ticks[event.symbol] = event
        return posted


def _tick(ts_ns: int, bid: float, bid_size: int, ask: float, ask_size: int) -> TickData:
    return TickData(
        SYMBOL,
        ts_ns,
        DAY,
        bid,
        bid_price_1=bid,
        bid_volume_1=bid_size,
        ask_price_1=ask,
        ask_volume_1=ask_size,
        limit_up=110.0,
        limit_down=90.0,
    )


@pytest.fixture
def floor() -> Floor:
    """Return a fresh venue."""
    return Floor()


def _trade(order: str, number: int, side: Direction, price: float, lots: int, at: int) -> object:
    return TradeReport(order, f"{order}-T{number}", SYMBOL, side, Offset.OPEN, price, lots, at, DAY)


def test_connecting_is_reported() -> None:
    """The engine learns that the venue is up by a report, like everything else."""
    floor = Floor()
    floor.venue.connect()
    assert floor.said() == [ConnectionChanged("sim", is_up=True, reason="", ts_ns=0)]


def test_resting_order_is_acknowledged_then_filled_before_the_tick(floor: Floor) -> None:
    """The acknowledgement carries the venue's id; a fill is a trade and nothing else."""
    floor.clock.ns = 5
    assert floor.send("1-1", BUY, 2, 100.0) == [
        OrderReport("1-1", Status.NOTTRADED, 5, 0, "V1"),
    ]
    assert floor.venue.working_orders() == {"1-1"}
    assert floor.show(_tick(9, 99.0, 4, 100.0, 4)) == [_trade("1-1", 1, BUY, 100.0, 2, 9)]
    assert floor.venue.working_orders() == frozenset()


def test_immediate_fill_comes_after_the_acknowledgement_at_the_time_of_now(floor: Floor) -> None:
    """The tick is of 9, the order of 12: the trade is of 12 and of the tick's day."""
    floor.show(_tick(9, 99.0, 4, 100.0, 4))
    floor.clock.ns = 12
    assert floor.send("1-1", BUY, 6, 101.0) == [
        OrderReport("1-1", Status.NOTTRADED, 12, 0, "V1"),
        _trade("1-1", 1, BUY, 100.0, 4, 12),
    ]
    assert floor.venue.working_orders() == {"1-1"}


def test_order_that_answers_a_fill_meets_the_tick_that_brought_it(floor: Floor) -> None:
    """Of five lots the tick gives three to the order that waited, two to the answer, none after.

    The engine hands a fill to its strategy before it takes the tick itself: the
    answer must not meet the tick before, whose ask of 90 is gone.
    """
    floor.show(_tick(1, 89.0, 9, 90.0, 9))
    floor.clock.ns = 200 * 10**9
    floor.send("waits", BUY, 3, 100.0)
    tick = _tick(floor.clock.ns, 99.0, 5, 100.0, 5)
    floor.venue.market_tap().on_tick(tick)
    assert [r.volume for r in floor.said() if isinstance(r, TradeReport)] == [3]
    floor.clock.ns += 1
    answer = floor.send("answer", BUY, 9, 100.0)
    assert answer[1:] == [_trade("answer", 2, BUY, 100.0, 2, floor.clock.ns)]
    floor.ticks[SYMBOL] = tick
    assert len(floor.send("late", BUY, 1, 100.0)) == 1


def test_venue_and_trade_ids_are_counted(floor: Floor) -> None:
    """Two runs of the same tape give the same ids, whatever was rejected on the way."""
    floor.show(_tick(9, 99.0, 4, 100.0, 4))
    floor.send("1-1", BUY, 1, 100.0)
    floor.send("1-2", BUY, 0, 100.0)
    assert floor.send("1-3", SELL, 1, 99.0) == [
        OrderReport("1-3", Status.NOTTRADED, 9, 0, "V2"),
        _trade("1-3", 2, SELL, 99.0, 1, 9),
    ]


def test_order_on_bars_fills_on_the_next_bar() -> None:
    """The bar tap works with the venue's own share of the volume."""
    floor = Floor(bar_volume_share=0.5)
    floor.clock.ns = 10
    floor.send("1-1", SELL, 3)
    bar = BarData(SYMBOL, "1m", 10, 20, DAY, 100.0, 101.0, 99.0, 100.0, 4)
    assert floor.show(bar) == [_trade("1-1", 1, SELL, 100.0, 2, 20)]
    assert floor.venue.working_orders() == {"1-1"}


@pytest.mark.parametrize(
    ("volume", "price", "symbol", "reason"),
    [
        (1, 100.0, "xx9999.SHFE", "xx9999.SHFE is not traded here"),
        (0, 100.0, SYMBOL, "volume 0 is not above 0"),
        (-3, nan, SYMBOL, "volume -3 is not above 0"),
        (1, 100.5, SYMBOL, "price 100.5 is not on the 1.0 grid"),
        (501, 100.0, SYMBOL, "volume 501 is above the 500 of one limit order"),
        (31, nan, SYMBOL, "volume 31 is above the 30 of one market order"),
        (1, 111.0, SYMBOL, "price 111.0 is above the limit-up 110.0"),
        (1, 89.0, SYMBOL, "price 89.0 is below the limit-down 90.0"),
    ],
)
def test_impossible_order_is_rejected_in_words(
    floor: Floor, volume: int, price: float, symbol: str, reason: str
) -> None:
    """One report says REJECTED and why, and nothing of the order stays."""
    floor.show(_tick(9, 99.0, 4, 100.0, 4))
    (report,) = floor.send("1-1", BUY, volume, price, symbol)
    assert isinstance(report, OrderReport)
    assert (report.status, report.ts_ns) == (Status.REJECTED, 9)
    assert reason in report.reason
    assert floor.venue.working_orders() == frozenset()


def test_price_limits_hold_nobody_before_they_are_known(floor: Floor) -> None:
    """Without a tick there is no limit-up, so the price is the exchange's to judge later."""
    (report,) = floor.send("1-1", BUY, 1, 111.0)
    assert isinstance(report, OrderReport)
    assert report.status is Status.NOTTRADED


def test_closed_venue_takes_no_orders_and_still_shows_what_works(floor: Floor) -> None:
    """What waited when the venue closed can be looked at afterwards."""
    floor.send("1-1", BUY, 1, 100.0)
    floor.venue.close()
    (report,) = floor.send("1-2", BUY, 1, 100.0)
    assert isinstance(report, OrderReport)
    assert report.reason == "CTP -1 not connected (网络连接失败): venue sim is closed"
    assert floor.venue.working_orders() == {"1-1"}


def test_cancel_after_a_part_fill_reports_what_was_traded(floor: Floor) -> None:
    """Four of six lots were filled; the cancel says so and ends the order."""
    floor.show(_tick(9, 99.0, 4, 100.0, 4))
    floor.send("1-1", BUY, 6, 100.0)
    assert floor.cancel("1-1") == [
        OrderReport("1-1", Status.CANCELLED, 9, 4, "V1", "cancelled"),
    ]
    assert floor.show(_tick(10, 99.0, 4, 100.0, 4)) == []
    assert floor.venue.working_orders() == frozenset()


def test_cancel_that_crosses_the_last_fill_is_refused(floor: Floor) -> None:
    """The tick filled the order before the cancel came: the trade stands."""
    floor.send("1-1", BUY, 1, 100.0)
    assert floor.show(_tick(9, 99.0, 4, 100.0, 4)) == [_trade("1-1", 1, BUY, 100.0, 1, 9)]
    (refused,) = floor.cancel("1-1")
    assert isinstance(refused, CancelRefused)
    assert (refused.order_id, refused.ts_ns) == ("1-1", 9)
    assert "not working here" in refused.reason


def test_cancel_of_an_unknown_order_is_refused(floor: Floor) -> None:
    """The venue says no and nothing else happens."""
    (refused,) = floor.cancel("1-9")
    assert isinstance(refused, CancelRefused)
    assert refused.order_id == "1-9"


def test_book_older_than_the_option_fills_nothing() -> None:
    """With half a second of book age, an order one second after the tick waits."""
    floor = Floor(book_age_s=0.5)
    floor.show(_tick(0, 99.0, 4, 100.0, 4))
    floor.clock.ns = 1_000_000_000
    assert len(floor.send("1-1", BUY, 1, 100.0)) == 1


# -- what holds on any tape ------------------------------------------------------


class Tally:
    """A venue on a random tape, and a count of what it gave."""

    def __init__(self) -> None:
        """Begin with a fresh venue."""
        # What crosses an own order is let through: the orders are drawn without a look at others.
        self.floor = Floor(self_trade="allow")
        self.asked: dict[str, tuple[Direction, int, float]] = {}
        self.filled: Counter[str] = Counter()
        self.ended: set[str] = set()
        self.room = {BUY: 0, SELL: 0}

    def send(self, side: Direction, volume: int, price: float) -> list[VenueEvent]:
        """Send an order under the next number."""
        name = str(len(self.asked))
        self.asked[name] = (side, volume, price)
        return self.floor.send(name, side, volume, price)

    def count(self, posted: list[VenueEvent]) -> None:
        """Check every report against what was asked and what the touch still had."""
        for report in posted:
            if isinstance(report, TradeReport):
                side, _, limit = self.asked[report.order_id]
                self.filled[report.order_id] += report.volume
                self.room[side] -= report.volume
                assert report.volume > 0
                assert not (report.price > limit if side is BUY else report.price < limit)
            elif isinstance(report, OrderReport) and report.status is Status.CANCELLED:
                assert report.traded == self.filled[report.order_id]
                self.ended.add(report.order_id)
        assert min(self.room.values()) >= 0


_touch = st.tuples(st.integers(97, 103).map(float), st.integers(0, 5))
_order = st.tuples(
    st.sampled_from([BUY, SELL]),
    st.integers(1, 6),
    st.one_of(st.just(nan), st.integers(97, 103).map(float)),
)
_step = st.one_of(
    st.tuples(st.just("tick"), _touch, _touch, _order),
    st.tuples(st.just("send"), _order),
    st.tuples(st.just("cancel"), st.integers(0, 20)),
)


@settings(deadline=None, max_examples=200)
@given(st.lists(_step, max_size=40))
def test_lots_are_conserved_on_any_tape(steps: list[tuple[Any, ...]]) -> None:
    """No touch gives more than its size, no order gets more than it asked or a worse price."""
    tally = Tally()
    for number, (kind, *rest) in enumerate(steps):
        if kind == "tick":
            bid, ask, answer = rest
            tally.room = {BUY: ask[1], SELL: bid[1]}
            shown = _tick(number, *bid, *ask)
            tally.count(tally.floor.show(shown, partial(tally.send, *answer)))
        elif kind == "send":
            tally.count(tally.send(*rest[0]))
        else:
            tally.count(tally.floor.cancel(str(rest[0])))
    full = {name for name, (_, volume, _) in tally.asked.items() if tally.filled[name] == volume}
    assert all(tally.filled[name] <= asked[1] for name, asked in tally.asked.items())
    assert tally.floor.venue.working_orders() == tally.asked.keys() - full - tally.ended
