"""The market as the core asks for it: spelling, contracts, sessions, trading days."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from homalos.model import CloseFirst, Delivery, Fee, Instrument, MarginSide, split_symbol
from homalos_china.calendar import TradingCalendar
from homalos_china.describing import Describer
from homalos_china.last_days import last_day
from homalos_china.nearest import nearest_alike, nearest_on
from homalos_china.overrides import with_overrides
from homalos_china.products import (
    Exchange,
    Fees,
    Margin,
    NightChange,
    OrderSizes,
    PriceLimit,
    Product,
    Rules,
    Span,
    Terms,
    alike_on,
    fact_on,
)
from homalos_china.sessions import SessionTable
from homalos_china.stamping import Stamper
from homalos_china.symbols import SymbolBook, delivery_of
from homalos_china.tables import (
    read_exchanges,
    read_night_changes,
    read_observed,
    read_products,
)

if TYPE_CHECKING:
    from homalos.plugins.ports import Auction, Fact, Session

__all__ = ["DEFAULT_FEE", "DEFAULT_MARGIN", "ChinaMarket"]

# What stands for a margin and a fee that no source gives: what the core's `Instrument` has.
DEFAULT_MARGIN = Decimal("0.1")
DEFAULT_FEE = Fee()
_KEPT = 16_384

_Facts: TypeAlias = "tuple[int | None, Terms, Rules, OrderSizes, Margin, PriceLimit, Fees]"
"""What an instrument is made of, with the delivery month: yyyymm, `None` when not told."""


@frozen
class _Resolved:
    """A contract as it was resolved last, and the trading days on which it is the same."""

    instrument: Instrument
    facts: _Facts
    days: Span | None

    def holds(self, delivery: int | None, day: int | None) -> bool:
        """Say whether nothing can be another on a day than when it was resolved."""
        days = self.days
        return (
            days is not None
            and day is not None
            and days.first <= day <= days.last
            and delivery == self.facts[0]
        )


def _days_alike(product: Product, day: int | None) -> Span | None:
    """Return days around one on which each fact of a product is the one of that day."""
    if day is None:
        return None
    spans = [
        alike_on(facts, day)
        for facts in (product.terms, product.rules, product.sizes, product.fees)
    ]
    spans += [nearest_alike(facts, day) for facts in (product.margins, product.limits)]
    return Span(max(span.first for span in spans), min(span.last for span in spans))


class ChinaMarket:
    """SHFE, INE, DCE, CZCE, CFFEX and GFEX futures. Any thread.

    Make it with `load`. It fulfils `homalos.plugins.ports.Market`.
    """

    def __init__(
        self,
        *,
        exchanges: Mapping[str, Exchange],
        products: Mapping[str, Product],
        night_changes: Mapping[str, tuple[NightChange, ...]],
        calendar: TradingCalendar,
        overrides: str,
    ) -> None:
        self._exchanges = frozenset(exchanges)
        self._products = dict(products)
        self._book = SymbolBook(products, exchanges, overrides)
        self._calendar = calendar
        self._table = SessionTable(calendar, night_changes)
        self._stamper = Stamper(calendar, self._table, self.product)
        self._describer = Describer(self._table, read_observed())
        self._instruments: dict[tuple[str, int | None], Instrument] = {}
        self._latest: dict[str, _Resolved] = {}

    @classmethod
    def load(cls, overrides: Path) -> ChinaMarket:
        """Read the package's facts, and a user's own where the file is there.

        Raises:
            ConfigError: The file is wrong; the error names every problem.
        """
        exchanges = read_exchanges()
        return cls(
            exchanges=exchanges,
            products=with_overrides(read_products(exchanges), exchanges, overrides),
            night_changes=read_night_changes(),
            calendar=TradingCalendar.of_exchanges(),
            overrides=str(overrides),
        )

    @property
    def exchanges(self) -> frozenset[str]:
        """Return the codes of the six exchanges."""
        return self._exchanges

    @property
    def timezone(self) -> str:
        """Return `Asia/Shanghai`."""
        return "Asia/Shanghai"

    @property
    def products(self) -> Mapping[str, Product]:
        """Return everything known of every product, by key, such as `rb.SHFE`."""
        return self._products

    def product(self, symbol: str) -> Product:
        """Return everything known of the product of a symbol.

        Raises:
            UnknownInstrument: The text means nothing in this market.
        """
        return self._book.find(symbol)[1]

    def parse_symbol(self, text: str, *, exchange: str = "", on_day: int | None = None) -> str:  # noqa: ARG002  no spelling here depends on the day
        """Return the symbol that a text means, such as `RB2510` -> `rb2510.SHFE`.

        CZCE keeps its three digits: `AP2010` -> `AP010.CZCE`. A continuous series
        is a product with `HOT`, `888` or `000`: `SHFE.rb.HOT` -> `rbHOT.SHFE`. The
        main contract that the engine follows is `rb.MAIN.SHFE`, also `rbMAIN.SHFE`.

        Raises:
            UnknownInstrument: The text means nothing here, or is an option or a
                combination; the message says how to add a product.
        """
        return self._book.find(text, exchange)[0]

    def resolve(self, symbol: str, *, on_day: int | None = None) -> Instrument:
        """Return the contract as it stood on a trading day; today's knowledge when `None`.

        Where no source gives a fact the instrument has the core's default, such as
        `DEFAULT_MARGIN` and no fee; `describe` tells which. A last trading day of 0
        is also that of a series, or beyond the calendar.

        Raises:
            UnknownInstrument: This market has no such product.
        """
        found = self._instruments.get((symbol, on_day))
        if found is None:
            found = self._resolve(*self._book.find(symbol), on_day)
            if len(self._instruments) >= _KEPT:
                self._instruments.clear()
            self._instruments[symbol, on_day] = found
        return found

    def sessions(self, symbol: str, trading_day: int) -> tuple[Session, ...]:
        """Return a contract's sessions of one trading day, the night before it first.

        Call auctions are before them, see `auctions`. The shorter last day of a
        treasury bond future is not known here.

        Raises:
            MarketError: The day is outside the calendar, or not a trading day.
        """
        return self._table.sessions(self.product(symbol), trading_day)

    def auctions(self, symbol: str, trading_day: int) -> tuple[Auction, ...]:
        """Return a contract's call auctions of one trading day, the one of the night first.

        None where no source says when they are.

        Raises:
            MarketError: The day is outside the calendar, or not a trading day.
        """
        return self._table.auctions(self.product(symbol), trading_day)

    def trading_day(self, symbol: str, ts_ns: int) -> int:
        """Return the trading day an instant belongs to.

        It begins when the day session of the one before it ends, at 15:00:00
        (15:15:00) sharp: what is between sessions belongs to the next. Ticks
        that an exchange sends a moment after its close carry their trading
        day in their own fields: use `stamp` for those.

        Raises:
            MarketError: The instant is outside the calendar.
        """
        return self._table.trading_day(self.product(symbol), ts_ns)

    def stamp(
        self, symbol: str, *, trading_day: str, action_day: str, time: str, millisecond: int
    ) -> tuple[int, int]:
        """Return (ts_ns, trading day) of an exchange's own date and time fields.

        `homalos_china.stamping` says how they are read. The fields are believed:
        a snapshot repeated outside the sessions keeps its own time, and its
        caller decides what it is worth.

        Raises:
            ValueError: A field cannot be read, or the dates contradict each other.
        """
        return self._stamper.stamp(symbol, trading_day, action_day, time, millisecond)

    def describe(self, symbol: str, *, on_day: int) -> tuple[Fact, ...]:
        """Return what holds of a contract on a trading day, and where that comes from.

        Raises:
            UnknownInstrument: This market has no such product.
            MarketError: The day is outside the calendar, or not a trading day.
        """
        known, product = self._book.find(symbol)
        return self._describer.describe(self.resolve(known, on_day=on_day), product, on_day)

    def _resolve(self, symbol: str, product: Product, day: int | None) -> Instrument:
        """Return the contract of a day: the one made last while no fact is another."""
        delivery = delivery_of(symbol, day)
        latest = self._latest.get(symbol)
        if latest is not None and latest.holds(delivery, day):
            return latest.instrument
        facts = (
            delivery,
            product.terms_of(delivery, day),
            fact_on(product.rules, day),
            fact_on(product.sizes, day),
            nearest_on(product.margins, day)[0],
            nearest_on(product.limits, day)[0],
            fact_on(product.fees, day),
        )
        if latest is not None and latest.facts == facts:
            made = latest.instrument
        else:
            made = self._make(symbol, product, facts)
        if len(self._latest) >= _KEPT:
            self._latest.clear()
        self._latest[symbol] = _Resolved(made, facts, _days_alike(product, day))
        return made

    def _make(self, symbol: str, product: Product, facts: _Facts) -> Instrument:
        delivery, terms, rules, sizes, margin, limit, fees = facts
        ending = product.ending_of(delivery)
        code = split_symbol(symbol)[0]
        return Instrument(
            symbol=symbol,
            product=product.code,
            tick_size=terms.tick_size,
            multiplier=terms.multiplier,
            margin_rate=DEFAULT_MARGIN if margin.rate is None else margin.rate,
            fee_open=fees.open or DEFAULT_FEE,
            fee_close=fees.close or DEFAULT_FEE,
            fee_close_today=fees.close_today or DEFAULT_FEE,
            max_limit_volume=sizes.limit,
            max_market_volume=sizes.market,
            name=product.name + code.removeprefix(product.code),
            margin_side=rules.margin_side or MarginSide.BOTH,
            margin_group=product.key,
            offsets=rules.offsets,
            close_first=rules.close_first or CloseFirst.OLDEST,
            last_trading_day=(
                last_day(ending.rule, delivery, self._calendar) if delivery and ending.rule else 0
            ),
            delivery=product.delivery.kind or Delivery.NONE,
            fee_delivery=product.delivery.fee or DEFAULT_FEE,
            limit_rate=limit.rate or Decimal(0),
        )
