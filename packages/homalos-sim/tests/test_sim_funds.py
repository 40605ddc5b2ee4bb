"""The venue's own money, against amounts worked out on paper."""

from __future__ import annotations

from decimal import Decimal
from math import nan
from typing import Any

import pytest
from attrs import evolve

from homalos.model import (
    CloseFirst,
    Delivery,
    Direction,
    Fee,
    Instrument,
    MarginSide,
    Offset,
    OffsetRule,
    TickData,
    TradeReport,
)
from homalos.plugins.ports import VenueFunds
from homalos.testing import tick
from homalos_sim.funds import Funds

LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE, TODAY = Offset.OPEN, Offset.CLOSE, Offset.CLOSETODAY
MON, TUE = 20240506, 20240507

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


class Till:
    """One account with 100,000 at a venue that trades one contract."""

    def __init__(self, instrument: Instrument = RB) -> None:
        """Begin on Monday, before the first price."""
        self.instrument = instrument
        self.last: TickData | None = None
        self.day = MON
        self._count = 0
        self.funds = Funds(
            {"main": Decimal(100_000)}, lambda _symbol: self.instrument, lambda _symbol: self.last
        )

    def price(self, last: float, **more: Any) -> None:
        """Let a tick come."""
        self.last = tick(self.instrument.symbol, last, trading_day=self.day, **more)

    def trade(self, side: Direction, offset: Offset, price: float, lots: int) -> None:
        """Let an order fill."""
        self._count += 1
        report = TradeReport(
            "1-1", f"T{self._count}", self.instrument.symbol, side, offset, price, lots,
            self._count, self.day,
        )  # fmt: skip
        self.funds.note(("main", report))

    def turn(self) -> None:
        """Let Monday end, and Tuesday begin."""
        self.funds.end_day(MON)
        self.day = TUE

    def shown(self) -> tuple[str, str, str]:
        """Return equity, margin and fees as text, to the last place that is not 0."""
        found = self.funds.of("main")
        assert found is not None
        return _text(found.equity), _text(found.margin), _text(found.fees)


def _text(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def test_an_account_that_never_traded_has_what_it_started_with() -> None:
    """100,000, and nothing held; of an account that is not here nothing is known."""
    till = Till()
    assert till.funds.of("main") == VenueFunds(
        equity=Decimal(100_000), margin=Decimal(0), fees=Decimal(0)
    )
    assert till.funds.of("other") is None


def test_a_day_of_opening_and_closing_comes_to_the_amounts_on_paper() -> None:
    """2 bought at 3700 and 1 of them sold at 3720; the other is worth 3710.

    Fees: 2 x 3700 x 10 / 10,000 = 7.4 to open, 3 to close 1 of today. Equity: 200 closed and
    100 floating, less 10.4. Margin: 1 x 3700 x 10 x 13 %.
    """
    till = Till()
    till.trade(LONG, OPEN, 3700.0, 2)
    till.trade(SHORT, CLOSE, 3720.0, 1)
    till.price(3710.0)
    assert till.shown() == ("100289.6", "4810", "10.4")


def test_a_settlement_moves_the_margin_and_no_money() -> None:
    """Monday settles at its average, 370 lots for 13,727,000 / 10: 3710; margin 1 x 4823.

    Sold on Tuesday at 3690 the lot is of an earlier day: 3.69, not 3.
    """
    till = Till()
    till.trade(LONG, OPEN, 3700.0, 1)
    till.price(3720.0, volume=370, turnover=13_727_000.0, low_price=3690.0, high_price=3725.0)
    assert till.shown() == ("100196.3", "4810", "3.7")
    till.turn()
    assert till.shown() == ("100196.3", "4823", "3.7")
    till.trade(SHORT, CLOSE, 3690.0, 1)
    assert till.shown() == ("99892.61", "0", "7.39")


def test_what_was_only_noted_is_reckoned_as_if_it_had_been_asked_each_time() -> None:
    """The arithmetic waits until somebody asks: two days at once come to the same."""
    till = Till()
    till.trade(LONG, OPEN, 3700.0, 1)
    till.price(3720.0, settlement_price=3710.0)
    till.turn()
    till.funds.end_day(MON)  # again is harmless
    till.trade(SHORT, CLOSE, 3690.0, 1)
    assert till.shown() == ("99892.61", "0", "7.39")


def test_the_venue_settles_at_the_price_its_last_tick_carries() -> None:
    """3705 was sent; the day's average would be 3710, its last price is 3720."""
    till = Till()
    till.trade(SHORT, OPEN, 3700.0, 1)
    till.price(
        3720.0,
        volume=1,
        turnover=37_100.0,
        low_price=3690.0,
        high_price=3725.0,
        settlement_price=3705.0,
    )
    till.turn()
    assert till.shown()[1] == "4816.5"


@pytest.mark.parametrize(
    ("rule", "fees"),
    [
        # Opened 2, then 1; closing takes the 2 of Monday, or the 1 of Tuesday and 1 of Monday.
        (CloseFirst.OLDEST, Decimal("7.4") + Decimal("3.7") + Decimal("7.4")),
        (CloseFirst.TODAY, Decimal("7.4") + Decimal("3.7") + 3 + Decimal("3.7")),
    ],
)
def test_a_plain_close_takes_the_lots_that_the_exchange_says(
    rule: CloseFirst, fees: Decimal
) -> None:
    """Which lots it takes is seen by the fee: 3 a lot of today, 3.7 of an earlier day."""
    till = Till(evolve(RB, close_first=rule))
    till.trade(LONG, OPEN, 3700.0, 2)
    till.price(3700.0, settlement_price=3700.0)
    till.turn()
    till.trade(LONG, OPEN, 3700.0, 1)
    till.trade(SHORT, CLOSE, 3700.0, 2)
    assert till.shown()[2] == _text(fees)


def test_a_dated_close_takes_lots_of_the_day_it_names() -> None:
    """One of each day: close of today costs 3, a plain close takes Monday's at 3.7."""
    till = Till(evolve(RB, offsets=OffsetRule.DATED))
    till.trade(LONG, OPEN, 3700.0, 1)
    till.price(3700.0, settlement_price=3700.0)
    till.turn()
    till.trade(LONG, OPEN, 3700.0, 1)
    till.trade(SHORT, TODAY, 3700.0, 1)
    assert till.shown()[2] == "10.4"
    till.trade(SHORT, CLOSE, 3700.0, 1)
    assert till.shown()[2] == "14.1"


def test_an_account_that_nets_closes_first_and_opens_the_rest() -> None:
    """2 bought, 3 sold: 1 is short then, and holds the margin of 1."""
    till = Till(evolve(RB, offsets=OffsetRule.NONE))
    till.trade(LONG, Offset.NONE, 3700.0, 2)
    till.trade(SHORT, Offset.NONE, 3700.0, 3)
    till.price(3700.0)
    # 7.4 to open 2, 6 to close them, 3.7 to open the 1.
    assert till.shown() == ("99982.9", "4810", "17.1")


@pytest.mark.parametrize(
    ("side", "margin"), [(MarginSide.BOTH, "14430"), (MarginSide.LARGER, "9620")]
)
def test_both_sides_hold_margin_unless_only_the_larger_one_does(
    side: MarginSide, margin: str
) -> None:
    """2 long and 1 short at 3700: 9620 and 4810."""
    till = Till(evolve(RB, margin_side=side))
    till.trade(LONG, OPEN, 3700.0, 2)
    till.trade(SHORT, OPEN, 3700.0, 1)
    till.price(3700.0)
    assert till.shown()[1] == margin


def test_a_contract_is_delivered_at_the_end_of_its_last_day() -> None:
    """1 bought at 3700 ends at 3710; 5 a lot are charged for it."""
    ends = evolve(
        RB,
        last_trading_day=MON,
        delivery=Delivery.CASH,
        fee_delivery=Fee(per_lot=Decimal(5)),
    )
    till = Till(ends)
    till.trade(LONG, OPEN, 3700.0, 1)
    till.price(3720.0, settlement_price=3710.0)
    till.turn()
    assert till.shown() == ("100091.3", "0", "8.7")


def test_without_a_price_nobody_knows_what_it_is_worth() -> None:
    """A run on bars has no ticks; what is not held any more needs no price."""
    till = Till()
    till.trade(LONG, OPEN, 3700.0, 1)
    assert till.funds.of("main") is None
    till.price(nan)
    assert till.funds.of("main") is None
    till.trade(SHORT, CLOSE, 3710.0, 1)
    assert till.shown() == ("100093.3", "0", "6.7")
