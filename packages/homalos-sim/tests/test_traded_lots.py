"""How many lots traded at a price between two snapshots, worked by hand and on real rows."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.model import Instrument, TickData
from homalos.testing import INSTRUMENTS, SYMBOL, at, tick
from homalos_sim.fills.traded import traded_between

CONTRACT = INSTRUMENTS[SYMBOL]
BUY, SELL = -1, 1
# A day that is under way; 7 more than a whole price for each lot, so that it is believed.
VOLUME, TURNOVER = 10_000, 10_000 * 1_000.0 + 7


def snapshot(second: float, bid: float, ask: float, last: float, **fields: Any) -> TickData:
    """Make a snapshot with these touches."""
    counts = {"volume": VOLUME, "turnover": TURNOVER}
    return tick(price=last, ts_ns=at(second), bid_price_1=bid, ask_price_1=ask, **(counts | fields))


def after(trades: dict[int, int], bid: float, ask: float, last: float, **fields: Any) -> TickData:
    """Make the snapshot after lots traded at prices; a lot is 10 units."""
    lots = sum(trades.values())
    worth = sum(price * count * 10 for price, count in trades.items())
    counts = {"volume": VOLUME + lots, "turnover": TURNOVER + worth}
    return snapshot(1, bid, ask, last, **(counts | fields))


@pytest.mark.parametrize(
    ("turn", "price", "bounds"),
    [
        (BUY, 98, (0, 0)),  # below everything that can have traded
        (BUY, 99, (7, 7)),  # 12 lots worth 1193 prices: 12 x 100 - 1193 = 7 of them at 99
        (BUY, 100, (12, 12)),
        (SELL, 99, (12, 12)),
        (SELL, 100, (5, 5)),
        (SELL, 101, (0, 0)),
    ],
)
def test_a_spread_of_one_tick_splits_exactly(
    turn: int, price: int, bounds: tuple[int, int]
) -> None:
    """The book stood at 99/100: seven lots hit the bid, five took the ask."""
    before = snapshot(0, 99, 100, 99)
    traded = traded_between(before, after({99: 7, 100: 5}, 99, 100, 100), CONTRACT)

    assert (traded.fewest(turn, price), traded.most(turn, price)) == bounds


def test_a_wider_range_leaves_bounds() -> None:
    """Ten lots, average 100, in a book of 98/102; the last lot traded at 102.

    Nine are left, worth 898. At 99 or below: the fewest that make it are those at 98, the
    others then at 100 or above: (900 - 898) / 2 = 1. The most: the others at 102, those at
    99: (9 x 102 - 898) / 3 = 6.67, so 6.
    """
    before = snapshot(0, 98, 102, 98)
    traded = traded_between(before, after({98: 5, 102: 5}, 98, 102, 102), CONTRACT)

    assert (traded.fewest(BUY, 99), traded.most(BUY, 99)) == (1, 6)


def test_the_last_price_is_one_lot_at_least() -> None:
    """The turnover says nothing of 20 lots; one of them traded at 99 for sure."""
    before = snapshot(0, 99, 101, 100, turnover=0.0)
    shown = snapshot(1, 99, 101, 99, volume=VOLUME + 20, turnover=0.0)
    traded = traded_between(before, shown, CONTRACT)

    assert (traded.fewest(BUY, 99), traded.most(BUY, 99)) == (1, 20)
    assert traded.fewest(BUY, 101) == 20


def test_a_new_low_of_the_day_is_one_lot_at_least() -> None:
    """The price fell to 95 and came back to 100 within the interval."""
    before = snapshot(0, 99, 101, 100, low_price=98.0, high_price=105.0, turnover=0.0)
    shown = snapshot(
        1, 99, 101, 100, low_price=95.0, high_price=105.0, volume=VOLUME + 20, turnover=0.0
    )
    traded = traded_between(before, shown, CONTRACT)

    assert traded.fewest(BUY, 95) == 1
    assert traded.fewest(BUY, 94) == traded.most(BUY, 94) == 0


def test_an_average_outside_the_books_asks_for_the_day_s_range() -> None:
    """Ten lots at 90 between two books of 99/100: nobody saw it but the turnover.

    With the range of the day, 90 to 110, nine of them (one is at the last price, 100 here)
    are known to be within it: (9 x 100 - 800) / 10 = 10 is more than all of them.
    """
    before = snapshot(0, 99, 100, 100, low_price=90.0, high_price=110.0)
    shown = after({90: 9, 100: 1}, 99, 100, 100, low_price=90.0, high_price=110.0)
    traded = traded_between(before, shown, CONTRACT)

    assert (traded.fewest(BUY, 99), traded.most(BUY, 99)) == (9, 9)
    assert traded.fewest(BUY, 89) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"volume": VOLUME - 1},  # counts that began anew
        {"trading_day": 20250107},
        {"last_price": nan},
        {"volume": VOLUME},
    ],
    ids=["reset", "another day", "no price", "no trade"],
)
def test_nothing_is_known_of_such_an_interval(change: dict[str, Any]) -> None:
    """The lots of an auction, or of another day, are nobody's to give."""
    fields = {"volume": VOLUME + 9, "trading_day": 20250106, "last_price": 99.0} | change
    last = fields.pop("last_price")
    traded = traded_between(
        snapshot(0, 99, 100, 99), snapshot(1, 99, 100, last, **fields), CONTRACT
    )

    assert (traded.lots, traded.most(BUY, 100), traded.most(SELL, 99)) == (0, 0, 0)


APPLE = Instrument("AP010.CZCE", "AP", tick_size=1.0, multiplier=10)


def test_czce_s_turnover_is_not_used() -> None:
    """Two rows of AP010 on 3 August 2020, 09:52:48 and :49: turnover is 7099 for each lot.

    7099 is the day's average, and so is the difference over the 39 lots between, which traded
    near 7058. What is left is one lot at the last price of 7057.
    """
    before = snapshot(0, 7059, 7060, 7060, volume=95_179, turnover=675_675_721.0)
    shown = snapshot(1, 7057, 7059, 7057, volume=95_218, turnover=675_952_582.0)
    traded = traded_between(before, shown, APPLE)

    assert (traded.lots, traded.fewest(BUY, 7057), traded.most(BUY, 7057)) == (39, 1, 39)
    assert traded.fewest(BUY, 7060) == 39


def test_czce_s_turnover_is_not_used_where_it_looks_right() -> None:
    """The day's average of 7059 lies within the book: ten lots of it say nothing all the same."""
    before = snapshot(0, 7058, 7060, 7060, volume=100, turnover=100 * 70_590.0)
    shown = snapshot(1, 7058, 7060, 7060, volume=110, turnover=110 * 70_590.0)
    traded = traded_between(before, shown, APPLE)

    assert (traded.fewest(BUY, 7059), traded.most(BUY, 7059)) == (0, 9)


@given(
    trades=st.lists(st.tuples(st.integers(95, 105), st.integers(1, 30)), min_size=1, max_size=8),
    turn=st.sampled_from((BUY, SELL)),
    price=st.integers(93, 107),
    margin=st.integers(0, 3),
    is_worth_known=st.booleans(),
)
def test_what_traded_lies_within_the_bounds(
    *,
    trades: list[tuple[int, int]],
    turn: int,
    price: int,
    margin: int,
    is_worth_known: bool,
) -> None:
    """Whatever traded between the touches, at any price."""
    prices = [each for each, _ in trades]
    book = (min(prices) - margin, max(prices) + margin)
    lots = sum(count for _, count in trades)
    worth = sum(each * count * 10 for each, count in trades)
    before = snapshot(0, *book, 100)
    turnover = TURNOVER + worth if is_worth_known else 0.0
    shown = snapshot(1, *book, prices[-1], volume=VOLUME + lots, turnover=turnover)
    traded = traded_between(before, shown, CONTRACT)
    reached = sum(count for each, count in trades if turn * each >= turn * price)

    assert traded.fewest(turn, price) <= reached <= traded.most(turn, price)
