"""Bar files written for the occasion: every layout, and every way a row can be odd."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from homalos.errors import DataError, UnknownInstrument
from homalos.model import BarData
from homalos_storage.readers import bars

MakeReading = Callable[..., Any]
Write = Callable[[str, str], Path]

_MINUTE = 60_000_000_000
_NINE_NS = 1_538_960_400_000_000_000  # date -d '2018-10-08 09:00:00 +0800' +%s
_RB = "rb1901.SHFE"
_OHLCV = "open,high,low,close,volume"


def _read(write: Write, made: Any, head: str, *rows: str) -> Any:
    """Return (bars, (line, reason) of the bad rows) of a file with these rows."""
    path = write("bars.csv", "\n".join((head, *rows, "")))
    return list(bars.read(path, made.context)), made.reasons


def _bar(start_ns: int, interval: str = "5m", minutes: int = 5) -> BarData:
    return BarData(
        *(_RB, interval, start_ns, start_ns + minutes * _MINUTE, 20181008),
        *(3888.0, 3897.0, 3882.0, 3890.0, 118432),
    )


_FIVE = [_bar(_NINE_NS), _bar(_NINE_NS + 5 * _MINUTE)]
_CELLS = "3888,3897,3882,3890,118432"

# The same two bars, 09:00 and 09:05 on 2018-10-08, as different recorders write them.
_LAYOUTS = {
    "date and time of the end": (
        f"date,time,{_OHLCV}",
        f"2018-10-08,09:05:00,{_CELLS}",
        f"2018-10-08,09:10:00,{_CELLS}",
    ),
    "slashes and no seconds": (
        f"Date,Time,{_OHLCV}",
        f"2018/10/8,9:05,{_CELLS}",
        f"2018/10/08,9:10,{_CELLS}",
    ),
    "angles, spaces and a weekday": (
        "<Date>, <Time>, <Open>, <High>, <Low>, <Close>, <Volume>",
        f"2018/10/8 星期一,09:05:00,{_CELLS}",
        f"2018/10/8 星期一,09:10:00,{_CELLS}",
    ),
    "compact date": (
        f"\ufeffdate,time,{_OHLCV}",
        f"20181008,09:05:00,{_CELLS}",
        f"20181008,09:10:00,{_CELLS}",
    ),
    "yyyymmddHHMM of the end": (
        f"datetime,date,time,{_OHLCV}",
        f"201810080905,20181008,2810080905,{_CELLS}",
        f"201810080910,20181008,2810080910,{_CELLS}",
    ),
    "yyyymmddHHMM beside a date": (
        f"date,time,{_OHLCV}",
        f"20181008,201810080905,{_CELLS}",
        f"20181008,201810080910,{_CELLS}",
    ),
    "time and nanoseconds of the start": (
        f"time,datetime,{_OHLCV}",
        f"2018-10-08 09:00:00,1538960400000000000,{_CELLS}",
        f"2018-10-08 09:05:00,1538960700000000000,{_CELLS}",
    ),
    "ISO 8601 of the start": (
        f"datetime,{_OHLCV}",
        f"2018-10-08T09:00:00,{_CELLS}",
        f"2018-10-08 09:05:00,{_CELLS}",
    ),
    "ISO 8601 with an offset": (
        f"time,{_OHLCV}",
        f"2018-10-08T01:00:00Z,{_CELLS}",
        f"2018-10-08T09:05:00+08:00,{_CELLS}",
    ),
    "our own": (
        f"symbol,trading_day,datetime,{_OHLCV},turnover,open_interest",
        f"rb1901.SHFE,20181008,2018-10-08T09:00:00+08:00,{_CELLS},0.0,0.0",
        f"rb1901.SHFE,20181008,2018-10-08T09:05:00+08:00,{_CELLS},,",
    ),
}


@pytest.mark.parametrize("layout", _LAYOUTS)
def test_every_layout_gives_the_same_bars(layout: str, write: Write, reading: MakeReading) -> None:
    """What the file's time means is known from its layout, how long the bars are from its steps."""
    found, bad = _read(write, reading(symbol=_RB), *_LAYOUTS[layout])
    assert found == _FIVE
    assert bad == []
    assert bars.matches(write("again.csv", "\n".join(_LAYOUTS[layout])))


def test_a_label_that_is_given_goes_before_the_layouts_own(
    write: Write, reading: MakeReading
) -> None:
    """Some vendors write date and time of the start."""
    rows = (f"2018-10-08,09:00:00,{_CELLS}", f"2018-10-08,09:05:00,{_CELLS}")
    found, _ = _read(write, reading(symbol=_RB, label="start"), f"date,time,{_OHLCV}", *rows)
    assert found == _FIVE
    late = (f"2018-10-08T09:05:00,{_CELLS}", f"2018-10-08T09:10:00,{_CELLS}")
    found, _ = _read(write, reading(symbol=_RB, label="end"), f"datetime,{_OHLCV}", *late)
    assert found == _FIVE


def test_begin_and_end_are_taken_as_they_stand(write: Write, reading: MakeReading) -> None:
    """java-trader's bars span the break, and end with the tick that closed them."""
    head = "FileDate,BeginTime,EndTime,Open,High,Close,Low,Volume,Turnover,OpenInt"
    rows = [
        f"20181008,2018-10-08 {begin},2018-10-08 {end},3888,3897,3890,3882,5,100.5,3118240000"
        for begin, end in (
            ("09:00:00", "09:01:00"),
            ("09:01:00", "09:02:01"),
            ("09:02:01", "09:03:00"),
            ("10:14:00", "10:15:00"),
            ("10:15:00", "10:31:00"),
        )
    ]
    found, bad = _read(write, reading(symbol=_RB), head, *rows)
    seconds = [((b.start_ns - _NINE_NS) // 10**9, (b.ts_ns - _NINE_NS) // 10**9) for b in found]
    assert seconds == [(0, 60), (60, 121), (121, 180), (4440, 4500), (4500, 5460)]
    assert {(bar.interval, bar.open_interest, bar.turnover) for bar in found} == {
        ("1m", 311824.0, 100.5)
    }
    assert bad == []


def test_daily_bars_last_from_the_first_session_to_the_end_of_the_last(
    write: Write, reading: MakeReading
) -> None:
    """Monday's begins on Friday evening; the times are the sessions' own, by hand."""
    rows = (f"2018/10/08,0,{_CELLS}", f"2018/10/09,0,{_CELLS}")
    found, bad = _read(write, reading(symbol=_RB), f"date,time,{_OHLCV}", *rows)
    assert [(bar.interval, bar.trading_day) for bar in found] == [("d", 20181008), ("d", 20181009)]
    friday_evening = _NINE_NS - (3 * 24 - 12) * 60 * _MINUTE
    three_oclock = _NINE_NS + 6 * 60 * _MINUTE
    assert (found[0].start_ns, found[0].ts_ns) == (friday_evening, three_oclock)
    assert bad == []


def test_daily_bars_of_our_own_begin_in_the_evening_before(
    write: Write, reading: MakeReading
) -> None:
    """Their trading day has a column, and their start is that of its first session."""
    head = f"symbol,trading_day,datetime,{_OHLCV}"
    rows = (
        f"rb1901.SHFE,20181009,2018-10-08T21:00:00+08:00,{_CELLS}",
        f"rb1901.SHFE,20181010,2018-10-09T21:00:00+08:00,{_CELLS}",
    )
    found, bad = _read(write, reading(), head, *rows)
    assert [(bar.interval, bar.trading_day) for bar in found] == [("d", 20181009), ("d", 20181010)]
    assert bad == []


def test_a_day_without_trading_is_a_bad_row(write: Write, reading: MakeReading) -> None:
    """2018-10-07 was a Sunday."""
    rows = (f"2018-10-05,{_CELLS}", f"2018-10-07,{_CELLS}", f"2018-10-08,{_CELLS}")
    found, bad = _read(write, reading(symbol=_RB), f"date,{_OHLCV}", *rows)
    assert [bar.trading_day for bar in found] == [20181005, 20181008]
    assert bad == [(3, "20181007 is no trading day")]


def test_night_bars_belong_to_the_next_trading_day(write: Write, reading: MakeReading) -> None:
    """The last one of the evening ends with its session, not in the next."""
    rows = [
        f"2018-10-08,{time},{_CELLS}" for time in ("14:55:00", "15:00:00", "21:05:00", "23:00:00")
    ]
    found, _ = _read(write, reading(symbol=_RB, interval="5m"), f"date,time,{_OHLCV}", *rows)
    assert [bar.trading_day for bar in found] == [20181008, 20181008, 20181009, 20181009]


def test_turnover_and_open_interest_are_found_under_their_names(
    write: Write, reading: MakeReading
) -> None:
    """Money, hold and close_oi are the same things."""
    for names in ("turnover,open_interest", "money,hold", "amount,close_oi"):
        head = f"date,time,{_OHLCV},{names}"
        rows = [f"2018-10-08,09:0{minute}:00,{_CELLS},840.5,133232" for minute in (1, 2)]
        found, _ = _read(write, reading(symbol=_RB), head, *rows)
        assert [(bar.turnover, bar.open_interest) for bar in found] == [(840.5, 133232.0)] * 2


# -- bad rows ------------------------------------------------------------------------

_BAD_ROWS = {
    "2018-10-08,09:10:00,x,3897,3882,3890,1": "open: found 'x', expected a number",
    "2018-10-08,09:10:00,3888,-1,3882,3890,1": "high: found '-1', expected a price above 0",
    "2018-10-08,09:10:00,3888,inf,3882,3890,1": "high: found 'inf', expected a finite number",
    "2018-10-08,09:10:00,3888,3897,0.0,3890,1": "low: found '0.0', expected a price above 0",
    "2018-10-08,09:10:00,3888,3897,3882,,1": "close: found '', expected a price above 0",
    "2018-10-08,09:10:00,3888,3897.5,3882,3890,1": (
        "high: found '3897.5', expected a multiple of 1.0 for rb1901.SHFE"
    ),
    "2018-10-08,09:10:00,3888,3880,3897,3890,1": (
        "found open 3888.0, high 3880.0, low 3897.0, close 3890.0; "
        "expected high and low to enclose the others"
    ),
    "2018-10-08,09:10:00,3888,3897,3882,3898,1": (
        "found open 3888.0, high 3897.0, low 3882.0, close 3898.0; "
        "expected high and low to enclose the others"
    ),
    "2018-10-08,09:10:00,3888,3897,3882,3890,-1": "volume: found '-1', expected 0 or more",
    "2018-10-08,09:10:00,3888,3897,3882,3890,1.5": "volume: found '1.5', expected whole lots",
    "2018-10-08,nine,3888,3897,3882,3890,1": "found 'nine', expected a time such as 09:00:00",
    "2018-10-08,24:00:00,3888,3897,3882,3890,1": (
        "found '24:00:00', expected a time such as 09:00:00"
    ),
    "2018-02-30,09:10:00,3888,3897,3882,3890,1": (
        "found '2018-02-30', expected a date: day is out of range for month"
    ),
    "monday,09:10:00,3888,3897,3882,3890,1": (
        "found 'monday', expected a date such as 20180131 or 2018-01-31"
    ),
    ",09:10:00,3888,3897,3882,3890,1": (
        "found no date, expected one such as 20180131 or 2018-01-31"
    ),
    "2018-10-08,09:10:00,3888,3897,3882,3890": "found 6 columns, expected 7 columns",
}


@pytest.mark.parametrize("row", _BAD_ROWS)
def test_a_bad_row_is_told_of_and_the_next_one_is_read(
    row: str, write: Write, reading: MakeReading
) -> None:
    """The reason says what was found and what was expected, the line is the file's own."""
    rows = [f"2018-10-08,09:{minute}:00,{_CELLS}" for minute in ("05", "10")]
    found, bad = _read(write, reading(symbol=_RB), f"date,time,{_OHLCV}", rows[0], row, rows[1])
    assert found == _FIVE
    assert bad == [(3, _BAD_ROWS[row])]


def test_a_bad_first_row_does_not_decide_the_layout(write: Write, reading: MakeReading) -> None:
    """What the time means is told from the first row that has one."""
    rows = [f"{stamp},{_CELLS}" for stamp in ("soon", "201810080905", "201810080910")]
    found, bad = _read(write, reading(symbol=_RB), f"datetime,{_OHLCV}", *rows)
    assert found == _FIVE
    reason = "found 'soon', expected a date and time such as 2018-01-31T09:00:00"
    assert bad == [(2, reason)]


# -- whole files -----------------------------------------------------------------------


def test_a_file_that_names_no_symbol_needs_one(write: Write, reading: MakeReading) -> None:
    """It is asked for, and must be known."""
    rows = _LAYOUTS["date and time of the end"]
    with pytest.raises(DataError, match="rows name no symbol; say which it is"):
        _read(write, reading(), *rows)
    with pytest.raises(UnknownInstrument):
        _read(write, reading(symbol="gold.SHFE"), *rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        (f"date,time,{_OHLCV}\n", "nothing but a header"),
        ("date,time,open,high\n1,2,3,4\n", "the columns are date, time, open, high; bars need"),
        (f"time,{_OHLCV}\n09:05:00,{_CELLS}\n", "not one row has a date and a time"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error(
    text: str, message: str, write: Write, reading: MakeReading
) -> None:
    """There is nothing to go on with."""
    with pytest.raises(DataError, match=message):
        list(bars.read(write("bars.csv", text), reading(symbol=_RB).context))


def test_symbols_one_after_another_come_merged_by_time(write: Write, reading: MakeReading) -> None:
    """The smallest step is that within a symbol, not that between two."""
    head = f"exchg,code,datetime,{_OHLCV}"
    rows = [
        f"{exchange},{code},2018100809{minute},{_CELLS}"
        for exchange, code in (("SHFE", "rb1901"), ("SHFE", "hc1901"))
        for minute in ("05", "10")
    ]
    found, bad = _read(write, reading(), head, *rows)
    assert [bar.symbol[:2] for bar in found] == ["rb", "hc", "rb", "hc"]
    assert {bar.interval for bar in found} == {"5m"}
    assert bad == []


def test_only_the_symbol_asked_for_is_read(write: Write, reading: MakeReading) -> None:
    """The length is told from its own rows, however far down they stand."""
    head = f"symbol,datetime,{_OHLCV}"
    rows = [f"hc1901.SHFE,2018-10-08T09:{m:02}:00,{_CELLS}" for m in range(60)]
    rows += [f"rb1901.SHFE,2018-10-08T09:{minute}:00,{_CELLS}" for minute in ("00", "05")]
    found, bad = _read(write, reading(symbol=_RB), head, *rows)
    assert found == _FIVE
    assert bad == []
    assert _read(write, reading(symbol="hc1905.SHFE"), head, *rows) == ([], [])


def test_tick_files_are_no_bar_files(write: Write) -> None:
    """The first importer that says yes reads a file, so only one may."""
    assert not bars.matches(write("a.csv", "InstrumentID,UpdateTime,LastPrice,OpenPrice\n"))
    assert not bars.matches(write("a.txt", f"date,time,{_OHLCV}\n"))
    assert not bars.matches(write("b.csv", f"{_OHLCV}\n"))
