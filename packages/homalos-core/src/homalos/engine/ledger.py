"""Positions and money of one account. Pure, and exact.

Prices are counted in millionths of the currency, as whole numbers: every price
that a venue can quote (0.005, 0.2, 10) is a whole number of them, sums of
products of whole numbers have no rounding, and a posting costs a few integer
operations. Amounts become `Decimal` when they are read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from homalos.model import Direction, Fee, Instrument, Offset, TradeData

__all__ = ["MICRO", "Ledger", "Lot", "Position", "cents", "micros"]

MICRO = 1_000_000
_LONG = Direction.LONG
_OPEN, _NONE = Offset.OPEN, Offset.NONE
_TODAY, _YESTERDAY = Offset.CLOSETODAY, Offset.CLOSEYESTERDAY
_CENT = Decimal("0.01")


def micros(price: float) -> int:
    """Return a price in millionths of the currency, to the nearest."""
    return round(price * MICRO)


def cents(amount: Decimal) -> Decimal:
    """Round an amount half-up to 0.01, as a statement line does."""
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


class Lot:
    """Lots opened by one trade and not closed yet."""

    __slots__ = ("day", "price", "volume")

    def __init__(self, price: int, volume: int, day: int) -> None:
        self.price = price
        self.volume = volume
        self.day = day


class Position:
    """What one account holds and works in one instrument.

    Attributes:
        long: Lots held long.
        short: Lots held short.
        long_cost: Sum over long lots of price (millionths) x lots.
        short_cost: The same over short lots.
        opening_long: Lots of working orders that open long.
        opening_short: Lots of working orders that open short.
        closing_long: Lots of working orders that close long.
        closing_short: Lots of working orders that close short.
        closing_long_today: Those of them that are to close lots of today and no others.
        closing_short_today: The same of the short side.
        day: The trading day whose lots are today's, yyyymmdd.
        long_today: Lots held long that were opened on `day`.
        short_today: Lots held short that were opened on `day`.
        realised: Closed profit in millionths x lots, before the multiplier.
        unit: Currency that one millionth x lot is worth.
        overclosed: Lots closed that were not held; shows a foreign or lost trade.
    """

    __slots__ = (
        "closing_long",
        "closing_long_today",
        "closing_short",
        "closing_short_today",
        "day",
        "fee_close",
        "fee_close_today",
        "fee_open",
        "instrument",
        "long",
        "long_cost",
        "long_lots",
        "long_today",
        "margin_per_micro",
        "opening_long",
        "opening_short",
        "overclosed",
        "realised",
        "short",
        "short_cost",
        "short_lots",
        "short_today",
        "unit",
    )

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.long = self.short = 0
        self.long_cost = self.short_cost = 0
        self.opening_long = self.opening_short = 0
        self.closing_long = self.closing_short = 0
        self.closing_long_today = self.closing_short_today = 0
        self.day = self.long_today = self.short_today = 0
        self.realised = 0
        self.overclosed = 0
        self.long_lots: deque[Lot] = deque()
        self.short_lots: deque[Lot] = deque()
        self.unit = instrument.multiplier / MICRO
        self.fee_open = _FeeLine(instrument.fee_open, instrument.multiplier)
        self.fee_close = _FeeLine(instrument.fee_close, instrument.multiplier)
        self.fee_close_today = _FeeLine(instrument.fee_close_today, instrument.multiplier)
        self.margin_per_micro = float(instrument.margin_rate) * instrument.multiplier / MICRO

    @property
    def net(self) -> int:
        """Return long less short, lots."""
        return self.long - self.short

    def floating(self, price: int) -> int:
        """Return the open profit at a price, in millionths x lots, before the multiplier."""
        return (price * self.long - self.long_cost) + (self.short_cost - price * self.short)

    def fee_lines(self) -> tuple[_FeeLine, ...]:
        """Return what was charged so far, by kind of fee."""
        return (self.fee_open, self.fee_close, self.fee_close_today)

    def margin(self) -> Decimal:
        """Return the margin held at opening prices, in currency, exact."""
        units = (self.long_cost + self.short_cost) * self.instrument.multiplier
        return Decimal(units) * self.instrument.margin_rate / MICRO

    def begin(self, day: int) -> None:
        """Let a trading day begin: what was opened before it is of earlier days now."""
        self.day = day
        self.long_today = self.short_today = 0

    def yesterday(self, direction: Direction, day: int) -> int:
        """Return the lots of one side that were opened before a trading day."""
        lots = self.long_lots if direction is _LONG else self.short_lots
        return sum(lot.volume for lot in lots if lot.day < day)


class Ledger:
    """The books of one account.

    Attributes:
        positions: By symbol.
        postings: Entries made so far: openings, closings and fees.
        cash: Realised profit less fees, currency, as a float for risk checks.
        margin: Margin held, currency, as a float for risk checks.
    """

    def __init__(self, *, capital: Decimal) -> None:
        self.capital = capital
        self.positions: dict[str, Position] = {}
        self.postings = 0
        self.cash = 0.0
        self.margin = 0.0

    def position(self, instrument: Instrument) -> Position:
        """Return the position in an instrument, empty at first; the same object for ever."""
        position = self.positions.get(instrument.symbol)
        if position is None:
            position = self.positions[instrument.symbol] = Position(instrument)
        return position

    def post(self, trade: TradeData, position: Position) -> None:
        """Book one trade: close lots, open lots, pay fees."""
        price = round(trade.price * MICRO)
        if trade.trading_day > position.day:
            position.begin(trade.trading_day)
        cost = position.long_cost + position.short_cost
        offset = trade.offset
        left = trade.volume
        if offset is not _OPEN:
            left -= self._close(trade, position, price)
            if offset is not _NONE:
                position.overclosed += left
                left = 0
        if left:
            self._open(trade, position, price, left)
        cost -= position.long_cost + position.short_cost
        self.margin -= cost * position.margin_per_micro

    # -- exact readings --------------------------------------------------------

    def realised(self) -> Decimal:
        """Return the profit of closed lots, currency, exact."""
        units = sum(p.realised * p.instrument.multiplier for p in self.positions.values())
        return Decimal(units) / MICRO

    def fees(self) -> Decimal:
        """Return the fees paid, currency, exact, >= 0."""
        return sum(
            (line.amount() for p in self.positions.values() for line in p.fee_lines()), Decimal(0)
        )

    def margin_held(self) -> Decimal:
        """Return the margin held, currency, exact."""
        return sum((p.margin() for p in self.positions.values()), Decimal(0))

    def floating(self, prices: dict[str, float]) -> Decimal:
        """Return the profit of open lots at the prices given, currency, exact.

        A symbol without a price counts as unchanged since it was opened.
        """
        units = 0
        for symbol, position in self.positions.items():
            price = prices.get(symbol)
            if price is not None and price == price:  # noqa: PLR0124  nan, the missing price
                units += position.floating(micros(price)) * position.instrument.multiplier
        return Decimal(units) / MICRO

    # -- inside ----------------------------------------------------------------

    def _open(self, trade: TradeData, position: Position, price: int, volume: int) -> None:
        value = price * volume
        if trade.direction is _LONG:
            lots = position.long_lots
            position.long += volume
            position.long_today += volume
            position.long_cost += value
        else:
            lots = position.short_lots
            position.short += volume
            position.short_today += volume
            position.short_cost += value
        lots.append(Lot(price, volume, trade.trading_day))
        self.cash -= position.fee_open.charge(value, volume)
        self.postings += 2

    def _close(self, trade: TradeData, position: Position, price: int) -> int:
        """Close lots of the other side, oldest first; return how many were there to close."""
        buys = trade.direction is _LONG
        lots = position.short_lots if buys else position.long_lots
        if not lots:
            return 0
        closed, today, cost = _take(lots, trade)
        gain = price * closed - cost
        if buys:
            gain = -gain
            position.short -= closed
            position.short_today -= today
            position.short_cost -= cost
        else:
            position.long -= closed
            position.long_today -= today
            position.long_cost -= cost
        position.realised += gain
        self.cash += gain * position.unit
        if today:
            self.cash -= position.fee_close_today.charge(price * today, today)
            self.postings += 2
        if closed > today:
            self.cash -= position.fee_close.charge(price * (closed - today), closed - today)
            self.postings += 2
        return closed


def _take(lots: deque[Lot], trade: TradeData) -> tuple[int, int, int]:
    """Return (lots that a trade closes, those of them opened on its day, what they cost)."""
    offset, day, left = trade.offset, trade.trading_day, trade.volume
    which: Iterable[Lot] = lots
    if offset is _TODAY or offset is _YESTERDAY:
        which = [lot for lot in lots if (lot.day >= day) is (offset is _TODAY)]
    today = cost = 0
    for lot in which:
        taken = lot.volume
        if taken > left:
            taken = left
        lot.volume -= taken
        left -= taken
        cost += lot.price * taken
        if lot.day >= day:
            today += taken
        if not left:
            break
    while lots and not lots[0].volume:
        lots.popleft()
    if offset is _TODAY and lots:
        # Behind lots of earlier days the empty ones would pile up.
        _drop_empty(lots)
    return trade.volume - left, today, cost


def _drop_empty(lots: deque[Lot]) -> None:
    held = [lot for lot in lots if lot.volume]
    lots.clear()
    lots.extend(held)


class _FeeLine:
    """The turnover and lots that one fee was charged on."""

    __slots__ = ("fee", "lots", "multiplier", "per_lot", "per_unit", "turnover")

    def __init__(self, fee: Fee, multiplier: int) -> None:
        self.fee = fee
        self.multiplier = multiplier
        self.per_unit = float(fee.rate) * multiplier / MICRO
        self.per_lot = float(fee.per_lot)
        self.turnover = 0
        self.lots = 0

    def charge(self, turnover: int, lots: int) -> float:
        """Charge turnover (millionths x lots) and lots; return about what it costs."""
        self.turnover += turnover
        self.lots += lots
        return turnover * self.per_unit + lots * self.per_lot

    def amount(self) -> Decimal:
        """Return what was charged so far, currency, exact."""
        value = Decimal(self.turnover * self.multiplier) / MICRO
        return value * self.fee.rate + self.lots * self.fee.per_lot
