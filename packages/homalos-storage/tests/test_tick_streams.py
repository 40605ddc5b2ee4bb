"""Tick files as a whole: their order, their symbols, and files that break off."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from homalos.errors import DataError
from homalos_storage.readers import ticks

MakeReading = Callable[..., Any]
Write = Callable[[str, str], Path]

_HEAD = "InstrumentID,TradingDay,ActionDay,UpdateTime,UpdateMillisec,LastPrice"
_NINE_NS = 1_538_960_400_000_000_000  # date -d '2018-10-08 09:00:00 +0800' +%s
_SECOND = 1_000_000_000


def _row(price: str = "12485") -> str:
    return f"ru1901,20181008,20181008,09:00:00,500,{price}"


def _text(*rows: str, head: str = _HEAD) -> str:
    return "\n".join((head, *rows, ""))


def _read(write: Write, reading: MakeReading, *rows: str, head: str = _HEAD) -> Any:
    """Return (ticks, (line, reason) of the bad rows) of a file with these rows."""
    made = reading()
    found = list(ticks.read(write("ticks.csv", _text(*rows, head=head)), made.context))
    return found, made.reasons


def _at(symbol: str, second: int) -> str:
    price = {"ru1901": "12485", "rb1901": "4000", "AP101": "7100"}[symbol]
    return f"{symbol},20181008,20181008,09:00:{second:02},0,{price}"


def test_rows_out_of_order_come_in_file_order(write: Write, reading: MakeReading) -> None:
    """A late row is the venue's truth, not a fault."""
    seconds = [3, 1, 2, 2, 5, 4]
    found, bad = _read(write, reading, *(_at("ru1901", second) for second in seconds))
    assert [(tick.ts_ns - _NINE_NS) // _SECOND for tick in found] == seconds
    assert bad == []


def test_symbols_one_after_another_come_merged_by_time(write: Write, reading: MakeReading) -> None:
    """Worked by hand: rb's late 2 stays behind its 5; at 5 the file's order decides."""
    rows = [_at("ru1901", s) for s in (1, 5, 7)] + [_at("rb1901", s) for s in (0, 5, 2, 6)]
    found, _ = _read(write, reading, *rows)
    order = [(tick.symbol[:2], (tick.ts_ns - _NINE_NS) // _SECOND) for tick in found]
    assert order == [
        *(("rb", 0), ("ru", 1), ("ru", 5), ("rb", 5), ("rb", 2), ("rb", 6), ("ru", 7)),
    ]


def test_only_the_symbol_asked_for_is_read(write: Write, reading: MakeReading) -> None:
    """What stands in the rows of others does not matter, be it readable or not."""
    made = reading(symbol="rb1901.SHFE")
    rows = [_at("ru1901", 1), "gold,?,?,?,?,?", _at("rb1901", 2), "ru1901,?,?,?,?,?"]
    found = list(ticks.read(write("ticks.csv", _text(*rows)), made.context))
    assert [tick.symbol for tick in found] == ["rb1901.SHFE"]
    assert made.bad_rows == []


def test_the_exchange_beside_the_code_is_heard(write: Write, reading: MakeReading) -> None:
    """A code of one exchange beside the name of another is no contract."""
    head = f"{_HEAD},ExchangeID"
    rows = [f"{_row()},SHFE", f"{_row()},", f"{_row()},DCE"]
    found, bad = _read(write, reading, *rows, head=head)
    assert [tick.symbol for tick in found] == ["ru1901.SHFE"] * 2
    assert bad == [(4, "'ru1901' is no contract here")]


# -- whole files -------------------------------------------------------------------


def test_a_cut_gzip_gives_what_can_be_read_and_then_a_bad_row(
    tmp_path: Path, reading: MakeReading
) -> None:
    """A download that broke off is told of with the file's name and the line it broke at."""
    rows = [_row(str(12485 + 5 * (number * 7919 % 1000))) for number in range(20_000)]
    path = tmp_path / "ticks.csv.gz"
    data = gzip.compress(_text(*rows).encode())
    path.write_bytes(data[: len(data) // 2])
    made = reading()
    found = list(ticks.read(path, made.context))
    expected = [12485.0 + 5 * (number * 7919 % 1000) for number in range(len(found))]
    assert 5_000 < len(found) < 20_000
    assert [tick.last_price for tick in found] == expected
    (bad,) = made.bad_rows
    assert (bad.file, bad.line) == (str(path), len(found) + 2)
    assert "breaks off here" in bad.reason


def test_a_damaged_gzip_is_told_of(tmp_path: Path, reading: MakeReading) -> None:
    """A wrong checksum at the end comes after every row was read."""
    path = tmp_path / "ticks.csv.gz"
    data = bytearray(gzip.compress(_text(_row(), _row()).encode()))
    data[-8] ^= 0xFF
    path.write_bytes(data)
    made = reading()
    list(ticks.read(path, made.context))
    assert "breaks off here (CRC check failed" in made.bad_rows[0].reason


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("ticks.csv", "", r"ticks\.csv: the file is empty"),
        ("ticks.csv.gz", "", r"ticks\.csv\.gz: the file is empty"),
        ("ticks.csv", _text(), r"ticks\.csv: nothing but a header"),
        ("ticks.csv", "a,b\n1,2\n", r"the columns are a, b; ticks need InstrumentID"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error(
    name: str, text: str, message: str, write: Write, reading: MakeReading
) -> None:
    """There is nothing to go on with."""
    with pytest.raises(DataError, match=message):
        list(ticks.read(write(name, text), reading().context))


def test_a_file_that_is_absent_or_no_gzip_is_an_error(tmp_path: Path, reading: MakeReading) -> None:
    """The message has the path."""
    with pytest.raises(DataError, match=r"absent\.csv: cannot be read"):
        ticks.read(tmp_path / "absent.csv", reading().context)
    path = tmp_path / "ticks.csv.gz"
    path.write_text(_text(_row()), encoding="utf-8")
    with pytest.raises(DataError, match=r"ticks\.csv\.gz: cannot be read: Not a gzipped file"):
        ticks.matches(path)


@pytest.mark.parametrize(
    ("name", "head", "answer"),
    [
        ("ticks.csv", _HEAD, True),
        ("ticks.csv.gz", "LastPrice,UpdateTime,InstrumentID", True),
        ("ticks.csv", "symbol,date,time,lastPrice,lastVolume", True),
        ("ticks.txt", _HEAD, False),
        ("ticks.csv", "InstrumentID,UpdateTime,ClosePrice", False),
        ("ticks.csv", "date,time,open,high,low,close,volume", False),
    ],
)
def test_tick_files_are_known_by_name_and_columns(
    name: str, head: str, answer: object, write: Write
) -> None:
    """An instrument, a time and a last price make a tick."""
    assert ticks.matches(write(name, _text("x", head=head))) is answer
