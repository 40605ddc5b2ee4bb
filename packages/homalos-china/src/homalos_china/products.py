"""What the market knows of a product: facts, each with the trading days it holds for."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol, TypeVar

from attrs import field, frozen

from homalos.model import Fee

__all__ = [
    "Exchange",
    "Fees",
    "Hours",
    "Margin",
    "NightChange",
    "OrderSizes",
    "Product",
    "Span",
    "Terms",
    "fact_on",
]


@frozen
class Span:
    """A stretch of days, yyyymmdd, or of months, yyyymm; both ends inclusive."""

    first: int = 0
    last: int = 99_999_999

    def __contains__(self, when: int) -> bool:
        return self.first <= when <= self.last


@frozen
class Exchange:
    """How an exchange spells and dates.

    Attributes:
        code: `SHFE`, `INE`, `DCE`, `CZCE`, `CFFEX` or `GFEX`.
        name: Display name.
        digits: Digits of a delivery month: 4 for yymm, 3 for ymm.
        night_dates: What it writes into TradingDay and ActionDay at night:
            `right` ones, the `trading_day` into both, the `natural` day into both.
    """

    code: str
    name: str
    digits: int
    night_dates: str


@frozen
class Terms:
    """The contract: its price grid and its size.

    Attributes:
        span: Trading days with these terms.
        deliveries: Delivery months, yyyymm, with these terms.
        tick_size: Smallest price step, CNY per unit.
        multiplier: Units a lot.
    """

    span: Span
    deliveries: Span
    tick_size: float
    multiplier: int


@frozen
class Hours:
    """When a product trades.

    Attributes:
        span: Trading days with these hours.
        sections: Of the day, (start, end) in seconds after its midnight, in order.
        night: (start, end) in seconds after the midnight before the evening, so
            that 02:30 is 26.5 hours; `None` when the product has no night.
    """

    span: Span
    sections: tuple[tuple[int, int], ...]
    night: tuple[int, int] | None = None


@frozen
class NightChange:
    """What an exchange changed about the nights of all its products.

    Attributes:
        span: Trading days whose nights it changed.
        start: When they began, in seconds after the midnight before the evening;
            `None` when they were called off.
    """

    span: Span
    start: int | None


@frozen
class OrderSizes:
    """The largest orders in lots; 0 says that none are taken, or unknown."""

    span: Span
    limit: int = 0
    market: int = 0


@frozen
class Margin:
    """The exchange's margin as a share of the turnover; `None` says unknown."""

    span: Span
    rate: Decimal | None = None


@frozen
class Fees:
    """The exchange's fees by what a trade does; `None` says unknown."""

    span: Span
    open: Fee | None = None
    close: Fee | None = None
    close_today: Fee | None = None


@frozen
class Product:
    """One product of one exchange.

    Every table holds at least one fact, in order of time, without gaps.
    """

    code: str
    exchange: Exchange
    name: str
    terms: tuple[Terms, ...]
    hours: tuple[Hours, ...]
    sizes: tuple[OrderSizes, ...]
    margins: tuple[Margin, ...]
    fees: tuple[Fees, ...]
    key: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Derive the key, such as `rb.SHFE`."""
        object.__setattr__(self, "key", f"{self.code}.{self.exchange.code}")

    def terms_of(self, delivery: int | None, day: int | None) -> Terms:
        """Return the terms of a delivery month (yyyymm) on a trading day; `None`: the latest."""
        fitting = [
            terms for terms in self.terms if delivery is None or delivery in terms.deliveries
        ]
        return fact_on(fitting or self.terms, day)


class _Dated(Protocol):
    @property
    def span(self) -> Span: ...


_Fact = TypeVar("_Fact", bound=_Dated)


def fact_on(facts: Sequence[_Fact], day: int | None) -> _Fact:
    """Return the fact that holds on a trading day; the latest one for `None`."""
    if day is not None:
        for fact in facts:
            if day in fact.span:
                return fact
    return facts[-1]
