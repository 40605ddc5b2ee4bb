"""How many lots an account may come to hold on one side, all contracts of a product together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import Factory, field, frozen

from homalos.model import Direction, Offset
from homalos.plugins.ports import Meter, Refusal, RiskRule
from homalos_risk.books import Groups
from homalos_risk.bounds import LIMIT, LOTS, named_lots

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import RiskContext
    from homalos_risk.books import Group, Line, Scope

__all__ = ["TotalPositionOptions", "bind_total_position"]

_LONG = Direction.LONG
_OPEN = Offset.OPEN


@frozen(kw_only=True)
class TotalPositionOptions:
    """The limits; each holds for one side of one account, and one that is not set does not.

    Attributes:
        max_product: Lots of all contracts of a product, >= 0; with 0 nothing can be opened.
        products: Lots by product code, such as `rb`, >= 0, in place of `max_product`.
        max_account: Lots of everything, >= 0.
        accounts: Lots by the account's name, >= 0, in place of `max_account`.
    """

    max_product: int | None = field(default=None, validator=LOTS, metadata=LIMIT)
    products: Mapping[str, int] = field(default=Factory(dict), validator=named_lots, metadata=LIMIT)
    max_account: int | None = field(default=None, validator=LOTS, metadata=LIMIT)
    accounts: Mapping[str, int] = field(default=Factory(dict), validator=named_lots, metadata=LIMIT)


def bind_total_position(
    context: RiskContext, options: TotalPositionOptions
) -> Mapping[str, RiskRule]:
    """Return the rules that a side of a product, or of an account, stays within its limit.

    A side is measured as `position_limit` does: held, working to open, and the order's
    own lots; in a netting account what the order leaves if everything in its direction
    fills. A rule of exposure: what the engine knows to be reducing is never refused.
    Engine thread.
    """
    rules = {}
    if options.max_product is not None or options.products:
        rules["product"] = _bind(context, "product", options.products, options.max_product)
    if options.max_account is not None or options.accounts:
        rules["account"] = _bind(context, "account", options.accounts, options.max_account)
    return rules


def _bind(
    context: RiskContext, scope: Scope, named: Mapping[str, int], general: int | None
) -> RiskRule:
    groups = Groups(context, scope)
    known = groups.known

    def check(request: OrderRequest) -> Refusal | None:
        symbol = request.symbol
        try:
            group = known[request.account][symbol]
        except KeyError:
            group = groups.learn(request.account, symbol)
        limit = named.get(group.key, general)
        if limit is None:
            return None
        lots = _after(group.lines(), request)
        if lots <= limit or context.is_reducing(request):
            return None
        return Refusal(
            f"with this order the {request.direction} side of {group.words} could reach "
            f"{lots} lots; at most {limit} are allowed",
            lots,
            limit,
        )

    def measure(request: OrderRequest) -> Iterator[Meter]:
        group = groups.learn(request.account, request.symbol)
        limit = named.get(group.key, general)
        if limit is not None:
            lots = _after(group.lines(), request)
            yield Meter(subject=f"{group.subject} {request.direction}", value=lots, limit=limit)

    def meters() -> Iterator[Meter]:
        for group in groups.of_all():
            limit = named.get(group.key, general)
            if limit:
                yield from _sides(group, limit)

    return RiskRule(check=check, measure=measure, meters=meters, drifts=False)


def _sides(group: Group, limit: int) -> Iterator[Meter]:
    long = short = 0
    for _, held, _ in group.lines():
        long += held.long + held.opening_long
        short += held.short + held.opening_short
    yield Meter(subject=f"{group.subject} long", value=long, limit=limit)
    yield Meter(subject=f"{group.subject} short", value=short, limit=limit)


def _after(lines: list[Line], request: OrderRequest) -> int:
    # The lots of the order's side when it and all that opens on that side have filled.
    symbol = request.symbol
    lots = 0
    if request.direction is _LONG:
        for each, holding, _ in lines:
            if each != symbol:
                lots += holding.long + holding.opening_long
                continue
            own = request.volume + holding.long + holding.opening_long
            if request.offset is not _OPEN:
                own = max(own + holding.closing_short - holding.short, 0)
            lots += own
        return lots
    for each, holding, _ in lines:
        if each != symbol:
            lots += holding.short + holding.opening_short
            continue
        own = request.volume + holding.short + holding.opening_short
        if request.offset is not _OPEN:
            own = max(own + holding.closing_long - holding.long, 0)
        lots += own
    return lots
