"""What one strategy trades through: its own position book, its orders, its targets."""

from __future__ import annotations

from collections.abc import Callable

from homalos.clock import EngineClock, Entry
from homalos.engine.data import DataManager
from homalos.engine.lanes import Lane, Working
from homalos.engine.orders import OrderManager
from homalos.model import (
    Alert,
    BarData,
    Direction,
    Instrument,
    Offset,
    OrderData,
    OrderPhase,
    OrderType,
    Rejection,
    Terms,
    TickData,
    TimerFired,
    TradeData,
)

__all__ = ["PositionBook", "StrategyDesk"]

_LONG, _SHORT = Direction.LONG, Direction.SHORT
_OPEN, _CLOSE, _NONE = Offset.OPEN, Offset.CLOSE, Offset.NONE
_LIMIT, _MARKET = OrderType.LIMIT, OrderType.MARKET
_WITHOUT_PRICE = frozenset({_MARKET, OrderType.STOP, OrderType.TRAILING_STOP})
_NAN = float("nan")
_HELD = OrderPhase.HELD


class PositionBook:
    """The lots of one strategy by symbol, whichever of its versions runs. Engine thread.

    Attributes:
        lots: Net lots by symbol; negative is short. The same dict for ever.
    """

    __slots__ = ("lots",)

    def __init__(self) -> None:
        self.lots: dict[str, int] = {}

    def on_trade(self, trade: TradeData) -> None:
        """Count a fill, before the strategy's own `on_trade`."""
        lots = trade.volume if trade.direction is _LONG else -trade.volume
        symbol = trade.symbol
        self.lots[symbol] = self.lots.get(symbol, 0) + lots

    @property
    def is_flat(self) -> bool:
        """Say whether it holds nothing."""
        return not any(self.lots.values())


class StrategyDesk:
    """See `homalos.plugins.ports.Desk`. Engine thread."""

    __slots__ = (
        "_account",
        "_data",
        "_fire",
        "_lanes",
        "_name",
        "_orders",
        "_positions",
        "_say",
        "_submit",
        "_targets",
        "_timers",
        "_working",
        "clock",
    )

    def __init__(
        self,
        *,
        name: str,
        account: str,
        book: PositionBook,
        clock: EngineClock,
        data: DataManager,
        orders: OrderManager,
        say: Callable[[Alert], None],
        fire: Callable[[TimerFired], None],
    ) -> None:
        self.clock = clock
        self._name = name
        self._account = account
        self._data = data
        self._orders = orders
        self._submit = orders.submit
        self._lanes: dict[str, Lane] = {}
        self._positions = book.lots
        self._working = orders.working_of(name)
        self._targets: dict[str, tuple[int, float]] = {}
        self._timers: list[Entry] = []
        self._say = say
        self._fire = fire

    # -- trading ---------------------------------------------------------------

    def send(
        self,
        symbol: str,
        direction: Direction,
        offset: Offset,
        price: float,
        volume: int,
        order_type: OrderType,
        reference: str,
        terms: Terms | None = None,
    ) -> OrderData | Rejection:
        """Send an order through risk to the venue; the price is snapped to the grid."""
        lane = self._lanes.get(symbol) or self._know(symbol)
        if order_type is _LIMIT:
            price = lane.instrument.snap(price)
        else:
            price = _NAN if order_type in _WITHOUT_PRICE else lane.instrument.snap(price)
        return self._submit(
            self._name, lane, direction, offset, price, volume, order_type, reference, terms
        )

    def amend(
        self, order_id: str, price: float | None, volume: int | None, trigger: float | None
    ) -> OrderData | Rejection:
        """Change an order; `None` leaves its price, its lots or its trigger as they are."""
        return self._orders.amend(order_id, price=price, volume=volume, trigger=trigger)

    def cancel(self, order_id: str) -> bool:
        """Ask for an order to be cancelled; False when it is not working any more."""
        return self._orders.cancel(order_id)

    def active_orders(self, symbol: str | None) -> list[OrderData]:
        """Return this strategy's orders that can still be filled, oldest first."""
        return [
            working.state
            for working in self._working.values()
            if symbol is None or working.state.symbol == symbol
        ]

    def set_target(self, symbol: str, target: int, price: float) -> None:
        """Work towards a net position; nan as price sends market orders."""
        if self._targets:
            self._targets.pop(symbol, None)
        if self._working and self._clear(symbol, target, price):
            return
        held = self._positions.get(symbol, 0)
        gap = target - held
        if not gap:
            return
        if gap > 0:
            direction, volume = _LONG, gap
        else:
            direction, volume = _SHORT, -gap
        lane = self._lanes.get(symbol) or self._know(symbol)
        order_type = _MARKET
        if price == price:  # noqa: PLR0124  nan: market orders
            order_type, price = _LIMIT, lane.instrument.snap(price)
        submit, name = self._submit, self._name
        if lane.nets:
            submit(name, lane, direction, _NONE, price, volume, order_type)
            return
        closes = min(volume, max(-held if gap > 0 else held, 0))
        if closes:
            closing = submit(name, lane, direction, _CLOSE, price, closes, order_type)
            if isinstance(closing, Rejection):
                return  # to open behind a close that did not leave would hold both sides
        if volume > closes:
            submit(name, lane, direction, _OPEN, price, volume - closes, order_type)

    def timer(self, name: str, interval_ns: int) -> Entry:
        """Call `on_timer(name)` every so often."""
        clock = self.clock

        def fire() -> None:
            self._fire(TimerFired(self._name, name, entry.fired_ns, clock.now))

        entry = clock.call_every(interval_ns, fire)
        self._timers.append(entry)
        return entry

    # -- looking ---------------------------------------------------------------

    def position(self, symbol: str) -> int:
        """Return this strategy's own net position in lots; short is negative."""
        return self._positions.get(symbol, 0)

    def instrument(self, symbol: str) -> Instrument:
        """Return the contract of a symbol."""
        return (self._lanes.get(symbol) or self._know(symbol)).instrument

    def history(self, symbol: str, interval: str, count: int) -> list[BarData]:
        """Return the last finished bars, oldest first, at most `count`."""
        return self._data.history(symbol, interval, count)

    def last_tick(self, symbol: str) -> TickData | None:
        """Return the last tick seen, or `None`."""
        return self._data.last_tick(symbol)

    def log(self, level: str, message: str) -> None:
        """Say something to the person who watches."""
        self._say(Alert(level, f"strategy.{self._name}", message, self.clock.now))

    # -- what happens ----------------------------------------------------------

    def on_order(self, order: OrderData) -> None:
        """Go on towards a target once the orders in its way are gone."""
        targets = self._targets
        if targets and order.symbol in targets and not order.is_active:
            symbol = order.symbol
            if not self._out(symbol):
                target, price = targets.pop(symbol)
                self.set_target(symbol, target, price)

    def close(self) -> None:
        """Stop the timers and forget the targets."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._targets.clear()

    # -- inside ----------------------------------------------------------------

    def _clear(self, symbol: str, target: int, price: float) -> bool:
        """Cancel working orders that do not lead to a target; say whether to wait for that."""
        working = self._out(symbol)
        if not working:
            return False
        states = [w.state for w in working]
        coming = sum(o.left if o.direction is _LONG else -o.left for o in states)
        leads = self._positions.get(symbol, 0) + coming == target
        # What is being cancelled cannot be counted on, though it may still fill.
        if leads and not any(w.cancelling for w in working):
            return True
        self._targets[symbol] = (target, price)
        for order in states:
            self._orders.cancel(order.order_id)
        return True

    def _out(self, symbol: str) -> list[Working]:
        """Return the orders in a symbol that a venue has; those held here may never leave."""
        working = self._working.values()
        return [w for w in working if w.state.symbol == symbol and w.state.phase is not _HELD]

    def _know(self, symbol: str) -> Lane:
        lane = self._lanes[symbol] = self._orders.lane(self._account, symbol)
        return lane
