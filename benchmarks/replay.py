"""A million bars or ticks through the whole engine, against the same rule in a bare loop."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from attrs import frozen

from benchmarks.floor import Fill, trade_bars, trade_ticks
from benchmarks.market import MOST, SYMBOL, draw_bars, draw_ticks
from homalos import Engine, RunSummary, Settings
from homalos.config import AccountSettings, FeedSettings, GatewaySettings, StrategySettings
from homalos.model import Direction, PositionMode
from homalos.plugins.host import PluginHost

__all__ = [
    "CAPITAL",
    "ORDERS",
    "PARAMETERS",
    "STRATEGIES",
    "Kind",
    "build",
    "compare",
    "floor_of",
    "memory",
    "tape",
    "timed",
]

Kind = Literal["bars", "ticks"]

STRATEGIES = {"bars": "double_ma", "ticks": "ema_momentum"}
PARAMETERS: dict[str, dict[str, float]] = {
    "bars": {"fast": 10, "slow": 30},
    "ticks": {"fast": 60, "slow": 600, "threshold_ticks": 3.0},
}
CAPITAL = 10_000_000
ORDERS = {"bars": 38_984, "ticks": 1_008}
"""What every framework of ../shared/peers comes to on the whole market."""

_FEED = Path(__file__).with_name("seeded_feed.py")


def compare(kind: Kind, count: int, passes: int) -> dict[str, Any]:
    """Measure floor and engine in turn, and compare what they traded.

    Args:
        kind: What to replay.
        count: Events, at most `MOST`.
        passes: How often.

    Returns:
        `floor_s` and `ours_s`, a figure each pass; the run's own figures; `wrong`, a
        sentence each about what does not agree.
    """
    floor = floor_of(kind, count)
    result: dict[str, Any] = {"floor_s": [], "ours_s": [], "wrong": []}
    for _ in range(passes):
        fills, seconds = timed(floor)
        result["floor_s"].append(seconds)
        engine = build(FeedSettings(kind="seeded", options={"kind": kind, "count": count}), kind)
        summary, seconds = timed(engine.run)
        result["ours_s"].append(seconds)
        result["wrong"] += _disagreements(kind, count, summary, fills, _orders(engine))
        result |= _figures(summary)
    return result


def memory(count: int) -> dict[str, Any]:
    """Run the bars once, and return the most memory that this process ever held, MB."""
    engine = build(FeedSettings(kind="seeded", options={"kind": "bars", "count": count}), "bars")
    summary = engine.run()
    return {"trades": summary.trades, "peak_mb": _peak_mb()}


def tape(path: Path, count: int) -> dict[str, Any]:
    """Write the bars into a Parquet file, and run the engine on that.

    Args:
        path: The file, made here.
        count: Bars, at most `MOST`.
    """
    _write_parquet(path, count)
    engine = build(FeedSettings(kind="tape", options={"files": [str(path)]}), "bars")
    summary, seconds = timed(engine.run)
    return {"ours_s": seconds, "bars": summary.bars, **_figures(summary)}


def build(
    feed: FeedSettings,
    kind: Kind,
    *,
    plugins: Sequence[Path] = (),
    params: Mapping[str, float] | None = None,
) -> Engine:
    """Build the engine as the command line does: installed plugins, settings, nothing special.

    Args:
        feed: Where the events come from.
        kind: What they are.
        plugins: Files of more plugins.
        params: The strategy's parameters, in place of those of the peers' work.
    """
    settings = Settings(
        # The peers' market has nights of its own, which no exchange had in those years.
        gateways={"sim": GatewaySettings(options={"outside_session": "ignore"})},
        accounts={"main": AccountSettings(capital=Decimal(CAPITAL), mode=PositionMode.NETTING)},
        feed=feed,
        strategies=[
            StrategySettings(
                strategy=STRATEGIES[kind], symbols=(SYMBOL,), params=params or PARAMETERS[kind]
            )
        ],
    )
    return Engine.build(settings, plugins=PluginHost.discover(files=[_FEED, *plugins]))


def floor_of(kind: Kind, count: int) -> Callable[[], list[Fill]]:
    """Return the bare loop over the same market, ready to run."""
    if kind == "bars":
        bars = draw_bars(count)
        opens, closes = bars.open.tolist(), bars.close.tolist()
        return lambda: trade_bars(opens, closes)
    ticks = draw_ticks(count)
    bids, asks = ticks.bid.tolist(), ticks.ask.tolist()
    return lambda: trade_ticks(bids, asks)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Do something; return what it gave, and the seconds."""
    gc.collect()
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


def _figures(summary: RunSummary) -> dict[str, Any]:
    return {
        "trades": summary.trades,
        "orders": summary.orders,
        "bus_deliveries": summary.deliveries,
        "rules_evaluated": summary.rules,
        "ledger_postings": summary.postings,
        "inputs": summary.events,
        "pnl": float(summary.pnl),
        "decision_hash": summary.decision_hash,
    }


@frozen
class _Order:
    """What became of an order: its lots, below 0 when sold, and the price of its first fill."""

    lots: int
    price: float


def _orders(engine: Engine) -> list[_Order]:
    # An order may be filled by several trades, where the touch has not lots enough.
    lots: dict[str, int] = {}
    price: dict[str, float] = {}
    for trade in engine.parts.orders.trades:
        signed = trade.volume if trade.direction is Direction.LONG else -trade.volume
        lots[trade.order_id] = lots.get(trade.order_id, 0) + signed
        price.setdefault(trade.order_id, trade.price)
    return [_Order(lots[order_id], price[order_id]) for order_id in lots]


def _disagreements(
    kind: Kind, count: int, summary: RunSummary, fills: Sequence[Fill], orders: Sequence[_Order]
) -> list[str]:
    wrong = []
    if count == MOST and len(orders) != ORDERS[kind]:
        wrong.append(f"{kind}: {len(orders)} orders were filled, {ORDERS[kind]} are right")
    if len(orders) != len(fills):
        wrong.append(f"{kind}: {len(orders)} orders were filled, {len(fills)} by the floor")
    for ours, theirs in zip(orders, fills, strict=False):
        if (ours.lots, ours.price) != theirs:
            wrong.append(f"{kind}: the engine filled {ours}, the floor {theirs}")
            break
    if not (summary.identity_holds and summary.orders_settled and not summary.faults):
        wrong.append(f"{kind}: the run is not sound: {summary.as_dict()}")
    return wrong


def _write_parquet(path: Path, count: int) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    bars = draw_bars(count)
    nothing = pa.array([0.0]).take(pa.array([0] * count))
    columns = {
        "symbol": pa.array([SYMBOL]).take(pa.array([0] * count)),
        "trading_day": pa.array(bars.trading_day, pa.int32()),
        "datetime": pa.array(bars.start_ns // 1_000_000_000).cast(
            pa.timestamp("s", tz="Asia/Shanghai")
        ),
        **{name: pa.array(getattr(bars, name)) for name in ("open", "high", "low", "close")},
        "volume": pa.array(bars.volume),
        "turnover": nothing,
        "open_interest": nothing,
    }
    parquet.write_table(pa.table(columns), path, compression="zstd")


def _peak_mb() -> float | None:
    """Return the peak of this process's memory; `None` where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / (1 << 10)
