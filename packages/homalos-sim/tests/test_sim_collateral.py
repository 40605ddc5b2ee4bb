"""An account that cannot pay is refused with 31; what frees its money lets it go on."""

from __future__ import annotations

from decimal import Decimal
from math import nan
from typing import Any

from attrs import evolve
from venue_floor import VenueFloor, told

from homalos.model import Direction, Fee, Offset, OffsetRule, OrderReport, Status
from homalos.testing import INSTRUMENTS, SYMBOL, FakeMarket, at, tick

BUY, SELL = Direction.LONG, Direction.SHORT
# 100 a unit, 10 units, 10 %: margin of 100 a lot, and a fee of 1.
CONTRACT = evolve(INSTRUMENTS[SYMBOL], fee_open=Fee(per_lot=Decimal(1)))


def _floor(capital: str, *, contract: Any = CONTRACT, **options: Any) -> VenueFloor:
    floor = VenueFloor(
        market=FakeMarket([contract]),
        capital={"main": Decimal(capital)},
        check_funds=True,
        **options,
    )
    floor.show(tick(ts_ns=at(0)))
    return floor


def _is_taken(said: list[Any]) -> bool:
    first = said[0]
    assert isinstance(first, OrderReport)
    return first.status is Status.NOTTRADED


def test_what_the_account_cannot_pay_is_refused_with_the_figures() -> None:
    """Three lots at 100 need 3 x (100 + 1) = 303 of 302.99."""
    (report,) = _floor("302.99").send("1-1", BUY, 3, 100.0)
    assert isinstance(report, OrderReport)
    assert report.reason == (
        "CTP 31 insufficient money (资金不足): the order needs 303.00, 302.99 is free in main"
    )


def test_a_cent_more_is_enough() -> None:
    """What is asked may be all there is."""
    assert _is_taken(_floor("303").send("1-1", BUY, 3, 100.0))


def test_working_orders_freeze_and_cancelled_ones_give_back() -> None:
    """Two lots of 101 each are frozen of 303: the next two wait for the first to go."""
    floor = _floor("303")
    floor.send("1-1", BUY, 2, 100.0)
    assert not _is_taken(floor.send("1-2", BUY, 2, 100.0))
    floor.cancel("1-1")
    assert _is_taken(floor.send("1-3", BUY, 2, 100.0))


def test_what_is_held_keeps_its_margin() -> None:
    """Bought at 101: 101 margin and 1 fee; the last price of 100 has taken 10 of 303.

    Free are 303 - 10 - 1 - 101 = 191: one more lot at 101 needs 102, two need 204.
    """
    floor = _floor("303")
    floor.send("1-1", BUY, 1, 101.0)
    assert not _is_taken(floor.send("1-2", BUY, 2, 101.0))
    assert _is_taken(floor.send("1-3", BUY, 1, 101.0))


def test_a_close_needs_no_money() -> None:
    """The account is under water; it may always get out."""
    floor = _floor("110", contract=evolve(CONTRACT, offsets=OffsetRule.PLAIN))
    floor.send("1-1", BUY, 1, 101.0)
    floor.show(tick(SYMBOL, 60.0, ts_ns=at(1)))
    assert not _is_taken(floor.send("1-2", BUY, 1, 60.0))
    assert _is_taken(floor.send("1-3", SELL, 1, 60.0, offset=Offset.CLOSE))


def test_an_order_that_nets_needs_money_for_what_it_opens() -> None:
    """One lot long; selling one needs nothing, selling three opens two."""
    floor = _floor("250", contract=evolve(CONTRACT, offsets=OffsetRule.NONE))
    floor.send("1-1", BUY, 1, 101.0, offset=Offset.NONE)
    assert _is_taken(floor.send("1-2", SELL, 1, 120.0, offset=Offset.NONE))
    floor.cancel("1-2")
    assert not _is_taken(floor.send("1-3", SELL, 3, 120.0, offset=Offset.NONE))


def test_a_market_order_is_reckoned_at_the_limit_up_else_at_the_last_price() -> None:
    """At 110 a lot needs 111, at 100 it needs 101; there are 105."""
    floor = _floor("105")
    floor.show(tick(ts_ns=at(1), limit_up=110.0))
    assert not _is_taken(floor.send("1-1", BUY, 1))
    floor.show(tick(ts_ns=at(2), limit_up=nan))
    assert _is_taken(floor.send("1-2", BUY, 1))


def test_the_short_side_has_its_own_rate() -> None:
    """Twenty per cent: a lot short needs 201."""
    floor = _floor("150", contract=evolve(CONTRACT, margin_rate_short=Decimal("0.2")))
    assert not _is_taken(floor.send("1-1", SELL, 1, 105.0))
    assert _is_taken(floor.send("1-2", BUY, 1, 95.0))


def test_accounts_do_not_pay_for_each_other() -> None:
    """And one of which the venue knows no capital may do anything."""
    floor = _floor("101")
    assert _is_taken(floor.send("1-1", BUY, 50, 99.0, account="other"))
    assert _is_taken(floor.send("1-2", BUY, 1, 99.0))


def test_without_the_option_nobody_looks_at_money() -> None:
    """The engine's own rules do, before an order leaves."""
    floor = VenueFloor(market=FakeMarket([CONTRACT]), capital={"main": Decimal(1)})
    assert told(floor.send("1-1", BUY, 50, 99.0)) == [("nottraded", "1-1", 0)]
