"""Fakes of a plugin's parts: clock, market, venue, store and feed, each small and plain to see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from math import isnan, nan
from typing import Self, TypeVar

from homalos.clock import EngineClock
from homalos.errors import MarketError, StoreError, UnknownInstrument
from homalos.model import (
    BarData,
    CancelRefused,
    CancelRequest,
    ConnectionChanged,
    Instrument,
    OrderData,
    OrderReport,
    OrderRequest,
    Status,
    TradeData,
    TradeReport,
)
from homalos.plugins.ports import (
    Fact,
    GatewayContext,
    MarketEvent,
    MarketTap,
    Session,
    VenueEvent,
)
from homalos.testing.records import INSTRUMENTS, START_NS, day_of

__all__ = ["FakeClock", "FakeFeed", "FakeGateway", "FakeMarket", "FakeStore"]

_NS = 1_000_000_000
_DAY_NS = 86_400 * _NS

_R = TypeVar("_R", OrderData, TradeData, BarData)


class FakeClock(EngineClock):
    """A clock that goes when it is told to; what comes due is called on the way."""

    __slots__ = ()

    def __init__(self, now_ns: int = START_NS) -> None:
        """Begin at an instant, nanoseconds UTC."""
        super().__init__(now_ns)

    def advance(self, duration_ns: int) -> None:
        """Let time pass, >= 0 ns; each call due sees the clock at its own time."""
        until = self.now + duration_ns
        while (entry := self.agenda.pop(until)) is not None:
            self.now = max(self.now, entry.due_ns)
            self.agenda.again(entry)
            entry.callback()
        self.now = until


class FakeMarket:
    """The exchange TEST: contracts from a table, trading round the clock or in given sessions.

    Without sessions every day of UTC is a trading day and one single session.
    """

    exchanges = frozenset({"TEST"})
    timezone = "UTC"

    def __init__(
        self,
        instruments: Iterable[Instrument] = tuple(INSTRUMENTS.values()),
        *,
        sessions: Iterable[Session] = (),
    ) -> None:
        """Make it; the sessions hold for every contract."""
        self._instruments = {each.symbol: each for each in instruments}
        self._sessions = sorted(sessions, key=lambda session: session.start_ns)

    def parse_symbol(self, text: str, *, exchange: str = "", on_day: int | None = None) -> str:
        """Return the symbol of `CODE.TEST`, `TEST.CODE` or `CODE`; no day changes it."""
        del on_day
        code = text.removeprefix("TEST.").removesuffix(".TEST")
        symbol = f"{code}.{exchange or 'TEST'}"
        return self.resolve(symbol).symbol

    def resolve(self, symbol: str, *, on_day: int | None = None) -> Instrument:
        """Return the contract as the table has it, the same on every day.

        Raises:
            UnknownInstrument: The table has none.
        """
        del on_day
        instrument = self._instruments.get(symbol)
        if instrument is None:
            known = ", ".join(self._instruments) or "none"
            msg = f"{symbol!r} is not in the table of this fake market; there are {known}"
            raise UnknownInstrument(msg)
        return instrument

    def describe(self, symbol: str, *, on_day: int) -> tuple[Fact, ...]:
        """Return margin and tick size as the table has them, on every day.

        Raises:
            UnknownInstrument: The table has no such contract.
            MarketError: None of the given sessions is of this day.
        """
        instrument = self.resolve(symbol)
        self.sessions(symbol, on_day)
        source = ("table",)
        return (
            Fact(name="tick_size", value=f"{instrument.tick_size:g}", sources=source),
            Fact(name="margin_rate", value=str(instrument.margin_rate), sources=source),
        )

    def sessions(self, symbol: str, trading_day: int) -> tuple[Session, ...]:
        """Return the sessions of a trading day.

        Raises:
            MarketError: None of the given sessions is of this day.
        """
        self.resolve(symbol)
        if not self._sessions:
            start_ns = _midnight_ns(str(trading_day))
            return (Session(start_ns, start_ns + _DAY_NS, trading_day),)
        found = tuple(s for s in self._sessions if s.trading_day == trading_day)
        if not found:
            msg = f"{trading_day} is no trading day of this fake market"
            raise MarketError(msg)
        return found

    def trading_day(self, symbol: str, ts_ns: int) -> int:
        """Return the trading day of an instant; between sessions, the next one's.

        Raises:
            MarketError: The last session is over by then.
        """
        self.resolve(symbol)
        if not self._sessions:
            return day_of(ts_ns)
        for session in self._sessions:
            if ts_ns < session.end_ns:
                return session.trading_day
        msg = f"{ts_ns} is after the last session of this fake market"
        raise MarketError(msg)

    def stamp(
        self, symbol: str, *, trading_day: str, action_day: str, time: str, millisecond: int
    ) -> tuple[int, int]:
        """Return (ts_ns, trading day); the date is `action_day`, else `trading_day`, in UTC.

        Raises:
            ValueError: A field cannot be read, or there is no date at all.
        """
        clock = datetime.strptime(time, "%H:%M:%S").replace(tzinfo=UTC)
        seconds = clock.hour * 3600 + clock.minute * 60 + clock.second
        ts_ns = _midnight_ns(action_day or trading_day) + seconds * _NS + millisecond * 1_000_000
        return ts_ns, int(trading_day) if trading_day else self.trading_day(symbol, ts_ns)


def _midnight_ns(day: str) -> int:
    return int(datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC).timestamp()) * _NS


class FakeGateway:
    """A venue that notes what it is asked and says only what the test has it say.

    Every report goes to the engine at once when the engine was made by
    `homalos.testing.engine`: have it report between steps, not from a callback.

    Attributes:
        requests: The orders sent, in order.
        cancels: The cancels asked for, in order.
        subscribed: The symbols asked for, in order.
        is_up: Whether it is connected.
        flush: Called after each report, to have the engine take it.
    """

    def __init__(self, name: str = "fake") -> None:
        """Make it; until it is attached its reports go nowhere."""
        self.requests: list[OrderRequest] = []
        self.cancels: list[CancelRequest] = []
        self.subscribed: list[str] = []
        self.is_up = False
        self.flush: Callable[[], None] = _nothing
        self._name = name
        self._post: Callable[[VenueEvent], None] = _nowhere
        self._now_ns: Callable[[], int] = FakeClock().now_ns
        self._left: dict[str, int] = {}
        self._trades = 0

    def attach(self, context: GatewayContext) -> Self:
        """Report to an engine from now on; what the factory of a `GatewaySpec` does."""
        self._name = context.name
        self._post = context.post
        self._now_ns = context.clock.now_ns
        return self

    # -- the port --------------------------------------------------------------

    def connect(self) -> None:
        """Go up at once, and say so."""
        self.is_up = True
        self._post(ConnectionChanged(self._name, is_up=True, reason="", ts_ns=self._now_ns()))

    def close(self) -> None:
        """Go down without a word."""
        self.is_up = False

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Note the symbols."""
        self.subscribed.extend(symbols)

    def send_order(self, request: OrderRequest) -> None:
        """Note an order; it counts as working until a report ends it."""
        self.requests.append(request)
        self._left[request.order_id] = request.volume

    def cancel_order(self, request: CancelRequest) -> None:
        """Note a cancel."""
        self.cancels.append(request)

    def working_orders(self) -> frozenset[str]:
        """Return the ids of the orders that no report has ended."""
        return frozenset(self._left)

    def market_tap(self) -> MarketTap | None:
        """Return `None`: what it reports is not found in the market."""
        return None

    # -- what the test has it say; of the order sent last unless one is named ---

    def report(self, event: VenueEvent) -> None:
        """Report anything, true or not."""
        self._post(event)
        self.flush()

    def accept(self, order_id: str = "") -> None:
        """Say that an order works."""
        request = self._request(order_id)
        venue_id = f"V{self.requests.index(request) + 1}"
        self.report(OrderReport(request.order_id, Status.NOTTRADED, self._now_ns(), 0, venue_id))

    def reject(self, order_id: str = "", *, reason: str = "rejected") -> None:
        """Say that an order was not taken."""
        request = self._request(order_id)
        self._left.pop(request.order_id, None)
        self.report(OrderReport(request.order_id, Status.REJECTED, self._now_ns(), reason=reason))

    def fill(self, order_id: str = "", *, volume: int = 0, price: float = nan) -> None:
        """Say that lots of an order were filled.

        Args:
            order_id: Which order.
            volume: Lots; all that are left when 0.
            price: Currency per unit; the order's own unless given.

        Raises:
            ValueError: No price is given for a market order, which has none.
        """
        request = self._request(order_id)
        at = request.price if isnan(price) else price
        if isnan(at):
            msg = f"say at what price the market order {request.order_id} is filled"
            raise ValueError(msg)
        left = self._left.pop(request.order_id, 0)
        lots = volume or left
        if lots < left:
            self._left[request.order_id] = left - lots
        self._trades += 1
        now = self._now_ns()
        trade = TradeReport(
            request.order_id, f"T{self._trades}", request.symbol, request.direction,
            request.offset, at, lots, now, day_of(now),
        )  # fmt: skip
        self.report(trade)

    def cancel(self, order_id: str = "", *, reason: str = "cancelled") -> None:
        """Say that what was left of an order was taken back."""
        request = self._request(order_id)
        traded = request.volume - self._left.pop(request.order_id, 0)
        self.report(
            OrderReport(request.order_id, Status.CANCELLED, self._now_ns(), traded, reason=reason)
        )

    def refuse_cancel(self, order_id: str = "", *, reason: str = "too late") -> None:
        """Say that an order could not be taken back."""
        self.report(CancelRefused(self._request(order_id).order_id, reason, self._now_ns()))

    def _request(self, order_id: str) -> OrderRequest:
        for request in reversed(self.requests):
            if order_id in ("", request.order_id):
                return request
        msg = f"no order {order_id or 'at all'} was sent to this venue"
        raise LookupError(msg)


class FakeStore:
    """A store that keeps records in memory.

    Attributes:
        batches: What each `write` brought, in order.
        failures: Writes to refuse from now on.
        is_closed: Whether `close` was called.
    """

    def __init__(self, *, failures: int = 0) -> None:
        """Make an empty one that refuses the first writes."""
        self.batches: list[tuple[OrderData | TradeData | BarData, ...]] = []
        self.failures = failures
        self.is_closed = False

    def write(self, records: Sequence[OrderData | TradeData | BarData]) -> None:
        """Keep a batch.

        Raises:
            StoreError: A write had to be refused.
        """
        if self.failures:
            self.failures -= 1
            msg = "this write was to fail"
            raise StoreError(msg)
        self.batches.append(tuple(records))

    def load_bars(self, symbol: str, interval: str, *, start_ns: int, end_ns: int) -> list[BarData]:
        """Return the bars that start in `[start_ns, end_ns)`, oldest first, each once."""
        found = {
            each.start_ns: each
            for each in self._all(BarData)
            if (each.symbol, each.interval) == (symbol, interval)
            and start_ns <= each.start_ns < end_ns
        }
        return [found[start] for start in sorted(found)]

    def load_orders(self) -> list[OrderData]:
        """Return the last state of every order, oldest first."""
        return list({order.order_id: order for order in self._all(OrderData)}.values())

    def load_trades(self) -> list[TradeData]:
        """Return every trade, oldest first, each once."""
        return list(
            {
                (trade.trade_id, trade.symbol, trade.direction, trade.trading_day): trade
                for trade in self._all(TradeData)
            }.values()
        )

    def close(self) -> None:
        """Note that it was closed."""
        self.is_closed = True

    def _all(self, kind: type[_R]) -> Iterator[_R]:
        for batch in self.batches:
            for record in batch:
                if isinstance(record, kind):
                    yield record


class FakeFeed:
    """A feed of what it was given."""

    def __init__(self, events: Iterable[MarketEvent], *, history: Iterable[BarData] = ()) -> None:
        """Take the events in time order, and finished bars older than the first of them."""
        self._events = events
        self._history = history

    def history(self) -> Iterable[BarData]:
        """Return the bars given as history."""
        return self._history

    def events(self) -> Iterator[MarketEvent]:
        """Yield the events."""
        yield from self._events


def _nothing() -> None:
    """Do nothing."""


def _nowhere(_: VenueEvent) -> None:
    """Lose a report: nobody is attached."""
