"""Whether engine and venues agree, order by order, trade by trade, lot by lot, to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from homalos.engine.account import Account
from homalos.engine.audit import differences, held
from homalos.engine.ledger import cents
from homalos.model import (
    ACTIVE,
    OrderData,
    OrderPhase,
    OrderReport,
    Status,
    TradeData,
    TradeReport,
)
from homalos.plugins.ports import FaultMaker, FundsSource, PositionSource, VenuePosition

if TYPE_CHECKING:
    from homalos.engine.build import Parts

__all__ = ["disagreements", "order_differences", "trade_differences"]

_Key = tuple[str, str, int]


def disagreements(parts: Parts) -> tuple[str, ...]:
    """Return in plain words everything that engine and venues do not agree on.

    Orders and trades are compared where a venue keeps what it has said (`FaultMaker`); which
    orders work, positions and money with every venue that can say them. Money that was paid in
    or taken out is none of the venue's business. Margin is compared once the trading day is
    settled: before, it depends on the order in which either side heard of the fills, and
    afterwards every lot is held at the one settlement price.

    Returns:
        Nothing where they agree. Engine thread, or after the engine stopped.
    """
    found: list[str] = []
    for name, gateway in parts.gateways.items():
        orders = {key: o for key, o in parts.orders.orders.items() if o.gateway == name}
        # What the engine holds back, no venue knows of.
        working = {
            order.order_id
            for order in orders.values()
            if order.is_active and order.phase is not OrderPhase.HELD
        }
        for order_id in sorted(working ^ gateway.working_orders()):
            one, other = ("engine", name) if order_id in working else (name, "engine")
            found.append(f"order {order_id} works for {one}, and not for {other}")
        if isinstance(gateway, FaultMaker):
            said = gateway.reports()
            trades = [each for each in parts.orders.trades if each.gateway == name]
            found += order_differences(orders, said)
            found += trade_differences(trades, said)
    for account in parts.accounts.accounts.values():
        found += _position_differences(parts, account)
        found += _fund_differences(parts, account)
    return tuple(found)


def order_differences(
    orders: Mapping[str, OrderData], said: Iterable[OrderReport | TradeReport]
) -> list[str]:
    """Compare the engine's orders of one venue with all that the venue has said.

    An order that the venue never heard of must be over and not filled at all.
    """
    ends: dict[str, Status] = {}
    traded: Counter[str] = Counter()
    for each in said:
        if isinstance(each, TradeReport):
            traded[each.order_id] += each.volume
        elif each.status not in ACTIVE:
            ends[each.order_id] = each.status
        traded[each.order_id] += 0  # it is known there
    found = [f"order {key} is known to the venue alone" for key in traded if key not in orders]
    for order_id, order in orders.items():
        ours = f"order {order_id}: the engine has it {order.status}, {order.traded} filled"
        if order_id not in traded:
            is_there = order.traded or order.is_active
            if is_there and order.phase is not OrderPhase.HELD:
                found.append(f"{ours}; the venue never heard of it")
            continue
        lots = traded[order_id]
        status = _status(order, lots, ends.get(order_id))
        if (order.status, order.traded) != (status, lots):
            found.append(f"{ours}; the venue has it {status}, {lots} filled")
    return found


def trade_differences(
    trades: Iterable[TradeData], said: Iterable[OrderReport | TradeReport]
) -> list[str]:
    """Compare the engine's trades at one venue with all that the venue has said."""
    theirs = {_key(each): each for each in said if isinstance(each, TradeReport)}
    ours: Counter[_Key] = Counter()
    found = []
    for trade in trades:
        key = _key(trade)
        ours[key] += 1
        there = theirs.get(key)
        if ours[key] > 1:
            found.append(f"{_shown(trade)} is booked {ours[key]} times")
        elif there is None:
            found.append(f"{_shown(trade)} is booked, and the venue never made it")
        elif _sides(trade) != _sides(there):
            found.append(f"{_shown(trade)} is {_shown(there)} at the venue")
    missing = (each for key, each in theirs.items() if key not in ours)
    return found + [f"{_shown(each)} was made at the venue, and is not booked" for each in missing]


def _status(order: OrderData, lots: int, end: Status | None) -> Status:
    """Return the public state of an order by the venue's words."""
    if lots >= order.volume:
        return Status.ALLTRADED
    if end is not None:
        return Status.CANCELLED if lots else end
    return Status.PARTTRADED if lots else Status.NOTTRADED


def _key(trade: TradeData | TradeReport) -> _Key:
    return trade.order_id, trade.trade_id, trade.trading_day


def _sides(trade: TradeData | TradeReport) -> tuple[str, str, str, float, int]:
    return trade.symbol, trade.direction, trade.offset, trade.price, trade.volume


def _shown(trade: TradeData | TradeReport) -> str:
    return (
        f"trade {trade.trade_id} ({trade.direction} {trade.offset} {trade.volume} "
        f"{trade.symbol} at {trade.price:g})"
    )


def _is_settled(parts: Parts, account: Account) -> bool:
    return account.ledger.settled_day >= parts.loop.trading_day > 0


def _position_differences(parts: Parts, account: Account) -> list[str]:
    theirs: list[VenuePosition] = []
    for name in account.books_at:
        gateway = parts.gateways[name]
        if not isinstance(gateway, PositionSource):
            return []
        found = gateway.positions(account.name)
        if found is None:
            return [f"account {account.name}: its venue cannot say what it holds"]
        theirs += found
    ours: Sequence[VenuePosition] = held(account.ledger.positions.values())
    if _is_settled(parts, account):
        # For the books the day is over, and lots of it are of an earlier day.
        ours, theirs = _of_earlier_days(ours), _of_earlier_days(theirs)
    return [str(each) for each in differences(account.name, ours, theirs)]


def _of_earlier_days(positions: Iterable[VenuePosition]) -> list[VenuePosition]:
    return [VenuePosition(p.symbol, p.direction, p.earlier + p.today, 0) for p in positions]


def _fund_differences(parts: Parts, account: Account) -> list[str]:
    gateway = parts.gateways[account.gateway]
    if not isinstance(gateway, FundsSource) or len(account.books_at) > 1:
        return []  # no venue of several has all of its money
    theirs = gateway.funds(account.name)
    if theirs is None:
        return [f"account {account.name}: its venue cannot say what it is worth"]
    ours = parts.accounts.account_data(account.name, parts.loop.trading_day)
    pairs = {
        "equity": (ours.equity - account.ledger.transferred, theirs.equity),
        "fees": (ours.fees, theirs.fees),
    }
    if _is_settled(parts, account):
        pairs["margin"] = (ours.margin, theirs.margin)
    return [
        f"account {account.name}: {name} is {cents(here)} here and {cents(there)} at the venue"
        for name, (here, there) in pairs.items()
        if cents(here) != cents(there)
    ]
