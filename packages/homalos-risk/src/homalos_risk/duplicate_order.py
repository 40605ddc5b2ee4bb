"""Whether an order is the one before, once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from homalos.plugins.ports import Refusal, RiskRule
from homalos_risk.bounds import LIMIT, SECONDS

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import Activity, RiskContext

__all__ = ["DuplicateOrderOptions", "bind_duplicate_order"]

_Asked: TypeAlias = "tuple[int, int, int]"
"""When an order was asked, and how many orders had left and been refused then."""

_NS = 1_000_000_000
# So many different orders are remembered at least before old ones are cleared away.
_MANY = 1024


@frozen(kw_only=True)
class DuplicateOrderOptions:
    """The window.

    Attributes:
        within_s: Seconds by the engine's clock in which the same order is one too many, at
            least 0.001. Not set, the rule does not hold.
    """

    within_s: float | None = field(default=None, validator=SECONDS, metadata=LIMIT)


def bind_duplicate_order(context: RiskContext, options: DuplicateOrderOptions) -> RiskRule | None:
    """Return the rule that a strategy does not ask for the same thing twice in a moment.

    The same is: strategy, account, symbol, side, offset, type, price and lots. An order that
    another rule kept may be asked again, as long as nothing else of its account and symbol
    has left since. A rule of validity: it refuses closing orders too. Engine thread; it
    remembers, so make one for each engine.
    """
    if options.within_s is None:
        return None
    within_s = options.within_s
    now_ns = context.clock.now_ns
    window_ns = round(within_s * _NS)
    activity_of: dict[str, dict[str, Activity]] = {}
    asked: dict[tuple[object, ...], _Asked] = {}
    room = _MANY

    def activity(request: OrderRequest) -> Activity:
        try:
            return activity_of[request.account][request.symbol]
        except KeyError:
            found = context.activity(request.account, request.symbol)
            activity_of.setdefault(request.account, {})[request.symbol] = found
            return found

    def judge(request: OrderRequest) -> Refusal | None:
        before = asked.get(_identity(request))
        if before is None:
            return None
        asked_ns, orders, refused = before
        age_ns = now_ns() - asked_ns
        if age_ns >= window_ns:
            return None
        done = activity(request)
        if done.orders == orders and done.refused != refused:
            return None  # another rule kept it
        return Refusal(
            f"strategy {request.strategy} asked the same {age_ns / _NS:.10g} s ago: "
            f"{request.direction} {request.offset}, {request.volume} lots of {request.symbol} at "
            f"{request.price}; expected at least {within_s:g} s between",
            age_ns / _NS,
            within_s,
        )

    def check(request: OrderRequest) -> Refusal | None:
        nonlocal room
        refusal = judge(request)
        if refusal is None:
            now = now_ns()
            if len(asked) >= room:
                _forget(asked, now - window_ns)
                room = max(2 * len(asked), _MANY)  # so that clearing stays rare
            done = activity(request)
            asked[_identity(request)] = now, done.orders, done.refused
        return refusal

    return RiskRule(check=check, peek=judge)


def _identity(request: OrderRequest) -> tuple[object, ...]:
    price = request.price
    return (
        request.strategy,
        request.account,
        request.symbol,
        request.direction,
        request.offset,
        request.type,
        price if price == price else None,  # noqa: PLR0124  nan is not equal to itself
        request.volume,
    )


def _forget(asked: dict[tuple[object, ...], _Asked], before_ns: int) -> None:
    for identity in [each for each, (at_ns, _, _) in asked.items() if at_ns <= before_ns]:
        del asked[identity]
