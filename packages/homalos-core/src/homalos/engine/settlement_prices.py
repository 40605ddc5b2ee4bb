"""What a contract is settled at when nobody but the market data tells. Pure.

Chinese exchanges settle most contracts at the day's average price by volume, put on the
price grid. So that is what stands in where the venue did not send the price itself:
turnover over lots and multiplier, of the last tick, whose counts are the day's, or
summed over the day's bars. Where the data has no turnover, the last price stands in.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import inf, isfinite, nan

from homalos.model import BarData, Instrument, PriceOrigin, SettlementPrice, TickData

__all__ = ["settlement_price"]


def settlement_price(
    instrument: Instrument, day: int, tick: TickData | None, bars: Sequence[BarData]
) -> SettlementPrice | None:
    """Return what a contract is settled at on a trading day; `None` when it had no price.

    Args:
        instrument: The contract as it stood on that day.
        day: The trading day, yyyymmdd; a tick of another one is left out.
        tick: The last tick there was.
        bars: The day's bars of one length, oldest first.
    """
    if tick is not None and tick.trading_day == day:
        if _is_price(tick.settlement_price):
            return _on_grid(instrument, tick.settlement_price, PriceOrigin.VENUE)
        traded = _average(instrument, tick.volume, tick.turnover, (tick.low_price, tick.high_price))
        return _told(instrument, traded, tick.last_price)
    if not bars:
        return None
    return _told(instrument, _average_of(instrument, bars), bars[-1].close_price)


def _told(instrument: Instrument, average: float, last: float) -> SettlementPrice | None:
    if _is_price(average):
        return _on_grid(instrument, average, PriceOrigin.AVERAGE)
    if _is_price(last):
        return _on_grid(instrument, last, PriceOrigin.LAST)
    return None


def _average_of(instrument: Instrument, bars: Sequence[BarData]) -> float:
    # A backtest of years comes here every day with hundreds of bars: one walk, and a short
    # one where the bars have no turnover, as those of many files.
    if not _has_turnover(bars):
        return nan
    volume, turnover, low, high = 0, 0.0, inf, -inf
    for bar in bars:
        lots = bar.volume
        if lots > 0:
            volume += lots
            turnover += bar.turnover
            if bar.low_price < low:
                low = bar.low_price
            if bar.high_price > high:
                high = bar.high_price
    return _average(instrument, volume, turnover, (low, high))


def _has_turnover(bars: Sequence[BarData]) -> bool:
    for bar in bars:  # noqa: SIM110  a generator costs twice as much
        if bar.turnover:
            return True
    return False


def _average(
    instrument: Instrument, volume: int, turnover: float, seen: tuple[float, float]
) -> float:
    """Return the average price by volume, nan where turnover and lots do not give one.

    CZCE counts the turnover without the multiplier. An average outside the prices that
    were paid is none, so that tells which it is, and keeps a broken turnover out.
    """
    if volume <= 0 or turnover <= 0:
        return nan
    low, high = seen
    for units in (volume * instrument.multiplier, volume):
        average = turnover / units
        if low - instrument.tick_size <= average <= high + instrument.tick_size:
            return average
    return nan


def _on_grid(instrument: Instrument, price: float, origin: PriceOrigin) -> SettlementPrice:
    # The shortest text of the double on the grid is the decimal it was written as.
    return SettlementPrice(Decimal(str(instrument.snap(price))), origin)


def _is_price(price: float) -> bool:
    # 0 stands for "not settled yet" in many recordings, the largest double in CTP's.
    return isfinite(price) and 0 < price < 1e300
