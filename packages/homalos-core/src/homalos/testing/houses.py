"""A fake of what the engine shows a risk rule: accounts, prices, orders at work, the day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import nan
from typing import TypeVar

from attrs import Factory, define

from homalos.model import (
    Direction,
    Instrument,
    Offset,
    OrderData,
    OrderRequest,
    TickData,
    TradingState,
)
from homalos.testing.fakes import FakeClock
from homalos.testing.records import DAY, INSTRUMENTS, contract_of

__all__ = ["FakeActivity", "FakeFunds", "FakeHolding", "FakeRiskContext", "FakeWorking"]

_T = TypeVar("_T")


@define
class FakeHolding:
    """What an account holds and works in one contract; lots, all >= 0."""

    long: int = 0
    short: int = 0
    opening_long: int = 0
    opening_short: int = 0
    closing_long: int = 0
    closing_short: int = 0


@define
class FakeFunds:
    """An account's money, currency."""

    available: float = 0.0
    equity: float = 0.0
    margin: float = 0.0
    frozen: float = 0.0
    day_pnl: float = 0.0
    drawdown: float = 0.0


@define
class FakeActivity:
    """What was done in one account and contract on this trading day; counts, >= 0."""

    orders: int = 0
    cancels: int = 0
    refused: int = 0
    trades: int = 0
    lots: int = 0


@define
class FakeWorking:
    """An order that is not over."""

    state: OrderData


class _OfAccount(Mapping[str, _T]):
    """What one account has among what all have, by symbol; live."""

    def __init__(self, entries: Mapping[tuple[str, str], _T], account: str) -> None:
        self._entries = entries
        self._account = account

    def __getitem__(self, symbol: str) -> _T:
        return self._entries[self._account, symbol]

    def __iter__(self) -> Iterator[str]:
        return iter([symbol for account, symbol in self._entries if account == self._account])

    def __len__(self) -> int:
        return len(list(iter(self)))


@define(eq=False)
class FakeRiskContext:
    """What a rule may look at, as the test has put it there.

    Attributes:
        contracts: By symbol.
        clock: Advance it at will.
        names: The accounts.
        held: Holdings by (account, symbol); one is made when a rule first asks for it.
        money: By account; nothing is had until the test says so.
        prices: Last price by symbol; of a symbol not named, that of its tick.
        ticks: Last tick by symbol.
        resting: Orders that are not over, by (account, symbol), then by id.
        done: Counts of the day by (account, symbol).
        lots: A strategy's net lots by (strategy, symbol).
        pnl: What a strategy made on this day by (strategy, account), currency.
        day: The trading day, yyyymmdd.
        closed: Symbols that have no session on.
        auctions: Symbols whose call auction takes orders.
        switches: What the rule holds each switch at, with its reason, by (scope, name).
    """

    contracts: Mapping[str, Instrument] = INSTRUMENTS
    clock: FakeClock = Factory(FakeClock)
    names: tuple[str, ...] = ("main",)
    held: dict[tuple[str, str], FakeHolding] = Factory(dict)
    money: dict[str, FakeFunds] = Factory(dict)
    prices: dict[str, float] = Factory(dict)
    ticks: dict[str, TickData] = Factory(dict)
    resting: dict[tuple[str, str], dict[str, FakeWorking]] = Factory(dict)
    done: dict[tuple[str, str], FakeActivity] = Factory(dict)
    lots: dict[tuple[str, str], int] = Factory(dict)
    pnl: dict[tuple[str, str], float] = Factory(dict)
    day: int = DAY
    closed: set[str] = Factory(set)
    auctions: set[str] = Factory(set)
    switches: dict[tuple[str, str], tuple[TradingState, str]] = Factory(dict)

    def accounts(self) -> tuple[str, ...]:
        """Return `names`."""
        return self.names

    def instrument(self, symbol: str) -> Instrument:
        """Return a contract.

        Raises:
            UnknownInstrument: It is not among `contracts`.
        """
        return contract_of(self.contracts, symbol)

    def holding(self, account: str, symbol: str) -> FakeHolding:
        """Return the live holding, the same object each time."""
        return self.held.setdefault((account, symbol), FakeHolding())

    def holdings(self, account: str) -> Mapping[str, FakeHolding]:
        """Return an account's part of `held`, by symbol; live."""
        return _OfAccount(self.held, account)

    def funds(self, account: str) -> FakeFunds:
        """Return an account's entry in `money`, the same object each time."""
        return self.money.setdefault(account, FakeFunds())

    def available(self, account: str) -> float:
        """Return what new orders may use, currency."""
        return self.funds(account).available

    def last_price(self, symbol: str) -> float:
        """Return the last price, nan when the test gave none."""
        seen = self.ticks.get(symbol)
        return self.prices.get(symbol, nan if seen is None else seen.last_price)

    def last_tick(self, symbol: str) -> TickData | None:
        """Return the tick put into `ticks`, or `None`."""
        return self.ticks.get(symbol)

    def rest(self, order: OrderData) -> None:
        """Have an order be at work, until the test takes it out of `resting`."""
        self._resting_in(order.account, order.symbol)[order.order_id] = FakeWorking(order)

    def working(self, account: str, symbol: str) -> Mapping[str, FakeWorking]:
        """Return the orders that `rest` put to work, by id; the same mapping each time."""
        return self._resting_in(account, symbol)

    def activity(self, account: str, symbol: str) -> FakeActivity:
        """Return the entry in `done`, the same object each time."""
        return self.done.setdefault((account, symbol), FakeActivity())

    def lots_of(self, strategy: str, symbol: str) -> int:
        """Return the net lots put into `lots`."""
        return self.lots.get((strategy, symbol), 0)

    def pnl_of(self, strategy: str, account: str) -> float:
        """Return what was put into `pnl`, currency."""
        return self.pnl.get((strategy, account), 0.0)

    def trading_day(self) -> int:
        """Return `day`."""
        return self.day

    def is_open(self, symbol: str) -> bool:
        """Say that a session is on unless the symbol is among `closed`."""
        return symbol not in self.closed

    def in_auction(self, symbol: str) -> bool:
        """Say whether the symbol is among `auctions`."""
        return symbol in self.auctions

    def is_reducing(self, request: OrderRequest) -> bool:
        """Say whether an order can only make a position smaller.

        Of an order without offset the holding decides: its lots must not be more
        than stand against it and nothing else closes.
        """
        if request.offset is not Offset.NONE:
            return request.offset is not Offset.OPEN
        held = self.holding(request.account, request.symbol)
        if request.direction is Direction.LONG:
            return request.volume <= held.short - held.closing_short
        return request.volume <= held.long - held.closing_long

    def turn(self, scope: str, name: str, state: TradingState, reason: str) -> None:
        """Note what the rule holds a switch at in `switches`; with `NORMAL` it holds it no more."""
        if state is TradingState.NORMAL:
            self.switches.pop((scope, name), None)
        else:
            self.switches[scope, name] = (state, reason)

    def _resting_in(self, account: str, symbol: str) -> dict[str, FakeWorking]:
        return self.resting.setdefault((account, symbol), {})
