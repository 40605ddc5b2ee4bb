"""How many lots an account may come to hold on one side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import inf
from typing import TYPE_CHECKING

from attrs import Factory, field, frozen, validators

from homalos.model import Direction, Offset
from homalos.plugins.ports import Meter, Refusal, RiskRule
from homalos_risk.bounds import named_lots, named_symbols

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import Holding, RiskContext

__all__ = ["PositionLimitOptions", "bind_position_limit"]

_LONG = Direction.LONG
_OPEN = Offset.OPEN


@frozen(kw_only=True)
class PositionLimitOptions:
    """The limits; each holds for one account, one symbol and one side.

    Attributes:
        max_position: Lots, >= 0; with 0 nothing can be opened.
        symbols: Lots by symbol, >= 0, in place of `max_position`.
    """

    max_position: int = field(
        default=500, validator=[validators.instance_of(int), validators.ge(0)]
    )
    symbols: Mapping[str, int] = field(default=Factory(dict), validator=[named_symbols, named_lots])


def bind_position_limit(context: RiskContext, options: PositionLimitOptions) -> RiskRule:
    """Return the rule that a side does not grow beyond its limit if everything working fills.

    An order that opens is measured by the lots of its side: held, working to open,
    and its own. Any other is measured as a netting account counts: the net position
    if it and all that works in its direction fill, and nothing against it.
    A rule of exposure: what the engine knows to be reducing is never refused, however
    far beyond the limit the position is. Engine thread.
    """
    is_reducing = context.is_reducing
    known: dict[str, dict[str, tuple[Holding, int]]] = {}

    def learn(account: str, symbol: str) -> tuple[Holding, int]:
        limit = options.symbols.get(symbol, options.max_position)
        entry = context.holding(account, symbol), limit
        known.setdefault(account, {})[symbol] = entry
        return entry

    def check(request: OrderRequest) -> Refusal | None:
        try:
            holding, limit = known[request.account][request.symbol]
        except KeyError:
            holding, limit = learn(request.account, request.symbol)
        lots = _after(holding, request)
        if lots <= limit or is_reducing(request):
            return None
        return Refusal(
            f"with this order the {request.direction} position in {request.symbol} could "
            f"reach {lots} lots; at most {limit} are allowed",
            lots,
            limit,
        )

    def measure(request: OrderRequest) -> Iterator[Meter]:
        holding, limit = learn(request.account, request.symbol)
        subject = f"{request.account} {request.symbol} {request.direction}"
        yield Meter(subject=subject, value=_after(holding, request), limit=limit)

    def meters() -> Iterator[Meter]:
        for account in context.accounts():
            for symbol, holding in context.holdings(account).items():
                limit = options.symbols.get(symbol, options.max_position)
                if limit:
                    long = holding.long + holding.opening_long
                    short = holding.short + holding.opening_short
                    yield Meter(subject=f"{account} {symbol} long", value=long, limit=limit)
                    yield Meter(subject=f"{account} {symbol} short", value=short, limit=limit)

    return RiskRule(
        check=check,
        measure=measure,
        meters=meters,
        drifts=False,
        nearest=_nearest(context, options),
    )


def _nearest(context: RiskContext, options: PositionLimitOptions) -> Callable[[], float]:
    # All that is held, not the traded symbol alone: orders sent since the last fill count, too.
    books: list[tuple[Mapping[str, Holding], list[tuple[Holding, float]]]] = [
        (context.holdings(account), []) for account in context.accounts()
    ]

    def nearest() -> float:
        highest = 0.0
        for holdings, limited in books:
            # Contracts only ever come: an account keeps the holding of one that it has left.
            if len(holdings) != len(limited):
                limited[:] = [
                    # What may not be held at all is not watched; nothing is a share of infinity.
                    (holding, options.symbols.get(symbol, options.max_position) or inf)
                    for symbol, holding in holdings.items()
                ]
            for holding, limit in limited:
                long = holding.long + holding.opening_long
                short = holding.short + holding.opening_short
                share = (max(short, long)) / limit
                if share > highest:
                    highest = share
        return highest

    return nearest


def _after(holding: Holding, request: OrderRequest) -> int:
    # The lots of the order's side when it and all that opens on that side have filled.
    lots = request.volume
    if request.direction is _LONG:
        lots += holding.long + holding.opening_long
        if request.offset is not _OPEN:
            lots += holding.closing_short - holding.short
    else:
        lots += holding.short + holding.opening_short
        if request.offset is not _OPEN:
            lots += holding.closing_long - holding.long
    return lots
