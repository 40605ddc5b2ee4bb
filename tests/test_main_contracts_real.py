"""Main contracts of real data: roll dates on record, and what the recorded prices say of them."""

from __future__ import annotations

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homalos.cli import main
from homalos.config import Settings
from homalos.engine.build import make_markets, make_reader
from homalos.engine.series.adjusting import splice
from homalos.engine.series.keeping import main_file, read_series
from homalos.engine.series.rolls import SeriesBook
from homalos.engine.tapes import TapeOptions
from homalos.model import BarData
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import PluginHost

_HOTS = "metadata/wondertrader/hots.json.gz"
# Listed under SHFE too, whose subsidiary INE they are traded on; INE has rows of its own.
_ELSEWHERE = {"bc.SHFE", "lu.SHFE", "nr.SHFE", "sc.SHFE"}
_SPLICED = ("SHFE.rb", "DCE.i", "DCE.m", "CFFEX.IF")
# Where the spliced file is a day ahead of the rows: on the evening before, it has the close of
# the contract that the row rolls to.
_A_DAY_AHEAD = {("IF.CFFEX", 20190214), ("IF.CFFEX", 20200220)}


@pytest.fixture(scope="module")
def hots(real_data: Path) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Give the roll dates as they are on record."""
    with gzip.open(real_data / _HOTS, "rt", encoding="utf-8") as stream:
        content: dict[str, dict[str, list[dict[str, Any]]]] = json.load(stream)
    return content


@pytest.fixture(scope="module")
def home(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a home folder into which they were imported."""
    folder = tmp_path_factory.mktemp("home")
    assert main(["series", "import", str(real_data / _HOTS), "--home", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def book(home: Path) -> SeriesBook:
    """Give the rows that the import wrote."""
    return read_series(main_file(home))


def read(path: Path, symbol: str, home: Path) -> Iterator[BarData]:
    """Read the bars of a file that names no symbol."""
    catalog = Catalog.gather(PluginHost.discover())
    markets = make_markets(catalog, Settings(home=home))
    for event in make_reader(catalog, markets, TapeOptions(symbol=symbol)).read([path]):
        assert isinstance(event, BarData)
        yield event


def test_every_row_is_imported_and_every_roll_goes_to_a_later_delivery(
    hots: dict[str, Any], book: SeriesBook
) -> None:
    """978 rows in the file, 69 of them twice: counted from the file itself."""
    wanted = {
        f"{code}.{exchange}": rows
        for exchange, products in hots.items()
        for code, rows in products.items()
        if f"{code}.{exchange}" not in _ELSEWHERE
    }
    assert set(book) == set(wanted)
    assert len(book.rolls()) == sum(map(len, wanted.values())) == 909
    for product, rows in wanted.items():
        assert [roll.symbol.partition(".")[0] for roll in book[product].rolls] == [
            row["to"] for row in rows
        ]
        months = [int("".join(filter(str.isdigit, row["to"]))) for row in rows]
        assert months == sorted(set(months))


def test_a_roll_of_a_weekend_is_of_the_next_trading_day(book: SeriesBook) -> None:
    """2019-03-30 and 2020-08-22 were Saturdays."""
    days = {roll.symbol: roll.from_day for roll in book["rb.SHFE"].rolls}
    assert (days["rb1910.SHFE"], days["rb2101.SHFE"]) == (20190401, 20200824)


def test_the_import_lists_what_it_could_not_take(
    real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One roll of early rice, which nobody traded, has no price."""
    arguments = ["series", "import", str(real_data / _HOTS), "--home", str(tmp_path), "--json"]
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)

    assert (found["rows"], len(found["products"])) == (909, 70)
    assert set(found["left_out"]) == _ELSEWHERE
    assert found["backwards"] == []
    assert [roll["symbol"] for roll in found["without_prices"]] == ["PM201.CZCE"]


@pytest.mark.parametrize("name", _SPLICED)
def test_the_old_price_at_a_roll_is_the_close_of_the_evening_before(
    name: str, real_data: Path, book: SeriesBook
) -> None:
    """In the bars that somebody else has spliced, read without any code of ours."""
    exchange, code = name.split(".")
    closes: dict[int, float] = {}
    with gzip.open(real_data / f"bars/{name}.HOT_m5.csv.gz", "rt", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if "08:00:00" < row["time"] < "16:00:00":
                closes[int(row["date"].replace("-", ""))] = float(row["close"])
    rolls = [
        roll
        for roll in book[f"{code}.{exchange}"].rolls
        if roll.previous and min(closes) < roll.from_day <= max(closes)
    ]
    assert rolls
    for roll in rolls:
        evening = max(day for day in closes if day < roll.from_day)
        ahead = (roll.product, roll.from_day) in _A_DAY_AHEAD
        expected = roll.close if ahead else roll.previous_close
        assert expected is not None
        assert closes[evening] == float(expected), roll


def test_copper_s_spliced_minutes_are_cu2202_s_while_it_is_the_main_contract(
    real_data: Path, home: Path, book: SeriesBook
) -> None:
    """From the first night minute to the last day minute of its time, and not one day longer.

    cu2202 is on record from 2022-01-04 to its last day. The row says that cu2203 took over
    on 2022-01-14, whose night session was on the evening of the 13th.
    """
    folder = real_data / "bars"
    spliced = _by_day(read(folder / "SHFE.cu.HOT_m1_20210104-20220218.parquet", "cuHOT.SHFE", home))
    series = book["cu.SHFE"]
    own = list(read(folder / "SHFE.cu2202_m1.csv.gz", "cu2202.SHFE", home))
    ours = _by_day(splice([bar for bar in own if bar.trading_day < 20220114], series).bars)
    later = _by_day([bar for bar in own if bar.trading_day >= 20220114])

    # Eight trading days, counted in a calendar: the 8th and 9th were a weekend.
    assert sorted(ours) == [*range(20220104, 20220108), *range(20220110, 20220114)]
    for day, bars in ours.items():
        assert bars == spliced[day], day
    assert later
    assert all(spliced[day] != bars for day, bars in later.items() if day in spliced)


def _by_day(bars: Any) -> dict[int, dict[int, tuple[float, ...]]]:
    """Return start and prices of bars by trading day."""
    found: dict[int, dict[int, tuple[float, ...]]] = defaultdict(dict)
    for bar in bars:
        prices = (bar.open_price, bar.high_price, bar.low_price, bar.close_price, bar.volume)
        found[bar.trading_day][bar.start_ns] = prices
    return dict(found)


def test_the_contracts_of_a_recorded_afternoon_were_main_contracts(
    real_data: Path, book: SeriesBook
) -> None:
    """18 of the 21, by the rows of somebody else; of rebar both months were recorded."""
    others = []
    for path in sorted((real_data / "ticks_wt/ALL_20220218").glob("[A-Z]*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            seen = {(row["InstrumentID"], row["ExchangeID"]) for row in csv.DictReader(stream)}
        for code, exchange in sorted(seen):
            product = f"{code.rstrip('0123456789')}.{exchange}"
            if book[product].on(20220218).symbol != f"{code}.{exchange}":
                others.append(code)
    assert others == ["T2203", "au2208", "rb2206"]


@pytest.mark.parametrize("by", ["oi", "volume"])
def test_the_main_contract_of_an_afternoon_is_computed_from_its_ticks(
    by: str, real_data: Path, tmp_path: Path, book: SeriesBook, capsys: pytest.CaptureFixture[str]
) -> None:
    """rb2205 and rb2206 were recorded; the row holds from the Monday after that Friday."""
    file = str(real_data / "ticks_wt/ALL_20220218/SHFE.csv.gz")
    given = ["--data", file, "--product", "rb.SHFE", "--by", by, "--home", str(tmp_path), "--json"]
    assert main(["series", "compute", *given]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]

    assert [(row["from_day"], row["to_day"], row["symbol"]) for row in rows] == [
        (20220221, 20220221, "rb2205.SHFE")
    ]
    assert book["rb.SHFE"].on(20220221).symbol == "rb2205.SHFE"
