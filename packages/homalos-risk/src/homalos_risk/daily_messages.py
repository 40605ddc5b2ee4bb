"""How many orders and cancels a trading day may see in one contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from attrs import field, frozen

from homalos.model import OrderType
from homalos.plugins.ports import Meter, Refusal, RiskRule
from homalos_risk.bounds import COUNT, LIMIT

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import Activity, RiskContext, WorkingView

__all__ = ["DailyMessagesOptions", "bind_daily_messages"]

_Entry: TypeAlias = "tuple[Activity, Mapping[str, WorkingView]]"

# They are over at once, filled or not: nobody cancels them.
_AT_ONCE = frozenset({OrderType.FAK, OrderType.FOK})


@frozen(kw_only=True)
class DailyMessagesOptions:
    """The limits; each holds for one account and symbol, and one that is not set does not.

    The exchanges watch how often an order is taken back. In one contract on one trading day
    500 cancels are the threshold on SHFE, INE, DCE, CZCE and of CFFEX's bond futures, 400 of
    CFFEX's index futures, and 100 on CZCE once the contract has reached its price limit.
    Who comes to it repeatedly may be barred from opening. (The exchanges' measures on
    abnormal trading, such as SHFE's 异常交易行为管理办法, as brokers restate them: ask yours
    for today's. FAK and FOK orders do not count there.)

    Attributes:
        max_orders: Orders sent in the trading day, this one among them, >= 1.
        max_cancels: Cancels sent in the trading day, and every order at work counted as if
            it will be cancelled, too, >= 1.
    """

    max_orders: int | None = field(default=None, validator=COUNT, metadata=LIMIT)
    max_cancels: int | None = field(default=None, validator=COUNT, metadata=LIMIT)


def bind_daily_messages(
    context: RiskContext, options: DailyMessagesOptions
) -> Mapping[str, RiskRule]:
    """Return the rules that keep a day's orders and cancels in a contract below a threshold.

    Never refuses a cancel: it stops opening while there is a cancel left for each order at
    work. A rule of exposure: what the engine knows to be reducing is never refused.
    Engine thread.
    """
    rules = {}
    if options.max_orders is not None:
        rules["orders"] = _rule(_Orders(context, options.max_orders))
    if options.max_cancels is not None:
        rules["cancels"] = _rule(_Cancels(context, options.max_cancels))
    return rules


def _rule(count: _Orders) -> RiskRule:
    return RiskRule(check=count.check, measure=count.measure, meters=count.meters)


class _Orders:
    what = "orders"

    def __init__(self, context: RiskContext, limit: int) -> None:
        self._context = context
        self._limit = limit
        self._known: dict[str, dict[str, _Entry]] = {}

    def _entry(self, request: OrderRequest) -> _Entry:
        account, symbol = request.account, request.symbol
        try:
            return self._known[account][symbol]
        except KeyError:
            entry = self._context.activity(account, symbol), self._context.working(account, symbol)
            self._known.setdefault(account, {})[symbol] = entry
            return entry

    def _after(self, request: OrderRequest) -> int:
        return self._entry(request)[0].orders + 1

    def _so_far(self, done: Activity) -> int:
        return done.orders

    def check(self, request: OrderRequest) -> Refusal | None:
        count = self._after(request)
        if count <= self._limit or self._context.is_reducing(request):
            return None
        return Refusal(
            f"with this order account {request.account} could come to {count} {self.what} in "
            f"{request.symbol} on this trading day; at most {self._limit} are allowed",
            count,
            self._limit,
        )

    def measure(self, request: OrderRequest) -> Iterator[Meter]:
        subject = f"{request.account} {request.symbol}"
        yield Meter(subject=subject, value=self._after(request), limit=self._limit)

    def meters(self) -> Iterator[Meter]:
        context = self._context
        for account in context.accounts():
            for symbol in context.holdings(account):
                count = self._so_far(context.activity(account, symbol))
                yield Meter(subject=f"{account} {symbol}", value=count, limit=self._limit)


class _Cancels(_Orders):
    what = "cancels"

    def _after(self, request: OrderRequest) -> int:
        done, working = self._entry(request)
        if request.type in _AT_ONCE:
            return 0  # it takes no cancel, so there is nothing to wait for
        return done.cancels + len(working) + 1

    def _so_far(self, done: Activity) -> int:
        return done.cancels
