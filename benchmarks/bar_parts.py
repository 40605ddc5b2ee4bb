"""What of the bar run can be had for less: its bars without orders, and the least of an order.

The least is what an order makes whoever handles it, in one loop of plain Python: its request,
two reports of the venue, three states, a trade, seven rules that say yes, the fingerprint and
one entry in whole numbers. No bus, no venue, no ledger and no strategy take part.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from benchmarks.market import SYMBOL
from benchmarks.replay import PARAMETERS, build, floor_of, timed
from homalos.config import FeedSettings
from homalos.journal import DecisionHash
from homalos.model import (
    Direction,
    Offset,
    OrderData,
    OrderPhase,
    OrderReport,
    OrderRequest,
    OrderType,
    Status,
    TradeData,
    TradeReport,
)

__all__ = ["measure"]

_RULES = 7
_DAY = 20_250_106
_PRICE, _MICRO = 3_500.0, 1_000_000

Rule = Callable[[OrderRequest], str | None]


def measure(count: int, passes: int) -> dict[str, Any]:
    """Take the three in turn.

    Args:
        count: Bars, and a twentieth of it orders.
        passes: How often.

    Returns:
        `floor_s` and `ours_s` of bars without orders, `values_s` of orders without a house,
        a figure each pass; `bars` and `orders`, how many; `wrong`.
    """
    floor = floor_of("bars", count)
    orders = count // 20
    result: dict[str, Any] = {
        "bars": count, "orders": orders, "floor_s": [], "ours_s": [], "values_s": [], "wrong": [],
    }  # fmt: skip
    # An average that is never full decides nothing.
    params = PARAMETERS["bars"] | {"slow": 2 * count}
    for _ in range(passes):
        result["floor_s"].append(timed(floor)[1])
        feed = FeedSettings(kind="seeded", options={"kind": "bars", "count": count})
        summary, seconds = timed(build(feed, "bars", params=params).run)
        result["ours_s"].append(seconds)
        if summary.orders:
            result["wrong"].append(f"bar parts: {summary.orders} orders where none were asked for")
        result["values_s"].append(_timed_values(orders))
    return result


def _timed_values(count: int) -> float:
    rules = tuple((name, _agree) for name in range(_RULES))
    began = time.perf_counter()
    _walk(count, rules)
    return time.perf_counter() - began


def _agree(request: OrderRequest) -> str | None:
    return None if request.volume <= _RULES else "too many"


def _walk(count: int, rules: Sequence[tuple[int, Rule]]) -> None:
    add = DecisionHash().add
    orders: dict[str, OrderData] = {}
    trades: list[TradeData] = []
    entries: list[tuple[TradeData, int, int]] = []
    seen: set[tuple[str, Direction, int]] = set()
    lots = cost = 0
    for number in range(count):
        order_id = f"run-{number}"
        side = Direction.LONG if number % 2 else Direction.SHORT
        request = OrderRequest(
            order_id, SYMBOL, side, Offset.NONE, OrderType.MARKET, _PRICE, 2,
            "double_ma", "main", "sim", number,
        )  # fmt: skip
        refused = [name for name, rule in rules if rule(request) is not None]
        if refused:
            continue
        add(request)
        order = orders[order_id] = OrderData(
            order_id, SYMBOL, side, Offset.NONE, OrderType.MARKET, _PRICE, 2, 0, Status.SUBMITTING,
            "double_ma", "main", "sim", number, number, "", "", "", OrderPhase.PENDING, None,
        )  # fmt: skip
        heard = OrderReport(order_id, Status.NOTTRADED, number, 0, order_id)
        order = orders[order_id] = replace(
            order, status=heard.status, phase=OrderPhase.RESTING, venue_order_id=order_id
        )
        fill = TradeReport(order_id, order_id, SYMBOL, side, Offset.NONE, _PRICE, 2, number, _DAY)
        seen.add((fill.trade_id, side, _DAY))
        trade = TradeData(
            fill.trade_id, order_id, SYMBOL, side, Offset.NONE, fill.price, 2, number, _DAY,
            order.strategy, order.account, order.gateway,
        )  # fmt: skip
        trades.append(trade)
        orders[order_id] = replace(
            order, traded=2, status=Status.ALLTRADED, phase=OrderPhase.FILLED, ts_ns=number
        )
        signed = 2 if side is Direction.LONG else -2
        lots += signed
        cost += round(fill.price * _MICRO) * signed
        entries.append((trade, lots, cost))
