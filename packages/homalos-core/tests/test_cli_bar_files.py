"""Tests of bars written to files: columns, numbers, what is missing, what is half written."""

from __future__ import annotations

import io
import json
import sys
from math import nan
from pathlib import Path

import msgspec
import pytest

from homalos.cli.bar_files import as_row, save, write_csv, write_json
from homalos.errors import MissingPluginError
from homalos.model import BarData

# 2018-10-08 09:00 in Shanghai is 01:00 UTC: `date -u -d '2018-10-08 01:00' +%s`.
START = 1_538_960_400_000_000_000
BAR = BarData(
    symbol="ru1901.SHFE",
    interval="1m",
    start_ns=START,
    ts_ns=START + 60_000_000_000,
    trading_day=20181008,
    open_price=12485.0,
    high_price=12490.5,
    low_price=12380.0,
    close_price=12410.0,
    volume=14208,
    turnover=1767801400.0000002,
    open_interest=311840.0,
)
CSV = (
    "symbol,trading_day,datetime,open,high,low,close,volume,turnover,open_interest\n"
    "ru1901.SHFE,20181008,2018-10-08T09:00:00+08:00,"
    "12485,12490.5,12380,12410,14208,1767801400,311840\n"
)


def test_a_bar_is_a_row_without_float_noise() -> None:
    """Whole numbers have no point, a price keeps its digits, turnover is to the cent."""
    stream = io.StringIO()
    write_csv([as_row(BAR)], stream)
    assert stream.getvalue() == CSV


def test_a_missing_figure_is_an_empty_cell_or_null() -> None:
    """Other programs do not read nan."""
    row = as_row(msgspec.structs.replace(BAR, turnover=nan))
    text, objects = io.StringIO(), io.StringIO()
    write_csv([row], text)
    write_json([row], objects)
    assert text.getvalue().endswith(",14208,,311840\n")
    assert json.loads(objects.getvalue())[0]["turnover"] is None


def test_json_is_an_array_of_objects() -> None:
    """Each has the columns' names; one stands on each line."""
    stream = io.StringIO()
    write_json([as_row(BAR), as_row(BAR)], stream)
    first, second = json.loads(stream.getvalue())
    assert first == second
    assert first["datetime"] == "2018-10-08T09:00:00+08:00"
    assert (first["open"], first["high"], first["volume"]) == (12485, 12490.5, 14208)
    assert len(stream.getvalue().splitlines()) == 4


def test_a_saved_file_replaces_the_old_one(tmp_path: Path) -> None:
    """Nothing but the file itself is left in the folder."""
    path = tmp_path / "bars.csv"
    path.write_text("old")
    save([as_row(BAR)], path, "csv")
    assert path.read_text() == CSV
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_whole_is_not_there(tmp_path: Path) -> None:
    """What was there before stays, and no half of a new one lies about."""
    path = tmp_path / "bars.json"
    path.write_text("old")
    with pytest.raises(TypeError):
        save([(object(),) * 10], path, "json")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_parquet_without_pyarrow_names_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The core does not bring pyarrow; the error says which package does."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPluginError, match="homalos-storage"):
        save([as_row(BAR)], tmp_path / "bars.parquet", "parquet")
    assert list(tmp_path.iterdir()) == []
