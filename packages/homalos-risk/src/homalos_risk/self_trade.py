"""Whether an order would meet one of the account's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from homalos.model import Direction, OrderPhase, OrderType
from homalos.plugins.ports import Refusal

if TYPE_CHECKING:
    from homalos.model import OrderData, OrderRequest
    from homalos.plugins import NoOptions
    from homalos.plugins.ports import RiskCheck, RiskContext, WorkingView

__all__ = ["bind_self_trade"]

_LONG = Direction.LONG
_MARKET = OrderType.MARKET
_ENDING = OrderPhase.ENDING


def bind_self_trade(
    context: RiskContext,
    options: NoOptions,  # noqa: ARG001  has none
) -> RiskCheck:
    """Return the check that an order cannot trade with another of its account and symbol.

    Refused is an order to buy at or above the price of one of the account's own that works
    to sell, the other way round alike, whatever strategy each is of; and any at the market,
    or against one, on the opposite side. One that is being taken back still counts: it may
    be filled until the venue says otherwise. The exchanges count five such trades in a
    contract and trading day as abnormal (自成交; their measures on abnormal trading). A rule
    of validity: it refuses closing orders too. Engine thread.
    """
    known: dict[str, dict[str, Mapping[str, WorkingView]]] = {}

    def learn(account: str, symbol: str) -> Mapping[str, WorkingView]:
        working = context.working(account, symbol)
        known.setdefault(account, {})[symbol] = working
        return working

    def check(request: OrderRequest) -> Refusal | None:
        try:
            working = known[request.account][request.symbol]
        except KeyError:
            working = learn(request.account, request.symbol)
        if not working:
            return None
        direction, price = request.direction, request.price
        is_market = request.type is _MARKET
        for view in working.values():
            order = view.state
            if order.direction is direction or order.phase is _ENDING:
                continue
            if not is_market and order.type is not _MARKET:
                # False of nan, a price that is not known: that may meet anything.
                apart = price < order.price if direction is _LONG else price > order.price
                if apart:
                    continue
            return _refusal(request, order)
        return None

    return check


def _refusal(request: OrderRequest, order: OrderData) -> Refusal:
    sides = ("buy", "sell") if request.direction is _LONG else ("sell", "buy")
    at = "at the market" if request.type is _MARKET else f"at {request.price}"
    other = "at the market" if order.type is _MARKET else f"at {order.price}"
    whose = "its own" if order.strategy == request.strategy else f"strategy {order.strategy}'s"
    return Refusal(
        f"the order to {sides[0]} {request.symbol} {at} could trade with {whose} order "
        f"{order.order_id} to {sides[1]} {other} in account {request.account}; "
        "cancel that first",
        request.price,
        order.price,
    )
