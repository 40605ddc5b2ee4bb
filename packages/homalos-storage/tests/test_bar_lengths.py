"""How long the bars of a file are: told from its rows, or asked for and checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from homalos.errors import DataError
from homalos.model import BarData
from homalos_storage.readers import bars

MakeReading = Callable[..., Any]
Write = Callable[[str, str], Path]

_MINUTE = 60_000_000_000
_NINE_NS = 1_538_960_400_000_000_000  # date -d '2018-10-08 09:00:00 +0800' +%s
_RB = "rb1901.SHFE"
_OHLCV = "open,high,low,close,volume"
_CELLS = "3888,3897,3882,3890,118432"


def _read(write: Write, made: Any, head: str, *rows: str) -> Any:
    """Return (bars, (line, reason) of the bad rows) of a file with these rows."""
    path = write("bars.csv", "\n".join((head, *rows, "")))
    return list(bars.read(path, made.context)), made.reasons


def _spans(found: list[BarData]) -> list[tuple[str, int, int]]:
    """Return (interval, start, end) of bars, in minutes after 09:00."""
    return [
        (bar.interval, (bar.start_ns - _NINE_NS) // _MINUTE, (bar.ts_ns - _NINE_NS) // _MINUTE)
        for bar in found
    ]


@pytest.mark.parametrize(
    ("times", "interval"),
    [
        (("09:01", "09:02", "10:15"), "1m"),
        (("09:05", "09:15", "09:20"), "5m"),
        (("09:15", "09:45", "10:00"), "15m"),
        (("10:00", "11:00", "14:00"), "1h"),
        (("09:05", "09:10", "09:07", "09:15"), "5m"),
    ],
)
def test_the_smallest_step_is_the_length(
    times: tuple[str, ...], interval: str, write: Write, reading: MakeReading
) -> None:
    """Bars without trades are missing in some files; a late row makes no step."""
    rows = [f"2018-10-08,{time},{_CELLS}" for time in times]
    found, bad = _read(write, reading(symbol=_RB), f"date,time,{_OHLCV}", *rows)
    assert {bar.interval for bar in found} == {interval}
    assert len(found) == len(times)
    assert bad == []


def test_a_step_that_is_no_length_is_an_error(write: Write, reading: MakeReading) -> None:
    """Three minutes are none of ours; the message names those that are."""
    rows = [f"2018-10-08,09:0{minute}:00,{_CELLS}" for minute in (3, 6, 9)]
    with pytest.raises(DataError, match="rows are 180 s apart, none of 1m, 5m, 15m, 1h, d"):
        _read(write, reading(symbol=_RB), f"date,time,{_OHLCV}", *rows)


def test_rows_a_day_apart_are_not_daily_bars_by_that_alone(
    write: Write, reading: MakeReading
) -> None:
    """A contract that hardly trades may have one bar of five minutes a day."""
    rows = [f"2018-10-{day},14:55:00,{_CELLS}" for day in ("08", "09")]
    with pytest.raises(DataError, match="rows are 86400 s apart, none of"):
        _read(write, reading(symbol=_RB), f"date,time,{_OHLCV}", *rows)
    found, _ = _read(write, reading(symbol=_RB, interval="5m"), f"date,time,{_OHLCV}", *rows)
    assert [bar.trading_day for bar in found] == [20181008, 20181009]
    found, _ = _read(write, reading(symbol=_RB, interval="d"), f"date,time,{_OHLCV}", *rows)
    assert {bar.interval for bar in found} == {"d"}


def test_any_length_may_be_asked_for(write: Write, reading: MakeReading) -> None:
    """What the core can make of ticks can be read back."""
    head = f"symbol,trading_day,datetime,{_OHLCV}"
    rows = [f"rb1901.SHFE,20181008,2018-10-08T09:0{m}:00+08:00,{_CELLS}" for m in (0, 3, 6)]
    found, bad = _read(write, reading(interval="3m"), head, *rows)
    assert _spans(found) == [("3m", 0, 3), ("3m", 3, 6), ("3m", 6, 9)]
    assert bad == []


def test_a_long_bar_is_over_when_its_last_session_is(write: Write, reading: MakeReading) -> None:
    """The hour that begins at 11:00 is over at 11:30; the end in a file's label is believed."""
    rows = [f"2018-10-08T{hour}:00:00,{_CELLS}" for hour in ("09", "10", "11", "13")]
    found, _ = _read(write, reading(symbol=_RB), f"datetime,{_OHLCV}", *rows)
    assert _spans(found) == [("1h", 0, 60), ("1h", 60, 120), ("1h", 120, 150), ("1h", 240, 300)]
    rows = [f"2018-10-08,{time},{_CELLS}" for time in ("10:00", "11:00", "14:15")]
    found, _ = _read(write, reading(symbol=_RB), f"date,time,{_OHLCV}", *rows)
    assert _spans(found) == [("1h", 0, 60), ("1h", 60, 120), ("1h", 255, 315)]


def test_one_row_needs_the_interval(write: Write, reading: MakeReading) -> None:
    """There is no step to tell from."""
    row = f"2018-10-08,09:05:00,{_CELLS}"
    with pytest.raises(DataError, match="rows do not tell how long"):
        _read(write, reading(symbol=_RB), f"date,time,{_OHLCV}", row)
    found, _ = _read(write, reading(symbol=_RB, interval="5m"), f"date,time,{_OHLCV}", row)
    assert _spans(found) == [("5m", 0, 5)]


def test_an_interval_longer_than_the_steps_is_an_error(write: Write, reading: MakeReading) -> None:
    """Bars of five minutes cannot begin every minute."""
    rows = [f"2018-10-08,09:0{minute}:00,{_CELLS}" for minute in (1, 2)]
    with pytest.raises(DataError, match="rows are 60 s apart, too close for bars of 5m"):
        _read(write, reading(symbol=_RB, interval="5m"), f"date,time,{_OHLCV}", *rows)
    with pytest.raises(DataError, match="found interval '5 min', expected a number and s, m or h"):
        _read(write, reading(symbol=_RB, interval="5 min"), f"date,time,{_OHLCV}", *rows)


def test_rows_may_say_their_own_interval(write: Write, reading: MakeReading) -> None:
    """One that is none, or not the one asked for, is a bad row."""
    head = f"datetime,interval,{_OHLCV}"
    rows = [f"2018-10-08T09:00:00,{interval},{_CELLS}" for interval in ("5m", "1m", "soon")]
    found, bad = _read(write, reading(symbol=_RB), head, *rows)
    assert _spans(found) == [("5m", 0, 5), ("1m", 0, 1)]
    expected = "expected a number and s, m or h, or d: 30s 1m 15m 1h d"
    assert bad == [(4, f"found interval 'soon', {expected}")]
    found, bad = _read(write, reading(symbol=_RB, interval="5m"), head, *rows[:2])
    assert _spans(found) == [("5m", 0, 5)]
    assert bad == [(3, "found interval '1m', expected '5m' as asked for")]
