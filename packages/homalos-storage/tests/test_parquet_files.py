"""Parquet files: whole columns give what single rows give, good or bad."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from itertools import islice
from math import nan
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homalos.errors import DataError
from homalos.model import BarData, Depth, TickData
from homalos_storage.readers import bar_rows, bars, columns, tick_rows, ticks

MakeReading = Callable[..., Any]

_NINE_NS = 1_538_960_400_000_000_000  # date -d '2018-10-08 09:00:00 +0800' +%s
_MINUTE = 60_000_000_000
_SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def _write(path: Path, table: dict[str, Any]) -> Path:
    pq.write_table(pa.table(table), path)
    return path


def _as_csv(path: Path) -> Path:
    """Write a Parquet file's cells as text, for the row reader to read."""
    table = pq.read_table(path)
    copy = path.with_suffix(".csv")
    with copy.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(table.column_names)
        writer.writerows(row.values() for row in table.to_pylist())
    return copy


def _refuse(_self: object, cells: Sequence[Any]) -> None:
    msg = f"read row by row: {cells}"
    raise AssertionError(msg)


def _ticks(count: int = 3, **changes: Any) -> dict[str, Any]:
    """Return the columns of ticks at 09:00:00, 09:00:00.5, 09:00:01 and so on."""
    table = {
        "InstrumentID": ["ru1901"] * count,
        "TradingDay": [20181008] * count,
        "ActionDay": [20181008] * count,
        "UpdateTime": [f"09:00:{number // 2:02}" for number in range(count)],
        "UpdateMillisec": [number % 2 * 500 for number in range(count)],
        "LastPrice": [12485.0 + 5 * number for number in range(count)],
        "Volume": list(range(count)),
        "BidPrice1": [12480.0] * count,
    }
    return table | changes


def _bars(count: int = 3, **changes: Any) -> dict[str, Any]:
    """Return the columns of one-minute bars from 09:00 on."""
    starts = [_NINE_NS + number * _MINUTE for number in range(count)]
    table = {
        "datetime": pa.array(starts, pa.timestamp("ns", tz="Asia/Shanghai")),
        "open": [3888.0 + number for number in range(count)],
        "high": [3897.0 + number for number in range(count)],
        "low": [3882.0] * count,
        "close": [3890.0] * count,
        "volume": [7 * number for number in range(count)],
    }
    return table | changes


def _bar(number: int) -> BarData:
    start = _NINE_NS + number * _MINUTE
    return BarData(
        *("rb1901.SHFE", "1m", start, start + _MINUTE, 20181008),
        *(3888.0 + number, 3897.0 + number, 3882.0, 3890.0, 7 * number),
    )


def test_clean_ticks_are_read_by_the_column(
    tmp_path: Path, reading: MakeReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one row is looked at on its own, and the records are those worked out by hand."""
    monkeypatch.setattr(tick_rows.TickRows, "record", _refuse)
    path = _write(tmp_path / "t.parquet", _ticks())
    found = list(ticks.read(path, reading().context))
    assert repr(found) == repr(
        [
            TickData(
                *("ru1901.SHFE", _NINE_NS + number * 500_000_000, 20181008, price, number),
                bid_price_1=12480.0,
            )
            for number, price in enumerate((12485.0, 12490.0, 12495.0))
        ]
    )


def test_clean_bars_are_read_by_the_column(
    tmp_path: Path, reading: MakeReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one row is looked at on its own, and the records are those worked out by hand."""
    monkeypatch.setattr(bar_rows.BarRows, "record", _refuse)
    path = _write(tmp_path / "b.parquet", _bars())
    found = list(bars.read(path, reading(symbol="rb1901.SHFE").context))
    assert found == [_bar(number) for number in range(3)]


_TIMES: dict[str, dict[str, Any]] = {
    "an instant with a zone": {},
    "an instant without one": {
        "datetime": [datetime(2018, 10, 8, 9, minute) for minute in range(3)]  # noqa: DTZ001
    },
    "another zone": {
        "datetime": [datetime(2018, 10, 8, 1, minute, tzinfo=UTC) for minute in range(3)]
    },
    "nanoseconds": {"datetime": [_NINE_NS + number * _MINUTE for number in range(3)]},
    "yyyymmddHHMM as a number": {"datetime": [201810080901 + number for number in range(3)]},
    "yyyymmddHHMM as text": {"datetime": [f"20181008090{number}" for number in (1, 2, 3)]},
    "ISO text": {"datetime": [f"2018-10-08T09:0{number}:00" for number in range(3)]},
    "text by the number": {
        "datetime": pa.array([f"20181008090{n}" for n in (1, 2, 3)]).dictionary_encode()
    },
}


@pytest.mark.parametrize("layout", _TIMES)
def test_bar_times_of_every_type_are_read_by_the_column(
    layout: str, tmp_path: Path, reading: MakeReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers and text follow the rules of CSV."""
    monkeypatch.setattr(bar_rows.BarRows, "record", _refuse)
    path = _write(tmp_path / "b.parquet", _bars() | _TIMES[layout])
    found = list(bars.read(path, reading(symbol="rb1901.SHFE").context))
    assert found == [_bar(number) for number in range(3)]


def test_date_and_time_in_two_columns_are_read(tmp_path: Path, reading: MakeReading) -> None:
    """Arrow has types of its own for both; the label is the end, as in CSV."""
    table = _bars()
    del table["datetime"]
    table["date"] = [date(2018, 10, 8)] * 3
    table["time"] = pa.array([time(9, minute) for minute in (1, 2, 3)], pa.time32("s"))
    path = _write(tmp_path / "b.parquet", table)
    found = list(bars.read(path, reading(symbol="rb1901.SHFE").context))
    assert found == [_bar(number) for number in range(3)]


def test_tick_dates_and_times_of_every_type_are_read(
    tmp_path: Path, reading: MakeReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text, whole numbers and Arrow's own types mean the same."""
    monkeypatch.setattr(tick_rows.TickRows, "record", _refuse)
    kinds: tuple[dict[str, Any], ...] = (
        {},
        {"TradingDay": ["20181008"] * 3, "ActionDay": [""] * 3},
        {"TradingDay": [date(2018, 10, 8)] * 3},
        {"UpdateTime": pa.array([time(9), time(9), time(9, 0, 1)], pa.time32("s"))},
        {"UpdateTime": pa.array(["09:00:00", "09:00:00", "09:00:01"], pa.large_string())},
        {"InstrumentID": pa.array(["ru1901"] * 3).dictionary_encode(), "ExchangeID": ["SHFE"] * 3},
    )
    for number, change in enumerate(kinds):
        table = _ticks() | change
        path = _write(tmp_path / f"{number}.parquet", table)
        found = list(ticks.read(path, reading().context))
        assert [tick.ts_ns - _NINE_NS for tick in found] == [0, 500_000_000, 1_000_000_000]
        assert {tick.trading_day for tick in found} == {20181008}


def test_a_night_gets_its_trading_days_from_the_market(
    tmp_path: Path, reading: MakeReading
) -> None:
    """Bars of an evening, a day and the next evening, without a column that says."""
    hours = (-12 - 48, -11 - 48, 0, 2, 12, 13)  # Friday 21:00 and 22:00; Monday 9, 11, 21, 22
    starts = [_NINE_NS + hour * 60 * _MINUTE for hour in hours]
    path = _write(tmp_path / "b.parquet", _bars(6, datetime=starts))
    found = list(bars.read(path, reading(symbol="rb1901.SHFE", interval="1h").context))
    assert [bar.trading_day for bar in found] == [20181008] * 4 + [20181009] * 2


def test_the_grid_is_that_of_the_trading_day(
    tmp_path: Path, reading: MakeReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gold changed its step on 2019-12-10; a batch of one day is still read by the column."""
    days = [20191209, 20191209, 20191210, 20191210]
    table = _ticks(4, InstrumentID=["au2006"] * 4, TradingDay=days, ActionDay=days)
    path = _write(tmp_path / "t.parquet", table | {"LastPrice": [335.05, 335.1, 335.06, 335.04]})
    found = [tick.last_price for tick in ticks.read(path, reading().context)]
    assert found == [335.05, 335.1, 335.06, 335.04]
    monkeypatch.setattr(columns, "BATCH", 2)
    monkeypatch.setattr(tick_rows.TickRows, "record", _refuse)
    assert [tick.last_price for tick in ticks.read(path, reading().context)] == found


def test_bars_out_of_order_come_in_file_order(tmp_path: Path, reading: MakeReading) -> None:
    """Then the market is asked about each."""
    starts = [_NINE_NS + minute * _MINUTE for minute in (3, 1, 2)]
    path = _write(tmp_path / "b.parquet", _bars(3, datetime=starts))
    made = reading(symbol="rb1901.SHFE", interval="1m")
    assert [bar.start_ns for bar in bars.read(path, made.context)] == starts
    assert made.bad_rows == []


def test_a_bad_row_in_a_batch_is_told_of_by_its_number(
    tmp_path: Path, reading: MakeReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows count from 1 through the whole file; the batches around it stay whole."""
    monkeypatch.setattr(columns, "BATCH", 10)
    path = _write(tmp_path / "t.parquet", _ticks(40, Volume=[*range(25), -1, *range(26, 40)]))
    made = reading()
    found = list(ticks.read(path, made.context))
    assert [tick.volume for tick in found] == [*range(25), *range(26, 40)]
    assert made.reasons == [(26, "Volume: found -1, expected 0 or more")]


# Rows as they should be, and what may stand in a cell instead, by column.
_TICK_ROW = ("ru1901", "20181008", "09:00:00", 500, 12485.0, 12480.0, 7, 12410.0)
_PRICES = (12485.000000000002, 12487.0, 0.0, -5.0, nan, None, 1.7976931348623157e308)
_COUNTS = (0, 10**12, -1, None)
_TICK_CELLS: dict[str, tuple[Any, ...]] = {
    "InstrumentID": ("rb1901", "gold", None),
    "TradingDay": ("20181009", "8 Oct", None),
    "UpdateTime": ("10:59:59", "21:30:01", "9:00:00", "09:00:00.25", "09-00-00", "x", None),
    "UpdateMillisec": (0, 999, 1000, -1, None),
    "LastPrice": _PRICES,
    "BidPrice1": _PRICES,
    "Volume": _COUNTS,
    "PreSettlementPrice": _PRICES,
}
_BAR_ROW = (0, 20181008, 3888.0, 3897.0, 3882.0, 3890.0, 7, 0.5)
_BAR_CELLS: dict[str, tuple[Any, ...]] = {
    "datetime": (1, 2, 60 * 12, -60 * 12, 60 * 24 * 5, None),
    "trading_day": (20181009, 0, 7, None),
    "open": (3889.0000000001, 3888.5, 3899.0, 0.0, -1.0, nan, None),
    "high": (3887.0, 3897.5, nan, None),
    "low": (3889.0, 3898.0, 0.0, None),
    "close": (3881.0, 3898.0, nan, None),
    "volume": _COUNTS,
    "turnover": (0.0, -0.5, nan, None),
}


@st.composite
def _tables(
    draw: st.DrawFn, row: tuple[Any, ...], cells: dict[str, tuple[Any, ...]]
) -> dict[str, list[Any]]:
    """Draw up to twelve rows, most of them clean, so that whole batches are too."""
    count = draw(st.integers(1, 12))
    table = {name: [value] * count for name, value in zip(cells, row, strict=True)}
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(list(cells)))
        table[name][draw(st.integers(0, count - 1))] = draw(st.sampled_from(cells[name]))
    return table


@_SHARED
@given(table=_tables(_TICK_ROW, _TICK_CELLS), batch=st.integers(1, 12))
def test_ticks_by_the_column_equal_ticks_by_the_row(
    table: dict[str, list[Any]],
    batch: int,
    tmp_path: Path,
    reading: MakeReading,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever stands in the cells, the text of them gives the same ticks and bad rows."""
    monkeypatch.setattr(columns, "BATCH", batch)
    kinds = [*[pa.string()] * 3, pa.int32(), pa.float64(), pa.float64(), pa.int64(), pa.float64()]
    arrays = [pa.array(c, k) for c, k in zip(table.values(), kinds, strict=True)]
    path = _write(tmp_path / "t.parquet", dict(zip(table, arrays, strict=True)))
    whole, single = reading(), reading()
    found = [repr(tick) for tick in ticks.read(path, whole.context)]
    assert found == [repr(tick) for tick in ticks.read(_as_csv(path), single.context)]
    assert [row.line + 1 for row in whole.bad_rows] == [row.line for row in single.bad_rows]


@_SHARED
@given(table=_tables(_BAR_ROW, _BAR_CELLS), batch=st.integers(1, 12), days=st.booleans())
def test_bars_by_the_column_equal_bars_by_the_row(
    table: dict[str, list[Any]],
    batch: int,
    days: bool,  # noqa: FBT001  (the same)
    tmp_path: Path,
    reading: MakeReading,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever stands in the cells, the text of them gives the same bars and bad rows."""
    monkeypatch.setattr(columns, "BATCH", batch)
    minutes = [0, *table.pop("datetime")]
    starts = [None if at is None else _NINE_NS + at * _MINUTE for at in minutes]
    if not days:
        del table["trading_day"]
    kinds = [*[pa.int32()] * days, *[pa.float64()] * 4, pa.int64(), pa.float64()]
    arrays = [pa.array([None, *c], k) for c, k in zip(table.values(), kinds, strict=True)]
    stamped = {"datetime": pa.array(starts, pa.int64()), **dict(zip(table, arrays, strict=True))}
    path = _write(tmp_path / "b.parquet", stamped)
    whole, single = (reading(symbol="rb1901.SHFE", interval="1m") for _ in range(2))
    found = list(bars.read(path, whole.context))
    assert found == list(bars.read(_as_csv(path), single.context))
    assert [row.line + 1 for row in whole.bad_rows] == [row.line for row in single.bad_rows]


def test_a_night_and_a_day_in_one_batch_keep_their_dates(
    tmp_path: Path, reading: MakeReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three pairs of trading day and natural day, each with its own instant."""
    monkeypatch.setattr(tick_rows.TickRows, "record", _refuse)
    table = _ticks(
        4,
        TradingDay=[20181008, 20181009, 20181009, 20181010],
        ActionDay=[20181008, 20181008, 20181009, 20181009],
        UpdateTime=["14:59:59", "21:00:00", "09:00:00", "21:00:00"],
        UpdateMillisec=[0] * 4,
    )
    found = list(ticks.read(_write(tmp_path / "t.parquet", table), reading().context))
    hour = 3_600_000_000_000
    assert [(tick.ts_ns - _NINE_NS, tick.trading_day) for tick in found] == [
        (6 * hour - 1_000_000_000, 20181008),
        (12 * hour, 20181009),
        (24 * hour, 20181009),
        (36 * hour, 20181010),
    ]


def test_a_column_of_exchanges_is_heard_row_by_row(tmp_path: Path, reading: MakeReading) -> None:
    """The same code beside another exchange is no contract."""
    made = reading()
    path = _write(tmp_path / "t.parquet", _ticks(ExchangeID=["SHFE", "DCE", "SHFE"]))
    assert [tick.last_price for tick in ticks.read(path, made.context)] == [12485.0, 12495.0]
    assert made.reasons == [(2, "'ru1901' is no contract here")]


def test_deeper_levels_of_a_parquet_file_are_kept(tmp_path: Path, reading: MakeReading) -> None:
    """A batch with a real level 2 gives the same depth as CSV."""
    table = _ticks(2, BidPrice2=[12475.0, None], BidVolume2=[3, 0])
    found = list(ticks.read(_write(tmp_path / "t.parquet", table), reading().context))
    assert [tick.depth for tick in found] == [Depth((12475.0,), (3,), (), ()), None]


def test_symbols_one_after_another_come_merged_by_time(
    tmp_path: Path, reading: MakeReading
) -> None:
    """And the one asked for comes alone."""
    table = _ticks(4, InstrumentID=["ru1901", "ru1901", "AP101", "AP101"])
    table["UpdateTime"] = ["09:00:01", "09:00:03", "09:00:00", "09:00:02"]
    table["UpdateMillisec"] = [0] * 4
    path = _write(tmp_path / "t.parquet", table)
    found = list(ticks.read(path, reading().context))
    assert [tick.symbol[:2] for tick in found] == ["AP", "ru", "AP", "ru"]
    alone = reading(symbol="AP101.CZCE")
    assert [tick.last_price for tick in ticks.read(path, alone.context)] == [12495.0, 12500.0]
    assert list(ticks.read(path, reading(symbol="rb1901.SHFE").context)) == []


def test_a_large_file_is_read_a_batch_at_a_time(
    tmp_path: Path, reading: MakeReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged second batch is met only when the first is used up."""
    monkeypatch.setattr(columns, "BATCH", 1_000)
    path = _write(tmp_path / "b.parquet", _bars(3_000, low=[3882.0] * 2_999 + [-1.0]))
    made = reading(symbol="rb1901.SHFE")
    found = bars.read(path, made.context)
    assert len(list(islice(found, 2_000))) == 2_000
    assert made.bad_rows == []
    assert len(list(found)) == 999
    assert made.reasons == [(3_000, "low: found -1.0, expected a price above 0")]


def test_a_file_that_is_no_parquet_or_cut_short_is_an_error(
    tmp_path: Path, reading: MakeReading
) -> None:
    """Its directory stands at the end, so nothing of it can be read."""
    path = _write(tmp_path / "t.parquet", _ticks(1_000))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"t\.parquet: not a readable Parquet file"):
        ticks.matches(path)
    empty = _write(tmp_path / "e.parquet", _ticks(0, InstrumentID=pa.array([], pa.string())))
    with pytest.raises(DataError, match="nothing but a header"):
        list(ticks.read(empty, reading().context))
    with pytest.raises(DataError, match="ticks need InstrumentID"):
        ticks.read(_write(tmp_path / "b.parquet", _bars()), reading().context)
