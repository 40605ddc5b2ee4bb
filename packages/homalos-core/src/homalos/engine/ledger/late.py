"""A trade that is reported late, behind trades that were made after it.

Which lots a close takes depends on what was opened before it, and where a venue closes lots of
today first so does its fee. A venue books in the order of its trades; a ledger that heard of
them in another order comes to the same by booking the day of that position anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from homalos.engine.ledger.lots import Lot
from homalos.engine.ledger.position import Position
from homalos.engine.ledger.posting import Posting
from homalos.model import TradeData

__all__ = ["DayStart", "entries", "in_order", "is_whole"]


class DayStart:
    """What a position was before the trades that its ledger keeps one by one.

    Attributes:
        latest_ns: The latest time of those trades, nanoseconds UTC.
    """

    __slots__ = ("_charged", "_day", "_long", "_realised", "_short", "latest_ns")

    def __init__(self, position: Position) -> None:
        """Remember a position as it is."""
        self.latest_ns = 0
        self._day = position.day
        self._long = tuple(map(_copy, position.long_lots))
        self._short = tuple(map(_copy, position.short_lots))
        self._realised = position.realised, position.realised_marked
        self._charged = tuple((line.turnover, line.lots) for line in position.fee_lines())

    def restore(self, position: Position) -> float:
        """Make the position what it was; return what it has earned since, less fees, currency."""
        earned = (position.realised - self._realised[0]) * position.unit
        position.realised, position.realised_marked = self._realised
        for line, (turnover, lots) in zip(position.fee_lines(), self._charged, strict=True):
            earned -= (line.turnover - turnover) * line.per_unit
            earned -= (line.lots - lots) * line.per_lot
            line.turnover, line.lots = turnover, lots
        _put(position.long_lots, self._long)
        _put(position.short_lots, self._short)
        position.long, position.long_cost, position.long_mark = _sums(self._long)
        position.short, position.short_cost, position.short_mark = _sums(self._short)
        position.day = self._day
        position.recount()
        return earned


def in_order(booked: Iterable[Posting], late: TradeData) -> list[TradeData]:
    """Return trades by the time they were made; among equals those that came first."""
    return sorted([*(posting[0] for posting in booked), late], key=lambda each: each.ts_ns)


def entries(posting: Posting) -> int:
    """Return how many entries a posting counts for."""
    _, _, opened, today, earlier, _, _ = posting
    return 2 * (bool(opened) + bool(today) + bool(earlier))


def is_whole(posting: Posting) -> bool:
    """Say whether all lots of a trade were booked: none was closed that was not held."""
    trade, _, opened, today, earlier, _, _ = posting
    return opened + today + earlier == trade.volume


def _copy(lot: Lot) -> Lot:
    same = Lot(lot.price, lot.volume, lot.day, lot.trade_id, lot.strategy)
    same.mark = lot.mark
    return same


def _put(lots: deque[Lot], wanted: Iterable[Lot]) -> None:
    lots.clear()
    lots.extend(map(_copy, wanted))


def _sums(lots: Iterable[Lot]) -> tuple[int, int, int]:
    volume = cost = mark = 0
    for lot in lots:
        volume += lot.volume
        cost += lot.price * lot.volume
        mark += lot.mark * lot.volume
    return volume, cost, mark
