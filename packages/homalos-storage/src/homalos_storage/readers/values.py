"""What stands in one cell: prices on their grid, lots, amounts, and what means missing.

Cells are text in CSV and numbers in Parquet; every function takes both. What cannot
be read is a `ValueError` that says what was found and what was expected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf, isfinite, nan
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homalos.model import Instrument

__all__ = [
    "HUGE",
    "MILLISECOND",
    "SECOND",
    "SLACK",
    "MissingPrice",
    "Prices",
    "Reader",
    "amount",
    "blamed",
    "day_text",
    "is_missing",
    "lots",
    "number",
]

SECOND = 1_000_000_000  # in nanoseconds, as every time
MILLISECOND = 1_000_000
HUGE = 1e300  # CTP writes DBL_MAX where it has no price
SLACK = 1e-6  # of a tick: float artefacts such as 4899.000000000001, nothing more
_MISSING = frozenset({"", "n/a", "na", "nan", "null", "none"})
Reader = Callable[[Any], Any]
_MEMO = 100_000  # cells remembered a contract; a year of one future has a few thousand prices


class MissingPrice(ValueError):
    """A row has no last price, so it is no tick."""


def is_missing(cell: Any) -> bool:
    """Say whether a cell is empty, nan, or holds one of the words for nothing."""
    if isinstance(cell, str):
        return cell.strip().lower() in _MISSING
    return cell is None or cell != cell  # noqa: PLR0124  nan


def number(cell: Any) -> float:
    """Return the finite number in a cell, nan when it is missing.

    Raises:
        ValueError: It holds something else, or infinity.
    """
    if is_missing(cell):
        return nan
    try:
        value = float(cell)
    except (TypeError, ValueError):
        msg = f"found {cell!r}, expected a number"
        raise ValueError(msg) from None
    if isfinite(value):
        return nan if abs(value) > HUGE else value
    if abs(value) == inf:
        msg = f"found {cell!r}, expected a finite number"
        raise ValueError(msg)
    return nan


def amount(cell: Any) -> float:
    """Return a turnover or an open interest, 0.0 when it is missing.

    Raises:
        ValueError: It is no number, negative or infinite.
    """
    if not cell:  # "", as an absent column reads, and 0
        return 0.0
    try:
        value = float(cell)
    except (TypeError, ValueError):
        value = number(cell)
    if 0.0 <= value <= HUGE:
        return value
    if number(cell) < 0:
        msg = f"found {cell!r}, expected 0 or more"
        raise ValueError(msg)
    return 0.0


def lots(cell: Any) -> int:
    """Return a number of lots, 0 when it is missing.

    Raises:
        ValueError: It is no whole number, or negative.
    """
    value = amount(cell)
    count = int(value)
    if count != value:
        msg = f"found {cell!r}, expected whole lots"
        raise ValueError(msg)
    return count


def day_text(cell: Any) -> str:
    """Return a day as yyyymmdd, "" when it is missing.

    Raises:
        ValueError: It is not written as yyyymmdd, yyyy-mm-dd or yyyy/mm/dd.
    """
    if is_missing(cell):
        return ""
    # Some vendors write the weekday behind the date, "2019/7/31 Wed", and a column of
    # whole numbers in which one is missing was made one of floats, 20190731.0.
    text = str(cell).split(maxsplit=1)[0].removesuffix(".0")
    if not text.isdecimal():
        text = "".join(part.zfill(2) for part in text.replace("/", "-").split("-"))
    if len(text) == 8 and text.isascii() and text.isdecimal():  # yyyymmdd
        return text
    msg = f"found {cell!r}, expected a date such as 20180131 or 2018-01-31"
    raise ValueError(msg)


def blamed(error: ValueError, cells: Iterable[tuple[str, Reader, Any]]) -> str:
    """Return the words of an error, the column's name in front where one cell is at fault.

    Args:
        error: What reading a row raised.
        cells: (name of the column, what reads it, cell) of every cell of the row.
    """
    for name, read, cell in cells:
        try:
            read(cell)
        except ValueError as fault:
            if str(fault) == str(error):
                return f"{name.strip()}: {error}"
    return str(error)


class Prices(dict[Any, float]):
    """The prices of one contract by the cell that holds them, remembered once read.

    Looking a cell up gives its price on the contract's grid, nan when it is missing
    or 0 (exchanges write 0 where they have no price).
    """

    def __init__(self, instrument: Instrument, *, strict: bool = True) -> None:
        """Begin empty.

        Args:
            instrument: Whose grid it is.
            strict: Refuse a price that is on no tick. Settlement prices are averages
                and need not be.
        """
        super().__init__()
        self._instrument = instrument
        self._strict = strict

    def __missing__(self, cell: Any) -> float:
        """Read a cell for the first time.

        Raises:
            ValueError: It is no number, negative, infinite, or on no tick.
        """
        price = number(cell)
        if price < 0:
            msg = f"found {cell!r}, expected a price above 0"
            raise ValueError(msg)
        price = self._on_grid(cell, price) if price > 0 else nan
        if cell == cell:  # noqa: PLR0124  nan as a key would be found by no other nan
            if len(self) >= _MEMO:
                self.clear()
            self[cell] = price
        return price

    def _on_grid(self, cell: Any, price: float) -> float:
        grid = self._instrument
        snapped = grid.snap(price)
        if abs(snapped - price) <= SLACK * grid.tick_size:
            return snapped
        if self._strict:
            msg = f"found {cell!r}, expected a multiple of {grid.tick_size} for {grid.symbol}"
            raise ValueError(msg)
        return price
