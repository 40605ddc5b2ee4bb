"""What a run came to, and an independent check of its books."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import frozen

from homalos.engine.ledger import MICRO, cents, micros
from homalos.model import Direction, OrderPhase
from homalos.plugins.ports import Snapshot

if TYPE_CHECKING:
    from homalos.engine.build import Parts

__all__ = ["RunSummary", "identity_gap", "orders_settled", "summarise", "take_snapshot"]


@frozen(kw_only=True)
class RunSummary:
    """The figures of a run.

    Attributes:
        ticks: Ticks that came in.
        bars: Bars that came in or were made.
        orders: Orders that left, or that the engine held.
        trades: Fills.
        rejections: Orders that a risk rule kept.
        trading_days: Trading days seen.
        fees: Paid, currency, >= 0.
        pnl: Realised less fees plus floating, currency.
        equity: What all accounts are worth, currency.
        max_drawdown: Largest fall of one account's equity from a peak, currency.
        dropped: Events an observer lost.
        conflated: Ticks replaced by newer ones before the engine saw them, and events
            before an observer did.
        parked: Events an observer gave up after every try; they are among the dropped.
        retried: Times an observer tried a batch again.
        bad_rows: Rows of files that could not be used.
        late: Market events stamped before the one dispatched last.
        outside: Ticks outside every session, which made no bar.
        faults: Handlers that raised.
        identity_holds: The books agree with a second computation from the trades alone.
        orders_settled: Every order is terminal, held here, or working at its venue.
        deliveries: Times a bus handler was called.
        rules: Risk rules asked.
        postings: Ledger entries made.
        events: Inputs dispatched.
        decision_hash: Fingerprint of every request and cancel in order.
        strategies: State of every strategy by name.
    """

    ticks: int
    bars: int
    orders: int
    trades: int
    rejections: int
    trading_days: int
    fees: Decimal
    pnl: Decimal
    equity: Decimal
    max_drawdown: float
    dropped: int
    conflated: int
    parked: int
    retried: int
    bad_rows: int
    late: int
    outside: int
    faults: int
    identity_holds: bool
    orders_settled: bool
    deliveries: int
    rules: int
    postings: int
    events: int
    decision_hash: str
    strategies: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON values; money is rounded half-up to 0.01."""
        from attrs import asdict

        found = asdict(self, recurse=False)
        for name in ("fees", "pnl", "equity"):
            found[name] = float(cents(found[name]))
        found["max_drawdown"] = round(self.max_drawdown, 2)
        found["strategies"] = dict(self.strategies)
        return found


def summarise(parts: Parts) -> RunSummary:
    """Return the figures of a run so far."""
    accounts = parts.accounts
    day = parts.loop.trading_day
    data = [accounts.account_data(name, day) for name in accounts.accounts]
    fees = sum((each.fees for each in data), Decimal(0))
    pnl = sum((each.equity - each.capital for each in data), Decimal(0))
    observers = parts.observers
    return RunSummary(
        ticks=parts.loop.ticks,
        bars=parts.loop.bars,
        orders=len(parts.orders.orders),
        trades=len(parts.orders.trades),
        rejections=parts.risk.refused,
        trading_days=parts.loop.trading_days,
        fees=fees,
        pnl=pnl,
        equity=sum((each.equity for each in data), Decimal(0)),
        max_drawdown=max((each.max_drawdown for each in data), default=0.0),
        dropped=observers.total("dropped"),
        conflated=parts.inbox.conflated + observers.total("conflated"),
        parked=observers.total("given_up"),
        retried=observers.total("retried"),
        bad_rows=parts.reader.bad_rows.count,
        late=parts.loop.late,
        outside=parts.data.outside(),
        faults=parts.faults.total,
        identity_holds=not identity_gap(parts),
        orders_settled=orders_settled(parts),
        deliveries=parts.bus.deliveries(),
        rules=parts.risk.evaluated,
        postings=accounts.postings(),
        events=parts.loop.dispatched,
        decision_hash=parts.orders.decisions.hexdigest(),
        strategies={name: str(state) for name, state in parts.strategies.states().items()},
    )


def take_snapshot(parts: Parts, *, last: int = 100) -> Snapshot:
    """Return a picture of a running engine. Engine thread.

    Args:
        parts: The engine's.
        last: Trades to show at most; of the orders, those that work.
    """
    accounts = parts.accounts
    day = parts.loop.trading_day
    observers = parts.observers
    return Snapshot(
        ts_ns=parts.clock.now,
        trading_day=day,
        dispatched=parts.loop.dispatched,
        ticks=parts.data.ticks(),
        bars=parts.data.bars(),
        orders=tuple(parts.orders.working()),
        trades=tuple(parts.orders.trades[-last:]),
        positions=tuple(
            position for name in accounts.accounts for position in accounts.position_data(name, day)
        ),
        accounts=tuple(accounts.account_data(name, day) for name in accounts.accounts),
        strategies=parts.strategies.states(),
        counters={
            "ticks": parts.loop.ticks,
            "bars": parts.loop.bars,
            "orders": len(parts.orders.orders),
            "trades": len(parts.orders.trades),
            "rejections": parts.risk.refused,
            "dropped": observers.total("dropped"),
            "conflated": parts.inbox.conflated + observers.total("conflated"),
            "parked": observers.total("given_up"),
            "retried": observers.total("retried"),
            "faults": parts.faults.total,
            "differences": len(parts.auditor.differences),
        },
        queues={"inbox": parts.inbox.depth()} | {o.name: o.depth() for o in observers},
        observers=observers.stats(),
        services=parts.registry.statuses(),
    )


def orders_settled(parts: Parts) -> bool:
    """Say whether engine and venues agree on which orders are working."""
    ours: dict[str, set[str]] = {name: set() for name in parts.gateways}
    for order in parts.orders.working():
        if order.phase is not OrderPhase.HELD:  # of those no venue knows
            ours[order.gateway].add(order.order_id)
    return all(
        ours[name] == set(gateway.working_orders()) for name, gateway in parts.gateways.items()
    )


def identity_gap(parts: Parts) -> Decimal:
    """Return how far the books are from what the trades alone say, over all accounts.

    The second computation is cash flow: what was paid for every lot bought and got
    for every lot sold, and the lots left over at the last price. It knows nothing
    of lots, offsets or margin. Fees are left out of both sides.
    """
    paid: dict[str, int] = {}  # millionths x lots, by symbol
    net: dict[str, int] = {}
    for trade in parts.orders.trades:
        symbol = trade.symbol
        lots = trade.volume if trade.direction is Direction.LONG else -trade.volume
        paid[symbol] = paid.get(symbol, 0) + micros(trade.price) * lots
        net[symbol] = net.get(symbol, 0) + lots
    prices = {symbol: parts.data.last_price(symbol) for symbol in net}
    worth = 0
    for symbol, lots in net.items():
        left = micros(prices[symbol]) * lots if lots else 0
        worth += (left - paid[symbol]) * parts.markets.instrument(symbol).multiplier
    booked = sum(
        (
            account.ledger.realised() + account.ledger.floating(prices)
            for account in parts.accounts.accounts.values()
        ),
        Decimal(0),
    )
    return booked - Decimal(worth) / MICRO
