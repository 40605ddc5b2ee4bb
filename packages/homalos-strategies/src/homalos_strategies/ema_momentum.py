"""Follow the momentum of ticks by two exponential averages of the mid price."""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING

from attrs import frozen

from homalos.strategy import Strategy, param
from homalos_strategies.parameters import above_fast, require_one_symbol

if TYPE_CHECKING:
    from homalos.model import Rolled, TickData

__all__ = ["EmaMomentum", "EmaMomentumParams"]


@frozen(kw_only=True)
class EmaMomentumParams:
    """The averages, the threshold and the size of the position.

    Attributes:
        fast: Period of the fast average in ticks of the feed, >= 1.
        slow: Period of the slow average in ticks of the feed, above `fast`.
        threshold_ticks: How far apart the averages must be, in tick sizes, >= 0.
        volume: Lots held on either side, >= 1.
    """

    fast: int = param(60, ge=1, unit="ticks", en="Fast average", zh="快线周期")
    slow: int = param(
        600, ge=1, unit="ticks", en="Slow average", zh="慢线周期", validator=above_fast
    )
    threshold_ticks: float = param(3.0, ge=0, lt=inf, unit="tick sizes", en="Threshold", zh="阈值")
    volume: int = param(1, ge=1, unit="lots", en="Volume", zh="手数")


class EmaMomentum(Strategy):
    """Turn long when the fast average rises above the slow one by the threshold, short below it.

    Each average moves by 2 / (period + 1) of its distance to the mid price, tick by
    tick, and begins at the first mid price. Between the two thresholds the position
    stays as it is (hysteresis). A tick without both sides of the book, as at a price
    limit, is passed over. Trades by market orders, and asks for a position once:
    what is refused is not tried again before the next turn.
    """

    params: EmaMomentumParams

    def on_init(self) -> None:
        """Work out the weights; the averages begin with the first tick."""
        require_one_symbol(self)
        self._weigh()
        self._fast_average = nan
        self._slow_average = nan
        self._target = 0

    def on_params(self, previous: EmaMomentumParams) -> None:
        """Go on with the averages at new weights; a position of another size follows at once."""
        self._weigh()
        if self._target and self._volume != previous.volume:
            self._turn(self._volume if self._target > 0 else -self._volume)

    def on_roll(self, roll: Rolled) -> None:
        """Begin the averages anew with the new contract, and move the position to it."""
        self._weigh()
        self._fast_average = nan
        self._slow_average = nan
        self.set_target_pos(0, symbol=roll.previous)
        if self._target:
            self.set_target_pos(self._target)

    def on_tick(self, tick: TickData) -> None:
        """Take in a mid price; ask for the other side when the momentum has turned."""
        mid = (tick.bid_price_1 + tick.ask_price_1) * 0.5
        if mid != mid:  # noqa: PLR0124  nan: one side is empty
            return
        fast = self._fast_average
        slow = self._slow_average
        if fast != fast:  # noqa: PLR0124  nan: the first tick
            fast = slow = mid
        fast += self._fast_weight * (mid - fast)
        slow += self._slow_weight * (mid - slow)
        self._fast_average = fast
        self._slow_average = slow
        lead = fast - slow
        if lead > self._threshold:
            if self._target <= 0:
                self._turn(self._volume)
        elif lead < -self._threshold and self._target >= 0:
            self._turn(-self._volume)

    def _weigh(self) -> None:
        params = self.params
        self._fast_weight = 2.0 / (params.fast + 1)
        self._slow_weight = 2.0 / (params.slow + 1)
        self._threshold = params.threshold_ticks * self.instrument().tick_size
        self._volume = params.volume

    def _turn(self, target: int) -> None:
        self._target = target
        self.set_target_pos(target)
