"""One strategy in the engine: what it is to be, and what it is now."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from homalos.bus import STRATEGY, Bus, Subscription
from homalos.config import RestartSettings
from homalos.engine.strategies.desk import StrategyDesk
from homalos.engine.strategies.waiting import Turn
from homalos.model import (
    BarData,
    OrderData,
    Rolled,
    SessionChanged,
    StrategyState,
    TickData,
    TimerFired,
    TradeData,
)
from homalos.strategy import Strategy

if TYPE_CHECKING:
    from homalos.clock import Entry
    from homalos.engine.strategies.mains import Mains

__all__ = ["Plan", "Run", "overrides", "place"]

_MARKET = frozenset({TickData, BarData, SessionChanged})


@frozen(kw_only=True)
class Plan:
    """What a strategy is to be; enough to make it anew.

    Attributes:
        factory: Its class.
        name: Unique in the engine.
        symbols: What it trades, at least one.
        mains: What was asked for, where one of them is the main contract of a product.
        as_of: The trading day of which `symbols` are the main contracts, yyyymmdd; 0 while
            it is not known yet.
        interval: Length of its bars.
        params: An instance of its class of parameters.
        account: The account it trades in.
        cancel_on_failure: Whether its orders are cancelled when it fails.
        restart: What brings it back when it has failed.
    """

    factory: type[Strategy]
    name: str
    symbols: tuple[str, ...]
    interval: str
    params: Any
    account: str
    cancel_on_failure: bool = True
    restart: RestartSettings = field(factory=RestartSettings)
    mains: Mains | None = None
    as_of: int = 0

    @property
    def is_placed(self) -> bool:
        """Say whether it is known what it trades."""
        return self.mains is None or self.as_of > 0

    @property
    def watched(self) -> tuple[str, ...]:
        """Return what is to be watched for it: what it trades, and what it will roll to."""
        if self.mains is None:
            return self.symbols
        return (*self.symbols, *self.mains.coming(self.as_of)) if self.as_of else ()


class Run:
    """A strategy's object, its desk, what it hears and where it stands. Engine thread.

    Attributes:
        plan: What it was made from.
        strategy: The object.
        desk: What it trades through.
        turn: Drives its callbacks when one of them may wait, else `None`.
        state: Where it stands.
        is_prepared: Whether `on_init` has succeeded.
        is_leaving: Whether another version, or nobody, comes after it: no failure brings it back.
        restarts: How often it was brought back in this trading day.
        coming_back: The restart that is arranged, or `None`.
        subscriptions: What it hears on the bus.
        waits_for_day: Whether it was started, and begins when its main contract is known.
    """

    __slots__ = (
        "coming_back",
        "desk",
        "is_leaving",
        "is_prepared",
        "plan",
        "restarts",
        "state",
        "strategy",
        "subscriptions",
        "turn",
        "waits_for_day",
    )

    def __init__(
        self, plan: Plan, strategy: Strategy, desk: StrategyDesk, turn: Turn | None
    ) -> None:
        self.plan = plan
        self.strategy = strategy
        self.desk = desk
        self.turn = turn
        self.state = StrategyState.CREATED
        self.is_prepared = False
        self.is_leaving = False
        self.restarts = 0
        self.coming_back: Entry | None = None
        self.subscriptions: list[Subscription] = []
        self.waits_for_day = False

    def call(self, callback: Callable[[Any], object], event: Any) -> None:
        """Call a callback that may wait, behind one that waits already."""
        if self.turn is None:
            callback(event)
        else:
            self.turn.deliver(callback, event)

    def listen(self, bus: Bus) -> None:
        """Have the callbacks that are overridden called; the others cost nothing."""
        strategy, name = self.strategy, self.strategy.name
        self._hear(bus, OrderData, self.desk.on_order, name, STRATEGY + 5)
        if self.turn is not None:
            self._hear(bus, OrderData, self.turn.on_order, name, STRATEGY + 6)
        self._hear_market(bus)
        self._offer(bus, "on_order", OrderData, strategy.on_order, name)
        self._offer(bus, "on_trade", TradeData, strategy.on_trade, name)
        self._offer(bus, "on_timer", TimerFired, lambda fired: strategy.on_timer(fired.name), name)
        if overrides(type(strategy), "on_roll"):
            # Past a callback that waits: what it waits for may be an order of the old contract.
            self._hear(bus, Rolled, strategy.on_roll, name, STRATEGY)

    def move(self, bus: Bus, symbols: tuple[str, ...]) -> None:
        """Put it on other contracts; if it listens, it hears them from the next event on."""
        self.strategy.symbols = symbols
        self.strategy.symbol = symbols[0]
        if not self.subscriptions:
            return
        for subscription in self.subscriptions:
            if subscription.topic.kind in _MARKET:
                subscription.close()
        self.subscriptions = [s for s in self.subscriptions if s.topic.kind not in _MARKET]
        self._hear_market(bus)

    def deafen(self) -> None:
        """Let it hear nothing more; what waits is ended, its timers and targets are gone."""
        for subscription in self.subscriptions:
            subscription.close()
        self.subscriptions.clear()
        if self.turn is not None:
            self.turn.close()
        self.desk.close()

    def stay_away(self) -> None:
        """Call off the restart that is arranged."""
        if self.coming_back is not None:
            self.coming_back.cancel()
            self.coming_back = None
        self.waits_for_day = False

    def _hear_market(self, bus: Bus) -> None:
        strategy = self.strategy
        for symbol in strategy.symbols:
            self._offer(bus, "on_tick", TickData, strategy.on_tick, symbol)
            self._offer(bus, "on_bar", BarData, strategy.on_bar, (symbol, strategy.interval))
            self._offer(bus, "on_session", SessionChanged, strategy.on_session, symbol)

    def _offer(
        self, bus: Bus, callback: str, event: type, handler: Callable[[Any], object], key: Any
    ) -> None:
        if overrides(type(self.strategy), callback):
            turn = self.turn
            self._hear(bus, event, handler if turn is None else turn.bound(handler), key, STRATEGY)

    def _hear(
        self, bus: Bus, event: type, handler: Callable[[Any], object], key: Any, order: int
    ) -> None:
        self.subscriptions.append(
            bus.subscribe(event, handler, key=key, order=order, name=f"strategy.{self.plan.name}")
        )


def overrides(kind: type[Strategy], callback: str) -> bool:
    """Say whether a class has a callback of its own."""
    return getattr(kind, callback) is not getattr(Strategy, callback)


def place(error: BaseException, kind: type[Strategy]) -> str:
    """Return where an error came from, as ` (on_bar, line 7)`; "" when nobody knows.

    The innermost line of the strategy's own file, since the author has to look there, though
    it was raised further in: by an order that cannot be, or by who stopped a loop.
    """
    frames = traceback.extract_tb(error.__traceback__)
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    own = [frame for frame in frames if frame.filename == file]
    found = (own or frames)[-1:]
    return "".join(f" ({frame.name}, line {frame.lineno})" for frame in found)
