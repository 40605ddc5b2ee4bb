"""Strategies on main contracts: which contract it is, and the move to the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import nan

import attrs
from attrs import frozen
from msgspec.structs import replace

from homalos.bus import STATE, STRATEGY, Bus
from homalos.clock import EngineClock
from homalos.engine.series.rolls import MainSeries
from homalos.engine.strategies.run import Plan, Run, overrides
from homalos.engine.strategies.session_count import SessionCount
from homalos.errors import DataError, HomalosError
from homalos.model import Alert, Rolled, StrategyChanged, StrategyState, TradingDayChanged

__all__ = ["MainTurn", "Mains"]


@frozen
class Mains:
    """What a strategy asked for, where that is the main contract of a product.

    Attributes:
        asked: Its symbols as they were asked for: `rb.MAIN.SHFE`, `cu2505.SHFE`.
        series: The rows of each that is a main contract, by the symbol asked for.
    """

    asked: tuple[str, ...]
    series: Mapping[str, MainSeries]

    def on(self, day: int) -> tuple[str, ...]:
        """Return the contracts of a trading day, in the order asked for.

        Raises:
            DataError: A main contract is not known on the day.
        """
        return tuple(
            self.series[text].on(day).symbol if text in self.series else text for text in self.asked
        )

    def first(self) -> tuple[str, ...]:
        """Return the oldest contracts there are rows of: what stands there until a day is known."""
        return tuple(
            self.series[text].rolls[0].symbol if text in self.series else text
            for text in self.asked
        )

    def coming(self, day: int) -> tuple[str, ...]:
        """Return the main contracts that come next, as far as the rows tell already.

        They are watched ahead, so that a strategy finds their bars when it rolls.
        """
        following = (series.after(series.on(day)) for series in self.series.values())
        return tuple(roll.symbol for roll in following if roll is not None)

    def rolled(self, name: str, before: tuple[str, ...], change: TradingDayChanged) -> list[Rolled]:
        """Return what a strategy has to be told of a trading day.

        Args:
            name: The strategy's.
            before: The contracts it has been on, in the order asked for.
            change: The trading day that begins.

        Raises:
            DataError: A main contract is not known on the day.
        """
        found = []
        for text, held in zip(self.asked, before, strict=True):
            roll = self.series[text].on(change.trading_day) if text in self.series else None
            if roll is None or roll.symbol == held:
                continue
            # Where days were left out, the row's prices are not of these two contracts.
            prices = (roll.close, roll.previous_close) if roll.previous == held else (None, None)
            close, previous_close = (nan if price is None else float(price) for price in prices)
            found.append(
                Rolled(
                    name, text, roll.symbol, held, change.trading_day, change.ts_ns,
                    close, previous_close,
                )
            )  # fmt: skip
        return found


class MainTurn:
    """Moves strategies to the next main contract with the trading day. Engine thread.

    In two steps, both before the day's first event reaches anybody: beside the managers'
    state every strategy is made to hear the new contract, so that its sessions are told;
    then, behind all state, each is told of the roll.

    Attributes:
        wants: Asks the venues for the market data of symbols that are new with a roll.
    """

    def __init__(
        self,
        bus: Bus,
        clock: EngineClock,
        runs: Mapping[str, Run],
        sessions: SessionCount,
        watch: Callable[[Plan], None],
        begin: Callable[[Run], None],
        fail: Callable[[Run, Exception, object], None],
    ) -> None:
        """Watch the trading day.

        Args:
            bus: Where the day is told, and the rolls.
            clock: The engine's.
            runs: Every strategy by name, live.
            sessions: Whose sessions somebody wants to hear of.
            watch: Has the engine keep what a strategy needs of the market.
            begin: Starts a strategy that waited to know its contracts.
            fail: Told of a strategy whose contracts are not known: the error, and no event.
        """
        self._bus = bus
        self._clock = clock
        self.wants: Callable[[tuple[str, ...]], None] = _nobody
        self._runs = runs
        self._sessions = sessions
        self._watch = watch
        self._begin = begin
        self._fail = fail
        self._untold: dict[str, dict[str, Rolled]] = {}  # by strategy, by what it asked for
        self._moved: list[tuple[Run, list[Rolled]]] = []
        self._waited: list[Run] = []
        bus.subscribe(TradingDayChanged, self._move, order=STATE, name="mains")
        bus.subscribe(TradingDayChanged, self._tell, order=STRATEGY - 1, name="mains")
        bus.subscribe(StrategyChanged, self._on_state, order=STATE, name="mains")

    def catch_up(self, old: Run, new: Run) -> None:
        """Put a new version where the old one was moved to since the new one was made."""
        plan = old.plan
        if plan.mains is not None and plan.as_of > new.plan.as_of:
            self._place(new, plan.symbols, plan.as_of)

    def _move(self, change: TradingDayChanged) -> None:
        day = change.trading_day
        for run in tuple(self._runs.values()):
            plan = run.plan
            if plan.mains is None or day <= plan.as_of:
                continue
            try:
                symbols = plan.mains.on(day)
                rolled = plan.mains.rolled(plan.name, plan.symbols, change) if plan.as_of else []
            except DataError as error:
                self._unknown(run, error, change)
                continue
            if plan.as_of and not rolled:
                run.plan = attrs.evolve(plan, as_of=day)
                continue
            try:
                self._place(run, symbols, day)
            except HomalosError as error:
                run.waits_for_day = False
                self._fail(run, error, None)
                continue
            if rolled:
                self._moved.append((run, rolled))
            elif run.waits_for_day:
                self._waited.append(run)

    def _place(self, run: Run, symbols: tuple[str, ...], day: int) -> None:
        """Put a strategy on the main contracts of a trading day."""
        plan = attrs.evolve(run.plan, symbols=symbols, as_of=day)
        self._watch(plan)
        self._sessions.count(run.plan, -1)
        self._sessions.count(plan, 1)
        run.plan = plan
        run.move(self._bus, symbols)
        self.wants(plan.watched)

    def _tell(self, _: TradingDayChanged) -> None:
        moved, self._moved = self._moved, []
        waited, self._waited = self._waited, []
        for run, rolled in moved:
            for each in rolled:
                if run.subscriptions:
                    self._warn(run, each)
                    self._bus.publish(each)
                elif run.is_prepared:
                    self._keep(each)
        for run in waited:
            run.waits_for_day = False
            self._begin(run)

    def _keep(self, roll: Rolled) -> None:
        """Keep a roll for a strategy that does not hear now; several in a row are one."""
        untold = self._untold.setdefault(roll.strategy, {})
        first = untold.get(roll.series)
        if first is not None:
            roll = replace(roll, previous=first.previous, close=nan, previous_close=nan)
        untold[roll.series] = roll

    def _on_state(self, change: StrategyChanged) -> None:
        if change.state is StrategyState.RUNNING and change.strategy in self._untold:
            # Behind its `on_start`, and before the next event.
            self._clock.call_after(0, partial(self._tell_late, change.strategy))

    def _tell_late(self, name: str) -> None:
        run = self._runs.get(name)
        if run is None or not run.subscriptions:
            return
        for roll in self._untold.pop(name, {}).values():
            # Where it rolled back to what it holds, or asks for something else now, all is well.
            if roll.symbol in run.plan.symbols and roll.symbol != roll.previous:
                self._warn(run, roll)
                self._bus.publish(replace(roll, ts_ns=self._clock.now))

    def _unknown(self, run: Run, error: DataError, change: TradingDayChanged) -> None:
        if run.waits_for_day:
            run.waits_for_day = False
            self._fail(run, error, None)
            return
        # It goes on with the contract it has, which is no guess of ours: it has not rolled.
        held = ", ".join(run.plan.symbols)
        self._say(run, "error", f"{error}; it stays on {held}", change.ts_ns)

    def _warn(self, run: Run, roll: Rolled) -> None:
        lots = run.desk.position(roll.previous)
        orders = len(run.desk.active_orders(roll.previous))
        if (lots or orders) and not overrides(run.plan.factory, "on_roll"):
            text = (
                f"{roll.series} is {roll.symbol} now, and the strategy has no `on_roll`: its "
                f"{lots} lots and {orders} working orders of {roll.previous} stay as they are"
            )
            self._say(run, "warning", text, roll.ts_ns)

    def _say(self, run: Run, level: str, text: str, ts_ns: int) -> None:
        self._bus.publish(Alert(level, f"strategy.{run.plan.name}", text, ts_ns))


def _nobody(_: tuple[str, ...]) -> None:
    """Ask nobody: there are no venues yet."""
