"""The makers of records in the kit, and the comparison that takes nan as equal."""

from __future__ import annotations

from datetime import UTC, datetime
from math import nan

import pytest

from homalos.model import OrderType, Rejection
from homalos.testing import DAY, OTHER, START_NS, at, bar, order_request, same, tick


def test_the_default_stamp_is_nine_in_the_morning_in_shanghai() -> None:
    """The constant is what its docstring says, by the standard library's calendar."""
    assert datetime(2025, 1, 6, 1, tzinfo=UTC).timestamp() * 10**9 == START_NS
    assert tick().trading_day == DAY == 20250106


def test_a_made_tick_has_a_book_around_its_price() -> None:
    """Ten lots one step away on either side, unless a field is given."""
    made = tick(OTHER, 50.0, ask_price_1=nan, volume=7)
    assert (made.symbol, made.last_price, made.volume) == (OTHER, 50.0, 7)
    assert (made.bid_price_1, made.bid_volume_1) == (49.0, 10)
    assert same(made.ask_price_1, nan)


def test_a_made_bar_ends_one_interval_after_its_start() -> None:
    """`ts_ns` is the end of the bar, in all five lengths."""
    ends = {length: bar(interval=length).ts_ns for length in ("1m", "5m", "15m", "1h", "d")}
    assert ends == {
        "1m": at(60), "5m": at(300), "15m": at(900), "1h": at(3600), "d": at(86_400)
    }  # fmt: skip


def test_a_made_bar_of_another_length_needs_its_end() -> None:
    """Nobody guesses how long 7m is."""
    with pytest.raises(ValueError, match="7m"):
        bar(interval="7m")
    assert bar(interval="7m", ts_ns=at(420)).ts_ns == at(420)


def test_a_request_without_price_is_a_market_order() -> None:
    """The type follows the price unless it is given."""
    assert order_request().type is OrderType.LIMIT
    assert order_request(price=nan).type is OrderType.MARKET


def test_same_takes_nan_as_equal_where_python_does_not() -> None:
    """In a record, however deep."""
    left, right = order_request(price=float("nan")), order_request(price=float("nan"))
    assert left != right
    assert same(left, right)
    nested = [Rejection("r", "m", each, 1) for each in (left, right)]
    assert same({"a": (nested[0],)}, {"a": (nested[1],)})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (nan, 1.0),
        (tick(price=1.0), tick(price=2.0)),
        (order_request(price=nan), order_request(price=nan, volume=2)),
        ([nan], [nan, nan]),
        ([nan], (nan,)),
        ({"a": nan}, {"b": nan}),
        (tick(), bar()),
        ("nan", nan),
    ],
)
def test_same_tells_different_values_apart(left: object, right: object) -> None:
    """What differs elsewhere than in nan is not the same."""
    assert not same(left, right)
