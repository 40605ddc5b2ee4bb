"""The books: closings, fees and margin worked by hand, and against an independent computation."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import count
from math import nan

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from homalos.engine.ledger import Ledger, Position, cents, micros
from homalos.model import Direction, Fee, Instrument, Offset, TradeData
from homalos.testing import INSTRUMENTS

LONG, SHORT = Direction.LONG, Direction.SHORT
NONE, OPEN, CLOSE = Offset.NONE, Offset.OPEN, Offset.CLOSE
TODAY, YESTERDAY = Offset.CLOSETODAY, Offset.CLOSEYESTERDAY

# 10 t a lot; 1/10,000 of the turnover to open and to close, 3 a lot to close the same day.
RB = Instrument(
    "rb2510.TEST",
    "rb",
    tick_size=1.0,
    multiplier=10,
    margin_rate=Decimal("0.13"),
    fee_open=Fee(rate=Decimal("0.0001")),
    fee_close=Fee(rate=Decimal("0.0001")),
    fee_close_today=Fee(per_lot=Decimal(3)),
)
_ids = count(1)


def trade(
    direction: Direction,
    offset: Offset,
    price: float,
    volume: int,
    *,
    day: int = 1,
    symbol: str = RB.symbol,
) -> TradeData:
    """Make a trade of an account."""
    return TradeData(
        f"T{next(_ids)}", "1-1", symbol, direction, offset, price, volume, 0, day, "s", "main", "g"
    )


def booked(*trades: TradeData) -> tuple[Ledger, Position]:
    """Return the books of a new account, and its position in `RB`, after trades."""
    ledger = Ledger(capital=Decimal(1_000_000))
    position = ledger.position(RB)
    for each in trades:
        ledger.post(each, position)
    return ledger, position


def test_an_opening_holds_lots_and_margin_and_pays_its_fee() -> None:
    """2 lots at 3,650: turnover 73,000, a tenth of a thousandth of it as fee, 13 % as margin."""
    ledger, position = booked(trade(LONG, OPEN, 3650, 2))

    assert (position.long, position.short, position.net) == (2, 0, 2)
    assert ledger.realised() == 0
    assert ledger.fees() == Decimal("7.3")
    assert ledger.margin_held() == Decimal(9_490)
    assert ledger.floating({RB.symbol: 3652}) == 40
    assert (ledger.cash, ledger.margin) == pytest.approx((-7.3, 9_490))


def test_a_closing_takes_the_oldest_lots_first() -> None:
    """3 of 2 @ 100 and 2 @ 110 close at 120: (20 x 2 + 10 x 1) x 10 = 500; one at 110 is left."""
    ledger, position = booked(
        trade(LONG, OPEN, 100, 2), trade(LONG, OPEN, 110, 2), trade(SHORT, CLOSE, 120, 3)
    )

    assert ledger.realised() == 500
    assert (position.long, position.long_cost) == (1, 110_000_000)
    assert ledger.margin_held() == Decimal("0.13") * 1_100


def test_a_short_position_gains_when_the_price_falls() -> None:
    """2 sold at 120, one bought back at 115: 5 x 10; the other gains 3 x 10 at 117."""
    ledger, position = booked(trade(SHORT, OPEN, 120, 2), trade(LONG, CLOSE, 115, 1))

    assert ledger.realised() == 50
    assert ledger.floating({RB.symbol: 117}) == 30
    assert (position.short, position.net) == (1, -1)


def test_a_closing_of_both_days_pays_each_lot_s_own_fee() -> None:
    """Yesterday's 2 lots cost 1/10,000 of 2 x 3,700 x 10, today's one costs 3 to close."""
    ledger, _ = booked(
        trade(LONG, OPEN, 3600, 2, day=1),
        trade(LONG, OPEN, 3650, 2, day=2),
        trade(SHORT, CLOSE, 3700, 3, day=2),
    )

    opening = Decimal("7.2") + Decimal("7.3")
    assert ledger.fees() == opening + Decimal("7.4") + 3
    assert ledger.realised() == (100 * 2 + 50) * 10


def test_closing_today_leaves_the_older_lots_alone() -> None:
    """Of 1 @ 100 of yesterday and 1 @ 130 of today the latter is closed, at a loss of 10."""
    ledger, position = booked(
        trade(LONG, OPEN, 100, 1, day=1),
        trade(LONG, OPEN, 130, 1, day=2),
        trade(SHORT, TODAY, 129, 1, day=2),
    )

    assert ledger.realised() == -10
    assert position.long_cost == 100_000_000
    assert (position.yesterday(LONG, 2), position.long) == (1, 1)


def test_closing_yesterday_leaves_today_s_lots_alone() -> None:
    """It finds one lot of the two asked for; the other was not there to close."""
    ledger, position = booked(
        trade(SHORT, OPEN, 100, 1, day=1),
        trade(SHORT, OPEN, 130, 1, day=2),
        trade(LONG, YESTERDAY, 90, 2, day=2),
    )

    assert ledger.realised() == 100
    assert (position.short, position.short_cost) == (1, 130_000_000)
    assert position.overclosed == 1


def test_lots_become_yesterday_s_with_the_next_trading_day() -> None:
    """Today is the trading day asked about, not the date of the calendar."""
    _, position = booked(
        trade(LONG, OPEN, 100, 2, day=20251010), trade(LONG, OPEN, 100, 3, day=20251013)
    )

    assert [position.yesterday(LONG, day) for day in (20251010, 20251013, 20251014)] == [0, 2, 5]
    assert position.yesterday(SHORT, 20251014) == 0


def test_a_netting_order_closes_first_and_opens_the_rest() -> None:
    """Long 2 @ 100, then sell 5 @ 110: 200 are gained and 3 are short at 110."""
    ledger, position = booked(trade(LONG, NONE, 100, 2), trade(SHORT, NONE, 110, 5))

    assert ledger.realised() == 200
    assert (position.long, position.short) == (0, 3)
    assert position.short_cost == 330_000_000
    # Opened 2 @ 100 and 3 @ 110; closed 2 of the same day.
    assert ledger.fees() == Decimal("0.2") + Decimal("0.33") + 6
    assert position.overclosed == 0


def test_closing_what_is_not_held_changes_nothing_but_the_count() -> None:
    """A foreign or lost trade shows, and invents neither lots nor money."""
    ledger, position = booked(trade(SHORT, CLOSE, 110, 4))

    assert (position.long, position.short, position.overclosed) == (0, 0, 4)
    assert [ledger.realised(), ledger.fees(), ledger.margin_held()] == [Decimal(0)] * 3
    assert (ledger.cash, ledger.margin, ledger.postings) == (0, 0, 0)


def test_each_opening_and_closing_is_posted_with_its_fee() -> None:
    """Two openings, and a closing that pays two kinds of fee: four entries of two lines."""
    ledger, _ = booked(
        trade(LONG, OPEN, 100, 1, day=1),
        trade(LONG, OPEN, 100, 1, day=2),
        trade(SHORT, CLOSE, 100, 2, day=2),
    )

    assert ledger.postings == 8


def test_a_rate_of_any_length_is_exact() -> None:
    """36,500 at 1 in 10**30, and 10 a lot: more digits than a decimal keeps by default."""
    long = evolve(RB, fee_open=Fee(rate=Decimal("1E-30"), per_lot=Decimal("1E+1")))
    ledger = Ledger(capital=Decimal(0))
    ledger.post(trade(LONG, OPEN, 3650, 1), ledger.position(long))

    assert ledger.fees() == Decimal("10.0000000000000000000000000365")


def test_a_symbol_without_a_price_floats_at_nothing() -> None:
    """Before a price is known the lots count as unchanged."""
    ledger, _ = booked(trade(LONG, OPEN, 100, 1))

    assert ledger.floating({}) == ledger.floating({RB.symbol: nan}) == 0


def test_closing_today_again_and_again_keeps_only_what_is_held() -> None:
    """Behind a lot of yesterday a thousand round trips leave nothing behind."""
    ledger, position = booked(trade(LONG, OPEN, 100, 1, day=1))
    for _ in range(1_000):
        ledger.post(trade(LONG, OPEN, 101, 1, day=2), position)
        ledger.post(trade(SHORT, TODAY, 102, 1, day=2), position)

    assert len(position.long_lots) == position.long == 1
    assert ledger.realised() == 10_000


@pytest.mark.parametrize(
    ("amount", "rounded"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("2.344999", "2.34")]
)
def test_a_statement_rounds_half_up(amount: str, rounded: str) -> None:
    """Away from zero at the half, as exchanges' statements do, not to the even cent."""
    assert cents(Decimal(amount)) == Decimal(rounded)


@pytest.mark.parametrize(
    ("price", "units"), [(0.005, 5_000), (4899.2, 4_899_200_000), (101.285, 101_285_000)]
)
def test_a_price_is_a_whole_number_of_millionths(price: float, units: int) -> None:
    """The decimal that was written, not the double nearest to it."""
    assert micros(price) == units


# -- an independent computation --------------------------------------------------


@define
class Plain:
    """The same books kept lot by lot in fractions: slow, and as plain as can be.

    Attributes:
        lots: By symbol and side, one (price, day) for every single lot, oldest first.
    """

    lots: dict[tuple[str, Direction], list[tuple[Fraction, int]]] = field(factory=dict)
    realised: Fraction = Fraction(0)
    fees: Fraction = Fraction(0)

    def post(self, trade: TradeData, contract: Instrument) -> None:
        """Book a trade one lot at a time."""
        price = Fraction(str(trade.price))
        other = SHORT if trade.direction is LONG else LONG
        held = self.lots.setdefault((trade.symbol, other), [])
        own = self.lots.setdefault((trade.symbol, trade.direction), [])
        for _ in range(trade.volume):
            fits = [lot for lot in held if self._closes(trade, lot[1])]
            if fits:
                opened, day = fits[0]
                held.remove(fits[0])
                gain = price - opened if other is LONG else opened - price
                self.realised += gain * contract.multiplier
                is_today = day >= trade.trading_day
                self._pay(
                    contract.fee_close_today if is_today else contract.fee_close, price, contract
                )
            elif trade.offset in (NONE, OPEN):
                own.append((price, trade.trading_day))
                self._pay(contract.fee_open, price, contract)

    def worth(self, contract: Instrument, price: Fraction) -> tuple[Fraction, Fraction]:
        """Return (floating profit at a price, margin) of one contract's lots."""
        floating = margin = Fraction(0)
        for (symbol, side), lots in self.lots.items():
            if symbol == contract.symbol:
                for opened, _ in lots:
                    gain = price - opened if side is LONG else opened - price
                    floating += gain * contract.multiplier
                    margin += opened * contract.multiplier * Fraction(contract.margin_rate)
        return floating, margin

    def _closes(self, trade: TradeData, day: int) -> bool:
        is_today = day >= trade.trading_day
        return {NONE: True, CLOSE: True, OPEN: False, TODAY: is_today, YESTERDAY: not is_today}[
            trade.offset
        ]

    def _pay(self, fee: Fee, price: Fraction, contract: Instrument) -> None:
        self.fees += Fraction(fee.per_lot) + Fraction(fee.rate) * price * contract.multiplier


CONTRACTS = (RB, *INSTRUMENTS.values())
DRAWN = st.lists(
    st.tuples(
        st.sampled_from(CONTRACTS),
        st.sampled_from([LONG, SHORT]),
        st.sampled_from([OPEN, OPEN, CLOSE, TODAY, YESTERDAY]),
        st.integers(1, 40_000),  # ticks
        st.integers(1, 9),  # lots
        st.sampled_from([0, 0, 0, 1]),  # trading days gone by
    ),
    max_size=40,
)


@pytest.mark.parametrize("netting", [False, True])
@given(drawn=DRAWN, ticks=st.integers(1, 40_000))
def test_the_books_agree_with_fractions_kept_lot_by_lot(
    netting: bool,  # noqa: FBT001  a parameter of the test
    drawn: list[tuple[Instrument, Direction, Offset, int, int, int]],
    ticks: int,
) -> None:
    """To the last digit, whatever is opened and closed, in both kinds of account."""
    ledger, plain = Ledger(capital=Decimal(0)), Plain()
    day = 1
    for contract, direction, offset, place, lots, days in drawn:
        day += days
        posted = trade(
            direction, NONE if netting else offset, contract.from_ticks(place), lots,
            day=day, symbol=contract.symbol,
        )  # fmt: skip
        ledger.post(posted, ledger.position(contract))
        plain.post(posted, contract)
    prices = {contract.symbol: contract.from_ticks(ticks) for contract in CONTRACTS}
    worth = [plain.worth(c, Fraction(str(prices[c.symbol]))) for c in CONTRACTS]

    assert Fraction(ledger.realised()) == plain.realised
    assert Fraction(ledger.fees()) == plain.fees
    assert Fraction(ledger.floating(prices)) == sum(floating for floating, _ in worth)
    assert Fraction(ledger.margin_held()) == sum(margin for _, margin in worth)
    for contract in CONTRACTS:
        position = ledger.position(contract)
        sides = [plain.lots.get((contract.symbol, side), []) for side in (LONG, SHORT)]
        assert [position.long, position.short] == [len(lots) for lots in sides]
    assert ledger.cash == pytest.approx(float(plain.realised - plain.fees), abs=1e-6)
    assert ledger.margin == pytest.approx(float(sum(m for _, m in worth)), abs=1e-6)
