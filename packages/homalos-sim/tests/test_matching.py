"""The fill rules, worked by hand on small tapes."""

from __future__ import annotations

import csv
import gzip
from math import nan
from pathlib import Path

import pytest

from homalos.errors import DataError
from homalos.model import BarData, Direction, Offset, OrderRequest, OrderType, TickData
from homalos.plugins.ports import RestingOrder
from homalos_sim.matching import Book, WorkingOrder, interval_seconds

SYMBOL = "rb2510.SHFE"
DAY = 20250805
BUY, SELL = Direction.LONG, Direction.SHORT
FOREVER = 1 << 62
NOBODY = (nan, 0)


class Pit:
    """A book whose fills are written down as (order, price, lots, ts_ns)."""

    def __init__(self) -> None:
        """Begin with an empty book."""
        self.book = Book(self._note)
        self.last: TickData | None = None
        self.fills: list[tuple[str, float, int, int]] = []

    def _note(
        self, order: RestingOrder, price: float, lots: int, ts_ns: int, trading_day: int
    ) -> None:
        assert trading_day == DAY
        self.fills.append((order.request.order_id, price, lots, ts_ns))

    def send(
        self,
        name: str,
        side: Direction,
        volume: int,
        price: float = nan,
        *,
        at: int = 0,
        age: int = FOREVER,
    ) -> WorkingOrder:
        """Send a limit order, or a market order when no price is given."""
        kind = OrderType.MARKET if price != price else OrderType.LIMIT  # noqa: PLR0124
        request = OrderRequest(
            name, SYMBOL, side, Offset.OPEN, kind, price, volume, "s", "main", "sim", at
        )
        order = WorkingOrder(request, "V", at)
        self.book.arrive(order, self.last, age)
        return order

    def tick(
        self, ts_ns: int, bid: tuple[float, int] = NOBODY, ask: tuple[float, int] = NOBODY
    ) -> None:
        """Show a tick with these touches, each a price and a size."""
        shown = TickData(
            SYMBOL,
            ts_ns,
            DAY,
            100.0,
            bid_price_1=bid[0],
            bid_volume_1=bid[1],
            ask_price_1=ask[0],
            ask_volume_1=ask[1],
        )
        if self.book.waits:
            self.book.match_tick(shown, self.last)
        self.last = shown

    def bar(
        self,
        start: int,
        prices: tuple[float, float, float, float],
        volume: int,
        *,
        share: float = 1.0,
        interval: str = "1m",
    ) -> None:
        """Show a bar of ten nanoseconds with open, high, low and close."""
        opened, high, low, close = prices
        shown = BarData(SYMBOL, interval, start, start + 10, DAY, opened, high, low, close, volume)
        self.book.match_bar(shown, share)


@pytest.fixture
def pit() -> Pit:
    """Return a fresh pit."""
    return Pit()


# -- ticks ---------------------------------------------------------------------


def test_marketable_buy_takes_the_touch_and_the_rest_waits(pit: Pit) -> None:
    """Five lots stand at 101: five of eight fill there, better than the limit of 102."""
    pit.tick(1, bid=(100.0, 9), ask=(101.0, 5))
    order = pit.send("a", BUY, 8, 102.0, at=2)
    assert pit.fills == [("a", 101.0, 5, 2)]
    assert order.left == 3


def test_rest_of_a_marketable_order_fills_at_its_limit_on_the_next_tick(pit: Pit) -> None:
    """What rested before the tick is never given a better price than its limit."""
    pit.tick(1, ask=(101.0, 5))
    pit.send("a", BUY, 8, 102.0, at=2)
    pit.tick(3, ask=(101.0, 5))
    assert pit.fills[1:] == [("a", 102.0, 3, 3)]


def test_resting_sell_fills_at_its_limit_when_the_bid_jumps_over_it(pit: Pit) -> None:
    """The bid goes from 99 to 105: a sell order that stood at 103 gets 103, not 105."""
    pit.tick(1, bid=(99.0, 4), ask=(100.0, 4))
    pit.send("a", SELL, 2, 103.0, at=2)
    pit.tick(3, bid=(105.0, 4), ask=(106.0, 4))
    assert pit.fills == [("a", 103.0, 2, 3)]


def test_resting_order_waits_while_the_touch_is_one_tick_away(pit: Pit) -> None:
    """An ask of 101 does not reach a buy order at 100."""
    pit.send("a", BUY, 1, 100.0)
    pit.tick(1, bid=(100.0, 3), ask=(101.0, 3))
    assert pit.fills == []


def test_orders_share_one_touch_by_price_then_time(pit: Pit) -> None:
    """Seven lots at 99: the higher limit first, then the earlier of two equal ones."""
    pit.send("early", BUY, 4, 100.0)
    pit.send("late", BUY, 4, 100.0)
    pit.send("high", BUY, 2, 101.0)
    pit.tick(1, ask=(99.0, 7))
    assert pit.fills == [("high", 101.0, 2, 1), ("early", 100.0, 4, 1), ("late", 100.0, 1, 1)]


def test_sell_orders_queue_by_lowest_price_first(pit: Pit) -> None:
    """Three lots bid at 105: the order at 103 comes before the earlier one at 104."""
    pit.send("dear", SELL, 2, 104.0)
    pit.send("cheap", SELL, 2, 103.0)
    pit.tick(1, bid=(105.0, 3))
    assert pit.fills == [("cheap", 103.0, 2, 1), ("dear", 104.0, 1, 1)]


def test_new_orders_on_one_tick_do_not_get_the_same_lots_twice(pit: Pit) -> None:
    """Five lots offered: the first order takes three, the second the two that are left."""
    pit.tick(1, ask=(101.0, 5))
    pit.send("a", BUY, 3, 101.0)
    pit.send("b", BUY, 3, 101.0)
    assert [fill[:3] for fill in pit.fills] == [("a", 101.0, 3), ("b", 101.0, 2)]


def test_new_order_gets_only_what_resting_orders_left_on_the_tick(pit: Pit) -> None:
    """The tick's five lots went to the order that waited; the newcomer finds one."""
    pit.send("waited", BUY, 4, 101.0)
    pit.tick(1, ask=(101.0, 5))
    pit.send("new", BUY, 4, 101.0)
    assert [fill[:3] for fill in pit.fills] == [("waited", 101.0, 4), ("new", 101.0, 1)]


def test_two_sides_of_a_tick_are_counted_apart(pit: Pit) -> None:
    """A buy order that takes the whole ask leaves the bid as it was."""
    pit.tick(1, bid=(100.0, 2), ask=(101.0, 2))
    pit.send("a", BUY, 2, 101.0)
    pit.send("b", SELL, 2, 100.0)
    assert [fill[:3] for fill in pit.fills] == [("a", 101.0, 2), ("b", 100.0, 2)]


def test_market_order_takes_each_touch_until_it_is_filled(pit: Pit) -> None:
    """Six lots: two at 101 at once, three at 103 on the next tick, one at 102 on the third."""
    pit.tick(1, ask=(101.0, 2))
    pit.send("a", BUY, 6, at=2)
    pit.tick(3, ask=(103.0, 3))
    pit.tick(4, ask=(102.0, 9))
    assert pit.fills == [("a", 101.0, 2, 2), ("a", 103.0, 3, 3), ("a", 102.0, 1, 4)]
    assert not pit.book.waits


def test_market_order_goes_before_every_limit_order(pit: Pit) -> None:
    """Two lots at 99 go to the market order although the limit order came first."""
    pit.send("limit", BUY, 2, 110.0)
    pit.send("market", BUY, 2)
    pit.tick(1, ask=(99.0, 2))
    assert pit.fills == [("market", 99.0, 2, 1)]


@pytest.mark.parametrize("ask", [NOBODY, (0.0, 0), (0.0, 7), (101.0, 0)])
def test_market_order_waits_while_nobody_offers(pit: Pit, ask: tuple[float, int]) -> None:
    """At limit-up, and in a stale tick, there is no other side; the order waits for one."""
    pit.tick(1, bid=(100.0, 5), ask=ask)
    pit.send("a", BUY, 1, at=2)
    pit.tick(3, bid=(100.0, 5), ask=ask)
    assert pit.fills == []
    pit.tick(4, bid=(100.0, 5), ask=(101.0, 5))
    assert pit.fills == [("a", 101.0, 1, 4)]


def test_order_in_a_break_does_not_meet_the_book_of_before(pit: Pit) -> None:
    """The tick is eleven old and ten is the limit: the order waits for the next tick."""
    pit.tick(100, ask=(101.0, 5))
    pit.send("fresh", BUY, 1, 101.0, at=110, age=10)
    pit.send("stale", BUY, 1, 101.0, at=111, age=10)
    assert pit.fills == [("fresh", 101.0, 1, 110)]
    pit.tick(200, ask=(101.0, 5))
    assert pit.fills[1:] == [("stale", 101.0, 1, 200)]


def test_cancelled_order_leaves_its_place(pit: Pit) -> None:
    """After the first order is taken back, its lots go to the second."""
    first = pit.send("first", BUY, 3, 100.0)
    pit.send("second", BUY, 3, 100.0)
    pit.book.remove(first)
    pit.tick(1, ask=(100.0, 3))
    assert pit.fills == [("second", 100.0, 3, 1)]


def test_negative_prices_match_like_any_other(pit: Pit) -> None:
    """A spread offered at -3 reaches a buy order at -2, and a new order pays -3."""
    pit.send("rests", BUY, 1, -2.0)
    pit.tick(1, ask=(-3.0, 5))
    pit.send("new", BUY, 1, -2.0, at=2)
    assert pit.fills == [("rests", -2.0, 1, 1), ("new", -3.0, 1, 2)]


def test_resting_order_on_a_real_day_fills_where_the_file_says(pit: Pit, real_data: Path) -> None:
    """A buy order 100 below the first price fills by the rows whose ask reaches it.

    The expected fills are counted on the text of the file: 300 lots at the limit,
    each row giving no more than its ask size.
    """
    file = real_data / "ticks_ctp_csv" / "SHFE.ru1901" / "20181008.tick-ctp.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8") as text:
        first, *rows = csv.DictReader(text)
    limit = float(first["LastPrice"]) - 100
    expected, left = [], 300
    for number, row in enumerate(rows):
        lots = min(left, int(row["AskVolume1"]))
        if lots and 0 < float(row["AskPrice1"]) <= limit:
            expected.append(("a", limit, lots, number))
            left -= lots
    pit.send("a", BUY, 300, limit)
    for number, row in enumerate(rows):
        pit.tick(
            number,
            bid=(float(row["BidPrice1"]), int(row["BidVolume1"])),
            ask=(float(row["AskPrice1"]), int(row["AskVolume1"])),
        )
    assert len(expected) > 1
    assert pit.fills == expected


# -- bars ----------------------------------------------------------------------


def test_order_sent_on_a_bar_fills_at_the_open_of_the_next(pit: Pit) -> None:
    """A market order sent when the bar 0-10 is known never sees that bar's prices."""
    pit.send("a", BUY, 1, at=10)
    pit.bar(0, (90.0, 95.0, 85.0, 91.0), 50)
    pit.bar(10, (100.0, 105.0, 95.0, 101.0), 50)
    assert pit.fills == [("a", 100.0, 1, 20)]


def test_order_sent_within_a_bar_waits_for_the_one_after(pit: Pit) -> None:
    """The open at 10 was gone when the order came at 13; that of 20 is the first it can get."""
    pit.send("a", BUY, 1, at=13)
    pit.bar(10, (100.0, 105.0, 95.0, 101.0), 50)
    pit.bar(20, (102.0, 105.0, 95.0, 101.0), 50)
    assert pit.fills == [("a", 102.0, 1, 30)]


@pytest.mark.parametrize(
    ("side", "limit", "expected"),
    [
        (BUY, 104.0, 100.0),  # the open is below the limit: a gap in our favour
        (BUY, 100.0, 100.0),  # the open is the limit
        (BUY, 97.0, 97.0),  # reached within the bar
        (BUY, 95.0, 95.0),  # the low touches the limit
        (SELL, 96.0, 100.0),
        (SELL, 100.0, 100.0),
        (SELL, 103.0, 103.0),
        (SELL, 105.0, 105.0),
    ],
)
def test_limit_order_fills_at_the_open_or_at_its_limit(
    pit: Pit, side: Direction, limit: float, expected: float
) -> None:
    """The bar opens at 100 and goes from 95 to 105."""
    pit.send("a", side, 1, limit)
    pit.bar(0, (100.0, 105.0, 95.0, 101.0), 50)
    assert pit.fills == [("a", expected, 1, 10)]


@pytest.mark.parametrize(("side", "limit"), [(BUY, 94.0), (SELL, 106.0)])
def test_limit_order_outside_the_bar_waits(pit: Pit, side: Direction, limit: float) -> None:
    """The bar goes from 95 to 105 and reaches neither order."""
    pit.send("a", side, 1, limit)
    pit.bar(0, (100.0, 105.0, 95.0, 101.0), 50)
    assert pit.fills == []
    assert pit.book.waits


def test_share_of_the_volume_is_given_out_and_the_rest_carried_over(pit: Pit) -> None:
    """A quarter of 10 lots is 2 (rounded down): 5 lots take three bars, each at its own open."""
    pit.send("a", BUY, 5)
    for start, opened in ((0, 100.0), (10, 101.0), (20, 102.0)):
        pit.bar(start, (opened, 110.0, 90.0, 100.0), 10, share=0.25)
    assert pit.fills == [("a", 100.0, 2, 10), ("a", 101.0, 2, 20), ("a", 102.0, 1, 30)]


def test_share_of_a_volume_is_not_lost_to_the_width_of_a_double(pit: Pit) -> None:
    """0.29 of 100 lots is 29, though the product of the doubles is just below."""
    pit.send("a", BUY, 50)
    pit.bar(0, (100.0, 100.0, 100.0, 100.0), 100, share=0.29)
    assert pit.fills == [("a", 100.0, 29, 10)]


def test_orders_share_a_bar_by_price_then_time(pit: Pit) -> None:
    """Four lots: two to the market order, then the higher limit, which opens through."""
    pit.send("low", BUY, 3, 97.0)
    pit.send("high", BUY, 1, 103.0)
    pit.send("market", BUY, 2)
    pit.bar(0, (100.0, 105.0, 95.0, 101.0), 4)
    assert pit.fills == [("market", 100.0, 2, 10), ("high", 100.0, 1, 10), ("low", 97.0, 1, 10)]


@pytest.mark.parametrize(
    ("prices", "volume"), [((100.0, 100.0, 100.0, 100.0), 0), ((nan, nan, nan, nan), 10)]
)
def test_bar_without_trades_fills_nothing(
    pit: Pit, prices: tuple[float, float, float, float], volume: int
) -> None:
    """A bar that only repeats the last price, or knows none, has nothing to give."""
    pit.send("a", BUY, 1)
    pit.bar(0, prices, volume)
    assert pit.fills == []


def test_longer_bars_fill_nothing_once_shorter_ones_were_seen(pit: Pit) -> None:
    """The five-minute bar repeats what the one-minute bars have shown."""
    pit.send("a", BUY, 1, 98.0)
    pit.bar(0, (100.0, 101.0, 99.0, 100.0), 50, interval="1m")
    pit.bar(0, (97.0, 101.0, 97.0, 100.0), 50, interval="5m")
    assert pit.fills == []
    pit.bar(10, (98.0, 99.0, 98.0, 99.0), 50, interval="1m")
    assert pit.fills == [("a", 98.0, 1, 20)]


def test_shorter_bars_take_over_from_longer_ones(pit: Pit) -> None:
    """An hour's bar was first, then minutes came: the next hour's fills nothing."""
    pit.send("a", BUY, 3)
    pit.bar(0, (100.0, 101.0, 99.0, 100.0), 1, interval="1h")
    pit.bar(10, (102.0, 103.0, 99.0, 100.0), 1, interval="1m")
    pit.bar(10, (104.0, 105.0, 99.0, 100.0), 1, interval="1h")
    assert [fill[1] for fill in pit.fills] == [100.0, 102.0]


def test_bars_fill_nothing_once_a_tick_was_seen(pit: Pit) -> None:
    """Ticks show more than the bars of the same market, so the bars only repeat them."""
    pit.send("a", BUY, 1)
    pit.tick(1, bid=(100.0, 1))
    pit.bar(10, (100.0, 101.0, 99.0, 100.0), 50)
    assert pit.fills == []


@pytest.mark.parametrize(
    ("interval", "seconds"),
    [("30s", 30), ("1m", 60), ("15m", 900), ("1h", 3_600), ("d", 86_400), ("1w", 604_800)],
)
def test_interval_is_read_in_seconds(interval: str, seconds: int) -> None:
    """A count and a unit; the count of a day may be left out."""
    assert interval_seconds(interval) == seconds


@pytest.mark.parametrize("interval", ["", "5", "5x", "0m", "-1m", "1.5h", "m1"])
def test_unreadable_interval_is_refused(interval: str) -> None:
    """A bar whose length is unknown cannot be ranked among the others."""
    with pytest.raises(DataError, match="is not a bar interval"):
        interval_seconds(interval)
