"""What each strategy has made on this trading day, and what it holds, cheap to ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from homalos.bus import STATE, Bus
from homalos.engine.account import Account
from homalos.engine.ledger import MICRO, Position
from homalos.engine.ledger.books import UNASSIGNED, StrategyBook
from homalos.model import TradeData

__all__ = ["DayResults"]


class DayResults:
    """Keeps every strategy's result of the day as a float, for who asks. Engine thread.

    A result is the strategy's profit by trade less its fees since the last settlement, at the
    last prices: those of all strategies add up to the account's `day_pnl`. It is reckoned
    from the exact books after each fill of the strategy that somebody asks about; between
    fills only prices move it.
    """

    def __init__(
        self, bus: Bus, accounts: Mapping[str, Account], last_price: Callable[[str], float]
    ) -> None:
        """Take the accounts whose books are read."""
        self._bus = bus
        self._accounts = accounts
        self._last_price = last_price
        self._followed: dict[tuple[str, str], _Result] = {}
        self._openings: dict[tuple[str, str], float] = {}

    def lots_of(self, strategy: str, symbol: str) -> int:
        """Return a strategy's net lots in all accounts; short is negative."""
        lots = 0
        for account in self._accounts.values():
            book = account.ledger.books.books.get(strategy or UNASSIGNED)
            own = book.positions.get(symbol) if book is not None else None
            if own is not None:
                lots += own.long - own.short
        return lots

    def pnl_of(self, strategy: str, account: str) -> float:
        """Return what a strategy has made in an account on this trading day, currency."""
        result = self._followed.get((strategy, account))
        if result is None:
            result = self._follow(strategy, account)
        pnl = result.closed
        for symbol, value, cost, carried in result.open:
            price = self._last_price(symbol)
            if price != price:  # noqa: PLR0124  nan when no market data was seen
                price = carried
            pnl += price * value - cost
        return pnl

    def begin(self) -> None:
        """Let a trading day begin; every account has been settled."""
        for name, account in self._accounts.items():
            books = account.ledger.books
            for strategy in books:
                # At the prices that the positions are carried at: those of the settlement.
                self._openings[strategy, name] = float(books.pnl(strategy, {}))
        for strategy, name in self._followed:
            self._reckon(strategy, name)

    # -- inside ----------------------------------------------------------------

    def _follow(self, strategy: str, account: str) -> _Result:
        if not self._followed:
            self._bus.subscribe(TradeData, self._on_trade, order=STATE + 1, name="day results")
        self._followed[strategy, account] = _Result()
        return self._reckon(strategy, account)

    def _on_trade(self, trade: TradeData) -> None:
        if (trade.strategy, trade.account) in self._followed:
            self._reckon(trade.strategy, trade.account)

    def _reckon(self, strategy: str, account: str) -> _Result:
        result = self._followed[strategy, account]
        book = self._accounts[account].ledger.books.books.get(strategy or UNASSIGNED)
        result.closed = -self._openings.get((strategy or UNASSIGNED, account), 0.0)
        result.open = ()
        if book is not None:
            result.closed += float(book.realised()) - float(book.fees())
            result.open = tuple(
                _open(own, _carried(book, symbol))
                for symbol, own in book.positions.items()
                if own.long or own.short
            )
        return result


class _Result:
    """A strategy's result: what is closed, and of each open contract what its price makes of it."""

    __slots__ = ("closed", "open")

    def __init__(self) -> None:
        self.closed = 0.0
        self.open: tuple[tuple[str, float, float, float], ...] = ()


def _open(own: Position, carried: float) -> tuple[str, float, float, float]:
    multiplier = own.instrument.multiplier
    value = float((own.long - own.short) * multiplier)
    cost = (own.long_cost - own.short_cost) * multiplier / MICRO
    return own.instrument.symbol, value, cost, carried


def _carried(book: StrategyBook, symbol: str) -> float:
    return book.accounts[symbol].carried() / MICRO
