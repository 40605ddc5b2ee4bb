"""Events in words, and figures as a trader writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from math import isnan
from typing import Any

from homalos.cli.bar_files import EXCHANGE_TIME
from homalos.model import (
    Alert,
    ConnectionChanged,
    Direction,
    Offset,
    OrderData,
    OrderRequest,
    Rejection,
    Rolled,
    SessionChanged,
    Settled,
    StrategyChanged,
    TradeData,
    TradingDayChanged,
)
from homalos.plugins.ports import Snapshot

__all__ = [
    "DETAILS",
    "EVENTS",
    "clock",
    "component",
    "day",
    "event_line",
    "event_words",
    "heartbeat",
    "level",
    "money",
    "price",
    "queues",
    "side",
]

EVENTS = (
    TradeData,
    Rejection,
    StrategyChanged,
    Alert,
    ConnectionChanged,
    TradingDayChanged,
    Rolled,
    Settled,
)
"""The messages that `event_line` knows and everybody is shown."""

DETAILS = (OrderData, SessionChanged)
"""Those that are written to a log of the level debug, too."""

_NS = 1_000_000_000
_LEVELS = frozenset({"debug", "info", "warning", "error"})
_SIDES = {Direction.LONG: "buy", Direction.SHORT: "sell"}


def clock(ts_ns: int) -> str:
    """Return an instant as `2025-08-04 21:00:00` in China's time; dashes before the first event."""
    if not ts_ns:
        return "---------- --:--:--"
    return datetime.fromtimestamp(ts_ns // _NS, EXCHANGE_TIME).strftime("%Y-%m-%d %H:%M:%S")


def day(trading_day: int) -> str:
    """Return a trading day as `2025-08-05`; dashes for 0, which is none."""
    if not trading_day:
        return "----------"
    digits = str(trading_day)
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"


def price(value: float, decimals: int | None = None) -> str:
    """Return a price with the decimals of its grid, a dash when there is none.

    Args:
        value: Currency per unit.
        decimals: Digits behind the point; as many as it has when left out.
    """
    if isnan(value):
        return "–"
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return str(int(value)) if value.is_integer() else repr(value)


def money(amount: Decimal | float) -> str:
    """Return an amount of currency to the cent, thousands apart."""
    return f"{amount:,.2f}"


def side(item: OrderData | OrderRequest | TradeData) -> str:
    """Return what an order or a trade does: `buy open`, `sell closetoday`."""
    word = _SIDES[item.direction]
    return word if item.offset is Offset.NONE else f"{word} {item.offset}"


def event_line(event: Any) -> tuple[str, str]:
    """Return (level, text) of one of `EVENTS`, its own time in front."""
    return level(event).upper(), f"[{clock(event.ts_ns)}] {event_words(event)}"


def level(event: Any) -> str:
    """Return the level of an event: debug, info, warning or error."""
    match event:
        case OrderData() | SessionChanged():
            return "debug"
        case Rejection():
            return "warning"
        case StrategyChanged():
            return "error" if event.reason else "info"
        case ConnectionChanged():
            return "info" if event.is_up else "error"
        case Alert():
            return event.level.lower() if event.level.lower() in _LEVELS else "info"
        case _:
            return "info"


def component(event: Any) -> str:
    """Return who speaks in an event, such as `strategy.ma1`, `gateway.sim`, `risk` or `orders`."""
    match event:
        case OrderData() | TradeData():
            speaker = "orders"
        case Rejection():
            speaker = "risk"
        case StrategyChanged() | Rolled():
            speaker = f"strategy.{event.strategy}"
        case ConnectionChanged():
            speaker = f"gateway.{event.gateway}"
        case TradingDayChanged() | SessionChanged():
            speaker = "market"
        case Settled():
            speaker = f"account.{event.account}"
        case Alert():
            speaker = event.source
        case _:
            speaker = "engine"
    return speaker


def event_words(event: Any) -> str:
    """Return what an event says, without its time."""
    match event:
        case TradeData():
            what = f"{side(event)} {event.volume} {event.symbol} at {price(event.price)}"
            text = f"{event.strategy}: {what} ({event.order_id})"
        case Rejection():
            asked = event.request
            what = f"{side(asked)} {asked.volume} {asked.symbol}"
            text = f"{asked.strategy}: {what} refused by {event.rule}: {event.message}"
        case StrategyChanged():
            text = _because(f"{event.strategy} is {event.state}", event.reason)
        case ConnectionChanged():
            text = _because(f"{event.gateway} is {'up' if event.is_up else 'down'}", event.reason)
        case TradingDayChanged() | Rolled() | Settled():
            text = _words_of_day(event)
        case SessionChanged():
            text = f"{event.symbol}: session {event.state}"
        case OrderData():
            what = f"{side(event)} {event.volume} {event.symbol} at {price(event.price)}"
            state = f"{event.status}, {event.traded} traded ({event.order_id})"
            text = _because(f"{event.strategy}: {what} is {state}", event.reason)
        case Alert():
            text = f"{event.source}: {event.message}"
        case _:
            text = repr(event)
    return text


def _words_of_day(event: TradingDayChanged | Rolled | Settled) -> str:
    """Return what the turn of a trading day brought."""
    if isinstance(event, TradingDayChanged):
        return f"trading day {day(event.trading_day)}"
    if isinstance(event, Rolled):
        return f"{event.strategy}: {event.series} is {event.symbol}, was {event.previous}"
    funds = event.statement.funds
    result = funds.realised + funds.marked - funds.fees
    return (
        f"{event.account} settled for {day(event.trading_day)}: balance {money(funds.balance)}, "
        f"of the day {result:+,.2f} with fees of {money(funds.fees)}, margin {money(funds.margin)}"
    )


def _because(what: str, reason: str) -> str:
    return f"{what}: {reason}" if reason else what


def heartbeat(picture: Snapshot) -> str:
    """Return one line on how a run is doing."""
    counts = picture.counters
    equity = " ".join(f"{each.account} {money(each.equity)}" for each in picture.accounts)
    return (
        f"[{clock(picture.ts_ns)}] ticks {counts['ticks']:,} bars {counts['bars']:,} "
        f"orders {counts['orders']:,} trades {counts['trades']:,} equity {equity} "
        f"queues {queues(picture.queues)} dropped {counts['dropped']} "
        f"conflated {counts['conflated']}"
    )


def queues(depths: Mapping[str, int]) -> str:
    """Return the depths of the queues by name."""
    return " ".join(f"{name} {depth:,}" for name, depth in depths.items())
