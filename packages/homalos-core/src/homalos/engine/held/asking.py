"""What can be asked of the engine beside price and lots, and what cannot. Pure."""

from __future__ import annotations

from math import isfinite, isinf, isnan, nan

from homalos.model import Direction, OrderData, OrderRequest, OrderType, Terms, TimeInForce
from homalos.plugins.ports import Refusal

__all__ = ["LEAVES_AS", "RULE", "STOPS", "exit_objection", "objection"]

RULE = "order_terms"
"""The rule that refuses terms which contradict themselves."""

STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})
"""The types that wait for a price."""

LEAVES_AS = {
    OrderType.STOP: OrderType.MARKET,
    OrderType.STOP_LIMIT: OrderType.LIMIT,
    OrderType.TRAILING_STOP: OrderType.MARKET,
}
"""As what a venue sees an order of one of those types."""

_NOTHING = Terms()
_AT_ONCE = frozenset({OrderType.FAK, OrderType.FOK})
_PRICED = frozenset({OrderType.LIMIT, OrderType.FAK, OrderType.FOK, OrderType.STOP_LIMIT})


def objection(
    order_type: OrderType,
    direction: Direction,
    price: float,
    volume: int,
    terms: Terms | None,
    now_ns: int,
) -> Refusal | None:
    """Say why an order cannot be held to what it asks; `None` where it can.

    Args:
        order_type: Its type.
        direction: Its side.
        price: Its limit, on the grid; nan where it has none.
        volume: Its lots.
        terms: What it asks; `None` asks nothing.
        now_ns: The engine's time, nanoseconds UTC.
    """
    asked = terms or _NOTHING
    if volume <= 0:
        return Refusal(f"an order needs at least 1 lot, not {volume}", volume, 1)
    if order_type in _PRICED and not isfinite(price):
        return Refusal(f"a {order_type} order needs a price, not {price}", price, nan)
    return (
        _stop_objection(order_type, direction, price, asked)
        or _time_objection(order_type, asked, now_ns)
        or _bond_objection(asked)
    )


def exit_objection(asked: OrderRequest, entry: OrderData) -> Refusal | None:
    """Say why an order cannot be the exit of another; `None` where it can.

    Args:
        asked: The exit.
        entry: Its parent, as it stands.
    """
    terms = asked.terms or _NOTHING
    entry_id = entry.order_id
    if not entry.is_active and not entry.traded:
        return Refusal(f"its parent {entry_id} is over without a fill: {entry.status}", nan, nan)
    mine, others = (asked.symbol, asked.account), (entry.symbol, entry.account)
    if mine != others or asked.direction is entry.direction:
        what = f"its parent {entry_id} is a {entry.direction} order of {entry.symbol} in "
        expected = "an exit is of the same contract and account, and of the other side"
        return Refusal(f"{what}{entry.account}; {expected}", nan, nan)
    start = entry.price
    if isnan(start) and entry.terms is not None:
        start = entry.terms.trigger
    is_long = entry.direction is Direction.LONG
    if asked.type in STOPS:
        bad = terms.trigger >= start if is_long else terms.trigger <= start
        found, side = terms.trigger, "below" if is_long else "above"
    else:
        bad = asked.price <= start if is_long else asked.price >= start
        found, side = asked.price, "above" if is_long else "below"
    if bad:
        what = f"an exit {asked.type} of a {entry.direction} order at {start} is {side} it"
        return Refusal(f"{what}, not at {found}", found, start)
    return None


def _stop_objection(
    order_type: OrderType, direction: Direction, price: float, asked: Terms
) -> Refusal | None:
    trigger, trail = asked.trigger, asked.trail
    if order_type not in STOPS:
        if isnan(trigger) and isnan(trail):
            return None
        what = f"a {order_type} order has no trigger and no trail; send a stop, stop_limit or "
        return Refusal(f"{what}trailing_stop order", trail if isnan(trigger) else trigger, nan)
    if order_type is OrderType.TRAILING_STOP:
        return _trail_objection(trigger, trail)
    if not isnan(trail):
        return Refusal(f"only a trailing_stop has a trail; this is a {order_type}", trail, nan)
    if not isfinite(trigger):
        return Refusal(f"a {order_type} order needs a trigger, not {trigger}", trigger, nan)
    return None if isnan(price) else _limit_objection(direction, price, trigger)


def _trail_objection(trigger: float, trail: float) -> Refusal | None:
    if not (isfinite(trail) and trail > 0):
        return Refusal(f"a trailing stop needs a trail above 0, not {trail}", trail, 0)
    if isinf(trigger):
        return Refusal(f"a trigger must be a price, not {trigger}", trigger, nan)
    return None


def _limit_objection(direction: Direction, price: float, trigger: float) -> Refusal | None:
    is_buy = direction is Direction.LONG
    if (price >= trigger) if is_buy else (price <= trigger):
        return None
    side, word = ("buy", "below") if is_buy else ("sell", "above")
    what = f"the limit {price} of a {side} stop is {word} its trigger {trigger}"
    return Refusal(f"{what}: reached, it could not be filled", price, trigger)


def _time_objection(order_type: OrderType, asked: Terms, now_ns: int) -> Refusal | None:
    lasts, until = asked.time_in_force, asked.until_ns
    if lasts is TimeInForce.GTD:
        if until <= now_ns:
            return Refusal(f"its end, {until}, is not after now, {now_ns}", until, now_ns)
    elif until:
        return Refusal(f"only a gtd order has an end; this one is {lasts}", until, 0)
    if asked.timeout_ns < 0 or asked.requotes < 0:
        return Refusal("a time-out and a number of re-quotes are not below 0", nan, 0)
    if asked.requotes and not asked.timeout_ns:
        return Refusal("re-quotes need a time-out after which they come", asked.requotes, 0)
    if order_type in _AT_ONCE and (lasts is not TimeInForce.DAY or asked.timeout_ns):
        return Refusal(f"a {order_type} order never waits at its venue", nan, nan)
    return None


def _bond_objection(asked: Terms) -> Refusal | None:
    if asked.group and asked.parent:
        what = "an order is of a group or waits for a parent, not both; orders that wait for "
        return Refusal(f"{what}one parent cancel each other anyway", nan, nan)
    return None
