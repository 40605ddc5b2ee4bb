"""Sources of market data, readers of files, places to keep records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, Protocol

from attrs import frozen

from homalos.model import (
    BarData,
    Instrument,
    OrderData,
    TickData,
    TradeData,
)
from homalos.plugins.ports.market import Market

__all__ = [
    "Feed",
    "FeedContext",
    "ImportContext",
    "MarketEvent",
    "RowFault",
    "Store",
    "StoreContext",
    "TellBadRow",
]


MarketEvent = TickData | BarData

RowFault = Literal["unreadable", "missing-price", "unknown-instrument"]
"""What is wrong with a row of a file that makes no record: its class among the ticks'."""


class TellBadRow(Protocol):
    """Counts a row that cannot be used."""

    def __call__(
        self, file: str, line: int, reason: str, fault: RowFault = "unreadable", /
    ) -> None:
        """Count one.

        Args:
            file: Path as given.
            line: Counted from 1, the header included.
            reason: What was found and what was expected.
            fault: `missing-price` for a tick without a last price, `unknown-instrument`
                for a symbol that no market knows, else `unreadable`.

        Raises:
            BadRowError: The run is strict.
        """


@frozen
class FeedContext:
    """What a feed is made from.

    Attributes:
        seed: The run's seed.
        instrument: The contract of a symbol.
        market: The market of a symbol.
        read: Read files through the importers, merged by time.
    """

    seed: int
    instrument: Callable[[str], Instrument]
    market: Callable[[str], Market]
    read: Callable[[Sequence[Path]], Iterator[MarketEvent]]


class Feed(Protocol):
    """A source of market data."""

    def history(self) -> Iterable[BarData]:
        """Return finished bars older than the first event, oldest first, for warm-up."""

    def events(self) -> Iterator[MarketEvent]:
        """Yield market data in time order. May be called on a feed thread; once."""


@frozen
class ImportContext:
    """What an importer may use.

    Attributes:
        parse_symbol: `(code, exchange) -> symbol`; exchange may be "".
        market: The market of a symbol.
        instrument: The contract of a symbol.
        bad_row: `(file, line, reason)`, or with the `fault` behind: count a row that cannot
            be used; raises `BadRowError` when the run is strict. Lines count from 1,
            header included.
        symbol: The symbol of a file that names none, or of which to read only that.
        interval: The bar length of a bar file.
        label: Whether a bar file's time is the bar's start or its end.
    """

    parse_symbol: Callable[[str, str], str]
    market: Callable[[str], Market]
    instrument: Callable[[str], Instrument]
    bad_row: TellBadRow
    symbol: str | None = None
    interval: str | None = None
    label: Literal["start", "end"] | None = None


@frozen
class StoreContext:
    """What a store is made from.

    Attributes:
        home: The folder that holds all state; it exists.
    """

    home: Path


class Store(Protocol):
    """A place where records are kept."""

    def write(self, records: Sequence[OrderData | TradeData | BarData]) -> None:
        """Keep a batch, all or nothing. Observer thread. Writing a record again is harmless.

        Raises:
            StoreError: The batch could not be kept; the observer tries again.
        """

    def load_bars(self, symbol: str, interval: str, *, start_ns: int, end_ns: int) -> list[BarData]:
        """Return the bars with `start_ns <= bar.start_ns < end_ns`, oldest first. Any thread."""

    def load_orders(self) -> list[OrderData]:
        """Return the last state of every order, oldest first. Any thread."""

    def load_trades(self) -> list[TradeData]:
        """Return every trade, oldest first. Any thread."""

    def close(self) -> None:
        """Finish what is under way and let go of the file; again is harmless.

        On a thread of its own while the engine's waits; one that takes longer than 10 s
        is left behind and told.
        """
