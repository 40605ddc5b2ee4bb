"""Accounts while they trade: positions, funds, floating profit and drawdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from math import nan

from homalos.bus import STATE, Bus
from homalos.config import AccountSettings
from homalos.engine.account import Account, Mark
from homalos.engine.ledger import MICRO, Position, micros
from homalos.engine.ledger.margin import margin_of
from homalos.errors import AccountError
from homalos.model import (
    AccountData,
    BarData,
    Direction,
    Instrument,
    PositionData,
    SettlementPrice,
    Statement,
    TickData,
    TradeData,
)

__all__ = ["AccountManager"]


class AccountManager:
    """Keeps every account; hears trades before the strategies do. Engine thread.

    Attributes:
        accounts: By name; the first is the default.
    """

    def __init__(
        self,
        bus: Bus,
        settings: Mapping[str, AccountSettings],
        instrument: Callable[[str], Instrument],
        last_price: Callable[[str], float],
    ) -> None:
        self.accounts = {name: Account(name, each) for name, each in settings.items()}
        self._bus = bus
        self._instrument = instrument
        self._last_price = last_price
        self._marks: dict[tuple[str, str], Mark] = {}
        bus.subscribe(TradeData, self.on_trade, order=STATE, name="accounts")

    def holding(self, account: str, symbol: str) -> Position:
        """Return the live holding; the same object for as long as the engine lives."""
        return self.accounts[account].ledger.position(self._instrument(symbol))

    def on_trade(self, trade: TradeData) -> None:
        """Book a trade."""
        mark = self._marks.get((trade.account, trade.symbol))
        if mark is None:
            mark = self._follow(trade)
        mark.book(trade)

    def transfer(self, name: str, amount: Decimal, day: int, note: str = "") -> None:
        """Pay into an account, or with an amount below 0 take out of what is available.

        Args:
            name: The account's.
            amount: Currency; whole cents.
            day: The trading day in hand, yyyymmdd.
            note: For the statement's line.

        Raises:
            AccountError: No trading day has begun, the amount is no amount of money, or
                more than is available; nothing was booked.
        """
        if not day:
            msg = f"{name}: money is booked on a trading day, and none has begun yet"
            raise AccountError(msg)
        if not amount.is_finite() or amount != round(amount, 2):
            msg = f"{name}: {amount} is no amount of money; expected whole cents"
            raise AccountError(msg)
        if amount < 0:
            available = self.account_data(name, day).available
            if -amount > available:
                msg = f"{name}: {-amount:.2f} cannot be taken out; {available:.2f} are available"
                raise AccountError(msg)
        try:
            self.accounts[name].transfer(amount, day, note)
        except ValueError as error:
            raise AccountError(str(error)) from error

    def settle(
        self, name: str, day: int, prices: Mapping[str, SettlementPrice], *, lines: bool
    ) -> Statement:
        """End an account's trading day; see `Ledger.settle`."""
        account = self.accounts[name]
        statement = account.ledger.settle(day, prices, lines=lines)
        for mark in account.marks:
            mark.follow()
        return statement

    def change(self, name: str, instrument: Instrument) -> None:
        """Have an account hold a contract under other terms from now on."""
        ledger = self.accounts[name].ledger
        ledger.change(ledger.position(instrument), instrument)

    def results(self, name: str) -> dict[str, Decimal]:
        """Return what each strategy made in an account: realised less fees plus floating, exact."""
        books = self.accounts[name].ledger.books
        prices = self._prices(name)
        return {strategy: books.pnl(strategy, prices) for strategy in books}

    def account_data(self, name: str, trading_day: int) -> AccountData:
        """Return an account's funds, exact at the last prices."""
        account = self.accounts[name]
        ledger = account.ledger
        prices = self._prices(name)
        margin, equity = ledger.margin_held(), ledger.equity(prices)
        frozen = Decimal(str(round(account.frozen, 6) + 0.0))  # a rest of -1e-12 is not -0
        return AccountData(
            account=name,
            currency=account.settings.currency,
            trading_day=trading_day,
            capital=ledger.capital + ledger.transferred,
            realised_pnl=ledger.realised(),
            fees=ledger.fees(),
            floating_pnl=ledger.floating(prices),
            equity=equity,
            margin=margin,
            available=equity - margin - frozen,
            max_drawdown=account.max_drawdown,
            balance=ledger.balance(),
            frozen=frozen,
            risk_degree=round(margin / equity, 4) if equity else Decimal(0),
        )

    def position_data(self, name: str, trading_day: int) -> list[PositionData]:
        """Return an account's open positions, by symbol, long before short."""
        found = []
        for symbol, position in sorted(self.accounts[name].ledger.positions.items()):
            price = self._price(name, symbol)
            for direction, volume, cost, marks in (
                (Direction.LONG, position.long, position.long_cost, position.long_mark),
                (Direction.SHORT, position.short, position.short_cost, position.short_mark),
            ):
                if not volume:
                    continue
                instrument = position.instrument
                sign = 1 if direction is Direction.LONG else -1
                known = price == price  # noqa: PLR0124  nan before the first price
                units = sign * (micros(price) * volume - cost) if known else 0
                found.append(
                    PositionData(
                        account=name,
                        symbol=symbol,
                        direction=direction,
                        volume=volume,
                        yd_volume=position.yesterday(direction, trading_day),
                        average_price=cost / volume / MICRO,
                        floating_pnl=units * instrument.multiplier / MICRO,
                        margin=margin_of(instrument, direction, marks, volume),
                    )
                )
        return found

    def postings(self) -> int:
        """Return the ledger entries made in all accounts."""
        return sum(account.ledger.postings for account in self.accounts.values())

    def _prices(self, account: str) -> dict[str, float]:
        return {
            symbol: self._price(account, symbol)
            for symbol in self.accounts[account].ledger.positions
        }

    def _price(self, account: str, symbol: str) -> float:
        price = self._last_price(symbol)
        if price == price:  # noqa: PLR0124  nan when no market data was seen
            return price
        mark = self._marks.get((account, symbol))
        return mark.price if mark is not None else nan

    def _follow(self, trade: TradeData) -> Mark:
        """Follow a symbol's price from an account's first trade in it."""
        account, symbol = trade.account, trade.symbol
        price = self._last_price(symbol)
        if price != price:  # noqa: PLR0124  nan when no market data was seen
            price = trade.price
        books = self.accounts[account]
        mark = Mark(books, self.holding(account, symbol), price)
        self._marks[account, symbol] = mark
        books.marks.append(mark)
        for each in books.marks:
            each.reckon(each.price)  # the bounds of the first do not hold for two
        name = f"accounts.{account}"
        subscribe = self._bus.subscribe
        subscribe(TickData, mark.on_tick, key=symbol, order=STATE + 2, name=name)
        subscribe(BarData, mark.on_bar, key=(symbol, None), order=STATE + 2, name=name)
        return mark
