"""What happens beside market data and orders."""

from __future__ import annotations

from math import nan
from typing import Any

from homalos.model.enums import SessionState, StrategyState, TradingState
from homalos.model.message import Message
from homalos.model.statement import Statement

__all__ = [
    "Alert",
    "Command",
    "ConnectionChanged",
    "Rolled",
    "SessionChanged",
    "Settled",
    "StrategyChanged",
    "TimerFired",
    "TradingDayChanged",
    "TradingStateChanged",
]


class ConnectionChanged(Message, frozen=True):
    """A gateway went up or down."""

    gateway: str
    is_up: bool
    reason: str
    ts_ns: int


class TimerFired(Message, frozen=True):
    """A strategy's timer came due.

    Attributes:
        name: The strategy's name for the timer.
        due_ns: When it was due, nanoseconds UTC.
    """

    strategy: str
    name: str
    due_ns: int
    ts_ns: int


class SessionChanged(Message, frozen=True):
    """A trading session of an instrument began or ended."""

    symbol: str
    state: SessionState
    trading_day: int
    ts_ns: int


class TradingDayChanged(Message, frozen=True):
    """The first event of a new trading day came; yesterday's lots are now yesterday's."""

    trading_day: int
    previous: int
    ts_ns: int


class Rolled(Message, frozen=True):
    """A strategy's main contract is another one from this trading day on.

    Attributes:
        series: What it subscribed to, `rb.MAIN.SHFE`.
        symbol: The contract it hears and trades from now on.
        previous: The one until now; what it holds of it is still its own.
        close: Price of the new contract on the last trading day before, currency per
            unit; nan when it is not known.
        previous_close: The same of the old one, of the same day: the difference is the
            jump between the two.
    """

    strategy: str
    series: str
    symbol: str
    previous: str
    trading_day: int
    ts_ns: int
    close: float = nan
    previous_close: float = nan


class Settled(Message, frozen=True):
    """An account's trading day was settled; yesterday's balance is today's beginning."""

    account: str
    trading_day: int
    ts_ns: int
    statement: Statement


class StrategyChanged(Message, frozen=True):
    """A strategy's state changed; `reason` names the exception when it failed."""

    strategy: str
    state: StrategyState
    reason: str
    ts_ns: int


class TradingStateChanged(Message, frozen=True):
    """The switch of the engine, of an account or of a strategy was turned.

    Attributes:
        scope: `engine`, `account` or `strategy`.
        name: Whose; "" for the engine.
        state: What holds from now on.
        reason: Why, for the person who watches: a rule's words, or a person's.
    """

    scope: str
    name: str
    state: TradingState
    reason: str
    ts_ns: int


class Alert(Message, frozen=True):
    """Something a person should see.

    Attributes:
        level: `info`, `warning` or `error`.
        source: The part that speaks, such as `bus` or `strategy.ma1`.
    """

    level: str
    source: str
    message: str
    ts_ns: int


class Command(Message, frozen=True):
    """A wish from outside the engine thread, carried out between two events.

    Attributes:
        name: `strategy.start`, `order.cancel` and so on.
        arguments: By name; plain values only, so that it can be journaled.
    """

    name: str
    arguments: dict[str, Any]
    ts_ns: int = 0
