"""What a plugin may use of the engine, and what the engine uses of a plugin.

Protocols only. Unless a method says otherwise it is called on the engine thread.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Literal, Protocol

from attrs import frozen

from homalos.model import (
    AccountData,
    BarData,
    CancelRefused,
    CancelRequest,
    Command,
    ConnectionChanged,
    Direction,
    Instrument,
    Offset,
    OrderData,
    OrderReport,
    OrderRequest,
    OrderType,
    PositionData,
    Rejection,
    StrategyState,
    TickData,
    TradeData,
    TradeReport,
)

__all__ = [
    "Clock",
    "Desk",
    "EngineHandle",
    "Feed",
    "FeedContext",
    "Gateway",
    "GatewayContext",
    "Holding",
    "ImportContext",
    "Market",
    "MarketContext",
    "MarketEvent",
    "MarketTap",
    "Refusal",
    "RiskCheck",
    "RiskContext",
    "Session",
    "Snapshot",
    "Store",
    "StoreContext",
    "Timer",
    "VenueEvent",
]

MarketEvent = TickData | BarData
VenueEvent = OrderReport | TradeReport | CancelRefused | ConnectionChanged | TickData


# -- time ---------------------------------------------------------------------


class Timer(Protocol):
    """A call that has been arranged."""

    def cancel(self) -> None:
        """Call it off; nothing happens when it has fired already."""


class Clock(Protocol):
    """The one time of an engine: the wall's in live, the events' in a simulation."""

    def now_ns(self) -> int:
        """Return the time, nanoseconds UTC. Any thread."""

    def call_at(self, due_ns: int, callback: Callable[[], None]) -> Timer:
        """Call back at a time, before any event stamped then or later."""

    def call_every(
        self, interval_ns: int, callback: Callable[[], None], *, first_ns: int | None = None
    ) -> Timer:
        """Call back again and again; the first time after one interval unless given."""


# -- markets ------------------------------------------------------------------


@frozen
class Session:
    """One stretch of continuous trading, `[start_ns, end_ns)`, nanoseconds UTC."""

    start_ns: int
    end_ns: int
    trading_day: int


@frozen
class MarketContext:
    """What a market is made from.

    Attributes:
        home: The folder that holds all state; a market may read overrides there.
    """

    home: Path


class Market(Protocol):
    """One market: its exchanges, its spelling, its calendar, its contracts. Pure; any thread."""

    @property
    def exchanges(self) -> frozenset[str]:
        """Return the exchanges whose symbols are this market's."""

    @property
    def timezone(self) -> str:
        """Return the IANA name of the zone that its clock times are in."""

    def parse_symbol(self, text: str, *, exchange: str = "", on_day: int | None = None) -> str:
        """Return the symbol that a text means here, such as `rb2510` -> `rb2510.SHFE`.

        Args:
            text: `rb2510.SHFE`, `SHFE.rb2510`, or the bare code where the product tells.
            exchange: The exchange when the source names it beside the code.
            on_day: Trading day yyyymmdd, where a spelling depends on it.

        Raises:
            UnknownInstrument: The text means nothing in this market.
        """

    def resolve(self, symbol: str, *, on_day: int | None = None) -> Instrument:
        """Return the contract as it stood on a trading day; today's knowledge when `None`.

        Raises:
            UnknownInstrument: This market has no such product.
        """

    def sessions(self, symbol: str, trading_day: int) -> tuple[Session, ...]:
        """Return a contract's sessions of one trading day, the night before it first.

        Raises:
            MarketError: The day is outside the calendar, or not a trading day.
        """

    def trading_day(self, symbol: str, ts_ns: int) -> int:
        """Return the trading day an instant belongs to; between sessions, the next one's.

        Raises:
            MarketError: The instant is outside the calendar.
        """

    def stamp(
        self, symbol: str, *, trading_day: str, action_day: str, time: str, millisecond: int
    ) -> tuple[int, int]:
        """Return (ts_ns, trading day) of an exchange's own date and time fields.

        Exchanges fill the two dates differently at night; the market knows how.

        Args:
            symbol: Of the contract.
            trading_day: yyyymmdd, or "" when the source has none.
            action_day: yyyymmdd, or "" when the source has none.
            time: HH:MM:SS, exchange time.
            millisecond: 0 to 999.

        Raises:
            ValueError: A field cannot be read, or the dates contradict each other.
        """


# -- venues -------------------------------------------------------------------


@frozen
class GatewayContext:
    """What a venue is made from.

    Attributes:
        name: The gateway's name in the settings.
        clock: The engine's.
        random: For an in-process venue that needs chance; seeded by the settings.
        instrument: The contract of a symbol.
        last_tick: The last tick of a symbol that some strategy trades, or `None`.
        post: Hand a report to the engine. Any thread, unless the venue is in-process.
        post_at: The same at a later time; only for an in-process venue.
    """

    name: str
    clock: Clock
    random: random.Random
    instrument: Callable[[str], Instrument]
    last_tick: Callable[[str], TickData | None]
    post: Callable[[VenueEvent], None]
    post_at: Callable[[int, VenueEvent], None]


@frozen
class MarketTap:
    """How an in-process venue sees the market.

    The venue sees each event before the engine does, as an exchange sees its own
    market first: what the event fills is reported before the event. It is shown
    an event only while `waiting` is not empty; a new order finds the market by
    `GatewayContext.last_tick`.

    Attributes:
        waiting: What waits to be filled; the same live container for ever.
        on_tick: Is shown a tick.
        on_bar: Is shown a bar.
    """

    waiting: Sized
    on_tick: Callable[[TickData], None]
    on_bar: Callable[[BarData], None]


class Gateway(Protocol):
    """One connection to a venue."""

    def connect(self) -> None:
        """Open the connection; the outcome comes as `ConnectionChanged`."""

    def close(self) -> None:
        """Close it. Called once, also after a failure."""

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Ask for the market data of more symbols."""

    def send_order(self, request: OrderRequest) -> None:
        """Send an order; never blocks. Every outcome comes back as a report."""

    def cancel_order(self, request: CancelRequest) -> None:
        """Ask for what is left of an order to be taken back; never blocks."""

    def working_orders(self) -> frozenset[str]:
        """Return the ids of the orders that the venue holds as working."""

    def market_tap(self) -> MarketTap | None:
        """Return how an in-process venue sees the market; `None` for one outside."""


# -- data ---------------------------------------------------------------------


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
        bad_row: `(file, line, reason)`: count a row that cannot be used; raises
            `BadRowError` when the run is strict. Lines count from 1, header included.
        symbol: The symbol of a file that names none, or of which to read only that.
        interval: The bar length of a bar file.
        label: Whether a bar file's time is the bar's start or its end.
    """

    parse_symbol: Callable[[str, str], str]
    market: Callable[[str], Market]
    instrument: Callable[[str], Instrument]
    bad_row: Callable[[str, int, str], None]
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
        """Finish what is under way and let go of the file."""


# -- risk ---------------------------------------------------------------------


class Holding(Protocol):
    """What an account holds and works in one instrument; lots, all >= 0. Read only."""

    long: int
    short: int
    opening_long: int
    opening_short: int
    closing_long: int
    closing_short: int


@frozen
class Refusal:
    """A rule's no.

    Attributes:
        message: One sentence: what was found, what is allowed.
        input: What was measured.
        limit: What is allowed.
    """

    message: str
    input: float
    limit: float


RiskCheck = Callable[[OrderRequest], Refusal | None]


class RiskContext(Protocol):
    """What a rule may look at. Bind what you need when the rule is built."""

    @property
    def clock(self) -> Clock:
        """Return the engine's clock."""

    def instrument(self, symbol: str) -> Instrument:
        """Return the contract of a symbol."""

    def holding(self, account: str, symbol: str) -> Holding:
        """Return the live holding; the same object for as long as the engine lives."""

    def available(self, account: str) -> float:
        """Return what new orders may use of an account's funds, in its currency."""

    def last_price(self, symbol: str) -> float:
        """Return the last price seen, nan when none was."""

    def last_tick(self, symbol: str) -> TickData | None:
        """Return the last tick seen, `None` when none was (a run on bars)."""

    def is_reducing(self, request: OrderRequest) -> bool:
        """Say whether an order can only make a position smaller."""


# -- strategies ---------------------------------------------------------------


class Desk(Protocol):
    """What a strategy trades through; `homalos.strategy.Strategy` wraps it."""

    @property
    def clock(self) -> Clock:
        """Return the engine's clock."""

    def instrument(self, symbol: str) -> Instrument:
        """Return the contract of a symbol."""

    def position(self, symbol: str) -> int:
        """Return this strategy's own net position in lots; short is negative."""

    def send(
        self,
        symbol: str,
        direction: Direction,
        offset: Offset,
        price: float,
        volume: int,
        order_type: OrderType,
        reference: str,
    ) -> OrderData | Rejection:
        """Send an order through risk to the venue; the price is snapped to the grid."""

    def cancel(self, order_id: str) -> bool:
        """Ask for an order to be cancelled; False when it is not working any more."""

    def active_orders(self, symbol: str | None) -> list[OrderData]:
        """Return this strategy's orders that can still be filled, oldest first."""

    def set_target(self, symbol: str, target: int, price: float) -> None:
        """Work towards a net position; nan as price sends market orders."""

    def history(self, symbol: str, interval: str, count: int) -> list[BarData]:
        """Return the last finished bars, oldest first, at most `count`."""

    def last_tick(self, symbol: str) -> TickData | None:
        """Return the last tick seen, or `None`."""

    def timer(self, name: str, interval_ns: int) -> Timer:
        """Call `on_timer(name)` every so often."""

    def log(self, level: str, message: str) -> None:
        """Say something to the person who watches."""


# -- the outside --------------------------------------------------------------


@frozen(kw_only=True)
class Snapshot:
    """A picture of a running engine; it never changes, so any thread may keep it."""

    ts_ns: int
    trading_day: int
    dispatched: int
    ticks: Mapping[str, TickData]
    bars: Mapping[str, BarData]
    orders: Sequence[OrderData]
    trades: Sequence[TradeData]
    positions: Sequence[PositionData]
    accounts: Sequence[AccountData]
    strategies: Mapping[str, StrategyState]
    counters: Mapping[str, int]
    queues: Mapping[str, int]


class EngineHandle(Protocol):
    """The engine as other threads see it. Every method: any thread."""

    def submit(self, command: Command) -> Future[Any]:
        """Carry out a command between two events; the future has its result or error."""

    def snapshot(self) -> Future[Snapshot]:
        """Take a picture between two events."""
