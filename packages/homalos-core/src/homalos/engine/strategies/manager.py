"""Strategies while they run: started, stopped, changed, and each one's fall its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import attrs

from homalos.bus import STATE, Bus, Subscription
from homalos.clock import EngineClock
from homalos.engine.data import DataManager
from homalos.engine.foreign import UNASSIGNED
from homalos.engine.orders import MANUAL, OrderManager
from homalos.engine.strategies.desk import PositionBook, StrategyDesk
from homalos.engine.strategies.drain import Drain
from homalos.engine.strategies.run import Plan, Run, overrides, place
from homalos.engine.strategies.variables import carry_over
from homalos.engine.strategies.waiting import Turn, refuse_waits, waits
from homalos.errors import (
    DuplicateNameError,
    EngineStateError,
    HomalosError,
    JournalFailed,
    MissingPluginError,
    did_you_mean,
)
from homalos.model import (
    Alert,
    Instrument,
    StrategyChanged,
    StrategyState,
    TimerFired,
    TradeData,
    TradingDayChanged,
)
from homalos.strategy import Strategy

__all__ = ["StrategyManager"]

_NS = 1_000_000_000
_CREATED, _READY, _RUNNING = StrategyState.CREATED, StrategyState.READY, StrategyState.RUNNING
_DRAINING, _STOPPED, _FAILED = StrategyState.DRAINING, StrategyState.STOPPED, StrategyState.FAILED


class StrategyManager:
    """Owns every strategy. Engine thread.

    Attributes:
        session_symbols: Symbols whose sessions some strategy wants to hear of, and how
            many do.
    """

    def __init__(
        self,
        *,
        bus: Bus,
        clock: EngineClock,
        data: DataManager,
        orders: OrderManager,
        instrument: Callable[[str], Instrument],
        fault: Callable[[tuple[str, str]], None],
    ) -> None:
        """Begin without strategies; `fault` is told (who, what) of everything they raise."""
        self.session_symbols: dict[str, int] = {}
        self._bus = bus
        self._clock = clock
        self._data = data
        self._orders = orders
        self._instrument = instrument
        self._fault = fault
        self._runs: dict[str, Run] = {}
        self._books: dict[str, tuple[PositionBook, Subscription]] = {}
        bus.subscribe(TradingDayChanged, self._on_day, order=STATE, name="strategies")

    # -- life ------------------------------------------------------------------

    def add(self, plan: Plan) -> Strategy:
        """Load a strategy; it does nothing until it is started.

        Raises:
            DuplicateNameError: Another strategy has the name.
            TypeError: A callback that cannot wait is an `async def`.
        """
        name = plan.name
        if name in self._runs or name in (MANUAL, UNASSIGNED):
            msg = f"a strategy named {name!r} is here already; give this one another name"
            raise DuplicateNameError(msg)
        run = self._runs[name] = self._made(plan)
        return run.strategy

    def start(self, name: str) -> None:
        """Call `on_init` (until it succeeds once) and `on_start`, and let events in.

        Raises:
            EngineStateError: It runs already, or is on its way out.
        """
        run = self._run(name)
        if run.state in (_RUNNING, _DRAINING):
            word = "runs already" if run.state is _RUNNING else "is on its way out"
            msg = f"strategy {name!r} {word}"
            raise EngineStateError(msg)
        run.stay_away()
        self._begin(run)

    def stop(self, name: str) -> None:
        """Let no more events in and call `on_stop`; its orders stay as they are."""
        run = self._run(name)
        run.stay_away()
        if run.state is _RUNNING:
            self._end(run)

    def unload(self, name: str, gone: Callable[[], None]) -> None:
        """Stop a strategy and forget it, once its working orders are cancelled and over.

        Its position stays its own: the next strategy of the name finds it.

        Args:
            name: Which.
            gone: Called when it is forgotten.

        Raises:
            EngineStateError: It is on its way out already.
        """
        run = self._run(name)
        self._drain(run, partial(self._forget, run, gone))

    def replace(self, name: str, plan: Plan) -> Strategy:
        """Put another version in a strategy's place, with its position and its variables.

        The new one is made and prepared first; where that fails, the old one goes on.
        Then the old one hears nothing more, its working orders are cancelled, and when
        they are over the new one starts, if the old one ran or had failed.

        Raises:
            HomalosError: The new version cannot be made, or its `on_init` raised.
            EngineStateError: The strategy is on its way out already.
        """
        old = self._run(name)
        self._stays(old)
        new = self._made(plan)
        try:
            new.strategy.on_init()
        except Exception as error:
            new.desk.close()
            self._count_sessions(plan, -1)
            msg = f"the new version of {name!r} cannot be prepared, the old one stays: {error!r}"
            raise HomalosError(msg) from error
        new.is_prepared = True
        goes_on = old.state in (_RUNNING, _FAILED)
        self._drain(old, lambda: self._switch(old, new, goes_on=goes_on))
        return new.strategy

    def set_params(self, name: str, params: Any) -> None:
        """Give a strategy changed parameters, between two events, and have it take them up."""
        run = self._run(name)
        previous = run.strategy.params
        run.plan = attrs.evolve(run.plan, params=params)
        run.strategy.params = params
        if run.is_prepared and run.state is not _FAILED:
            self._call(run, lambda: run.strategy.on_params(previous))

    def set_plan(self, name: str, **changes: Any) -> None:
        """Change what becomes of a strategy when it fails: `restart`, `cancel_on_failure`."""
        run = self._run(name)
        run.plan = attrs.evolve(run.plan, **changes)

    def start_all(self) -> None:
        """Start every strategy that does not run, in the order of adding."""
        for name, run in tuple(self._runs.items()):
            if run.state in (_CREATED, _READY):
                self.start(name)

    def stop_all(self) -> None:
        """Stop every strategy, the last added first."""
        for run in reversed(tuple(self._runs.values())):
            run.stay_away()
            if run.state in (_RUNNING, _DRAINING):
                self._end(run)

    def owns(self, subscription: Subscription) -> str | None:
        """Return the strategy that a subscription belongs to, or `None`."""
        for name, run in self._runs.items():
            if subscription in run.subscriptions:
                return name
        return None

    def fail(self, name: str, error: BaseException, event: object) -> None:
        """Stop a strategy whose callback raised; the others do not notice."""
        self._fail(self._run(name), error, event)

    # -- looking ---------------------------------------------------------------

    def states(self) -> dict[str, StrategyState]:
        """Return the state of every strategy by name."""
        return {name: run.state for name, run in self._runs.items()}

    def strategy(self, name: str) -> Strategy:
        """Return a strategy's object; another one after a restart or a change of its code."""
        return self._run(name).strategy

    def plan(self, name: str) -> Plan:
        """Return what a strategy was made from."""
        return self._run(name).plan

    def names(self) -> tuple[str, ...]:
        """Return the names in the order of adding."""
        return tuple(self._runs)

    # -- making and ending -------------------------------------------------------

    def _made(self, plan: Plan) -> Run:
        refuse_waits(plan.factory)
        for symbol in plan.symbols:
            self._instrument(symbol)
            self._data.watch(symbol)
            if overrides(plan.factory, "on_bar"):
                self._data.want_bars(symbol, plan.interval)
        desk = StrategyDesk(
            name=plan.name,
            account=plan.account,
            book=self._book(plan.name),
            clock=self._clock,
            data=self._data,
            orders=self._orders,
            say=self._bus.topic(Alert).publish,
            fire=self._bus.topic(TimerFired).publish,
        )
        strategy = plan.factory(
            desk, name=plan.name, symbols=plan.symbols, interval=plan.interval, params=plan.params
        )
        run = Run(plan, strategy, desk, None)
        if waits(plan.factory):
            failed = partial(self._fail, run)
            run.turn = Turn(strategy, self._clock, self._orders.wholes, failed)
        self._count_sessions(plan, 1)
        return run

    def _book(self, name: str) -> PositionBook:
        """Return a strategy's book; it counts fills also while no version of it runs."""
        if name not in self._books:
            book = PositionBook()
            heard = self._bus.subscribe(
                TradeData, book.on_trade, key=name, order=STATE + 5, name=f"strategy.{name}"
            )
            self._books[name] = book, heard
        return self._books[name][0]

    def _begin(self, run: Run) -> None:
        if not run.is_prepared:
            run.state = _CREATED
            if not self._call(run, run.strategy.on_init):
                return
            run.is_prepared = True
            self._set(run, _READY)
        run.listen(self._bus)
        self._set(run, _RUNNING)
        self._call(run, lambda: run.call(lambda _: run.strategy.on_start(), None))

    def _end(self, run: Run) -> None:
        run.deafen()
        self._set(run, _STOPPED)
        self._call(run, run.strategy.on_stop)

    def _drain(self, run: Run, then: Callable[[], None]) -> None:
        """Have a strategy's orders ended, then go on; without a venue's word, after a while."""
        self._stays(run)
        run.is_leaving = True
        run.stay_away()
        if run.state is _RUNNING:
            run.deafen()
            self._set(run, _DRAINING)
        Drain(self._bus, self._clock, self._orders, run.plan.name, then).begin()

    def _forget(self, run: Run, gone: Callable[[], None]) -> None:
        name = run.plan.name
        if self._runs.get(name) is not run:
            return
        self._retire(run)
        del self._runs[name]
        book, heard = self._books[name]
        if book.is_flat:
            heard.close()
            del self._books[name]
            self._orders.forget(name)
        gone()
        self._bus.publish(StrategyChanged(name, _STOPPED, "unloaded", self._clock.now))

    def _switch(self, old: Run, new: Run, *, goes_on: bool) -> None:
        name = old.plan.name
        if self._runs.get(name) is not old:
            return
        self._retire(old)
        self._inherit(old, new)
        self._runs[name] = new
        self._set(new, _READY, "new version")
        if goes_on:
            self._begin(new)

    def _retire(self, run: Run) -> None:
        if run.state is _DRAINING:
            self._end(run)
        run.deafen()
        self._count_sessions(run.plan, -1)

    def _inherit(self, old: Run, new: Run) -> None:
        lost = carry_over(old.strategy.variables, new.strategy.variables)
        if lost:
            self._tell(new, "warning", f"variables not carried over: {'; '.join(lost)}")

    # -- failing and coming back ---------------------------------------------------

    def _fail(self, run: Run, error: BaseException, event: object) -> None:
        if isinstance(error, JournalFailed):
            raise error  # not its fault, and the end of the run
        what = f"{type(error).__name__}: {error}"
        self._fault((f"strategy.{run.plan.name}", what))
        if run.state is _FAILED:
            return
        run.deafen()
        reason = f"{what}{place(error, run.plan.factory)}"
        self._set(run, _FAILED, reason)
        at = f" on {event!r}" if event is not None else ""
        self._tell(run, "error", f"stopped by its own {reason}{at}{self._comes_back(run)}")
        if run.plan.cancel_on_failure:
            for order in run.desk.active_orders(None):
                self._orders.cancel(order.order_id)

    def _comes_back(self, run: Run) -> str:
        """Arrange a restart where the policy has one left; return what to say of it."""
        policy = run.plan.restart
        if run.is_leaving or not policy.times:
            return ""
        if run.restarts >= policy.times:
            return f"; it stays so: {policy.times} restarts today were all there are"
        wait_s = policy.wait_s * 2**run.restarts
        run.coming_back = self._clock.call_after(round(wait_s * _NS), partial(self._restart, run))
        return f"; starts again in {wait_s:g} s ({run.restarts + 1} of {policy.times} today)"

    def _restart(self, failed: Run) -> None:
        failed.coming_back = None
        name = failed.plan.name
        if self._runs.get(name) is not failed or failed.state is not _FAILED:
            return
        self._count_sessions(failed.plan, -1)
        run = self._made(failed.plan)
        run.restarts = failed.restarts + 1
        self._runs[name] = run
        if not self._call(run, run.strategy.on_init):
            return
        run.is_prepared = True
        self._inherit(failed, run)
        self._begin(run)

    def _on_day(self, _: TradingDayChanged) -> None:
        for run in self._runs.values():
            run.restarts = 0

    # -- inside ----------------------------------------------------------------

    def _run(self, name: str) -> Run:
        run = self._runs.get(name)
        if run is None:
            there = f"there are: {', '.join(self._runs)}" if self._runs else "there are none"
            msg = f"no strategy is named {name!r}; {there}{did_you_mean(name, self._runs)}"
            raise MissingPluginError(msg)
        return run

    def _stays(self, run: Run) -> None:
        if run.is_leaving:
            msg = f"strategy {run.plan.name!r} is on its way out already"
            raise EngineStateError(msg)

    def _set(self, run: Run, state: StrategyState, reason: str = "") -> None:
        run.state = state
        self._bus.publish(StrategyChanged(run.plan.name, state, reason, self._clock.now))

    def _tell(self, run: Run, level: str, message: str) -> None:
        self._bus.publish(Alert(level, f"strategy.{run.plan.name}", message, self._clock.now))

    def _call(self, run: Run, callback: Callable[[], object]) -> bool:
        try:
            callback()
        except Exception as error:  # noqa: BLE001  the bus fence: counted and told
            self._fail(run, error, None)
            return False
        return True

    def _count_sessions(self, plan: Plan, by: int) -> None:
        if overrides(plan.factory, "on_session"):
            for symbol in plan.symbols:
                count = self.session_symbols.get(symbol, 0) + by
                if count:
                    self.session_symbols[symbol] = count
                else:
                    del self.session_symbols[symbol]
