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
    rule = _DuplicateOrder(context, options.within_s)
    return RiskRule(check=rule.check, peek=rule.peek)


class _DuplicateOrder:
    def __init__(self, context: RiskContext, within_s: float) -> None:
        self._now_ns = context.clock.now_ns
        self._activity_in = context.activity
        self._activity_of: dict[str, dict[str, Activity]] = {}
        self._within_s = within_s
        self._window_ns = round(within_s * _NS)
        self._asked: dict[tuple[object, ...], _Asked] = {}
        self._room = _MANY

    def check(self, request: OrderRequest) -> Refusal | None:
        identity = _identity(request)
        before = self._asked.get(identity)
        now = self._now_ns()
        if before is not None and self._is_same(before, now, request):
            return self._refusal(request, now - before[0])
        if len(self._asked) >= self._room:
            self._forget(now)
        done = self._activity(request)
        self._asked[identity] = now, done.orders, done.refused
        return None

    def peek(self, request: OrderRequest) -> Refusal | None:
        before = self._asked.get(_identity(request))
        now = self._now_ns()
        if before is not None and self._is_same(before, now, request):
            return self._refusal(request, now - before[0])
        return None

    def _is_same(self, before: _Asked, now: int, request: OrderRequest) -> bool:
        asked_ns, orders, refused = before
        if now - asked_ns >= self._window_ns:
            return False
        done = self._activity(request)
        # Nothing has left and something was refused since: another rule kept that order.
        return done.orders != orders or done.refused == refused

    def _activity(self, request: OrderRequest) -> Activity:
        try:
            return self._activity_of[request.account][request.symbol]
        except KeyError:
            found = self._activity_in(request.account, request.symbol)
            self._activity_of.setdefault(request.account, {})[request.symbol] = found
            return found

    def _forget(self, now: int) -> None:
        asked = self._asked
        before_ns = now - self._window_ns
        for identity in [each for each, (at_ns, _, _) in asked.items() if at_ns <= before_ns]:
            del asked[identity]
        self._room = max(2 * len(asked), _MANY)  # so that clearing stays rare

    def _refusal(self, request: OrderRequest, age_ns: int) -> Refusal:
        return Refusal(
            f"strategy {request.strategy} asked the same {age_ns / _NS:.10g} s ago: "
            f"{request.direction} {request.offset}, {request.volume} lots of {request.symbol} at "
            f"{request.price}; expected at least {self._within_s:g} s between",
            age_ns / _NS,
            self._within_s,
        )


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
