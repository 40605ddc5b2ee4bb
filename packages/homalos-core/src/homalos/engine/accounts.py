"""Accounts while they trade: positions, funds, floating profit and drawdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from math import nan

from homalos.bus import STATE, Bus, Subscription
from homalos.config import AccountSettings
from homalos.engine.ledger import MICRO, Ledger, Position, micros
from homalos.model import (
    AccountData,
    BarData,
    Direction,
    Instrument,
    PositionData,
    TickData,
    TradeData,
)

__all__ = ["Account", "AccountManager"]


class Account:
    """One account: its exact books, and a running float picture for checks and drawdown.

    Attributes:
        frozen: Margin held for working orders that open, currency.
        floating: Profit of open lots at the last prices, currency, as a float.
        max_drawdown: Largest fall of the equity from a peak, currency, >= 0.
    """

    __slots__ = (
        "_peak",
        "capital",
        "floating",
        "frozen",
        "gateway",
        "ledger",
        "max_drawdown",
        "name",
        "settings",
    )

    def __init__(self, name: str, settings: AccountSettings) -> None:
        self.name = name
        self.settings = settings
        self.gateway = settings.gateway
        self.ledger = Ledger(capital=settings.capital, mode=settings.mode)
        self.capital = float(settings.capital)
        self.frozen = 0.0
        self.floating = 0.0
        self.max_drawdown = 0.0
        self._peak = self.capital

    def available(self) -> float:
        """Return what new orders may use, currency."""
        ledger = self.ledger
        return self.capital + ledger.cash + self.floating - ledger.margin - self.frozen

    def see_equity(self) -> None:
        """Take note of the equity now: a new peak, or a deeper fall from the last one."""
        equity = self.capital + self.ledger.cash + self.floating
        if equity > self._peak:
            self._peak = equity
        elif self._peak - equity > self.max_drawdown:
            self.max_drawdown = self._peak - equity


class _Mark:
    """Moves one account's floating profit with one symbol's price, in float arithmetic."""

    __slots__ = ("_account", "_position", "_unit", "price")

    def __init__(self, account: Account, position: Position) -> None:
        self._account = account
        self._position = position
        self._unit = float(position.instrument.multiplier)
        self.price = nan

    def on_tick(self, tick: TickData) -> None:
        """Take the last price of a tick."""
        if tick.last_price != self.price:
            self._move(tick.last_price)

    def on_bar(self, bar: BarData) -> None:
        """Take the close of a bar."""
        if bar.close_price != self.price:
            self._move(bar.close_price)

    def _move(self, price: float) -> None:
        position, account = self._position, self._account
        net = position.long - position.short
        if net and self.price == self.price:  # noqa: PLR0124  nan before the first price
            account.floating += (price - self.price) * net * self._unit
            account.see_equity()
        self.price = price

    def settle(self) -> float:
        """Return the floating profit at the last price, currency, freshly computed."""
        if self.price != self.price:  # noqa: PLR0124  nan before the first price
            return 0.0
        return self._position.floating(micros(self.price)) * self._unit / MICRO


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
        self._marks: dict[tuple[str, str], _Mark] = {}
        self._listening: list[Subscription] = []
        bus.subscribe(TradeData, self.on_trade, order=STATE, name="accounts")

    def holding(self, account: str, symbol: str) -> Position:
        """Return the live holding; the same object for as long as the engine lives."""
        mark = self._marks.get((account, symbol))
        if mark is None:
            mark = self._follow(account, symbol)
        return mark._position  # noqa: SLF001  one idea in two classes

    def on_trade(self, trade: TradeData) -> None:
        """Book a trade."""
        key = (trade.account, trade.symbol)
        mark = self._marks.get(key) or self._follow(*key)
        account = self.accounts[trade.account]
        before = mark.settle()
        if mark.price != mark.price:  # noqa: PLR0124  nan before the first price
            mark.price = trade.price
        account.ledger.post(trade, mark._position)  # noqa: SLF001  as above
        account.floating += mark.settle() - before
        account.see_equity()

    def account_data(self, name: str, trading_day: int) -> AccountData:
        """Return an account's funds, exact at the last prices."""
        account = self.accounts[name]
        ledger = account.ledger
        prices = {symbol: self._price(name, symbol) for symbol in ledger.positions}
        realised, fees = ledger.realised(), ledger.fees()
        floating, margin = ledger.floating(prices), ledger.margin_held()
        equity = ledger.capital + realised - fees + floating
        return AccountData(
            account=name,
            currency=account.settings.currency,
            trading_day=trading_day,
            capital=ledger.capital,
            realised_pnl=realised,
            fees=fees,
            floating_pnl=floating,
            equity=equity,
            margin=margin,
            available=equity - margin - Decimal(str(round(account.frozen, 6))),
            max_drawdown=account.max_drawdown,
        )

    def position_data(self, name: str, trading_day: int) -> list[PositionData]:
        """Return an account's open positions, by symbol, long before short."""
        found = []
        for symbol, position in sorted(self.accounts[name].ledger.positions.items()):
            price = self._price(name, symbol)
            for direction, volume, cost in (
                (Direction.LONG, position.long, position.long_cost),
                (Direction.SHORT, position.short, position.short_cost),
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
                        margin=Decimal(cost * instrument.multiplier)
                        * instrument.margin_rate
                        / MICRO,
                    )
                )
        return found

    def postings(self) -> int:
        """Return the ledger entries made in all accounts."""
        return sum(account.ledger.postings for account in self.accounts.values())

    def _price(self, account: str, symbol: str) -> float:
        price = self._last_price(symbol)
        if price == price:  # noqa: PLR0124  nan when no market data was seen
            return price
        mark = self._marks.get((account, symbol))
        return mark.price if mark is not None else nan

    def _follow(self, account: str, symbol: str) -> _Mark:
        books = self.accounts[account]
        position = books.ledger.position(self._instrument(symbol))
        mark = self._marks[account, symbol] = _Mark(books, position)
        mark.price = self._last_price(symbol)
        name = f"accounts.{account}"
        subscribe = self._bus.subscribe
        subscribe(TickData, mark.on_tick, key=symbol, order=STATE + 2, name=name)
        subscribe(BarData, mark.on_bar, key=(symbol, None), order=STATE + 2, name=name)
        return mark
