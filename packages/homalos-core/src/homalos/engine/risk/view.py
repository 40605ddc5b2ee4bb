"""What a rule may look at: the engine's own live objects, bound once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import frozen

from homalos.clock import EngineClock
from homalos.engine.account import Account
from homalos.engine.ledger import Position
from homalos.engine.risk.open_times import OpenTimes
from homalos.model import (
    Direction,
    Instrument,
    Offset,
    OrderRequest,
    TickData,
    TradingState,
)
from homalos.plugins.ports import Activity, FundsView, WorkingView

__all__ = ["House", "RiskFunds", "RiskView", "reduces"]

_LONG = Direction.LONG
_OPEN, _NONE = Offset.OPEN, Offset.NONE


class RiskFunds:
    """One account's money as floats; see `homalos.plugins.ports.FundsView`. Engine thread."""

    __slots__ = ("_account", "_ledger")

    def __init__(self, account: Account) -> None:
        """Show an account."""
        self._account = account
        self._ledger = account.ledger

    @property
    def equity(self) -> float:
        """Return what the account is worth at the last prices."""
        return self._account.worth + self._account.floating

    @property
    def available(self) -> float:
        """Return what new orders may use."""
        return self._account.available()

    @property
    def margin(self) -> float:
        """Return the margin held for positions."""
        return self._ledger.margin

    @property
    def frozen(self) -> float:
        """Return what working orders hold."""
        return self._account.frozen

    @property
    def day_pnl(self) -> float:
        """Return what came since the last settlement, transfers left out."""
        return self._account.worth + self._account.floating - self._account.opening

    @property
    def drawdown(self) -> float:
        """Return how far the equity is below its highest so far, transfers left out."""
        account = self._account
        return max(account.peak - account.worth - account.floating, 0.0)


@frozen(kw_only=True)
class House:
    """Where a rule's view finds what it shows; each part as in `RiskContext`."""

    clock: EngineClock
    instrument: Callable[[str], Instrument]
    holding: Callable[[str, str], Position]
    last_price: Callable[[str], float]
    last_tick: Callable[[str], TickData | None]
    accounts: Mapping[str, Account]
    working: Callable[[str, str], Mapping[str, WorkingView]]
    activity: Callable[[str, str], Activity]
    lots_of: Callable[[str, str], int]
    pnl_of: Callable[[str, str], float]
    trading_day: Callable[[], int]
    open_times: OpenTimes
    is_reducing: Callable[[OrderRequest], bool]
    turn: Callable[[str, str, TradingState, str, str], None]


class RiskView:
    """What one rule may look at; see `homalos.plugins.ports.RiskContext`. Engine thread."""

    def __init__(self, rule: str, house: House) -> None:
        """Bind what a rule of a name sees."""
        self.clock = house.clock
        self.instrument = house.instrument
        self.holding = house.holding
        self.last_price = house.last_price
        self.last_tick = house.last_tick
        self.working = house.working
        self.activity = house.activity
        self.lots_of = house.lots_of
        self.pnl_of = house.pnl_of
        self.trading_day = house.trading_day
        self.is_open = house.open_times.is_open
        self.in_auction = house.open_times.in_auction
        self.is_reducing = house.is_reducing
        self._rule = rule
        self._turn = house.turn
        self._accounts = house.accounts
        self._available = {name: each.available for name, each in house.accounts.items()}
        self._funds = {name: RiskFunds(each) for name, each in house.accounts.items()}

    def accounts(self) -> tuple[str, ...]:
        """Return the names of all accounts."""
        return tuple(self._accounts)

    def available(self, account: str) -> float:
        """Return what new orders may use of an account's funds, in its currency."""
        return self._available[account]()

    def funds(self, account: str) -> FundsView:
        """Return an account's money, live."""
        return self._funds[account]

    def holdings(self, account: str) -> Mapping[str, Position]:
        """Return what an account holds and works, by symbol; live."""
        return self._accounts[account].ledger.positions

    def turn(self, scope: str, name: str, state: TradingState, reason: str) -> None:
        """Hold a switch at a state in this rule's name."""
        self._turn(scope, name, state, reason, self._rule)


def reduces(holding: Callable[[str, str], Position], request: OrderRequest) -> bool:
    """Say whether an order can only make a position smaller, whatever else fills."""
    offset = request.offset
    if offset is not _NONE:
        return offset is not _OPEN
    held = holding(request.account, request.symbol)
    if request.direction is _LONG:
        return request.volume + held.closing_short <= held.short
    return request.volume + held.closing_long <= held.long
