"""Statements as text: what is written is read back equal, and what is written is a statement."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.engine.statements import differences, unprinted
from homalos.errors import StatementError
from homalos.model import (
    CloseLine,
    DeliveryLine,
    Direction,
    Funds,
    HoldingLine,
    Offset,
    PositionLine,
    PriceOrigin,
    Statement,
    TradeLine,
    TransferLine,
)
from homalos_china.statements import parse_statement, read_statement, write_statement

_AMOUNT = st.decimals(-(10**12), 10**12, places=2)
_PLUS = st.decimals(0, 10**12, places=2)
_PRICE = st.decimals(-(10**6), 10**6, places=4)
_LOTS = st.integers(1, 10**6)
_DAY = st.dates().map(lambda day: day.year * 10_000 + day.month * 100 + day.day)
_TEXT = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="|¦"), max_size=12)
_SYMBOL = st.builds(
    "{}.{}".format,
    st.from_regex(r"[A-Za-z]{1,2}[0-9]{3,4}(-[CP]-[0-9]{1,5})?", fullmatch=True),
    st.sampled_from(["SHFE", "INE", "DCE", "CZCE", "CFFEX", "GFEX", "XTST"]),
)
_COMMON: dict[str, Any] = {
    "day": _DAY,
    "symbol": _SYMBOL,
    "lots": _LOTS,
    "open_day": _DAY,
    "open_price": _PRICE,
    "previous_settlement": _PRICE,
    "settlement": _PRICE,
    "price": _PRICE,
    "trade_id": _TEXT,
    "open_trade_id": _TEXT,
    "turnover": _PLUS,
    "fee": _PLUS,
    "note": _TEXT,
    "strategy": st.just(""),
    "direction": st.sampled_from(Direction),
    "offset": st.sampled_from(Offset),
    "origin": st.sampled_from(PriceOrigin),
    "long_lots": st.integers(0, 10**6),
    "short_lots": st.integers(0, 10**6),
    "long_average": _PRICE,
    "short_average": _PRICE,
    "risk_degree": st.decimals(-10, 10, places=4),
    "deposits": _PLUS,
    "withdrawals": _PLUS,
}


def _lines(kind: Any) -> st.SearchStrategy[Any]:
    names = [each.name for each in kind.__attrs_attrs__]
    made = st.builds(kind, **{name: _COMMON.get(name, _AMOUNT) for name in names})
    return st.lists(made, max_size=3).map(tuple)


_STATEMENTS = st.builds(
    Statement,
    account=_TEXT,
    currency=st.sampled_from(["CNY", "USD", "XTS"]),
    trading_day=_DAY,
    funds=_lines(Funds).filter(bool).map(lambda made: made[0]),
    transfers=_lines(TransferLine),
    trades=_lines(TradeLine),
    closes=_lines(CloseLine),
    deliveries=_lines(DeliveryLine),
    holdings=_lines(HoldingLine),
    positions=_lines(PositionLine),
)


@given(_STATEMENTS, st.sampled_from(["text", "utf-8", "utf-8-sig", "gb18030"]))
def test_what_is_written_is_read_back_equal(statement: Statement, encoding: str) -> None:
    """To the last place, marked figures and those by trade, in every encoding there is."""
    text = write_statement(statement)

    data = text if encoding == "text" else text.encode(encoding)

    assert parse_statement(data) == statement


@given(_STATEMENTS)
def test_a_day_does_not_differ_from_its_own_text(statement: Statement) -> None:
    """Also where several lines are alike."""
    reading = read_statement(write_statement(statement))

    assert differences(statement, reading.statement, reading.printed) == ()
    assert unprinted(statement, reading.printed) == ()


@given(_STATEMENTS)
def test_what_is_not_printed_is_told_apart(statement: Statement) -> None:
    """A section without a line is left out, and the reading says so."""
    names = ("transfers", "trades", "closes", "deliveries", "holdings", "positions")
    expected = {name for name in names if getattr(statement, name)} | {"funds"}

    assert set(read_statement(write_statement(statement)).printed) == expected


@given(_STATEMENTS)
def test_columns_stand_below_their_heads(statement: Statement) -> None:
    """Where a full-width character counts two, every bar of a table is in one column."""
    bars: list[list[int]] = []
    for line in write_statement(statement).split("\n"):
        if not line.startswith("|"):
            bars.clear()
            continue
        wide = [1 + (unicodedata.east_asian_width(char) in "WF") for char in line]
        bars.append([sum(wide[:at]) for at, char in enumerate(line) if char == "|"])
        assert bars[0] == bars[-1]


def _day(**given: Any) -> Statement:
    zero = Decimal(0)
    funds = Funds(**{each.name: zero for each in Funds.__attrs_attrs__})
    return Statement(account="main", currency="CNY", trading_day=20250106, funds=funds, **given)


def test_a_note_of_several_lines_stays_in_its_cell() -> None:
    """A bar or a line end would make it another table; they are replaced, no line is lost."""
    line = TransferLine(day=20250106, amount=Decimal("-12.50"), note=" a|b\r\nc ")

    found = parse_statement(write_statement(_day(transfers=(line,))))

    assert [(Decimal("-12.50"), "a¦b  c")] == [(each.amount, each.note) for each in found.transfers]


def test_strategies_are_lost() -> None:
    """No statement has a column for them."""
    line = TradeLine(
        day=20250106,
        symbol="rb2505.SHFE",
        trade_id="0042",
        direction=Direction.SHORT,
        offset=Offset.CLOSETODAY,
        price=Decimal("3310.5"),
        lots=3,
        turnover=Decimal(99315),
        fee=Decimal("9.93"),
        realised=Decimal("-15.00"),
        strategy="grid",
    )

    found = parse_statement(write_statement(_day(trades=(line,)))).trades[0]

    assert (found.strategy, found.trade_id, found.offset) == ("", "0042", Offset.CLOSETODAY)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_bytes_may_end_within_the_last_character(cut: int) -> None:
    """Counters send chunks that end anywhere; nothing but that character is lost."""
    statement = _day()
    text = write_statement(statement)

    for encoding in ("gb18030", "utf-8"):
        ending = "𠀀".encode(encoding)  # four bytes in both
        assert parse_statement(text.encode(encoding) + ending[:-cut]) == statement


def test_bytes_of_no_known_text_name_their_line() -> None:
    """Neither UTF-8 nor GB18030: 0xff is nothing in both."""
    with pytest.raises(StatementError) as told:
        parse_statement(b"abc\nd\xff\xffe\n", name="day.txt")

    assert (told.value.file, told.value.line) == ("day.txt", 2)
