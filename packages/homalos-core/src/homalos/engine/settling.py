"""The end of a trading day: settlement prices, statements, and the terms of the next day."""

from __future__ import annotations

from homalos.bus import Bus
from homalos.clock import EngineClock
from homalos.engine.accounts import AccountManager
from homalos.engine.data import DataManager
from homalos.engine.markets import Markets
from homalos.engine.settlement_prices import settlement_price
from homalos.model import (
    Alert,
    PriceOrigin,
    Settled,
    SettlementPrice,
    Statement,
)

__all__ = ["Settler"]


class Settler:
    """Settles every account when a trading day is over. Engine thread.

    A day is over with the first event of the next one, and before anybody hears of
    that event: what fills on it belongs to the new day already. Then the contracts
    take on the terms of the new day: its margins, its fees, its price grid.

    Attributes:
        statements: Every account's days so far, oldest first.
        lines: Whether they tell every trade and every lot.
    """

    def __init__(
        self,
        *,
        bus: Bus,
        clock: EngineClock,
        accounts: AccountManager,
        data: DataManager,
        markets: Markets,
        lines: bool,
    ) -> None:
        """Make it; the loop tells it of days that end.

        Args:
            bus: Where days end, and statements go.
            clock: The engine's.
            accounts: What is settled.
            data: Where prices come from that no venue told.
            markets: What a contract's terms are on a day.
            lines: Whether statements tell every trade and every lot, which costs the more
                the more fills there are; else they have the funds and positions alone.
        """
        self.statements: list[Statement] = []
        self._bus = bus
        self._clock = clock
        self._accounts = accounts
        self._data = data
        self._markets = markets
        self.lines = lines

    def settle(self, day: int) -> None:
        """Settle every account for a trading day; one that is settled already stays."""
        prices: dict[str, SettlementPrice] = {}
        for name, account in self._accounts.accounts.items():
            if account.ledger.settled_day >= day:
                continue
            for symbol in account.ledger.positions:
                if symbol not in prices and (found := self._price(symbol, day)) is not None:
                    prices[symbol] = found
            statement = self._accounts.settle(name, day, prices, lines=self.lines)
            self.statements.append(statement)
            self._bus.publish(Settled(name, day, self._clock.now, statement))
            self._tell(statement)

    def end_day(self, over: int, begins: int) -> None:
        """Settle the day that is over, 0 before the first, and take up the terms of the next."""
        if over:
            self.settle(over)
        self._markets.turn(begins)
        instrument = self._markets.instrument
        for name, account in self._accounts.accounts.items():
            for symbol, position in account.ledger.positions.items():
                terms = instrument(symbol)
                if terms is not position.instrument:
                    self._accounts.change(name, terms)

    # -- inside ----------------------------------------------------------------

    def _price(self, symbol: str, day: int) -> SettlementPrice | None:
        data = self._data
        instrument = self._markets.on_day(symbol, day)
        return settlement_price(instrument, day, data.last_tick(symbol), data.bars_of(symbol, day))

    def _tell(self, statement: Statement) -> None:
        source = f"account.{statement.account}"
        carried = [p.symbol for p in statement.positions if p.origin is PriceOrigin.CARRIED]
        if carried:
            self._say(
                "warning",
                source,
                f"{', '.join(carried)} had no price on {statement.trading_day}: settled at the "
                "settlement price before",
            )
        funds = statement.funds
        if funds.margin_call:
            self._say(
                "error",
                source,
                f"margin call after {statement.trading_day}: {funds.margin_call} "
                f"{statement.currency} are missing (balance {funds.balance}, margin "
                f"{funds.margin}): pay in, or close positions",
            )

    def _say(self, level: str, source: str, message: str) -> None:
        self._bus.publish(Alert(level, source, message, self._clock.now))
