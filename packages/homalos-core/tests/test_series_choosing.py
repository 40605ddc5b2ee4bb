"""Main contracts chosen day by day: worked by hand, without a look ahead."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homalos.engine.series.choosing import RollRule, choose
from homalos.engine.series.days import TradingDays
from homalos.engine.series.figures import DayFigures, count_days
from homalos.engine.series.rolls import MainSeries
from homalos.errors import DataError
from homalos.plugins.ports import Session
from homalos.testing import SYMBOL, FakeMarket, at, bar, same, tick

NEAR, FAR, LAST = "aa2505.TEST", "aa2510.TEST", "aa2601.TEST"
# A Friday, then Monday to Thursday: a weekend lies between them.
DAYS = (20250103, 20250106, 20250107, 20250108, 20250109)
NEXT = dict(zip(DAYS, (*DAYS[1:], 20250110), strict=True))


def figures(symbol: str, *open_interest: float, **named: Any) -> list[DayFigures]:
    """Return the figures of a contract on the days, with a close of its own for each."""
    base = {NEAR: 3000, FAR: 3100, LAST: 3200}[symbol]
    return [
        DayFigures(
            symbol=symbol, trading_day=day, open_interest=held, close=Decimal(base + place), **named
        )
        for place, (day, held) in enumerate(zip(DAYS, open_interest, strict=False))
        if held >= 0
    ]


def chosen(*contracts: list[DayFigures], **rule: Any) -> MainSeries:
    """Return the main series of some contracts."""
    each = [day for contract in contracts for day in contract]
    return choose("aa.TEST", each, RollRule(**rule), following=lambda day: NEXT.get(day, 0)).series


def rows(series: MainSeries) -> list[tuple[int, int, str]]:
    """Return what holds from when to when."""
    return [(roll.from_day, roll.to_day, roll.symbol) for roll in series.rolls]


def test_the_evening_decides_and_the_next_trading_day_follows() -> None:
    """Worked by hand: on the 7th 112 is above 1.1 times 100, so the roll is of the 8th."""
    found = chosen(figures(NEAR, 100, 100, 100, 90, 80), figures(FAR, 50, 110, 112, 120, 130))

    assert rows(found) == [(20250106, 20250107, NEAR), (20250108, 20250110, FAR)]
    roll = found.rolls[1]
    assert (roll.previous, roll.previous_close, roll.close) == (NEAR, Decimal(3002), Decimal(3102))


def test_a_roll_that_a_friday_decides_is_of_the_monday() -> None:
    """The row before it holds to the Sunday, so that no day is without one."""
    monday = {20250102: 20250103, 20250103: 20250106}
    each = [
        DayFigures(symbol=NEAR, trading_day=20250102, open_interest=10),
        DayFigures(symbol=NEAR, trading_day=20250103, open_interest=10),
        DayFigures(symbol=FAR, trading_day=20250103, open_interest=20),
    ]
    found = choose("aa.TEST", each, RollRule(), following=monday.__getitem__).series

    assert rows(found) == [(20250103, 20250105, NEAR), (20250106, 20250106, FAR)]


def test_a_challenger_must_lead_so_many_evenings_in_a_row() -> None:
    """Worked by hand: it leads on the 3rd evening, not on the 4th, and does not come to two."""
    near, far = figures(NEAR, 100, 100, 100, 100, 100), figures(FAR, 0, 0, 120, 105, 120)

    assert rows(chosen(near, far, days=2)) == [(20250106, 20250110, NEAR)]
    assert rows(chosen(near, far, days=1))[1] == (20250108, 20250110, FAR)


def test_another_challenger_begins_to_count_anew() -> None:
    """Each leads for one evening only."""
    found = chosen(
        figures(NEAR, 100, 100, 100, 100),
        figures(FAR, 0, 120, 0, 120),
        figures(LAST, 0, 0, 120, 0),
        days=2,
    )
    assert [symbol for *_, symbol in rows(found)] == [NEAR]


def test_a_roll_never_goes_back_to_an_earlier_delivery() -> None:
    """However much the nearer one has."""
    found = chosen(figures(NEAR, 1, 900, 900, 900), figures(FAR, 2, 2, 2, 2))
    assert [symbol for *_, symbol in rows(found)] == [FAR]


def test_of_equals_the_nearest_delivery_is_taken() -> None:
    """So that no order of the input decides."""
    found = chosen(figures(LAST, 5), figures(FAR, 5), figures(NEAR, 5))
    assert rows(found) == [(20250106, 20250106, NEAR)]


def test_the_factor_is_to_be_surpassed_not_met() -> None:
    """A factor of 1 is simply more."""
    near, far = figures(NEAR, 100, 100), figures(FAR, 0, 100)
    assert [symbol for *_, symbol in rows(chosen(near, far, factor=1))] == [NEAR]


def test_volume_may_decide_instead_and_the_settlement_may_price_it() -> None:
    """The open interest says nothing then."""
    near = figures(NEAR, 900, 900, volume=10, settlement=Decimal("3000.4"))
    far = [
        DayFigures(symbol=FAR, trading_day=DAYS[1], volume=12, settlement=Decimal("3100.6")),
    ]
    roll = chosen(near, far, by="volume", price="settlement").rolls[1]

    assert (roll.symbol, roll.previous_close, roll.close) == (
        FAR,
        Decimal("3000.4"),
        Decimal("3100.6"),
    )
    assert roll.source == "computed by=volume factor=1.1 days=1 price=settlement"


def test_an_evening_without_the_main_contract_decides_nothing_and_is_told() -> None:
    """Its delivery is months away: the data have a hole, and a roll would be one of the hole."""
    each = [*figures(NEAR, 100, -1, 100), *figures(FAR, 50, 60, 60)]
    found = choose("aa.TEST", each, RollRule(), following=lambda day: NEXT.get(day, 0))

    assert rows(found.series) == [(20250106, 20250108, NEAR)]
    assert found.holes == ((20250106, NEAR),)


def test_a_contract_that_has_ended_makes_way_with_its_price_left_open() -> None:
    """It has nothing on that evening of its delivery month, so nobody knows the jump."""
    days = {20250513: 20250514, 20250514: 20250515, 20250515: 20250516}
    each = [
        DayFigures(symbol=NEAR, trading_day=20250513, open_interest=9, close=Decimal(3000)),
        DayFigures(symbol=NEAR, trading_day=20250514, open_interest=9, close=Decimal(3000)),
        DayFigures(symbol=FAR, trading_day=20250514, open_interest=2, close=Decimal(3100)),
        DayFigures(symbol=FAR, trading_day=20250515, open_interest=2, close=Decimal(3101)),
    ]
    found = choose("aa.TEST", each, RollRule(), following=days.__getitem__)
    roll = found.series.rolls[1]

    assert (roll.from_day, roll.symbol) == (20250516, FAR)
    assert (roll.close, roll.previous_close) == (Decimal(3101), None)
    assert found.holes == ()


def test_what_would_begin_beyond_the_calendar_is_left_out() -> None:
    """Nobody knows its first day."""
    known = {20250103: 20250106}
    each = [*figures(NEAR, 100, 100), *figures(FAR, 0, 200)]
    found = choose("aa.TEST", each, RollRule(), following=lambda day: known.get(day, 0)).series

    assert rows(found) == [(20250106, 20250106, NEAR)]


@pytest.mark.parametrize(
    ("contracts", "message"),
    [
        ([], "aa.TEST: the data have no contract of this product"),
        ([figures(NEAR, 0, 0)], "aa.TEST: no contract has any open interest in the data"),
        ([figures(NEAR, 1), figures(NEAR, 1)], "aa2505.TEST has two figures of 20250103"),
    ],
)
def test_figures_that_tell_nothing_are_refused(
    contracts: list[list[DayFigures]], message: str
) -> None:
    """By name."""
    with pytest.raises(DataError, match=message):
        chosen(*contracts)


@pytest.mark.parametrize(
    "wrong", [{"factor": 0.9}, {"factor": 11}, {"days": 0}, {"days": 61}, {"by": "turnover"}]
)
def test_a_rule_outside_its_ranges_is_refused(wrong: dict[str, Any]) -> None:
    """When it is made."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RollRule(**wrong)


_HELD = st.lists(st.integers(0, 50), min_size=5, max_size=5)


@settings(max_examples=200)
@given(held=st.lists(_HELD, min_size=3, max_size=3), days=st.integers(1, 3), cut=st.integers(1, 5))
def test_nothing_later_has_a_part_in_a_choice(held: list[list[int]], days: int, cut: int) -> None:
    """What a shorter past chose, the longer one chose as well; in whatever order it came."""
    contracts = [
        figures(symbol, *each) for symbol, each in zip((NEAR, FAR, LAST), held, strict=True)
    ]
    short = [contract[:cut] for contract in contracts]
    if not any(each.open_interest for contract in short for each in contract):
        return
    before = chosen(*short, days=days)
    shuffled = [each for contract in contracts for each in contract]
    random.Random(1).shuffle(shuffled)
    after = chosen(shuffled, days=days)

    until = NEXT[DAYS[cut - 1]]
    expected = [(roll.from_day, roll.symbol) for roll in before.rolls]
    assert [(r.from_day, r.symbol) for r in after.rolls if r.from_day <= until] == expected
    months = [roll.symbol for roll in after.rolls]
    assert months == sorted(months)


# -- figures --------------------------------------------------------------------


def test_ticks_count_by_their_cumulative_volume_and_last_price() -> None:
    """A snapshot repeated from before, without volume, takes nothing away."""
    found = count_days(
        [
            tick(price=100.0, volume=3, open_interest=50.0),
            tick(price=101.5, ts_ns=at(1), volume=7, open_interest=52.0),
            tick(price=0.0, ts_ns=at(2), volume=0, settlement_price=100.7),
            tick(price=103.0, ts_ns=at(86_400), volume=1, open_interest=53.0),
        ]
    )
    first = DayFigures(
        symbol=SYMBOL, trading_day=20250106, volume=7, open_interest=52.0,
        close=Decimal("101.5"), settlement=Decimal("100.7"),
    )  # fmt: skip
    second = DayFigures(
        symbol=SYMBOL, trading_day=20250107, volume=1, open_interest=53.0, close=Decimal(103)
    )
    assert same(found, [first, second])


def test_bars_count_by_their_sum() -> None:
    """And by what stands in the last."""
    found = count_days(
        [
            bar(price=100.0, volume=3, open_interest=50.0),
            bar(price=101.0, start_ns=at(60), volume=4, open_interest=51.0),
        ]
    )
    assert found == [
        DayFigures(
            symbol=SYMBOL, trading_day=20250106, volume=7, open_interest=51.0, close=Decimal(101)
        )
    ]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (tick(ts_ns=at(60)), "comes as bars of 1m and as ticks"),
        (bar(interval="5m"), "comes as bars of 1m and as bars of 5m"),
    ],
)
def test_lots_that_would_count_twice_are_refused(second: Any, message: str) -> None:
    """The same trades stand in both."""
    with pytest.raises(DataError, match=message):
        count_days([bar(), second])


def test_trading_days_are_the_market_s() -> None:
    """Beyond its calendar there is none."""
    sessions = [Session(at(0), at(1), day) for day in (20250103, 20250106)]
    days = TradingDays(FakeMarket(sessions=sessions), SYMBOL)

    assert [days.after(20250103), days.after(20250104), days.after(20250106)] == [
        20250106,
        20250106,
        0,
    ]
    assert [days.before(20250106), days.before(20250103)] == [20250103, 0]
    assert [days.at_or_after(20250103), days.at_or_after(20250104)] == [20250103, 20250106]
