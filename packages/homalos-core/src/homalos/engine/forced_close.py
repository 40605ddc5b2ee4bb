"""What a broker does when margin is called for and nobody pays in: it closes positions."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from homalos.bus import STRATEGY, Bus, Subscription
from homalos.clock import EngineClock
from homalos.engine.accounts import AccountManager
from homalos.engine.ledger import Position
from homalos.engine.ledger.margin import margins
from homalos.engine.orders import OrderManager
from homalos.engine.risk.switches import Switches
from homalos.model import (
    Alert,
    BarData,
    Direction,
    Offset,
    OrderType,
    Rejection,
    Settled,
    TickData,
)

__all__ = ["FORCED", "ForcedClose"]

FORCED = "forced-close"
"""Whose orders these are; no strategy may have this name."""


class ForcedClose:
    """Closes positions of accounts whose settings say so, until their margin is covered again.

    It waits for the first price of the next trading day: until then a deposit helps. Then
    everything that works and would open is cancelled, and whole positions are closed at the
    market, those with the largest margin first, as many as free what is missing at
    the margins of the settlement. What is freed is reckoned once: where a close is
    not filled, the next settlement calls again. They pass every switch, since a broker asks
    nobody; rules of validity judge them as they do any order.

    This is a simulation of the policy: on a live account the broker does it, and it is told
    only. Engine thread.
    """

    def __init__(
        self,
        bus: Bus,
        clock: EngineClock,
        accounts: AccountManager,
        orders: OrderManager,
        switches: Switches,
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._accounts = accounts
        self._orders = orders
        self._switches = switches
        self._waiting: dict[str, list[Subscription]] = {}
        bus.subscribe(Settled, self._on_settled, order=STRATEGY, name="forced close")

    def _on_settled(self, settled: Settled) -> None:
        name = settled.account
        account = self._accounts.accounts[name]
        if account.settings.margin_call != "close":
            return
        self._forget(name)
        if not settled.statement.funds.margin_call:
            return
        day = settled.trading_day
        for symbol, position in account.ledger.positions.items():
            if position.long or position.short:
                due = partial(self._due, name, day)
                subscribe = partial(self._bus.subscribe, order=STRATEGY - 1, name="forced close")
                self._waiting.setdefault(name, []).extend(
                    (
                        subscribe(TickData, due, key=symbol),
                        subscribe(BarData, due, key=(symbol, None)),
                    )
                )

    def _due(self, name: str, settled_day: int, event: TickData | BarData) -> None:
        if event.trading_day <= settled_day:
            return
        self._forget(name)
        missing = -self._accounts.account_data(name, event.trading_day).available
        if missing <= 0:
            return
        for order in self._orders.working():
            if order.account == name and order.offset is Offset.OPEN:
                self._orders.cancel(order.order_id)
        closed = self._close(name, missing)
        self._say(
            "error",
            name,
            f"{missing:.2f} of margin were missing and not paid in: closing {', '.join(closed)}",
        )

    def _close(self, name: str, missing: Decimal) -> list[str]:
        """Close the positions with the largest margins until they free what is missing."""
        positions = self._accounts.accounts[name].ledger.positions
        held = margins(positions.values())
        done: list[str] = []
        for symbol in sorted(held, key=lambda each: (-held[each], each)):
            position = positions[symbol]
            if missing <= 0 or not (position.long or position.short):
                break
            missing -= held[symbol]
            done.append(f"{symbol} ({position.long} long, {position.short} short)")
            self._close_sides(name, position)
        return done

    def _close_sides(self, name: str, position: Position) -> None:
        lane = self._orders.lane(name, position.instrument.symbol)
        offset = Offset.NONE if lane.nets else Offset.CLOSE
        for direction, lots in (
            (Direction.SHORT, position.long - position.closing_long),
            (Direction.LONG, position.short - position.closing_short),
        ):
            if lots > 0:
                with self._switches.open():
                    answer = self._orders.submit(
                        FORCED, lane, direction, offset, float("nan"), lots, OrderType.MARKET
                    )
                if isinstance(answer, Rejection):
                    self._say("error", name, f"a forced close was refused: {answer.message}")

    def _forget(self, name: str) -> None:
        for subscription in self._waiting.pop(name, ()):
            subscription.close()

    def _say(self, level: str, name: str, message: str) -> None:
        self._bus.publish(Alert(level, f"account.{name}", message, self._clock.now))
