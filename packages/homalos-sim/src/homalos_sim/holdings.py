"""What the venue's accounts hold, by the exchanges' rules of opening and closing. Pure.

A close of more than may be closed is refused with the number and the meaning that CTP
gives it: 30 over close, 50 over close of today, 51 over close of earlier days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from homalos.model import CloseFirst, Delivery, Direction, Offset, OffsetRule
from homalos.plugins.ports import VenuePosition
from homalos_sim.reasons import OVER_CLOSE, OVER_CLOSE_EARLIER, OVER_CLOSE_TODAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from homalos.model import Instrument, OrderRequest
    from homalos_sim.reasons import Reason

__all__ = ["Holding", "Vault"]

# Read once: an enum looks its members up anew each time, which is slow in 3.11.
_LONG = Direction.LONG
_OPEN, _NONE, _TODAY = Offset.OPEN, Offset.NONE, Offset.CLOSETODAY


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

    __slots__ = ("_dated", "_instrument", "_long", "_nets", "_short", "_today_first", "_waits")

    def __init__(self, instrument: Instrument) -> None:
        """Begin with nothing."""
        self._long, self._short = _Side(), _Side()
        self._adopt(instrument)

    def begin(self, day: int, instrument: Instrument) -> None:
        """Let a trading day begin under its terms: today's lots are of earlier days then.

        What was held at the end of the last trading day has been delivered.
        """
        last, delivery = instrument.last_trading_day, instrument.delivery
        is_over = 0 < last < day and delivery is not Delivery.NONE
        for side in (self._long, self._short):
            side.earlier = 0 if is_over else side.earlier + side.today
            side.today = 0
            side.closing += side.closing_today
            side.closing_today = 0
        self._adopt(instrument)

    def objection(self, request: OrderRequest) -> str:
        """Return why an order may not close what it wants to; "" where it may."""
        offset, wished = request.offset, request.volume
        if offset is _OPEN:
            return ""
        side = self._against(request)
        if offset is _NONE or self._nets:
            if self._waits and min(wished, side.earlier + side.today) > side.earlier:
                return _too_many(OVER_CLOSE, wished, side.earlier)
            return ""
        if not self._dated:
            what, free = OVER_CLOSE, side.earlier - side.closing
            if not self._waits:
                free += side.today
        elif offset is _TODAY:
            what = OVER_CLOSE_TODAY
            free = 0 if self._waits else side.today - side.closing_today
        else:
            what, free = OVER_CLOSE_EARLIER, side.earlier - side.closing
        return _too_many(what, wished, free) if wished > free else ""

    def freeze(self, request: OrderRequest, lots: int) -> None:
        """Count lots as being closed by an order, or no longer where they are below 0."""
        offset = request.offset
        if offset is _OPEN or offset is _NONE or self._nets:
            return
        side = self._against(request)
        if offset is _TODAY and self._dated:
            side.closing_today += lots
        else:
            side.closing += lots

    def fill(self, request: OrderRequest, lots: int) -> None:
        """Count a fill; what it closes was frozen before."""
        offset, buys = request.offset, request.direction is _LONG
        if offset is not _OPEN:
            side = self._short if buys else self._long
            if offset is _NONE or self._nets:
                held = side.earlier + side.today
                if held > lots:
                    side.take(lots, today_first=self._today_first)
                    return
                if held:
                    side.earlier = side.today = 0
                    lots -= held
            else:
                self.freeze(request, -lots)
                if not self._dated:
                    side.take(lots, today_first=self._today_first)
                elif offset is _TODAY:
                    side.today -= min(lots, side.today)
                else:
                    side.earlier -= min(lots, side.earlier)
                return
        if buys:
            self._long.today += lots
        else:
            self._short.today += lots

    def positions(self) -> list[VenuePosition]:
        """Return the sides that have lots."""
        symbol = self._instrument.symbol
        return [
            VenuePosition(symbol, direction, side.earlier, side.today)
            for direction, side in ((_LONG, self._long), (Direction.SHORT, self._short))
            if side.earlier or side.today
        ]

    def _adopt(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._dated = instrument.offsets is OffsetRule.DATED
        self._nets = instrument.offsets is OffsetRule.NONE
        self._today_first = instrument.close_first is CloseFirst.TODAY
        self._waits = instrument.closable_after > 0

    def _against(self, request: OrderRequest) -> _Side:
        return self._short if request.direction is _LONG else self._long


class Vault(dict[tuple[str, str], Holding]):
    """What every account holds here, by account and symbol; nothing, where it is not known."""

    def __init__(self, instrument: Callable[[str], Instrument]) -> None:
        """Begin empty; `instrument` finds the contract of a symbol."""
        super().__init__()
        self._instrument = instrument

    def __missing__(self, key: tuple[str, str]) -> Holding:
        """Begin with nothing in a contract."""
        held = self[key] = Holding(self._instrument(key[1]))
        return held

    def begin(self, day: int) -> None:
        """Let a trading day begin: what is held is of an earlier day now."""
        for (_, symbol), held in self.items():
            held.begin(day, self._instrument(symbol))

    def positions(self, account: str) -> list[VenuePosition]:
        """Return what an account holds, by symbol."""
        found = [held for (name, _), held in sorted(self.items(), key=_place) if name == account]
        return [position for held in found for position in held.positions()]


def _place(entry: tuple[tuple[str, str], Holding]) -> tuple[str, str]:
    return entry[0]


def _too_many(what: Reason, wished: int, free: int) -> str:
    return what.because(f"{wished} lots were to be closed, {max(free, 0)} may be")
