"""Orders of a run on bars: sent when a bar is over, filled by a later one, over with their day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from venue_floor import AuctionMarket, VenueFloor, told

from homalos.model import Direction, OrderType
from homalos.plugins.ports import Auction, Session
from homalos.testing import DAY, SYMBOL, at, bar

if TYPE_CHECKING:
    from homalos.model import BarData

BUY, SELL = Direction.LONG, Direction.SHORT
_DAY_S = 86_400
# Two sessions a day with a break between, and a call auction before the first.
SESSIONS = [
    Session(at(day * _DAY_S + start), at(day * _DAY_S + start + 3_600), DAY + day)
    for day in range(4)
    for start in (0, 7_200)
]
AUCTIONS = [
    Auction(
        each.start_ns - 300 * 10**9, each.start_ns - 60 * 10**9, each.start_ns, each.trading_day
    )
    for each in SESSIONS[::2]
]
CLOSE_S = 10_800


def _floor() -> VenueFloor:
    return VenueFloor(market=AuctionMarket(SESSIONS, AUCTIONS))


def _bar(day: int, low: float, high: float, *, opened: float = 100.0) -> BarData:
    # A whole day: from its first session's begin to its last one's end.
    return bar(
        SYMBOL,
        interval="d",
        start_ns=at(day * _DAY_S),
        ts_ns=at(day * _DAY_S + CLOSE_S),
        trading_day=DAY + day,
        open_price=opened,
        high_price=high,
        low_price=low,
        close_price=opened,
        volume=50,
    )


def test_an_order_on_a_days_bar_fills_on_the_next_days() -> None:
    """It is sent at the very end of day 0 and belongs to day 1, whose open it gets."""
    floor = _floor()
    floor.show(_bar(0, 99.0, 101.0))
    assert told(floor.send("1-1", BUY, 1, 105.0)) == [("nottraded", "1-1", 0)]
    said = floor.show(_bar(1, 98.0, 104.0, opened=102.0))
    assert told(said) == [("trade", "1-1", 1, 102.0)]
    assert floor.venue.positions("main")[0].today == 1


def test_a_market_order_on_a_days_bar_fills_at_the_next_open() -> None:
    """It waits for the session, not for the auction."""
    floor = _floor()
    floor.show(_bar(0, 99.0, 101.0))
    floor.send("1-1", SELL, 2)
    assert told(floor.show(_bar(1, 98.0, 104.0, opened=98.0))) == [("trade", "1-1", 2, 98.0)]


def test_an_order_that_its_day_does_not_reach_is_over_with_it() -> None:
    """Shown the whole of day 1 first: the bar is stamped with the end, the order ends behind."""
    floor = _floor()
    floor.show(_bar(0, 99.0, 101.0))
    floor.send("1-1", BUY, 1, 90.0)
    assert floor.show(_bar(1, 91.0, 104.0)) == []
    assert told(floor.show(_bar(2, 80.0, 104.0))) == [("cancelled", "1-1", 0)]


def test_an_order_at_the_end_of_a_session_fills_behind_the_break() -> None:
    """The bar until 3,600 s brings it; the next one begins at 7,200 s."""
    floor = _floor()

    def minute(start: int, price: float) -> BarData:
        return bar(
            SYMBOL,
            start_ns=at(start),
            ts_ns=at(start + 60),
            trading_day=DAY,
            open_price=price,
            high_price=price,
            low_price=price,
            close_price=price,
            volume=9,
        )

    floor.show(minute(3_540, 100.0))
    assert told(floor.send("1-1", BUY, 1, 101.0)) == [("nottraded", "1-1", 0)]
    assert told(floor.show(minute(7_200, 99.0))) == [("trade", "1-1", 1, 99.0)]


def test_what_must_trade_at_once_finds_no_book_in_bars() -> None:
    """A bar tells what traded, not what is offered now: nothing is there to fill and kill."""
    floor = _floor()
    floor.until(at(10))
    said = floor.send("1-1", BUY, 1, 105.0, kind=OrderType.FAK)
    assert told(said) == [("nottraded", "1-1", 0), ("cancelled", "1-1", 0)]
