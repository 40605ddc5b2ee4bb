"""What a trading day came to, line by line, and what becomes of a position at its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from attrs import frozen

from homalos.engine.ledger.amounts import (
    EXACT,
    PLACES,
    amount,
    cents,
    price_of,
    printed,
    whole_micros,
)
from homalos.engine.ledger.lots import Lot
from homalos.engine.ledger.margin import margin_of
from homalos.engine.ledger.position import Position
from homalos.engine.ledger.posting import Posting
from homalos.engine.ledger.totals import DayTotals, total_funds
from homalos.model import (
    CloseLine,
    Delivery,
    DeliveryLine,
    Direction,
    HoldingLine,
    Instrument,
    PositionLine,
    PriceOrigin,
    SettlementPrice,
    Statement,
    TradeLine,
)

__all__ = ["DayLines", "Ended", "check_prices", "settle_position"]

_LONG, _SHORT = Direction.LONG, Direction.SHORT
_PLACES = Decimal("0.0001")
_ZERO = Decimal(0)


@frozen
class Ended:
    """A contract that was delivered.

    Attributes:
        price: Millionths.
        gain: Profit by trade, millionths x lots.
        lots: Strategy and lots of everything that ended.
    """

    price: int
    gain: int
    lots: tuple[tuple[str, int], ...]


@frozen
class _Mark:
    """What one contract was marked to: millionths, what it was before, and whence."""

    price: int
    previous: int
    origin: PriceOrigin
    marked: Decimal


class DayLines:
    """The lines of one account's trading day, as they are gathered.

    Attributes:
        detailed: Whether trades, closings and holdings are told one by one.
        marked: Of lots held, settlement against what they were marked to before; exact.
        floating: Of lots held, settlement against opening prices; exact.
    """

    def __init__(self) -> None:
        self.trades: list[TradeLine] = []
        self.closes: list[CloseLine] = []
        self.deliveries: list[DeliveryLine] = []
        self.holdings: list[HoldingLine] = []
        self.positions: list[PositionLine] = []
        self.detailed = True
        self.marked = _ZERO
        self.floating = _ZERO
        self._marks: dict[str, _Mark] = {}

    def add_postings(self, postings: Iterable[Posting], positions: Mapping[str, Position]) -> None:
        """Add the lines of fills that were booked under the present terms."""
        for posting in postings:
            position = positions[posting[0].symbol]
            self._add_trade(posting, position)
            if posting[-1]:
                self._add_closes(posting, position.instrument.multiplier)

    def add_deliveries(self, position: Position, day: int, price: int) -> None:
        """Add the lines of a contract that ends, before it does."""
        instrument = position.instrument
        for direction, lot in _held(position):
            units = (lot.volume if direction is _LONG else -lot.volume) * instrument.multiplier
            fee = position.fee_delivery.units(price * lot.volume, lot.volume)
            self.deliveries.append(
                DeliveryLine(
                    day=day,
                    symbol=instrument.symbol,
                    direction=direction,
                    lots=lot.volume,
                    open_day=lot.day,
                    open_price=price_of(lot.price),
                    previous_settlement=price_of(lot.mark),
                    price=price_of(price),
                    realised=printed((price - lot.mark) * units, PLACES),
                    realised_by_trade=printed((price - lot.price) * units, PLACES),
                    fee=printed(fee, position.fee_delivery.scale),
                )
            )

    def add_holdings(self, position: Position, price: int, origin: PriceOrigin) -> None:
        """Add what becomes of a contract that is held on, before it is marked."""
        instrument = position.instrument
        if self.detailed:
            self.holdings += [
                _holding(instrument, direction, lot, price) for direction, lot in _held(position)
            ]
        marked = amount(position.floating_marked(price), instrument.multiplier)
        floating = amount(position.floating(price), instrument.multiplier)
        self.marked = EXACT.add(self.marked, marked)
        self.floating = EXACT.add(self.floating, floating)
        self._marks[instrument.symbol] = _Mark(price, position.settlement or 0, origin, marked)

    def add_positions(
        self, positions: Mapping[str, Position], margins: Mapping[str, Decimal]
    ) -> None:
        """Add what is held of each contract, once all of them are marked."""
        for symbol, mark in self._marks.items():
            position = positions[symbol]
            self.positions.append(
                PositionLine(
                    symbol=symbol,
                    long_lots=position.long,
                    long_average=_average(position.long_cost, position.long),
                    short_lots=position.short,
                    short_average=_average(position.short_cost, position.short),
                    previous_settlement=price_of(mark.previous),
                    settlement=price_of(mark.price),
                    origin=mark.origin,
                    marked=cents(mark.marked),
                    margin=cents(margins[symbol]),
                )
            )

    def statement(self, account: str, currency: str, day: int, totals: DayTotals) -> Statement:
        """Return the day's statement, of these lines and of what they came to."""
        return Statement(
            account=account,
            currency=currency,
            trading_day=day,
            funds=total_funds(totals),
            transfers=totals.transfers,
            trades=tuple(self.trades) if self.detailed else (),
            closes=tuple(self.closes) if self.detailed else (),
            deliveries=tuple(self.deliveries),
            holdings=tuple(self.holdings),
            positions=tuple(self.positions),
        )

    def _add_trade(self, posting: Posting, position: Position) -> None:
        trade, price, opened, today, earlier, marked, _ = posting
        lots = opened + today + earlier
        multiplier = position.instrument.multiplier
        fee = position.fee_open.units(price * opened, opened)
        fee += position.fee_close_today.units(price * today, today)
        fee += position.fee_close.units(price * earlier, earlier)
        self.trades.append(
            TradeLine(
                day=trade.trading_day,
                symbol=trade.symbol,
                trade_id=trade.trade_id,
                direction=trade.direction,
                offset=trade.offset,
                price=price_of(price),
                lots=lots,
                turnover=printed(price * lots * multiplier, PLACES),
                fee=printed(fee, position.fee_open.scale),
                realised=printed(marked * multiplier, PLACES),
                strategy=trade.strategy,
            )
        )

    def _add_closes(self, posting: Posting, multiplier: int) -> None:
        trade, price, _, _, _, _, parts = posting
        # What a sale closes was long.
        sign = -1 if trade.direction is _LONG else 1
        for lots, opened_at, marked_at, opened_on, trade_id in parts:
            units = sign * lots * multiplier
            self.closes.append(
                CloseLine(
                    day=trade.trading_day,
                    symbol=trade.symbol,
                    trade_id=trade.trade_id,
                    direction=trade.direction,
                    lots=lots,
                    open_day=opened_on,
                    open_trade_id=trade_id,
                    open_price=price_of(opened_at),
                    previous_settlement=price_of(marked_at),
                    price=price_of(price),
                    realised=printed((price - marked_at) * units, PLACES),
                    realised_by_trade=printed((price - opened_at) * units, PLACES),
                )
            )


def check_prices(prices: Mapping[str, SettlementPrice]) -> None:
    """Refuse settlement prices that are none.

    Raises:
        ValueError: One is not a finite number.
    """
    wrong = [f"{symbol} {each.price}" for symbol, each in prices.items() if not _is_price(each)]
    if wrong:
        msg = f"expected finite settlement prices, not {', '.join(wrong)}; leave them out"
        raise ValueError(msg)


def _is_price(price: SettlementPrice) -> bool:
    return price.price.is_finite()


def settle_position(
    lines: DayLines, position: Position, day: int, found: SettlementPrice | None
) -> Ended | None:
    """Mark a position to its settlement price, or end it where its last day has come.

    Args:
        lines: Get what is to be told of it.
        position: Marked, or emptied.
        day: Trading day, yyyymmdd.
        found: `None` where there is no price: it is carried at the last one.

    Returns:
        What ended, or `None` where the contract goes on.
    """
    held = bool(position.long or position.short)
    price = position.carried() if found is None else whole_micros(found.price)
    known = found is not None or held
    if _ends(position, day):
        lines.add_deliveries(position, day, price)
        lots = tuple((lot.strategy, lot.volume) for _, lot in _held(position))
        position.settlement = price if known else None
        return Ended(price, position.finish(price), lots) if known else None
    if held:
        origin = PriceOrigin.CARRIED if found is None else found.origin
        lines.add_holdings(position, price, origin)
    position.mark(price)
    # A price that is older than the settlement before must not be carried on.
    position.settlement = price if known else None
    return None


def _ends(position: Position, day: int) -> bool:
    instrument = position.instrument
    return 0 < instrument.last_trading_day <= day and instrument.delivery is not Delivery.NONE


def _held(position: Position) -> list[tuple[Direction, Lot]]:
    """Return every lot with its side: long before short, oldest first."""
    return [(_LONG, lot) for lot in position.long_lots] + [
        (_SHORT, lot) for lot in position.short_lots
    ]


def _holding(instrument: Instrument, direction: Direction, lot: Lot, price: int) -> HoldingLine:
    units = (lot.volume if direction is _LONG else -lot.volume) * instrument.multiplier
    return HoldingLine(
        symbol=instrument.symbol,
        trade_id=lot.trade_id,
        direction=direction,
        open_day=lot.day,
        lots=lot.volume,
        open_price=price_of(lot.price),
        previous_settlement=price_of(lot.mark),
        settlement=price_of(price),
        marked=printed((price - lot.mark) * units, PLACES),
        floating=printed((price - lot.price) * units, PLACES),
        margin=cents(margin_of(instrument, direction, price * lot.volume, lot.volume)),
    )


def _average(cost: int, lots: int) -> Decimal:
    if not lots:
        return _ZERO
    mean = EXACT.divide(price_of(cost), lots)
    return mean.quantize(_PLACES, rounding=ROUND_HALF_UP, context=EXACT)
