"""Choose a product's main contract day by day, from what was known the evening before.

**The rule.** Each evening the contracts are compared by open interest or by volume. The
first evening's leader is the main contract from the next trading day on. After that a
challenger takes over that

- is delivered later than the main contract: a roll never goes back;
- leads all others that are delivered later, the nearest of equals;
- has more than `factor` times what the main contract has;
- and did so on `days` evenings in a row, as the same challenger.

An evening without figures of the main contract decides nothing before its delivery month:
the data have a hole there, which is told. From that month on it may have ended, and counts as 0.

It is the main contract from the trading day *after* the evening that decided, night session
included: nothing that was not known before the first tick of a day has a part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Literal

import attrs
from attrs import field, frozen, validators

from homalos.engine.series.days import DayStep, day_before
from homalos.engine.series.figures import DayFigures
from homalos.engine.series.names import delivery_month
from homalos.engine.series.rolls import MainSeries, Roll
from homalos.errors import DataError

__all__ = ["Chosen", "RollRule", "choose", "price_of"]

Delivery = Callable[[str, int], int]
_Evening = Mapping[str, DayFigures]


@frozen(kw_only=True)
class RollRule:
    """When a challenger becomes the main contract.

    Attributes:
        by: What is compared: `oi`, open interest, or `volume`, lots of the day.
        factor: How many times the main contract's figure the challenger must be above,
            1 to 10; 1 is simply more.
        days: On how many evenings in a row, 1 to 60.
        price: Which price the difference at a roll is taken from: `close` or `settlement`.
    """

    by: Literal["oi", "volume"] = field(default="oi", validator=validators.in_(("oi", "volume")))
    factor: float = field(default=1.1, validator=[validators.ge(1), validators.le(10)])
    days: int = field(default=1, validator=[validators.ge(1), validators.le(60)])
    price: Literal["close", "settlement"] = field(
        default="close", validator=validators.in_(("close", "settlement"))
    )

    @property
    def source(self) -> str:
        """Return the rule in a word, as rows name where they come from."""
        return f"computed by={self.by} factor={self.factor:g} days={self.days} price={self.price}"


@frozen(kw_only=True)
class Chosen:
    """What was chosen.

    Attributes:
        series: The rows.
        holes: (trading day, main contract) of the evenings that decided nothing, because
            the data have no figures of the main contract.
    """

    series: MainSeries
    holes: tuple[tuple[int, str], ...]


def choose(
    product: str,
    figures: Iterable[DayFigures],
    rule: RollRule,
    *,
    following: DayStep,
    delivery: Delivery = delivery_month,
) -> Chosen:
    """Return a product's main contracts by the rule above. Deterministic.

    Args:
        product: `rb.SHFE`.
        figures: Of this product's contracts, each once a trading day, in any order.
        rule: The rule's figures.
        following: Returns the first trading day after a day; 0 when that is not known.
        delivery: Returns a contract's delivery month, yyyymm, on a day.

    Raises:
        DataError: There are no figures, a contract has two of a day, or nothing was
            traded or held.
    """
    watch = _Watch(rule, delivery)
    rolls: list[Roll] = []
    day = 0
    for day, evening in _evenings(product, figures):
        before = watch.main
        if not watch.look(day, evening):
            continue
        from_day = following(day)
        if not from_day:
            break  # beyond the calendar: nobody knows when it would begin
        if rolls:
            rolls[-1] = attrs.evolve(rolls[-1], to_day=day_before(from_day))
        rolls.append(_row(product, from_day, watch.main, before, evening, rule))
    if not rolls:
        msg = f"{product}: no contract has any {_WORDS[rule.by]} in the data"
        raise DataError(msg)
    # What the last evening decided, or left as it was, holds on the day after it.
    known_to = max(following(day) or day, rolls[-1].from_day)
    rolls[-1] = attrs.evolve(rolls[-1], to_day=known_to)
    return Chosen(series=MainSeries(product, tuple(rolls)), holes=tuple(watch.holes))


def price_of(figures: DayFigures | None, price: Literal["close", "settlement"]) -> Decimal | None:
    """Return the one price or the other, `None` where there is none."""
    if figures is None:
        return None
    return figures.close if price == "close" else figures.settlement


def _row(
    product: str, from_day: int, symbol: str, before: str, evening: _Evening, rule: RollRule
) -> Roll:
    """Return the row that an evening decided, as far as it is known yet: for one day."""
    return Roll(
        product=product,
        from_day=from_day,
        to_day=from_day,
        symbol=symbol,
        previous=before,
        close=price_of(evening.get(symbol), rule.price) if before else None,
        previous_close=price_of(evening.get(before), rule.price) if before else None,
        source=rule.source,
    )


_WORDS = {"oi": "open interest", "volume": "volume"}


class _Watch:
    """Who is the main contract, and for how many evenings whom has led."""

    def __init__(self, rule: RollRule, delivery: Delivery) -> None:
        self.main = ""
        self.holes: list[tuple[int, str]] = []
        self._main_month = 0
        self._rule = rule
        self._delivery = delivery
        self._challenger = ""
        self._streak = 0

    def look(self, day: int, evening: _Evening) -> bool:
        """Take an evening in; say whether it decided for another main contract."""
        if self.main and self.main not in evening and day // 100 < self._main_month:
            self.holes.append((day, self.main))
            return False
        leader = self._leader(day, evening)
        if leader is None or not self._leads(leader, evening):
            self._challenger, self._streak = "", 0
            return False
        symbol = leader.symbol
        self._streak = self._streak + 1 if symbol == self._challenger else 1
        self._challenger = symbol
        if self.main and self._streak < self._rule.days:
            return False
        self.main, self._main_month = symbol, self._delivery(symbol, day)
        self._challenger, self._streak = "", 0
        return True

    def _leader(self, day: int, evening: _Evening) -> DayFigures | None:
        later = {
            month: each
            for each in evening.values()
            if (month := self._delivery(each.symbol, day)) > self._main_month
        }
        # The nearest of equals: the first of what is sorted by its month.
        return max((later[month] for month in sorted(later)), key=self._size, default=None)

    def _leads(self, leader: DayFigures, evening: _Evening) -> bool:
        held = evening.get(self.main)
        return self._size(leader) > self._rule.factor * (self._size(held) if held else 0)

    def _size(self, figures: DayFigures) -> float:
        return figures.open_interest if self._rule.by == "oi" else figures.volume


def _evenings(product: str, figures: Iterable[DayFigures]) -> Sequence[tuple[int, _Evening]]:
    ordered = sorted(figures, key=attrgetter("trading_day", "symbol"))
    if not ordered:
        msg = f"{product}: the data have no contract of this product"
        raise DataError(msg)
    found = []
    for day, group in groupby(ordered, attrgetter("trading_day")):
        evening: dict[str, DayFigures] = {}
        for each in group:
            if each.symbol in evening:
                msg = f"{each.symbol} has two figures of {day}"
                raise DataError(msg)
            evening[each.symbol] = each
        found.append((day, evening))
    return found
