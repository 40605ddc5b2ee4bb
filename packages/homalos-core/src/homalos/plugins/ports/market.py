"""What a market is, and what it is made from."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

from attrs import frozen

from homalos.model import (
    Instrument,
)

__all__ = ["Auction", "AuctionSource", "Fact", "Market", "MarketContext", "Session"]


@frozen
class Session:
    """One stretch of continuous trading, `[start_ns, end_ns)`, nanoseconds UTC."""

    start_ns: int
    end_ns: int
    trading_day: int


@frozen
class Auction:
    """A call auction: orders are taken, then matched at one price; nanoseconds UTC.

    Attributes:
        start_ns: The first order is taken.
        match_ns: No order is taken or cancelled any more.
        end_ns: Everything is matched; the session begins.
        trading_day: Whose opening it is.
    """

    start_ns: int
    match_ns: int
    end_ns: int
    trading_day: int


@runtime_checkable
class AuctionSource(Protocol):
    """A market that has call auctions. Optional: another one opens without."""

    def auctions(self, symbol: str, trading_day: int) -> tuple[Auction, ...]:
        """Return a contract's call auctions of one trading day, in time order.

        Raises:
            MarketError: The day is outside the calendar, or not a trading day.
        """


@frozen(kw_only=True)
class Fact:
    """One thing a market holds to be so on a day, and where it has it from.

    Attributes:
        name: What it is about, such as `margin_rate`.
        value: As a person reads it; `unknown` where no source gives it.
        valid_from: First trading day it is known to hold on, yyyymmdd; 0 without a beginning.
        valid_to: Last one; 99999999 without an end.
        sources: Where it comes from, each by a name that can be looked up.
        nearest: The day it was seen on, where the day asked for lies outside what is known
            and this is the nearest there is; else 0.
        note: What a careful reader should know.
    """

    name: str
    value: str
    valid_from: int = 0
    valid_to: int = 99_999_999
    sources: tuple[str, ...] = ()
    nearest: int = 0
    note: str = ""


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

    def describe(self, symbol: str, *, on_day: int) -> tuple[Fact, ...]:
        """Return what holds of a contract on a trading day, and where that comes from.

        Names are those of `Instrument` where it has the fact too. A fact that no source
        gives is there with the value `unknown`.

        Raises:
            UnknownInstrument: This market has no such product.
            MarketError: The day is outside the calendar, or not a trading day.
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
