"""What a venue refuses by the order and its contract alone: type, price, size, own orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homalos.model import Direction, OrderType
from homalos_sim.reasons import (
    ABOVE_LIMIT,
    BAD_FIELD,
    BAD_VOLUME,
    BELOW_LIMIT,
    OFF_GRID,
    SELF_TRADE,
    UNSUPPORTED_TYPE,
    WRONG_STATE,
)
from homalos_sim.sessions import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homalos.model import Instrument, OrderRequest, TickData
    from homalos_sim.matching import WorkingOrder
    from homalos_sim.sessions import Stretch

__all__ = [
    "beyond_limits",
    "crossing",
    "price_objection",
    "shut",
    "state_objection",
    "type_objection",
    "would_meet",
]

# Read once: an enum looks its members up anew each time, which is slow in 3.11.
_LONG = Direction.LONG
_LIMIT, _MARKET = OrderType.LIMIT, OrderType.MARKET
_FOK = OrderType.FOK
_AT_ONCE = frozenset({OrderType.FAK, _FOK})

# FOK: no futures contract of CZCE takes it. Market orders: DCE, CZCE and CFFEX take them; of
# SHFE and INE it is said that they do since July 2026, which is not checked. Both by the
# checklist that the CTP gateways were compared with; an exchange that is not here takes it.
_NO_FOK = frozenset({"CZCE"})
_NO_MARKET = frozenset({"SHFE", "INE", "GFEX"})


def price_objection(request: OrderRequest, instrument: Instrument, tick: TickData | None) -> str:
    """Return why an order cannot be taken by its size and its limit; "" where it can.

    Args:
        request: What is asked.
        instrument: Its contract.
        tick: The last tick of the day that the order is for; its price limits hold.
    """
    price, lots, most = request.price, request.volume, instrument.max_limit_volume
    if lots <= 0:
        return BAD_FIELD.because(f"volume {lots} is not above 0")
    if 0 < most < lots:
        return BAD_VOLUME.because(f"volume {lots} is above the {most} of one limit order")
    if not instrument.is_on_grid(price):
        grid = f"price {price} is not on the {instrument.tick_size} grid of {request.symbol}"
        return OFF_GRID.because(grid)
    # An unknown limit is nan and compares False.
    if tick is not None and (price > tick.limit_up or price < tick.limit_down):
        return beyond_limits(price, tick)
    return ""


def type_objection(
    request: OrderRequest, instrument: Instrument, tick: TickData | None, *, strict: bool
) -> str:
    """Return the same of an order that is no plain limit order, also by its type.

    Args:
        request: What is asked.
        instrument: Its contract.
        tick: The last tick of the day that the order is for.
        strict: Whether a market order is refused where the exchange has none.
    """
    kind = request.type
    if kind not in _AT_ONCE and kind is not _MARKET:
        return UNSUPPORTED_TYPE.because(f"a {kind} order is kept by the engine, not by a venue")
    # The exchange is cut out of the symbol: only where it matters.
    if kind is _FOK and (exchange := instrument.exchange) in _NO_FOK:
        return UNSUPPORTED_TYPE.because(f"{exchange} takes no fill-or-kill orders in futures")
    if kind is not _MARKET:
        return price_objection(request, instrument, tick)
    if strict and (exchange := instrument.exchange) in _NO_MARKET:
        return UNSUPPORTED_TYPE.because(f"{exchange} takes no market orders; send a limit order")
    lots, most = request.volume, instrument.max_market_volume
    if lots <= 0:
        return BAD_FIELD.because(f"volume {lots} is not above 0")
    is_more = 0 < most < lots
    return (
        BAD_VOLUME.because(f"volume {lots} is above the {most} of one market order")
        if is_more
        else ""
    )


def beyond_limits(price: float, tick: TickData) -> str:
    """Return why a price is not one of this trading day's; "" where it is, or no limit is known."""
    if price > tick.limit_up:
        return ABOVE_LIMIT.because(f"price {price} is above the limit-up {tick.limit_up}")
    if price < tick.limit_down:
        return BELOW_LIMIT.because(f"price {price} is below the limit-down {tick.limit_down}")
    return ""


def crossing(request: OrderRequest, others: Iterable[WorkingOrder]) -> list[WorkingOrder]:
    """Return the working orders of the same account that an order would trade against.

    Args:
        request: What is asked.
        others: The working orders of the other side.
    """
    account, price = request.account, request.price
    buys, at_any = request.direction is _LONG, request.type is _MARKET
    return [
        order
        for order in others
        if order.request.account == account
        and (
            at_any
            or order.request.type is _MARKET
            or (order.request.price <= price if buys else order.request.price >= price)
        )
    ]


def would_meet(resting: OrderRequest) -> str:
    """Return why an order is refused that would trade against one of its own account."""
    what = f"it would trade against {resting.order_id} of the same account at {resting.price}"
    return SELF_TRADE.because(what)


def state_objection(request: OrderRequest, stretch: Stretch, *, refuses: bool) -> str:
    """Return why no such order is taken in a phase; "" where it is, or may wait.

    Args:
        request: What is asked.
        stretch: What the exchange does at this time.
        refuses: Whether an order outside the sessions is refused.
    """
    phase = stretch.phase
    if phase is Phase.AUCTION and request.type is not _LIMIT:
        return WRONG_STATE.because("a call auction takes limit orders only")
    return shut(request.symbol, stretch) if refuses else ""


def shut(symbol: str, stretch: Stretch) -> str:
    """Return why an exchange does nothing in a phase; "" where it does."""
    if stretch.phase is Phase.MATCHING:
        return WRONG_STATE.because("the auction is being matched")
    if stretch.phase is Phase.CLOSED:
        return WRONG_STATE.because(f"no session of {symbol} at this time")
    return ""
