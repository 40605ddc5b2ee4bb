"""How far an account may lean to one side: longs less shorts, in lots and in money."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import isnan
from typing import TYPE_CHECKING

from attrs import field, frozen

from homalos.model import Direction, OrderType
from homalos.plugins.ports import Meter, Refusal, RiskRule
from homalos_risk.books import Groups
from homalos_risk.bounds import AMOUNT, LIMIT, LOTS

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import Holding, RiskContext
    from homalos_risk.books import Group, Scope

__all__ = ["NetExposureOptions", "bind_net_exposure"]

_LONG = Direction.LONG
_MARKET = OrderType.MARKET


@frozen(kw_only=True)
class NetExposureOptions:
    """The limits; each holds for one account and either direction, where it is set.

    Attributes:
        instrument_lots: Net lots of one contract, >= 0; with 0 nothing can be opened.
        product_lots: Net lots of all contracts of a product, >= 0.
        account_lots: Net lots of everything in the account, >= 0.
        instrument_value: Net value of one contract, currency, > 0: lots x multiplier x last
            price.
        product_value: Net value of all contracts of a product, currency, > 0.
        account_value: Net value of everything in the account, currency, > 0.
    """

    instrument_lots: int | None = field(default=None, validator=LOTS, metadata=LIMIT)
    product_lots: int | None = field(default=None, validator=LOTS, metadata=LIMIT)
    account_lots: int | None = field(default=None, validator=LOTS, metadata=LIMIT)
    instrument_value: float | None = field(default=None, validator=AMOUNT, metadata=LIMIT)
    product_value: float | None = field(default=None, validator=AMOUNT, metadata=LIMIT)
    account_value: float | None = field(default=None, validator=AMOUNT, metadata=LIMIT)


def bind_net_exposure(context: RiskContext, options: NetExposureOptions) -> Mapping[str, RiskRule]:
    """Return the rules that the net position stays within its limits if everything fills.

    For an order to buy, that is longs less shorts, with all that works to buy counted as if
    filled and nothing of what works to sell; for one to sell, the other way round. In money
    each contract counts at its last price, the order's own at its limit price until there
    is one; what cannot be valued is refused. A rule of exposure: what the engine knows to
    be reducing is never refused. Engine thread.
    """
    lots: tuple[tuple[Scope, int | None], ...] = (
        ("instrument", options.instrument_lots),
        ("product", options.product_lots),
        ("account", options.account_lots),
    )
    values: tuple[tuple[Scope, float | None], ...] = (
        ("instrument", options.instrument_value),
        ("product", options.product_value),
        ("account", options.account_value),
    )
    rules = {}
    for scope, most in lots:
        if most is not None:
            rules[f"{scope}_lots"] = _in_lots(context, scope, most)
    for scope, worth in values:
        if worth is not None:
            rules[f"{scope}_value"] = _in_money(context, scope, worth)
    return rules


def _in_lots(context: RiskContext, scope: Scope, limit: int) -> RiskRule:
    groups = Groups(context, scope)
    known = groups.known

    def check(request: OrderRequest) -> Refusal | None:
        try:
            group = known[request.account][request.symbol]
        except KeyError:
            group = groups.learn(request.account, request.symbol)
        lots = _lots_after(group, request)
        if lots <= limit or context.is_reducing(request):
            return None
        return Refusal(
            f"with this order {group.words} could be net {request.direction} {lots} lots; "
            f"at most {limit} are allowed",
            lots,
            limit,
        )

    def measure(request: OrderRequest) -> Iterator[Meter]:
        group = groups.learn(request.account, request.symbol)
        subject, lots = f"{group.subject} lots", _lots_after(group, request)
        yield Meter(subject=subject, value=lots, limit=limit)

    def meters() -> Iterator[Meter]:
        if limit:
            for group in groups.of_all():
                held = [each for _, each, _ in group.lines()]
                lots = max(sum(map(_up, held)), sum(map(_down, held)), 0)
                yield Meter(subject=f"{group.subject} lots", value=lots, limit=limit)

    return RiskRule(check=check, measure=measure, meters=meters, drifts=False)


def _in_money(context: RiskContext, scope: Scope, limit: float) -> RiskRule:
    groups = Groups(context, scope)
    known = groups.known
    last_price = context.last_price

    def check(request: OrderRequest) -> Refusal | None:
        try:
            group = known[request.account][request.symbol]
        except KeyError:
            group = groups.learn(request.account, request.symbol)
        value = _value_after(group, request, last_price)
        # False when a price is unknown: nan.
        if value <= limit or context.is_reducing(request):
            return None
        return _refusal(request, group, value, limit)

    def measure(request: OrderRequest) -> Iterator[Meter]:
        group = groups.learn(request.account, request.symbol)
        value = _value_after(group, request, last_price)
        yield Meter(subject=f"{group.subject} value", value=value, limit=limit)

    def meters() -> Iterator[Meter]:
        for group in groups.of_all():
            up = down = 0.0
            for symbol, held, multiplier in group.lines():
                long, short = _up(held), _down(held)
                if long or short:
                    a_lot = multiplier * abs(last_price(symbol))
                    up += long * a_lot
                    down += short * a_lot
            if not isnan(up):
                value = max(up, down, 0.0)
                yield Meter(subject=f"{group.subject} value", value=value, limit=limit)

    return RiskRule(check=check, measure=measure, meters=meters)


def _lots_after(group: Group, request: OrderRequest) -> int:
    # The net lots in the order's direction when it and all that works in it have filled.
    lots = request.volume
    if request.direction is _LONG:
        for _, held, _ in group.lines():
            lots += held.long - held.short + held.opening_long + held.closing_short
    else:
        for _, held, _ in group.lines():
            lots += held.short - held.long + held.opening_short + held.closing_long
    return lots


def _value_after(group: Group, request: OrderRequest, last_price: Callable[[str], float]) -> float:
    # The same in money; nan where a price that counts is not known.
    of = request.symbol
    is_long = request.direction is _LONG
    value = 0.0
    for symbol, held, multiplier in group.lines():
        lots = _up(held) if is_long else _down(held)
        if symbol == of:
            lots += request.volume
        if lots:
            price = last_price(symbol)
            if symbol == of and isnan(price) and request.type is not _MARKET:
                price = request.price
            value += lots * multiplier * abs(price)
    return value


def _refusal(request: OrderRequest, group: Group, value: float, limit: float) -> Refusal:
    if isnan(value):
        return Refusal(
            f"with this order {group.words} cannot be valued: a price is not known", value, limit
        )
    return Refusal(
        f"with this order {group.words} could be net {request.direction} {value:.2f}; "
        f"at most {limit:.2f} is allowed",
        value,
        limit,
    )


def _up(held: Holding) -> int:
    return held.long - held.short + held.opening_long + held.closing_short


def _down(held: Holding) -> int:
    return held.short - held.long + held.opening_short + held.closing_long
