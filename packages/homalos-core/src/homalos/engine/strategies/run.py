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
    SessionChanged,
    StrategyState,
    TickData,
    TimerFired,
    TradeData,
)
from homalos.strategy import Strategy

if TYPE_CHECKING:
    from homalos.clock import Entry

__all__ = ["Plan", "Run", "overrides", "place"]


@frozen(kw_only=True)
class Plan:
    """What a strategy is to be; enough to make it anew.

    Attributes:
        factory: Its class.
        name: Unique in the engine.
        symbols: What it trades, at least one.
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

    def call(self, callback: Callable[[Any], object], event: Any) -> None:
        """Call a callback that may wait, behind one that waits already."""
        if self.turn is None:
            callback(event)
        else:
            self.turn.deliver(callback, event)

    def listen(self, bus: Bus) -> None:
        """Have the callbacks that are overridden called; the others cost nothing."""
        strategy, kind, turn = self.strategy, type(self.strategy), self.turn
        name = strategy.name

        def hear(event: type, handler: Callable[[Any], object], key: Any, order: int) -> None:
            self.subscriptions.append(
                bus.subscribe(event, handler, key=key, order=order, name=f"strategy.{name}")
            )

        def offer(callback: str, event: type, handler: Callable[[Any], object], key: Any) -> None:
            if overrides(kind, callback):
                hear(event, handler if turn is None else turn.bound(handler), key, STRATEGY)

        hear(OrderData, self.desk.on_order, name, STRATEGY + 5)
        if turn is not None:
            hear(OrderData, turn.on_order, name, STRATEGY + 6)
        for symbol in strategy.symbols:
            offer("on_tick", TickData, strategy.on_tick, symbol)
            offer("on_bar", BarData, strategy.on_bar, (symbol, strategy.interval))
            offer("on_session", SessionChanged, strategy.on_session, symbol)
        offer("on_order", OrderData, strategy.on_order, name)
        offer("on_trade", TradeData, strategy.on_trade, name)
        offer("on_timer", TimerFired, lambda fired: strategy.on_timer(fired.name), name)

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
