"""What notices say: margins and price limits of single days, a second call auction."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from homalos.plugins.ports import Fact
from homalos_china import ChinaMarket
from homalos_china.nearest import nearest_alike, nearest_on
from homalos_china.products import Margin, Span
from homalos_china.tables import read_table

DAYS = [
    Margin(Span(20200616, 20200616), Decimal("0.08")),
    Margin(Span(20240429, 20240430), Decimal("0.09"), passing=True),
    Margin(Span(20250926, 20250926), Decimal("0.07")),
]


def _told(market: ChinaMarket, symbol: str, day: int) -> dict[str, Fact]:
    return {fact.name: fact for fact in market.describe(symbol, on_day=day)}


@pytest.mark.parametrize(
    ("day", "rate", "nearest"),
    [
        (20200616, "0.08", 0),
        (20240429, "0.09", 0),
        (20240430, "0.09", 0),
        (20240506, "0.07", 20250926),  # of a holiday that is over, nothing is taken
        (20030102, "0.08", 20200616),
        (20261231, "0.07", 20250926),
    ],
)
def test_the_nearest_day_stands_in(day: int, rate: str, nearest: int) -> None:
    """As near as it can be in time, but never what was meant for a holiday only."""
    found, seen = nearest_on(DAYS, day)
    assert (found.rate, seen) == (Decimal(rate), nearest)


def test_what_was_meant_for_a_time_stands_in_where_nothing_else_is_known() -> None:
    """Better than a default that has no source at all; it says of which day it is."""
    assert nearest_on(DAYS[1:2], 20240506) == (DAYS[1], 20240430)
    assert nearest_on(DAYS[1:2], None) == (DAYS[1], 0)


def test_of_two_days_equally_far_the_earlier_is_taken() -> None:
    """No look into the future where the past is as near."""
    early = Margin(Span(20250106, 20250106), Decimal("0.1"))
    late = Margin(Span(20250110, 20250110), Decimal("0.2"))
    assert nearest_on([early, late], 20250108) == (early, 20250106)


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (20250103, 0, 20250105),
        (20250106, 20250106, 20250106),
        (20250107, 20250107, 20250108),  # halfway is still the earlier one's
        (20250108, 20250107, 20250108),
        (20250109, 20250109, 20250109),
        (20250113, 20250111, 99_999_999),
    ],
)
def test_days_on_which_the_nearest_is_the_same_are_told(day: int, first: int, last: int) -> None:
    """Known of the 6th and the 10th of January 2025; between edges nothing else can change."""
    days = [Margin(Span(day, day), Decimal("0.1")) for day in (20250106, 20250110)]
    assert nearest_alike(days, day) == Span(first, last)


@pytest.mark.parametrize("day", [20180101, 20191103, 20240429, 20240501, 20250201, 20260101])
def test_on_each_day_of_a_stretch_the_nearest_is_the_same(day: int) -> None:
    """What is remembered for a stretch may be used on any of its days."""
    stretch = nearest_alike(DAYS, day)
    assert day in stretch
    found = nearest_on(DAYS, day)[0]
    dates = [date(2018, 1, 1) + timedelta(days=each) for each in range(3_000)]
    days = [each.year * 10_000 + each.month * 100 + each.day for each in dates]
    assert [
        each for each in days if each in stretch and nearest_on(DAYS, each)[0] is not found
    ] == []


def test_without_a_day_it_is_the_latest() -> None:
    """What is known today."""
    assert nearest_on(DAYS, None) == (DAYS[2], 0)


@pytest.mark.parametrize(
    ("symbol", "day", "rate"),
    [
        # SHFE for Labour Day 2024: rebar 7 % from 30 April until the settlement of 6 May.
        ("rb2410.SHFE", 20240430, "0.07"),
        ("rb2410.SHFE", 20240506, "0.07"),
        # GFEX for Spring Festival 2025: silicon 9 instead of 7 %, until 5 February.
        ("si2505.GFEX", 20250124, "0.07"),
        ("si2505.GFEX", 20250127, "0.09"),
        ("si2505.GFEX", 20250205, "0.09"),
        # CZCE for New Year 2026: sugar 7 % from 31 December until the settlement of 5 January.
        ("SR605.CZCE", 20251231, "0.07"),
        ("SR605.CZCE", 20260105, "0.07"),
        ("IF2503.CFFEX", 20250205, "0.1"),
    ],
)
def test_price_limits_are_those_of_the_notices(
    market: ChinaMarket, symbol: str, day: int, rate: str
) -> None:
    """On the days that the exchanges name; the contract and the description agree."""
    fact = _told(market, symbol, day)["limit_rate"]
    assert (fact.value, fact.nearest) == (rate, 0)
    assert market.resolve(symbol, on_day=day).limit_rate == Decimal(rate)


def test_on_other_days_the_nearest_limit_is_told_with_its_day(market: ChinaMarket) -> None:
    """Nobody published that of rebar for 29 April 2024; 7 November 2022 had 11 %."""
    fact = _told(market, "rb2410.SHFE", 20240429)["limit_rate"]
    assert (fact.value, fact.nearest, fact.valid_to) == ("0.11", 20221107, 20221107)


@pytest.mark.parametrize(
    ("symbol", "day", "rate"),
    [
        # SHFE notice 2018/35: copper 7, from the settlement of 13 February 9 %.
        ("cu1804.SHFE", 20180212, "0.07"),
        ("cu1804.SHFE", 20180213, "0.09"),
        ("cu1804.SHFE", 20180214, "0.09"),
        # DCE notice 2025/169: i 12 % from the settlement of 29 April 2025.
        ("i2509.DCE", 20250429, "0.12"),
        ("i2509.DCE", 20250430, "0.12"),
        # SHFE for National Day 2025: gold 14, from the settlement of 29 September 17 %.
        ("au2512.SHFE", 20250926, "0.14"),
        ("au2512.SHFE", 20250929, "0.17"),
        ("TA601.CZCE", 20250926, "0.07"),
    ],
)
def test_margins_are_those_of_the_settlement(
    market: ChinaMarket, symbol: str, day: int, rate: str
) -> None:
    """A notice speaks of settlements, and the statement of a day has that day's."""
    fact = _told(market, symbol, day)["margin_rate"]
    assert (fact.value, fact.nearest) == (rate, 0)
    assert market.resolve(symbol, on_day=day).margin_rate == Decimal(rate)


def test_one_day_has_one_margin_and_one_limit(market: ChinaMarket) -> None:
    """Two sources that contradict each other would have to be decided between."""
    for product in market.products.values():
        for spans in (
            [each.span for each in product.margins],
            [each.span for each in product.limits],
        ):
            for earlier, later in pairwise(spans):
                assert earlier.last < later.first, (product.key, later)


def test_every_notice_is_of_a_product_and_of_trading_days(market: ChinaMarket) -> None:
    """A slip of the pen would never be asked for, or for the wrong day."""
    for row in read_table("notices.csv"):
        assert row["fact"] in {"margin_rate", "limit_rate"}
        assert row["passing"] in {"", "yes"}
        assert 0 < Decimal(row["value"]) <= Decimal("0.5"), row
        for code in row["products"].split():
            product = market.products[f"{code}.{row['exchange']}"]
            for day in (row["valid_from"], row["valid_to"]):
                assert market.sessions(f"{product.code}HOT.{row['exchange']}", int(day))


@pytest.mark.parametrize(
    ("symbol", "day", "auctions"),
    [
        ("rb2310.SHFE", 20230525, 1),
        ("rb2310.SHFE", 20230526, 2),
        ("m2401.DCE", 20230526, 2),
        ("sc2312.INE", 20230526, 2),
        ("jd2401.DCE", 20230526, 1),  # eggs have no night
        ("rb2410.SHFE", 20240506, 1),  # no night after the holiday
        ("TA401.CZCE", 20230526, 1),  # orders may only be taken back in the morning
    ],
)
def test_since_may_2023_the_day_has_an_auction_after_a_night(
    market: ChinaMarket, symbol: str, day: int, auctions: int
) -> None:
    """On three exchanges, from the trading day on that their notices name."""
    told = _told(market, symbol, day)["call_auction"].value.split("; ")
    assert len(told) == auctions
    if auctions == 2:
        assert told == ["20:55-20:59, match 20:59-21:00", "08:55-08:59, match 08:59-09:00"]
