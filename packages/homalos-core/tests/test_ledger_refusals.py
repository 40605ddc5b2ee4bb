"""What the books make of days, prices, amounts and terms that are missing or wrong."""

from __future__ import annotations

from decimal import Decimal
from math import nan
from typing import Any

import pytest
from attrs import evolve

from homalos.engine.ledger import Ledger
from homalos.model import (
    Direction,
    Fee,
    Instrument,
    Offset,
    PriceOrigin,
    SettlementPrice,
    TradeData,
)

LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE = Offset.OPEN, Offset.CLOSE
MON, TUE, WED = 20240506, 20240507, 20240508

# 10 units a lot, 13 % margin; 1/10,000 of the turnover, but 3 a lot to close today's.
RB = Instrument(
    "rb2410.TEST",
    "rb",
    tick_size=1.0,
    multiplier=10,
    margin_rate=Decimal("0.13"),
    fee_open=Fee(rate=Decimal("0.0001")),
    fee_close=Fee(rate=Decimal("0.0001")),
    fee_close_today=Fee(per_lot=Decimal(3)),
)


def yuan(text: str) -> Decimal:
    """Return an amount as it is written."""
    return Decimal(text.replace(",", ""))


def at(price: str, origin: PriceOrigin = PriceOrigin.VENUE) -> dict[str, SettlementPrice]:
    """Return the day's settlement price of `RB`."""
    return {RB.symbol: SettlementPrice(Decimal(price), origin)}


def fill(
    trade_id: str,
    direction: Direction,
    offset: Offset,
    price: float,
    volume: int,
    day: int,
    contract: Instrument = RB,
) -> TradeData:
    """Make a fill."""
    return TradeData(
        trade_id, "1-1", contract.symbol, direction, offset, price, volume, 0, day, "s", "main", "g"
    )


def test_a_symbol_without_a_price_is_carried_at_its_last_settlement() -> None:
    """Monday's lot stays at 3,610; Tuesday's, opened at 3,600, is brought to it."""
    ledger = Ledger(capital=Decimal(100_000))
    position = ledger.position(RB)
    ledger.post(fill("A", LONG, OPEN, 3605, 1, MON), position)
    ledger.settle(MON, at("3610"))
    ledger.post(fill("B", LONG, OPEN, 3600, 1, TUE), position)
    statement = ledger.settle(TUE, {})

    (line,) = statement.positions
    assert line.origin is PriceOrigin.CARRIED
    assert [line.settlement, line.marked] == [3610, 100]


def test_a_symbol_never_settled_is_carried_at_the_price_of_its_newest_lot() -> None:
    """Bought at 3,605 and sold short at 3,600: the first is marked down by 50."""
    ledger = Ledger(capital=Decimal(100_000))
    position = ledger.position(RB)
    ledger.post(fill("A", LONG, OPEN, 3605, 1, MON), position)
    ledger.post(fill("B", SHORT, OPEN, 3600, 1, TUE), position)
    statement = ledger.settle(TUE, {})

    (line,) = statement.positions
    assert [line.settlement, line.previous_settlement, line.marked] == [3600, 0, -50]


def test_a_price_of_a_day_long_past_is_not_carried_on() -> None:
    """Flat on Tuesday and without a price, Wednesday's lot knows nothing of Monday's 3,610."""
    ledger = Ledger(capital=Decimal(100_000))
    position = ledger.position(RB)
    ledger.post(fill("A", LONG, OPEN, 3605, 1, MON), position)
    ledger.post(fill("B", SHORT, CLOSE, 3605, 1, MON), position)
    ledger.settle(MON, at("3610"))
    ledger.settle(TUE, {})
    ledger.post(fill("C", LONG, OPEN, 3500, 1, WED), position)

    assert ledger.settle(WED, {}).positions[0].settlement == 3500


def test_a_missing_price_counts_the_same_by_marks_and_by_trade() -> None:
    """After a settlement at 3,610 both count the lot there, nan or none at all."""
    ledger = Ledger(capital=Decimal(1_000))
    ledger.post(fill("A", LONG, OPEN, 3600, 1, MON), ledger.position(RB))
    ledger.settle(MON, at("3610"))

    assert ledger.floating({}) == ledger.floating({RB.symbol: nan}) == 100
    assert ledger.floating_marked({}) == 0
    assert ledger.equity({}) == ledger.balance() == yuan("1,096.40")


@pytest.mark.parametrize("day", [MON, MON - 1, 0])
def test_a_day_is_settled_once_and_in_order(day: int) -> None:
    """A second statement of a day would count its fees twice."""
    ledger = Ledger(capital=Decimal(100_000))
    ledger.post(fill("A", LONG, OPEN, 3600, 1, MON), ledger.position(RB))
    ledger.settle(MON, at("3610"))
    with pytest.raises(ValueError, match=f"cannot settle on {day}, since {MON} is settled"):
        ledger.settle(day, at("3620"))

    assert ledger.floating_marked({RB.symbol: 3610}) == 0


def test_a_day_that_is_none_is_refused() -> None:
    """Before anything was settled, too."""
    with pytest.raises(ValueError, match="cannot settle on 0, since days count from 1"):
        Ledger(capital=Decimal(1)).settle(0, {})


def test_a_day_cannot_be_settled_after_the_next_has_begun() -> None:
    """Tuesday's fill is no line of Monday's statement; Tuesday can still be settled whole."""
    ledger = Ledger(capital=Decimal(100_000))
    ledger.post(fill("A", LONG, OPEN, 3600, 1, TUE), ledger.position(RB))
    with pytest.raises(ValueError, match=f"cannot settle {MON}, since {TUE} is booked already"):
        ledger.settle(MON, at("3610"))

    assert len(ledger.settle(TUE, at("3610")).trades) == 1


@pytest.mark.parametrize("price", ["NaN", "Infinity"])
def test_a_settlement_price_that_is_none_changes_nothing(price: str) -> None:
    """The message names it, and the day can be settled with a better one."""
    ledger = Ledger(capital=Decimal(100_000))
    ledger.post(fill("A", LONG, OPEN, 3600, 1, MON), ledger.position(RB))
    with pytest.raises(ValueError, match=f"not {RB.symbol} {price}; leave them out"):
        ledger.settle(MON, at(price))

    assert ledger.settle(MON, at("3610")).funds.marked == 100


@pytest.mark.parametrize("amount", ["0", "NaN", "-Infinity"])
def test_a_transfer_of_nothing_is_refused(amount: str) -> None:
    """Neither the balance nor the cash has moved."""
    ledger = Ledger(capital=Decimal(100))
    with pytest.raises(ValueError, match="above or below 0"):
        ledger.transfer(Decimal(amount), MON)

    assert [ledger.balance(), ledger.cash] == [100, 0]


def test_a_transfer_into_a_settled_day_is_refused() -> None:
    """Its balance is printed already."""
    ledger = Ledger(capital=Decimal(100))
    ledger.settle(MON, {})
    with pytest.raises(ValueError, match=f"cannot transfer on {MON}"):
        ledger.transfer(Decimal(5), MON)


def test_a_transfer_counts_before_the_day_is_settled() -> None:
    """In the balance and the cash at once, and in the statement once."""
    ledger = Ledger(capital=Decimal(100))
    ledger.transfer(Decimal("0.5"), MON, "in")

    assert ledger.balance() == ledger.equity({}) == Decimal("100.5")
    assert ledger.cash == 0.5
    assert (
        ledger.settle(MON, {}).funds.balance
        == ledger.settle(TUE, {}).funds.balance
        == Decimal("100.5")
    )


@pytest.mark.parametrize(
    "other", [{"symbol": "rb2501.TEST"}, {"multiplier": 5}, {"currency": "USD"}]
)
def test_terms_of_another_contract_are_refused(other: dict[str, Any]) -> None:
    """Whole numbers counted for one size mean nothing for another; the old terms stand."""
    ledger = Ledger(capital=Decimal(100_000))
    position = ledger.position(RB)
    with pytest.raises(ValueError, match="symbol, multiplier and currency must stay"):
        ledger.change(position, evolve(RB, **other))

    assert position.instrument is RB
