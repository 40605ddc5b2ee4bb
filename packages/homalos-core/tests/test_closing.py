"""What a wish to open or close becomes: splits, fees, locks, T+1, and refusals with numbers."""

from __future__ import annotations

from decimal import Decimal
from math import nan

import pytest
from attrs import define, evolve
from hypothesis import given
from hypothesis import strategies as st

from homalos.engine.closing import CloseToday, Part, free, plan
from homalos.model import CloseFirst, Direction, Fee, Instrument, Offset, OffsetRule
from homalos.plugins.ports import Refusal

LONG, SHORT = Direction.LONG, Direction.SHORT
NONE, OPEN, CLOSE = Offset.NONE, Offset.OPEN, Offset.CLOSE
TODAY, EARLIER = Offset.CLOSETODAY, Offset.CLOSEYESTERDAY
PLAIN, DATED = OffsetRule.PLAIN, OffsetRule.DATED

RB = Instrument("rb2510.SHFE", "rb", 1.0, 10, offsets=DATED)


def per_lot(amount: str) -> Fee:
    """Return a fee by the lot."""
    return Fee(per_lot=Decimal(amount))


def share(rate: str) -> Fee:
    """Return a fee by the turnover."""
    return Fee(rate=Decimal(rate))


@define
class Held:
    """A holding as the test says."""

    instrument: Instrument = RB
    long: int = 0
    short: int = 0
    long_today: int = 0
    short_today: int = 0
    closing_long: int = 0
    closing_short: int = 0
    closing_long_today: int = 0
    closing_short_today: int = 0
    opening_long: int = 0
    opening_short: int = 0


def sold(
    held: Held,
    volume: int,
    offset: Offset = CLOSE,
    *,
    price: float = 100,
    close_today: CloseToday = "close",
    nets: bool = False,
) -> tuple[Part, ...] | str:
    """Return what a sell order becomes, or why it may not leave."""
    planned = plan(held, SHORT, offset, volume, price=price, nets=nets, close_today=close_today)
    return planned.message if isinstance(planned, Refusal) else planned


# -- a venue that wants to know which lots -------------------------------------------


@pytest.mark.parametrize(
    ("earlier_fee", "today_fee", "volume", "parts"),
    [
        # Ties and dearer todays: the 3 earlier lots first, then those of today.
        (per_lot("1"), per_lot("1"), 4, ((EARLIER, 3), (TODAY, 1))),
        (per_lot("1"), per_lot("2"), 5, ((EARLIER, 3), (TODAY, 2))),
        (per_lot("1"), per_lot("2"), 3, ((EARLIER, 3),)),
        # Today for nothing, as many products have it: the 2 lots of today first.
        (per_lot("1"), per_lot("0"), 2, ((TODAY, 2),)),
        (per_lot("1"), per_lot("0"), 4, ((TODAY, 2), (EARLIER, 2))),
        # At 100 x 10 a lot, a ten-thousandth is 0.10: 0.09 a lot is cheaper, 0.11 is not.
        (share("0.0001"), per_lot("0.09"), 3, ((TODAY, 2), (EARLIER, 1))),
        (share("0.0001"), per_lot("0.11"), 4, ((EARLIER, 3), (TODAY, 1))),
    ],
)
def test_a_close_is_split_with_the_cheaper_lots_first(
    earlier_fee: Fee, today_fee: Fee, volume: int, parts: tuple[Part, ...]
) -> None:
    """5 lots are held, 2 of them opened today."""
    contract = evolve(RB, fee_close=earlier_fee, fee_close_today=today_fee)
    assert sold(Held(contract, long=5, long_today=2), volume) == parts


def test_fees_by_turnover_at_an_unknown_price_take_earlier_lots_first() -> None:
    """Nobody can compare them then; fees by the lot can be compared."""
    by_share = evolve(RB, fee_close=share("0.0002"), fee_close_today=share("0.0001"))
    by_lot = evolve(RB, fee_close=per_lot("2"), fee_close_today=per_lot("1"))
    split = [sold(Held(each, long=2, long_today=1), 2, price=nan) for each in (by_share, by_lot)]
    assert split == [((EARLIER, 1), (TODAY, 1)), ((TODAY, 1), (EARLIER, 1))]


def test_lots_that_working_orders_close_are_not_closed_twice() -> None:
    """Of 3 earlier and 2 of today, 2 earlier and 1 of today are being closed."""
    held = Held(long=5, long_today=2, closing_long=3, closing_long_today=1)
    assert free(held, LONG) == (1, 1)
    assert sold(held, 2) == ((EARLIER, 1), (TODAY, 1))
    assert sold(held, 3) == (
        "3 lots of the long position in rb2510.SHFE were to be closed and 2 may be: "
        "5 are held, 2 of them opened today, 3 are being closed"
    )


def test_who_chooses_the_lots_gets_those_and_no_others() -> None:
    """3 lots of earlier days and 2 of today are held short."""
    held = Held(short=5, short_today=2)
    bought = [
        plan(held, LONG, offset, volume, price=100)
        for offset, volume in ((TODAY, 2), (TODAY, 3), (EARLIER, 3), (EARLIER, 4))
    ]
    assert bought[0] == ((TODAY, 2),)
    assert bought[2] == ((EARLIER, 3),)
    refused = [each for each in bought if isinstance(each, Refusal)]
    assert [(each.input, each.limit) for each in refused] == [(3, 2), (4, 3)]
    assert [each.message.split(" in ")[0] for each in refused] == [
        "3 lots of the short position of today",
        "4 lots of the short position of earlier days",
    ]


def test_a_close_order_left_from_yesterday_freezes_nothing_of_today() -> None:
    """It was of the lots of its day, and those are of an earlier day now."""
    held = Held(long=2, closing_long=2, closing_long_today=2)
    assert sold(held, 2) == ((EARLIER, 2),)


def test_an_order_without_an_offset_closes_first_and_opens_the_rest() -> None:
    """1 earlier lot and 1 of today stand against 5."""
    held = Held(long=2, long_today=1)
    assert sold(held, 5, NONE) == ((EARLIER, 1), (TODAY, 1), (OPEN, 3))
    assert sold(held, 2, NONE) == ((EARLIER, 1), (TODAY, 1))
    assert sold(Held(), 5, NONE) == ((OPEN, 5),)


# -- venues that do not --------------------------------------------------------------


@pytest.mark.parametrize("offset", [CLOSE, TODAY, EARLIER])
def test_where_a_close_is_a_close_every_offset_becomes_one(offset: Offset) -> None:
    """DCE, CZCE, CFFEX and GFEX decide themselves which lots it takes."""
    held = Held(evolve(RB, offsets=PLAIN), long=5, long_today=2, closing_long=1)
    assert sold(held, 4, offset) == ((CLOSE, 4),)
    assert "5 lots of the long position in rb2510.SHFE were to be closed and 4 may be" in sold(
        held, 5, offset
    )


@pytest.mark.parametrize("offset", [OPEN, CLOSE, TODAY, EARLIER, NONE])
def test_an_order_that_nets_has_no_offset_and_no_limit(offset: Offset) -> None:
    """By the account's mode, or since the venue knows no offsets."""
    assert sold(Held(long=1), 5, offset, nets=True) == ((NONE, 5),)
    assert sold(Held(evolve(RB, offsets=OffsetRule.NONE), long=1), 5, offset) == ((NONE, 5),)


@pytest.mark.parametrize(
    ("close_first", "lots"), [(CloseFirst.OLDEST, (0, 2)), (CloseFirst.TODAY, (2, 0))]
)
def test_plain_closes_at_work_freeze_the_lots_that_they_will_take(
    close_first: CloseFirst, lots: tuple[int, int]
) -> None:
    """Of 2 earlier lots and 2 of today, 2 are being closed."""
    contract = evolve(RB, offsets=PLAIN, close_first=close_first)
    assert free(Held(contract, long=4, long_today=2, closing_long=2), LONG) == lots


# -- lots that must be held over night -----------------------------------------------


@pytest.mark.parametrize(
    ("rule", "nets", "parts"),
    [
        (PLAIN, False, ((CLOSE, 3),)),
        (DATED, False, ((EARLIER, 3),)),
        (OffsetRule.NONE, False, ((NONE, 3),)),
        (PLAIN, True, ((NONE, 3),)),
    ],
)
def test_what_was_bought_today_may_be_sold_tomorrow(
    rule: OffsetRule,
    nets: bool,  # noqa: FBT001  a parameter of the test
    parts: tuple[Part, ...],
) -> None:
    """T+1: of 5 lots 2 are of today, so that 3 may be closed and 4 may not."""
    held = Held(evolve(RB, offsets=rule, closable_after=1), long=5, long_today=2)
    assert sold(held, 3, nets=nets) == parts
    assert sold(held, 4, nets=nets) == (
        "4 lots of the long position in rb2510.SHFE were to be closed and 3 may be: 5 are held, "
        "2 of them opened today, 0 are being closed; lots opened today may not be closed "
        "before tomorrow"
    )


def test_an_order_that_nets_may_open_behind_lots_that_may_be_closed() -> None:
    """Nothing of today stands against it."""
    held = Held(evolve(RB, closable_after=1), long=3)
    assert sold(held, 5, nets=True) == ((NONE, 5),)


# -- accounts that lock --------------------------------------------------------------


# CFFEX stock index futures in 2024: 0.23 of 10,000, and ten times that to close today.
IF = Instrument(
    "IF2406.CFFEX", "IF", 0.2, 300, offsets=PLAIN, close_first=CloseFirst.OLDEST,
    fee_open=share("0.000023"), fee_close=share("0.000023"), fee_close_today=share("0.00023"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("close_today", "today_fee", "parts"),
    [
        # To lock costs 0.23 + 2 x 0.23 = 0.69 of 10,000.
        ("cheaper", "0.00023", ((CLOSE, 1), (OPEN, 2))),
        ("cheaper", "0.000070", ((CLOSE, 1), (OPEN, 2))),
        ("cheaper", "0.000069", ((CLOSE, 3),)),
        ("lock", "0.000069", ((CLOSE, 1), (OPEN, 2))),
        ("close", "0.00023", ((CLOSE, 3),)),
    ],
)
def test_lots_of_today_are_locked_where_that_is_wished(
    close_today: CloseToday, today_fee: str, parts: tuple[Part, ...]
) -> None:
    """1 lot of an earlier day and 2 of today are given up."""
    contract = evolve(IF, fee_close_today=share(today_fee))
    held = Held(contract, long=3, long_today=2)
    assert sold(held, 3, price=3500, close_today=close_today) == parts


def test_where_a_close_takes_todays_lots_first_all_of_it_locks() -> None:
    """There is no way to close the earlier ones before they are gone."""
    held = Held(evolve(IF, close_first=CloseFirst.TODAY), long=3, long_today=2)
    assert sold(held, 1, close_today="lock") == ((OPEN, 1),)
    held.long_today = 0
    assert sold(held, 1, close_today="lock") == ((CLOSE, 1),)


def test_a_dated_close_locks_todays_lots_and_closes_the_others() -> None:
    """Who asks for today's lots by name closes them."""
    held = Held(long=3, long_today=2)
    assert sold(held, 3, close_today="lock") == ((EARLIER, 1), (OPEN, 2))
    assert sold(held, 2, TODAY, close_today="lock") == ((TODAY, 2),)


def test_what_is_locked_cannot_be_closed_again() -> None:
    """2 lots of today were locked by 2 sold: nothing is long any more."""
    held = Held(long=2, long_today=2, short=2, short_today=2)
    assert sold(held, 1, close_today="lock") == (
        "1 lots of the long position in rb2510.SHFE were to be closed and 0 may be: "
        "2 are held, 2 of them opened today, 0 are being closed"
    )


def test_an_order_that_opens_gives_up_locks_of_earlier_days_first() -> None:
    """2 long and 2 short since yesterday: to sell 3 is to close 2 long and to open 1 short."""
    locked = Held(long=2, short=2)
    assert sold(locked, 3, OPEN, close_today="lock") == ((EARLIER, 2), (OPEN, 1))
    assert sold(locked, 3, OPEN) == ((OPEN, 3),)
    assert sold(Held(long=2), 3, OPEN, close_today="lock") == ((OPEN, 3),)


# -- whatever is held ----------------------------------------------------------------


@st.composite
def holdings(draw: st.DrawFn) -> Held:
    """Draw a holding that orders could have led to, and an instrument."""
    contract = evolve(
        RB,
        offsets=draw(st.sampled_from(OffsetRule)),
        close_first=draw(st.sampled_from(CloseFirst)),
        closable_after=draw(st.integers(0, 1)),
        fee_close_today=per_lot(str(draw(st.integers(0, 2)))),
        fee_close=per_lot("1"),
    )
    lots = st.integers(0, 6)
    today, earlier = draw(lots), draw(lots)
    of_today, of_earlier = draw(st.integers(0, today)), draw(st.integers(0, earlier))
    if contract.closable_after:
        of_today = 0
    return Held(
        contract, long=today + earlier, long_today=today, closing_long=of_today + of_earlier,
        closing_long_today=of_today if contract.offsets is DATED else 0, short=draw(lots),
    )  # fmt: skip


@given(
    held=holdings(),
    offset=st.sampled_from(Offset),
    volume=st.integers(1, 15),
    close_today=st.sampled_from(["close", "lock", "cheaper"]),
)
def test_parts_add_up_and_never_close_what_is_not_free(
    held: Held, offset: Offset, volume: int, close_today: CloseToday
) -> None:
    """Each offset at most once, no part empty, and no lot closed twice."""
    planned = sold(held, volume, offset, close_today=close_today)
    earlier, today = free(held, LONG)
    assert min(earlier, today) >= 0
    assert earlier + today == held.long - held.closing_long
    if isinstance(planned, str):
        return
    found = dict(planned)
    assert len(found) == len(planned)
    assert min(found.values()) > 0
    assert sum(found.values()) == volume
    assert found.get(TODAY, 0) <= today * (1 - held.instrument.closable_after)
    assert found.get(EARLIER, 0) <= earlier
    assert found.get(CLOSE, 0) <= earlier + today * (1 - held.instrument.closable_after)
