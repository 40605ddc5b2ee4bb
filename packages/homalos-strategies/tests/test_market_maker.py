"""Where the market maker quotes, and when it takes a quote back."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest
from msgspec.structs import replace

from homalos.errors import ConfigError
from homalos.model import Direction, Offset, Rolled, Status
from homalos.testing import DAY, OTHER, START_NS, SYMBOL, FakeDesk, tick
from homalos_strategies import MarketMaker, MarketMakerParams

LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE = Offset.OPEN, Offset.CLOSE


def made(desk: FakeDesk, *symbols: str, **params: Any) -> MarketMaker:
    """Make the strategy at a desk, prepared."""
    strategy = MarketMaker(
        desk,
        name="x",
        symbols=symbols or (SYMBOL,),
        interval="1m",
        params=MarketMakerParams(**params),
    )
    strategy.on_init()
    return strategy


def sent(desk: FakeDesk) -> list[tuple[Direction, Offset, float, int]]:
    """Return what was sent."""
    return [(each.direction, each.offset, each.price, each.volume) for each in desk.sent]


def end(desk: FakeDesk, strategy: MarketMaker, order_id: str, status: Status) -> None:
    """Have an order end, and tell the strategy."""
    desk.orders[order_id] = replace(desk.orders[order_id], status=status)
    strategy.on_order(desk.orders[order_id])


@pytest.mark.parametrize(
    ("held", "params", "expected"),
    [
        # The mid is 100.
        (0, {}, [(LONG, OPEN, 99, 1), (SHORT, OPEN, 101, 1)]),
        (0, {"half_spread_ticks": 1.5}, [(LONG, OPEN, 98, 1), (SHORT, OPEN, 102, 1)]),
        # 2 long at half a tick a lot: the centre is 99, and the ask closes.
        (2, {}, [(LONG, OPEN, 98, 1), (SHORT, CLOSE, 100, 1)]),
        # The centre is 97, but an ask at 98 would cross the bid of 99.
        (2, {"skew_ticks": 1.5}, [(LONG, OPEN, 96, 1), (SHORT, CLOSE, 100, 1)]),
        (-1, {"skew_ticks": 1}, [(LONG, CLOSE, 100, 1), (SHORT, OPEN, 102, 1)]),
        # No more than is held is closed, no more than the limit is opened.
        (-1, {"volume": 3, "skew_ticks": 0}, [(LONG, CLOSE, 99, 1), (SHORT, OPEN, 101, 3)]),
        (4, {"volume": 3, "skew_ticks": 0}, [(LONG, OPEN, 99, 1), (SHORT, CLOSE, 101, 3)]),
        (5, {"skew_ticks": 0}, [(SHORT, CLOSE, 101, 1)]),
        (-7, {"skew_ticks": 0}, [(LONG, CLOSE, 99, 1)]),
    ],
)
def test_quotes_stand_around_the_mid_and_lean(
    held: int, params: dict[str, Any], expected: list[tuple[Direction, Offset, float, int]]
) -> None:
    """The book is 99/101 with a tick of 1; 5 lots at most are held."""
    desk = FakeDesk(positions={SYMBOL: held})
    made(desk, **params).on_tick(tick(price=100.0))

    assert sent(desk) == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"limit_down": 100.0, "limit_up": 110.0}, [100.0, 101.0]),
        ({"limit_down": 90.0, "limit_up": 100.0}, [99.0, 100.0]),
    ],
)
def test_quotes_stay_within_the_price_limits(limits: dict[str, Any], expected: list[float]) -> None:
    """An order beyond them is refused."""
    desk = FakeDesk()
    made(desk).on_tick(tick(price=100.0, **limits))

    assert [each.price for each in desk.sent] == expected


def test_a_quote_in_its_place_is_left_alone() -> None:
    """Who cancels loses the place in the line."""
    desk = FakeDesk()
    strategy = made(desk)
    for _ in range(3):
        strategy.on_tick(tick(price=100.0))

    assert (len(desk.sent), desk.cancelled) == (2, [])


def test_quotes_move_when_the_mid_has_moved() -> None:
    """They are asked back once, and made anew when they are over."""
    desk = FakeDesk()
    strategy = made(desk)
    for price in (100.0, 101.0, 101.0):
        strategy.on_tick(tick(price=price))
    assert desk.cancelled == ["1-1", "1-2"]
    for order_id in ("1-1", "1-2"):
        end(desk, strategy, order_id, Status.CANCELLED)
    strategy.on_tick(tick(price=101.0))

    assert [each.price for each in desk.sent] == [99, 101, 100, 102]


def test_small_moves_are_let_pass_where_that_is_wanted() -> None:
    """Up to two ticks."""
    desk = FakeDesk()
    strategy = made(desk, requote_ticks=2)
    for price in (100.0, 102.0):
        strategy.on_tick(tick(price=price))
    assert desk.cancelled == []
    strategy.on_tick(tick(price=103.0))

    assert desk.cancelled == ["1-1", "1-2"]


def test_a_quote_never_meets_the_own_one_of_the_other_side() -> None:
    """The market jumps by 4: a bid at 103 must wait until the ask at 101 is gone."""
    desk = FakeDesk()
    strategy = made(desk)
    strategy.on_tick(tick(price=100.0))
    strategy.on_tick(tick(price=104.0))
    end(desk, strategy, "1-1", Status.CANCELLED)
    strategy.on_tick(tick(price=104.0))
    assert len(desk.sent) == 2
    end(desk, strategy, "1-2", Status.CANCELLED)
    strategy.on_tick(tick(price=104.0))

    assert [each.price for each in desk.sent[2:]] == [103, 105]


def test_a_fill_turns_the_other_quote_into_one_that_closes() -> None:
    """The ask that would have opened a short position is taken back, and closes then."""
    desk = FakeDesk()
    strategy = made(desk, skew_ticks=0)
    strategy.on_tick(tick(price=100.0))
    desk.positions[SYMBOL] = 1
    end(desk, strategy, "1-1", Status.ALLTRADED)
    strategy.on_tick(tick(price=100.0))
    end(desk, strategy, "1-2", Status.CANCELLED)
    strategy.on_tick(tick(price=100.0))

    assert desk.cancelled == ["1-2"]
    assert sent(desk)[2:] == [(LONG, OPEN, 99, 1), (SHORT, CLOSE, 101, 1)]


@pytest.mark.parametrize(
    "book",
    [{"bid_price_1": nan}, {"ask_price_1": nan}, {"ask_price_1": 0.0}],
    ids=["no bid", "no ask", "an ask of 0"],
)
def test_without_two_sides_the_quotes_are_taken_back(book: dict[str, Any]) -> None:
    """There is no mid."""
    desk = FakeDesk()
    strategy = made(desk)
    strategy.on_tick(tick(price=100.0))
    strategy.on_tick(tick(price=100.0, **book))

    assert (desk.cancelled, len(desk.sent)) == (["1-1", "1-2"], 2)


def test_what_is_refused_waits_for_another_price() -> None:
    """A rule says no to both sides; a tick later nothing is tried, at another mid it is."""
    desk = FakeDesk(rule="max_lots")
    strategy = made(desk)
    for price, count in ((100.0, 2), (100.0, 2), (101.0, 4)):
        strategy.on_tick(tick(price=price))
        assert len(desk.sent) == count


def test_what_the_venue_rejects_waits_for_another_price() -> None:
    """The same."""
    desk = FakeDesk()
    strategy = made(desk)
    strategy.on_tick(tick(price=100.0))
    end(desk, strategy, "1-1", Status.REJECTED)
    strategy.on_tick(tick(price=100.0))

    assert len(desk.sent) == 2


def test_a_stop_takes_the_quotes_back() -> None:
    """Nobody would look after them."""
    desk = FakeDesk()
    strategy = made(desk)
    strategy.on_tick(tick(price=100.0))
    strategy.on_stop()

    assert desk.cancelled == ["1-1", "1-2"]


def test_a_roll_gives_up_the_old_contract() -> None:
    """Its quotes, and what is held of it."""
    desk = FakeDesk()
    strategy = made(desk)
    strategy.on_tick(tick(price=100.0))
    strategy.symbols, strategy.symbol = (OTHER,), OTHER
    strategy.on_roll(Rolled("x", "aa.MAIN.TEST", OTHER, SYMBOL, DAY, START_NS))

    assert desk.cancelled == ["1-1", "1-2"]
    assert [(symbol, lots) for symbol, lots, _ in desk.targets] == [(SYMBOL, 0)]


def test_several_symbols_are_refused() -> None:
    """It has one mid."""
    with pytest.raises(ConfigError, match="trades one symbol"):
        made(FakeDesk(), SYMBOL, OTHER)
