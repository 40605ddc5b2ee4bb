"""A risk rule in a single file: some symbols may be bought and sold again, never sold short.

python3 start.py up --demo --for 10s --plugin examples/risk_rule_plugin.py

Its options go into the settings: `risk: {long_only: {symbols: [rb2510.SHFE]}}`.
"""

from __future__ import annotations

from attrs import frozen

from homalos.model import Direction, OrderRequest
from homalos.plugins import RiskRuleSpec, hookimpl
from homalos.plugins.ports import Refusal, RiskCheck, RiskContext


@frozen(kw_only=True)
class LongOnlyOptions:
    """What the rule is for.

    Attributes:
        symbols: Symbols that may not be sold short; empty means every symbol.
    """

    symbols: tuple[str, ...] = ()


def bind_long_only(context: RiskContext, options: LongOnlyOptions) -> RiskCheck:
    """Return the check that no order opens a short position."""
    symbols = frozenset(options.symbols)
    is_reducing = context.is_reducing

    def check(request: OrderRequest) -> Refusal | None:
        if request.direction is Direction.LONG or is_reducing(request):
            return None
        if symbols and request.symbol not in symbols:
            return None
        return Refusal(
            f"{request.volume} lots of {request.symbol} would be sold short; none may be",
            request.volume,
            0,
        )

    return check


@hookimpl
def register_risk_rules() -> tuple[RiskRuleSpec, ...]:
    """Offer the rule; it holds as soon as this file is loaded."""
    return (
        RiskRuleSpec(
            name="long_only",
            factory=bind_long_only,
            config=LongOnlyOptions,
            order=25,
            doc="No short positions.",
        ),
    )
