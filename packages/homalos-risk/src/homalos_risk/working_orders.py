"""How many orders may be at work at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from homalos.plugins.ports import Meter, Refusal, RiskRule
from homalos_risk.books import Groups
from homalos_risk.bounds import COUNT, LIMIT

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import RiskContext, WorkingView
    from homalos_risk.books import Group, Scope

__all__ = ["WorkingOrdersOptions", "bind_working_orders"]


@frozen(kw_only=True)
class WorkingOrdersOptions:
    """The limits; one that is not set does not hold.

    Attributes:
        max_symbol: Orders at work in one symbol of an account, the new one among them, >= 1.
        max_account: Orders at work in all symbols of an account, likewise.
    """

    max_symbol: int | None = field(default=None, validator=COUNT, metadata=LIMIT)
    max_account: int | None = field(default=None, validator=COUNT, metadata=LIMIT)


def bind_working_orders(
    context: RiskContext, options: WorkingOrdersOptions
) -> Mapping[str, RiskRule]:
    """Return the rules that no more orders are at work than allowed.

    At work is what has been sent and is not over; what the engine holds back, such as stop
    orders, is not. A rule of exposure: what the engine knows to be reducing is never
    refused. Engine thread.
    """
    rules = {}
    if options.max_symbol is not None:
        rules["symbol"] = _bind(context, "instrument", options.max_symbol)
    if options.max_account is not None:
        rules["account"] = _bind(context, "account", options.max_account)
    return rules


def _bind(context: RiskContext, scope: Scope, limit: int) -> RiskRule:
    groups = Groups(context, scope)
    known = groups.known
    working: dict[str, list[Mapping[str, WorkingView]]] = {}

    def orders_of(group: Group) -> list[Mapping[str, WorkingView]]:
        lines = group.lines()
        found = working.get(group.subject, [])
        # A contract has come.
        if len(found) != len(lines):
            found = [context.working(group.account, symbol) for symbol, _, _ in lines]
            working[group.subject] = found
        return found

    def check(request: OrderRequest) -> Refusal | None:
        try:
            group = known[request.account][request.symbol]
        except KeyError:
            group = groups.learn(request.account, request.symbol)
        orders = 1
        for each in orders_of(group):
            orders += len(each)
        if orders <= limit or context.is_reducing(request):
            return None
        return Refusal(
            f"with this order {orders} orders would be at work in {group.words}; "
            f"at most {limit} are allowed",
            orders,
            limit,
        )

    def measure(request: OrderRequest) -> Iterator[Meter]:
        group = groups.learn(request.account, request.symbol)
        orders = 1 + sum(map(len, orders_of(group)))
        yield Meter(subject=group.subject, value=orders, limit=limit)

    def meters() -> Iterator[Meter]:
        for group in groups.of_all():
            orders = sum(map(len, orders_of(group)))
            yield Meter(subject=group.subject, value=orders, limit=limit)

    return RiskRule(check=check, measure=measure, meters=meters)
