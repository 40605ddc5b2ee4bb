"""Strategies while they run: loading, starting, stopping, and keeping one's fall its own."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import Any

from homalos.bus import STATE, STRATEGY, Bus, Subscription
from homalos.clock import EngineClock
from homalos.engine.data import DataManager
from homalos.engine.desk import StrategyDesk
from homalos.engine.orders import MANUAL, OrderManager
from homalos.errors import DuplicateNameError, EngineStateError, MissingPluginError
from homalos.model import (
    Alert,
    BarData,
    Instrument,
    OrderData,
    SessionChanged,
    StrategyChanged,
    StrategyState,
    TickData,
    TimerFired,
    TradeData,
)
from homalos.strategy import Strategy

__all__ = ["StrategyManager"]

_RUNNING = StrategyState.RUNNING


class _Run:
    """One strategy in the engine: the object, its desk, its subscriptions, its state."""

    __slots__ = (
        "cancel_on_failure",
        "desk",
        "is_prepared",
        "state",
        "strategy",
        "subscriptions",
    )

    def __init__(self, strategy: Strategy, desk: StrategyDesk, *, cancel_on_failure: bool) -> None:
        self.strategy = strategy
        self.desk = desk
        self.cancel_on_failure = cancel_on_failure
        self.state = StrategyState.CREATED
        self.is_prepared = False
        self.subscriptions: list[Subscription] = []


class StrategyManager:
    """Owns every strategy. Engine thread.

    Attributes:
        session_symbols: Symbols whose sessions somebody wants to hear of.
    """

    def __init__(
        self,
        *,
        bus: Bus,
        clock: EngineClock,
        data: DataManager,
        orders: OrderManager,
        instrument: Callable[[str], Instrument],
    ) -> None:
        self.session_symbols: set[str] = set()
        self._bus = bus
        self._clock = clock
        self._data = data
        self._orders = orders
        self._instrument = instrument
        self._runs: dict[str, _Run] = {}

    # -- life ------------------------------------------------------------------

    def add(
        self,
        factory: type[Strategy],
        *,
        name: str,
        symbols: Sequence[str],
        interval: str,
        params: Any,
        account: str,
        netting: bool,
        cancel_on_failure: bool = True,
    ) -> Strategy:
        """Load a strategy; it does nothing until it is started.

        Raises:
            DuplicateNameError: Another strategy has the name.
        """
        if name in self._runs or name == MANUAL:
            msg = f"a strategy named {name!r} is here already; give this one another name"
            raise DuplicateNameError(msg)
        for symbol in symbols:
            self._instrument(symbol)
            self._data.watch(symbol)
            if _overrides(factory, "on_bar"):
                self._data.want_bars(symbol, interval)
        desk = StrategyDesk(
            name=name,
            account=account,
            netting=netting,
            clock=self._clock,
            data=self._data,
            orders=self._orders,
            say=self._bus.topic(Alert).publish,
            fire=self._bus.topic(TimerFired).publish,
        )
        strategy = factory(
            desk, name=name, symbols=tuple(symbols), interval=interval, params=params
        )
        self._runs[name] = _Run(strategy, desk, cancel_on_failure=cancel_on_failure)
        # For good: an order may fill after its strategy has stopped, and count when it goes on.
        self._bus.subscribe(
            TradeData, desk.on_trade, key=name, order=STATE + 5, name=f"strategy.{name}"
        )
        return strategy

    def start(self, name: str) -> None:
        """Call `on_init` (until it succeeds once) and `on_start`, and let events in.

        Raises:
            EngineStateError: It runs already.
        """
        run = self._run(name)
        if run.state is _RUNNING:
            msg = f"strategy {name!r} runs already"
            raise EngineStateError(msg)
        if not run.is_prepared:
            run.state = StrategyState.CREATED
            if not self._call(run, run.strategy.on_init):
                return
            run.is_prepared = True
            self._set(run, StrategyState.READY)
        self._listen(run)
        self._set(run, _RUNNING)
        self._call(run, run.strategy.on_start)

    def stop(self, name: str) -> None:
        """Let no more events in and call `on_stop`; its orders stay as they are."""
        run = self._run(name)
        if run.state is not _RUNNING:
            return
        self._deafen(run)
        self._set(run, StrategyState.STOPPED)
        self._call(run, run.strategy.on_stop)

    def start_all(self) -> None:
        """Start every strategy that does not run, in the order of adding."""
        for name, run in self._runs.items():
            if run.state in (StrategyState.CREATED, StrategyState.READY):
                self.start(name)

    def stop_all(self) -> None:
        """Stop every strategy, the last added first."""
        for name in reversed(self._runs):
            self.stop(name)

    def owns(self, subscription: Subscription) -> str | None:
        """Return the strategy that a subscription belongs to, or `None`."""
        for name, run in self._runs.items():
            if subscription in run.subscriptions:
                return name
        return None

    def fail(self, name: str, error: BaseException, event: object) -> None:
        """Stop a strategy whose callback raised; the others do not notice."""
        run = self._run(name)
        if run.state is StrategyState.FAILED:
            return
        self._deafen(run)
        last = traceback.extract_tb(error.__traceback__)[-1] if error.__traceback__ else None
        where = f" ({last.name}, line {last.lineno})" if last else ""
        reason = f"{type(error).__name__}: {error}{where}"
        self._set(run, StrategyState.FAILED, reason)
        at = f" on {event!r}" if event is not None else ""
        self._bus.publish(
            Alert("error", f"strategy.{name}", f"stopped by its own {reason}{at}", self._clock.now)
        )
        if run.cancel_on_failure:
            for order in run.desk.active_orders(None):
                self._orders.cancel(order.order_id)

    # -- looking ---------------------------------------------------------------

    def states(self) -> dict[str, StrategyState]:
        """Return the state of every strategy by name."""
        return {name: run.state for name, run in self._runs.items()}

    def strategy(self, name: str) -> Strategy:
        """Return a strategy's object."""
        return self._run(name).strategy

    def names(self) -> tuple[str, ...]:
        """Return the names in the order of adding."""
        return tuple(self._runs)

    # -- inside ----------------------------------------------------------------

    def _run(self, name: str) -> _Run:
        run = self._runs.get(name)
        if run is None:
            msg = f"no strategy named {name!r}; there are {', '.join(self._runs) or 'none'}"
            raise MissingPluginError(msg)
        return run

    def _set(self, run: _Run, state: StrategyState, reason: str = "") -> None:
        run.state = state
        self._bus.publish(StrategyChanged(run.strategy.name, state, reason, self._clock.now))

    def _call(self, run: _Run, callback: Callable[[], None]) -> bool:
        try:
            callback()
        except Exception as error:  # noqa: BLE001  the bus fence: counted and told
            self.fail(run.strategy.name, error, None)
            return False
        return True

    def _listen(self, run: _Run) -> None:
        strategy, desk = run.strategy, run.desk
        name = strategy.name
        kind = type(strategy)
        heard = run.subscriptions

        def hear(event: type, handler: Callable[[Any], object], key: Any, order: int) -> None:
            heard.append(
                self._bus.subscribe(event, handler, key=key, order=order, name=f"strategy.{name}")
            )

        hear(OrderData, desk.on_order, name, STRATEGY + 5)
        for symbol in strategy.symbols:
            if _overrides(kind, "on_tick"):
                hear(TickData, strategy.on_tick, symbol, STRATEGY)
            if _overrides(kind, "on_bar"):
                hear(BarData, strategy.on_bar, (symbol, strategy.interval), STRATEGY)
            if _overrides(kind, "on_session"):
                self.session_symbols.add(symbol)
                hear(SessionChanged, strategy.on_session, symbol, STRATEGY)
        if _overrides(kind, "on_order"):
            hear(OrderData, strategy.on_order, name, STRATEGY)
        if _overrides(kind, "on_trade"):
            hear(TradeData, strategy.on_trade, name, STRATEGY)
        if _overrides(kind, "on_timer"):
            hear(TimerFired, lambda fired: strategy.on_timer(fired.name), name, STRATEGY)

    def _deafen(self, run: _Run) -> None:
        for subscription in run.subscriptions:
            subscription.close()
        run.desk.close()


def _overrides(kind: type[Strategy], callback: str) -> bool:
    return getattr(kind, callback) is not getattr(Strategy, callback)
