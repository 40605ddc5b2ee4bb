"""Positions and money of one account. Pure, and exact.

Prices are counted in millionths of the currency, as whole numbers: every price
that a venue can quote (0.005, 0.2, 10) is a whole number of them, sums of
products of whole numbers have no rounding, and a posting costs a few integer
operations. Amounts become `Decimal` when they are read.
"""

from __future__ import annotations

from collections import deque
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
        realised: Closed profit in millionths x lots, before the multiplier.
        overclosed: Lots closed that were not held; shows a foreign or lost trade.
    """

    __slots__ = (
        "closing_long",
        "closing_short",
        "instrument",
        "long",
        "long_cost",
        "long_lots",
        "margin_per_micro",
        "opening_long",
        "opening_short",
        "overclosed",
        "realised",
        "short",
        "short_cost",
        "short_lots",
    )

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.long = self.short = 0
        self.long_cost = self.short_cost = 0
        self.opening_long = self.opening_short = 0
        self.closing_long = self.closing_short = 0
        self.realised = 0
        self.overclosed = 0
        self.long_lots: deque[Lot] = deque()
        self.short_lots: deque[Lot] = deque()
        self.margin_per_micro = float(instrument.margin_rate) * instrument.multiplier / MICRO

    @property
    def net(self) -> int:
        """Return long less short, lots."""
        return self.long - self.short

    def floating(self, price: int) -> int:
        """Return the open profit at a price, in millionths x lots, before the multiplier."""
        return (price * self.long - self.long_cost) + (self.short_cost - price * self.short)

    def margin(self) -> Decimal:
        """Return the margin held at opening prices, in currency, exact."""
        units = (self.long_cost + self.short_cost) * self.instrument.multiplier
        return Decimal(units) * self.instrument.margin_rate / MICRO

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
        self._fees: dict[tuple[str, str], _FeeLine] = {}

    def position(self, instrument: Instrument) -> Position:
        """Return the position in an instrument, empty at first; the same object for ever."""
        position = self.positions.get(instrument.symbol)
        if position is None:
            position = self.positions[instrument.symbol] = Position(instrument)
        return position

    def post(self, trade: TradeData, position: Position) -> None:
        """Book one trade: close lots, open lots, pay fees."""
        price = round(trade.price * MICRO)
        before = position.realised
        old_margin = position.long_cost + position.short_cost
        offset = trade.offset
        left = trade.volume
        if offset is _NONE:
            left = self._close(trade, position, price, left, _NONE)
        elif offset is not _OPEN:
            missing = self._close(trade, position, price, left, offset)
            position.overclosed += missing
            left = 0
        if left:
            self._open(trade, position, price, left)
        multiplier = position.instrument.multiplier
        self.cash += (position.realised - before) * multiplier / MICRO
        new_margin = position.long_cost + position.short_cost
        self.margin += (new_margin - old_margin) * position.margin_per_micro

    # -- exact readings --------------------------------------------------------

    def realised(self) -> Decimal:
        """Return the profit of closed lots, currency, exact."""
        units = sum(p.realised * p.instrument.multiplier for p in self.positions.values())
        return Decimal(units) / MICRO

    def fees(self) -> Decimal:
        """Return the fees paid, currency, exact, >= 0."""
        return sum((line.amount() for line in self._fees.values()), Decimal(0))

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
        lot = Lot(price, volume, trade.trading_day)
        if trade.direction is _LONG:
            position.long_lots.append(lot)
            position.long += volume
            position.long_cost += price * volume
        else:
            position.short_lots.append(lot)
            position.short += volume
            position.short_cost += price * volume
        self._pay(position.instrument, "open", price, volume)
        self.postings += 1

    def _close(
        self, trade: TradeData, position: Position, price: int, volume: int, offset: Offset
    ) -> int:
        """Close lots of the other side, oldest first; return what was not there to close."""
        buys = trade.direction is _LONG
        lots = position.short_lots if buys else position.long_lots
        day = trade.trading_day
        left = volume
        today = yesterday = cost = 0
        for lot in lots:
            if not left:
                break
            is_today = lot.day >= day
            if (offset is _TODAY and not is_today) or (offset is _YESTERDAY and is_today):
                continue
            taken = min(left, lot.volume)
            lot.volume -= taken
            left -= taken
            cost += lot.price * taken
            if is_today:
                today += taken
            else:
                yesterday += taken
        closed = volume - left
        if not closed:
            return left
        while lots and not lots[0].volume:
            lots.popleft()
        if buys:
            position.short -= closed
            position.short_cost -= cost
            position.realised += cost - price * closed
        else:
            position.long -= closed
            position.long_cost -= cost
            position.realised += price * closed - cost
        if today:
            self._pay(position.instrument, "close_today", price, today)
        if yesterday:
            self._pay(position.instrument, "close", price, yesterday)
        self.postings += 1
        return left

    def _pay(self, instrument: Instrument, kind: str, price: int, volume: int) -> None:
        line = self._fees.get((instrument.symbol, kind))
        if line is None:
            fee: Fee = getattr(instrument, f"fee_{kind}")
            line = self._fees[instrument.symbol, kind] = _FeeLine(fee, instrument.multiplier)
        self.cash -= line.add(price * volume, volume)
        self.postings += 1


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

    def add(self, turnover: int, lots: int) -> float:
        """Charge turnover (millionths x lots) and lots; return about what it costs."""
        self.turnover += turnover
        self.lots += lots
        return turnover * self.per_unit + lots * self.per_lot

    def amount(self) -> Decimal:
        """Return what was charged so far, currency, exact."""
        value = Decimal(self.turnover * self.multiplier) / MICRO
        return value * self.fee.rate + self.lots * self.fee.per_lot
