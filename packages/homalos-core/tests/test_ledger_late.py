"""Trades that are reported late: the books are those of the order in which they were made."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from homalos.engine.ledger import Ledger
from homalos.model import (
    CloseFirst,
    Direction,
    Fee,
    Instrument,
    Offset,
    OffsetRule,
    PriceOrigin,
    SettlementPrice,
    TradeData,
)

LONG, SHORT = Direction.LONG, Direction.SHORT
OPEN, CLOSE, NONE = Offset.OPEN, Offset.CLOSE, Offset.NONE
MON, TUE = 20240506, 20240507

# 10 units a lot; 1 a lot to open, 2 to close lots of earlier days, 5 to close today's, which
# are closed first.
M = Instrument(
    "m2409.TEST",
    "m",
    tick_size=1.0,
    multiplier=10,
    margin_rate=Decimal("0.1"),
    fee_open=Fee(per_lot=Decimal(1)),
    fee_close=Fee(per_lot=Decimal(2)),
    fee_close_today=Fee(per_lot=Decimal(5)),
    close_first=CloseFirst.TODAY,
)
PRICES = {M.symbol: 3700.0}


def fill(
    ts_ns: int, side: Direction, offset: Offset, lots: int = 1, *, price: float = 3700.0,
    day: int = TUE, strategy: str = "a",
) -> TradeData:  # fmt: skip
    """Return a trade that was made at a time."""
    return TradeData(
        f"T{ts_ns}", f"1-{ts_ns}", M.symbol, side, offset, price, lots, ts_ns, day, strategy,
        "main", "sim",
    )  # fmt: skip


def booked(trades: Sequence[TradeData], instrument: Instrument = M) -> Ledger:
    """Return a ledger with a lot held since Monday, bought at 3600, and these trades of Tuesday.

    The strategies' books are looked at after each, as risk rules do.
    """
    ledger = Ledger(capital=Decimal(100_000))
    position = ledger.position(instrument)
    ledger.post(fill(1, LONG, OPEN, 2, price=3600.0, day=MON), position)
    ledger.settle(MON, {M.symbol: SettlementPrice(Decimal(3650), PriceOrigin.VENUE)})
    for trade in trades:
        ledger.post(trade, position)
        assert "a" in list(ledger.books)
    return ledger


def read(ledger: Ledger) -> dict[str, object]:
    """Return everything that can be read of a ledger, but for the order of its lines."""
    position = ledger.positions[M.symbol]
    return {
        "equity": ledger.equity(PRICES),
        "fees": ledger.fees(),
        "realised": (ledger.realised(), ledger.realised_marked()),
        "margin": ledger.margin_held(),
        "floats": (pytest.approx(ledger.cash), pytest.approx(ledger.margin)),
        "lots": [
            [(lot.price, lot.mark, lot.volume, lot.day, lot.trade_id) for lot in lots]
            for lots in (position.long_lots, position.short_lots)
        ],
        "today": (position.long_today, position.short_today, position.day),
        "sums": (position.long, position.long_cost, position.long_mark, position.overclosed),
        "postings": ledger.postings,
        "strategies": {name: ledger.books.pnl(name, PRICES) for name in sorted(ledger.books)},
        "day": sorted(ledger.day, key=lambda posting: posting[0].ts_ns),
    }


def test_a_close_that_is_heard_of_before_its_opening_closes_the_lot_of_today() -> None:
    """Opened at 10, closed at 20: 1 and 5. Booked as they came it would be 2 and 1.

    The fees of Monday, 2, come to it.
    """
    opened, closed = fill(10, LONG, OPEN), fill(20, SHORT, CLOSE)
    ledger = booked([closed, opened])
    assert ledger.fees() == Decimal(2 + 1 + 5)
    assert [lot.day for lot in ledger.positions[M.symbol].long_lots] == [MON]
    assert read(ledger) == read(booked([opened, closed]))


def test_a_close_that_is_late_leaves_the_lot_that_was_opened_behind_it() -> None:
    """At 10 there was nothing of Tuesday to close: 2, and the lot opened at 20 stays."""
    closed, opened = fill(10, SHORT, CLOSE), fill(20, LONG, OPEN)
    ledger = booked([opened, closed])
    assert ledger.fees() == Decimal(2 + 1 + 2)
    assert [lot.day for lot in ledger.positions[M.symbol].long_lots] == [MON, TUE]
    assert read(ledger) == read(booked([closed, opened]))


def test_each_strategy_is_charged_for_its_own_trade_anew() -> None:
    """What b closed was of today after all: 5 and no longer 2, in its book as in the account."""
    opened, closed = fill(10, LONG, OPEN), fill(20, SHORT, CLOSE, strategy="b")
    ledger = booked([closed, opened])
    # b has sold one at 3700 that it did not hold, and paid 5.
    assert ledger.books.pnl("b", PRICES) == Decimal(-5)
    assert sum(ledger.books.pnl(name, PRICES) for name in ledger.books) == ledger.equity(
        PRICES
    ) - Decimal(100_000)


def test_by_a_clock_that_cannot_be_right_trades_are_booked_as_they_came() -> None:
    """Three closed at 20 of two held and one opened at 30: it was not so."""
    ledger = booked([fill(30, LONG, OPEN), fill(20, SHORT, CLOSE, 3)])
    position = ledger.positions[M.symbol]
    assert (position.long, position.overclosed) == (0, 0)
    assert ledger.fees() == Decimal(2 + 1 + 5 + 2 * 2)


def test_what_was_settled_is_not_booked_anew() -> None:
    """A trade of Monday that comes on Tuesday is behind Monday's settlement."""
    ledger = booked([fill(5, LONG, OPEN, day=MON), fill(6, SHORT, CLOSE)])
    assert ledger.fees() == Decimal(2 + 1 + 2)


_TRADES = st.lists(
    st.tuples(
        st.sampled_from([LONG, SHORT]), st.booleans(), st.integers(1, 3), st.integers(3690, 3710),
        st.sampled_from("ab"),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@given(
    drawn=_TRADES,
    chance=st.randoms(use_true_random=False),
    rule=st.sampled_from(list(CloseFirst)),
    nets=st.booleans(),
)
def test_whatever_comes_late_the_books_are_those_of_the_true_order(
    drawn: Sequence[tuple[Direction, bool, int, int, str]],
    chance: random.Random,
    rule: CloseFirst,
    nets: bool,  # noqa: FBT001  drawn by name
) -> None:
    """As long as no more is closed than an account knows it holds, as with working orders."""
    instrument = evolve(M, close_first=rule)
    if nets:
        instrument = evolve(instrument, offsets=OffsetRule.NONE)
    made, held = [], {LONG: 2, SHORT: 0}
    for number, (side, opens, lots, price, strategy) in enumerate(drawn):
        against = SHORT if side is LONG else LONG
        offset = NONE if nets else OPEN if opens or held[against] < lots else CLOSE
        if offset is CLOSE:  # what is opened today is not counted on: it may be late
            held[against] -= lots
        made.append(fill(10 + number, side, offset, lots, price=float(price), strategy=strategy))
    heard = list(made)
    chance.shuffle(heard)
    assert read(booked(heard, instrument)) == read(booked(made, instrument))
