"""Tick files written for the occasion: every way a cell, a row or a file can be odd."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from homalos.errors import BadRowError
from homalos.model import Depth, TickData
from homalos_storage.readers import ticks

MakeReading = Callable[..., Any]
Write = Callable[[str, str], Path]

_HEAD = "InstrumentID,TradingDay,ActionDay,UpdateTime,UpdateMillisec,LastPrice"
_NINE_NS = 1_538_960_400_000_000_000  # date -d '2018-10-08 09:00:00 +0800' +%s
_SECOND = 1_000_000_000


def _row(price: str = "12485", time: str = "09:00:00", milli: str = "500") -> str:
    return f"ru1901,20181008,20181008,{time},{milli},{price}"


def _text(*rows: str, head: str = _HEAD) -> str:
    return "\n".join((head, *rows, ""))


def _read(write: Write, reading: MakeReading, *rows: str, head: str = _HEAD) -> Any:
    """Return (ticks, (line, reason) of the bad rows) of a file with these rows."""
    made = reading()
    found = list(ticks.read(write("ticks.csv", _text(*rows, head=head)), made.context))
    return found, made.reasons


def test_the_needed_columns_in_any_order_make_a_tick(write: Write, reading: MakeReading) -> None:
    """Everything that is not in the file is missing in the tick."""
    head = "LastPrice, UpdateTime ,instrumentid,TradingDay"
    (tick,), bad = _read(write, reading, "12485.00,09:00:01,ru1901,20181008", head=head)
    assert (tick.symbol, tick.ts_ns, tick.trading_day, tick.last_price) == (
        *("ru1901.SHFE", _NINE_NS + _SECOND, 20181008, 12485.0),
    )
    assert (tick.volume, tick.turnover, tick.open_interest, tick.depth) == (0, 0.0, 0.0, None)
    assert isnan(tick.bid_price_1)
    assert isnan(tick.pre_settlement)
    assert bad == []


def test_milliseconds_go_into_the_stamp(write: Write, reading: MakeReading) -> None:
    """Recorders write them with leading zeros, without, or not at all."""
    found, bad = _read(write, reading, *(_row(milli=text) for text in ("500", "007", "7", "")))
    assert [tick.ts_ns - _NINE_NS for tick in found] == [500_000_000, 7_000_000, 7_000_000, 0]
    assert bad == []


@pytest.mark.parametrize(
    "missing", ["N/A", "", "1.7976931348623157e+308", "1e301", "0.0", "0", "nan"]
)
def test_what_exchanges_write_for_no_price_is_nan(
    missing: str, write: Write, reading: MakeReading
) -> None:
    """At limit-up there is no ask, and settlement comes in the evening."""
    head = f"{_HEAD},BidPrice1,AskPrice1,AskVolume1,SettlementPrice,OpenPrice"
    (tick,), bad = _read(
        write, reading, f"{_row()},12480,{missing},0,{missing},{missing}", head=head
    )
    assert tick.bid_price_1 == 12480.0
    assert all(isnan(p) for p in (tick.ask_price_1, tick.settlement_price, tick.open_price))
    assert bad == []


@pytest.mark.parametrize("missing", ["N/A", "", "1.7976931348623157e+308", "0.0", "nan"])
def test_a_row_without_a_last_price_is_no_tick(
    missing: str, write: Write, reading: MakeReading
) -> None:
    """Recorders write one when they begin, before the first quote."""
    found, bad = _read(write, reading, _row(missing), _row("12490"))
    assert [tick.last_price for tick in found] == [12490.0]
    assert bad == [(2, "no last price")]


def test_missing_counts_and_amounts_are_zero(write: Write, reading: MakeReading) -> None:
    """A tick has no way to say that a count is unknown."""
    head = f"{_HEAD},Volume,Turnover,OpenInterest"
    (tick,), bad = _read(write, reading, f"{_row()},N/A,,1.7976931348623157e+308", head=head)
    assert (tick.volume, tick.turnover, tick.open_interest) == (0, 0.0, 0.0)
    assert bad == []


def test_float_artefacts_are_put_on_the_grid(write: Write, reading: MakeReading) -> None:
    """4899.000000000001 and 4160.400000000001 stand in real files."""
    head = f"{_HEAD},AskPrice1"
    (tick,), _ = _read(write, reading, f"{_row('4895.000000000001')},4899.999999999999", head=head)
    assert tick.last_price == 4895.0
    assert tick.ask_price_1 == 4900.0


def test_the_grid_is_that_of_the_trading_day(write: Write, reading: MakeReading) -> None:
    """Gold moved in steps of 0.05 until 2019-12-09, in steps of 0.02 from the next day on."""
    rows = [
        f"au2006,{day},{day},10:00:00,0,{price}"
        for day in (20191209, 20191210)
        for price in ("335.05", "335.06")
    ]
    found, bad = _read(write, reading, *rows)
    assert [(t.trading_day, t.last_price) for t in found] == [
        (20191209, 335.05),
        (20191210, 335.06),
    ]
    assert bad == [
        (3, "LastPrice: found '335.06', expected a multiple of 0.05 for au2006.SHFE"),
        (4, "LastPrice: found '335.05', expected a multiple of 0.02 for au2006.SHFE"),
    ]


def test_a_settlement_price_may_stand_off_the_grid(write: Write, reading: MakeReading) -> None:
    """It is an average over trades; prices one can trade at are on the grid."""
    head = f"{_HEAD},PreSettlementPrice,PreClosePrice"
    found, bad = _read(
        write, reading, f"{_row()},12283.7,12285", f"{_row()},12285,12283.7", head=head
    )
    assert [tick.pre_settlement for tick in found] == [12283.7]
    reason = "PreClosePrice: found '12283.7', expected a multiple of 5.0 for ru1901.SHFE"
    assert bad == [(3, reason)]


_BAD_ROWS = {
    "ru1901,20181008,20181008,09:00:00,500,12x85": "LastPrice: found '12x85', expected a number",
    "ru1901,20181008,20181008,09:00:00,500,-5": "LastPrice: found '-5', expected a price above 0",
    "ru1901,20181008,20181008,09:00:00,500,inf": (
        "LastPrice: found 'inf', expected a finite number"
    ),
    "ru1901,20181008,20181008,09:00:00,500,12487": (
        "LastPrice: found '12487', expected a multiple of 5.0 for ru1901.SHFE"
    ),
    "ru1901,20181008,20181008,09:00:00,1500,12485": (
        "found '1500', expected milliseconds from 0 to 999"
    ),
    "ru1901,20181008,20181008,9 o'clock,500,12485": (
        'found "9 o\'clock", expected a time such as 09:00:00 or 09:00:00.5'
    ),
    "ru1901,20181008,20181008,09:00:61,500,12485": (
        "found '09:00:61', expected a time such as 09:00:00 or 09:00:00.5"
    ),
    "ru1901,20181008,20181008,x9:00:00,500,12485": (
        "found 'x9:00', expected a time such as 09:00:00 or 09:00:00.5"
    ),
    "ru1901,20181008,20181008,,500,12485": (
        "found '', expected a time such as 09:00:00 or 09:00:00.5"
    ),
    "ru1901,8 Oct,20181008,09:00:00,500,12485": (
        "found '8 Oct', expected a date such as 20180131 or 2018-01-31"
    ),
    "ru1901,20181008,20180230,09:00:00,500,12485": "day is out of range for month",
    "gold,20181008,20181008,09:00:00,500,12485": "'gold' is no contract here",
    ",20181008,20181008,09:00:00,500,12485": (
        "found no code, expected that of a contract such as rb2510"
    ),
    "ru1901,20181008,20181008,09:00:00,500": "found 5 columns, expected 6 columns",
    "ru1901,20181008,20181008,09:00:00,500,12485,": "found 7 columns, expected 6 columns",
    'ru1901,20181008,20181008,09:00:00,"500,12485': ("found an unclosed quote, expected 6 columns"),
}


@pytest.mark.parametrize("row", _BAD_ROWS)
def test_a_bad_row_is_told_of_and_the_next_one_is_read(
    row: str, write: Write, reading: MakeReading
) -> None:
    """The reason says what was found and what was expected, the line is the file's own."""
    found, bad = _read(write, reading, _row(), row, _row("12490"))
    assert [tick.last_price for tick in found] == [12485.0, 12490.0]
    assert len(bad) == 1
    assert bad[0][0] == 3
    assert bad[0][1].startswith(_BAD_ROWS[row])


def test_a_bad_row_is_told_of_with_its_class(write: Write, reading: MakeReading) -> None:
    """A row without a price and a symbol nobody knows are told from what cannot be read."""
    made = reading()
    rows = (_row("0.0"), "xyz,20181008,20181008,09:00:00,500,12485", _row("dear"))
    assert list(ticks.read(write("ticks.csv", _text(*rows)), made.context)) == []
    assert [row.fault for row in made.bad_rows] == [
        "missing-price",
        "unknown-instrument",
        "unreadable",
    ]


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("Volume", "-1", "Volume: found '-1', expected 0 or more"),
        ("Volume", "1.5", "Volume: found '1.5', expected whole lots"),
        ("BidVolume1", "many", "BidVolume1: found 'many', expected a number"),
        ("Turnover", "-0.5", "Turnover: found '-0.5', expected 0 or more"),
        ("OpenInterest", "inf", "OpenInterest: found 'inf', expected a finite number"),
    ],
)
def test_a_bad_count_is_told_of(
    column: str, cell: str, reason: str, write: Write, reading: MakeReading
) -> None:
    """Counts and amounts are checked like prices."""
    found, bad = _read(write, reading, f"{_row()},{cell}", head=f"{_HEAD},{column}")
    assert found == []
    assert bad == [(2, reason)]


def test_a_strict_run_ends_at_the_first_bad_row(write: Write, reading: MakeReading) -> None:
    """What `bad_row` raises goes through the reader."""

    def refuse(file: str, line: int, reason: str, _fault: str = "", /) -> None:
        raise BadRowError(file, line, reason)

    context = evolve(reading().context, bad_row=refuse)
    path = write("ticks.csv", _text(_row(), _row("-5"), _row()))
    found = ticks.read(path, context)
    assert next(found).last_price == 12485.0
    with pytest.raises(BadRowError, match=r"ticks\.csv:3: LastPrice: found '-5'"):
        next(found)


def test_an_error_of_the_one_who_counts_is_not_one_of_the_file(
    write: Write, reading: MakeReading
) -> None:
    """A pipe that nobody reads any more must not look like a cut file."""

    def fail(*_row: object) -> None:
        raise BrokenPipeError

    context = evolve(reading().context, bad_row=fail)
    found = ticks.read(write("ticks.csv", _text("too,short", _row())), context)
    with pytest.raises(BrokenPipeError):
        next(found)


def test_blank_lines_are_nothing(write: Write, reading: MakeReading) -> None:
    """They are skipped, and counted as lines."""
    found, bad = _read(write, reading, "", _row(), "", "  ", _row("-5"))
    assert len(found) == 1
    assert [line for line, _ in bad] == [6]


def test_quoted_cells_are_read(write: Write, reading: MakeReading) -> None:
    """CTP recorders quote every cell, spreadsheets those that hold a comma."""
    quoted = '"' + _row().replace(",", '","') + '"'
    partly = _row().replace("ru1901", '"ru1901"')
    head = '"' + _HEAD.replace(",", '","') + '"'
    ends = '"ru1901",20181008,20181008,09:00:00,500,"12485"'
    found, bad = _read(write, reading, quoted, partly, ends, _row(), head=head)
    assert len({repr(tick) for tick in found}) == 1
    assert len(found) == 4
    assert bad == []


def test_a_stray_quote_spoils_its_own_row_only(write: Write, reading: MakeReading) -> None:
    """A CSV reader that joins lines would swallow the rest of the file."""
    rows = [_row(str(12485 + 5 * number)) for number in range(100)]
    rows[10] = rows[10].replace("ru1901", '"ru1901')
    found, bad = _read(write, reading, *rows)
    assert len(found) == 99
    assert bad == [(12, "found an unclosed quote, expected 6 columns")]


def test_windows_line_ends_and_a_byte_order_mark_are_read(
    tmp_path: Path, reading: MakeReading
) -> None:
    """As a spreadsheet on Windows saves."""
    path = tmp_path / "TICKS.CSV"
    path.write_bytes(b"\xef\xbb\xbf" + _text(_row(), _row()).replace("\n", "\r\n").encode())
    made = reading()
    assert ticks.matches(path)
    assert len(list(ticks.read(path, made.context))) == 2
    assert made.bad_rows == []


def test_times_are_read_as_recorders_write_them(write: Write, reading: MakeReading) -> None:
    """Hours without a zero, spaces, a fraction of a second instead of milliseconds."""
    times = ("9:00:01", " 09:00:02 ", "09:00:03.5", "09:00:04.123456789")
    found, bad = _read(write, reading, *(_row(time=time, milli="") for time in times))
    seconds = [tick.ts_ns - _NINE_NS for tick in found]
    assert seconds == [_SECOND, 2 * _SECOND, 3_500_000_000, 4_123_456_789]
    assert bad == []


def test_a_fraction_and_milliseconds_contradict_each_other(
    write: Write, reading: MakeReading
) -> None:
    """Neither is more right than the other, so neither is taken."""
    found, bad = _read(write, reading, _row(time="09:00:03.5", milli="500"))
    assert found == []
    assert bad[0][1].startswith("found '09:00:03' with a fraction and milliseconds beside it")


def test_dates_are_read_as_recorders_write_them(write: Write, reading: MakeReading) -> None:
    """With dashes, with slashes and without leading zeros."""
    rows = [_row().replace("20181008", date) for date in ("2018-10-08", "2018/10/8", "20181008")]
    found, bad = _read(write, reading, *rows)
    assert {tick.ts_ns for tick in found} == {_NINE_NS + 500_000_000}
    assert {tick.trading_day for tick in found} == {20181008}
    assert bad == []


def test_the_market_is_asked_once_a_minute(write: Write, reading: MakeReading) -> None:
    """Two minutes of two ticks a second are 240 rows and two questions."""
    made = reading()
    rows = [
        _row(time=f"09:{minute:02}:{second:02}", milli=milli)
        for minute in range(2)
        for second in range(60)
        for milli in ("0", "500")
    ]
    found = list(ticks.read(write("ticks.csv", _text(*rows)), made.context))
    assert [tick.ts_ns - _NINE_NS for tick in found] == [n * 500_000_000 for n in range(240)]
    assert made.market.stamps == 2


_DEPTH_HEAD = f"{_HEAD},BidPrice2,BidVolume2,BidPrice3,BidVolume3,AskPrice2,AskVolume2"


def test_deeper_levels_are_kept_where_they_have_prices(write: Write, reading: MakeReading) -> None:
    """A side ends at its first level without a price."""
    row = f"{_row()},12475,3,12470,9,12495,4"
    half = f"{_row()},12475,3,0.00,0,N/A,0"
    found, bad = _read(write, reading, row, half, head=_DEPTH_HEAD)
    assert [tick.depth for tick in found] == [
        Depth((12475.0, 12470.0), (3, 9), (12495.0,), (4,)),
        Depth((12475.0,), (3,), (), ()),
    ]
    assert bad == []


def test_levels_without_prices_are_no_depth(write: Write, reading: MakeReading) -> None:
    """CTP has the columns of five levels also where the exchange sends one."""
    rows = [f"{_row()},N/A,0,N/A,0,N/A,0", f"{_row()},0.00,0,0.00,0,0.00,0"] * 2
    found, bad = _read(write, reading, *rows, head=_DEPTH_HEAD)
    assert [tick.depth for tick in found] == [None] * 4
    assert bad == []


def test_a_tick_equals_the_record_made_by_hand(write: Write, reading: MakeReading) -> None:
    """The first row of a real file of ru1901, every field in its place."""
    head = (
        "TradingDay,InstrumentID,ExchangeID,LastPrice,PreSettlementPrice,PreClosePrice,"
        "PreOpenInterest,OpenPrice,HighestPrice,LowestPrice,Volume,Turnover,OpenInterest,"
        "SettlementPrice,UpperLimitPrice,LowerLimitPrice,UpdateTime,UpdateMillisec,BidPrice1,"
        "BidVolume1,AskPrice1,AskVolume1,ActionDay"
    )
    row = (
        "20181008,ru1901,,12485.00,12285.00,12360.00,309666.00,12480.00,12490.00,12475.00,3174,"
        "396132700.00,309896.00,12410.00,13390.00,11175.00,09:00:00,500,12480.00,17,12490.00,19,"
        "20181008"
    )
    (tick,), _ = _read(write, reading, row, head=head)
    assert tick == TickData(
        symbol="ru1901.SHFE",
        ts_ns=_NINE_NS + 500_000_000,
        trading_day=20181008,
        last_price=12485.0,
        volume=3174,
        turnover=396132700.0,
        open_interest=309896.0,
        bid_price_1=12480.0,
        bid_volume_1=17,
        ask_price_1=12490.0,
        ask_volume_1=19,
        limit_up=13390.0,
        limit_down=11175.0,
        open_price=12480.0,
        high_price=12490.0,
        low_price=12475.0,
        pre_close=12360.0,
        pre_settlement=12285.0,
        pre_open_interest=309666.0,
        settlement_price=12410.0,
    )
