"""A venue under test, the market it stands in, and everything it says."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from math import isnan
from pathlib import Path
from threading import Event
from typing import Any, Self, TypeVar

from attrs import Factory, frozen

from homalos.errors import MissingPluginError, UnknownInstrument
from homalos.model import (
    CancelRequest,
    Direction,
    Instrument,
    Offset,
    OrderReport,
    OrderRequest,
    OrderType,
    Status,
    TickData,
    TradeReport,
)
from homalos.plugins.ports import Gateway, GatewayContext, VenueEvent
from homalos.plugins.specs import FillModelSpec, GatewaySpec
from homalos.testing.contracts.requirement import expect, options_of
from homalos.testing.fakes import FakeClock
from homalos.testing.records import INSTRUMENTS, SYMBOL, tick

__all__ = ["NAME", "Floor", "GatewaySubject", "shown"]

NAME = "under-test"
"""What the venue is called in the settings of the test."""

_NS = 1_000_000_000
_E = TypeVar("_E", bound=VenueEvent)


@frozen(kw_only=True)
class GatewaySubject:
    """A venue under test, and how to make things happen there.

    Attributes:
        spec: What the plugin offers.
        folder: An empty folder of the test's own.
        options: As they would stand in the settings.
        symbol: What is traded in the test; one of `contracts`.
        contracts: What the venue can look up, by symbol.
        price: A price on the grid at which the venue can be made to fill, currency per unit.
        fill_models: What the venue may choose its fill model from.
        quote: `(symbol, bid, ask, lots)`: move the market at the venue, this many lots on
            either side. May be left out for a venue inside the engine that looks at the
            market by a `MarketTap`.
        settle: Wait until everything that the venue has to say has been posted. Left out, a
            venue inside the engine is given a second of its clock, and one outside it
            `quiet_s` seconds without a word.
        quiet_s: Seconds of silence after which a venue without `settle` counts as settled.
    """

    spec: GatewaySpec
    folder: Path
    options: Mapping[str, Any] = Factory(dict)
    symbol: str = SYMBOL
    contracts: Mapping[str, Instrument] = INSTRUMENTS
    price: float = 100.0
    fill_models: Sequence[FillModelSpec] = ()
    quote: Callable[[str, float, float, int], None] | None = None
    settle: Callable[[], None] | None = None
    quiet_s: float = 0.3


class Floor:
    """A venue made anew, connected when it is entered and closed when it is left.

    Attributes:
        venue: What is tested.
        said: Everything it has posted, in order.
        clock: The engine's.
        step: The contract's tick size.
    """

    def __init__(self, subject: GatewaySubject) -> None:
        """Make the venue as an engine makes it; it is not connected yet."""
        self.said: list[VenueEvent] = []
        self.clock = FakeClock()
        self.step = subject.contracts[subject.symbol].tick_size
        self._subject = subject
        self._ticks: dict[str, TickData] = {}
        self._news = Event()
        self._orders = 0
        context = GatewayContext(
            name=NAME,
            clock=self.clock,
            random=random.Random(1),
            instrument=self._instrument,
            last_tick=self._ticks.get,
            post=self._post,
            post_at=self._post_at,
            fill_model=self._fill_model,
        )
        self.venue: Gateway = subject.spec.factory(
            context, options_of(subject.spec, subject.options)
        )

    def __enter__(self) -> Self:
        """Connect, subscribe, and show a first market with nobody at the price of the test."""
        self.venue.connect()
        self.venue.subscribe([self._subject.symbol])
        self.settle()
        self.rest()
        return self

    def __exit__(self, *_error: object) -> None:
        """Close it; whether that goes well is looked at in a requirement of its own."""
        self.leave()

    def leave(self) -> None:
        """Close the venue, whatever that raises."""
        with suppress(Exception):
            self.venue.close()

    # -- the market ----------------------------------------------------------------

    def rest(self) -> None:
        """Move the market to one step on either side of the price of the test."""
        price = self._subject.price
        self.quote(price - self.step, price + self.step, 50)

    def offer(self, lots: int) -> None:
        """Have so many lots offered at the price of the test: what buys there is filled."""
        price = self._subject.price
        self.quote(price - self.step, price, lots)

    def bid(self, lots: int) -> None:
        """Have so many lots bid for at the price of the test: what sells there is filled."""
        price = self._subject.price
        self.quote(price, price + self.step, lots)

    def quote(self, bid: float, ask: float, lots: int) -> None:
        """Move the market, and wait for what comes of it."""
        subject = self._subject
        self.clock.advance(_NS)
        if subject.quote is not None:
            subject.quote(subject.symbol, bid, ask, lots)
            self.settle()
            return
        tap = self.venue.market_tap()
        shown = tick(
            subject.symbol,
            bid,
            ts_ns=self.clock.now_ns(),
            bid_price_1=bid,
            bid_volume_1=lots,
            ask_price_1=ask,
            ask_volume_1=lots,
        )
        if tap is not None and len(tap.waiting):
            tap.on_tick(shown)
        self._ticks[subject.symbol] = shown
        self.settle()

    # -- orders --------------------------------------------------------------------

    def request(
        self,
        volume: int = 1,
        *,
        price: float | None = None,
        symbol: str = "",
        direction: Direction = Direction.LONG,
        kind: OrderType | None = None,
    ) -> OrderRequest:
        """Make an order at the price of the test, or a market order when the price is nan."""
        self._orders += 1
        at = self._subject.price if price is None else price
        return OrderRequest(
            f"1-{self._orders}",
            symbol or self._subject.symbol,
            direction,
            Offset.OPEN,
            kind or (OrderType.MARKET if isnan(at) else OrderType.LIMIT),
            at,
            volume,
            "test",
            "main",
            NAME,
            self.clock.now_ns(),
        )

    def send(self, request: OrderRequest) -> list[VenueEvent]:
        """Send an order and return what is said of it when all has settled."""
        self.venue.send_order(request)
        self.settle()
        return self.about(request)

    def cancel(self, request: OrderRequest) -> list[VenueEvent]:
        """Ask for an order back and return what is said from then on."""
        before = len(self.said)
        self.venue.cancel_order(self.wish(request))
        self.settle()
        return self.said[before:]

    def wish(self, request: OrderRequest) -> CancelRequest:
        """Return the wish to take an order back."""
        return CancelRequest(
            request.order_id, request.symbol, "test", "main", NAME, self.clock.now_ns()
        )

    # -- what is said --------------------------------------------------------------

    def about(self, request: OrderRequest) -> list[VenueEvent]:
        """Return everything said of an order."""
        return [event for event in self.said if getattr(event, "order_id", "") == request.order_id]

    def of(self, kind: type[_E], request: OrderRequest) -> list[_E]:
        """Return what is said of an order in one kind of report."""
        return [event for event in self.about(request) if isinstance(event, kind)]

    def filled(self, request: OrderRequest) -> int:
        """Return the lots of an order's trades."""
        return sum(trade.volume for trade in self.of(TradeReport, request))

    def expect_rejected(self, request: OrderRequest, what: str) -> None:
        """Send an order that must come back as one reasoned rejection.

        Raises:
            Unmet: It does not.
        """
        answers = self.send(request)
        expect(
            len(answers) == 1
            and isinstance(answers[0], OrderReport)
            and answers[0].status is Status.REJECTED,
            f"{what} was answered with {shown(answers)}; expected one report REJECTED",
        )
        expect(
            bool(getattr(answers[0], "reason", "")),
            f"{what} was rejected without a reason; expected one that a person can act on",
        )

    def settle(self) -> None:
        """Wait until everything that the venue has to say has been posted."""
        if self._subject.settle is not None:
            self._subject.settle()
        elif self._subject.spec.in_process:
            self.clock.advance(_NS)
        else:
            while self._news.wait(self._subject.quiet_s):
                self._news.clear()

    # -- inside --------------------------------------------------------------------

    def _instrument(self, symbol: str) -> Instrument:
        instrument = self._subject.contracts.get(symbol)
        if instrument is None:
            msg = f"{symbol!r} is not among the contracts of this test"
            raise UnknownInstrument(msg)
        return instrument

    def _fill_model(self, name: str) -> FillModelSpec:
        for spec in self._subject.fill_models:
            if spec.name == name:
                return spec
        msg = f"no fill model {name!r}; give the subject `fill_models`"
        raise MissingPluginError(msg)

    def _post(self, event: VenueEvent) -> None:
        self.said.append(event)
        if not isinstance(event, TickData):
            self._news.set()

    def _post_at(self, due_ns: int, event: VenueEvent) -> None:
        self.clock.call_at(due_ns, lambda: self._post(event))


def shown(events: Sequence[VenueEvent]) -> str:
    """Return events as short as a person can still read them."""
    return (
        ", ".join(
            f"{type(each).__name__} {getattr(each, 'status', '')}".rstrip() for each in events
        )
        or "nothing"
    )
