"""What a hand-worked accounting case is, and how the books go through it."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import TypeAlias

from attrs import frozen

from homalos.engine.ledger import Ledger
from homalos.model import (
    CloseFirst,
    Delivery,
    Direction,
    Fee,
    Instrument,
    MarginSide,
    Offset,
    OffsetRule,
    SettlementPrice,
    TradeData,
)

__all__ = [
    "BUY",
    "CLOSE",
    "OPEN",
    "SELL",
    "TODAY",
    "YESTERDAY",
    "Case",
    "Fill",
    "Night",
    "Terms",
    "check_case",
    "fill_of",
]

BUY, SELL = Direction.LONG, Direction.SHORT
OPEN, CLOSE = Offset.OPEN, Offset.CLOSE
TODAY, YESTERDAY = Offset.CLOSETODAY, Offset.CLOSEYESTERDAY


@frozen
class Terms:
    """A contract and what holds for it; fees are (rate, per lot) as text."""

    symbol: str
    tick: float
    multiplier: int
    margin: str = "0"
    open: tuple[str, str] = ("0", "0")
    close: tuple[str, str] = ("0", "0")
    today: tuple[str, str] = ("0", "0")
    last_day: int = 0
    delivery: Delivery = Delivery.NONE
    delivery_fee: tuple[str, str] = ("0", "0")
    group: str = ""

    def instrument(self) -> Instrument:
        """Return it as the books take it."""
        code, exchange = self.symbol.split(".")
        dated = exchange in {"SHFE", "INE"}
        fees = (Fee(*map(Decimal, each)) for each in (self.open, self.close, self.today))
        fee_open, fee_close, fee_close_today = fees
        return Instrument(
            self.symbol,
            code.rstrip("0123456789"),
            self.tick,
            self.multiplier,
            margin_rate=Decimal(self.margin),
            fee_open=fee_open,
            fee_close=fee_close,
            fee_close_today=fee_close_today,
            offsets=OffsetRule.DATED if dated else OffsetRule.PLAIN,
            close_first=CloseFirst.OLDEST,
            margin_side=MarginSide.GROUP if self.group else MarginSide.LARGER,
            margin_group=self.group,
            last_trading_day=self.last_day,
            delivery=self.delivery,
            fee_delivery=Fee(*map(Decimal, self.delivery_fee)),
        )


@frozen
class Fill:
    """A fill, and the fee and marked profit of its line."""

    direction: Direction
    offset: Offset
    lots: int
    price: float
    fee: str = "0"
    realised: str = "0"
    symbol: str = ""


@frozen
class Night:
    """A day's settlement: price by symbol (or of the only one), and the day's funds."""

    day: int
    price: str | dict[str, str]
    funds: dict[str, str]


Step: TypeAlias = Fill | Night | Terms


@frozen
class Case:
    """One case: contracts, steps, and where its figures come from."""

    name: str
    source: str
    capital: str
    terms: tuple[Terms, ...]
    steps: tuple[Step, ...]


def fill_of(step: Fill, symbol: str, day: int, number: int) -> TradeData:
    """Return a fill as the books take it."""
    return TradeData(
        f"T{number}",
        "1-1",
        symbol,
        step.direction,
        step.offset,
        step.price,
        step.lots,
        0,
        day,
        "",
        "main",
        "g",
    )


def check_case(case: Case) -> None:
    """Go through a case; compare fees and profits fill by fill, and the funds of every day."""
    ledger = Ledger(capital=Decimal(case.capital))
    positions = {each.symbol: ledger.position(each.instrument()) for each in case.terms}
    days = iter([step.day for step in case.steps if isinstance(step, Night)])
    day, numbers, fills = next(days), count(1), list[Fill]()
    only = case.terms[0].symbol
    for step in case.steps:
        if isinstance(step, Terms):
            ledger.change(positions[step.symbol], step.instrument())
        elif isinstance(step, Fill):
            symbol = step.symbol or only
            ledger.post(fill_of(step, symbol, day, next(numbers)), positions[symbol])
            fills.append(step)
        else:
            prices = step.price if isinstance(step.price, dict) else {only: step.price}
            found = {key: SettlementPrice(Decimal(price)) for key, price in prices.items()}
            statement = ledger.settle(step.day, found)
            assert [(each.fee, each.realised) for each in statement.trades] == [
                (Decimal(each.fee), Decimal(each.realised)) for each in fills
            ]
            assert {name: getattr(statement.funds, name) for name in step.funds} == {
                name: Decimal(amount) for name, amount in step.funds.items()
            }
            fills.clear()
            day = next(days, 0)
