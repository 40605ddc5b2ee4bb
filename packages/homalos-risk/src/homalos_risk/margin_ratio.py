"""How much of an account's equity may be tied up as margin."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isnan
from typing import TYPE_CHECKING

from attrs import field, frozen

from homalos.plugins.ports import Meter, Refusal, RiskRule
from homalos_risk.bounds import LIMIT, SHARE
from homalos_risk.margins import HALF_CENT, margin_a_lot, opened_lots

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import FundsView, RiskContext

__all__ = ["MarginRatioOptions", "bind_margin_ratio"]


@frozen(kw_only=True)
class MarginRatioOptions:
    """The ceiling; it holds for each account.

    Attributes:
        max_ratio: Margin as a share of the equity (risk degree), above 0, at most 1. Not
            set, it does not hold.
    """

    max_ratio: float | None = field(default=None, validator=SHARE, metadata=LIMIT)


def bind_margin_ratio(context: RiskContext, options: MarginRatioOptions) -> RiskRule | None:
    """Return the rule that the margin stays a share of the equity once everything fills.

    Counted are the margin of what is held, what working orders hold, and the margin of what
    the order opens, reckoned as `funds` does. A rule of exposure: what the engine knows to
    be reducing is never refused. Engine thread.
    """
    max_ratio = options.max_ratio
    if max_ratio is None:
        return None
    a_lot_of = margin_a_lot(context)
    funds_of: dict[str, FundsView] = {}

    def check(request: OrderRequest) -> Refusal | None:
        account = request.account
        funds = funds_of.get(account)
        if funds is None:
            funds = funds_of[account] = context.funds(account)
        a_lot = a_lot_of(request)
        held = funds.margin + funds.frozen
        equity = funds.equity
        # False when the price is unknown: nan.
        if held + a_lot * request.volume <= max_ratio * equity or context.is_reducing(request):
            return None
        margin = held + a_lot * opened_lots(context, request)
        if margin <= max_ratio * equity + HALF_CENT and equity > 0:
            return None
        return _refusal(request, margin, equity, max_ratio)

    def measure(request: OrderRequest) -> Iterator[Meter]:
        funds = context.funds(request.account)
        margin = funds.margin + funds.frozen
        margin += a_lot_of(request) * opened_lots(context, request)
        ratio = _ratio(margin, funds.equity)
        yield Meter(subject=request.account, value=ratio, limit=max_ratio)

    def meters() -> Iterator[Meter]:
        for account in context.accounts():
            funds = context.funds(account)
            if funds.equity > 0:
                ratio = (funds.margin + funds.frozen) / funds.equity
                yield Meter(subject=account, value=ratio, limit=max_ratio)

    return RiskRule(check=check, measure=measure, meters=meters)


def _refusal(request: OrderRequest, margin: float, equity: float, max_ratio: float) -> Refusal:
    ratio = _ratio(margin, equity)
    if isnan(ratio):
        return Refusal(
            f"a {request.type} order in {request.symbol} cannot be valued: its price is not known",
            ratio,
            max_ratio,
        )
    return Refusal(
        f"with this order the margin of account {request.account} could reach {margin:.2f}, "
        f"{ratio:.4g} of its equity of {equity:.2f}; at most {max_ratio:g} is allowed",
        ratio,
        max_ratio,
    )


def _ratio(margin: float, equity: float) -> float:
    if equity > 0:
        return margin / equity
    return margin if isnan(margin) else inf
