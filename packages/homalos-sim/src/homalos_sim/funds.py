"""The venue's own money: what its accounts are worth, by its own arithmetic.

It is a second computation beside the engine's ledger, made another way, so that the two agree
only where both are right:

- equity is what went through the till: capital, less what every lot bought cost, plus what
  every lot sold brought, less fees, plus the lots left over at the last prices. It knows
  nothing of settlements, and needs nothing of them: a settlement moves profit from floating to
  settled and changes no sum. The engine reckons the same from lots, marks and balances.
- fees are the contract's rates times turnover and lots, exact; which lots a close takes, of
  this day or of earlier ones, is the exchange's rule (`docs/explanation/accounting.md`).
- margin is held at the opening price of today's lots and at the settlement price of earlier
  ones. The venue settles at the price of that document: the one its last tick of the day
  carries, else the average by volume, else the last price, else the one before. It needs ticks
  for it; in a run on bars what is held over night has no known margin here, and `funds` says
  `None`.

Nothing is rounded here, so engine and venue agree when both round to the same cent. Money that
was paid in or taken out is between the account and its broker: the venue does not see it.
A fill costs one append; the arithmetic waits until somebody asks.
"""

from __future__ import annotations

from decimal import Context, Decimal
from math import isfinite
from typing import TYPE_CHECKING

from attrs import define, frozen

from homalos.model import CloseFirst, Delivery, Direction, MarginSide, Offset, OffsetRule
from homalos.plugins.ports import VenueFunds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from homalos.model import Fee, Instrument, TickData, TradeReport

__all__ = ["Funds"]

_EXACT = Context(prec=80)  # the default's 28 digits would round long rates
_ZERO = Decimal(0)
_LONG, _SHORT = Direction.LONG, Direction.SHORT
_OPEN, _NONE, _TODAY = Offset.OPEN, Offset.NONE, Offset.CLOSETODAY
_NO_PRICE = 1e300  # CTP writes its largest double where it has no price


@define
class _Lot:
    # What one fill opened and nobody closed; `mark` is None where its settlement is not known.
    lots: int
    day: int
    mark: Decimal | None


@frozen
class _Day:
    # A trading day that is over, as it is kept until somebody asks.
    day: int
    fills: list[tuple[str, TradeReport]]
    instruments: Mapping[str, Instrument]
    ticks: Mapping[str, TickData | None]


class _Account:
    """One account's till and what it holds.

    Attributes:
        cash: Capital, less what was bought, plus what was sold, currency; fees apart.
        fees: Taken so far, currency.
        held: Lots of each contract and side, opened first comes first.
    """

    __slots__ = ("cash", "fees", "held")

    def __init__(self, capital: Decimal) -> None:
        self.cash = capital
        self.fees = _ZERO
        self.held: dict[tuple[str, Direction], list[_Lot]] = {}

    def book(self, report: TradeReport, instrument: Instrument) -> None:
        """Take a fill: pay or get its price, close what it closes, open the rest."""
        price = _exact(report.price)
        lots, day = report.volume, report.trading_day
        buys = report.direction is _LONG
        self._pay(price, lots if buys else -lots, instrument)
        offset = report.offset
        if offset is not _OPEN:
            against = self._lots(report.symbol, _SHORT if buys else _LONG)
            closed, today = _take(against, lots, day, offset, instrument)
            self._charge(instrument.fee_close_today, price, today, instrument)
            self._charge(instrument.fee_close, price, closed - today, instrument)
            lots -= closed
        if lots:
            self._lots(report.symbol, report.direction).append(_Lot(lots, day, price))
            self._charge(instrument.fee_open, price, lots, instrument)

    def settle(self, symbol: str, price: Decimal | None, instrument: Instrument, day: int) -> None:
        """Mark a contract to its settlement price; what has come to its end is delivered."""
        last = instrument.last_trading_day
        ends = 0 < last <= day and instrument.delivery is not Delivery.NONE
        for side in (_LONG, _SHORT):
            lots = self._lots(symbol, side)
            if ends and lots and price is not None:
                held = sum(lot.lots for lot in lots)
                self._pay(price, -held if side is _LONG else held, instrument)
                self._charge(instrument.fee_delivery, price, held, instrument)
                lots.clear()
            for lot in lots:
                lot.mark = price

    def net(self, symbol: str) -> int:
        """Return lots long less lots short."""
        long, short = (sum(lot.lots for lot in self._lots(symbol, s)) for s in (_LONG, _SHORT))
        return long - short

    def margin(self, symbol: str, side: Direction, instrument: Instrument) -> Decimal | None:
        """Return what one side of a contract would hold by itself; `None` where not known."""
        rate = instrument.margin_rate
        if side is _SHORT and instrument.margin_rate_short is not None:
            rate = instrument.margin_rate_short
        total = _ZERO
        for lot in self._lots(symbol, side):
            if lot.mark is None:
                return None
            turnover = _times(lot.mark, lot.lots * instrument.multiplier)
            extra = _times(instrument.margin_per_lot, lot.lots)
            total = _plus(total, _plus(_times(turnover, rate), extra))
        return total

    def _lots(self, symbol: str, side: Direction) -> list[_Lot]:
        return self.held.setdefault((symbol, side), [])

    def _pay(self, price: Decimal, lots: int, instrument: Instrument) -> None:
        self.cash = _plus(self.cash, _times(price, -lots * instrument.multiplier))

    def _charge(self, fee: Fee, price: Decimal, lots: int, instrument: Instrument) -> None:
        if lots:
            share = _times(_times(price, lots * instrument.multiplier), fee.rate)
            self.fees = _plus(self.fees, _plus(share, _times(fee.per_lot, lots)))


class Funds:
    """What every account of one venue is worth. Engine thread.

    Attributes:
        note: Note a fill, an account and its report; bound once, since each one passes here.
    """

    def __init__(
        self,
        capital: Mapping[str, Decimal],
        instrument: Callable[[str], Instrument],
        last_tick: Callable[[str], TickData | None],
    ) -> None:
        """Begin with what each account starts with.

        Args:
            capital: By account, currency; of others nothing is known.
            instrument: A contract under the terms of the day in hand.
            last_tick: The last tick of a contract that the engine has.
        """
        self._accounts = {name: _Account(amount) for name, amount in capital.items()}
        self._instrument = instrument
        self._last_tick = last_tick
        self._fills: list[tuple[str, TradeReport]] = []
        self.note: Callable[[tuple[str, TradeReport]], None] = self._fills.append
        self._names: set[str] = set()  # of every contract whose fills were looked at
        self._over: list[_Day] = []
        self._day = 0
        self._settled: dict[str, Decimal | None] = {}

    def end_day(self, day: int) -> None:
        """Note that a trading day is over, with the prices and the terms it ended with."""
        if day <= self._day:
            return
        self._day = day
        fills = self._fills.copy()
        self._fills.clear()
        self._names.update([report.symbol for _, report in fills])
        instruments = {symbol: self._instrument(symbol) for symbol in sorted(self._names)}
        ticks = {symbol: self._last_tick(symbol) for symbol in instruments}
        self._over.append(_Day(day, fills, instruments, ticks))

    def of(self, account: str) -> VenueFunds | None:
        """Return an account's money now; `None` where a price for it is not known."""
        till = self._accounts.get(account)
        if till is None:
            return None
        self._catch_up()
        worth = till.cash
        symbols = sorted({symbol for symbol, _ in till.held})
        for symbol in symbols:
            if net := till.net(symbol):
                price = self._last_price(symbol)
                if price is None:
                    return None
                worth = _plus(worth, _times(price, net * self._instrument(symbol).multiplier))
        margin = _margin(till, [self._instrument(symbol) for symbol in symbols])
        if margin is None:
            return None
        return VenueFunds(equity=_EXACT.subtract(worth, till.fees), margin=margin, fees=till.fees)

    # -- inside --------------------------------------------------------------------

    def _catch_up(self) -> None:
        """Do the arithmetic of what was only noted so far."""
        for over in self._over:
            for account, report in over.fills:
                self._book(account, report, over.instruments[report.symbol])
            for symbol, instrument in over.instruments.items():
                price = _settlement(instrument, over.day, over.ticks[symbol])
                # Without a price that day it is carried at the one before.
                price = self._settled.get(symbol) if price is None else price
                self._settled[symbol] = price
                for till in self._accounts.values():
                    till.settle(symbol, price, instrument, over.day)
        self._over.clear()
        for account, report in self._fills:
            self._names.add(report.symbol)
            self._book(account, report, self._instrument(report.symbol))
        self._fills.clear()

    def _book(self, account: str, report: TradeReport, instrument: Instrument) -> None:
        till = self._accounts.get(account)
        if till is not None:
            till.book(report, instrument)

    def _last_price(self, symbol: str) -> Decimal | None:
        tick = self._last_tick(symbol)
        if tick is not None and isfinite(tick.last_price):
            return _exact(tick.last_price)
        return self._settled.get(symbol)


def _take(
    lots: list[_Lot], volume: int, day: int, offset: Offset, instrument: Instrument
) -> tuple[int, int]:
    """Take lots out as a close does; return how many, and those of them of the fill's day."""
    today = [lot for lot in lots if lot.day >= day]
    earlier = [lot for lot in lots if lot.day < day]
    if instrument.offsets is OffsetRule.DATED and offset is not _NONE:
        order = today if offset is _TODAY else earlier
    elif instrument.close_first is CloseFirst.TODAY:
        order = today + earlier
    else:
        order = earlier + today
    closed = of_today = 0
    for lot in order:
        taken = min(lot.lots, volume - closed)
        lot.lots -= taken
        closed += taken
        of_today += taken if lot.day >= day else 0
    lots[:] = [lot for lot in lots if lot.lots]
    return closed, of_today


def _margin(till: _Account, instruments: Sequence[Instrument]) -> Decimal | None:
    """Return the margin of an account: of both sides, or of the larger one where that is so."""
    total = _ZERO
    groups: dict[str, tuple[Decimal, Decimal]] = {}
    for each in instruments:
        long, short = (till.margin(each.symbol, side, each) for side in (_LONG, _SHORT))
        if long is None or short is None:
            return None
        if each.margin_side is MarginSide.BOTH:
            total = _plus(total, _plus(long, short))
            continue
        # A contract without a group is one of its own; no group has a symbol's name.
        grouped = each.margin_group if each.margin_side is MarginSide.GROUP else ""
        name = f"group {grouped}" if grouped else each.symbol
        before = groups.get(name, (_ZERO, _ZERO))
        groups[name] = _plus(before[0], long), _plus(before[1], short)
    for sides in groups.values():
        total = _plus(total, max(sides))
    return total


def _settlement(instrument: Instrument, day: int, tick: TickData | None) -> Decimal | None:
    """Return what a contract is settled at on a day; `None` where no tick of the day tells."""
    if tick is None or tick.trading_day != day:
        return None
    if _is_price(tick.settlement_price):
        return _exact(instrument.snap(tick.settlement_price))
    if tick.volume > 0 and tick.turnover > 0:
        # CZCE counts its turnover without the multiplier; the day's prices tell which it is.
        for units in (tick.volume * instrument.multiplier, tick.volume):
            average = tick.turnover / units
            step = instrument.tick_size
            if tick.low_price - step <= average <= tick.high_price + step:
                return _exact(instrument.snap(average))
    return _exact(instrument.snap(tick.last_price)) if _is_price(tick.last_price) else None


def _is_price(price: float) -> bool:
    return isfinite(price) and 0 < price < _NO_PRICE


def _exact(price: float) -> Decimal:
    # The shortest text of a double on the grid is the decimal that it was written as.
    return Decimal(repr(price))


def _plus(one: Decimal, other: Decimal) -> Decimal:
    return _EXACT.add(one, other)


def _times(one: Decimal, other: Decimal | int) -> Decimal:
    return _EXACT.multiply(one, Decimal(other))
