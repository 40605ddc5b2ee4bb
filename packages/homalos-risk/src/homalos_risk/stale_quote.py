"""Whether what is known of the market is fresh enough to trade on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isnan, nan
from typing import TYPE_CHECKING

from attrs import field, frozen

from homalos.plugins.ports import Meter, Refusal, RiskRule
from homalos_risk.bounds import LIMIT, SECONDS

if TYPE_CHECKING:
    from homalos.model import OrderRequest
    from homalos.plugins.ports import RiskCheck, RiskContext

__all__ = ["StaleQuoteOptions", "bind_stale_quote"]

_NS = 1_000_000_000


@frozen(kw_only=True)
class StaleQuoteOptions:
    """What a quote must be; what is not set is not asked.

    Attributes:
        max_age_s: Seconds since the last tick by the engine's clock, at least 0.001. The
            Chinese exchanges send two ticks a second of a contract that trades, none of one
            in which nothing happens.
        both_sides: Whether the book must be whole: a bid below an ask. At a price limit one
            side is empty.
    """

    max_age_s: float | None = field(default=None, validator=SECONDS, metadata=LIMIT)
    both_sides: bool = field(default=False, metadata=LIMIT)


def bind_stale_quote(
    context: RiskContext, options: StaleQuoteOptions
) -> Mapping[str, RiskRule | RiskCheck]:
    """Return the rules that an order is not decided on a quote that is old or broken.

    In a run on bars there are no ticks and nothing to judge; where no price at all has been
    seen yet the order is refused. A rule of validity: it refuses closing orders too.
    Engine thread.
    """
    rules: dict[str, RiskRule | RiskCheck] = {}
    if options.max_age_s is not None:
        rules["age"] = _bind_age(context, options.max_age_s)
    if options.both_sides:
        rules["book"] = _bind_book(context)
    return rules


def _bind_age(context: RiskContext, max_age_s: float) -> RiskRule:
    now_ns = context.clock.now_ns
    last_tick = context.last_tick
    max_age_ns = round(max_age_s * _NS)

    def check(request: OrderRequest) -> Refusal | None:
        symbol = request.symbol
        tick = last_tick(symbol)
        if tick is None:
            return _unseen(context, symbol)
        if now_ns() - tick.ts_ns <= max_age_ns:
            return None
        age_s = (now_ns() - tick.ts_ns) / _NS
        return Refusal(
            f"the last tick of {symbol} is {age_s:.3f} s old; at most {max_age_s:g} s are allowed",
            age_s,
            max_age_s,
        )

    def measure(request: OrderRequest) -> Iterator[Meter]:
        tick = last_tick(request.symbol)
        if tick is not None:
            age_s = (now_ns() - tick.ts_ns) / _NS
            yield Meter(subject=request.symbol, value=age_s, limit=max_age_s)

    return RiskRule(check=check, measure=measure)


def _bind_book(context: RiskContext) -> RiskCheck:
    last_tick = context.last_tick

    def check(request: OrderRequest) -> Refusal | None:
        symbol = request.symbol
        tick = last_tick(symbol)
        if tick is None:
            return _unseen(context, symbol)
        # False where a side is empty: nan.
        if tick.bid_price_1 < tick.ask_price_1:
            return None
        return Refusal(
            f"the book of {symbol} has a bid of {tick.bid_price_1} and an ask of "
            f"{tick.ask_price_1}; expected both, the bid below the ask",
            tick.bid_price_1,
            tick.ask_price_1,
        )

    return check


def _unseen(context: RiskContext, symbol: str) -> Refusal | None:
    # A last price without a tick is of a bar.
    if not isnan(context.last_price(symbol)):
        return None
    return Refusal(f"no price of {symbol} has been seen yet; wait for its first quote", nan, nan)
