"""Accounts while they trade: positions, funds, floating profit and drawdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from math import inf, nan

from homalos.bus import STATE, Bus, Subscription
from homalos.config import AccountSettings
from homalos.engine.ledger import MICRO, Ledger, Position, micros
from homalos.model import (
    AccountData,
    BarData,
    Direction,
    Instrument,
    PositionData,
    PositionMode,
    TickData,
    TradeData,
)

__all__ = ["Account", "AccountManager"]


class Account:
    """One account: its exact books, and a running float picture for checks and drawdown.

    Attributes:
        netting: Whether long and short cancel out.
        frozen: Margin and fees held for working orders, currency.
        worth: Capital and realised profit less fees, currency, as a float.
        peak: The highest equity so far, currency.
        trough: The peak less the largest fall so far; an equity below it is a new one.
        max_drawdown: Largest fall of the equity from a peak, currency, >= 0.
        reckoned: Floating profit as last reckoned, currency; `floating` is up to date.
        marks: One for each symbol it ever traded.
    """

    __slots__ = (
        "capital",
        "frozen",
        "gateway",
        "ledger",
        "marks",
        "max_drawdown",
        "name",
        "netting",
        "peak",
        "reckoned",
        "settings",
        "trough",
        "worth",
    )

    def __init__(self, name: str, settings: AccountSettings) -> None:
        self.name = name
        self.settings = settings
        self.gateway = settings.gateway
        self.netting = settings.mode is PositionMode.NETTING
        self.ledger = Ledger(capital=settings.capital)
        self.frozen = 0.0
        self.reckoned = 0.0
        self.marks: list[_Mark] = []
        self.max_drawdown = 0.0
        self.capital = float(settings.capital)
        self.worth = self.peak = self.trough = self.capital

    @property
    def floating(self) -> float:
        """Return the profit of open lots at the last prices, currency, as a float."""
        if len(self.marks) == 1:
            mark = self.marks[0]
            return mark.price * mark.value - mark.cost
        return self.reckoned

    def available(self) -> float:
        """Return what new orders may use, currency."""
        floating = self.reckoned
        if len(self.marks) == 1:
            mark = self.marks[0]
            floating = mark.price * mark.value - mark.cost
        return self.worth + floating - self.ledger.margin - self.frozen


class _Mark:
    """Moves one account's floating profit with one symbol's price, in float arithmetic.

    In an account that trades nothing else, a price within two bounds can bring neither a
    new peak of the equity nor a new largest fall: it is kept, and nothing is reckoned.

    Attributes:
        price: The last price, currency per unit.
        value: Currency that one unit of price is worth to the net position.
        cost: What the net position cost; at a price it floats at `price * value - cost`.
        reckoned: Its part in the account's floating profit as last reckoned.
        lowest: The bound below.
        highest: The bound above; below `lowest` when every price is to be reckoned.
    """

    __slots__ = (
        "account",
        "cost",
        "highest",
        "lowest",
        "multiplier",
        "position",
        "price",
        "reckoned",
        "value",
    )

    def __init__(self, account: Account, position: Position, price: float) -> None:
        self.account = account
        self.position = position
        self.price = price
        self.multiplier = float(position.instrument.multiplier)
        self.value = self.cost = self.reckoned = 0.0
        self.lowest, self.highest = -inf, inf

    def on_tick(self, tick: TickData) -> None:
        """Take the last price of a tick."""
        price = tick.last_price
        if self.lowest <= price <= self.highest:
            self.price = price
        elif price == price:  # noqa: PLR0124  nan, the missing price
            self.reckon(price)

    def on_bar(self, bar: BarData) -> None:
        """Take the close of a bar; written out again, for it is on the hot path."""
        price = bar.close_price
        if self.lowest <= price <= self.highest:
            self.price = price
        elif price == price:  # noqa: PLR0124  nan, the missing price
            self.reckon(price)

    def reckon(self, price: float) -> None:
        """Take a price, see what it makes of the equity, and say which ones may do so next."""
        account, value = self.account, self.value
        self.price = price
        floating = price * value - self.cost
        account.reckoned += floating - self.reckoned
        self.reckoned = floating
        equity = account.worth + account.reckoned
        if equity > account.peak:
            account.peak = equity
            account.trough = equity - account.max_drawdown
        elif equity < account.trough:
            account.trough = equity
            account.max_drawdown = account.peak - equity
        if not value:
            self.lowest, self.highest = -inf, inf
        elif len(account.marks) > 1:
            self.lowest, self.highest = inf, -inf
        else:
            best = price + (account.peak - equity) / value
            worst = price + (account.trough - equity) / value
            self.lowest, self.highest = (worst, best) if value > 0 else (best, worst)

    def book(self, trade: TradeData) -> None:
        """Have the books take a trade, and the float picture follow them."""
        account, position = self.account, self.position
        ledger = account.ledger
        ledger.post(trade, position)
        account.worth = account.capital + ledger.cash
        self.value = (position.long - position.short) * self.multiplier
        self.cost = (position.long_cost - position.short_cost) * self.multiplier / MICRO
        self.reckon(self.price)


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
        return self.accounts[account].ledger.position(self._instrument(symbol))

    def on_trade(self, trade: TradeData) -> None:
        """Book a trade."""
        mark = self._marks.get((trade.account, trade.symbol))
        if mark is None:
            mark = self._follow(trade)
        mark.book(trade)

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

    def _follow(self, trade: TradeData) -> _Mark:
        """Follow a symbol's price from an account's first trade in it."""
        account, symbol = trade.account, trade.symbol
        price = self._last_price(symbol)
        if price != price:  # noqa: PLR0124  nan when no market data was seen
            price = trade.price
        books = self.accounts[account]
        mark = _Mark(books, self.holding(account, symbol), price)
        self._marks[account, symbol] = mark
        books.marks.append(mark)
        for each in books.marks:
            each.reckon(each.price)  # the bounds of the first do not hold for two
        name = f"accounts.{account}"
        subscribe = self._bus.subscribe
        subscribe(TickData, mark.on_tick, key=symbol, order=STATE + 2, name=name)
        subscribe(BarData, mark.on_bar, key=(symbol, None), order=STATE + 2, name=name)
        return mark
