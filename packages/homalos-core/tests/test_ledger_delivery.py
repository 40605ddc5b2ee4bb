"""The end of a contract: lots that are delivered at its last settlement price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from homalos.engine.ledger import Ledger
from homalos.model import (
    Delivery,
    DeliveryLine,
    Direction,
    Fee,
    Instrument,
    MarginSide,
    Offset,
    PriceOrigin,
    SettlementPrice,
    TradeData,
)

LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE = Offset.OPEN, Offset.CLOSE
THU, FRI, MON = 20240516, 20240517, 20240520

# 300 a point, 12 % margin, 1/100,000 of the turnover to open and 1/20,000 to deliver.
IF = Instrument(
    "IF2405.TEST",
    "IF",
    tick_size=0.2,
    multiplier=300,
    margin_rate=Decimal("0.12"),
    margin_side=MarginSide.GROUP,
    margin_group="IF",
    fee_open=Fee(rate=Decimal("0.00001")),
    fee_delivery=Fee(rate=Decimal("0.00005"), per_lot=Decimal(1)),
    last_trading_day=FRI,
    delivery=Delivery.CASH,
)


def fill(
    direction: Direction, offset: Offset, price: float, volume: int, day: int, strategy: str = "s"
) -> TradeData:
    """Make a fill."""
    return TradeData(
        "T", "1-1", IF.symbol, direction, offset, price, volume, 0, day, strategy, "main", "g"
    )


def price(text: str) -> dict[str, SettlementPrice]:
    """Return the settlement price."""
    return {IF.symbol: SettlementPrice(Decimal(text))}


def held(contract: Instrument = IF) -> Ledger:
    """Return books with 2 long @ 3,600 of Thursday, settled at 3,610, and 1 short @ 3,630."""
    ledger = Ledger(capital=Decimal(1_000_000))
    position = ledger.position(contract)
    ledger.post(fill(LONG, OPEN, 3600, 2, THU, "a"), position)
    ledger.settle(THU, price("3610"))
    ledger.post(fill(SHORT, OPEN, 3630, 1, FRI, "b"), position)
    return ledger


def test_lots_end_at_the_last_settlement_price() -> None:
    """At 3,620.4 the long lots gain 10.4 x 600 since Thursday, the short one 9.6 x 300."""
    statement = held().settle(FRI, price("3620.4"))
    # Fees: 2,172,240 and 1,086,120 of turnover at 1/20,000, and 1 a lot: 110.612 and 55.306.
    long = DeliveryLine(
        day=FRI, symbol=IF.symbol, direction=LONG, lots=2, open_day=THU, open_price=Decimal(3600),
        previous_settlement=Decimal(3610), price=Decimal("3620.4"), realised=Decimal("6240.00"),
        realised_by_trade=Decimal("12240.00"), fee=Decimal("110.61"),
    )  # fmt: skip
    short = DeliveryLine(
        day=FRI, symbol=IF.symbol, direction=SHORT, lots=1, open_day=FRI, open_price=Decimal(3630),
        previous_settlement=Decimal(3630), price=Decimal("3620.4"), realised=Decimal("2880.00"),
        realised_by_trade=Decimal("2880.00"), fee=Decimal("55.31"),
    )  # fmt: skip

    assert statement.deliveries == (long, short)
    assert (statement.holdings, statement.positions, statement.closes) == ((), (), ())


def test_what_a_delivery_comes_to_is_in_the_funds() -> None:
    """Realised, not marked; nothing is held, and no margin is."""
    ledger = held()
    funds = ledger.settle(FRI, price("3620.4")).funds

    # Thursday: 1,000,000 + 6,000 - 21.60. Friday: 10.89 to open and 165.918 to deliver.
    assert funds.balance_before == Decimal("1005978.40")
    assert [funds.realised, funds.realised_by_trade, funds.marked] == [9_120, 15_120, 0]
    assert funds.fees == Decimal("176.81")  # 10.89 + 165.918 = 176.808
    assert funds.balance == Decimal("1014921.59")  # 1,005,978.40 + 9,120 - 176.808
    assert [funds.margin, ledger.margin_held()] == [0, 0]
    assert ledger.margin == pytest.approx(0)
    assert ledger.cash == pytest.approx(float(ledger.realised() - ledger.fees()))


def test_a_contract_that_ended_is_flat_and_stays_so() -> None:
    """Its position is empty, and the next day's statement has no line of it."""
    ledger = held()
    ledger.settle(FRI, price("3620.4"))
    position = ledger.position(IF)
    monday = ledger.settle(MON, {})

    assert (position.long, position.short, position.long_cost, position.short_mark) == (0, 0, 0, 0)
    assert not position.long_lots
    assert not position.short_lots
    assert (monday.deliveries, monday.positions) == ((), ())
    assert monday.funds.balance == monday.funds.balance_before == Decimal("1014921.59")


@pytest.mark.parametrize(
    "terms",
    [{"delivery": Delivery.NONE}, {"last_trading_day": 0}, {"last_trading_day": MON}],
)
def test_a_contract_that_does_not_end_yet_is_held_on(terms: dict[str, Any]) -> None:
    """Without an end, without a known day, or before its day."""
    statement = held(evolve(IF, **terms)).settle(FRI, price("3620.4"))

    assert statement.deliveries == ()
    assert [line.lots for line in statement.holdings] == [2, 1]


def test_lots_in_goods_end_as_those_in_money_do() -> None:
    """A day whose settlement was missed ends them at the next one."""
    ledger = held(evolve(IF, delivery=Delivery.PHYSICAL))
    statement = ledger.settle(MON, price("3620.4"))

    assert [line.lots for line in statement.deliveries] == [2, 1]
    assert {line.day for line in statement.deliveries} == {MON}


def test_without_a_price_lots_end_at_the_settlement_before() -> None:
    """At 3,610 the long lots gain nothing since, and the short one 20 x 300."""
    statement = held().settle(FRI, {})

    assert [(line.price, line.realised) for line in statement.deliveries] == [
        (Decimal(3610), Decimal(0)),
        (Decimal(3610), Decimal(6_000)),
    ]


def test_each_strategy_pays_for_the_lots_that_it_opened() -> None:
    """The book of one gains 12,240 and pays 21.60 and 110.612, the other 2,880 and 66.196."""
    ledger = held()
    ledger.settle(FRI, price("3620.4"))
    books = ledger.books

    assert books.pnl("a", {}) == 12_240 - Decimal("21.6") - Decimal("110.612")
    assert books.pnl("b", {}) == 2_880 - Decimal("10.89") - Decimal("55.306")
    assert books.pnl("a", {}) + books.pnl("b", {}) == ledger.balance() - 1_000_000


def test_a_price_of_the_day_says_where_it_came_from() -> None:
    """The day before its end a contract's line tells the origin of its price."""
    ledger = held(evolve(IF, last_trading_day=MON))
    prices = {IF.symbol: SettlementPrice(Decimal(3620), PriceOrigin.LAST)}

    assert [line.origin for line in ledger.settle(FRI, prices).positions] == [PriceOrigin.LAST]
