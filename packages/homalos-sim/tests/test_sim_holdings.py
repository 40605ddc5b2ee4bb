"""What the venue holds: opening, closing by day, refusals with CTP's numbers, day after day."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from attrs import evolve
from msgspec.structs import replace

from homalos.model import (
    CloseFirst,
    Delivery,
    Direction,
    Instrument,
    Offset,
    OffsetRule,
    OrderReport,
    OrderRequest,
    OrderType,
    Status,
)
from homalos.plugins.ports import PositionSource, VenuePosition
from homalos.testing import SYMBOL
from homalos.testing.contracts import GatewaySubject
from homalos.testing.contracts.gateway_floor import Floor
from homalos_sim.holdings import Holding
from homalos_sim.plugin import register_fill_models, register_gateways

RB = Instrument("rb2510.SHFE", "rb", 1.0, 10, offsets=OffsetRule.DATED)
BUY, SELL = Direction.LONG, Direction.SHORT
NONE, OPEN, CLOSE = Offset.NONE, Offset.OPEN, Offset.CLOSE
TODAY, EARLIER = Offset.CLOSETODAY, Offset.CLOSEYESTERDAY

_numbers = count(1)


def order(side: Direction, offset: Offset, volume: int) -> OrderRequest:
    """Make an order."""
    return OrderRequest(
        f"1-{next(_numbers)}", RB.symbol, side, offset, OrderType.LIMIT, 100.0, volume,
        "s", "main", "sim", 0,
    )  # fmt: skip


def traded(held: Holding, side: Direction, offset: Offset, volume: int) -> str:
    """Have an order filled whole at once, or return the objection."""
    request = order(side, offset, volume)
    objection = held.objection(request)
    if not objection:
        held.freeze(request, volume)
        held.fill(request, volume)
    return objection


def two_days(contract: Instrument = RB) -> Holding:
    """Hold 3 lots of yesterday and 2 of today."""
    held = Holding(contract)
    for day, lots in ((20250805, 3), (20250806, 2)):
        held.begin(day, contract)
        assert traded(held, BUY, OPEN, lots) == ""
    return held


def longs(held: Holding) -> list[tuple[int, int]]:
    """Return (earlier, today's) lots of the sides that have some; they must be long."""
    assert all(each.direction is BUY for each in held.positions())
    return [(each.earlier, each.today) for each in held.positions()]


@pytest.mark.parametrize(
    ("offset", "volume", "objection"),
    [
        (TODAY, 3, "CTP 50 over close of today (平今仓位不足): 3 lots were to be closed, 2 may be"),
        (
            EARLIER,
            4,
            "CTP 51 over close of earlier days (平昨仓位不足): 4 lots were to be closed, 3 may be",
        ),
        (
            CLOSE,
            4,
            "CTP 51 over close of earlier days (平昨仓位不足): 4 lots were to be closed, 3 may be",
        ),
    ],
)
def test_a_dated_close_finds_the_lots_of_its_day_only(
    offset: Offset, volume: int, objection: str
) -> None:
    """A plain close means lots of earlier days at SHFE and INE."""
    held = two_days()
    assert traded(held, SELL, offset, volume) == objection
    assert traded(held, SELL, offset, volume - 1) == ""
    assert longs(held) == [(3, 0) if offset is TODAY else (0, 2)]


@pytest.mark.parametrize("offset", [CLOSE, TODAY, EARLIER])
@pytest.mark.parametrize(
    ("close_first", "left"), [(CloseFirst.OLDEST, (0, 1)), (CloseFirst.TODAY, (1, 0))]
)
def test_elsewhere_every_close_is_a_close(
    offset: Offset, close_first: CloseFirst, left: tuple[int, int]
) -> None:
    """4 of 5 lots are closed, and 6 cannot be."""
    held = two_days(evolve(RB, offsets=OffsetRule.PLAIN, close_first=close_first))
    assert traded(held, SELL, offset, 6) == (
        "CTP 30 over close (平仓量超过持仓量): 6 lots were to be closed, 5 may be"
    )
    assert traded(held, SELL, offset, 4) == ""
    assert longs(held) == [left]


def test_lots_that_working_orders_close_are_frozen_until_those_are_over() -> None:
    """2 of the 3 earlier lots and 1 of today's are being closed; a cancel lets one go."""
    held = two_days()
    earlier, today = order(SELL, EARLIER, 2), order(SELL, TODAY, 1)
    held.freeze(earlier, 2)
    held.freeze(today, 1)
    assert "1 may be" in held.objection(order(SELL, EARLIER, 2))
    assert "1 may be" in held.objection(order(SELL, TODAY, 2))
    held.fill(earlier, 1)
    held.freeze(earlier, -1)
    # Of the 2 left, 0 are being closed.
    assert held.objection(order(SELL, EARLIER, 2)) == ""
    assert "2 may be" in held.objection(order(SELL, EARLIER, 3))


def test_an_order_without_an_offset_closes_what_stands_against_it_and_opens_the_rest() -> None:
    """From 5 long to 2 short."""
    held = two_days()
    assert traded(held, SELL, NONE, 7) == ""
    assert held.positions() == [VenuePosition(RB.symbol, SELL, 0, 2)]


@pytest.mark.parametrize(
    ("rule", "offset", "number"),
    [
        (OffsetRule.NONE, NONE, "30"),
        (OffsetRule.PLAIN, CLOSE, "30"),
        (OffsetRule.DATED, TODAY, "50"),
    ],
)
def test_what_was_bought_today_may_be_sold_tomorrow(
    rule: OffsetRule, offset: Offset, number: str
) -> None:
    """T+1: 3 lots are of yesterday, 2 of today."""
    contract = evolve(RB, offsets=rule, closable_after=1)
    held = two_days(contract)
    assert traded(held, SELL, offset, 4).startswith(f"CTP {number} over close")
    held.begin(20250807, contract)
    assert traded(held, SELL, EARLIER if offset is TODAY else offset, 4) == ""


@pytest.mark.parametrize(
    ("last", "delivery", "left"),
    [
        (20250806, Delivery.CASH, []),
        (20250806, Delivery.PHYSICAL, []),
        (20250807, Delivery.CASH, [(5, 0)]),
        (20250806, Delivery.NONE, [(5, 0)]),
        (0, Delivery.CASH, [(5, 0)]),
    ],
)
def test_what_is_held_after_the_last_trading_day_is_delivered(
    last: int, delivery: Delivery, left: list[tuple[int, int]]
) -> None:
    """5 lots are held when the 7th begins."""
    contract = evolve(RB, last_trading_day=last, delivery=delivery)
    held = two_days(contract)
    held.begin(20250807, contract)
    assert longs(held) == left


def test_the_venue_rejects_a_close_of_nothing_and_says_what_is_held(tmp_path: Path) -> None:
    """Bought 2, sold 1, and then 2 more than there are."""
    (spec,) = register_gateways()
    subject = GatewaySubject(spec=spec, fill_models=register_fill_models(), folder=tmp_path)
    with Floor(subject) as floor:
        floor.send(floor.request(2))
        floor.offer(2)
        floor.send(replace(floor.request(direction=SELL), offset=CLOSE))
        (rejected,) = floor.send(replace(floor.request(2, direction=SELL), offset=CLOSE))
        assert isinstance(rejected, OrderReport)
        assert (rejected.status, rejected.reason) == (
            Status.REJECTED,
            "CTP 30 over close (平仓量超过持仓量): 2 lots were to be closed, 1 may be",
        )
        assert isinstance(floor.venue, PositionSource)
        assert floor.venue.positions("main") == [VenuePosition(SYMBOL, BUY, 0, 2)]
        assert floor.venue.positions("other") == []
        floor.bid(1)
        assert floor.venue.positions("main") == [VenuePosition(SYMBOL, BUY, 0, 1)]
