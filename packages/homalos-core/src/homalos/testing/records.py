"""Makers of records with sensible values, and a comparison that takes nan as equal to nan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from homalos.errors import UnknownInstrument
from homalos.model import (
    BarData,
    Direction,
    Fee,
    Instrument,
    Interval,
    Offset,
    OrderRequest,
    OrderType,
    TickData,
)

__all__ = [
    "DAY",
    "INSTRUMENTS",
    "OTHER",
    "START_NS",
    "SYMBOL",
    "at",
    "bar",
    "contract_of",
    "day_of",
    "order_request",
    "same",
    "tick",
]

SYMBOL = "aa2510.TEST"
"""The contract that everything here means unless told otherwise: tick size 1, 10 units a lot."""

OTHER = "bb2510.TEST"
"""A second contract: tick size 0.2, 300 units a lot, with fees."""

INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType(
    {
        SYMBOL: Instrument(SYMBOL, "aa", tick_size=1.0, multiplier=10),
        OTHER: Instrument(
            OTHER,
            "bb",
            tick_size=0.2,
            multiplier=300,
            margin_rate=Decimal("0.12"),
            fee_open=Fee(rate=Decimal("0.00002")),
            fee_close=Fee(rate=Decimal("0.00002")),
            fee_close_today=Fee(per_lot=Decimal(5)),
        ),
    }
)
"""The contracts of the market TEST, by symbol."""

START_NS = 1_736_125_200_000_000_000
"""When things begin: Monday, 6 January 2025, 01:00 UTC."""

DAY = 20250106
"""The trading day of that instant on the market TEST, whose days are those of UTC."""

_NS = 1_000_000_000
_LENGTH_S = {
    Interval.MINUTE: 60,
    Interval.MINUTE_5: 300,
    Interval.MINUTE_15: 900,
    Interval.HOUR: 3600,
    Interval.DAILY: 86_400,
}


def contract_of(contracts: Mapping[str, Instrument], symbol: str) -> Instrument:
    """Return a contract among some.

    Raises:
        UnknownInstrument: It is not among them; the message names those that are.
    """
    instrument = contracts.get(symbol)
    if instrument is None:
        known = ", ".join(contracts) or "none"
        msg = f"{symbol!r} is not among the contracts of this fake; there are {known}"
        raise UnknownInstrument(msg)
    return instrument


def at(seconds: float) -> int:
    """Return the instant so many seconds after `START_NS`, nanoseconds UTC."""
    return START_NS + round(seconds * _NS)


def day_of(ts_ns: int) -> int:
    """Return the day of an instant in UTC, as yyyymmdd."""
    day = datetime.fromtimestamp(ts_ns // _NS, UTC)
    return day.year * 10_000 + day.month * 100 + day.day


def tick(
    symbol: str = SYMBOL,
    price: float = 100.0,
    *,
    ts_ns: int = START_NS,
    trading_day: int = 0,
    **fields: Any,
) -> TickData:
    """Make a tick whose book stands 1 on either side of the last price, 10 lots deep.

    Args:
        symbol: The contract.
        price: Last price, currency per unit.
        ts_ns: The exchange's stamp, nanoseconds UTC; `at` counts in seconds.
        trading_day: As yyyymmdd; the day of `ts_ns` in UTC when 0.
        fields: Any other field of `TickData`.
    """
    book = {
        "bid_price_1": price - 1,
        "bid_volume_1": 10,
        "ask_price_1": price + 1,
        "ask_volume_1": 10,
    }
    return TickData(symbol, ts_ns, trading_day or day_of(ts_ns), price, **(book | fields))


def bar(
    symbol: str = SYMBOL,
    price: float = 100.0,
    *,
    start_ns: int = START_NS,
    interval: str = Interval.MINUTE,
    trading_day: int = 0,
    **fields: Any,
) -> BarData:
    """Make a bar that opened, stayed and closed at one price.

    Args:
        symbol: The contract.
        price: All four prices, currency per unit; give `high_price` and so on to differ.
        start_ns: Start of the interval, nanoseconds UTC; `at` counts in seconds.
        interval: `1m`, `5m`, `15m`, `1h` or `d`; with another, give `ts_ns` as well.
        trading_day: As yyyymmdd; the day of `start_ns` in UTC when 0.
        fields: Any other field of `BarData`.

    Raises:
        ValueError: The interval is none of the five and there is no `ts_ns`.
    """
    prices = dict.fromkeys(("open_price", "high_price", "low_price", "close_price"), price)
    if "ts_ns" not in fields:
        fields["ts_ns"] = start_ns + _LENGTH_S[Interval(interval)] * _NS
    return BarData(
        symbol=symbol,
        interval=str(interval),
        start_ns=start_ns,
        trading_day=trading_day or day_of(start_ns),
        **(prices | fields),
    )


def order_request(
    direction: Direction = Direction.LONG,
    price: float = 100.0,
    volume: int = 1,
    *,
    offset: Offset = Offset.OPEN,
    **fields: Any,
) -> OrderRequest:
    """Make a limit order, or with nan as price a market order.

    Args:
        direction: Buy or sell.
        price: Currency per unit.
        volume: Lots, > 0.
        offset: Open or close.
        fields: Any other field of `OrderRequest`.
    """
    is_market = price != price  # noqa: PLR0124  nan
    others: dict[str, Any] = {
        "order_id": "1-1",
        "symbol": SYMBOL,
        "type": OrderType.MARKET if is_market else OrderType.LIMIT,
        "strategy": "test",
        "account": "main",
        "gateway": "fake",
        "ts_ns": START_NS,
    }
    return OrderRequest(
        direction=direction, offset=offset, price=price, volume=volume, **(others | fields)
    )


def same(left: object, right: object) -> bool:
    """Say whether two values are equal when nan is taken as equal to nan.

    Looks into records, tuples, lists and mappings, however deep.
    """
    if left == right:
        return True
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return left != left and right != right  # noqa: PLR0124  nan
    if isinstance(left, Struct) and isinstance(right, Struct):
        left, right = asdict(left), asdict(right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, tuple | list) and isinstance(right, tuple | list):
        return len(left) == len(right) and all(map(same, left, right))
    return False
