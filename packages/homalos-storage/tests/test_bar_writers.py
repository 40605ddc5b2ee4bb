"""Bars written to CSV, JSON and Parquet, and read back."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from math import nan
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from homalos.model import BarData
from homalos_storage.readers import bars
from homalos_storage.writers import COLUMNS, bar_rows, write_csv, write_json, write_parquet

MakeReading = Callable[..., Any]

_ZONE = "Asia/Shanghai"
_NINE_NS = 1_538_960_400_000_000_000  # date -d '2018-10-08 09:00:00 +0800' +%s
_MINUTE = 60_000_000_000
_PRICES = (94.865, 94.9, 94.845, 94.87)


def _bar(number: int) -> BarData:
    start = _NINE_NS + number * _MINUTE
    bar = BarData(
        "T1812.CFFEX", "1m", start, start + _MINUTE, 20181008, 94.865, 94.9, 94.845, 94.87
    )
    return replace(bar, volume=10 + number, turnover=2673400.5, open_interest=233000.0)


_BARS = [_bar(number) for number in range(3)]


def test_a_row_has_the_start_in_the_zone_that_was_named() -> None:
    """ISO 8601 with the offset, so that nobody has to guess."""
    rest = (94.865, 94.9, 94.845, 94.87, 10, 2673400.5, 233000.0)
    expected = ("T1812.CFFEX", 20181008, "2018-10-08T09:00:00+08:00", *rest)
    assert list(bar_rows(_BARS[:1], _ZONE)) == [expected]
    (row,) = bar_rows(_BARS[:1], "UTC")
    assert row[2] == "2018-10-08T01:00:00+00:00"


def test_csv_is_the_text_worked_out_by_hand() -> None:
    """A missing number is an empty cell."""
    stream = io.StringIO()
    write_csv([_BARS[0], replace(_BARS[1], turnover=nan)], stream, _ZONE)
    assert stream.getvalue() == (
        "symbol,trading_day,datetime,open,high,low,close,volume,turnover,open_interest\n"
        "T1812.CFFEX,20181008,2018-10-08T09:00:00+08:00,94.865,94.9,94.845,94.87,10,"
        "2673400.5,233000.0\n"
        "T1812.CFFEX,20181008,2018-10-08T09:01:00+08:00,94.865,94.9,94.845,94.87,11,,"
        "233000.0\n"
    )


@pytest.mark.parametrize("count", [0, 1, 3])
def test_json_is_an_array_of_objects(count: int) -> None:
    """Another program's JSON reader finds every value, null where a number is missing."""
    stream = io.StringIO()
    written = [replace(bar, open_interest=nan) for bar in _BARS[:count]]
    write_json(written, stream, _ZONE)
    found = json.loads(stream.getvalue())
    assert [tuple(row) for row in found] == [COLUMNS] * count
    assert [row["datetime"] for row in found] == [
        f"2018-10-08T09:0{number}:00+08:00" for number in range(count)
    ]
    assert [row["open_interest"] for row in found] == [None] * count
    assert [row["high"] for row in found] == [94.9] * count


def test_parquet_has_numbers_and_an_instant(tmp_path: Path) -> None:
    """As another program sees it."""
    path = tmp_path / "bars.parquet"
    write_parquet(_BARS, path, _ZONE)
    table = pq.read_table(path)
    assert tuple(table.column_names) == COLUMNS
    kinds = [str(kind) for kind in table.schema.types]
    assert kinds == [
        *("string", "int32", "timestamp[ns, tz=Asia/Shanghai]"),
        *["double"] * 4,
        *("int64", "double", "double"),
    ]
    assert table["close"].to_pylist() == [94.87] * 3
    assert [moment.isoformat() for moment in table["datetime"].to_pylist()][1] == (
        "2018-10-08T09:01:00+08:00"
    )


@pytest.mark.parametrize("name", ["bars.csv", "bars.parquet"])
def test_what_was_written_is_read_back_unchanged(
    name: str, tmp_path: Path, reading: MakeReading
) -> None:
    """The importer needs nothing but the file."""
    path = tmp_path / name
    if name.endswith("parquet"):
        write_parquet(_BARS, path, _ZONE)
    else:
        with path.open("w", encoding="utf-8", newline="") as stream:
            write_csv(_BARS, stream, _ZONE)
    made = reading()
    assert bars.matches(path)
    assert list(bars.read(path, made.context)) == _BARS
    assert made.bad_rows == []


def test_a_parquet_file_of_many_batches_is_whole(tmp_path: Path, reading: MakeReading) -> None:
    """Bars may come from a stream and need not fit into memory."""
    path = tmp_path / "bars.parquet"
    written = [replace(_bar(number), trading_day=20181008) for number in range(45_000)]
    write_parquet(iter(written), path, _ZONE)
    assert list(bars.read(path, reading().context)) == written


def test_a_parquet_file_that_breaks_off_leaves_the_old_one(tmp_path: Path) -> None:
    """A run that fails half-way must not leave half a file in its place."""
    path = tmp_path / "bars.parquet"
    write_parquet(_BARS, path, _ZONE)
    before = path.read_bytes()

    def failing() -> Iterator[BarData]:
        yield from (_bar(number) for number in range(30_000))
        msg = "the feed broke"
        raise RuntimeError(msg)

    with pytest.raises(RuntimeError, match="the feed broke"):
        write_parquet(failing(), path, _ZONE)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
