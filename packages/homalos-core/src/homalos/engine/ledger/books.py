"""The strategies' own books in one account, which add up to the account's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from attrs import define, field

from homalos.engine.ledger.amounts import EXACT, amount
from homalos.engine.ledger.position import Position
from homalos.engine.ledger.posting import Posting
from homalos.model import Offset, TradeData

__all__ = ["UNASSIGNED", "StrategyBook", "StrategyBooks"]

UNASSIGNED = "unassigned"
"""Whose book trades go to that no strategy asked for."""

_OPEN, _NONE = Offset.OPEN, Offset.NONE
_ZERO = Decimal(0)


@define
class StrategyBook:
    """What one strategy holds and earned in one account.

    It closes its own lots first: as its offset says, then any. What it closes beyond
    them were another strategy's lots; in its own book it has opened the other side.

    Attributes:
        positions: Its own, by symbol; they are reckoned by trade alone, and never marked.
        accounts: The account's positions, by symbol.
    """

    positions: dict[str, Position] = field(factory=dict)
    accounts: dict[str, Position] = field(factory=dict)

    def position(self, account: Position) -> Position:
        """Return its own position beside the account's, on the same terms; empty at first."""
        symbol = account.instrument.symbol
        own = self.positions.get(symbol)
        if own is None:
            own = self.positions[symbol] = Position(account.instrument)
            self.accounts[symbol] = account
        elif own.instrument is not account.instrument:
            own.change(account.instrument)
        return own

    def realised(self) -> Decimal:
        """Return the profit of its closed lots by trade, currency, exact."""
        total = _ZERO
        for own in self.positions.values():
            total = EXACT.add(total, amount(own.realised, own.instrument.multiplier))
        return total

    def fees(self) -> Decimal:
        """Return the fees of its trades and deliveries, currency, exact, >= 0."""
        total = _ZERO
        for own in self.positions.values():
            total = EXACT.add(total, own.fees())
        return total

    def floating(self, prices: Mapping[str, float]) -> Decimal:
        """Return the profit of its open lots by trade at the prices given, currency, exact.

        A symbol without a price counts as it does in the account.
        """
        total = _ZERO
        for symbol, own in self.positions.items():
            count = self.accounts[symbol].priced(prices)
            total = EXACT.add(total, amount(own.floating(count), own.instrument.multiplier))
        return total

    def pnl(self, prices: Mapping[str, float]) -> Decimal:
        """Return realised less fees plus floating profit, currency, exact."""
        total = _ZERO
        for symbol, own in self.positions.items():
            price = self.accounts[symbol].priced(prices)
            earned = amount(own.realised + own.floating(price), own.instrument.multiplier)
            total = EXACT.add(total, EXACT.subtract(earned, own.fees()))
        return total


class StrategyBooks:
    """The books of all strategies in one account.

    Over all of them realised less fees plus floating profit is the account's to the last
    digit, and so are the net lots of each symbol.

    Attributes:
        books: By strategy.
    """

    def __init__(self) -> None:
        self.books: dict[str, StrategyBook] = {}

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the strategies that have a book."""
        return iter(self.books)

    def book(self, strategy: str) -> StrategyBook:
        """Return a strategy's book, empty at first; without a name that of nobody's trades."""
        name = strategy or UNASSIGNED
        book = self.books.get(name)
        if book is None:
            book = self.books[name] = StrategyBook()
        return book

    def post(self, trade: TradeData, position: Position, charged: Posting) -> None:
        """Book one fill in the book of the strategy that asked for it.

        Args:
            trade: Of the account.
            position: The account's.
            charged: What the account's ledger made of it; lots that the account did not
                hold are in neither book.
        """
        _, price, opened, today, earlier, _, _ = charged
        book = self.books.get(trade.strategy) or self.book(trade.strategy)
        own = book.positions.get(trade.symbol)
        if own is None or own.instrument is not position.instrument:
            own = book.position(position)
        day, offset = trade.trading_day, trade.offset
        if day > own.day:
            own.begin(day)
        if opened:
            own.fee_open.charge(price * opened, opened)
        if today:
            own.fee_close_today.charge(price * today, today)
        if earlier:
            own.fee_close.charge(price * earlier, earlier)
        left = opened + today + earlier
        if offset is not _OPEN:
            left -= own.close(trade, price, left, offset)[0]
            if left and offset is not _NONE:
                left -= own.close(trade, price, left, _NONE)[0]
        if left:
            own.open(trade, price, left)
        if day < own.day:
            own.recount()

    def post_anew(self, position: Position, was: Iterable[Posting], now: Iterable[Posting]) -> None:
        """Book what a position's postings became when a late trade came between them.

        Args:
            position: The account's.
            was: Its postings so far, which are in the books, all lots of each.
            now: The same trades again, and the late one.
        """
        before = {id(posting[0]): posting for posting in was}
        for posting in now:
            old = before.get(id(posting[0]))
            if old is None:
                self.post(posting[0], position, posting)
            else:
                self._correct(position, old, posting)

    def pnl(self, strategy: str, prices: Mapping[str, float]) -> Decimal:
        """Return a strategy's realised less fees plus floating profit, currency, exact.

        One that never traded has earned nothing.
        """
        book = self.books.get(strategy or UNASSIGNED)
        return book.pnl(prices) if book is not None else _ZERO

    def begin(self, day: int) -> None:
        """Let a trading day begin in every book."""
        for book in self.books.values():
            for own in book.positions.values():
                if own.day < day:
                    own.begin(day)

    def charge_delivery(self, strategy: str, position: Position, price: int, lots: int) -> None:
        """Charge the fee of lots delivered to the strategy that had opened them."""
        own = self.book(strategy).position(position)
        own.fee_delivery.charge(price * lots, lots)

    def finish(self, symbol: str, price: int) -> None:
        """End every strategy's lots of a contract at a price in millionths."""
        for book in self.books.values():
            own = book.positions.get(symbol)
            if own is not None:
                own.finish(price)

    def _correct(self, position: Position, old: Posting, new: Posting) -> None:
        # Its own lots are of as many lots as before: only what the account was charged differs.
        trade, price, opened, today, earlier, _, _ = new
        own = self.book(trade.strategy).position(position)
        for line, more in (
            (own.fee_open, opened - old[2]),
            (own.fee_close_today, today - old[3]),
            (own.fee_close, earlier - old[4]),
        ):
            if more:
                line.charge(price * more, more)
