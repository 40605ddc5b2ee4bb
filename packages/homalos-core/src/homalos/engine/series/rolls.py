"""Which contract is a product's main contract, from which trading day to which: dated rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import groupby, pairwise
from operator import attrgetter

from attrs import field, frozen

from homalos.engine.series.names import main_symbol
from homalos.errors import DataError, did_you_mean

__all__ = ["MainSeries", "Roll", "SeriesBook"]


@frozen(kw_only=True)
class Roll:
    """From a trading day on, the main contract of a product is this one.

    Attributes:
        product: `rb.SHFE`.
        from_day: First trading day on which it holds, yyyymmdd.
        to_day: Last day on which it is known to hold, yyyymmdd; the day before the next
            row's first where there is a next row.
        symbol: The contract, `rb2510.SHFE`.
        previous: The main contract before it; "" in a product's first row.
        close: Its price on the last trading day before the roll, currency per unit, from
            which the difference between the two contracts is taken; `None` when unknown.
        previous_close: The same of the contract before it, on the same day.
        source: Where the row comes from, by a name that can be looked up.
    """

    product: str
    from_day: int
    to_day: int
    symbol: str
    previous: str = ""
    close: Decimal | None = None
    previous_close: Decimal | None = None
    source: str = ""


@frozen
class MainSeries:
    """A product's rows, one behind the other.

    Attributes:
        product: `rb.SHFE`.
        rolls: At least one, oldest first, without overlaps.
    """

    product: str
    rolls: tuple[Roll, ...]
    _from: tuple[int, ...] = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Look at the rows.

        Raises:
            DataError: There is none, two overlap, or one does not follow from the other.
        """
        if not self.rolls:
            msg = f"{self.product}: a main series needs at least one row"
            raise DataError(msg)
        for roll in self.rolls:
            _check(self.product, roll)
        for before, after in pairwise(self.rolls):
            _check_pair(before, after)
        object.__setattr__(self, "_from", tuple(roll.from_day for roll in self.rolls))

    @property
    def symbol(self) -> str:
        """Return what a strategy subscribes to: `rb.MAIN.SHFE`."""
        return main_symbol(self.product)

    def on(self, day: int) -> Roll:
        """Return the row that holds on a trading day, yyyymmdd.

        Raises:
            DataError: None does; the nearest is named, and not taken for it.
        """
        place = bisect_right(self._from, day) - 1
        if place < 0:
            first = self.rolls[0]
            msg = (
                f"the main contract of {self.product} is not known on {day}: "
                f"its first row is {first.symbol} from {first.from_day} on"
            )
            raise DataError(msg)
        roll = self.rolls[place]
        if day > roll.to_day:
            msg = (
                f"the main contract of {self.product} is not known on {day}: "
                f"{roll.symbol} is known from {roll.from_day} to {roll.to_day}; "
                "compute or import newer rows"
            )
            raise DataError(msg)
        return roll

    def after(self, roll: Roll) -> Roll | None:
        """Return the row behind a row of this series, `None` behind the last."""
        place = bisect_right(self._from, roll.from_day)
        return self.rolls[place] if place < len(self.rolls) else None


class SeriesBook(Mapping[str, MainSeries]):
    """The main series of every product, by `rb.SHFE`. Any thread; never changed.

    Args:
        rolls: In any order.
        place: Where they come from, for the error that says what to do.

    Raises:
        DataError: Rows of a product overlap or do not follow from each other.
    """

    def __init__(self, rolls: Iterable[Roll] = (), *, place: str = "") -> None:
        ordered = sorted(rolls, key=attrgetter("product", "from_day"))
        self._series = {
            product: MainSeries(product, tuple(rows))
            for product, rows in groupby(ordered, attrgetter("product"))
        }
        self._place = place

    def __getitem__(self, product: str) -> MainSeries:
        """Return a product's series; `find` says what to do when there is none."""
        return self._series[product]

    def __iter__(self) -> Iterator[str]:
        """Go through the products, sorted."""
        return iter(self._series)

    def __len__(self) -> int:
        """Count the products."""
        return len(self._series)

    def find(self, product: str) -> MainSeries:
        """Return a product's series.

        Raises:
            DataError: There are no rows of it.
        """
        found = self._series.get(product)
        if found is None:
            where = f" in {self._place}" if self._place else ""
            msg = (
                f"there are no rows of main contracts of {product}{where}; write them with "
                f"`homalos series compute` or `homalos series import`"
                f"{did_you_mean(product, self._series)}"
            )
            raise DataError(msg)
        return found

    def rolls(self) -> tuple[Roll, ...]:
        """Return every row, by product and day."""
        return tuple(roll for series in self._series.values() for roll in series.rolls)


def _check(product: str, roll: Roll) -> None:
    if roll.product != product:
        msg = f"a row of {roll.product} stands in the main series of {product}"
        raise DataError(msg)
    if roll.to_day < roll.from_day:
        msg = (
            f"{product}: the row of {roll.symbol} ends on {roll.to_day}, "
            f"before it begins on {roll.from_day}"
        )
        raise DataError(msg)


def _check_pair(before: Roll, after: Roll) -> None:
    if before.to_day >= after.from_day:
        msg = (
            f"{before.product}: rows overlap: {before.symbol} holds to {before.to_day}, "
            f"{after.symbol} from {after.from_day} on"
        )
        raise DataError(msg)
    if after.previous != before.symbol:
        msg = (
            f"{after.product}: the row of {after.from_day} says that {after.previous or 'nothing'} "
            f"was the main contract before {after.symbol}, but the row before says {before.symbol}"
        )
        raise DataError(msg)
