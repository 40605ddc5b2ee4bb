"""How many orders may pass in a stretch of time."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING

from attrs import field, frozen, validators

from homalos.plugins.ports import Meter, Refusal, RiskRule
from homalos_risk.windows import Window

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import RiskContext

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


def bind_order_rate(context: RiskContext, options: OrderRateOptions) -> RiskRule:
    """Return the rule that at most `max_orders` pass within any `per_seconds`.

    The window slides: an order counts until exactly `per_seconds` after it passed,
    by the engine's clock, which is the events' time in a simulation. Counted is what
    this rule lets through, also where another rule refuses it; what this rule
    refuses is not, so hammering does not lengthen the wait. A rule of validity: it
    refuses closing orders too. Engine thread; it remembers, so make one for each
    engine.
    """
    now_ns = context.clock.now_ns
    max_orders = options.max_orders
    window = Window(max_orders, round(options.per_seconds * _NS), now_ns())
    # Every order comes by: `check` reads the window itself, in place of two calls.
    passed_ns, length_ns = window.at_ns, window.length_ns

    def judge(request: OrderRequest) -> Refusal | None:  # noqa: ARG001  a rule is given the order
        if not window.is_full(now_ns()):
            return None
        return Refusal(
            f"{max_orders} orders have passed in the last {options.per_seconds:g} s; "
            "no more are allowed",
            max_orders + 1,
            max_orders,
        )

    def check(request: OrderRequest) -> Refusal | None:
        now = now_ns()
        if now - passed_ns[0] < length_ns:
            return judge(request)
        passed_ns.append(now)
        return None

    def measure(request: OrderRequest) -> Iterator[Meter]:  # noqa: ARG001  all orders are one
        yield Meter(subject="orders", value=window.count(now_ns()) + 1, limit=max_orders)

    def meters() -> Iterator[Meter]:
        yield Meter(subject="orders", value=window.count(now_ns()), limit=max_orders)

    def nearest() -> float:
        now = now_ns()
        # None of late: nothing needs to be counted.
        return 0.0 if now - passed_ns[-1] >= length_ns else window.count(now) / max_orders

    return RiskRule(
        check=check,
        peek=judge,
        measure=measure,
        meters=meters,
        # Looked at on fills alone: it holds without settings, and a timer would cost every tick.
        drifts=False,
        nearest=nearest,
    )
