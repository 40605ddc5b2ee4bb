"""A fill model under test, what it is shown, and what it fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan, nan
from typing import Any

from attrs import Factory, define, frozen

from homalos.model import Direction, Instrument, Offset, OrderRequest, OrderType, TickData
from homalos.plugins.ports import FillContext, RestingOrder
from homalos.plugins.specs import FillModelSpec
from homalos.testing.contracts.requirement import options_of
from homalos.testing.records import INSTRUMENTS, SYMBOL, at, bar, order_request, tick

__all__ = ["AGE_NS", "NOBODY", "FillModelSubject", "Filled", "Order", "Pit"]

NOBODY = (nan, 0)
"""A side of the book where nobody stands."""

AGE_NS = 60_000_000_000
"""Age up to which a book counts for a new order, a minute."""


@frozen(kw_only=True)
class FillModelSubject:
    """A fill model under test.

    Attributes:
        spec: What the plugin offers.
        options: As they would stand in the settings.
        instrument: What is traded.
        price: A price on its grid, currency per unit.
        limited: Whether it gives no more lots than the tape has. A model that is a bound, or
            is there to compare with, may look at prices only.
    """

    spec: FillModelSpec
    options: Mapping[str, Any] = Factory(dict)
    instrument: Instrument = INSTRUMENTS[SYMBOL]
    price: float = 100.0
    limited: bool = True


@define(eq=False)
class Order:
    """An order as a venue keeps it."""

    request: OrderRequest
    left: int
    since_ns: int


@frozen
class Filled:
    """A fill as it was told, and what was left of the order then."""

    name: str
    price: float
    lots: int
    ts_ns: int
    trading_day: int
    left: int


class Pit:
    """A model, the last tick that the engine has, and what was filled.

    Prices are given in steps of the grid from the price of the test.

    Attributes:
        limited: As the subject says.
    """

    def __init__(self, subject: FillModelSubject) -> None:
        """Make the model anew."""
        self.fills: list[Filled] = []
        self.last: TickData | None = None
        self.limited = subject.limited
        self._subject = subject
        self._last_price = subject.price
        # Not 0, and no whole price for each lot: the counts of a day that is under way.
        self._volume, self._turnover = 1_009, 1_009 * subject.price + 1
        context = FillContext(subject.instrument, self._fill)
        self.model = subject.spec.factory(context, options_of(subject.spec, subject.options))

    def price(self, steps: float) -> float:
        """Return the price so many steps from that of the test."""
        return self._subject.instrument.snap(
            self._subject.price + steps * self._subject.instrument.tick_size
        )

    def send(
        self,
        name: str,
        side: Direction,
        lots: int,
        steps: float = nan,
        *,
        second: float = 0,
        kind: OrderType = OrderType.LIMIT,
    ) -> Order:
        """Send an order of a kind, or a market order when no steps are given."""
        price = self.price(steps)
        request = order_request(
            side,
            price,
            lots,
            offset=Offset.OPEN,
            order_id=name,
            symbol=self._subject.instrument.symbol,
            type=OrderType.MARKET if isnan(price) else kind,
            ts_ns=at(second),
        )
        order = Order(request, lots, at(second))
        self.model.arrive(order, self.model.latest(self.last), AGE_NS)
        return order

    def made(
        self,
        second: float,
        bid: tuple[float, int] = NOBODY,
        ask: tuple[float, int] = NOBODY,
        trades: Sequence[tuple[float, int]] = (),
        **fields: Any,
    ) -> TickData:
        """Make a tick with these touches, each in steps and lots.

        Args:
            second: Its stamp.
            bid: The best bid.
            ask: The best ask.
            trades: What traded since the tick made before, in order, in steps and lots.
            fields: Any other field of `TickData`.
        """
        for steps, lots in trades:
            self._last_price = self.price(steps)
            self._volume += lots
            self._turnover += lots * self._last_price * self._subject.instrument.multiplier
        book = {
            "bid_price_1": self.price(bid[0]),
            "bid_volume_1": bid[1],
            "ask_price_1": self.price(ask[0]),
            "ask_volume_1": ask[1],
            "volume": self._volume,
            "turnover": self._turnover,
        }
        return tick(
            self._subject.instrument.symbol,
            self._last_price,
            ts_ns=at(second),
            **(book | fields),
        )

    def tick(
        self,
        second: float,
        bid: tuple[float, int] = NOBODY,
        ask: tuple[float, int] = NOBODY,
        trades: Sequence[tuple[float, int]] = (),
        **fields: Any,
    ) -> None:
        """Show a tick, as the venue does; the arguments are those of `made`."""
        self.show(self.made(second, bid, ask, trades, **fields))

    def show(self, shown: TickData) -> None:
        """Show a tick, as the venue does."""
        if self.model.waits:
            self.model.match_tick(shown, self.last)
        self.last = shown

    def bar(self, second: float, low: float, high: float, volume: int, share: float = 1.0) -> None:
        """Show a bar that opens and closes at the price of the test."""
        shown = bar(
            self._subject.instrument.symbol,
            self.price(0),
            start_ns=at(second),
            volume=volume,
            low_price=self.price(low),
            high_price=self.price(high),
        )
        if self.model.waits:
            self.model.match_bar(shown, share)

    def lots(self, *names: str) -> int:
        """Return the lots that some orders were filled with."""
        return sum(fill.lots for fill in self.fills if fill.name in names)

    def _fill(
        self, order: RestingOrder, price: float, lots: int, ts_ns: int, trading_day: int
    ) -> None:
        name = order.request.order_id
        self.fills.append(Filled(name, price, lots, ts_ns, trading_day, order.left))
