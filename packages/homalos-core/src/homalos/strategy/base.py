"""What a strategy author subclasses: callbacks to fill in, words to trade with.

The same class runs in backtest, paper and live. Every callback is called on the
engine thread; a callback that raises stops its own strategy and no other.

A callback may be an `async def`: it may then wait, with `await self.sleep(5)` and
`await self.filled(order)`. `on_init`, `on_stop`, `on_params` and `on_roll` may not.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from homalos.model import OrderData
from homalos.strategy.trading import Trading
from homalos.strategy.waits import Filled, Sleep, duration_ns

if TYPE_CHECKING:
    from homalos.model import (
        BarData,
        Instrument,
        Rolled,
        SessionChanged,
        TickData,
        TradeData,
    )
    from homalos.plugins.ports import Desk, Timer

__all__ = ["Strategy", "Waiting"]

Waiting = Coroutine[Any, Any, None] | None
"""What a callback returns: nothing, or what an `async def` callback has still to do."""

_NS = 1_000_000_000


class Strategy(Trading):
    """One running strategy on one or more symbols.

    Subclass it, give the parameters an attrs class, and offer both in a
    `StrategySpec`. Override only the callbacks you need: one that is not
    overridden costs nothing.

    What it must remember when its code is changed or it is brought back after a
    failure goes into `Variables`, a nested attrs class with a default for every field:
    `self.variables` is an instance of it, and is carried over. What is kept elsewhere
    is lost then.

    Attributes:
        name: Unique in the engine; orders and trades carry it.
        symbols: What it trades; `symbol` is the first of them. Where a main contract was
            asked for, such as `rb.MAIN.SHFE`, the contract that it is now.
        interval: Length of the bars that reach `on_bar`.
        params: An instance of the spec's parameter class; a new one when they change.
        variables: An instance of the nested class `Variables`, `None` where there is none.
        while_waiting: Set it in the class: what becomes of events that come while an
            `async def` callback waits; `queue` gives them when it is done, `skip` never.
    """

    while_waiting: ClassVar[Literal["queue", "skip"]] = "queue"

    def __init__(
        self, desk: Desk, *, name: str, symbols: tuple[str, ...], interval: str, params: Any
    ) -> None:
        """Keep what the engine hands over; set up state in `on_init` instead."""
        self._desk = desk
        self._send = desk.send
        self._groups = 0
        self.name = name
        self.symbols = symbols
        self.symbol = symbols[0]
        self.interval = interval
        self.params = params
        remembered = getattr(self, "Variables", None)
        self.variables: Any = None if remembered is None else remembered()

    # -- callbacks ------------------------------------------------------------

    def on_init(self) -> None:
        """Prepare: read history, set up indicators. No orders yet."""

    def on_start(self) -> Waiting:
        """Begin: market data and orders from now on."""

    def on_params(self, previous: Any) -> None:
        """Take up changed parameters: `self.params` are the new ones already.

        Called between two events. Without it a strategy must read `self.params` each
        time it needs them.
        """

    def on_stop(self) -> None:
        """End: called once, also before the engine stops. Orders may still be cancelled."""

    def on_tick(self, tick: TickData) -> Waiting:
        """See a snapshot of one of the symbols."""

    def on_bar(self, bar: BarData) -> Waiting:
        """See a finished bar of one of the symbols, `self.interval` long."""

    def on_order(self, order: OrderData) -> Waiting:
        """See a new state of one of this strategy's orders."""

    def on_trade(self, trade: TradeData) -> Waiting:
        """See a fill of one of this strategy's orders; the position counts it already."""

    def on_timer(self, name: str) -> Waiting:
        """Answer a timer set with `self.timer`."""

    def on_session(self, event: SessionChanged) -> Waiting:
        """See a trading session of one of the symbols begin or end."""

    def on_roll(self, roll: Rolled) -> None:
        """See that a main contract is another one from this trading day on.

        Called before the day's first event. `self.symbols` have the new contract already,
        and `on_tick`, `on_bar` and `on_session` hear it instead of the old one. Orders and
        lots of the old contract stay what they are, and the strategy's own:
        `self.roll_over(roll)` moves them. A strategy without this callback keeps them, and
        a warning says so.
        """

    # -- waiting --------------------------------------------------------------

    def sleep(self, seconds: float) -> Sleep:
        """Wait in an `async def` callback: `await self.sleep(5)`.

        Args:
            seconds: By the engine's clock, >= 0; 0 lets go until the next event.
        """
        return Sleep(duration_ns(seconds))

    def filled(self, order: OrderData | str, *, timeout_s: float | None = None) -> Filled:
        """Wait in an `async def` callback for an order to be over: `await self.filled(order)`.

        What is awaited gives the order's last state: filled, cancelled or rejected, or
        still working when the time-out came first. Of a close that was split it is over
        when every part is, and the state has the lots of all of them. A `Rejection` never
        was an order; look at what `buy` returned before waiting for it.

        Args:
            order: An order of this strategy, or its id.
            timeout_s: Seconds by the engine's clock, >= 0; `None` waits for ever.

        Raises:
            TypeError: It is no order.
        """
        if isinstance(order, str):
            order_id = order
        elif isinstance(order, OrderData):
            order_id = order.order_id
        else:
            msg = f"only an order can be waited for, not {order!r}"
            raise TypeError(msg)
        return Filled(order_id, None if timeout_s is None else duration_ns(timeout_s))

    # -- looking --------------------------------------------------------------

    @property
    def pos(self) -> int:
        """Return the net position in the first symbol, lots; short is negative."""
        return self._desk.position(self.symbol)

    def position(self, symbol: str) -> int:
        """Return the net position in a symbol, lots; short is negative."""
        return self._desk.position(symbol)

    def active_orders(self, symbol: str | None = None) -> list[OrderData]:
        """Return this strategy's orders that can still be filled, held ones too, oldest first."""
        return self._desk.active_orders(symbol)

    def history(
        self, count: int, *, symbol: str | None = None, interval: str | None = None
    ) -> list[BarData]:
        """Return the last finished bars, oldest first, at most `count`."""
        return self._desk.history(symbol or self.symbol, interval or self.interval, count)

    def last_tick(self, symbol: str | None = None) -> TickData | None:
        """Return the last tick, or `None` when there was none yet."""
        return self._desk.last_tick(symbol or self.symbol)

    def instrument(self, symbol: str | None = None) -> Instrument:
        """Return the contract: tick size, multiplier, fees."""
        return self._desk.instrument(symbol or self.symbol)

    @property
    def now_ns(self) -> int:
        """Return the engine's time, nanoseconds UTC."""
        return self._desk.clock.now_ns()

    def timer(self, name: str, seconds: float) -> Timer:
        """Have `on_timer(name)` called every so many seconds until cancelled."""
        return self._desk.timer(name, round(seconds * _NS))

    def log(self, message: str, *, level: str = "info") -> None:
        """Say something to the person who watches; `level` is info, warning or error."""
        self._desk.log(level, message)
