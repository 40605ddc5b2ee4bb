"""Which lots a closing takes: every rule and offset, on both sides, with and without settlement."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from homalos.engine.ledger import Ledger, Position
from homalos.model import (
    CloseFirst,
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
ANY, PLAIN, DATED = OffsetRule.NONE, OffsetRule.PLAIN, OffsetRule.DATED
OLDEST, NEWEST = CloseFirst.OLDEST, CloseFirst.TODAY
CAPITAL = Decimal(1_000_000)

# 10 units a lot; 1/10,000 of the turnover, but 3 a lot to close what was opened today.
RB = Instrument(
    "rb2510.TEST",
    "rb",
    tick_size=1.0,
    multiplier=10,
    fee_open=Fee(rate=Decimal("0.0001")),
    fee_close=Fee(rate=Decimal("0.0001")),
    fee_close_today=Fee(per_lot=Decimal(3)),
)


def fill(direction: Direction, offset: Offset, price: float, volume: int, day: int) -> TradeData:
    """Make a fill."""
    return TradeData(
        "T", "1-1", RB.symbol, direction, offset, price, volume, 0, day, "s", "main", "g"
    )


def held(side: Direction, instrument: Instrument, *, settled: bool) -> tuple[Ledger, Position]:
    """Return books with 2 lots @ 100 of day 1 and 3 @ 110 of day 2 on one side."""
    ledger = Ledger(capital=CAPITAL)
    position = ledger.position(instrument)
    ledger.post(fill(side, OPEN, 100, 2, 1), position)
    if settled:
        ledger.settle(1, {RB.symbol: SettlementPrice(Decimal(105))})
    ledger.post(fill(side, OPEN, 110, 3, 2), position)
    return ledger, position


def counts(position: Position, side: Direction) -> tuple[int, int]:
    """Return the lots of today and those of earlier days on one side."""
    if side is LONG:
        return position.long_today, position.long - position.long_today
    return position.short_today, position.short - position.short_today


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize(
    ("rule", "first", "offset", "closed"),
    [
        # (of today, of earlier days) that 4 lots to close find.
        (DATED, OLDEST, CLOSE, (0, 2)),
        (DATED, OLDEST, TODAY, (3, 0)),
        (DATED, OLDEST, YESTERDAY, (0, 2)),
        (DATED, NEWEST, CLOSE, (0, 2)),
        (PLAIN, OLDEST, CLOSE, (2, 2)),
        (PLAIN, OLDEST, TODAY, (3, 0)),
        (PLAIN, OLDEST, YESTERDAY, (0, 2)),
        (PLAIN, NEWEST, CLOSE, (3, 1)),
        (PLAIN, NEWEST, YESTERDAY, (0, 2)),
        (ANY, OLDEST, NONE, (2, 2)),
        (ANY, NEWEST, NONE, (3, 1)),
    ],
)
def test_a_closing_takes_the_lots_that_rule_and_offset_say(
    rule: OffsetRule,
    first: CloseFirst,
    offset: Offset,
    closed: tuple[int, int],
    side: Direction,
    settled: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    """At 120 a lot of today gains 10 x 10 and an earlier one 20 x 10; a short one loses it."""
    ledger, position = held(side, evolve(RB, offsets=rule, close_first=first), settled=settled)
    today, earlier = closed

    ledger.post(fill(SHORT if side is LONG else LONG, offset, 120, 4, 2), position)

    sign = 1 if side is LONG else -1
    assert ledger.realised() == sign * (100 * today + 200 * earlier)
    assert counts(position, side) == (3 - today, 2 - earlier)
    assert position.overclosed == 4 - today - earlier
    # 2,000 and 3,300 of turnover were opened; closing costs 3 or 0.12 a lot.
    assert ledger.fees() == Decimal("0.53") + 3 * today + Decimal("0.12") * earlier


@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize(
    ("rule", "offset"), [(DATED, CLOSE), (DATED, YESTERDAY), (PLAIN, YESTERDAY)]
)
def test_lots_of_today_alone_are_not_there_for_a_closing_of_earlier_ones(
    side: Direction, rule: OffsetRule, offset: Offset
) -> None:
    """One of three lots is asked for: it books nothing, and is counted."""
    ledger = Ledger(capital=CAPITAL)
    position = ledger.position(evolve(RB, offsets=rule))
    ledger.post(fill(side, OPEN, 110, 3, 2), position)
    ledger.post(fill(SHORT if side is LONG else LONG, offset, 120, 1, 2), position)

    assert (counts(position, side), position.overclosed) == ((3, 0), 1)
    assert (len(ledger.day), ledger.realised(), ledger.postings) == (1, Decimal(0), 2)


@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize("first", [OLDEST, NEWEST])
def test_netting_opens_the_other_side_with_what_is_left(side: Direction, first: CloseFirst) -> None:
    """7 lots find 5 to close, which gain 2 x 200 + 3 x 100 where they were long; 2 are opened."""
    ledger, position = held(side, evolve(RB, offsets=ANY, close_first=first), settled=True)
    other = SHORT if side is LONG else LONG

    ledger.post(fill(other, NONE, 120, 7, 2), position)

    assert ledger.realised() == (700 if side is LONG else -700)
    assert (counts(position, side), counts(position, other)) == ((0, 0), (2, 0))
    # 9 for three of today, 0.24 for two earlier ones, 0.24 to open two.
    assert ledger.fees() == Decimal("0.53") + 9 + Decimal("0.48")


def test_the_counts_turn_with_the_day_though_nothing_is_settled() -> None:
    """A live account that is never settled says by the trade's day what is of today."""
    ledger, position = held(LONG, RB, settled=False)
    seen = [position.long_today]
    ledger.begin(3)
    seen.append(position.long_today)
    ledger.post(fill(LONG, OPEN, 110, 4, 3), position)
    seen.append(position.long_today)

    assert seen == [3, 0, 4]
    assert position.yesterday(LONG, 3) == 5


def test_a_fill_of_the_day_before_that_comes_late_is_not_of_today() -> None:
    """It came after the day was settled: its lots are earlier ones, and close as such."""
    ledger, position = held(SHORT, evolve(RB, offsets=DATED), settled=True)
    ledger.post(fill(SHORT, OPEN, 100, 4, 1), position)
    seen = counts(position, SHORT)
    ledger.post(fill(LONG, CLOSE, 100, 6, 2), position)

    assert (seen, counts(position, SHORT)) == ((3, 6), (3, 0))
    assert [ledger.realised(), position.overclosed] == [0, 0]


def test_today_s_lots_behind_others_close_first_again_and_again() -> None:
    """Where today's lots go first a thousand round trips leave the old lot and nothing else."""
    ledger = Ledger(capital=CAPITAL)
    position = ledger.position(evolve(RB, close_first=NEWEST))
    ledger.post(fill(LONG, OPEN, 100, 1, 1), position)
    for _ in range(1_000):
        ledger.post(fill(LONG, OPEN, 101, 1, 2), position)
        ledger.post(fill(SHORT, CLOSE, 102, 1, 2), position)

    assert (len(position.long_lots), position.long_cost) == (1, 100_000_000)
    assert ledger.realised() == 10_000
