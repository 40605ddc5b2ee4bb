"""What a contract came to on a trading day, counted from ticks or bars."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from math import isfinite

from attrs import define, frozen

from homalos.errors import DataError
from homalos.model import BarData, TickData

__all__ = ["DayFigures", "count_days"]

_TICKS = "ticks"


@frozen(kw_only=True)
class DayFigures:
    """One contract on one trading day.

    Attributes:
        symbol: `CODE.EXCHANGE`.
        trading_day: yyyymmdd.
        volume: Lots traded, >= 0.
        open_interest: Open lots at the end, >= 0.
        close: Last price, currency per unit; `None` when there was none.
        settlement: Settlement price; `None` when it is not known.
    """

    symbol: str
    trading_day: int
    volume: int = 0
    open_interest: float = 0.0
    close: Decimal | None = None
    settlement: Decimal | None = None


def count_days(events: Iterable[TickData | BarData]) -> list[DayFigures]:
    """Return the figures of every contract and trading day, by day and symbol.

    Of ticks, the volume is the largest cumulative one of the day, so that a snapshot
    repeated from before the session takes nothing away; of bars it is their sum.

    Args:
        events: In time order, any number of contracts.

    Raises:
        DataError: A contract comes as ticks and as bars, or as bars of two lengths: its
            lots would count twice.
    """
    days: dict[tuple[int, str], _Day] = {}
    kinds: dict[str, str] = {}
    for event in events:
        kind = event.interval if isinstance(event, BarData) else _TICKS
        before = kinds.setdefault(event.symbol, kind)
        if before != kind:
            msg = (
                f"{event.symbol} comes as {_named(before)} and as {_named(kind)}, "
                "so that its lots would count twice; give one of them"
            )
            raise DataError(msg)
        key = event.trading_day, event.symbol
        day = days.get(key)
        if day is None:
            day = days[key] = _Day()
        day.add(event)
    return [
        DayFigures(
            symbol=symbol,
            trading_day=trading_day,
            volume=day.volume,
            open_interest=day.open_interest,
            close=_written(day.close),
            settlement=_written(day.settlement),
        )
        for (trading_day, symbol), day in sorted(days.items())
    ]


@define
class _Day:
    """The figures of a contract's day under way; 0 says that a price was not seen."""

    volume: int = 0
    open_interest: float = 0.0
    close: float = 0.0
    settlement: float = 0.0

    def add(self, event: TickData | BarData) -> None:
        if isinstance(event, BarData):
            self.volume += event.volume
            self.open_interest = event.open_interest
            self.close = event.close_price
            return
        self.volume = max(self.volume, event.volume)
        if isfinite(event.last_price) and event.last_price > 0:
            self.close = event.last_price
            self.open_interest = event.open_interest or self.open_interest
        if isfinite(event.settlement_price) and event.settlement_price > 0:
            self.settlement = event.settlement_price


def _written(price: float) -> Decimal | None:
    if not isfinite(price) or not price:
        return None
    # The decimal that was written, not the double nearest to it.
    return Decimal(int(price)) if price.is_integer() else Decimal(str(price))


def _named(kind: str) -> str:
    return kind if kind == _TICKS else f"bars of {kind}"
