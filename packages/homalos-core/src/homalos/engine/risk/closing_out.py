"""What is to be closed for whom, and at which price. Pure: no clock, no bus.

An account's lots are closed in the names of the strategies whose books have them, so that
the books end at nothing together with the account. Where the books of two strategies stand
against each other, the account holds less than they do together: what it does not hold
cannot be closed at a venue, and is told of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf, nan

from attrs import frozen

from homalos.engine.account import Account
from homalos.engine.ledger import Position
from homalos.engine.risk.scopes import Scope
from homalos.model import Direction, Instrument, TickData

__all__ = ["OpenLots", "marketable", "open_lots", "spots"]

_LONG, _SHORT = Direction.LONG, Direction.SHORT


@frozen
class OpenLots:
    """Lots of one side that one strategy holds.

    Attributes:
        strategy: Whose book has them.
        account: Where.
        symbol: Of which contract.
        side: Long or short.
        lots: How many can be closed, > 0 unless all of them stand against others.
        against: Lots more that the book has and the account does not hold, >= 0.
    """

    strategy: str
    account: str
    symbol: str
    side: Direction
    lots: int
    against: int = 0


def spots(accounts: Mapping[str, Account], scope: Scope) -> tuple[tuple[str, str], ...]:
    """Return every account and symbol of a scope in which a lot is held, sorted."""
    return tuple(
        (name, symbol)
        for name, account in sorted(accounts.items())
        if scope.has_account(name)
        for symbol in sorted(account.ledger.positions)
        if any(open_lots(account, symbol, scope, side) for side in (_LONG, _SHORT))
    )


def open_lots(account: Account, symbol: str, scope: Scope, side: Direction) -> tuple[OpenLots, ...]:
    """Return who of a scope holds lots of one side, by name.

    Together they are no more than the account holds. Only one strategy's lots in an account
    that nets are closed whatever the account holds: others' lots are not that strategy's.
    """
    position = account.ledger.positions[symbol]
    left = _held(position, side)
    found = []
    for strategy, own in sorted(_books(account, symbol)):
        lots = _held(own, side)
        if not lots or not scope.has_lots(strategy, account.name):
            continue
        nets = account.netting and scope.kind == "strategy"
        closes = lots if nets else min(lots, left)
        left -= closes
        found.append(OpenLots(strategy, account.name, symbol, side, closes, against=lots - closes))
    return tuple(found)


def marketable(
    direction: Direction, tick: TickData | None, last: float, instrument: Instrument, ticks: int
) -> float:
    """Return a limit price at which an order fills at once where anybody stands on the other side.

    It is so many ticks beyond the best price of the other side, or the last price where that
    side is empty, and within the day's limits.

    Args:
        direction: Of the order.
        tick: The last one; `None` in a run on bars.
        last: Last price, nan where none was seen.
        instrument: The contract.
        ticks: How far beyond, >= 0.

    Returns:
        A price on the grid; nan where no price is known, which a market order has.
    """
    best, lowest, highest = nan, -inf, inf
    if tick is not None:
        best = tick.ask_price_1 if direction is _LONG else tick.bid_price_1
        lowest = tick.limit_down if tick.limit_down > 0 else -inf
        highest = tick.limit_up if tick.limit_up > 0 else inf
    if best != best:  # noqa: PLR0124  nan: nobody stands there
        best = last
    if best != best:  # noqa: PLR0124  (the same)
        return nan
    beyond = ticks * instrument.tick_size
    price = best + beyond if direction is _LONG else best - beyond
    return instrument.snap(min(max(price, lowest), highest))


def _books(account: Account, symbol: str) -> Iterator[tuple[str, Position]]:
    for strategy, book in account.ledger.books.books.items():
        own = book.positions.get(symbol)
        if own is not None:
            yield strategy, own


def _held(position: Position, side: Direction) -> int:
    return position.long if side is _LONG else position.short
