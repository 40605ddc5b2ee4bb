"""Recorded ticks of real days; what is in them is counted and copied by other means."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from math import isnan
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from homalos.model import Depth, Instrument, TickData
from homalos_storage.readers import ticks

MakeReading = Callable[..., Any]

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_APPLES = "ticks_ctp_csv/CZCE.AP010/20200803.tick-ctp.csv.gz"
_RUBBER = "ticks_ctp_csv/SHFE.ru1901/20181008.tick-ctp.csv.gz"
_DIRTY = "ticks_misc/DIRTY_SHFE.ag2012_20200617-18_lastprice.csv.gz"
_CLEAN = [
    _APPLES,
    "ticks_ctp_csv/CZCE.AP010/20200807.tick-ctp.csv.gz",
    "ticks_ctp_csv/CZCE.AP101/20200803.tick-ctp.csv.gz",
    _RUBBER,
    "ticks_wt/CFFEX.IF.HOT/20210104.csv.gz",
    "ticks_misc/CZCE.RM705_20170320.csv.gz",
    _DIRTY,
]
# Rows with a last price of 0.0, counted with awk, by file of the recording of 2022-02-18.
_STALE = {"CFFEX": [2], "CZCE": [11737], "DCE": [], "INE": [], "SHFE": [3104, 6281]}


def _ns(text: str) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=_SHANGHAI)
    return int(moment.timestamp()) * 10**9 + moment.microsecond * 1000


def _lines(path: Path) -> int:
    with gzip.open(path, "rb") as stream:
        return sum(1 for _ in stream)


def _read(path: Path, made: Any) -> list[TickData]:
    assert ticks.matches(path)
    return list(ticks.read(path, made.context))


@pytest.mark.parametrize("name", _CLEAN)
def test_every_row_of_a_clean_recording_is_a_tick(
    name: str, real_data: Path, reading: MakeReading
) -> None:
    """Every line but the header, in the order of the file, and not one bad row."""
    made = reading()
    found = _read(real_data / name, made)
    assert len(found) == _lines(real_data / name) - 1
    assert made.bad_rows == []
    assert len({tick.symbol for tick in found}) == 1


def test_a_day_of_ru1901_has_the_values_of_its_file(real_data: Path, reading: MakeReading) -> None:
    """First and last row as the file has them; the evening is of the next trading day."""
    found = _read(real_data / _RUBBER, reading())
    first, last = found[0], found[-1]
    assert (first.symbol, first.ts_ns) == ("ru1901.SHFE", _ns("2018-10-08T09:00:00.500"))
    assert (first.trading_day, first.last_price, first.volume) == (20181008, 12485.0, 3174)
    assert (first.turnover, first.open_interest) == (396132700.0, 309896.0)
    assert (first.bid_price_1, first.bid_volume_1) == (12485.0, 17)
    assert (first.ask_price_1, first.ask_volume_1) == (12490.0, 19)
    assert (first.limit_up, first.limit_down) == (13390.0, 11175.0)
    assert (first.open_price, first.high_price, first.low_price) == (12480.0, 12490.0, 12480.0)
    assert (first.pre_close, first.pre_settlement) == (12360.0, 12285.0)
    assert first.pre_open_interest == 309666.0
    assert isnan(first.settlement_price)
    assert first.depth is None
    assert (last.ts_ns, last.trading_day) == (_ns("2018-10-08T23:00:00.500"), 20181009)
    assert (last.last_price, last.volume, last.bid_volume_1) == (12580.0, 271530, 7)


def test_an_apple_day_begins_with_a_stale_row_of_the_evening(
    real_data: Path, reading: MakeReading
) -> None:
    """CZCE's first row is a snapshot of 19:29 the evening before, without a book."""
    found = _read(real_data / _APPLES, reading())
    stale, auction, last = found[0], found[1], found[-1]
    assert (stale.ts_ns, stale.trading_day) == (_ns("2020-07-31T19:29:00"), 20200803)
    assert stale.last_price == 7185.0
    assert isnan(stale.bid_price_1)
    assert isnan(stale.high_price)
    assert (auction.ts_ns, auction.volume) == (_ns("2020-08-03T08:59:00"), 419)
    assert auction.depth is None
    assert (last.ts_ns, last.last_price) == (_ns("2020-08-03T14:59:59"), 7144.0)
    assert last.settlement_price == 7104.0


def test_index_futures_are_on_their_grid(real_data: Path, reading: MakeReading) -> None:
    """5806.400000000001 stands in the file of 2021-01-05 as the upper limit."""
    path = real_data / "ticks_wt/CFFEX.IF.HOT/20210105.csv.gz"
    made = reading()
    found = _read(path, made)
    assert {tick.limit_up for tick in found} == {5806.4}
    instrument = made.market.resolve("IF2101.CFFEX")
    assert all(instrument.is_on_grid(tick.last_price) for tick in found)
    assert found[0].ts_ns == _ns("2021-01-05T09:29:00.200")
    assert (found[-1].last_price, found[-1].volume) == (5359.8, 88203)


@pytest.mark.parametrize("exchange", _STALE)
def test_a_recording_of_all_products_comes_merged_by_time(
    exchange: str, real_data: Path, reading: MakeReading
) -> None:
    """Contracts stand one after another in the file; each keeps its own order."""
    path = real_data / "ticks_wt/ALL_20220218" / f"{exchange}.csv.gz"
    made = reading()
    found = _read(path, made)
    by_symbol: dict[str, list[tuple[str, int]]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if float(row["LastPrice"]):
                stamp = _ns(f"2022-02-18T{row['UpdateTime']}.{int(row['UpdateMillisec']):03}")
                key = f"{row['InstrumentID']}.{exchange}"
                by_symbol.setdefault(key, []).append((row["Volume"], stamp))
    assert Counter(tick.symbol for tick in found) == {k: len(v) for k, v in by_symbol.items()}
    for symbol, rows in by_symbol.items():
        own = [(str(tick.volume), tick.ts_ns) for tick in found if tick.symbol == symbol]
        assert own == rows
    latest: dict[str, int] = {}
    keys = []
    for tick in found:
        latest[tick.symbol] = max(tick.ts_ns, latest.get(tick.symbol, 0))
        keys.append(latest[tick.symbol])
    assert keys == sorted(keys)
    assert made.reasons == [(line, "no last price") for line in _STALE[exchange]]


def test_one_contract_of_many_is_read_alone(real_data: Path, reading: MakeReading) -> None:
    """3,284 rows of rb2205, counted with awk, and nothing of the stale rows of others."""
    made = reading(symbol="rb2205.SHFE")
    found = _read(real_data / "ticks_wt/ALL_20220218/SHFE.csv.gz", made)
    assert len(found) == 3284
    assert {tick.symbol for tick in found} == {"rb2205.SHFE"}
    assert made.bad_rows == []


def test_a_friday_night_is_of_monday(real_data: Path, reading: MakeReading) -> None:
    """One snapshot of rb2405 with five levels a side, copied from the file."""
    path = real_data / "ticks_misc/MarketData_20231201_2100_friday_night_snapshot.csv.gz"
    (tick,) = _read(path, reading(symbol="rb2405.SHFE"))
    assert (tick.ts_ns, tick.trading_day) == (_ns("2023-12-01T21:00:20"), 20231204)
    assert (tick.last_price, tick.bid_price_1, tick.ask_price_1) == (3960.0, 3960.0, 3962.0)
    assert tick.depth == Depth(
        (3959.0, 3958.0, 3957.0, 3956.0),
        (154, 424, 97, 62),
        (3963.0, 3964.0, 3965.0, 3966.0),
        (38, 9, 97, 76),
    )


def test_what_is_no_contract_is_told_of_row_by_row(real_data: Path, reading: MakeReading) -> None:
    """The same file has six indices that its recorder made itself, at its end."""
    path = real_data / "ticks_misc/MarketData_20231201_2100_friday_night_snapshot.csv.gz"
    made = reading()
    found = _read(path, made)
    assert len(found) + len(made.bad_rows) == 292
    indices = ("CY", "SA", "rb", "OI", "eg", "SR")
    assert [reason for _, reason in made.reasons[-6:]] == [
        f"'{name}_Index' is no contract here" for name in indices
    ]
    assert [line for line, _ in made.reasons[-6:]] == list(range(288, 294))


def test_placeholders_before_the_open_are_missing_prices(
    real_data: Path, reading: MakeReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four raw rows of options full of 1.7976931348623157e+308, at 18:50 and 19:31."""
    made = reading()
    monkeypatch.setattr(
        made.market, "resolve", lambda symbol, **_: Instrument(symbol, "option", 1.0, 5)
    )
    context = evolve(
        made.context,
        parse_symbol=lambda code, _: f"{code}.{'CZCE' if code[0] == 'C' else 'SHFE'}",
    )
    path = real_data / "ticks_misc/raw_preopen_rows_with_DBL_MAX_20191031.csv"
    found = list(ticks.read(path, context))
    assert [tick.last_price for tick in found] == [11.0, 5266.0, 3738.0, 854.0]
    assert found[0].ts_ns == _ns("2019-10-31T18:50:32.500")
    assert found[0].trading_day == 20191101
    assert (found[0].limit_up, found[0].limit_down) == (2372.0, 1.0)
    names = ("open_price", "high_price", "low_price", "settlement_price", "bid_price_1")
    assert all(isnan(getattr(tick, name)) for tick in found for name in names)
    assert [tick.depth for tick in found] == [None] * 4
    assert made.bad_rows == []


def test_the_dirty_file_is_survived(real_data: Path, reading: MakeReading) -> None:
    """Spaces in its header, hours without a zero, two nights interleaved: 65,957 rows."""
    path = real_data / _DIRTY
    found = _read(path, reading())
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        prices = [float(line.rsplit(",", 1)[1]) for line in list(stream)[1:]]
    assert [tick.last_price for tick in found] == prices
