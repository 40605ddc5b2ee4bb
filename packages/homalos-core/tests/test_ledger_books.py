"""The strategies' own books: what each holds and earned, and that they add up to the account."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from attrs import evolve

from homalos.engine.ledger import Ledger, Position, StrategyBooks
from homalos.model import (
    Delivery,
    Direction,
    Fee,
    Instrument,
    Offset,
    OffsetRule,
    SettlementPrice,
    TradeData,
)

LONG, SHORT = Direction.LONG, Direction.SHORT
NONE, OPEN, CLOSE = Offset.NONE, Offset.OPEN, Offset.CLOSE
TODAY, YESTERDAY = Offset.CLOSETODAY, Offset.CLOSEYESTERDAY

# 10 units a lot; 1 a lot to open, 2 to close an earlier day's and 3 to close today's.
RB = Instrument(
    "rb2510.TEST",
    "rb",
    tick_size=1.0,
    multiplier=10,
    fee_open=Fee(per_lot=Decimal(1)),
    fee_close=Fee(per_lot=Decimal(2)),
    fee_close_today=Fee(per_lot=Decimal(3)),
    fee_delivery=Fee(rate=Decimal("0.00017")),
)


def fill(
    strategy: str,
    direction: Direction,
    offset: Offset,
    price: float,
    volume: int,
    *,
    day: int = 1,
    symbol: str = RB.symbol,
) -> TradeData:
    """Make a fill that a strategy asked for."""
    return TradeData(
        "T", "1-1", symbol, direction, offset, price, volume, 0, day, strategy, "main", "g"
    )


def booked(*fills: TradeData) -> tuple[Ledger, Position]:
    """Return an account's books after fills, and its position in `RB`."""
    ledger = Ledger(capital=Decimal(0))
    position = ledger.position(RB)
    for each in fills:
        ledger.post(each, position)
    return ledger, position


def test_each_strategy_has_its_own_lots_and_profit() -> None:
    """One bought 2 @ 100 and sold one at 110; the other is short 3 @ 120. The price is 115."""
    ledger, _ = booked(
        fill("a", LONG, OPEN, 100, 2),
        fill("b", SHORT, OPEN, 120, 3),
        fill("a", SHORT, CLOSE, 110, 1),
    )
    prices = {RB.symbol: 115.0}
    one, other = ledger.books.book("a"), ledger.books.book("b")

    assert [(p.long, p.short, p.net) for p in one.positions.values()] == [(1, 0, 1)]
    assert [(p.long, p.short, p.net) for p in other.positions.values()] == [(0, 3, -3)]
    assert [one.realised(), one.fees(), one.floating(prices)] == [100, 2 + 3, 150]
    assert [other.realised(), other.fees(), other.floating(prices)] == [0, 3, 150]
    assert [ledger.books.pnl(name, prices) for name in ledger.books] == [245, 147]


def test_a_fill_that_nobody_asked_for_is_in_the_unassigned_book() -> None:
    """It came from elsewhere, and still counts."""
    ledger, _ = booked(fill("", LONG, OPEN, 100, 1))

    assert list(ledger.books) == ["unassigned"]
    assert ledger.books.pnl("unassigned", {RB.symbol: 103}) == 29
    assert ledger.books.pnl("", {RB.symbol: 103}) == 29


def test_closing_another_strategy_s_lots_opens_the_other_side_in_one_s_own_book() -> None:
    """One bought 2 @ 100, the other closed them at 110: long 2 here, short 2 there."""
    ledger, position = booked(fill("a", LONG, OPEN, 100, 2), fill("b", SHORT, CLOSE, 110, 2))
    books, prices = ledger.books, {RB.symbol: 130.0}

    assert [position.net, ledger.realised()] == [0, 200]
    assert [books.book(name).position(position).net for name in "ab"] == [2, -2]
    assert [books.pnl(name, prices) for name in "ab"] == [600 - 2, -400 - 6]


def test_a_strategy_closes_its_own_lots_before_it_reaches_for_others() -> None:
    """It means today's, and has none: the account closes the other's, its own book its own."""
    ledger, position = booked(
        fill("a", LONG, OPEN, 100, 1, day=1),
        fill("b", LONG, OPEN, 105, 1, day=2),
        fill("a", SHORT, TODAY, 110, 1, day=2),
    )
    books = ledger.books

    assert [lot.strategy for lot in position.long_lots] == ["a"]
    assert [books.book(name).position(position).net for name in "ab"] == [0, 1]
    assert books.book("a").realised() == 100
    assert [ledger.realised(), books.book("a").fees()] == [50, 1 + 3]


def test_a_strategy_closes_those_of_its_own_lots_that_its_offset_says() -> None:
    """Of its 1 @ 100 and today's 1 @ 105 it closes the latter at 110."""
    ledger, position = booked(
        fill("a", LONG, OPEN, 100, 1, day=1),
        fill("a", LONG, OPEN, 105, 1, day=2),
        fill("a", SHORT, TODAY, 110, 1, day=2),
    )
    own = ledger.books.book("a").position(position)

    assert ledger.books.book("a").realised() == ledger.realised() == 50
    assert (own.long, own.long_today, own.long_cost) == (1, 0, 100_000_000)


def test_a_strategy_s_fill_that_comes_late_is_not_of_today() -> None:
    """Two of the day before, after one of the day."""
    ledger, position = booked(
        fill("a", LONG, OPEN, 105, 1, day=2), fill("a", LONG, OPEN, 100, 2, day=1)
    )
    own = ledger.books.book("a").position(position)

    assert [(each.long, each.long_today) for each in (position, own)] == [(3, 1), (3, 1)]


def test_what_the_account_did_not_hold_is_in_no_book() -> None:
    """Of 5 closed lots 2 were there; the strategy has closed two."""
    ledger, position = booked(fill("a", LONG, OPEN, 100, 2), fill("a", SHORT, CLOSE, 110, 5))

    assert position.overclosed == 3
    assert ledger.books.book("a").position(position).net == 0
    assert ledger.books.pnl("a", {}) == 200 - 2 - 6


def test_a_strategy_that_never_traded_has_earned_nothing() -> None:
    """And asking for it makes no book."""
    ledger, _ = booked(fill("a", LONG, OPEN, 100, 1))

    assert ledger.books.pnl("b", {}) == 0
    assert list(ledger.books) == ["a"]


def test_books_read_early_and_late_are_the_same() -> None:
    """They follow the ledger when they are read, after each fill or once."""
    fills = [fill("a", LONG, OPEN, 100, 2), fill("a", SHORT, CLOSE, 110, 1)]
    early, position = booked()
    for each in fills:
        early.post(each, position)
        assert early.books.book("a").fees() > 0
    late, _ = booked(*fills)

    assert early.books.pnl("a", {}) == late.books.pnl("a", {}) == 100 + 100 - 5 - 100


def test_books_of_one_s_own_take_what_the_ledger_booked() -> None:
    """Beside an account, fill by fill, with the ledger's last posting."""
    books = StrategyBooks()
    ledger, position = booked()
    for each in (fill("a", LONG, OPEN, 100, 2), fill("b", SHORT, CLOSE, 110, 1)):
        ledger.post(each, position)
        books.post(each, position, ledger.day[-1])

    prices = {RB.symbol: 104.0}
    assert [books.pnl(name, prices) for name in "ab"] == [
        ledger.books.pnl(name, prices) for name in "ab"
    ]


def test_terms_that_change_hold_in_the_strategies_books_from_then_on() -> None:
    """One lot was opened for 1, the next for 7."""
    ledger, position = booked(fill("a", LONG, OPEN, 100, 1))
    ledger.change(position, evolve(RB, fee_open=Fee(per_lot=Decimal(7))))
    ledger.post(fill("a", LONG, OPEN, 100, 1), position)

    assert ledger.books.book("a").fees() == ledger.fees() == 8


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rule", list(OffsetRule))
def test_over_all_strategies_lots_and_profit_are_the_account_s(rule: OffsetRule, seed: int) -> None:
    """To the last digit, through fills of every kind, settlements, changes and a delivery."""
    chance = Random(seed)
    ledger = Ledger(capital=Decimal(0))
    ends = evolve(RB, symbol="hc2510.TEST", last_trading_day=4, delivery=Delivery.CASH)
    contracts = [evolve(each, offsets=rule) for each in (RB, ends)]
    offsets = (NONE,) if rule is OffsetRule.NONE else (OPEN, OPEN, CLOSE, TODAY, YESTERDAY)
    for day in range(1, 7):
        for contract in contracts[: 2 if day <= 4 else 1]:
            position = ledger.position(contract)
            dearer = evolve(contract, fee_open=Fee(rate=Decimal("0.0000123") * day))
            for place in range(40):
                if place == 20:
                    ledger.change(position, dearer)
                trade = fill(
                    chance.choice(("a", "b", "")), chance.choice((LONG, SHORT)),
                    chance.choice(offsets), chance.randint(90, 110), chance.randint(1, 5),
                    day=day, symbol=contract.symbol,
                )  # fmt: skip
                ledger.post(trade, position)
            check_sum(ledger, {contract.symbol: chance.uniform(90, 110)})
        settled = {RB.symbol: SettlementPrice(Decimal(chance.randint(90, 110)))}
        ledger.settle(day, settled if day % 2 else {})
        check_sum(ledger, {})
    assert ledger.fees() > 0


def check_sum(ledger: Ledger, prices: dict[str, float]) -> None:
    """Compare the sum over the strategies with the account, lots and money."""
    books = ledger.books
    total = sum(books.pnl(name, prices) for name in books)
    assert total == ledger.realised() - ledger.fees() + ledger.floating(prices)
    assert total == ledger.equity(prices)
    for position in ledger.positions.values():
        own = [books.book(name).position(position).net for name in books]
        assert sum(own) == position.net
