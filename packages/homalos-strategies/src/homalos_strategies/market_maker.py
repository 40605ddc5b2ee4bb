"""Quote both sides of a market around its mid price, leaning against what is held."""

from __future__ import annotations

from math import ceil, floor, inf
from typing import TYPE_CHECKING

from attrs import frozen

from homalos.model import Direction, Offset, Rejection, Status
from homalos.strategy import Strategy, param
from homalos_strategies.parameters import require_one_symbol

if TYPE_CHECKING:
    from homalos.model import OrderData, Rolled, TickData

__all__ = ["MarketMaker", "MarketMakerParams"]

_LONG, _SHORT = Direction.LONG, Direction.SHORT
_OPEN, _CLOSE = Offset.OPEN, Offset.CLOSE
# Half a tick on the mid must not be lost to the width of a double.
_ROUNDING = 1e-6


@frozen(kw_only=True)
class MarketMakerParams:
    """How far from the mid, how much, and how far to lean.

    Attributes:
        half_spread_ticks: From the mid to either quote, in tick sizes, above 0.
        skew_ticks: How far both quotes move for each lot held, down when it is long, in
            tick sizes, >= 0.
        volume: Lots of each quote, >= 1.
        max_position: Lots held on either side at most, >= 1; the quote that would lead
            beyond is not made.
        requote_ticks: How far a quote may be from where it ought to be before it is
            cancelled and made anew, in tick sizes, >= 0.
    """

    half_spread_ticks: float = param(
        1.0, gt=0, lt=inf, unit="tick sizes", en="Half spread", zh="半价差"
    )
    skew_ticks: float = param(0.5, ge=0, lt=inf, unit="tick sizes", en="Skew a lot", zh="持仓偏移")
    volume: int = param(1, ge=1, unit="lots", en="Volume", zh="手数")
    max_position: int = param(5, ge=1, unit="lots", en="Largest position", zh="最大持仓")
    requote_ticks: float = param(
        0.0, ge=0, lt=inf, unit="tick sizes", en="Re-quote beyond", zh="改价阈值"
    )


class MarketMaker(Strategy):
    """Buy below the mid and sell above it, one order a side.

    The bid is the mid less half the spread less the skew of the position, down to the grid,
    and never at or above the ask; the ask is the mirror. A quote closes what is held
    against it before it opens. One that is not where it ought to be is cancelled, and
    made anew at the first tick after its end. Without a book of two sides, as at a price
    limit, both are taken back. What is refused is not tried again before its price changes.

    An account that keeps the sides apart (hedging) may hold a lot of each after both quotes
    have filled in one interval; run it on a netting account where that matters.
    """

    params: MarketMakerParams

    def on_init(self) -> None:
        """Begin without quotes."""
        require_one_symbol(self)
        self._pulled: set[str] = set()
        self._refused: dict[Direction, float] = {}

    def on_stop(self) -> None:
        """Take the quotes back; what is held is kept."""
        self.cancel_all()

    def on_roll(self, roll: Rolled) -> None:
        """Give up the old contract: its quotes and what is held of it."""
        self.cancel_all(roll.previous)
        self.set_target_pos(0, symbol=roll.previous)
        self._refused.clear()

    def on_order(self, order: OrderData) -> None:
        """Forget a quote that has ended."""
        if not order.is_active:
            self._pulled.discard(order.order_id)
            if order.status is Status.REJECTED:
                self._refused[order.direction] = order.price

    def on_tick(self, tick: TickData) -> None:
        """Look where both quotes ought to be."""
        quotes = self.active_orders(self.symbol)
        mid = (tick.bid_price_1 + tick.ask_price_1) * 0.5
        if mid != mid or not tick.bid_price_1 or not tick.ask_price_1:  # noqa: PLR0124  nan
            self._pull(quotes)
            return
        held = self.pos
        bid, ask = self._prices(tick, mid, held)
        self._quote(_LONG, bid, held, quotes)
        self._quote(_SHORT, ask, held, quotes)

    def _prices(self, tick: TickData, mid: float, held: int) -> tuple[float, float]:
        params, contract = self.params, self.instrument()
        size = contract.tick_size
        centre = mid / size - params.skew_ticks * held
        bid = floor(centre - params.half_spread_ticks + _ROUNDING)
        ask = ceil(centre + params.half_spread_ticks - _ROUNDING)
        # An unknown limit is nan, which is neither smaller nor larger.
        lowest = _known(tick.limit_down, -inf)
        highest = _known(tick.limit_up, inf)
        bid_price = min(contract.snap(bid * size), contract.snap(tick.ask_price_1 - size), highest)
        ask_price = max(contract.snap(ask * size), contract.snap(tick.bid_price_1 + size), lowest)
        return max(bid_price, lowest), min(ask_price, highest)

    def _quote(self, side: Direction, price: float, held: int, quotes: list[OrderData]) -> None:
        """Leave a quote as it is, take it back, or make one where none is."""
        lots, offset = self._wanted(side, held)
        own = [each for each in quotes if each.direction is side]
        if own:
            slack = (self.params.requote_ticks + _ROUNDING) * self.instrument().tick_size
            stays = all(
                abs(each.price - price) <= slack and _serves(each.offset, offset) for each in own
            )
            if not stays or sum(each.volume - each.traded for each in own) > lots:
                self._pull(own)
            return
        turn = 1 if side is _LONG else -1
        against = (each.price for each in quotes if each.direction is not side)
        if lots <= 0 or any(turn * price >= turn * other for other in against):
            return
        if self._refused.get(side) == price:
            return
        self._refused.pop(side, None)
        if isinstance(self.send_order(side, offset, price, lots), Rejection):
            self._refused[side] = price

    def _wanted(self, side: Direction, held: int) -> tuple[int, Offset]:
        """Return the lots of a quote, 0 for none, and whether it opens or closes."""
        params = self.params
        own = held if side is _LONG else -held
        if own < 0:
            return min(params.volume, -own), _CLOSE
        return min(params.volume, params.max_position - own), _OPEN

    def _pull(self, quotes: list[OrderData]) -> None:
        for each in quotes:
            if each.order_id not in self._pulled:
                self._pulled.add(each.order_id)
                self.cancel_order(each.order_id)


def _serves(offset: Offset, wanted: Offset) -> bool:
    # A netting account turns every offset into none.
    return offset is Offset.NONE or (offset is _OPEN) == (wanted is _OPEN)


def _known(price: float, otherwise: float) -> float:
    return price if price == price and price else otherwise  # noqa: PLR0124  nan
