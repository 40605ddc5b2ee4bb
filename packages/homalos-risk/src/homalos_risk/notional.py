"""How much money one order, and an account, may move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isnan
from typing import TYPE_CHECKING

from attrs import field, frozen

from homalos.model import OrderType
from homalos.plugins.ports import Meter, Refusal, RiskRule
from homalos_risk.books import Groups
from homalos_risk.bounds import AMOUNT, LIMIT
from homalos_risk.margins import HALF_CENT, opened_lots

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import RiskContext
    from homalos_risk.books import Group

__all__ = ["NotionalOptions", "bind_notional"]

_MARKET = OrderType.MARKET


@frozen(kw_only=True)
class NotionalOptions:
    """The limits; a value is price x multiplier x lots, and one that is not set does not hold.

    Attributes:
        max_order: Value of one order, currency, > 0; at the limit price, or for a market
            order at the last price.
        max_account: Value of all that an account holds and works to open, both sides added
            up, currency, > 0; at the last prices.
    """

    max_order: float | None = field(default=None, validator=AMOUNT, metadata=LIMIT)
    max_account: float | None = field(default=None, validator=AMOUNT, metadata=LIMIT)


def bind_notional(context: RiskContext, options: NotionalOptions) -> Mapping[str, RiskRule]:
    """Return the rules about the value of an order and of all that an account holds.

    What cannot be valued, since a price is not known, is refused. A rule of exposure:
    what the engine knows to be reducing is never refused. Engine thread.
    """
    rules = {}
    if options.max_order is not None:
        rules["order"] = _of_order(context, options.max_order)
    if options.max_account is not None:
        rules["account"] = _of_account(context, options.max_account)
    return rules


def _of_order(context: RiskContext, limit: float) -> RiskRule:
    contract_of = context.instrument
    last_price = context.last_price

    def value_of(request: OrderRequest) -> float:
        price = last_price(request.symbol) if request.type is _MARKET else request.price
        return abs(price) * contract_of(request.symbol).multiplier * request.volume

    def check(request: OrderRequest) -> Refusal | None:
        value = value_of(request)
        # False when the price is unknown: nan.
        if value <= limit or context.is_reducing(request):
            return None
        return _refusal(f"the order of {request.volume} lots of {request.symbol}", value, limit)

    def measure(request: OrderRequest) -> Iterator[Meter]:
        yield Meter(subject="order", value=value_of(request), limit=limit)

    return RiskRule(check=check, measure=measure)


def _of_account(context: RiskContext, limit: float) -> RiskRule:
    groups = Groups(context, "account")
    known = groups.known

    def check(request: OrderRequest) -> Refusal | None:
        try:
            group = known[request.account][request.symbol]
        except KeyError:
            group = groups.learn(request.account, request.symbol)
        value = _gross(context, group, request, request.volume)
        if value <= limit or context.is_reducing(request):
            return None
        value = _gross(context, group, request, opened_lots(context, request))
        if value <= limit + HALF_CENT:
            return None
        return _refusal(f"with this order {group.words}", value, limit)

    def measure(request: OrderRequest) -> Iterator[Meter]:
        group = groups.learn(request.account, request.symbol)
        value = _gross(context, group, request, opened_lots(context, request))
        yield Meter(subject=group.subject, value=value, limit=limit)

    def meters() -> Iterator[Meter]:
        for group in groups.of_all():
            value = _gross(context, group)
            if not isnan(value):
                yield Meter(subject=group.subject, value=value, limit=limit)

    return RiskRule(check=check, measure=measure, meters=meters)


def _gross(
    context: RiskContext, group: Group, request: OrderRequest | None = None, opens: int = 0
) -> float:
    # Both sides of everything, with an order that opens so many lots or without.
    last_price = context.last_price
    asked_for = "" if request is None else request.symbol
    value = 0.0
    for symbol, held, multiplier in group.lines():
        lots = held.long + held.short + held.opening_long + held.opening_short
        if symbol == asked_for and request is not None:
            last = last_price(symbol)
            asked = last if request.type is _MARKET else request.price
            value += opens * multiplier * abs(asked)
            if lots:
                value += lots * multiplier * abs(asked if isnan(last) else last)
        elif lots:
            value += lots * multiplier * abs(last_price(symbol))
    return value


def _refusal(what: str, value: float, limit: float) -> Refusal:
    if isnan(value):
        return Refusal(f"{what} cannot be valued: a price is not known", value, limit)
    return Refusal(
        f"{what} would be worth {value:.2f}; at most {limit:.2f} is allowed", value, limit
    )
