"""What the market knows of a product: facts, each with the trading days it holds for.

Each names its sources, rows of `sources.csv`, and may carry a note. Where a user's own `file`
sets some of its fields, `own` has their names; `origin` tells the source of one field.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol, TypeVar

from attrs import field, frozen

from homalos.model import CloseFirst, Delivery, Fee, MarginSide, OffsetRule

__all__ = [
    "Auction",
    "DeliveryKind",
    "Ending",
    "Exchange",
    "Fees",
    "Hours",
    "Margin",
    "NightChange",
    "OrderSizes",
    "PriceLimit",
    "Product",
    "Rules",
    "Span",
    "Terms",
    "alike_on",
    "fact_on",
    "origin",
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
    sources: tuple[str, ...] = ()


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
    sources: tuple[str, ...] = ()
    note: str = ""
    own: frozenset[str] = frozenset()
    file: str = ""


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
    sources: tuple[str, ...] = ()
    note: str = ""
    own: frozenset[str] = frozenset()
    file: str = ""


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
    sources: tuple[str, ...] = ()
    note: str = ""


@frozen
class OrderSizes:
    """The largest orders in lots; 0 says that none are taken, or unknown."""

    span: Span
    limit: int = 0
    market: int = 0
    sources: tuple[str, ...] = ()
    note: str = ""
    own: frozenset[str] = frozenset()
    file: str = ""


@frozen
class Margin:
    """The exchange's margin as a share of the turnover; `None` says unknown.

    Attributes:
        span: Trading days at whose settlement it is held.
        passing: Whether it was meant for a time only, such as over a holiday, so that it
            says little of other days.
    """

    span: Span
    rate: Decimal | None = None
    passing: bool = False
    sources: tuple[str, ...] = ()
    note: str = ""


@frozen
class PriceLimit:
    """How far a price may be from the settlement before, as a share; `None` says unknown.

    Attributes:
        span: Trading days with this limit.
        passing: As of a margin.
    """

    span: Span
    rate: Decimal | None = None
    passing: bool = False
    sources: tuple[str, ...] = ()
    note: str = ""


@frozen
class Fees:
    """The exchange's fees by what a trade does; `None` says unknown."""

    span: Span
    open: Fee | None = None
    close: Fee | None = None
    close_today: Fee | None = None
    sources: tuple[str, ...] = ()
    note: str = ""
    own: frozenset[str] = frozenset()
    file: str = ""


@frozen
class Auction:
    """The call auction before the first session of a trading day; `None` says unknown.

    Since 26 May 2023 some exchanges have a second one, before the day that follows a night.

    Attributes:
        span: Trading days with it.
        opens: Minutes before the session at which orders begin to be taken.
        closes: Minutes before it at which they no longer are, and the match begins.
        after_night: Whether there is a second one.
    """

    span: Span
    opens: int | None = None
    closes: int | None = None
    after_night: bool = False
    sources: tuple[str, ...] = ()
    note: str = ""


@frozen
class Rules:
    """How an exchange counts what is held.

    Attributes:
        span: Trading days with these rules.
        offsets: What it wants to hear about opening and closing.
        close_first: Which lots a plain close takes; `None` says unknown.
        margin_side: Which lots margin is held for where both sides are held; `None` says
            unknown.
        sources: Of `offsets` and `close_first`, as `note`.
        margin_sources: Of `margin_side`, as `margin_note`.
    """

    span: Span
    offsets: OffsetRule = OffsetRule.PLAIN
    close_first: CloseFirst | None = None
    margin_side: MarginSide | None = None
    sources: tuple[str, ...] = ()
    note: str = ""
    margin_sources: tuple[str, ...] = ()
    margin_note: str = ""
    own: frozenset[str] = frozenset()
    file: str = ""


@frozen
class Ending:
    """Until when the contracts of a product trade.

    Attributes:
        deliveries: Delivery months, yyyymm, that end so.
        rule: As `homalos_china.last_days` reads it; "" says unknown.
    """

    deliveries: Span
    rule: str = ""
    sources: tuple[str, ...] = ()
    note: str = ""
    own: frozenset[str] = frozenset()
    file: str = ""


@frozen
class DeliveryKind:
    """What becomes of lots that are held at the end, and its fee; `None` says unknown."""

    kind: Delivery | None = None
    fee: Fee | None = None
    sources: tuple[str, ...] = ()
    note: str = ""
    own: frozenset[str] = frozenset()
    file: str = ""


@frozen
class Product:
    """One product of one exchange.

    Every table holds at least one fact, in order of time; only margins and price limits,
    which are known of single days, have gaps.
    """

    code: str
    exchange: Exchange
    name: str
    terms: tuple[Terms, ...]
    hours: tuple[Hours, ...]
    sizes: tuple[OrderSizes, ...]
    margins: tuple[Margin, ...]
    fees: tuple[Fees, ...]
    auctions: tuple[Auction, ...] = (Auction(Span()),)
    rules: tuple[Rules, ...] = (Rules(Span()),)
    endings: tuple[Ending, ...] = ()
    delivery: DeliveryKind = DeliveryKind()
    limits: tuple[PriceLimit, ...] = (PriceLimit(Span()),)
    sources: tuple[str, ...] = ()
    key: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Derive the key, such as `rb.SHFE`."""
        object.__setattr__(self, "key", f"{self.code}.{self.exchange.code}")

    def terms_of(self, delivery: int | None, day: int | None) -> Terms:
        """Return the terms of a delivery month (yyyymm) on a trading day; `None`: the latest."""
        if delivery is None or len(self.terms) == 1:
            return fact_on(self.terms, day)
        fitting = [terms for terms in self.terms if delivery in terms.deliveries]
        return fact_on(fitting or self.terms, day)

    def ending_of(self, delivery: int | None) -> Ending:
        """Return how the contract of a delivery month (yyyymm) ends; `None`: unknown."""
        if delivery is not None:
            for ending in self.endings:
                if delivery in ending.deliveries:
                    return ending
        return Ending(Span())


class _Dated(Protocol):
    @property
    def span(self) -> Span: ...


class _Sourced(Protocol):
    @property
    def sources(self) -> tuple[str, ...]: ...
    @property
    def note(self) -> str: ...
    @property
    def own(self) -> frozenset[str]: ...
    @property
    def file(self) -> str: ...


_Fact = TypeVar("_Fact", bound=_Dated)


def origin(fact: _Sourced, name: str) -> tuple[tuple[str, ...], str]:
    """Return the sources and the note of one field of a fact."""
    return ((fact.file,), "") if name in fact.own else (fact.sources, fact.note)


def fact_on(facts: Sequence[_Fact], day: int | None) -> _Fact:
    """Return the fact that holds on a trading day; the latest one for `None`."""
    if day is not None:
        for fact in facts:
            if day in fact.span:
                return fact
    return facts[-1]


def alike_on(facts: Sequence[_Dated], day: int) -> Span:
    """Return the days around one on which the very same facts hold, and no other."""
    first, last = 0, 99_999_999
    for fact in facts:
        span = fact.span
        if span.first > day:
            last = min(last, span.first - 1)
        elif span.last < day:
            first = max(first, span.last + 1)
        else:
            first, last = max(first, span.first), min(last, span.last)
    return Span(first, last)
