"""What a venue is, what it is made from, and what it says."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence, Sized
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from attrs import Factory, frozen

from homalos.errors import MarketError, MissingPluginError
from homalos.model import (
    BarData,
    CancelRefused,
    CancelRequest,
    ConnectionChanged,
    Direction,
    Instrument,
    OrderReport,
    OrderRequest,
    OrdersReported,
    TickData,
    TradeReport,
)
from homalos.plugins.ports.clock import Clock
from homalos.plugins.ports.market import Market

if TYPE_CHECKING:
    from homalos.plugins.specs import FillModelSpec

__all__ = [
    "DayCloser",
    "FaultMaker",
    "FundsSource",
    "Gateway",
    "GatewayContext",
    "LeaseHolder",
    "MarketTap",
    "NettingVenue",
    "OrderSource",
    "PositionSource",
    "PromptVenue",
    "VenueEvent",
    "VenueFunds",
    "VenuePosition",
]


VenueEvent = (
    OrderReport | TradeReport | CancelRefused | OrdersReported | ConnectionChanged | TickData
)


def _no_model(name: str) -> FillModelSpec:
    msg = f"no plugin offers a fill model {name!r}: this venue was made without any"
    raise MissingPluginError(msg)


def _no_day() -> int:
    return 0


def _no_market(symbol: str) -> Market:
    msg = f"no market is known to trade {symbol!r}: this venue was made without any"
    raise MarketError(msg)


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
        fill_model: The fill model of a name, of any plugin, for a venue that takes one;
            `MissingPluginError` where no plugin offers it.
        trading_day: The trading day that the engine is in, yyyymmdd; 0 before the first.
        market: The market that a symbol belongs to: its sessions and auctions;
            `MarketError` where none is known.
        capital: What each account that trades here starts with, by name, currency.
    """

    name: str
    clock: Clock
    random: random.Random
    instrument: Callable[[str], Instrument]
    last_tick: Callable[[str], TickData | None]
    post: Callable[[VenueEvent], None]
    post_at: Callable[[int, VenueEvent], None]
    fill_model: Callable[[str], FillModelSpec] = _no_model
    trading_day: Callable[[], int] = _no_day
    market: Callable[[str], Market] = _no_market
    capital: Mapping[str, Decimal] = Factory(dict)


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


@frozen
class VenuePosition:
    """One side of one instrument in one account, as its venue has it.

    Attributes:
        symbol: The contract.
        direction: The side.
        earlier: Lots held since before this trading day, >= 0.
        today: Lots opened on this trading day, >= 0.
    """

    symbol: str
    direction: Direction
    earlier: int
    today: int


@runtime_checkable
class PositionSource(Protocol):
    """A gateway that can say what an account holds. Optional: another one is not asked."""

    def positions(self, account: str) -> Sequence[VenuePosition] | None:
        """Return what an account holds there, by its name in the settings; never blocks.

        Sides without lots may be left out. `None` where it is not known, or not known
        up to this moment: a picture older than the last report would show differences
        that are none.
        """


@frozen(kw_only=True)
class VenueFunds:
    """An account's money as its venue has it, currency, exact.

    Attributes:
        equity: What the account is worth at the venue's last prices.
        margin: Held for positions.
        fees: Taken so far.
    """

    equity: Decimal
    margin: Decimal
    fees: Decimal


@runtime_checkable
class FundsSource(Protocol):
    """A gateway that can say what an account is worth. Optional: another one is not asked."""

    def funds(self, account: str) -> VenueFunds | None:
        """Return an account's money there, by its name in the settings; never blocks.

        `None` where it is not known up to this moment.
        """


@runtime_checkable
class OrderSource(Protocol):
    """A gateway that can be asked for its orders. Optional.

    The engine asks after a connection came back, and where an answer stayed out. Of a
    gateway without it, orders stay unknown until it reports them unasked.
    """

    def report_orders(self, question: int) -> None:
        """Have every order and trade of this trading day reported anew, then say so.

        As `OrderReport` and `TradeReport` through `GatewayContext.post`, each once, in the
        order in which they happened, and `OrdersReported` behind them, with the number of the
        question: the engine may ask again before it has heard the answer. Every order
        that was sent before the question, and reached the venue, is among them. Never blocks.
        """


@runtime_checkable
class LeaseHolder(Protocol):
    """A gateway that cancels what is working once the engine falls silent. Optional.

    It is kept by the side that holds the venue connection, by that side's own clock.
    """

    def renew_lease(self, valid_ns: int) -> None:
        """Hold the lease so many nanoseconds from now on; never blocks.

        When it runs out, every working order is cancelled, and new orders are refused until
        it is renewed. 0 ends the lease: nothing is watched any more.
        """


@runtime_checkable
class DayCloser(Protocol):
    """A venue inside the engine that settles its accounts, too. Optional."""

    def end_day(self, day: int) -> None:
        """Settle a trading day that is over, yyyymmdd; again is harmless.

        Before the engine settles it, and before anybody sees an event of the next one: the
        last ticks and the contracts' terms are still those of the day.
        """


@runtime_checkable
class FaultMaker(Protocol):
    """A gateway that makes faults on purpose, to see what the engine makes of them. Optional."""

    def heal(self) -> None:
        """Have what is under way arrive, and make no more faults on this trading day.

        Where anything was lost the connection goes down and comes back, so that the engine
        asks for what it missed. Also called by the engine when its run ends.
        """

    def faults(self) -> Mapping[str, int]:
        """Return how often each kind of fault was made so far, by its name."""

    def reports(self) -> Sequence[OrderReport | TradeReport]:
        """Return all that the venue behind it has said of orders and trades, oldest first.

        Each once, as it was said, whatever became of it on the way: the truth to compare with.
        """


@runtime_checkable
class PromptVenue(Protocol):
    """A gateway whose every answer is there before anything else happens. Optional.

    One that says so is not watched for answers that stay out: see `orders.answer_s`.
    """

    def answers_at_once(self) -> bool:
        """Say whether it has posted its answer when `send_order` returns; always the same."""


@runtime_checkable
class NettingVenue(Protocol):
    """A gateway that may be sent orders without an offset. Optional.

    Where the contract knows offsets, another one is sent what a netting account's order
    closes and what it opens, each with its offset.
    """

    def nets_itself(self) -> bool:
        """Say whether it closes what stands against an order before it opens; always the same."""


class Gateway(Protocol):
    """One connection to a venue."""

    def connect(self) -> None:
        """Open the connection; the outcome comes as `ConnectionChanged`."""

    def close(self) -> None:
        """Close it, also after a `connect` that failed; again is harmless.

        On a thread of its own while the engine's waits; one that takes longer than 5 s
        is left behind and told.
        """

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
