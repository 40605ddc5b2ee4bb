"""When stops are reached: each line of a tape worked out by hand."""

from __future__ import annotations

from math import inf, nan

import pytest

from homalos.engine.held.asking import objection
from homalos.engine.held.trailing import TrailingTrigger
from homalos.engine.held.trigger import FixedTrigger
from homalos.model import Direction, OrderType, Terms, TimeInForce
from homalos.testing import INSTRUMENTS, SYMBOL

LONG, SHORT = Direction.LONG, Direction.SHORT
SNAP = INSTRUMENTS[SYMBOL].snap


@pytest.mark.parametrize(
    ("is_buy", "last", "reached"),
    [
        (True, 104, False),
        (True, 105, True),
        (True, 120, True),  # a gap over it
        (False, 106, False),
        (False, 105, True),
        (False, 90, True),
        (True, nan, False),
        (False, nan, False),
    ],
)
def test_a_stop_is_reached_at_its_trigger_and_beyond(
    is_buy: bool,  # noqa: FBT001  drawn from the table
    last: float,
    reached: bool,  # noqa: FBT001  drawn from the table
) -> None:
    """A buy from below, a sell from above; a missing price reaches nothing."""
    assert FixedTrigger(105.0, is_buy=is_buy).on_price(last) is reached


@pytest.mark.parametrize(
    ("is_buy", "high", "low", "reached"),
    [
        (True, 104, 90, False),
        (True, 105, 90, True),
        (False, 120, 106, False),
        (False, 120, 105, True),
    ],
)
def test_a_bar_reaches_a_stop_by_its_high_or_its_low(
    is_buy: bool,  # noqa: FBT001  drawn from the table
    high: float,
    low: float,
    reached: bool,  # noqa: FBT001  drawn from the table
) -> None:
    """Wherever it closed."""
    assert FixedTrigger(105.0, is_buy=is_buy).on_bar(high, low, 100) is reached


def test_a_trailing_stop_follows_the_best_price_and_never_goes_back() -> None:
    """5 behind 100, then 103, then a fall that does not move it, and one that reaches it."""
    stop = TrailingTrigger(nan, 5, is_buy=False, snap=SNAP)
    tape = [(100, False, 95), (103, False, 98), (99, False, 98), (nan, False, 98), (98, True, 98)]

    seen = [(price, stop.on_price(price), stop.price) for price, _, _ in tape]

    assert [(reached, at) for _, reached, at in seen] == [(r, at) for _, r, at in tape]


def test_a_trailing_stop_that_buys_follows_downwards() -> None:
    """The mirror image; its distance is put on the grid: 2.4 above 97 is 99."""
    stop = TrailingTrigger(110.0, 2.4, is_buy=True, snap=SNAP)

    assert [stop.on_price(price) for price in (108, 97, 98, 99)] == [False, False, False, True]
    assert stop.price == 99


def test_a_trailing_stop_keeps_its_first_trigger_until_the_market_pulls_it() -> None:
    """A trigger of 90 with a trail of 5: 100 pulls it to 95, 93 would not have."""
    stop = TrailingTrigger(90.0, 5, is_buy=False, snap=SNAP)

    assert not stop.on_price(93)
    assert stop.price == 90
    assert not stop.on_price(100)
    assert stop.price == 95


@pytest.mark.parametrize(
    ("high", "low", "close", "reached", "stands"),
    [
        (110, 96, 108, False, 105),  # follows the high; the low did not reach 95
        (110, 95, 108, True, 95),  # the low may have come first
        (110, 96, 104, True, 105),  # it fell from the high to a close behind the new trigger
        (99, 97, 98, False, 95),
    ],
)
def test_a_bar_is_held_against_the_old_trigger_first(
    high: float,
    low: float,
    close: float,
    reached: bool,  # noqa: FBT001  drawn from the table
    stands: float,
) -> None:
    """Nobody knows what came first in a bar, so the worst is taken; of the new one the close."""
    stop = TrailingTrigger(95.0, 5, is_buy=False, snap=SNAP)

    assert stop.on_bar(high, low, close) is reached
    assert stop.price == stands


@pytest.mark.parametrize(
    ("kind", "price", "volume", "terms", "message"),
    [
        ("stop", nan, 1, None, "a stop order needs a trigger, not nan"),
        ("stop", nan, 1, Terms(trigger=inf), "a stop order needs a trigger, not inf"),
        ("stop", nan, 0, Terms(trigger=95), "an order needs at least 1 lot, not 0"),
        ("stop_limit", nan, 1, Terms(trigger=95), "a stop_limit order needs a price, not nan"),
        (
            "stop_limit", 94, 1, Terms(trigger=95),
            "the limit 94 of a buy stop is below its trigger 95: reached, it could not be filled",
        ),
        ("trailing_stop", nan, 1, Terms(), "a trailing stop needs a trail above 0, not nan"),
        ("trailing_stop", nan, 1, Terms(trail=0), "a trailing stop needs a trail above 0, not 0"),
        ("trailing_stop", nan, 1, Terms(trail=-1), "a trailing stop needs a trail above 0, not -1"),
        (
            "trailing_stop", nan, 1, Terms(trail=1, trigger=inf),
            "a trigger must be a price, not inf",
        ),
        (
            "stop", nan, 1, Terms(trigger=95, trail=1),
            "only a trailing_stop has a trail; this is a stop",
        ),
        (
            "limit", 100, 1, Terms(trigger=95),
            (
                "a limit order has no trigger and no trail; send a stop, stop_limit or "
                "trailing_stop order"
            ),
        ),
        (
            "limit", 100, 1, Terms(time_in_force=TimeInForce.GTD, until_ns=5),
            "its end, 5, is not after now, 5",
        ),
        ("limit", 100, 1, Terms(until_ns=9), "only a gtd order has an end; this one is day"),
        (
            "limit", 100, 1, Terms(timeout_ns=-1),
            "a time-out and a number of re-quotes are not below 0",
        ),
        ("limit", 100, 1, Terms(requotes=1), "re-quotes need a time-out after which they come"),
        (
            "fak", 100, 1, Terms(time_in_force=TimeInForce.GTC),
            "a fak order never waits at its venue",
        ),
        (
            "limit", 100, 1, Terms(group="g", parent="1-1"),
            (
                "an order is of a group or waits for a parent, not both; orders that wait for one "
                "parent cancel each other anyway"
            ),
        ),
    ],
)  # fmt: skip
def test_terms_that_contradict_themselves_are_refused(
    kind: str, price: float, volume: int, terms: Terms | None, message: str
) -> None:
    """Each with one sentence that says what was found."""
    refusal = objection(OrderType(kind), LONG, price, volume, terms, now_ns=5)

    assert refusal is not None
    assert refusal.message == message


def test_the_limit_of_a_stop_that_sells_is_at_its_trigger_or_below() -> None:
    """Above it, it could not be filled when it is reached."""
    terms = Terms(trigger=95.0)
    kind = OrderType.STOP_LIMIT

    assert objection(kind, SHORT, 95.0, 1, terms, 0) is None
    assert objection(kind, SHORT, 94.0, 1, terms, 0) is None
    assert objection(kind, SHORT, 96.0, 1, terms, 0) is not None
