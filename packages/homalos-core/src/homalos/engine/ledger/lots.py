"""Lots that are held, and which of them a closing trade takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TypeAlias

from homalos.engine.ledger.posting import Part
from homalos.model import CloseFirst, Instrument, Offset, OffsetRule

__all__ = ["Lot", "comes_first", "take"]

Taken: TypeAlias = tuple[int, int, int, int, tuple[Part, ...]]

_TODAY, _YESTERDAY, _CLOSE = Offset.CLOSETODAY, Offset.CLOSEYESTERDAY, Offset.CLOSE
_DATED = OffsetRule.DATED
_TODAY_FIRST = CloseFirst.TODAY


class Lot:
    """Lots opened by one trade and not closed yet.

    Attributes:
        price: Of opening, millionths.
        volume: Lots left.
        day: Trading day of opening, yyyymmdd.
        trade_id: Of the opening trade.
        mark: The settlement price it was marked to last, millionths; the opening price
            until its first settlement.
        strategy: Who opened it.
    """

    __slots__ = ("day", "mark", "price", "strategy", "trade_id", "volume")

    def __init__(
        self, price: int, volume: int, day: int, trade_id: str = "", strategy: str = ""
    ) -> None:
        self.price = self.mark = price
        self.volume = volume
        self.day = day
        self.trade_id = trade_id
        self.strategy = strategy


def comes_first(first: Lot, day: int, offset: Offset, instrument: Instrument) -> bool:
    """Say whether a closing trade takes the oldest lot before every other.

    `CLOSETODAY` takes lots of the trade's day, `CLOSEYESTERDAY` earlier ones, and so does
    a plain `CLOSE` where the venue dates its offsets. Every other closing takes those
    that `Instrument.close_first` says; among equals the one opened first.
    """
    if offset is _TODAY:
        return first.day >= day
    if offset is _YESTERDAY or (offset is _CLOSE and instrument.offsets is _DATED):
        return first.day < day
    return first.day >= day or instrument.close_first is not _TODAY_FIRST


def take(lots: deque[Lot], volume: int, day: int, offset: Offset, instrument: Instrument) -> Taken:
    """Take lots out as a closing trade does, in the order of `comes_first`.

    Args:
        lots: Of the side that is closed, in the order of opening, at least one; changed.
        volume: Lots to take, > 0.
        day: Trading day of the trade, yyyymmdd.
        offset: Which lots it takes.
        instrument: Its rules of closing.

    Returns:
        Lots taken; those of them opened on the trade's day; what they cost and what they
        were marked to, both in millionths x lots; the parts.
    """
    which = _in_order(lots, day, offset, instrument)
    left = volume
    today = cost = mark = 0
    parts: list[Part] = []
    for lot in which:
        taken = lot.volume
        if taken > left:
            taken = left
        lot.volume -= taken
        left -= taken
        cost += lot.price * taken
        mark += lot.mark * taken
        if lot.day >= day:
            today += taken
        parts.append((taken, lot.price, lot.mark, lot.day, lot.trade_id))
        if not left:
            break
    while lots and not lots[0].volume:
        lots.popleft()
    if which is not lots and lots:
        # Behind lots that were passed over the empty ones would pile up.
        _drop_empty(lots)
    return volume - left, today, cost, mark, tuple(parts)


def _in_order(lots: deque[Lot], day: int, offset: Offset, instrument: Instrument) -> Iterable[Lot]:
    """Return the lots that a closing may take, in turn; the deque itself where it is all of it."""
    if offset is _TODAY:
        return [lot for lot in lots if lot.day >= day]
    if offset is _YESTERDAY or (offset is _CLOSE and instrument.offsets is _DATED):
        return [lot for lot in lots if lot.day < day]
    if instrument.close_first is _TODAY_FIRST:
        # False sorts first; the order among equals stays.
        return sorted(lots, key=lambda lot: lot.day < day)
    return lots


def _drop_empty(lots: deque[Lot]) -> None:
    held = [lot for lot in lots if lot.volume]
    if len(held) < len(lots):
        lots.clear()
        lots.extend(held)
