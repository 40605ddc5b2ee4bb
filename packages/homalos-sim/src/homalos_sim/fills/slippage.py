"""A model whose fills are worse by some ticks, and never better than without."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, isnan
from typing import TYPE_CHECKING

import attrs

from homalos.model import Direction, OrderType

if TYPE_CHECKING:
    from homalos.model import BarData, TickData
    from homalos.plugins.ports import FillContext, FillModel, RestingOrder
    from homalos_sim.fills.options import FillOptions

__all__ = ["Slipping", "with_slippage"]

_LONG, _MARKET = Direction.LONG, OrderType.MARKET
_ROUNDING = 1e-6


def with_slippage(
    make: Callable[[FillContext], FillModel], context: FillContext, options: FillOptions
) -> FillModel:
    """Make a model, behind slippage where its options ask for some."""
    if options.slippage == "none":
        return make(context)
    return Slipping(make, context, options)


class Slipping:
    """Stands between a model and the venue, and makes the price of each fill worse.

    Engine thread.
    """

    def __init__(
        self,
        make: Callable[[FillContext], FillModel],
        context: FillContext,
        options: FillOptions,
    ) -> None:
        """Make the model, whose fills come here first."""
        self._instrument = context.instrument
        self._told = context.fill
        self._options = options
        self._tick: TickData | None = None
        self._bar: BarData | None = None
        self._model = make(attrs.evolve(context, fill=self._slip))

    @property
    def waits(self) -> bool:
        """Say whether any order is working."""
        return self._model.waits

    def latest(self, last: TickData | None) -> TickData | None:
        """Return the tick that a new order meets."""
        return self._model.latest(last)

    def arrive(self, order: RestingOrder, tick: TickData | None, max_age_ns: int) -> None:
        """Take a new order."""
        self._tick = tick
        self._model.arrive(order, tick, max_age_ns)

    def remove(self, order: RestingOrder) -> None:
        """Take back what is left of an order."""
        self._model.remove(order)

    def match_tick(self, tick: TickData, before: TickData | None) -> None:
        """Fill by a tick."""
        self._tick = tick
        self._model.match_tick(tick, before)

    def match_bar(self, bar: BarData, share: float) -> None:
        """Fill by a bar."""
        self._bar = bar
        self._model.match_bar(bar, share)
        self._bar = None

    def _slip(
        self, order: RestingOrder, price: float, lots: int, ts_ns: int, trading_day: int
    ) -> None:
        self._told(order, self._worse(order, price), lots, ts_ns, trading_day)

    def _worse(self, order: RestingOrder, price: float) -> float:
        is_buy = order.request.direction is _LONG
        steps = self._steps()
        instrument = self._instrument
        ticks = instrument.to_ticks(price) + (steps if is_buy else -steps)
        slipped = instrument.from_ticks(ticks)
        stops = [each for each in self._stops(order, is_buy=is_buy) if not isnan(each)]
        # A stop that is better than the price itself (a limit of the day that is wrong)
        # must not improve it.
        if is_buy:
            return max(price, min((slipped, *stops)))
        return min(price, max((slipped, *stops)))

    def _steps(self) -> int:
        options = self._options
        if options.slippage == "ticks":
            return options.slippage_ticks
        tick = self._tick
        if tick is None or self._bar is not None or not tick.ask_price_1 or not tick.bid_price_1:
            return 0
        spread = tick.ask_price_1 - tick.bid_price_1
        if isnan(spread) or spread <= 0:
            return 0
        return ceil(spread * options.slippage_share / self._instrument.tick_size - _ROUNDING)

    def _stops(self, order: RestingOrder, *, is_buy: bool) -> list[float]:
        """Return the prices that a fill must not go beyond."""
        request = order.request
        stops = [] if request.type is _MARKET else [request.price]
        if self._bar is not None:
            stops.append(self._bar.high_price if is_buy else self._bar.low_price)
        elif self._tick is not None:
            stops.append(self._tick.limit_up if is_buy else self._tick.limit_down)
        return stops
