"""Margin: rates of each side, amounts a lot, the larger side of a contract and of a group."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from attrs import evolve

from homalos.engine.ledger import Ledger
from homalos.model import Direction, Instrument, MarginSide, Offset, SettlementPrice, TradeData

LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE = Offset.OPEN, Offset.CLOSE
BOTH, LARGER, GROUP = MarginSide.BOTH, MarginSide.LARGER, MarginSide.GROUP

# 10 units a lot, 10 % of a long and 12 % of a short position, and 5 a lot of either.
IF1 = Instrument(
    "if1.TEST",
    "if",
    tick_size=0.2,
    multiplier=10,
    margin_rate=Decimal("0.1"),
    margin_rate_short=Decimal("0.12"),
    margin_per_lot=Decimal(5),
    margin_group="index",
)
IF2 = evolve(IF1, symbol="if2.TEST")


def fill(
    contract: Instrument, direction: Direction, offset: Offset, price: float, volume: int, day: int
) -> TradeData:
    """Make a fill."""
    return TradeData(
        "T", "1-1", contract.symbol, direction, offset, price, volume, 0, day, "s", "main", "g"
    )


def both_sides(side: MarginSide) -> Ledger:
    """Return books with 3 long and 2 short @ 100 of the first, 4 short @ 200 of the second."""
    ledger = Ledger(capital=Decimal(100_000))
    for contract, direction, price, volume in (
        (IF1, LONG, 100, 3),
        (IF1, SHORT, 100, 2),
        (IF2, SHORT, 200, 4),
    ):
        position = ledger.position(evolve(contract, margin_side=side))
        ledger.post(fill(contract, direction, OPEN, price, volume, 1), position)
    return ledger


# Long 3 x (100 x 10 x 0.1 + 5) = 315; short 2 x (100 x 10 x 0.12 + 5) = 250;
# the second, short 4 x (200 x 10 x 0.12 + 5) = 980.
@pytest.mark.parametrize(
    ("side", "margin"),
    [
        (BOTH, 315 + 250 + 980),
        (LARGER, 315 + 980),
        (GROUP, 250 + 980),  # 315 long against 1,230 short
    ],
)
def test_margin_is_held_for_the_sides_that_the_rule_says(side: MarginSide, margin: int) -> None:
    """Exact when read, and as a float after the posting."""
    ledger = both_sides(side)

    assert ledger.margin_held() == margin
    assert ledger.margin == pytest.approx(margin)


@pytest.mark.parametrize(
    ("side", "lines"),
    [(BOTH, ["565.00", "980.00"]), (LARGER, ["315.00", "980.00"]), (GROUP, ["250.00", "980.00"])],
)
def test_a_statement_shows_each_contract_s_part(side: MarginSide, lines: list[str]) -> None:
    """Under a group's larger side the long lots of the first contract hold nothing."""
    prices = {IF1.symbol: SettlementPrice(Decimal(100)), IF2.symbol: SettlementPrice(Decimal(200))}

    statement = both_sides(side).settle(1, prices)

    assert [str(line.margin) for line in statement.positions] == lines
    assert [str(line.margin) for line in statement.holdings] == ["315.00", "250.00", "980.00"]
    assert statement.funds.margin == sum(Decimal(each) for each in lines)


def test_of_equal_sides_the_long_one_is_charged() -> None:
    """2 long of the first against 2 short of the second, both 210: the first holds it."""
    same: dict[str, Any] = {"margin_side": GROUP, "margin_rate_short": None}
    first, second = evolve(IF1, **same), evolve(IF2, **same)
    ledger = Ledger(capital=Decimal(100_000))
    ledger.post(fill(second, SHORT, OPEN, 100, 2, 1), ledger.position(second))
    ledger.post(fill(first, LONG, OPEN, 100, 2, 1), ledger.position(first))
    price = SettlementPrice(Decimal(100))

    statement = ledger.settle(1, {first.symbol: price, second.symbol: price})

    assert [(line.symbol, line.margin) for line in statement.positions] == [
        ("if1.TEST", Decimal(210)),
        ("if2.TEST", Decimal(0)),
    ]


def test_margin_is_held_at_marks() -> None:
    """Yesterday's lot at the settlement price of 120, today's at its opening price of 110."""
    ledger = Ledger(capital=Decimal(100_000))
    position = ledger.position(IF1)
    ledger.post(fill(IF1, LONG, OPEN, 100, 1, 1), position)
    ledger.settle(1, {IF1.symbol: SettlementPrice(Decimal(120))})
    ledger.post(fill(IF1, LONG, OPEN, 110, 1, 2), position)

    assert ledger.margin_held() == 125 + 115
    assert ledger.margin == pytest.approx(240)


def test_a_group_without_a_name_is_the_contract_alone() -> None:
    """Two contracts of no group do not offset each other: 315 and 980."""
    ledger = Ledger(capital=Decimal(100_000))
    for contract, direction, price, volume in ((IF1, LONG, 100, 3), (IF2, SHORT, 200, 4)):
        alone = evolve(contract, margin_side=GROUP, margin_group="")
        ledger.post(fill(alone, direction, OPEN, price, volume, 1), ledger.position(alone))

    assert ledger.margin_held() == 315 + 980
    assert ledger.margin == pytest.approx(1_295)


@pytest.mark.parametrize(
    ("before", "after", "margin"),
    [
        (BOTH, LARGER, 315 + 980),
        (LARGER, GROUP, 250 + 980),
        (GROUP, BOTH, 315 + 250 + 980),
        (GROUP, LARGER, 315 + 980),
    ],
)
def test_margin_is_reckoned_anew_when_its_rule_changes(
    before: MarginSide, after: MarginSide, margin: int
) -> None:
    """Contract by contract, into a group and out of it."""
    ledger = both_sides(before)
    for contract in (IF1, IF2):
        ledger.change(ledger.position(contract), evolve(contract, margin_side=after))

    assert ledger.margin_held() == margin
    assert ledger.margin == pytest.approx(margin)


@pytest.mark.parametrize("side", list(MarginSide))
def test_the_float_follows_the_exact_margin_through_thousands_of_fills(side: MarginSide) -> None:
    """To a millionth, whatever is opened, closed and settled; and to nothing at the end."""
    chance = Random(3)
    ledger = Ledger(capital=Decimal(100_000))
    contracts = [evolve(each, margin_side=side) for each in (IF1, IF2)]
    for place in range(3_000):
        contract = chance.choice(contracts)
        trade = fill(
            contract, chance.choice((LONG, SHORT)), chance.choice((OPEN, CLOSE)),
            contract.snap(chance.uniform(3_000, 4_000)), chance.randint(1, 5), 1 + place // 500,
        )  # fmt: skip
        if place and not place % 500:
            price = SettlementPrice(Decimal(3_500))
            ledger.settle(place // 500, {each.symbol: price for each in contracts})
        ledger.post(trade, ledger.position(contract))
        assert ledger.margin == pytest.approx(float(ledger.margin_held()), abs=1e-6)
    for contract in contracts:
        position = ledger.position(contract)
        ledger.post(fill(contract, SHORT, CLOSE, 3_500, position.long + 1, 9), position)
        ledger.post(fill(contract, LONG, CLOSE, 3_500, position.short + 1, 9), position)

    assert ledger.margin_held() == 0
    assert ledger.margin == pytest.approx(0, abs=1e-6)
