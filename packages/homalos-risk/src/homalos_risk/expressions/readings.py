"""The facts that are reckoned, where a look at a field is not enough. nan is not known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from math import nan
from operator import attrgetter
from zoneinfo import ZoneInfo

from homalos.model import OrderType
from homalos_risk.expressions.frames import Frame

__all__ = [
    "WEEKDAYS",
    "date_in",
    "days_left",
    "field_of_tick",
    "in_auction",
    "is_open",
    "is_reducing",
    "known_lots",
    "last_trading_day",
    "local_time",
    "margin_per_lot",
    "margin_rate",
    "market_age",
    "market_last",
    "market_mid",
    "market_spread",
    "order_margin",
    "order_value",
    "position_gross",
    "position_net",
    "position_working",
    "product_gross",
    "product_long",
    "product_net",
    "product_short",
    "risk_degree",
    "strategy_lots",
    "strategy_pnl",
    "trading_day",
    "weekday_in",
]

_NS = 1_000_000_000
_DAY_NS = 86_400 * _NS
_MARKET = OrderType.MARKET

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# -- the order -----------------------------------------------------------------


def _price(frame: Frame) -> float:
    request = frame.request
    price = request.price
    # A market order has none: what it will cost is near the last price.
    return price if price == price else frame.last_price(request.symbol)  # noqa: PLR0124  nan


def order_value(frame: Frame) -> float:
    """Return price x lots x units a lot, currency."""
    return _price(frame) * frame.request.volume * frame.contract.multiplier


def order_margin(frame: Frame) -> float:
    """Return the margin that the order's lots need, as if all of them opened, currency."""
    request = frame.request
    at_price = abs(_price(frame)) * frame.contract.multiplier * frame.margin_rate(request)
    return request.volume * (at_price + frame.margin_per_lot())


def is_reducing(frame: Frame) -> bool:
    """Say whether the order can only make a position smaller."""
    return frame.context.is_reducing(frame.request)


# -- its contract --------------------------------------------------------------


def margin_rate(frame: Frame) -> float:
    """Return the margin rate of the order's side."""
    return frame.margin_rate(frame.request)


def margin_per_lot(frame: Frame) -> float:
    """Return what each lot needs beside the rate."""
    return frame.margin_per_lot()


def known_lots(name: str) -> Callable[[Frame], float]:
    """Return a reading of a field that has 0 for not known."""
    read: Callable[[object], int] = attrgetter(name)
    return lambda frame: read(frame.contract) or nan


def last_trading_day(frame: Frame) -> float:
    """Return the contract's last trading day as yyyymmdd."""
    return frame.contract.last_trading_day or nan


def days_left(frame: Frame) -> float:
    """Return the calendar days from the trading day to the contract's last, < 0 after it."""
    last, day = frame.contract.last_trading_day, frame.context.trading_day()
    return (_date(last) - _date(day)).days if last and day else nan


def _date(day: int) -> date:
    return date(day // 10_000, day // 100 % 100, day % 100)


# -- account, position, product, strategy --------------------------------------


def risk_degree(frame: Frame) -> float:
    """Return margin over equity."""
    funds = frame.funds
    equity = funds.equity
    return funds.margin / equity if equity > 0 else nan


def position_net(frame: Frame) -> int:
    """Return long less short lots."""
    holding = frame.holding
    return holding.long - holding.short


def position_gross(frame: Frame) -> int:
    """Return long and short lots together."""
    holding = frame.holding
    return holding.long + holding.short


def position_working(frame: Frame) -> int:
    """Return the number of orders that are not over."""
    return len(frame.working)


def product_long(frame: Frame) -> int:
    """Return the long lots in all contracts of the product."""
    return _product(frame)[0]


def product_short(frame: Frame) -> int:
    """Return the short lots in all contracts of the product."""
    return _product(frame)[1]


def product_net(frame: Frame) -> int:
    """Return the long less the short lots in all contracts of the product."""
    long, short = _product(frame)
    return long - short


def product_gross(frame: Frame) -> int:
    """Return the long and short lots in all contracts of the product together."""
    return sum(_product(frame))


def _product(frame: Frame) -> tuple[int, int]:
    contract, instrument = frame.contract, frame.context.instrument
    long = short = 0
    for symbol, holding in frame.context.holdings(frame.request.account).items():
        each = instrument(symbol)
        # Two exchanges may use one code for different things.
        if each.product == contract.product and each.exchange == contract.exchange:
            long += holding.long
            short += holding.short
    return long, short


def strategy_lots(frame: Frame) -> int:
    """Return the strategy's own net lots in the symbol."""
    return frame.context.lots_of(frame.request.strategy, frame.request.symbol)


def strategy_pnl(frame: Frame) -> float:
    """Return what the strategy made in the account on this trading day."""
    return frame.context.pnl_of(frame.request.strategy, frame.request.account)


# -- the market ----------------------------------------------------------------


def market_last(frame: Frame) -> float:
    """Return the last price."""
    return frame.last_price(frame.request.symbol)


def field_of_tick(name: str) -> Callable[[Frame], float]:
    """Return a reading of a field of the last tick."""
    read: Callable[[object], float] = attrgetter(name)

    def reading(frame: Frame) -> float:
        tick = frame.last_tick(frame.request.symbol)
        return nan if tick is None else read(tick)

    return reading


def market_spread(frame: Frame) -> float:
    """Return ask less bid."""
    tick = frame.last_tick(frame.request.symbol)
    return nan if tick is None else tick.ask_price_1 - tick.bid_price_1


def market_mid(frame: Frame) -> float:
    """Return the price half-way between bid and ask."""
    tick = frame.last_tick(frame.request.symbol)
    return nan if tick is None else (tick.ask_price_1 + tick.bid_price_1) / 2


def market_age(frame: Frame) -> float:
    """Return the seconds since the exchange stamped the last tick."""
    tick = frame.last_tick(frame.request.symbol)
    return nan if tick is None else (frame.context.clock.now_ns() - tick.ts_ns) / _NS


def in_auction(frame: Frame) -> bool:
    """Say whether a call auction of the symbol takes orders."""
    return frame.context.in_auction(frame.request.symbol)


def is_open(frame: Frame) -> bool:
    """Say whether orders in the symbol are taken now."""
    return frame.context.is_open(frame.request.symbol)


# -- the time ------------------------------------------------------------------


def trading_day(frame: Frame) -> float:
    """Return the trading day as yyyymmdd."""
    return frame.context.trading_day() or nan


def local_time(zone: ZoneInfo) -> Callable[[Frame], float]:
    """Return a reading of the time of day in a zone, seconds since midnight."""
    return lambda frame: frame.local_ns(zone) % _DAY_NS / _NS


def weekday_in(zone: ZoneInfo) -> Callable[[Frame], str]:
    """Return a reading of the day of the week in a zone."""
    # 1 January 1970 was a Thursday.
    return lambda frame: WEEKDAYS[(frame.local_ns(zone) // _DAY_NS + 3) % 7]


def date_in(zone: ZoneInfo) -> Callable[[Frame], int]:
    """Return a reading of the date in a zone, as yyyymmdd."""

    def reading(frame: Frame) -> int:
        day = datetime.fromtimestamp(frame.local_ns(zone) // _NS, UTC)
        return day.year * 10_000 + day.month * 100 + day.day

    return reading
