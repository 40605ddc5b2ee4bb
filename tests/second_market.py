"""A market unlike the Chinese one, as a plugin of one file: the bourse of an island.

It trades on the days of its own almanac alone, in euros, through noon and from one UTC day
into the next; its accounts net, nobody says open or close, and what was bought today may
be sold on the next day of the almanac.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from homalos.errors import MarketError, UnknownInstrument
from homalos.model import CloseFirst, Fee, Instrument, OffsetRule
from homalos.plugins import MarketSpec, hookimpl
from homalos.plugins.ports import Fact, Session

if TYPE_CHECKING:
    from homalos.plugins import NoOptions
    from homalos.plugins.ports import MarketContext

# Tuesdays, a Saturday, and a gap of eleven days: no rule of weekdays gives these.
ALMANAC = (20250304, 20250308, 20250311, 20250322)
PEAT = Instrument(
    "peat.ISLE",
    "peat",
    tick_size=0.25,
    multiplier=4,
    currency="EUR",
    margin_rate=Decimal(1),
    fee_open=Fee(per_lot=Decimal("0.05")),
    fee_close=Fee(per_lot=Decimal("0.07")),
    fee_close_today=Fee(per_lot=Decimal("0.07")),
    offsets=OffsetRule.NONE,
    close_first=CloseFirst.OLDEST,
    closable_after=1,
)
_NS = 1_000_000_000


def _ns(day: int, hour: int) -> int:
    midnight = datetime.strptime(str(day), "%Y%m%d").replace(tzinfo=UTC)
    return int((midnight + timedelta(hours=hour)).timestamp()) * _NS


class Isle:
    """The bourse: one product, two sessions on each day of the almanac."""

    exchanges = frozenset({"ISLE"})
    timezone = "Atlantic/Reykjavik"

    def parse_symbol(self, text: str, *, exchange: str = "", on_day: int | None = None) -> str:
        """Return the symbol of `peat`, with or without the exchange on either side."""
        code = text.removeprefix("ISLE.").removesuffix(".ISLE")
        return self.resolve(f"{code}.{exchange or 'ISLE'}", on_day=on_day).symbol

    def resolve(self, symbol: str, *, on_day: int | None = None) -> Instrument:
        """Return peat, the same on every day.

        Raises:
            UnknownInstrument: It is not peat.
        """
        del on_day
        if symbol != PEAT.symbol:
            msg = f"{symbol!r} is not traded on the island; only {PEAT.symbol} is"
            raise UnknownInstrument(msg)
        return PEAT

    def describe(self, symbol: str, *, on_day: int) -> tuple[Fact, ...]:
        """Return what a lot is, as the bourse says, and when it trades.

        Raises:
            MarketError: The day is not in the almanac.
        """
        self.sessions(symbol, on_day)
        return (
            Fact(name="multiplier", value="4", sources=("bourse",)),
            Fact(name="sessions", value="11:00-13:00 23:00-01:00", sources=("bourse",)),
        )

    def sessions(self, symbol: str, trading_day: int) -> tuple[Session, ...]:
        """Return noon's session and the one over midnight.

        Raises:
            MarketError: The day is not in the almanac.
        """
        self.resolve(symbol)
        if trading_day not in ALMANAC:
            msg = f"{trading_day} is not in the almanac of the island; it has {ALMANAC}"
            raise MarketError(msg)
        return (
            Session(_ns(trading_day, 11), _ns(trading_day, 13), trading_day),
            Session(_ns(trading_day, 23), _ns(trading_day, 25), trading_day),
        )

    def trading_day(self, symbol: str, ts_ns: int) -> int:
        """Return the day of the almanac that an instant belongs to.

        Raises:
            MarketError: It is after the last one.
        """
        for day in ALMANAC:
            if ts_ns < self.sessions(symbol, day)[-1].end_ns:
                return day
        msg = f"{ts_ns} is after the last day of the island's almanac, {ALMANAC[-1]}"
        raise MarketError(msg)

    def stamp(
        self, symbol: str, *, trading_day: str, action_day: str, time: str, millisecond: int
    ) -> tuple[int, int]:
        """Return (ts_ns, trading day); the date is `action_day`, else `trading_day`.

        Raises:
            ValueError: A field cannot be read, or there is no date at all.
        """
        text = f"{action_day or trading_day} {time}"
        clock = datetime.strptime(text, "%Y%m%d %H:%M:%S").replace(tzinfo=UTC)
        ts_ns = int(clock.timestamp()) * _NS + millisecond * 1_000_000
        return ts_ns, int(trading_day) if trading_day else self.trading_day(symbol, ts_ns)


def _make(context: MarketContext, options: NoOptions) -> Isle:
    del context, options
    return Isle()


@hookimpl
def register_markets() -> tuple[MarketSpec, ...]:
    """Offer the bourse of the island."""
    return (MarketSpec(name="isle", factory=_make, doc="One product, in euros, T+1."),)
