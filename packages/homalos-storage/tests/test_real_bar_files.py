"""Bars of real markets in the layouts of their recorders, counted and copied by other means."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from homalos.model import BarData
from homalos_storage.readers import bars

MakeReading = Callable[..., Any]

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_MINUTE = 60_000_000_000
# Files without a row at fault; each needs the name of its symbol.
_CLEAN = {
    "bars/CFFEX.IF.HOT_d.csv.gz": ("IF1005.CFFEX", "d"),
    "bars/CZCE.CF.HOT_m5.csv.gz": ("CF001.CZCE", "5m"),
    "bars/DCE.i.HOT_m5.csv.gz": ("i2001.DCE", "5m"),
    "bars/SHFE.cu2202_m1.csv.gz": ("cu2202.SHFE", "1m"),
    "bars/SHFE.rb.HOT_m5.csv.gz": ("rb2001.SHFE", "5m"),
    "bars_tqsdk/CFFEX.T2003_60s.csv.gz": ("T2003.CFFEX", "1m"),
    "bars_tqsdk/DCE.m2005_60s.csv.gz": ("m2005.DCE", "1m"),
    "bars_tqsdk/DCE.jd2002_60s.csv.gz": ("jd2002.DCE", "1m"),
}


def _ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=_SHANGHAI).timestamp()) * 10**9


def _bar(stamps: tuple[str, str, str, str, int], values: tuple[float, ...]) -> BarData:
    """Return a bar of (symbol, interval, start, end, trading day) and the values of its row."""
    symbol, interval, start, end, day = stamps
    opened, high, low, close, volume, *sums = values
    bar = BarData(symbol, interval, _ns(start), _ns(end), day, opened, high, low, close)
    turnover, interest = (*sums, 0.0, 0.0)[:2]
    return replace(bar, volume=int(volume), turnover=turnover, open_interest=interest)


def _lines(path: Path) -> int:
    with gzip.open(path, "rb") as stream:
        return sum(1 for _ in stream)


def _read(path: Path, made: Any) -> list[BarData]:
    assert bars.matches(path)
    return list(bars.read(path, made.context))


@pytest.mark.parametrize("name", _CLEAN)
def test_every_row_of_a_clean_file_is_a_bar(
    name: str, real_data: Path, reading: MakeReading
) -> None:
    """Every line but the header, of the length that the file's name says, in time order."""
    symbol, interval = _CLEAN[name]
    made = reading(symbol=symbol)
    found = _read(real_data / name, made)
    assert len(found) == _lines(real_data / name) - 1
    assert made.bad_rows == []
    assert {(bar.symbol, bar.interval) for bar in found} == {(symbol, interval)}
    assert all(before.ts_ns <= bar.start_ns for before, bar in pairwise(found))


def test_five_minutes_of_steel_are_labelled_with_their_end(
    real_data: Path, reading: MakeReading
) -> None:
    """First and last row of the file, of a night and of a day."""
    found = _read(real_data / "bars/SHFE.rb.HOT_m5.csv.gz", reading(symbol="rb2001.SHFE"))
    assert found[0] == _bar(
        ("rb2001.SHFE", "5m", "2019-07-31T21:00", "2019-07-31T21:05", 20190801),
        (3888.0, 3897.0, 3882.0, 3897.0, 118432),
    )
    assert found[-1] == _bar(
        ("rb2001.SHFE", "5m", "2020-08-13T14:55", "2020-08-13T15:00", 20200813),
        (3799.0, 3801.0, 3790.0, 3791.0, 25138),
    )


def test_the_raw_gbk_sample_gives_the_same_bars_as_the_normalised_file(
    real_data: Path, reading: MakeReading
) -> None:
    """761 whole rows; the sample was cut after 40,000 bytes, in the middle of a row."""
    normal = bars.read(
        real_data / "bars/SHFE.rb.HOT_m5.csv.gz", reading(symbol="rb2001.SHFE").context
    )
    made = reading(symbol="rb2001.SHFE")
    found = _read(real_data / "bars/raw_gbk_sample_SHFE.rb.HOT_m5.csv.gz", made)
    assert len(found) == 761
    assert found == list(islice(normal, 761))
    assert made.reasons == [(763, "found 1 columns, expected 7 columns")]


def test_minutes_of_copper_have_turnover_and_open_interest(
    real_data: Path, reading: MakeReading
) -> None:
    """Here open interest is called hold; the last row is of the delivery day, without a trade."""
    found = _read(real_data / "bars/SHFE.cu2202_m1.csv.gz", reading(symbol="cu2202.SHFE"))
    first, last = found[0], found[-1]
    assert (first.start_ns, first.ts_ns) == (_ns("2022-01-04T09:00"), _ns("2022-01-04T09:01"))
    assert (first.volume, first.turnover, first.open_interest) == (2389, 839934050.0, 133232.0)
    assert (last.ts_ns, last.trading_day) == (_ns("2022-02-15T15:00"), 20220215)
    assert (last.close_price, last.volume, last.open_interest) == (70930.0, 0, 9090.0)


def test_daily_index_bars_last_a_whole_day(real_data: Path, reading: MakeReading) -> None:
    """The first day of the CSI 300 future; a byte order mark stands before the header."""
    found = _read(real_data / "bars/CFFEX.IF.HOT_d.csv.gz", reading(symbol="IF1005.CFFEX"))
    assert found[0] == _bar(
        ("IF1005.CFFEX", "d", "2010-04-16T09:30", "2010-04-16T15:00", 20100416),
        (3450.0, 3488.0, 3413.2, 3415.6, 48988, 50538805320.0, 2702.0),
    )
    assert found[-1].trading_day == 20211213


def test_minutes_of_tqsdk_are_labelled_with_their_start(
    real_data: Path, reading: MakeReading
) -> None:
    """First row of IF2003; of two open interests the one at the close counts."""
    path = real_data / "bars_tqsdk/CFFEX.IF2003_60s.csv.gz"
    first = next(iter(bars.read(path, reading(symbol="IF2003.CFFEX").context)))
    assert first == _bar(
        ("IF2003.CFFEX", "1m", "2019-12-16T14:21", "2019-12-16T14:22", 20191216),
        (3981.2, 3982.0, 3980.8, 3981.4, 35, 0.0, 28796.0),
    )


def test_minutes_of_java_trader_have_begin_and_end(real_data: Path, reading: MakeReading) -> None:
    """18 of its lows lie above the close; the lines are those that awk finds."""
    made = reading(symbol="ru1901.SHFE")
    path = real_data / "bars/SHFE.ru1901_min1_201810_part.csv.gz"
    found = _read(path, made)
    assert len(found) == _lines(path) - 1 - 18
    assert [line for line, _ in made.reasons] == [
        *(61, 175, 192, 240, 279, 307, 368, 397, 459, 509),
        *(784, 1362, 1475, 1559, 1744, 1893, 2018, 2064),
    ]
    assert {reason.rpartition(";")[2] for _, reason in made.reasons} == {
        " expected high and low to enclose the others"
    }
    assert found[0] == _bar(
        ("ru1901.SHFE", "1m", "2018-10-08T09:00", "2018-10-08T09:01", 20181008),
        (12485.0, 12490.0, 12380.0, 12410.0, 11060, 1374894700.0, 311824.0),
    )
    lengths = Counter((bar.ts_ns - bar.start_ns) // 10**9 for bar in found)
    assert lengths.most_common(1)[0][0] == 60
    assert lengths[7260] == 6


def test_a_year_of_copper_in_parquet_has_one_row_at_fault(
    real_data: Path, reading: MakeReading
) -> None:
    """124,175 rows by the file's own count; in one the close, 71,940, is above the high."""
    made = reading(symbol="cu2101.SHFE")
    found = _read(real_data / "bars/SHFE.cu.HOT_m1_20210104-20220218.parquet", made)
    assert len(found) == 124_174
    ((line, reason),) = made.reasons
    assert line == 85_145
    assert reason.startswith("found open 71750.0, high 71920.0, low 71750.0, close 71940.0;")
    assert found[0] == _bar(
        ("cu2101.SHFE", "1m", "2021-01-04T09:00", "2021-01-04T09:01", 20210104),
        (57750.0, 57840.0, 57680.0, 57740.0, 3297, 952159250.0),
    )


def test_live_minutes_of_all_products_come_merged(real_data: Path, reading: MakeReading) -> None:
    """Each contract's first bar may lack an open; the others are all there, ends as labels."""
    made = reading()
    path = real_data / "ticks_wt/ALL_20220218/reference_min1.csv.gz"
    found = _read(path, made)
    assert [bar.ts_ns for bar in found] == sorted(bar.ts_ns for bar in found)
    assert len({bar.symbol for bar in found}) == 21
    assert len(found) + len(made.bad_rows) == _lines(path) - 1
    assert {reason for _, reason in made.reasons} == {"open: found '0.0', expected a price above 0"}
    assert len(made.reasons) == 4
    second = next(bar for bar in found if bar.symbol == "IF2203.CFFEX")
    assert second == _bar(
        ("IF2203.CFFEX", "1m", "2022-02-18T11:21", "2022-02-18T11:22", 20220218),
        (4612.2, 4612.4, 4611.2, 4611.4, 36, 49807200.0, 112930.0),
    )
