"""One continuous series of bars out of a product's main contracts, with or without the jumps.

At a roll the new contract trades at another price than the old one. *Raw* keeps the jump.
*Back-adjusted* adds to all older prices the difference `close - previous_close` of the roll,
*ratio-adjusted* multiplies them by `close / previous_close`; both prices are those of one
evening, the last before the roll. The newest contract in the series keeps its own prices, and
the further back, the more rolls' differences or ratios are in a price. Computed in decimals and
fractions, so that no roll leaves a rounding error for the one before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import isnan
from typing import Literal

import attrs
from attrs import frozen
from msgspec.structs import replace

from homalos.engine.series.choosing import price_of
from homalos.engine.series.days import DayStep
from homalos.engine.series.figures import DayFigures
from homalos.engine.series.rolls import MainSeries, Roll
from homalos.errors import DataError
from homalos.model import BarData

__all__ = ["Adjust", "Factor", "Spliced", "factors", "splice", "with_prices"]

Adjust = Literal["none", "back", "ratio"]
_PRICES = ("open_price", "high_price", "low_price", "close_price")


@frozen
class Factor:
    """What makes a contract's own price one of the continuous series.

    Attributes:
        add: Currency per unit.
        times: Dimensionless, > 0.
    """

    add: Decimal = Decimal(0)
    times: Fraction = Fraction(1)

    def of(self, price: float) -> float:
        """Return a price adjusted: the double nearest to the exact value; nan stays nan."""
        if isnan(price):
            return price
        exact = Fraction(str(price)) * self.times + Fraction(self.add)
        return exact.numerator / exact.denominator


@frozen(kw_only=True)
class Spliced:
    """A continuous series of bars.

    Attributes:
        bars: Under the symbol of the main contract, as they came.
        segments: The rows whose bars are in it, and by what they were adjusted, oldest first.
        outside: Bars of the product on days of which no row says what the main contract is.
    """

    bars: tuple[BarData, ...]
    segments: tuple[tuple[Roll, Factor], ...]
    outside: int


def factors(rolls: Sequence[Roll], adjust: Adjust) -> list[Factor]:
    """Return what adjusts each row's prices to those of the last.

    Args:
        rolls: Of one product, one behind the other, oldest first.
        adjust: `none` keeps the jumps, `back` shifts by differences, `ratio` by quotients.

    Raises:
        DataError: A price at a roll is not known, or is not above 0 where a quotient is
            asked for; the error names the day and the contract.
    """
    found = [Factor()]
    for after in reversed(rolls[1:]):
        last = found[-1]
        if adjust == "none":
            found.append(last)
            continue
        close, before = _prices_at(after)
        if adjust == "back":
            found.append(attrs.evolve(last, add=last.add + close - before))
        else:
            if min(close, before) <= 0:
                msg = (
                    f"{after.product}: at the roll of {after.from_day} the prices are {before} "
                    f"and {close}; a ratio needs both above 0, use `back`"
                )
                raise DataError(msg)
            found.append(attrs.evolve(last, times=last.times * Fraction(close) / Fraction(before)))
    return found[::-1] if rolls else []


def splice(
    bars: Iterable[BarData],
    series: MainSeries,
    adjust: Adjust = "none",
    *,
    snap: Callable[[float], float] | None = None,
) -> Spliced:
    """Make one series of the bars of many contracts: each day's of its main contract.

    Args:
        bars: Of one length, in time order, of any contracts.
        series: The product's rows.
        adjust: As `factors` takes it.
        snap: Puts a ratio-adjusted price on a grid; left out, prices stay as they come.

    Raises:
        DataError: There is no bar of a main contract, one of the contracts between the
            first and the last has none, or a price at a roll is missing.
    """
    taken: list[tuple[Roll, BarData]] = []
    outside = 0
    contracts = {roll.symbol for roll in series.rolls}
    for bar in bars:
        if bar.symbol not in contracts:
            continue
        try:
            roll = series.on(bar.trading_day)
        except DataError:
            outside += 1
            continue
        if roll.symbol == bar.symbol:
            taken.append((roll, bar))
    rolls = _covered(series, taken)
    by_roll = dict(zip(rolls, factors(rolls, adjust), strict=True))
    grid = snap if adjust == "ratio" else None
    return Spliced(
        bars=tuple(_adjusted(bar, series.symbol, by_roll[roll], grid) for roll, bar in taken),
        segments=tuple(by_roll.items()),
        outside=outside,
    )


def with_prices(
    series: MainSeries,
    figures: Iterable[DayFigures],
    *,
    preceding: DayStep,
    price: Literal["close", "settlement"] = "close",
) -> MainSeries:
    """Return a series in which the prices at rolls that are missing come from figures.

    Prices that the rows have stay as they are, and where figures lack one of the two,
    neither is taken: the two must be of one evening and one source.

    Args:
        series: The product's rows.
        figures: Of its contracts.
        preceding: Returns the last trading day before a day; 0 when that is not known.
        price: Which.
    """
    known = {(each.symbol, each.trading_day): each for each in figures}

    def filled(roll: Roll) -> Roll:
        if not roll.previous or None not in (roll.close, roll.previous_close):
            return roll
        evening = preceding(roll.from_day)
        close, before = (
            price_of(known.get((symbol, evening)), price) for symbol in (roll.symbol, roll.previous)
        )
        if close is None or before is None:
            return roll
        return attrs.evolve(roll, close=close, previous_close=before)

    return MainSeries(series.product, tuple(map(filled, series.rolls)))


def _prices_at(roll: Roll) -> tuple[Decimal, Decimal]:
    close, before = roll.close, roll.previous_close
    if close is None or before is None:
        missing = " and ".join(
            symbol
            for symbol, price in ((roll.symbol, close), (roll.previous, before))
            if price is None
        )
        msg = (
            f"{roll.product}: no price of {missing} on the last trading day before the roll of "
            f"{roll.from_day}, so the jump from {roll.previous} to {roll.symbol} is not known; "
            "give data of both contracts on that day, or adjust `none`"
        )
        raise DataError(msg)
    return close, before


def _covered(series: MainSeries, taken: Sequence[tuple[Roll, BarData]]) -> list[Roll]:
    """Return the rows from the first bar's to the last one's; each must have a bar."""
    if not taken:
        msg = f"the files have no bar of a main contract of {series.product} on a day it was one"
        raise DataError(msg)
    having = {roll for roll, _ in taken}
    first, last = taken[0][0].from_day, taken[-1][0].from_day
    rolls = [roll for roll in series.rolls if first <= roll.from_day <= last]
    missing = [roll for roll in rolls if roll not in having]
    if missing:
        gaps = ", ".join(f"{each.symbol} from {each.from_day}" for each in missing)
        msg = f"{series.product}: the files have no bar of {gaps}, while it was the main contract"
        raise DataError(msg)
    return rolls


def _adjusted(
    bar: BarData, symbol: str, factor: Factor, grid: Callable[[float], float] | None
) -> BarData:
    if factor == _AS_IT_IS:
        return replace(bar, symbol=symbol)
    prices = {name: factor.of(getattr(bar, name)) for name in _PRICES}
    if grid is not None:
        prices = {name: grid(price) for name, price in prices.items()}
    return replace(bar, symbol=symbol, **prices)


_AS_IT_IS = Factor()
