"""How far below its best an account, or a strategy, may fall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import Factory, field, frozen

from homalos.model import TradingState
from homalos_risk.bounds import AMOUNT, LIMIT, SHARE, named_amounts
from homalos_risk.stops import AccountStop, StrategyStop

if TYPE_CHECKING:
    from homalos.plugins.ports import FundsView, RiskContext, RiskRule

__all__ = ["DrawdownOptions", "bind_drawdown"]

_WORDS = "is {} below its highest equity"
_STRATEGY_WORDS = "is {} below its best result of this trading day"


@frozen(kw_only=True)
class DrawdownOptions:
    """The limits; one that is not set does not hold.

    Attributes:
        max_drawdown: How far an account's equity may be below its highest, currency, > 0.
        accounts: The same by the account's name, in place of `max_drawdown`.
        max_share: The same as a share of the highest equity, above 0, at most 1.
        max_strategy_drawdown: How far what a strategy has made in an account may be below
            the most that it had made on the same trading day, currency, > 0; a day begins
            at 0.
        strategies: The same by the strategy's name, in place of `max_strategy_drawdown`.
        then: How the switch of the account or strategy stands once it has fallen so far, to
            the end of the trading day: `close_only`, `halted`, or with `normal` as it
            stood; its orders that open are refused then while it lasts.
    """

    max_drawdown: float | None = field(default=None, validator=AMOUNT, metadata=LIMIT)
    accounts: Mapping[str, float] = field(
        default=Factory(dict), validator=named_amounts, metadata=LIMIT
    )
    max_share: float | None = field(default=None, validator=SHARE, metadata=LIMIT)
    max_strategy_drawdown: float | None = field(default=None, validator=AMOUNT, metadata=LIMIT)
    strategies: Mapping[str, float] = field(
        default=Factory(dict), validator=named_amounts, metadata=LIMIT
    )
    then: TradingState = TradingState.CLOSE_ONLY


def bind_drawdown(context: RiskContext, options: DrawdownOptions) -> Mapping[str, RiskRule]:
    """Return the rules that stop who has fallen too far below its best.

    Looked at with every order, on every fill and once a second: a strategy's best is the
    best of these looks, except those that come with an order. A rule of exposure: what the
    engine knows to be reducing is never refused, though a switch that is `halted` keeps it,
    too. Engine thread.
    """
    rules = {}
    then = options.then
    if options.max_drawdown is not None or options.accounts:

        def fallen(account: str, funds: FundsView) -> tuple[float, float | None]:
            return funds.drawdown, options.accounts.get(account, options.max_drawdown)

        rules["account"] = AccountStop(context, then, fallen, _WORDS).rule()
    share = options.max_share
    if share is not None:

        def share_fallen(_: str, funds: FundsView) -> tuple[float, float | None]:
            drawdown = funds.drawdown
            return drawdown, share * (funds.equity + drawdown)

        rules["share"] = AccountStop(context, then, share_fallen, _WORDS).rule()
    if options.max_strategy_drawdown is not None or options.strategies:
        rules["strategy"] = _of_strategies(context, options)
    return rules


def _of_strategies(context: RiskContext, options: DrawdownOptions) -> RiskRule:
    pnl_of = context.pnl_of
    best: dict[tuple[str, str], float] = {}

    def watch(strategy: str, account: str) -> None:
        made = pnl_of(strategy, account)
        if made > best.get((strategy, account), 0.0):
            best[strategy, account] = made

    def fallen(strategy: str, account: str) -> tuple[float, float | None]:
        limit = options.strategies.get(strategy, options.max_strategy_drawdown)
        return best.get((strategy, account), 0.0) - pnl_of(strategy, account), limit

    return StrategyStop(
        context, options.then, fallen, _STRATEGY_WORDS, watch=watch, forget=best.clear
    ).rule()
