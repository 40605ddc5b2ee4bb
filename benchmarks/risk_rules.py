"""What twenty bound rules cost an order: the package's own, and expressions of a user's.

A real engine is built from settings and sees one tick, so that the rules look at what they
look at in a run; then its risk manager judges orders, each a new one, and every one passes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from benchmarks.market import SYMBOL, draw_ticks
from homalos import Engine, Settings
from homalos.config import AccountSettings
from homalos.engine.quiet import quiet_collector
from homalos.model import Direction, Offset, OrderRequest, OrderType, Rejection, TickData
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import PluginHost
from homalos.strategy import Strategy

__all__ = ["RULES", "measure"]

RULES = 20

_WARM_UP = 500  # orders
# Wide limits, so that these hold and refuse nothing. What nobody offers is left out.
_OWN: Mapping[str, Any] = {
    "order_size": {},
    "tick_grid": {},
    "price_band": {},
    "position_limit": {"max_position": 1_000_000},
    "funds": {},
    "notional": {"max_order": 1e12},
    "net_exposure": {"instrument_lots": 1_000_000},
    "daily_loss": {"max_loss": 1e9},
    "self_trade": {},
    "order_rate": {"max_orders": 1_000_000, "per_seconds": 0.001},
}
_USERS = (
    "order.volume > 500",
    "order.volume * contract.size > account.equity * 0.2",
    "order.value > 0.5 * account.available",
    'order.direction == "long" and position.long + order.volume > 2000',
    "abs(position.net) > 5000",
    "account.drawdown > 50_000_000 or account.day_pnl < -20_000_000",
    "account.risk_degree > 0.8",
    'order.type == "market" and order.volume > 100',
    "market.spread > 50 * contract.tick",
    "abs(order.price - market.last) > 0.05 * market.last",
    "activity.cancels > 5000",
    'order.strategy in ("manual", "old") and order.volume > 10',
    "not market.is_open and not order.is_reducing",
    "position.working >= 1000",
    "account.frozen / account.equity > 0.5",
    "order.margin > account.available / 2",
    "max(position.long, position.short) > 4000",
    "strategy.lots > 5000",
    "order.price > market.limit_up or order.price < market.limit_down",
    "contract.margin > 0.5",
)


class Watcher(Strategy):
    """Has the engine keep the symbol's prices, and does nothing."""


def measure(count: int, passes: int) -> dict[str, Any]:
    """Have orders judged by twenty rules.

    Args:
        count: Orders a pass.
        passes: How often.

    Returns:
        `us`, microseconds of the processor an order, a figure each pass; `own` and `users`,
        how many of the rules are whose; `wrong`.
    """
    catalog = Catalog.gather(PluginHost.discover())
    own = {name: options for name, options in _OWN.items() if name in catalog.risk_rules}
    own |= dict.fromkeys(set(catalog.risk_rules) - set(own) - {"custom"}, False)
    bound = len(_build(own, users=0).parts.risk.rules)
    engine = _build(own, users=RULES - bound)
    risk, wrong = engine.parts.risk, []
    if len(risk.rules) != RULES:
        wrong.append(f"risk rules: {len(risk.rules)} are bound, {RULES} are right")
    result: dict[str, Any] = {"us": [], "own": bound, "users": RULES - bound, "wrong": wrong}
    with engine:
        engine.step(_tick())
        for order in _orders(_WARM_UP):
            risk.check(order)
        before = risk.evaluated
        for _ in range(passes):
            orders = _orders(count)
            check = risk.check
            refused: tuple[Rejection, ...] = ()
            with quiet_collector():
                began = time.process_time()
                for order in orders:
                    refused = check(order) or refused
                spent = time.process_time() - began
            result["us"].append(spent / count * 1e6)
            if refused:
                wrong.append(f"risk rules: {refused[0].rule} refused: {refused[0].message}")
        if risk.evaluated - before != passes * count * RULES:
            wrong.append(f"risk rules: {risk.evaluated - before} rules were asked")
    return result


def _build(own: Mapping[str, Any], *, users: int) -> Engine:
    custom = {f"rule_{number}": {"refuse_if": text} for number, text in enumerate(_USERS[:users])}
    settings = Settings(
        accounts={"main": AccountSettings(capital=Decimal(10**9))},
        risk={**own, "custom": custom},
    )
    engine = Engine.build(settings, plugins=PluginHost.discover())
    engine.add_strategy(Watcher, symbol=SYMBOL, name="bench")
    return engine


def _tick() -> TickData:
    ticks = draw_ticks(1)
    last = float(ticks.last[0])
    return TickData(
        SYMBOL,
        int(ticks.ts_ns[0]),
        int(ticks.trading_day[0]),
        last,
        bid_price_1=float(ticks.bid[0]),
        bid_volume_1=10,
        ask_price_1=float(ticks.ask[0]),
        ask_volume_1=10,
        limit_up=round(last * 1.05),
        limit_down=round(last * 0.95),
    )


def _orders(count: int) -> list[OrderRequest]:
    ticks = draw_ticks(1)
    price, ts_ns = float(ticks.last[0]), int(ticks.ts_ns[0])
    return [
        OrderRequest(
            order_id=f"1-{number}",
            symbol=SYMBOL,
            direction=Direction.LONG if number % 2 else Direction.SHORT,
            offset=Offset.OPEN,
            type=OrderType.LIMIT,
            price=price,
            volume=1 + number % 5,
            strategy="bench",
            account="main",
            gateway="sim",
            ts_ns=ts_ns,
        )
        for number in range(count)
    ]
