"""How many orders may pass in a stretch of time."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from attrs import field, frozen, validators

from homalos.plugins.ports import Refusal

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import RiskCheck, RiskContext

__all__ = ["OrderRateOptions", "bind_order_rate"]

_NS = 1_000_000_000


@frozen(kw_only=True)
class OrderRateOptions:
    """The rate, all accounts and strategies together.

    Attributes:
        max_orders: Orders in any such stretch, 1 to 1,000,000.
        per_seconds: Its length in seconds by the engine's clock, at least 0.001.
    """

    max_orders: int = field(
        default=100,
        validator=[validators.instance_of(int), validators.ge(1), validators.le(1_000_000)],
    )
    per_seconds: float = field(default=1.0, validator=[validators.ge(0.001), validators.lt(inf)])


def bind_order_rate(context: RiskContext, options: OrderRateOptions) -> RiskCheck:
    """Return the check that at most `max_orders` pass within any `per_seconds`.

    The window slides: an order counts until exactly `per_seconds` after it passed,
    by the engine's clock, which is the events' time in a simulation. Counted is what
    this rule lets through, also where another rule refuses it; what this rule
    refuses is not, so hammering does not lengthen the wait. A rule of validity: it
    refuses closing orders too. Engine thread; the check remembers, so make one for
    each engine.
    """
    now_ns = context.clock.now_ns
    max_orders = options.max_orders
    window_ns = round(options.per_seconds * _NS)
    # When each of the last `max_orders` orders passed, as a ring; `oldest` is the place of the
    # first of them. What passed a whole window ago holds nothing back.
    passed_ns = [now_ns() - window_ns] * max_orders
    oldest = 0

    def check(request: OrderRequest) -> Refusal | None:  # noqa: ARG001  a rule is given the order
        nonlocal oldest
        now = now_ns()
        if now - passed_ns[oldest] < window_ns:
            return Refusal(
                f"{max_orders} orders have passed in the last {options.per_seconds:g} s; "
                "no more are allowed",
                max_orders + 1,
                max_orders,
            )
        passed_ns[oldest] = now
        oldest += 1
        if oldest == max_orders:
            oldest = 0
        return None

    return check
