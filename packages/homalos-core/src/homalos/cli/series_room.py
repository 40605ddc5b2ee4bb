"""What the commands of `homalos series` work in: the file of rows, the market, the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from homalos.cli.tape import tell_bad_rows
from homalos.clock import wall_ns
from homalos.config import structure
from homalos.engine.build import make_markets, make_reader
from homalos.engine.making import make
from homalos.engine.series.days import TradingDays
from homalos.engine.series.keeping import main_file, merged, read_series, write_series
from homalos.engine.series.names import main_symbol, product_of_main
from homalos.engine.tapes import TapeOptions
from homalos.errors import ConfigError, MarketError, UnknownInstrument
from homalos.model import BarData, TickData, split_symbol
from homalos.plugins.catalog import Catalog
from homalos.plugins.ports import StoreContext

if TYPE_CHECKING:
    from homalos.cli.options import Asked
    from homalos.config import Settings
    from homalos.engine.markets import Markets
    from homalos.engine.series.rolls import Roll
    from homalos.plugins.ports import Session, Store

__all__ = ["Product", "Room"]


@frozen
class Product:
    """A product that a command is about.

    Attributes:
        product: `rb.SHFE`.
        symbol: Its main contract.
        days: Its trading days.
    """

    product: str
    symbol: str
    days: TradingDays
    _markets: Markets

    def contains(self, event: BarData | TickData) -> bool:
        """Say whether a record is of one of the product's contracts."""
        contract = self._markets.instrument(event.symbol)
        return f"{contract.product}.{contract.exchange}" == self.product

    def span(self, from_day: int, until: int | None) -> tuple[Session, Session]:
        """Return the first session from a day on, and the last one until another.

        Raises:
            MarketError: The calendar has no such day.
        """
        market = self._markets.of(self.symbol)
        first = self.days.at_or_after(from_day)
        last = until or market.trading_day(self.symbol, wall_ns())
        last = last if self.days.at_or_after(last) == last else self.days.before(last)
        if not first or not last or last < first:
            msg = f"{self.product}: no trading day is known from {from_day} to {until or 'today'}"
            raise MarketError(msg)
        return market.sessions(self.symbol, first)[0], market.sessions(self.symbol, last)[-1]

    def contracts(self, from_day: int, to_day: int) -> Iterator[str]:
        """Return the contracts that are delivered from one day to two years after another."""
        code, exchange = split_symbol(self.product)
        month, end = from_day // 100, to_day // 100 + 200
        while month <= end:
            with suppress(UnknownInstrument):
                yield self._markets.parse(f"{code}{month % 10_000:04}", exchange)
            month += 1 if month % 100 < 12 else 89


@frozen
class Room:
    """What every command here works in."""

    file: Path
    markets: Markets
    _settings: Settings
    _catalog: Catalog

    @classmethod
    def of(cls, asked: Asked) -> Room:
        """Ask settings and plugins."""
        settings = asked.settings(asked.config)
        catalog = Catalog.gather(asked.host())
        markets = make_markets(catalog, settings)
        return cls(main_file(settings.home), markets, settings, catalog)

    def series_of(self, text: str) -> Product:
        """Return the product that a text means: `rb.SHFE`, or `rb.MAIN.SHFE`.

        Raises:
            UnknownInstrument: No market knows it.
        """
        symbol = self._main_of(text)
        contract = self.markets.instrument(symbol)
        product = f"{contract.product}.{contract.exchange}"
        days = TradingDays(self.markets.of(symbol), symbol)
        return Product(product, symbol, days, self.markets)

    def _main_of(self, text: str) -> str:
        try:
            symbol = self.markets.parse(text)
        except UnknownInstrument:
            symbol = ""
        if product_of_main(symbol):
            return symbol
        if symbol:
            msg = f"{text!r} is one contract; name a product, such as rb.SHFE"
            raise UnknownInstrument(msg)
        try:
            return self.markets.parse(main_symbol(text))
        except ValueError as error:
            msg = f"{text!r} is no product of any market; write PRODUCT.EXCHANGE: {error}"
            raise UnknownInstrument(msg) from error

    def stored(
        self, product: Product, interval: str, from_day: int, until: int | None
    ) -> Iterator[BarData]:
        """Return the bars that the settings' store has of a product, contract by contract.

        Args:
            product: Whose contracts; as far as they are named by delivery months.
            interval: Which bars.
            from_day: First trading day.
            until: Last one; today when `None`.

        Raises:
            ConfigError: The settings name no store.
            MarketError: A day is outside the calendar.
        """
        wanted = self._settings.store
        if wanted is None:
            msg = "the settings name no store; give files with --data"
            raise ConfigError([msg])
        first, last = product.span(from_day, until)
        spec = self._catalog.store(wanted.kind)
        options: Any = structure(wanted.options, spec.config, path="$.store.options")
        context = StoreContext(home=self._settings.home)
        store: Store = make(f"store {wanted.kind!r}", spec.factory, context, options)
        with closing(store):
            for symbol in product.contracts(from_day, last.trading_day):
                yield from store.load_bars(
                    symbol, interval, start_ns=first.start_ns, end_ns=last.end_ns
                )

    def read(
        self, files: Sequence[Path], tape: TapeOptions, wanted: Callable[[BarData | TickData], bool]
    ) -> Iterator[BarData | TickData]:
        """Return the records of files that are wanted, in time order."""
        reader = make_reader(self._catalog, self.markets, tape)
        tell_bad_rows(reader.bad_rows)
        return filter(wanted, reader.read(files))

    def keep(self, rolls: Sequence[Roll], *, replace: bool) -> list[str]:
        """Put rows into the file; return the products that they are of."""
        book = merged(read_series(self.file), rolls, replace=replace, place=str(self.file))
        write_series(book, self.file)
        return sorted({roll.product for roll in rolls})

    # What an import asks of the market.

    def parse(self, text: str, exchange: str, day: int) -> str:
        """Return the symbol that a code means on an exchange."""
        del day  # no market here spells a contract differently on another day
        return self.markets.parse(text, exchange)

    def at_or_after(self, symbol: str, day: int) -> int:
        """Return the first trading day that is not before a day; 0 beyond the calendar."""
        return TradingDays(self.markets.of(symbol), symbol).at_or_after(day)
