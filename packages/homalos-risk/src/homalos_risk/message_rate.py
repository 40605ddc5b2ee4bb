"""How fast orders and cancels may follow each other in one contract."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING

from attrs import field, frozen, validators

from homalos.plugins.ports import Meter, Refusal, RiskRule
from homalos_risk.bounds import COUNT, LIMIT
from homalos_risk.windows import Window

if TYPE_CHECKING:
    from homalos.model import CancelRequest, OrderRequest
    from homalos.plugins.ports import RiskContext

__all__ = ["MessageRateOptions", "bind_message_rate"]

_NS = 1_000_000_000


@frozen(kw_only=True)
class MessageRateOptions:
    """The rate; it holds for one account and symbol.

    Who sends ten orders and cancels or more within one second, ten times on one trading day,
    has to report its trading as program trading (期货市场程序化交易管理规定(试行) of the CSRC and
    the exchanges' rules for it, in force since 9 October 2025, as 界面新闻 restated them on 28
    August 2025): with `max_messages` 9 one contract does not come to that. It is counted over
    all contracts of an account there, so leave room.

    Attributes:
        max_messages: Orders and cancels in any such stretch, 1 to 1,000,000. Not set, the
            rate does not hold.
        per_seconds: Its length in seconds by the engine's clock, at least 0.001.
    """

    max_messages: int | None = field(
        default=None,
        validator=[COUNT, validators.optional(validators.le(1_000_000))],
        metadata=LIMIT,
    )
    per_seconds: float = field(default=1.0, validator=[validators.ge(0.001), validators.lt(inf)])


def bind_message_rate(context: RiskContext, options: MessageRateOptions) -> RiskRule | None:
    """Return the rule that orders which open wait until there is room among the messages.

    Counted are all cancels that leave, and the orders that this rule lets through. Never
    refuses a cancel. A rule of exposure: what the engine knows to be reducing is never
    refused, and counted. Engine thread; it remembers, so make one for each engine.
    """
    if options.max_messages is None:
        return None
    rule = _MessageRate(context, options.max_messages, options.per_seconds)
    return RiskRule(
        check=rule.check,
        peek=rule.peek,
        measure=rule.measure,
        meters=rule.meters,
        on_cancel=rule.on_cancel,
    )


class _MessageRate:
    def __init__(self, context: RiskContext, max_messages: int, per_seconds: float) -> None:
        self._now_ns = context.clock.now_ns
        self._is_reducing = context.is_reducing
        self._most = max_messages
        self._per_seconds = per_seconds
        self._known: dict[str, dict[str, Window]] = {}

    def _window(self, account: str, symbol: str) -> Window:
        try:
            return self._known[account][symbol]
        except KeyError:
            window = Window(self._most, round(self._per_seconds * _NS), self._now_ns())
            self._known.setdefault(account, {})[symbol] = window
            return window

    def check(self, request: OrderRequest) -> Refusal | None:
        window = self._window(request.account, request.symbol)
        now = self._now_ns()
        if window.is_full(now) and not self._is_reducing(request):
            return self._refusal(request)
        window.add(now)
        return None

    def peek(self, request: OrderRequest) -> Refusal | None:
        window = self._window(request.account, request.symbol)
        if window.is_full(self._now_ns()) and not self._is_reducing(request):
            return self._refusal(request)
        return None

    def on_cancel(self, cancel: CancelRequest) -> None:
        self._window(cancel.account, cancel.symbol).add(self._now_ns())

    def measure(self, request: OrderRequest) -> Iterator[Meter]:
        window = self._window(request.account, request.symbol)
        subject = f"{request.account} {request.symbol}"
        yield Meter(subject=subject, value=window.count(self._now_ns()) + 1, limit=self._most)

    def meters(self) -> Iterator[Meter]:
        now = self._now_ns()
        for account, symbols in self._known.items():
            for symbol, window in symbols.items():
                subject = f"{account} {symbol}"
                yield Meter(subject=subject, value=window.count(now), limit=self._most)

    def _refusal(self, request: OrderRequest) -> Refusal:
        return Refusal(
            f"{self._most} orders and cancels of account {request.account} in "
            f"{request.symbol} have passed in the last {self._per_seconds:g} s; "
            "no more are allowed",
            self._most + 1,
            self._most,
        )
