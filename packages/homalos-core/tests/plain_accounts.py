"""An account reckoned as one would on paper: from the list of what happened, lot by lot.

It shares nothing with the engine's books but the records of the model, and every reading
goes through everything that happened from the beginning. Each lot is a record of its own,
all amounts are decimals.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TypeAlias

from attrs import define, field, frozen

from homalos.model import (
    CloseFirst,
    Delivery,
    Direction,
    Fee,
    Instrument,
    MarginSide,
    Offset,
    OffsetRule,
    TradeData,
)

__all__ = ["Happened", "OneLot", "PlainAccount", "Prices", "Settled", "Terms", "Transfer", "cent"]

Prices: TypeAlias = dict[str, Decimal]
Line: TypeAlias = tuple[object, ...]


@frozen
class Terms:
    """A contract's terms hold from here on."""

    instrument: Instrument


@frozen
class Transfer:
    """Money came in or went out."""

    amount: Decimal


@frozen
class Settled:
    """A day ended at these prices; a symbol without one had none."""

    day: int
    prices: Prices


Happened: TypeAlias = Terms | Transfer | Settled | TradeData


@define
class OneLot:
    """One single lot that is held."""

    symbol: str
    direction: Direction
    price: Decimal
    mark: Decimal
    day: int
    trade_id: str
    strategy: str


def cent(amount: Decimal) -> Decimal:
    """Round half-up to the cent."""
    with localcontext(prec=200):
        return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@define
class PlainAccount:
    """What an account has come to.

    Attributes:
        lots: Held, in the order of opening.
        earned: By strategy: what its trades paid and cost, fees included.
        lines: Of the day that was settled last: kind, then what a statement says.
        funds: Of the day that was settled last, rounded.
    """

    capital: Decimal
    terms: dict[str, Instrument] = field(factory=dict)
    lots: list[OneLot] = field(factory=list)
    transfers: Decimal = Decimal(0)
    balance: Decimal = field(init=False)
    realised: Decimal = Decimal(0)
    realised_marked: Decimal = Decimal(0)
    realised_before: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    fees_today: Decimal = Decimal(0)
    moved: list[Decimal] = field(factory=list)
    known: Prices = field(factory=dict)
    earned: dict[str, Decimal] = field(factory=dict)
    net: dict[tuple[str, str], int] = field(factory=dict)
    overclosed: dict[str, int] = field(factory=dict)
    today: list[Line] = field(factory=list)
    lines: list[Line] = field(factory=list)
    funds: dict[str, Decimal] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        """Begin with the capital."""
        self.balance = self.capital

    @classmethod
    def after(cls, capital: Decimal, happened: list[Happened]) -> PlainAccount:
        """Return the account after all of this, from the beginning."""
        account = cls(capital)
        with localcontext(prec=200):
            for each in happened:
                account._take(each)
        return account

    def _take(self, happened: Happened) -> None:
        if isinstance(happened, Terms):
            self.terms[happened.instrument.symbol] = happened.instrument
        elif isinstance(happened, Transfer):
            self.balance += happened.amount
            self.transfers += happened.amount
            self.moved.append(happened.amount)
        elif isinstance(happened, Settled):
            self._settle(happened)
        else:
            self._trade(happened)

    # -- a fill ----------------------------------------------------------------

    def _trade(self, trade: TradeData) -> None:
        terms = self.terms[trade.symbol]
        price = Decimal(str(trade.price))
        closed = self._closable(trade, terms)[: trade.volume]
        opened = 0
        if trade.offset in (Offset.OPEN, Offset.NONE):
            opened = trade.volume - len(closed)
        else:
            missing = trade.volume - len(closed)
            self.overclosed[trade.symbol] = self.overclosed.get(trade.symbol, 0) + missing
        if not closed and not opened:
            return
        fee = marked = Decimal(0)
        for lot in closed:
            fee += cost(
                terms.fee_close_today if lot.day == trade.trading_day else terms.fee_close,
                terms,
                price,
            )
            marked += gain(lot, lot.mark, price, terms)
            self.realised += gain(lot, lot.price, price, terms)
        fee += opened * cost(terms.fee_open, terms, price)
        self.lots = [lot for lot in self.lots if not any(lot is each for each in closed)]
        self.lots += [
            OneLot(
                trade.symbol,
                trade.direction,
                price,
                price,
                trade.trading_day,
                trade.trade_id,
                trade.strategy,
            )
            for _ in range(opened)
        ]
        self._charge(fee, trade.strategy)
        self.realised_marked += marked
        self._move(trade, len(closed) + opened, price, terms)
        turnover = price * (len(closed) + opened) * terms.multiplier
        self.today.append(
            ("trade", trade.trade_id, len(closed) + opened, cent(turnover), cent(fee), cent(marked))
        )
        for lot, count in grouped(closed):
            self.today.append(
                (
                    "close",
                    trade.trade_id,
                    lot.trade_id,
                    count,
                    lot.price,
                    lot.mark,
                    price,
                    cent(count * gain(lot, lot.mark, price, terms)),
                    cent(count * gain(lot, lot.price, price, terms)),
                )
            )

    def _closable(self, trade: TradeData, terms: Instrument) -> list[OneLot]:
        """Return the lots that a trade may close, the first first."""
        if trade.offset is Offset.OPEN:
            return []
        others = [
            lot
            for lot in self.lots
            if lot.symbol == trade.symbol and lot.direction is not trade.direction
        ]
        new = [lot for lot in others if lot.day == trade.trading_day]
        old = [lot for lot in others if lot.day < trade.trading_day]
        if trade.offset is Offset.CLOSETODAY:
            return new
        dated = terms.offsets is OffsetRule.DATED and trade.offset is Offset.CLOSE
        if trade.offset is Offset.CLOSEYESTERDAY or dated:
            return old
        return new + old if terms.close_first is CloseFirst.TODAY else old + new

    def _charge(self, fee: Decimal, strategy: str) -> None:
        self.fees += fee
        self.fees_today += fee
        self.earned[strategy] = self.earned.get(strategy, Decimal(0)) - fee

    def _move(self, trade: TradeData, lots: int, price: Decimal, terms: Instrument) -> None:
        """Have the strategy pay for what it bought, or get what it sold for."""
        signed = lots if trade.direction is Direction.LONG else -lots
        self.earned[trade.strategy] -= signed * price * terms.multiplier
        key = trade.strategy, trade.symbol
        self.net[key] = self.net.get(key, 0) + signed

    # -- the end of a day ------------------------------------------------------

    def _settle(self, settled: Settled) -> None:
        marked = floating = Decimal(0)
        lines: list[Line] = []
        for symbol in sorted(self.terms):
            held = self.held(symbol)
            price = settled.prices.get(symbol)
            before = self.known.pop(symbol, None)
            if price is None and held:
                # Opened on one day, the newest of the long side counts as the newest.
                ranked = sorted(held, key=lambda lot: (lot.day, lot.direction is Direction.LONG))
                price = before if before is not None else ranked[-1].price
            if price is None:
                continue
            self.known[symbol] = price
            terms = self.terms[symbol]
            if 0 < terms.last_trading_day <= settled.day and terms.delivery is not Delivery.NONE:
                self._deliver(symbol, price)
                continue
            if not held:
                continue
            day = sum((gain(lot, lot.mark, price, terms) for lot in held), Decimal(0))
            marked += day
            floating += sum((gain(lot, lot.price, price, terms) for lot in held), Decimal(0))
            lines += self._holdings(symbol, price)
            for lot in held:
                lot.mark = price
            lines.append(("position", symbol, before or Decimal(0), price, cent(day)))
        self._close_day(marked, floating, lines)

    def _holdings(self, symbol: str, price: Decimal) -> list[Line]:
        terms = self.terms[symbol]
        return [
            (
                "holding",
                symbol,
                lot.trade_id,
                lot.direction,
                lot.day,
                count,
                lot.price,
                lot.mark,
                price,
                cent(count * gain(lot, lot.mark, price, terms)),
                cent(count * gain(lot, lot.price, price, terms)),
                cent(count * margin(lot, price, terms)),
            )
            for side in Direction
            for lot, count in grouped([lot for lot in self.held(symbol) if lot.direction is side])
        ]

    def _deliver(self, symbol: str, price: Decimal) -> None:
        terms = self.terms[symbol]
        each = cost(terms.fee_delivery, terms, price)
        for side in Direction:
            lots = [lot for lot in self.held(symbol) if lot.direction is side]
            for lot, count in grouped(lots):
                marked = count * gain(lot, lot.mark, price, terms)
                by_trade = count * gain(lot, lot.price, price, terms)
                self.realised_marked += marked
                self.realised += by_trade
                self.earned.setdefault(lot.strategy, Decimal(0))
                self._charge(count * each, lot.strategy)
                self.today.append(
                    (
                        "delivery",
                        symbol,
                        side,
                        count,
                        lot.day,
                        lot.price,
                        lot.mark,
                        price,
                        cent(marked),
                        cent(by_trade),
                        cent(count * each),
                    )
                )
        for (strategy, of), net in self.net.items():
            if of == symbol:
                self.earned[strategy] += net * price * terms.multiplier
                self.net[strategy, of] = 0
        self.lots = [lot for lot in self.lots if lot.symbol != symbol]

    def _close_day(self, marked: Decimal, floating: Decimal, lines: list[Line]) -> None:
        zero = Decimal(0)
        before = self.balance - sum(self.moved)
        self.balance += self.realised_marked + marked - self.fees_today
        held = self.margin()
        self.funds = {
            "balance_before": cent(before),
            "deposits": cent(sum((each for each in self.moved if each > 0), zero)),
            "withdrawals": cent(-sum((each for each in self.moved if each < 0), zero)),
            "realised": cent(self.realised_marked),
            "realised_by_trade": cent(self.realised - self.realised_before),
            "marked": cent(marked),
            "floating": cent(floating),
            "fees": cent(self.fees_today),
            "balance": cent(self.balance),
            "margin": cent(held),
        }
        self.lines = self.today + lines
        self.today = []
        self.moved = []
        self.realised_before = self.realised
        self.realised_marked = self.fees_today = zero

    # -- readings --------------------------------------------------------------

    def held(self, symbol: str) -> list[OneLot]:
        """Return the lots of a contract, in the order of opening."""
        return [lot for lot in self.lots if lot.symbol == symbol]

    def count(self, symbol: str, direction: Direction, *, since: int = 0) -> int:
        """Count the lots of one side that were opened on or after a day."""
        lots = self.held(symbol)
        return sum(lot.direction is direction and lot.day >= since for lot in lots)

    def floating(self, prices: Prices, *, marked: bool = False) -> Decimal:
        """Return what the lots held have gained, since opening or since the last mark."""
        total = Decimal(0)
        with localcontext(prec=200):
            for lot in self.lots:
                since = lot.mark if marked else lot.price
                total += gain(lot, since, prices[lot.symbol], self.terms[lot.symbol])
        return total

    def pnl(self, strategy: str, prices: Prices) -> Decimal:
        """Return what a strategy would have if it closed everything at these prices."""
        with localcontext(prec=200):
            total = self.earned.get(strategy, Decimal(0))
            for (name, symbol), lots in self.net.items():
                if name == strategy:
                    total += lots * prices[symbol] * self.terms[symbol].multiplier
            return total

    def margin(self) -> Decimal:
        """Return what is held for the lots, on the larger side where terms say so."""
        with localcontext(prec=200):
            sides: dict[tuple[str, str], list[Decimal]] = {}
            for lot in self.lots:
                terms = self.terms[lot.symbol]
                rule = terms.margin_side
                grouped_by = rule is MarginSide.GROUP and terms.margin_group
                key = ("group", terms.margin_group) if grouped_by else (str(rule), lot.symbol)
                pair = sides.setdefault(key, [Decimal(0), Decimal(0)])
                pair[lot.direction is Direction.SHORT] += margin(lot, lot.mark, terms)
            total = Decimal(0)
            for (rule_name, _), pair in sides.items():
                total += sum(pair) if rule_name == str(MarginSide.BOTH) else max(pair)
            return total


def gain(lot: OneLot, since: Decimal, price: Decimal, terms: Instrument) -> Decimal:
    """Return what a lot gains from one price to another."""
    units = terms.multiplier if lot.direction is Direction.LONG else -terms.multiplier
    return (price - since) * units


def cost(fee: Fee, terms: Instrument, price: Decimal) -> Decimal:
    """Return the fee of one lot."""
    return fee.rate * price * terms.multiplier + fee.per_lot


def margin(lot: OneLot, price: Decimal, terms: Instrument) -> Decimal:
    """Return the margin of one lot alone at a price."""
    rate = terms.margin_rate
    if lot.direction is Direction.SHORT and terms.margin_rate_short is not None:
        rate = terms.margin_rate_short
    return rate * price * terms.multiplier + terms.margin_per_lot


def grouped(lots: list[OneLot]) -> list[tuple[OneLot, int]]:
    """Return one lot of each opening trade and how many there are, in their order."""
    found: dict[str, list[OneLot]] = {}
    for lot in lots:
        found.setdefault(lot.trade_id, []).append(lot)
    return [(each[0], len(each)) for each in found.values()]
