"""What stands in one cell, against an independent computation with exact fractions."""

from __future__ import annotations

from fractions import Fraction
from math import floor, isnan, nan

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from homalos.model import Instrument
from homalos_storage.readers import columns
from homalos_storage.readers.values import Prices, amount, day_text, lots
from homalos_storage.readers.wall_clock import WallClock

_TICKS = ["1", "5", "10", "0.2", "0.02", "0.005", "0.5", "0.1", "0.001"]


def _instrument(tick: str) -> Instrument:
    return Instrument("rb1901.SHFE", "rb", float(tick), 10)


def _nearest(price: float, tick: str) -> Fraction:
    """Return the multiple of the tick nearest to the very double, a half going up."""
    return floor(Fraction(price) / Fraction(tick) + Fraction(1, 2)) * Fraction(tick)


@given(
    tick=st.sampled_from(_TICKS),
    count=st.integers(1, 10_000_000),
    off=st.floats(-2e-6, 2e-6),
)
def test_only_an_artefact_is_put_on_the_grid(tick: str, count: int, off: float) -> None:
    """Within a millionth of a tick a price is on it; further off it is refused."""
    exact = count * Fraction(tick)
    price = float(exact) + off * float(tick)
    away = abs(Fraction(price) - _nearest(price, tick)) / Fraction(tick)
    prices = Prices(_instrument(tick))
    if away < Fraction(9, 10**7):
        assert prices[repr(price)] == float(exact)
        assert prices[price] == float(exact)
    elif away > Fraction(11, 10**7):
        with pytest.raises(ValueError, match="expected a multiple of"):
            prices[repr(price)]


@example(tick="10", cells=[1e15])  # the very bound from which on cells decide
@given(
    tick=st.sampled_from(_TICKS),
    cells=st.lists(
        st.one_of(
            st.integers(1, 10_000_000).map(float),
            st.floats(0.001, 100_000),
            st.floats(1e12, 1e18),
            st.sampled_from([0.0, None, 1.7976931348623157e308]),
        ),
        min_size=1,
        max_size=5,
    ),
)
def test_a_column_of_prices_equals_its_cells(tick: str, cells: list[float | None]) -> None:
    """It has the very doubles that the cells have, or it is left to them."""
    instrument = _instrument(tick)
    column = columns.on_grid(pa.array(cells, pa.float64()), instrument)
    single: list[float] = []
    for cell in cells:
        try:
            single.append(Prices(instrument)[cell])
        except ValueError:
            assert column is None
            return
    if column is None:  # left to the cells: beyond what doubles count exactly
        assert np.nanmax(single) / float(tick) >= 1e14
    else:
        assert np.array(single).tobytes() == column.tobytes()


@given(tick=st.sampled_from(_TICKS), count=st.integers(1, 10_000_000))
def test_every_price_on_the_grid_is_taken_by_the_column(tick: str, count: int) -> None:
    """The decimal as written is the double that comes out."""
    price = float(count * Fraction(tick))
    column = columns.on_grid(pa.array([price]), _instrument(tick))
    assert column is not None
    assert column.tolist() == [price]


def test_a_price_is_worked_out_once() -> None:
    """What was read stays under its cell; missing ones too, but no nan becomes a key."""
    prices = Prices(_instrument("1"))
    assert isnan(prices["N/A"])
    assert isnan(prices[float("nan")])
    assert prices["3888.0"] == 3888.0
    assert set(prices) == {"N/A", "3888.0"}


def test_remembered_prices_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of garbage must not fill the memory."""
    monkeypatch.setattr("homalos_storage.readers.values._MEMO", 10)
    prices = Prices(_instrument("1"))
    for price in range(1, 100):
        assert prices[str(price)] == price
        assert len(prices) <= 10


def test_counts_and_amounts() -> None:
    """Counters write whole numbers with and without a decimal point."""
    assert [lots(cell) for cell in ("264.0", "264", 264, 264.0, "", None, "N/A")] == [264] * 4 + [
        *(0, 0, 0)
    ]
    assert [amount(cell) for cell in ("1.5", 1.5, "", None, "1.7e308", "nan")] == [1.5] * 2 + [
        *(0.0, 0.0, 0.0, 0.0)
    ]


def test_days() -> None:
    """Every way of writing the same date, and none."""
    texts = ("20180131", "2018-01-31", "2018/1/31", "2018/01/31 星期三", "20180131.0")
    assert {day_text(cell) for cell in (*texts, 20180131, 20180131.0)} == {"20180131"}
    assert [day_text(cell) for cell in ("", None, "N/A", nan)] == ["", "", "", ""]
    for cell in ("180131", "31.01.2018", "2018-1", "x"):
        with pytest.raises(ValueError, match="expected a date"):
            day_text(cell)


def test_a_day_on_which_the_clocks_change_is_refused() -> None:
    """2023-03-12 had 23 hours in New York; the days beside it are read."""
    clock = WallClock("America/New_York")
    summer = 1_678_766_400_000_000_000  # date -d '2023-03-14 00:00:00 -0400' +%s
    winter = 1_678_510_800_000_000_000  # date -d '2023-03-11 00:00:00 -0500' +%s
    assert clock.at("2023-03-14", "09:30") == summer + (9 * 60 + 30) * 60_000_000_000
    assert clock.at("2023-03-11", "") == winter
    with pytest.raises(ValueError, match="clocks of America/New_York change"):
        clock.at("2023-03-12", "09:30")
    assert clock.instant("2023-03-12T09:30:00-04:00") == 1_678_627_800_000_000_000
