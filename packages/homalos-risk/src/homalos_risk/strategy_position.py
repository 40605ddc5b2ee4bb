"""How many lots one strategy may come to hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from attrs import Factory, field, frozen

from homalos.model import Direction
from homalos.plugins.ports import Meter, Refusal, RiskRule
from homalos_risk.bounds import LIMIT, LOTS, holds, named_lots

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import RiskContext, WorkingView

__all__ = ["StrategyPositionOptions", "bind_strategy_position"]

_Entry: TypeAlias = "tuple[int | None, Mapping[str, WorkingView]]"

_LONG = Direction.LONG


@frozen(kw_only=True)
class StrategyPositionOptions:
    """The limits; each holds for one strategy, one symbol and either side.

    Attributes:
        max_position: Net lots, >= 0; with 0 nothing can be opened. Not set, it does not hold.
        strategies: Net lots by the strategy's name, >= 0, in place of `max_position`;
            `manual` is a person.
    """

    max_position: int | None = field(default=None, validator=LOTS, metadata=LIMIT)
    strategies: Mapping[str, int] = field(
        default=Factory(dict), validator=named_lots, metadata=LIMIT
    )


def bind_strategy_position(
    context: RiskContext, options: StrategyPositionOptions
) -> RiskRule | None:
    """Return the rule that a strategy's net position in a symbol stays within its limit.

    Measured is the strategy's own book, whatever others hold in the same account: its
    net lots if the order and all of its own that works in the same direction fill, and
    nothing against it. A rule of exposure: what the engine knows to be reducing for the
    account is never refused. Engine thread.
    """
    if not holds(options):
        return None
    rule = _StrategyPosition(context, options)
    return RiskRule(check=rule.check, measure=rule.measure, meters=rule.meters, drifts=False)


class _StrategyPosition:
    def __init__(self, context: RiskContext, options: StrategyPositionOptions) -> None:
        self._context = context
        self._options = options
        self._lots_of = context.lots_of
        # A limit, and what works in the account and symbol, by strategy, account and symbol.
        self._known: dict[str, dict[str, dict[str, _Entry]]] = {}

    def _learn(self, request: OrderRequest) -> _Entry:
        strategy, account, symbol = request.strategy, request.account, request.symbol
        entry = self._limit(strategy), self._context.working(account, symbol)
        self._known.setdefault(strategy, {}).setdefault(account, {})[symbol] = entry
        return entry

    def _limit(self, strategy: str) -> int | None:
        return self._options.strategies.get(strategy, self._options.max_position)

    def check(self, request: OrderRequest) -> Refusal | None:
        strategy, symbol = request.strategy, request.symbol
        try:
            limit, working = self._known[strategy][request.account][symbol]
        except KeyError:
            limit, working = self._learn(request)
        if limit is None:
            return None
        net = self._lots_of(strategy, symbol)
        lots = request.volume + (net if request.direction is _LONG else -net)
        if working:
            lots += _left(working, request)
        if lots <= limit or self._context.is_reducing(request):
            return None
        return Refusal(
            f"with this order strategy {strategy} could be {request.direction} {lots} lots of "
            f"{symbol}; at most {limit} are allowed",
            lots,
            limit,
        )

    def measure(self, request: OrderRequest) -> Iterator[Meter]:
        limit = self._limit(request.strategy)
        if limit is not None:
            net = self._lots_of(request.strategy, request.symbol)
            lots = request.volume + (net if request.direction is _LONG else -net)
            lots += _left(self._context.working(request.account, request.symbol), request)
            subject = f"{request.strategy} {request.symbol}"
            yield Meter(subject=subject, value=lots, limit=limit)

    def meters(self) -> Iterator[Meter]:
        for strategy, accounts in self._known.items():
            limit = self._limit(strategy)
            if limit:
                for symbol in dict.fromkeys(each for held in accounts.values() for each in held):
                    lots = abs(self._lots_of(strategy, symbol))
                    yield Meter(subject=f"{strategy} {symbol}", value=lots, limit=limit)


def _left(working: Mapping[str, WorkingView], request: OrderRequest) -> int:
    # What is left of the strategy's own orders in the same direction.
    lots = 0
    for view in working.values():
        order = view.state
        if order.direction is request.direction and order.strategy == request.strategy:
            lots += order.volume - order.traded
    return lots
