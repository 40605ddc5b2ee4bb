"""Follow the trend by two moving averages of bars."""

from __future__ import annotations

from math import inf, isnan
from typing import TYPE_CHECKING

from attrs import frozen

from homalos.strategy import Strategy, param
from homalos_strategies.parameters import above_fast, require_one_symbol

if TYPE_CHECKING:
    from homalos.model import BarData, Rolled

__all__ = ["DoubleMa", "DoubleMaParams"]


@frozen(kw_only=True)
class DoubleMaParams:
    """The averages and the size of the position.

    Attributes:
        fast: Bars in the fast average, >= 1.
        slow: Bars in the slow average, above `fast`.
        volume: Lots held on either side, >= 1.
    """

    fast: int = param(10, ge=1, unit="bars", en="Fast average", zh="快线周期")
    slow: int = param(20, ge=1, unit="bars", en="Slow average", zh="慢线周期", validator=above_fast)
    volume: int = param(1, ge=1, unit="lots", en="Volume", zh="手数")


class DoubleMa(Strategy):
    """Hold `volume` lots long while the fast average of closes is above the slow one, else short.

    Decides at the end of every bar from simple averages; while they are equal it
    keeps what it has. Trades by market orders, and asks for a position once: what
    is refused is not tried again before the next crossing.

    What is compared is `sum of fast * slow - sum of slow * fast`, kept as a running
    sum. On a price grid it is a whole number of ticks, so whatever is below half a
    tick is an error of doubles and counts as equal.
    """

    params: DoubleMaParams

    def on_init(self) -> None:
        """Fill the averages from history, so that the first new bar can already decide."""
        require_one_symbol(self)
        self._fast, self._slow = self.params.fast, self.params.slow
        self._volume = self.params.volume
        self._target = 0
        bars = self.history(self._slow)
        closes = [bar.close_price for bar in bars if not isnan(bar.close_price)]
        missing = self._slow - len(closes)
        # A ring of the last `slow` closes; `_next` is the place of the oldest, or of none yet.
        self._closes = closes + [0.0] * missing
        self._next = len(closes) % self._slow
        self._difference = sum(closes[-self._fast :]) * self._slow - sum(closes) * self._fast
        # What a close adds as the newest, and takes away as it leaves each average; as
        # floats, since a product of two floats is the cheaper one.
        self._gain = float(self._slow - self._fast)
        self._fast_loss, self._slow_loss = float(self._slow), float(self._fast)
        self._half_tick = self.instrument().tick_size * 0.5
        # Nothing is beyond infinity: no decision until the ring is full for the first time.
        self._tolerance = inf if missing else self._half_tick

    def on_params(self, previous: DoubleMaParams) -> None:
        """Fill the new averages from history; a position of another size follows at once."""
        target = self._target
        self.on_init()
        if target:
            self._target = self._volume if target > 0 else -self._volume
            if self._volume != previous.volume:
                self.set_target_pos(self._target)

    def on_roll(self, roll: Rolled) -> None:
        """Go on with the new contract's own closes, and move the position to it."""
        target = self._target
        self.on_init()
        self._target = target
        self.set_target_pos(0, symbol=roll.previous)
        if target:
            self.set_target_pos(target)

    def on_bar(self, bar: BarData) -> None:
        """Take in a close; ask for the other side when the averages have crossed."""
        close = bar.close_price
        if close != close:  # noqa: PLR0124  nan would stay in the sum
            return
        closes = self._closes
        place = self._next
        # An index below 0 counts from the end, which is what a ring needs.
        difference = (
            self._difference
            + close * self._gain
            - closes[place - self._fast] * self._fast_loss
            + closes[place] * self._slow_loss
        )
        closes[place] = close
        place += 1
        if place == self._slow:
            fast, slow = self._fast, self._slow
            # The ring is full. Summed anew once a turn, rounding does not add up in a long run.
            place = 0
            difference = sum(closes[-fast:]) * slow - sum(closes) * fast
            self._tolerance = self._half_tick
        self._next = place
        self._difference = difference
        if difference > self._tolerance:
            if self._target <= 0:
                self._turn(self._volume)
        elif difference < -self._tolerance and self._target >= 0:
            self._turn(-self._volume)

    def _turn(self, target: int) -> None:
        self._target = target
        self.set_target_pos(target)
