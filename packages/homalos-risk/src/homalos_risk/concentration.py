"""How much of an account may be in one contract or one product."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import inf, isnan
from typing import TYPE_CHECKING

from attrs import field, frozen

from homalos.plugins.ports import Meter, Refusal, RiskRule
from homalos_risk.books import Groups
from homalos_risk.bounds import AMOUNT, LIMIT, SHARE
from homalos_risk.margins import HALF_CENT, BookMargin, opened_lots

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import RiskContext
    from homalos_risk.books import Group, Scope

    _Base = Callable[[Group, OrderRequest | None, int], float]

__all__ = ["ConcentrationOptions", "bind_concentration"]


@frozen(kw_only=True)
class ConcentrationOptions:
    """The limits; each holds for one account, where it is set.

    Attributes:
        instrument_of_equity: Margin of one contract as a share of the account's equity,
            above 0, at most 1.
        product_of_equity: Margin of all contracts of a product, likewise.
        instrument_of_margin: Margin of one contract as a share of the margin of everything
            in the account, above 0, at most 1.
        product_of_margin: Margin of all contracts of a product, likewise.
        from_margin: Margin of everything in the account, currency, > 0, up to which shares
            of the margin are not judged: the first position is all of it.
    """

    instrument_of_equity: float | None = field(default=None, validator=SHARE, metadata=LIMIT)
    product_of_equity: float | None = field(default=None, validator=SHARE, metadata=LIMIT)
    instrument_of_margin: float | None = field(default=None, validator=SHARE, metadata=LIMIT)
    product_of_margin: float | None = field(default=None, validator=SHARE, metadata=LIMIT)
    from_margin: float | None = field(default=None, validator=AMOUNT)

    def __attrs_post_init__(self) -> None:
        """Refuse shares of the margin that no first position could keep."""
        of_margin = self.instrument_of_margin, self.product_of_margin
        if self.from_margin is None and of_margin != (None, None):
            msg = (
                "from_margin must be set, above 0, where a share of the margin is limited: "
                "the first position is all of the margin, and would be refused"
            )
            raise ValueError(msg)


def bind_concentration(
    context: RiskContext, options: ConcentrationOptions
) -> Mapping[str, RiskRule]:
    """Return the rules that one contract or product keeps to its share of an account.

    Counted is the margin of what is held, works to open, and the order opens, each
    contract at its last price (the order's own at its limit price until there is one) and
    with both sides counted as the contract's `margin_side` says. What cannot be valued is
    refused. A rule of exposure: what the engine knows to be reducing is never refused.
    Engine thread.
    """
    margin = BookMargin(context)
    scopes: tuple[tuple[Scope, float | None, float | None], ...] = (
        ("instrument", options.instrument_of_equity, options.instrument_of_margin),
        ("product", options.product_of_equity, options.product_of_margin),
    )
    rules = {}
    for scope, of_equity, of_margin in scopes:
        if of_equity is not None:
            equity = _equity(context)
            rules[f"{scope}_of_equity"] = _bind(context, margin, scope, of_equity, equity)
        if of_margin is not None and options.from_margin is not None:
            whole = _whole_margin(context, margin, options.from_margin)
            rules[f"{scope}_of_margin"] = _bind(context, margin, scope, of_margin, whole)
    return rules


def _equity(context: RiskContext) -> _Base:
    def equity(group: Group, _: OrderRequest | None, __: int) -> float:
        return context.funds(group.account).equity

    return equity


def _whole_margin(context: RiskContext, margin: BookMargin, from_margin: float) -> _Base:
    accounts = Groups(context, "account")

    def whole(group: Group, request: OrderRequest | None, opens: int) -> float:
        found = margin.of(accounts.of(group.account).lines(), request, opens)
        return inf if found <= from_margin else found

    return whole


def _bind(
    context: RiskContext, margin: BookMargin, scope: Scope, share: float, base_of: _Base
) -> RiskRule:
    groups = Groups(context, scope)
    known = groups.known

    def check(request: OrderRequest) -> Refusal | None:
        try:
            group = known[request.account][request.symbol]
        except KeyError:
            group = groups.learn(request.account, request.symbol)
        opens = opened_lots(context, request)
        value = margin.of(group.lines(), request, opens)
        base = base_of(group, request, opens)
        # False when a price is unknown: nan.
        if value <= share * base + HALF_CENT or context.is_reducing(request):
            return None
        return _refusal(group, value, base, share)

    def measure(request: OrderRequest) -> Iterator[Meter]:
        group = groups.learn(request.account, request.symbol)
        opens = opened_lots(context, request)
        value = margin.of(group.lines(), request, opens)
        ratio = _ratio(value, base_of(group, request, opens))
        yield Meter(subject=group.subject, value=ratio, limit=share)

    def meters() -> Iterator[Meter]:
        for group in groups.of_all():
            ratio = _ratio(margin.of(group.lines()), base_of(group, None, 0))
            if not isnan(ratio):
                yield Meter(subject=group.subject, value=ratio, limit=share)

    return RiskRule(check=check, measure=measure, meters=meters)


def _refusal(group: Group, value: float, base: float, share: float) -> Refusal:
    ratio = _ratio(value, base)
    if isnan(ratio):
        return Refusal(
            f"with this order {group.words} cannot be valued: a price is not known", ratio, share
        )
    return Refusal(
        f"with this order the margin of {group.words} could reach {value:.2f}, {ratio:.4g} of "
        f"{base:.2f}; at most {share:g} is allowed",
        ratio,
        share,
    )


def _ratio(value: float, base: float) -> float:
    if isnan(value) or isnan(base):
        return value if isnan(value) else base
    if base > 0:
        return value / base
    return inf if value > 0 else 0.0
