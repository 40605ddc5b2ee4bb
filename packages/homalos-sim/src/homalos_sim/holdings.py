"""What the venue's accounts hold, by the exchanges' rules of opening and closing. Pure.

A close of more than may be closed is refused with the number and the meaning that CTP
gives it: 30 over close, 50 over close of today, 51 over close of earlier days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from homalos.model import CloseFirst, Direction, Offset, OffsetRule
from homalos.plugins.ports import VenuePosition

if TYPE_CHECKING:
    from homalos.model import Instrument, OrderRequest

__all__ = ["Holding"]

# Read once: an enum looks its members up anew each time, which is slow in 3.11.
_LONG = Direction.LONG
_OPEN, _NONE, _TODAY = Offset.OPEN, Offset.NONE, Offset.CLOSETODAY
_DATED, _NO_OFFSETS = OffsetRule.DATED, OffsetRule.NONE


class _Side:
    # Lots of one side: held since earlier days and since today, and what working orders close.

    __slots__ = ("closing", "closing_today", "earlier", "today")

    def __init__(self) -> None:
        self.earlier = self.today = 0
        self.closing = self.closing_today = 0

    def take(self, lots: int, *, today_first: bool) -> int:
        """Close lots of any day, as many as are held; return how many."""
        first = min(lots, self.today if today_first else self.earlier)
        second = min(lots - first, self.earlier if today_first else self.today)
        if today_first:
            first, second = second, first
        self.earlier -= first
        self.today -= second
        return first + second


class Holding:
    """One account's lots in one instrument."""

    __slots__ = ("_day", "_instrument", "_long", "_short")

    def __init__(self, instrument: Instrument) -> None:
        """Begin with nothing."""
        self._instrument = instrument
        self._day = 0
        self._long, self._short = _Side(), _Side()

    def begin(self, day: int, instrument: Instrument) -> None:
        """Let a trading day begin, unless it has: today's lots are of earlier days then."""
        self._instrument = instrument
        if day > self._day:
            self._day = day
            for side in (self._long, self._short):
                side.earlier += side.today
                side.today = 0

    def objection(self, request: OrderRequest) -> str:
        """Return why an order may not close what it wants to; "" where it may."""
        offset, instrument = request.offset, self._instrument
        if offset is _OPEN:
            return ""
        side = self._against(request)
        wished, waits = request.volume, instrument.closable_after > 0
        if offset is _NONE or instrument.offsets is _NO_OFFSETS:
            if waits and min(wished, side.earlier + side.today) > side.earlier:
                return _too_many("30", "over close", wished, side.earlier, "since yesterday")
            return ""
        if instrument.offsets is _DATED:
            if offset is _TODAY:
                free = 0 if waits else side.today - side.closing_today
                what = "50", "over close of today"
            else:
                free = side.earlier - side.closing
                what = "51", "over close of earlier days"
            return _too_many(*what, wished, free) if wished > free else ""
        free = side.earlier - side.closing
        if not waits:
            free += side.today
        return _too_many("30", "over close", wished, free) if wished > free else ""

    def freeze(self, request: OrderRequest, lots: int) -> None:
        """Count lots as being closed by an order, or no longer where they are below 0."""
        offset = request.offset
        if offset is _OPEN or offset is _NONE:
            return
        side = self._against(request)
        if offset is _TODAY and self._instrument.offsets is _DATED:
            side.closing_today += lots
        else:
            side.closing += lots

    def fill(self, request: OrderRequest, lots: int) -> None:
        """Count a fill of an order that was frozen before."""
        self.freeze(request, -lots)
        offset, instrument = request.offset, self._instrument
        if offset is not _OPEN:
            side = self._against(request)
            nets = offset is _NONE or instrument.offsets is _NO_OFFSETS
            if instrument.offsets is _DATED and not nets:
                if offset is _TODAY:
                    side.today -= min(lots, side.today)
                else:
                    side.earlier -= min(lots, side.earlier)
                return
            lots -= side.take(lots, today_first=instrument.close_first is CloseFirst.TODAY)
            if not nets:
                return
        own = self._long if request.direction is _LONG else self._short
        own.today += lots

    def positions(self) -> list[VenuePosition]:
        """Return the sides that have lots."""
        symbol = self._instrument.symbol
        return [
            VenuePosition(symbol, direction, side.earlier, side.today)
            for direction, side in ((_LONG, self._long), (Direction.SHORT, self._short))
            if side.earlier or side.today
        ]

    def _against(self, request: OrderRequest) -> _Side:
        return self._short if request.direction is _LONG else self._long


def _too_many(number: str, meaning: str, wished: int, free: int, which: str = "") -> str:
    lots = f"{max(free, 0)} may be {which}".rstrip()
    return f"CTP {number} {meaning}: {wished} lots were to be closed, {lots}"
