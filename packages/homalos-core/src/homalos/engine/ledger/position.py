"""What one account, or one strategy, holds of one contract."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from homalos.engine.ledger.amounts import EXACT, MICRO, micros
from homalos.engine.ledger.fees import FeeLine, fee_scale
from homalos.engine.ledger.lots import Lot, comes_first, take
from homalos.engine.ledger.posting import Closed, Part
from homalos.model import (
    CloseFirst,
    Direction,
    Instrument,
    MarginSide,
    Offset,
    OffsetRule,
    TradeData,
)

if TYPE_CHECKING:
    from homalos.engine.ledger.margin import MarginGroup

__all__ = ["Position"]

_LONG = Direction.LONG
_CLOSE, _NONE = Offset.CLOSE, Offset.NONE


class Position:
    """What one account holds and works in one instrument.

    Attributes:
        instrument: Its terms; `Ledger.change` replaces them.
        day: The trading day whose lots are today's, yyyymmdd; after a settlement the
            number behind the day settled.
        long: Lots held long.
        short: Lots held short.
        long_today: Those of them opened on `day`.
        short_today: Those of them opened on `day`.
        long_cost: Sum over long lots of opening price (millionths) x lots.
        short_cost: The same over short lots.
        long_mark: Sum over long lots of mark (millionths) x lots.
        short_mark: The same over short lots.
        settlement: The price of the last settlement, millionths; `None` before it, and
            where that settlement knew none.
        opening_long: Lots of working orders that open long.
        opening_short: Lots of working orders that open short.
        closing_long: Lots of working orders that close long.
        closing_short: Lots of working orders that close short.
        closing_long_today: Those of them that close lots of today and no others.
        closing_short_today: Those of them that close lots of today and no others.
        realised: Closed profit by trade in millionths x lots, before the multiplier.
        realised_marked: Closed profit against the marks since the last settlement, likewise.
        charged: Fees under terms that hold no more, currency, exact.
        unit: Currency that one millionth x lot is worth.
        margin_per_micro: Margin of one millionth x lot held long, currency.
        short_margin_per_micro: The same of one held short.
        margin_per_lot: Margin of a lot beside its share, currency.
        oldest: Whether a trade without an offset closes the oldest lots, whatever their day.
        plain: Whether a plain close does so too.
        larger: Whether only the larger side holds margin.
        group: The contracts whose margin counts together with its own; `None` without.
        held: Margin held for it alone, currency, as a float; 0 in a group.
        overclosed: Lots closed that were not held; shows a foreign or lost trade.
    """

    __slots__ = (
        "charged",
        "closing_long",
        "closing_long_today",
        "closing_short",
        "closing_short_today",
        "day",
        "fee_close",
        "fee_close_today",
        "fee_delivery",
        "fee_open",
        "group",
        "held",
        "instrument",
        "larger",
        "long",
        "long_cost",
        "long_lots",
        "long_mark",
        "long_today",
        "margin_per_lot",
        "margin_per_micro",
        "oldest",
        "opening_long",
        "opening_short",
        "overclosed",
        "plain",
        "realised",
        "realised_marked",
        "settlement",
        "short",
        "short_cost",
        "short_lots",
        "short_margin_per_micro",
        "short_mark",
        "short_today",
        "unit",
    )

    def __init__(self, instrument: Instrument) -> None:
        self.day = 0
        self.long = self.short = 0
        self.long_today = self.short_today = 0
        self.long_cost = self.short_cost = 0
        self.long_mark = self.short_mark = 0
        self.opening_long = self.opening_short = 0
        self.closing_long = self.closing_short = 0
        self.closing_long_today = self.closing_short_today = 0
        self.realised = self.realised_marked = 0
        self.overclosed = 0
        self.settlement: int | None = None
        self.group: MarginGroup | None = None
        self.held = 0.0
        self.charged = Decimal(0)
        self.long_lots: deque[Lot] = deque()
        self.short_lots: deque[Lot] = deque()
        self._adopt(instrument)

    @property
    def net(self) -> int:
        """Return long less short, lots."""
        return self.long - self.short

    def floating(self, price: int) -> int:
        """Return the open profit at a price, in millionths x lots, before the multiplier."""
        return (price * self.long - self.long_cost) + (self.short_cost - price * self.short)

    def floating_marked(self, price: int) -> int:
        """Return the open profit against the marks, in millionths x lots, likewise."""
        return (price * self.long - self.long_mark) + (self.short_mark - price * self.short)

    def carried(self) -> int:
        """Return the price that stands in for a missing one, millionths.

        It is that of the last settlement, or else that of the newest lot held, of one day
        the long one's; 0 where nothing is held either.
        """
        if self.settlement is not None:
            return self.settlement
        newest = [lots[-1] for lots in (self.long_lots, self.short_lots) if lots]
        return max(newest, key=lambda lot: lot.day).mark if newest else 0

    def priced(self, prices: Mapping[str, float]) -> int:
        """Return its price among others in millionths, or what it is carried at without one."""
        price = prices.get(self.instrument.symbol)
        if price is not None and price == price:  # noqa: PLR0124  nan, the missing price
            return micros(price)
        return self.carried()

    def yesterday(self, direction: Direction, day: int) -> int:
        """Return the lots of one side that were opened before a trading day."""
        lots = self.long_lots if direction is _LONG else self.short_lots
        return sum(lot.volume for lot in lots if lot.day < day)

    # -- fees and terms --------------------------------------------------------

    def fee_lines(self) -> tuple[FeeLine, ...]:
        """Return what was charged so far under the present terms, by kind of fee."""
        return (self.fee_open, self.fee_close, self.fee_close_today, self.fee_delivery)

    def fees(self) -> Decimal:
        """Return the fees charged so far, currency, exact, >= 0."""
        charged = lots = 0
        for line in (self.fee_open, self.fee_close, self.fee_close_today, self.fee_delivery):
            if line.lots:
                lots += line.lots
                charged += line.units(line.turnover, line.lots)
        if not lots:
            return self.charged
        # All lines of one contract are counted in the same decimal places.
        return EXACT.add(self.charged, EXACT.scaleb(Decimal(charged), -self.fee_open.scale))

    def change(self, instrument: Instrument) -> None:
        """Take other terms from now on; what was charged stays charged.

        Raises:
            ValueError: They are another contract's, or of another size.
        """
        old = self.instrument
        ours, theirs = (
            f"{one.symbol} of {one.multiplier} a lot in {one.currency}" for one in (old, instrument)
        )
        if ours != theirs:
            msg = (
                f"the terms of {ours} cannot become those of {theirs}; "
                f"symbol, multiplier and currency must stay"
            )
            raise ValueError(msg)
        self.charged = self.fees()
        self._adopt(instrument)

    def _adopt(self, instrument: Instrument) -> None:
        self.instrument = instrument
        multiplier = instrument.multiplier
        self.unit = multiplier / MICRO
        scale = fee_scale(instrument)
        self.fee_open = FeeLine(instrument.fee_open, multiplier, scale)
        self.fee_close = FeeLine(instrument.fee_close, multiplier, scale)
        self.fee_close_today = FeeLine(instrument.fee_close_today, multiplier, scale)
        self.fee_delivery = FeeLine(instrument.fee_delivery, multiplier, scale)
        short_rate = instrument.margin_rate_short
        self.margin_per_micro = float(instrument.margin_rate) * multiplier / MICRO
        self.short_margin_per_micro = (
            self.margin_per_micro if short_rate is None else float(short_rate) * multiplier / MICRO
        )
        self.margin_per_lot = float(instrument.margin_per_lot)
        self.oldest = instrument.close_first is CloseFirst.OLDEST
        self.plain = self.oldest and instrument.offsets is not OffsetRule.DATED
        self.larger = instrument.margin_side is not MarginSide.BOTH

    # -- lots ------------------------------------------------------------------

    def begin(self, day: int) -> None:
        """Let a trading day begin: what was opened before it is of earlier days now."""
        self.day = day
        self.long_today = self.short_today = 0

    def recount(self) -> None:
        """Count today's lots anew, after a trade of an earlier day came late."""
        day = self.day
        self.long_today = sum(lot.volume for lot in self.long_lots if lot.day >= day)
        self.short_today = sum(lot.volume for lot in self.short_lots if lot.day >= day)

    def open(self, trade: TradeData, price: int, volume: int) -> None:
        """Open lots on the trade's side at a price in millionths."""
        value = price * volume
        lot = Lot(price, volume, trade.trading_day, trade.trade_id, trade.strategy)
        if trade.direction is _LONG:
            self.long += volume
            self.long_today += volume
            self.long_cost += value
            self.long_mark += value
            self.long_lots.append(lot)
        else:
            self.short += volume
            self.short_today += volume
            self.short_cost += value
            self.short_mark += value
            self.short_lots.append(lot)

    def close(self, trade: TradeData, price: int, volume: int, offset: Offset) -> Closed:
        """Close lots of the side against the trade's, as many of `volume` as there are."""
        day = trade.trading_day
        buys = trade.direction is _LONG
        lots = self.short_lots if buys else self.long_lots
        if not lots:
            return 0, 0, 0, 0, ()
        first = lots[0]
        held = first.volume
        if (held >= volume or len(lots) == 1) and (
            (self.oldest and offset is _NONE)
            or (self.plain and offset is _CLOSE)
            or comes_first(first, day, offset, self.instrument)
        ):
            # Nearly every closing: no search.
            closed = min(held, volume)
            opened_at, marked_at, opened_on = first.price, first.mark, first.day
            cost, mark = opened_at * closed, marked_at * closed
            today = closed if opened_on >= day else 0
            parts: tuple[Part, ...] = ((closed, opened_at, marked_at, opened_on, first.trade_id),)
            first.volume = held - closed
            if closed == held:
                lots.popleft()
        else:
            closed, today, cost, mark, parts = take(lots, volume, day, offset, self.instrument)
        value = price * closed
        gain, marked = value - cost, value - mark
        if buys:
            gain, marked = -gain, -marked
            self.short -= closed
            self.short_today -= today
            self.short_cost -= cost
            self.short_mark -= mark
        else:
            self.long -= closed
            self.long_today -= today
            self.long_cost -= cost
            self.long_mark -= mark
        self.realised += gain
        self.realised_marked += marked
        return closed, today, gain, marked, parts

    # -- the end of a day ------------------------------------------------------

    def mark(self, price: int) -> None:
        """Mark every lot to a settlement price in millionths."""
        for lots in (self.long_lots, self.short_lots):
            for lot in lots:
                lot.mark = price
        self.long_mark = price * self.long
        self.short_mark = price * self.short

    def finish(self, price: int) -> int:
        """End every lot at a price in millionths, and return the profit by trade."""
        gain = self.floating(price)
        self.realised += gain
        self.realised_marked += self.floating_marked(price)
        self.long = self.short = self.long_today = self.short_today = 0
        self.long_cost = self.short_cost = self.long_mark = self.short_mark = 0
        self.long_lots.clear()
        self.short_lots.clear()
        return gain
