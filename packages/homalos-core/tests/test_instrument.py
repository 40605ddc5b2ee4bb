"""Instruments: prices on the grid against decimal arithmetic, and what is refused."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from math import inf, isnan, nan
from sys import float_info

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from homalos.model import Fee, Instrument, split_symbol

TICK_SIZES = (
    "0.2", "0.005", "0.01", "0.05", "0.5", "1", "2", "5", "10", "0.1", "0.001", "0.0001"
)  # fmt: skip

tick_sizes = st.sampled_from(TICK_SIZES)
# Up to a hundred million ticks: Bitcoin at 100,000 with a tick of 0.001.
counts = st.integers(-(10**8), 10**8)


def instrument(tick_size: str, multiplier: int = 10) -> Instrument:
    """Return a contract with this grid."""
    return Instrument("aa2510.TEST", "aa", tick_size=float(tick_size), multiplier=multiplier)


def nearest(price: Decimal, tick_size: str) -> Decimal:
    """Return the nearest multiple of the tick size, a half going up, in decimal arithmetic."""
    grid = Decimal(tick_size)
    return (price / grid + Decimal("0.5")).to_integral_value(ROUND_FLOOR) * grid


@given(tick_sizes, counts, st.integers(-999, 999))
@example("0.01", 14, 500)
@example("0.005", 14, 500)
@example("0.0001", 1, 500)
def test_snap_equals_the_decimal_computation(tick_size: str, ticks: int, thousandths: int) -> None:
    """Any price written to a thousandth of a tick goes where decimal arithmetic puts it."""
    written = (ticks + Decimal(thousandths) / 1000) * Decimal(tick_size)
    snapped = instrument(tick_size).snap(float(written))
    assert snapped == float(nearest(written, tick_size))


@given(tick_sizes, counts, st.integers(-3, 3))
def test_what_float_arithmetic_leaves_behind_is_wiped_off(
    tick_size: str, ticks: int, ulps: int
) -> None:
    """A price a few bits off the grid comes back as the double of the decimal."""
    exact = float(ticks * Decimal(tick_size))
    off = exact * (1 + ulps * float_info.epsilon)
    assert instrument(tick_size).snap(off) == exact


@pytest.mark.parametrize(
    ("recorded", "price"), [(4899.000000000001, 4899.0), (4160.400000000001, 4160.4)]
)
def test_artefacts_of_real_recordings_are_wiped_off(recorded: float, price: float) -> None:
    """CSV files of IF and IH ticks carry these; the tick size is 0.2."""
    assert repr(instrument("0.2").snap(recorded)) == repr(price)


@given(tick_sizes, st.floats(-1e9, 1e9))
def test_any_double_snaps_to_within_half_a_tick(tick_size: str, price: float) -> None:
    """Wherever a price comes from, the grid point is the nearest there is."""
    gap = Decimal(instrument(tick_size).snap(price)) - Decimal(price)
    # A millionth of a tick for halves, and what the double itself cannot hold.
    slack = Decimal(tick_size) / 1_000_000 + Decimal(abs(price) * 2 * float_info.epsilon)
    assert abs(gap) <= Decimal(tick_size) / 2 + slack


@given(tick_sizes, counts)
def test_ticks_and_prices_convert_both_ways(tick_size: str, ticks: int) -> None:
    """A count of ticks is the decimal price, and back again."""
    contract = instrument(tick_size)
    price = contract.from_ticks(ticks)
    assert price == float(ticks * Decimal(tick_size))
    assert contract.to_ticks(price) == ticks
    assert contract.snap(price) == price
    assert contract.is_on_grid(price)


def test_a_missing_price_stays_missing() -> None:
    """Nan is how a missing price is written; it counts no ticks and is on no grid."""
    contract = instrument("0.2")
    assert isnan(contract.snap(nan))
    assert not contract.is_on_grid(nan)
    with pytest.raises(ValueError, match="NaN"):
        contract.to_ticks(nan)


@pytest.mark.parametrize("tick_size", TICK_SIZES)
@pytest.mark.parametrize("price", [inf, -inf])
def test_an_infinite_price_is_on_no_grid(tick_size: str, price: float) -> None:
    """It is told apart, and cannot be snapped."""
    contract = instrument(tick_size)
    assert not contract.is_on_grid(price)
    with pytest.raises(OverflowError):
        contract.snap(price)
    with pytest.raises(OverflowError):
        contract.to_ticks(price)


def test_the_largest_double_is_no_price() -> None:
    """CTP sends it for a price that is missing; asking about it must not raise."""
    assert not instrument("0.2").is_on_grid(float_info.max)


def test_a_price_between_two_ticks_is_not_on_the_grid() -> None:
    """Exactly, so that a venue never sees it."""
    contract = instrument("0.2")
    assert contract.is_on_grid(4899.2)
    assert not contract.is_on_grid(4899.1)
    assert not contract.is_on_grid(4899.000000000001)


def test_the_value_of_a_tick_is_exact() -> None:
    """By hand: 0.2 of an index at 300 yuan a point is 60 yuan."""
    assert instrument("0.2", 300).tick_value == Decimal(60)
    assert instrument("0.005", 10_000).tick_value == Decimal(50)


@pytest.mark.parametrize("tick_size", [0.0, -0.2, nan, inf])
def test_a_tick_size_must_be_above_0(tick_size: float) -> None:
    """No grid can be made of anything else."""
    with pytest.raises(ValueError, match=r"aa\.TEST: the tick size must be above 0"):
        Instrument("aa.TEST", "aa", tick_size=tick_size, multiplier=10)


@pytest.mark.parametrize("multiplier", [0, -10])
def test_a_multiplier_must_be_above_0(multiplier: int) -> None:
    """A lot of nothing cannot be traded."""
    with pytest.raises(ValueError, match="the multiplier must be above 0"):
        Instrument("aa.TEST", "aa", tick_size=1.0, multiplier=multiplier)


@pytest.mark.parametrize("symbol", ["", "rb2510", "rb2510.", ".SHFE"])
def test_a_symbol_needs_a_code_and_an_exchange(symbol: str) -> None:
    """The message shows what a symbol looks like."""
    with pytest.raises(ValueError, match=r"write CODE\.EXCHANGE"):
        Instrument(symbol, "rb", tick_size=1.0, multiplier=10)


def test_a_symbol_splits_at_its_last_dot() -> None:
    """Codes elsewhere have dots of their own."""
    assert split_symbol("rb2510.SHFE") == ("rb2510", "SHFE")
    assert split_symbol("BRK.B.NYSE") == ("BRK.B", "NYSE")
    assert Instrument("BRK.B.NYSE", "BRK", 0.01, 1).exchange == "NYSE"


def test_an_instrument_is_a_value() -> None:
    """Equal fields make equal contracts, usable as keys and never changed."""
    contract = instrument("0.2")
    assert contract == instrument("0.2")
    assert hash(contract) == hash(instrument("0.2"))
    assert attrs.evolve(contract, multiplier=20).tick_value == Decimal(4)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        contract.multiplier = 20  # type: ignore[misc]  # that is the point


def test_a_fee_left_out_costs_nothing() -> None:
    """Both parts of it are exact decimals."""
    assert Fee() == Fee(rate=Decimal(0), per_lot=Decimal(0))
