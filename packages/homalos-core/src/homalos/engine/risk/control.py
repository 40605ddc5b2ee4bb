"""The hand that watches over risk: switches, meters, leases and what closes everything."""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

from homalos.engine.orders import MANUAL
from homalos.engine.risk.day_results import DayResults
from homalos.engine.risk.flatten import Flatten
from homalos.engine.risk.flatten_report import FlattenReport
from homalos.engine.risk.lease import Lease
from homalos.engine.risk.open_times import OpenTimes
from homalos.engine.risk.scopes import Scope, scope_of
from homalos.engine.risk.switches import Switches
from homalos.engine.risk.view import House, reduces
from homalos.engine.risk.watch import Watch
from homalos.errors import GatewayError, OrderError

if TYPE_CHECKING:
    from homalos.engine.build import Parts

__all__ = ["RiskControl"]


class RiskControl:
    """Everything of risk that is not a rule. Engine thread.

    Attributes:
        house: What rules may look at.
        open_times: Which markets are open.
        results: What strategies made on this day.
        switches: The three-state switches.
        watch: What asks the rules' meters.
        lease: What venues hold for this engine.
    """

    def __init__(self, parts: Parts) -> None:
        """Bind it to the other parts; before the rules are bound."""
        self._parts = parts
        self._flattens: list[Flatten] = []
        settings = parts.settings.control
        bus, clock, accounts = parts.bus, parts.clock, parts.accounts
        is_reducing = partial(reduces, accounts.holding)
        self.open_times = OpenTimes(clock, parts.markets.of, parts.markets.sessions)
        self.results = DayResults(bus, accounts.accounts, parts.data.last_price)
        self.switches = Switches(bus, clock, parts.risk, accounts.accounts, is_reducing)
        self.watch = Watch(bus, clock, parts.risk, levels=settings.levels, check_s=settings.check_s)
        self.lease = Lease(bus, clock, settings, parts.gateways, parts.orders, self.switches)
        self.house = self._make_house()
        parts.risk.fault = lambda name, what: parts.faults.append((name, what))

    def begin(self) -> None:
        """Turn the switch as the settings say, and begin what runs by itself: the start."""
        state = self._parts.settings.control.state
        self.switches.turn("engine", "", state, "control.state of the settings")
        self.lease.begin()

    def begin_day(self, day: int) -> None:
        """Count everything of a trading day anew; the one before has been settled."""
        for account in self._parts.accounts.accounts.values():
            account.begin_day()
        self.results.begin()
        self.watch.begin()
        self._parts.risk.begin(day)

    def stop(self) -> None:
        """End what runs by itself: the engine stops."""
        for flatten in self._flattens:
            flatten.end("the engine was stopped")
        self.lease.stop()

    def scope(self, kind: str, name: str) -> Scope:
        """Return a scope that exists: a strategy is one that runs, has a book or orders.

        A person's orders are those of one that is always there.

        Raises:
            OrderError: There is no such one; the message names those that there are.
        """
        parts = self._parts
        books = (each.ledger.books for each in parts.accounts.accounts.values())
        names = [*parts.strategies.names(), *(name for each in books for name in each)]
        working = [order.strategy for order in parts.orders.working()]
        strategies = dict.fromkeys((*names, *working, MANUAL))
        return scope_of(kind, name, accounts=parts.accounts.accounts, strategies=strategies)

    def cancel_all(self, scope: Scope) -> int:
        """Ask for every order of a scope back; return how many were asked for.

        Raises:
            OrderError: Venues raised for some; the others were asked for all the same.
        """
        orders = self._parts.orders
        asked, faults = 0, []
        for order in orders.working():
            if scope.has(order):
                try:
                    asked += orders.cancel(order.order_id)
                except GatewayError as error:
                    faults.append(f"{order.order_id}: {error}")
        if faults:
            msg = f"{asked} orders were asked back, and {len(faults)} not: {'; '.join(faults)}"
            raise OrderError(msg)
        return asked

    def flatten(self, scope: Scope, timeout_s: float) -> Future[FlattenReport]:
        """Begin to close everything of a scope; the future has what became of it.

        Another one that is under way ends: it reports what is left so far.
        """
        for each in self._flattens:
            each.end("another one was asked for meanwhile")
        one = Flatten(self._parts, scope, timeout_s)
        self._flattens = [one]
        one.begin()
        return one.future

    def _make_house(self) -> House:
        parts = self._parts
        return House(
            clock=parts.clock,
            instrument=parts.markets.instrument,
            holding=parts.accounts.holding,
            last_price=parts.data.last_price,
            last_tick=parts.data.last_tick,
            accounts=parts.accounts.accounts,
            working=parts.orders.working_in,
            activity=lambda account, symbol: parts.orders.lane(account, symbol).activity,
            lots_of=self.results.lots_of,
            pnl_of=self.results.pnl_of,
            trading_day=lambda: parts.loop.trading_day,
            open_times=self.open_times,
            is_reducing=partial(reduces, parts.accounts.holding),
            turn=self.switches.turn,
        )
