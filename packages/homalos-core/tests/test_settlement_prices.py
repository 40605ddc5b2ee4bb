"""What a contract is settled at when only the market data tells; averages worked by hand."""

from __future__ import annotations

from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest

from homalos.engine.settlement_prices import settlement_price
from homalos.model import BarData, Instrument, PriceOrigin, SettlementPrice, TickData

DAY, BEFORE = 20250106, 20250103
RB = Instrument("rb2505.TEST", "rb", tick_size=1.0, multiplier=10)
FINE = Instrument("if2505.TEST", "if", tick_size=0.2, multiplier=300)


def tick(day: int = DAY, last: float = 3210.0, **fields: Any) -> TickData:
    """Make the last tick of a day."""
    return TickData(RB.symbol, 1, day, last, **fields)


def bar(low: float, high: float, close: float, volume: int, turnover: float, day: int = DAY) -> Any:
    """Make a bar of a day."""
    return BarData(RB.symbol, "1m", 0, 1, day, low, high, low, close, volume, turnover)


def settled(last: TickData | None = None, *bars: BarData) -> SettlementPrice | None:
    """Settle `RB` for the day."""
    return settlement_price(RB, DAY, last, bars)


def test_the_venues_own_price_comes_first() -> None:
    """An exchange sends it after the close; it may be off what anybody would reckon."""
    told = tick(settlement_price=3188.0, volume=2, turnover=64_000.0, low_price=1, high_price=9999)
    assert settled(told) == SettlementPrice(Decimal(3188), PriceOrigin.VENUE)


@pytest.mark.parametrize("missing", [0.0, nan, inf, 1.7976931348623157e308])
def test_a_settlement_price_that_is_none_is_left_out(missing: float) -> None:
    """0 until it is settled, the largest double where CTP has no price."""
    assert settled(tick(settlement_price=missing)) == SettlementPrice(
        Decimal(3210), PriceOrigin.LAST
    )


def test_the_average_of_the_day_is_turnover_by_lots_and_units() -> None:
    """30 lots of 10 t for 962,040: 3206.8 a tonne, on the grid 3207."""
    last = tick(volume=30, turnover=962_040.0, low_price=3200.0, high_price=3215.0)
    assert settled(last) == SettlementPrice(Decimal(3207), PriceOrigin.AVERAGE)


def test_a_turnover_without_the_multiplier_is_understood() -> None:
    """CZCE sends lots times price: 30 lots at 3206.8 are 96,204."""
    last = tick(volume=30, turnover=96_204.0, low_price=3200.0, high_price=3215.0)
    assert settled(last) == SettlementPrice(Decimal(3207), PriceOrigin.AVERAGE)


@pytest.mark.parametrize("turnover", [0.0, 1.0, 96_204e6, -5.0])
def test_a_turnover_that_fits_no_price_paid_is_not_believed(turnover: float) -> None:
    """The average would lie outside the day's prices."""
    last = tick(volume=30, turnover=turnover, low_price=3200.0, high_price=3215.0)
    assert settled(last) == SettlementPrice(Decimal(3210), PriceOrigin.LAST)


def test_bars_are_added_up() -> None:
    """(10 x 3201 + 30 x 3205) / 40 = 3204: turnover 320,100 + 961,500 over 40 x 10."""
    found = settled(
        None,
        bar(3199, 3202, 3202, 10, 320_100.0),
        bar(3203, 3208, 3203, 30, 961_500.0),
        bar(3203, 3203, 3203, 0, 0.0),
    )
    assert found == SettlementPrice(Decimal(3204), PriceOrigin.AVERAGE)


def test_bars_without_a_turnover_settle_at_the_last_close() -> None:
    """Many bar files have none."""
    found = settled(None, bar(3199, 3202, 3202, 10, 0.0), bar(3203, 3208, 3206, 30, 0.0))
    assert found == SettlementPrice(Decimal(3206), PriceOrigin.LAST)


def test_one_bar_with_a_turnover_is_enough() -> None:
    """Bars without a trade have none: 10 lots of 10 t for 320,100 are 3201 a tonne."""
    found = settled(None, bar(3203, 3203, 3203, 0, 0.0), bar(3199, 3202, 3202, 10, 320_100.0))
    assert found == SettlementPrice(Decimal(3201), PriceOrigin.AVERAGE)


def test_a_day_without_data_has_no_price() -> None:
    """A tick of the day before is not this day's."""
    assert settled(tick(BEFORE)) is None
    assert settled(tick(last=nan)) is None


def test_the_price_is_the_decimal_of_the_grid() -> None:
    """4012.2 as a double is a hair off; the decimal is what was written."""
    last = TickData(FINE.symbol, 1, DAY, 4012.2, settlement_price=4012.2000000001)
    assert settlement_price(FINE, DAY, last, ()) == SettlementPrice(Decimal("4012.2"))
