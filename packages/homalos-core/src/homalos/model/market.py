"""Market data as it moves through the house."""

from __future__ import annotations

from math import nan

from msgspec import Struct

from homalos.model.message import Message

__all__ = ["BarData", "Depth", "TickData"]


class Depth(Struct, frozen=True, gc=False, array_like=True):
    """Levels 2 to 5 of a book, best first; empty where the venue sends one level.

    Attributes:
        bid_prices: Prices in currency per unit, falling.
        bid_volumes: Lots at those prices, same length.
        ask_prices: Prices in currency per unit, rising.
        ask_volumes: Lots at those prices, same length.
    """

    bid_prices: tuple[float, ...]
    bid_volumes: tuple[int, ...]
    ask_prices: tuple[float, ...]
    ask_volumes: tuple[int, ...]


class TickData(Message, frozen=True):
    """A snapshot of one instrument. A missing price is nan, a missing count 0.

    Attributes:
        symbol: `CODE.EXCHANGE`.
        ts_ns: When the exchange stamped it, nanoseconds UTC.
        trading_day: The exchange's trading day, as yyyymmdd.
        last_price: Price of the last trade, currency per unit.
        volume: Lots traded since the trading day began (cumulative).
        turnover: Their value in currency (cumulative).
        open_interest: Open lots now.
        bid_price_1: Best bid; nan when nobody bids (limit-down).
        bid_volume_1: Lots there.
        ask_price_1: Best ask; nan when nobody offers (limit-up).
        ask_volume_1: Lots there.
        limit_up: Highest price of the day.
        limit_down: Lowest price of the day.
        depth: Levels 2 to 5, where the venue sends them.
        recv_ns: When it reached this machine, nanoseconds UTC; 0 when unknown.
    """

    symbol: str
    ts_ns: int
    trading_day: int
    last_price: float
    volume: int = 0
    turnover: float = 0.0
    open_interest: float = 0.0
    bid_price_1: float = nan
    bid_volume_1: int = 0
    ask_price_1: float = nan
    ask_volume_1: int = 0
    limit_up: float = nan
    limit_down: float = nan
    open_price: float = nan
    high_price: float = nan
    low_price: float = nan
    pre_close: float = nan
    pre_settlement: float = nan
    pre_open_interest: float = 0.0
    settlement_price: float = nan
    depth: Depth | None = None
    recv_ns: int = 0


class BarData(Message, frozen=True):
    """What traded in one interval. Known at `ts_ns`, which is its end.

    Attributes:
        symbol: `CODE.EXCHANGE`.
        interval: `1m`, `5m`, `15m`, `1h`, `d`.
        start_ns: Start of the interval, nanoseconds UTC; this is the bar's time.
        ts_ns: End of the interval, nanoseconds UTC.
        trading_day: The exchange's trading day, as yyyymmdd.
        volume: Lots traded in the interval.
        turnover: Their value in currency.
        open_interest: Open lots at the end.
        complete: False when the data began or ended inside the interval.
    """

    symbol: str
    interval: str
    start_ns: int
    ts_ns: int
    trading_day: int
    open_price: float
    high_price: float
    low_price: float
    close_price: float
    volume: int = 0
    turnover: float = 0.0
    open_interest: float = 0.0
    complete: bool = True
