"""Continuous prices over two rolls, worked by hand."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import attrs
import pytest

from homalos.engine.series.adjusting import Adjust, Factor, factors, splice, with_prices
from homalos.engine.series.figures import DayFigures
from homalos.engine.series.rolls import MainSeries, Roll
from homalos.errors import DataError
from homalos.model import BarData
from homalos.testing import DAY, at, bar

NEAR, FAR, LAST = "aa2505.TEST", "aa2510.TEST", "aa2601.TEST"
DAY_S = 86_400
# Day 1: 100; the evening's closes 100 and 110. Day 2: 112; the evening's 120 and 90.
FIRST = Roll(product="aa.TEST", from_day=DAY, to_day=DAY, symbol=NEAR)
SECOND = Roll(
    product="aa.TEST",
    from_day=DAY + 1,
    to_day=DAY + 1,
    symbol=FAR,
    previous=NEAR,
    close=Decimal(110),
    previous_close=Decimal(100),
)
THIRD = Roll(
    product="aa.TEST",
    from_day=DAY + 2,
    to_day=DAY + 2,
    symbol=LAST,
    previous=FAR,
    close=Decimal(90),
    previous_close=Decimal(120),
)
SERIES = MainSeries("aa.TEST", (FIRST, SECOND, THIRD))


def bars() -> list[BarData]:
    """Return a bar of each contract on each of three days."""
    prices = {NEAR: (100, 101, 102), FAR: (110, 112, 120), LAST: (80, 85, 95)}
    return [
        bar(symbol, float(prices[symbol][day]), start_ns=at(day * DAY_S), volume=day + 1)
        for day in range(3)
        for symbol in prices
    ]


@pytest.mark.parametrize(
    ("adjust", "expected"),
    [
        ("none", [100.0, 112.0, 95.0]),
        # 110 - 100 = +10, 90 - 120 = -30: day 1 + 10 - 30, day 2 - 30.
        ("back", [80.0, 82.0, 95.0]),
        # 110 / 100 and 90 / 120 = 3 / 4: day 1 x 33 / 40 = 82.5, day 2 x 3 / 4 = 84.
        ("ratio", [82.5, 84.0, 95.0]),
    ],
)
def test_prices_are_those_of_each_day_s_main_contract(
    adjust: Adjust, expected: list[float]
) -> None:
    """The newest contract keeps its own."""
    found = splice(bars(), SERIES, adjust)

    assert [each.close_price for each in found.bars] == expected
    assert {each.symbol for each in found.bars} == {"aa.MAIN.TEST"}
    assert [each.volume for each in found.bars] == [1, 2, 3]


def test_all_four_prices_are_moved_and_nothing_else() -> None:
    """Lots, turnover and open interest are those of the contract."""
    raw = bar(
        NEAR, 100.0, high_price=103.0, low_price=99.0, open_price=101.0, turnover=5.0,
        open_interest=7.0,
    )  # fmt: skip
    found = splice([raw, bar(FAR, 112.0, start_ns=at(DAY_S))], SERIES, "back").bars[0]

    assert (found.open_price, found.high_price, found.low_price, found.close_price) == (
        *(111.0, 113.0, 109.0, 110.0),
    )
    assert (found.turnover, found.open_interest) == (5.0, 7.0)


def test_the_anchor_is_the_newest_contract_among_the_bars() -> None:
    """A roll behind the last bar moves nothing."""
    assert [each.close_price for each in splice(bars()[:6], SERIES, "back").bars] == [110.0, 112.0]


def test_differences_are_exact_in_decimals() -> None:
    """Ten rolls of 0.1 are 1, which they are not in doubles: 0.9999999999999999."""
    rolls = [attrs.evolve(FIRST, symbol="aa2501.TEST")]
    for month in range(2, 12):
        rolls.append(
            Roll(
                product="aa.TEST",
                from_day=DAY + month,
                to_day=DAY + month,
                symbol=f"aa25{month:02}.TEST",
                previous=rolls[-1].symbol,
                close=Decimal("3.3"),
                previous_close=Decimal("3.2"),
            )
        )
    assert factors(rolls, "back")[0] == Factor(add=Decimal(1))
    assert factors(rolls, "ratio")[0] == Factor(times=Fraction(33, 32) ** 10)
    assert factors(rolls, "back")[0].of(0.2) == 1.2


def test_ratio_prices_are_put_on_a_grid_that_is_given() -> None:
    """82.5 goes up; without a grid it stays."""
    found = splice(bars(), SERIES, "ratio", snap=lambda price: float(int(price + 0.5)))
    assert [each.close_price for each in found.bars] == [83.0, 84.0, 95.0]


@pytest.mark.parametrize("adjust", ["back", "ratio"])
def test_a_price_that_is_missing_at_a_roll_is_told(adjust: Adjust) -> None:
    """With the day and the contract; raw prices need none."""
    hole = MainSeries("aa.TEST", (FIRST, attrs.evolve(SECOND, previous_close=None), THIRD))
    message = (
        f"aa.TEST: no price of {NEAR} on the last trading day before the roll of {DAY + 1}, "
        f"so the jump from {NEAR} to {FAR} is not known"
    )
    with pytest.raises(DataError, match=re.escape(message)):
        splice(bars(), hole, adjust)
    assert len(splice(bars(), hole).bars) == 3


def test_a_ratio_of_prices_that_are_not_above_0_is_refused() -> None:
    """There is one of them in history: crude oil, in April 2020."""
    odd = attrs.evolve(SECOND, close=Decimal(-37))
    with pytest.raises(DataError, match="are 100 and -37; a ratio needs both above 0, use `back`"):
        factors((FIRST, odd), "ratio")


def test_missing_prices_come_from_the_evening_before_the_roll() -> None:
    """Both of the same evening, or none."""
    bare = attrs.evolve(SECOND, close=None, previous_close=None)
    series = MainSeries("aa.TEST", (FIRST, bare, THIRD))
    near = DayFigures(symbol=NEAR, trading_day=DAY, close=Decimal(100))
    far = DayFigures(symbol=FAR, trading_day=DAY, close=Decimal(110))

    def filled(*figures: DayFigures) -> MainSeries:
        return with_prices(series, figures, preceding=lambda day: day - 1)

    assert filled(near, far) == SERIES
    assert filled(near) == series
    assert filled(near, attrs.evolve(far, trading_day=DAY + 1)) == series


def test_a_main_contract_without_a_bar_is_told() -> None:
    """Its days would be missing in the middle."""
    without = [each for each in bars() if each.symbol != FAR]
    message = f"aa.TEST: the files have no bar of {FAR} from {DAY + 1}, while it was the main"
    with pytest.raises(DataError, match=re.escape(message)):
        splice(without, SERIES)


def test_files_without_any_main_contract_are_told() -> None:
    """Nothing can be made of them."""
    with pytest.raises(DataError, match=r"no bar of a main contract of aa\.TEST"):
        splice([bar(LAST)], SERIES)


def test_days_without_a_row_are_counted_and_left_out() -> None:
    """Nobody knows which contract was the main one then."""
    late = bar(LAST, 96.0, start_ns=at(3 * DAY_S))
    found = splice([*bars(), late], SERIES)

    assert (len(found.bars), found.outside) == (3, 1)
