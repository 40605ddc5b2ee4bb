"""What an auction came to, read from a tick, and who is filled in it."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest
from venue_floor import AuctionMarket

from homalos.model import Direction, OrderType, TickData
from homalos.plugins.ports import Auction, Session
from homalos.testing import DAY, SYMBOL, at, order_request, tick
from homalos_sim.auction import matched, opening_of
from homalos_sim.matching import WorkingOrder
from homalos_sim.sessions import NEVER_NS, Phase, Schedule

BUY, SELL = Direction.LONG, Direction.SHORT
AUCTION = Auction(at(0), at(240), at(300), DAY)
SESSION = Session(at(300), at(600), DAY)


def _tick(**fields: Any) -> TickData:
    return tick(SYMBOL, 101.0, ts_ns=at(250), trading_day=DAY, **fields)


@pytest.mark.parametrize(
    ("before", "is_first", "fields", "expected"),
    [
        # The day's open is the price of its first auction, whatever traded last.
        (None, True, {"volume": 7, "open_price": 100.0}, (100.0, 7)),
        # A source without one has the last price.
        (None, True, {"volume": 7, "open_price": nan}, (101.0, 7)),
        (None, True, {"volume": 7, "open_price": 0.0}, (101.0, 7)),
        # In a later one only what was added traded, and at the last price.
        (20, False, {"volume": 27, "open_price": 100.0}, (101.0, 7)),
        (0, True, {"volume": 7, "open_price": 100.0}, (100.0, 7)),
        # Nothing traded; and of what it is not known that it did.
        (None, True, {"volume": 0, "open_price": 100.0}, (0.0, 0)),
        (20, False, {"volume": 20}, (0.0, 0)),
        (None, False, {"volume": 900}, (0.0, 0)),
    ],
)
def test_the_outcome_of_an_auction_is_read_from_the_first_tick(
    before: int | None, *, is_first: bool, fields: dict[str, Any], expected: tuple[float, int]
) -> None:
    """Price and lots; no lots where it cannot be told."""
    last = None if before is None else _tick(volume=before)
    assert opening_of(_tick(**fields), last, is_first=is_first) == expected


def test_yesterdays_volume_is_not_taken_off() -> None:
    """The count begins anew with the trading day."""
    before = tick(SYMBOL, 101.0, ts_ns=at(-9), trading_day=DAY - 1, volume=900)
    assert opening_of(_tick(volume=7), before, is_first=True) == (101.0, 7)


def _order(
    name: str, side: Direction, lots: int, price: float, *, since: float = 10, **fields: Any
) -> WorkingOrder:
    request = order_request(order_id=name, direction=side, volume=lots, price=price, **fields)
    return WorkingOrder(request, name, at(since))


def _filled(orders: list[WorkingOrder], lots: int) -> list[tuple[str, int]]:
    found = matched(orders, (100.0, lots), AUCTION)
    return [(order.venue_order_id, given) for order, given in found]


def test_better_prices_go_first_and_then_who_came_first() -> None:
    """Six lots for eight that are good for 100: the last gets what is left, the dear none."""
    orders = [
        _order("at", BUY, 2, 100.0),
        _order("best", BUY, 3, 104.0),
        _order("later", BUY, 3, 100.0),
        _order("below", BUY, 3, 99.0),
    ]
    assert _filled(orders, 6) == [("best", 3), ("at", 2), ("later", 1)]


def test_each_side_may_have_the_lots_that_traded() -> None:
    """They traded between others: for ours there was as much on either side."""
    orders = [_order("buy", BUY, 9, 101.0), _order("sell", SELL, 9, 99.0)]
    assert sorted(_filled(orders, 5)) == [("buy", 5), ("sell", 5)]


def test_what_came_in_the_minute_of_the_match_is_not_in_it() -> None:
    """And what has no limit price never is."""
    late = _order("late", BUY, 1, 110.0, since=240)
    market = _order("market", BUY, 1, nan, type=OrderType.MARKET)
    assert _filled([late, market, _order("in time", BUY, 1, 110.0, since=239.9)], 5) == [
        ("in time", 1)
    ]


def test_a_day_has_its_phases_in_time_order() -> None:
    """Closed before, orders, match, open, and closed again: each until the next begins."""
    schedule = Schedule(SYMBOL, lambda _: AuctionMarket([SESSION], [AUCTION]))
    seconds = (-50, 0, 239.9, 240, 299.9, 300, 599.9)
    assert [schedule.at(at(each)).phase.name for each in seconds] == [
        "CLOSED", "AUCTION", "AUCTION", "MATCHING", "MATCHING", "OPEN", "OPEN",
    ]  # fmt: skip
    assert (schedule.day, schedule.day_ends_ns) == (DAY, at(600))
    assert schedule.at(at(300)).auction == AUCTION


def test_a_day_that_nobody_knows_is_open_and_never_ends() -> None:
    """Behind the last session of the calendar nothing is known, so nothing is refused."""
    schedule = Schedule(SYMBOL, lambda _: AuctionMarket([SESSION], [AUCTION]))
    assert schedule.at(at(600)).phase is Phase.OPEN
    assert (schedule.day, schedule.day_ends_ns) == (0, NEVER_NS)


def test_a_clock_that_shows_0_spoils_no_day() -> None:
    """Before the first event of a simulation it is 1970; the real day is looked up anew."""
    schedule = Schedule("zz2510.TEST", lambda _: AuctionMarket([SESSION], [AUCTION]))
    assert schedule.at(0).phase is Phase.OPEN
    known = Schedule(SYMBOL, lambda _: AuctionMarket([SESSION], [AUCTION]))
    assert known.at(0).phase is Phase.CLOSED
    assert known.at(at(250)).phase is Phase.MATCHING
