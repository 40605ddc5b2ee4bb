"""One account while it trades: its exact books, and the float picture that follows prices."""

from __future__ import annotations

from decimal import Decimal
from math import inf

from homalos.config import AccountSettings
from homalos.engine.ledger import MICRO, Ledger, Position
from homalos.model import BarData, PositionMode, TickData, TradeData

__all__ = ["Account", "Mark"]


class Account:
    """One account: its exact books, and a running float picture for checks and drawdown.

    Attributes:
        gateway: Where its orders go, or the first of several.
        gateways: All of them, by name.
        netting: Whether long and short cancel out.
        frozen: Margin and fees held for working orders, currency.
        worth: Capital and realised profit less fees, currency, as a float.
        opening: What it was worth when this trading day began, at the settlement before,
            and what was paid in since less what was taken out, currency.
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
        "gateways",
        "ledger",
        "marks",
        "max_drawdown",
        "name",
        "netting",
        "opening",
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
        self.gateways = (settings.gateway, *settings.routing.gateways)
        self.netting = settings.mode is PositionMode.NETTING
        self.ledger = Ledger(capital=settings.capital, account=name, currency=settings.currency)
        self.frozen = 0.0
        self.reckoned = 0.0
        self.marks: list[Mark] = []
        self.max_drawdown = 0.0
        self.capital = float(settings.capital)
        self.worth = self.peak = self.trough = self.opening = self.capital

    @property
    def books_at(self) -> tuple[str, ...]:
        """Return the gateways whose positions add up to its own: of a shared account, one."""
        return self.gateways[:1] if self.settings.routing.shared else self.gateways

    @property
    def floating(self) -> float:
        """Return the profit of open lots at the last prices, currency, as a float."""
        if len(self.marks) == 1:
            mark = self.marks[0]
            return mark.price * mark.value - mark.cost
        return self.reckoned

    def transfer(self, amount: Decimal, day: int, note: str) -> None:
        """Pay in, or take out; neither is a profit, nor a fall of the equity.

        Raises:
            ValueError: The amount is 0 or no number.
        """
        self.ledger.transfer(amount, day, note)
        paid = float(amount)
        self.worth += paid
        self.peak += paid
        self.trough += paid
        self.opening += paid

    def begin_day(self) -> None:
        """Let a trading day begin: what it brings is counted from the last settlement."""
        self.opening = float(self.ledger.balance())

    def available(self) -> float:
        """Return what new orders may use, currency."""
        floating = self.reckoned
        if len(self.marks) == 1:
            mark = self.marks[0]
            floating = mark.price * mark.value - mark.cost
        return self.worth + floating - self.ledger.margin - self.frozen


class Mark:
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
        self.account.ledger.post(trade, self.position)
        self.follow()

    def follow(self) -> None:
        """Take over what the books hold after a posting or a settlement."""
        account, position = self.account, self.position
        account.worth = account.capital + account.ledger.cash
        self.value = (position.long - position.short) * self.multiplier
        self.cost = (position.long_cost - position.short_cost) * self.multiplier / MICRO
        self.reckon(self.price)
