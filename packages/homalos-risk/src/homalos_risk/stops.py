"""What a rule does that stops trading after a loss: it refuses, watches, and turns a switch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

from homalos.model import TradingState
from homalos.plugins.ports import Meter, Refusal, RiskRule

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import FundsView, RiskContext

__all__ = ["AccountStop", "StrategyStop"]


_Lost: TypeAlias = "tuple[float, float | None]"
"""What was lost, and what may be, or `None` without a limit; currency."""


class AccountStop:
    """The rule that an account opens nothing once it has lost too much.

    Args:
        context: What the rule looks at, and turns the account's switch through.
        then: How the switch stands from then on to the end of the trading day; with
            `NORMAL` it is left alone, and orders are refused while the loss lasts.
        read: Takes an account and its funds, and returns what it has lost and may lose.
        words: What was lost, such as `has lost {} on this trading day`.
    """

    def __init__(
        self,
        context: RiskContext,
        then: TradingState,
        read: Callable[[str, FundsView], _Lost],
        words: str,
    ) -> None:
        self._context = context
        self._read = read
        self._words = words
        self._switch = _Switch(context, "account", then)
        self._known: dict[str, FundsView] = {}

    def rule(self) -> RiskRule:
        """Return it as the engine asks it."""
        on_day = self._switch.release
        return RiskRule(
            check=self._check, measure=self._measure, meters=self._meters, on_day=on_day
        )

    def _look(self, account: str) -> _Lost:
        funds = self._known.get(account)
        if funds is None:
            funds = self._known[account] = self._context.funds(account)
        return self._read(account, funds)

    def _check(self, request: OrderRequest) -> Refusal | None:
        account = request.account
        lost, limit = self._look(account)
        if limit is None or lost < limit or self._context.is_reducing(request):
            return None
        return Refusal(_sentence(f"account {account}", self._words, lost, limit), lost, limit)

    def _measure(self, request: OrderRequest) -> Iterator[Meter]:
        lost, limit = self._look(request.account)
        if limit is not None:
            yield Meter(subject=request.account, value=lost, limit=limit)

    def _meters(self) -> Iterator[Meter]:
        for account in self._context.accounts():
            lost, limit = self._look(account)
            if limit is None:
                continue
            if lost >= limit:
                said = _sentence(f"account {account}", self._words, lost, limit)
                self._switch.turn(account, said)
            if limit > 0:  # a share of an equity that is gone is none
                yield Meter(subject=account, value=max(lost, 0.0), limit=limit)


class StrategyStop:
    """The rule that a strategy opens nothing once it has lost too much in an account.

    Args:
        context: What the rule looks at, and turns the strategy's switch through.
        then: How the switch stands from then on to the end of the trading day; see
            `AccountStop`.
        read: Takes a strategy and an account, and returns what the one has lost and may
            lose in the other.
        words: What was lost, such as `has lost {} on this trading day`.
        watch: Told of each strategy and account on every fill and once a second, before
            they are read.
        forget: Called when a trading day begins.
    """

    def __init__(
        self,
        context: RiskContext,
        then: TradingState,
        read: Callable[[str, str], _Lost],
        words: str,
        *,
        watch: Callable[[str, str], None] | None = None,
        forget: Callable[[], None] | None = None,
    ) -> None:
        self._is_reducing = context.is_reducing
        self._read = read
        self._words = words
        self._watch = watch
        self._forget = forget
        self._switch = _Switch(context, "strategy", then)
        self._known: dict[str, dict[str, None]] = {}

    def rule(self) -> RiskRule:
        """Return it as the engine asks it."""
        return RiskRule(
            check=self._check, measure=self._measure, meters=self._meters, on_day=self._on_day
        )

    def _check(self, request: OrderRequest) -> Refusal | None:
        strategy, account = request.strategy, request.account
        if strategy not in self._known or account not in self._known[strategy]:
            self._known.setdefault(strategy, {})[account] = None
        lost, limit = self._read(strategy, account)
        if limit is None or lost < limit or self._is_reducing(request):
            return None
        return Refusal(_sentence(f"strategy {strategy}", self._words, lost, limit), lost, limit)

    def _measure(self, request: OrderRequest) -> Iterator[Meter]:
        lost, limit = self._read(request.strategy, request.account)
        if limit is not None:
            subject = f"{request.strategy} {request.account}"
            yield Meter(subject=subject, value=lost, limit=limit)

    def _meters(self) -> Iterator[Meter]:
        pairs = [(strategy, account) for strategy, held in self._known.items() for account in held]
        for strategy, account in pairs:
            if self._watch is not None:
                self._watch(strategy, account)
            lost, limit = self._read(strategy, account)
            if limit is None:
                continue
            if lost >= limit:
                said = _sentence(f"strategy {strategy}", self._words, lost, limit)
                self._switch.turn(strategy, said)
            yield Meter(subject=f"{strategy} {account}", value=max(lost, 0.0), limit=limit)

    def _on_day(self, day: int) -> None:
        self._switch.release(day)
        if self._forget is not None:
            self._forget()


class _Switch:
    """Turns switches, each once a trading day: a person who turns it back is not overruled."""

    def __init__(
        self, context: RiskContext, scope: Literal["account", "strategy"], then: TradingState
    ) -> None:
        self._context = context
        self._scope = scope
        self._then = then
        self._turned: dict[str, None] = {}

    def turn(self, name: str, reason: str) -> None:
        if name in self._turned or self._then is TradingState.NORMAL:
            return
        self._turned[name] = None
        self._context.turn(self._scope, name, self._then, reason)

    def release(self, day: int) -> None:
        for name in self._turned:
            reason = f"trading day {day} has begun"
            self._context.turn(self._scope, name, TradingState.NORMAL, reason)
        self._turned.clear()


def _sentence(who: str, words: str, lost: float, limit: float) -> str:
    return f"{who} {words.format(f'{lost:.2f}')}; opening is allowed below {limit:.2f}"
