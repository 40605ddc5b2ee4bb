"""How much may be lost on one trading day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import Factory, field, frozen

from homalos.model import TradingState
from homalos_risk.bounds import AMOUNT, LIMIT, SHARE, named_amounts
from homalos_risk.stops import AccountStop, StrategyStop

if TYPE_CHECKING:
    from homalos.plugins.ports import FundsView, RiskContext, RiskRule

__all__ = ["DailyLossOptions", "bind_daily_loss"]

_WORDS = "has lost {} on this trading day"


@frozen(kw_only=True)
class DailyLossOptions:
    """The limits; one that is not set does not hold.

    A loss is realised and floating together, fees taken off.

    Attributes:
        max_loss: What an account may lose on a trading day, currency, > 0.
        accounts: The same by the account's name, in place of `max_loss`.
        max_share: What an account may lose as a share of the equity that the day began
            with, above 0, at most 1.
        max_strategy_loss: What a strategy may lose in an account, currency, > 0.
        strategies: The same by the strategy's name, in place of `max_strategy_loss`.
        then: How the switch of the account or strategy stands once it has lost so much, to
            the end of the trading day: `close_only`, `halted`, or with `normal` as it
            stood; its orders that open are refused then while the loss lasts.
    """

    max_loss: float | None = field(default=None, validator=AMOUNT, metadata=LIMIT)
    accounts: Mapping[str, float] = field(
        default=Factory(dict), validator=named_amounts, metadata=LIMIT
    )
    max_share: float | None = field(default=None, validator=SHARE, metadata=LIMIT)
    max_strategy_loss: float | None = field(default=None, validator=AMOUNT, metadata=LIMIT)
    strategies: Mapping[str, float] = field(
        default=Factory(dict), validator=named_amounts, metadata=LIMIT
    )
    then: TradingState = TradingState.CLOSE_ONLY


def bind_daily_loss(context: RiskContext, options: DailyLossOptions) -> Mapping[str, RiskRule]:
    """Return the rules that stop who has lost too much on this trading day.

    Looked at with every order, on every fill and once a second; see `DailyLossOptions.then`.
    A rule of exposure: what the engine knows to be reducing is never refused, though a
    switch that is `halted` keeps it, too. Engine thread.
    """
    rules = {}
    then = options.then
    if options.max_loss is not None or options.accounts:

        def lost(account: str, funds: FundsView) -> tuple[float, float | None]:
            return -funds.day_pnl, options.accounts.get(account, options.max_loss)

        rules["account"] = AccountStop(context, then, lost, _WORDS).rule()
    share = options.max_share
    if share is not None:

        def share_lost(_: str, funds: FundsView) -> tuple[float, float | None]:
            day_pnl = funds.day_pnl
            return -day_pnl, share * (funds.equity - day_pnl)

        rules["share"] = AccountStop(context, then, share_lost, _WORDS).rule()
    if options.max_strategy_loss is not None or options.strategies:
        pnl_of = context.pnl_of

        def strategy_lost(strategy: str, account: str) -> tuple[float, float | None]:
            limit = options.strategies.get(strategy, options.max_strategy_loss)
            return -pnl_of(strategy, account), limit

        rules["strategy"] = StrategyStop(context, then, strategy_lost, _WORDS).rule()
    return rules
