"""What a rule is, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from attrs import frozen

from homalos.model import (
    CancelRequest,
    Instrument,
    OrderData,
    OrderRequest,
    TickData,
    TradingState,
)
from homalos.plugins.ports.clock import Clock

__all__ = [
    "Activity",
    "FundsView",
    "Holding",
    "Meter",
    "Refusal",
    "RiskCheck",
    "RiskContext",
    "RiskRule",
    "WorkingView",
]


class Holding(Protocol):
    """What an account holds and works in one instrument; lots, all >= 0. Read only."""

    long: int
    short: int
    opening_long: int
    opening_short: int
    closing_long: int
    closing_short: int


@frozen
class Refusal:
    """A rule's no.

    Attributes:
        message: One sentence: what was found, what is allowed.
        input: What was measured.
        limit: What is allowed.
    """

    message: str
    input: float
    limit: float


RiskCheck = Callable[[OrderRequest], Refusal | None]


@frozen(kw_only=True)
class Meter:
    """How near a rule's limit something is, at this moment.

    Attributes:
        subject: What was measured, such as `main rb2510.SHFE long`; with the rule's name
            it says whose warnings belong together.
        value: What was measured.
        limit: What is allowed, > 0 or nan where it is not known.
    """

    subject: str
    value: float
    limit: float


@frozen(kw_only=True)
class RiskRule:
    """A rule that does more than to check orders: what its factory returns instead.

    Attributes:
        check: Asked about every order.
        peek: Judges as `check` does, without counting: it leaves no trace in the rule. Asked
            by `explain` and `preview`, which send nothing; `None` where `check` itself
            leaves none.
        measure: Says what each of its limits would come to with an order, refused or not,
            without a trace either: what `explain` and `preview` show beside the verdict;
            `None` where the rule has no figures.
        meters: Asked on every fill, and every `control.check_s` seconds where they drift, for
            what is to be watched.
        drifts: Whether what `meters` measures moves between fills, as a profit does with
            prices; what moves with fills alone, as a position does, is not asked in between.
        nearest: Says in one number how near its limit the nearest of all its meters is, as a
            share of that limit, or more than that, never less; those whose limit is not
            known do not count. Where it is below every level that is warned of, `meters` is
            not asked, which costs far more; `None` where it always is.
        on_cancel: Told of every cancel that leaves; it cannot refuse one.
        on_day: Told of each new trading day, yyyymmdd, before its first event: counters
            begin anew.
    """

    check: RiskCheck
    peek: RiskCheck | None = None
    measure: Callable[[OrderRequest], Iterable[Meter]] | None = None
    meters: Callable[[], Iterable[Meter]] | None = None
    drifts: bool = True
    nearest: Callable[[], float] | None = None
    on_cancel: Callable[[CancelRequest], None] | None = None
    on_day: Callable[[int], None] | None = None


class FundsView(Protocol):
    """An account's money as floats, live, currency. Read only; the same object for ever."""

    @property
    def equity(self) -> float:
        """Return what the account is worth at the last prices."""

    @property
    def available(self) -> float:
        """Return what new orders may use."""

    @property
    def margin(self) -> float:
        """Return the margin held for positions."""

    @property
    def frozen(self) -> float:
        """Return what working orders hold."""

    @property
    def day_pnl(self) -> float:
        """Return what this trading day has brought so far, fees taken off; < 0 is a loss."""

    @property
    def drawdown(self) -> float:
        """Return how far the equity is below its highest so far, >= 0."""


class Activity(Protocol):
    """What was done in one account and instrument on this trading day; counts, >= 0.

    Read only, live: the same object for ever, its counts begin anew each trading day.
    """

    orders: int
    cancels: int
    refused: int
    trades: int
    lots: int


class WorkingView(Protocol):
    """An order that is not over."""

    @property
    def state(self) -> OrderData:
        """Return it as last published."""


class RiskContext(Protocol):
    """What a rule may look at. Bind what you need when the rule is built."""

    @property
    def clock(self) -> Clock:
        """Return the engine's clock."""

    def accounts(self) -> tuple[str, ...]:
        """Return the names of all accounts; they stay the same as long as the engine lives."""

    def instrument(self, symbol: str) -> Instrument:
        """Return the contract of a symbol."""

    def holding(self, account: str, symbol: str) -> Holding:
        """Return the live holding; the same object for as long as the engine lives."""

    def available(self, account: str) -> float:
        """Return what new orders may use of an account's funds, in its currency."""

    def last_price(self, symbol: str) -> float:
        """Return the last price seen, nan when none was."""

    def last_tick(self, symbol: str) -> TickData | None:
        """Return the last tick seen, `None` when none was (a run on bars)."""

    def funds(self, account: str) -> FundsView:
        """Return an account's money, live."""

    def holdings(self, account: str) -> Mapping[str, Holding]:
        """Return what an account holds and works, by symbol; live, the same mapping for ever."""

    def working(self, account: str, symbol: str) -> Mapping[str, WorkingView]:
        """Return an account's orders in a symbol that are not over, by id, oldest first; live.

        Those that the engine still holds back, such as stop orders, are not among them.
        """

    def activity(self, account: str, symbol: str) -> Activity:
        """Return what was done in an account and a symbol on this trading day; live."""

    def lots_of(self, strategy: str, symbol: str) -> int:
        """Return a strategy's own net position in lots; short is negative."""

    def pnl_of(self, strategy: str, account: str) -> float:
        """Return what a strategy has made in an account on this trading day, currency."""

    def trading_day(self) -> int:
        """Return the trading day that the engine is in, yyyymmdd; 0 before the first."""

    def is_open(self, symbol: str) -> bool:
        """Say whether orders in a symbol are taken now; True if not known.

        They are in a session, and in a call auction until its orders are matched.
        """

    def in_auction(self, symbol: str) -> bool:
        """Say whether a call auction of a symbol takes orders now; False if not known."""

    def is_reducing(self, request: OrderRequest) -> bool:
        """Say whether an order can only make a position smaller."""

    def turn(self, scope: str, name: str, state: TradingState, reason: str) -> None:
        """Hold a switch at a state in this rule's name; the strictest one held is in force.

        With `NORMAL` the rule lets go of it. A person has the last word: what one sets takes
        the place of what every rule holds. Cheap, and nothing is told, where the rule holds
        that state already; orders are judged by it from the next one on.

        Args:
            scope: `engine`, `account` or `strategy`.
            name: Whose; "" for the engine.
            state: What is to hold.
            reason: For the person who watches: what was found, what is allowed.
        """
