"""Tests of the commands that read files, with everything installed: `backtest`, `data bars`."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from homalos.cli import main

HEAD = (
    "InstrumentID,ExchangeID,TradingDay,ActionDay,UpdateTime,UpdateMillisec,LastPrice,Volume,"
    "Turnover,OpenInterest,BidPrice1,BidVolume1,AskPrice1,AskVolume1\n"
)
# IF has no night session, so that the first tick at 09:30 counts from 0.
TICKS = (
    ("09:30:00", 0, 4000.0, 10, 5),
    ("09:30:30", 500, 4001.0, 25, 9),
    ("09:31:00", 0, 4000.4, 30, 7),
    ("09:31:59", 500, 3999.8, 50, 8),
    ("09:32:10", 0, 4000.2, 60, 6),
)
# By hand: a bar is [09:30, 09:31) and so on; volume is what the count grew by since the bar
# before, turnover the same of volume × 1,200,000; open interest is the last one's.
BARS = [
    ("2025-08-05T09:30:00+08:00", 4000, 4001, 4000, 4001, 25, 30_000_000, 9),
    ("2025-08-05T09:31:00+08:00", 4000.4, 4000.4, 3999.8, 3999.8, 25, 30_000_000, 8),
    ("2025-08-05T09:32:00+08:00", 4000.2, 4000.2, 4000.2, 4000.2, 10, 12_000_000, 6),
]
FIRST_BUYS = """
from attrs import frozen
from homalos.strategy import Strategy


@frozen
class Params:
    lots: int = 1
    text: str = ""


class FirstBuys(Strategy):
    Params = Params

    def on_init(self):
        self.bars = []

    def on_bar(self, bar):
        print("a bar", bar.interval)
        if not self.bars:
            self.buy(bar.close_price + 1, self.params.lots)
        self.bars.append(bar)


class Breaks(Strategy):
    def on_bar(self, bar):
        raise ValueError("too high")
"""


def rows(code: str = "IF2509", exchange: str = "CFFEX") -> str:
    """Return the ticks as CSV rows of a contract."""
    return "".join(
        f"{code},{exchange},20250805,20250805,{at},{ms},{last},{volume},{volume * 1_200_000},"
        f"{interest},{last - 0.2:.1f},3,{last + 0.2:.1f},3\n"
        for at, ms, last, volume, interest in TICKS
    )


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every command in a folder of its own."""
    monkeypatch.delenv("HOMALOS_HOME", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def ticks(tmp_path: Path) -> Path:
    """Give a file of ticks."""
    path = tmp_path / "ticks.csv"
    path.write_text(HEAD + rows())
    return path


@pytest.fixture
def mine(tmp_path: Path) -> str:
    """Give a strategy of one's own, as the command line names it."""
    (tmp_path / "mine.py").write_text(FIRST_BUYS)
    return "mine.py:FirstBuys"


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    """Give a file of bars, ten in a row, five minutes each."""
    path = tmp_path / "bars.csv"
    lines = (f"2025-08-05T10:{5 * at:02}:00,4000,4001,3999,4000,10\n" for at in range(10))
    path.write_text("datetime,open,high,low,close,volume\n" + "".join(lines))
    return path


class Ran:
    """What a command came to: exit code, standard output and standard error."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: object) -> None:
        """Run it."""
        self.code = main([str(each) for each in arguments])
        self.out, self.err = capsys.readouterr()

    @property
    def object(self) -> Mapping[str, Any]:
        """Return the one line of standard output as JSON."""
        assert self.out.count("\n") == 1
        found: Mapping[str, Any] = json.loads(self.out)
        return found


# -- backtest -------------------------------------------------------------------


def test_a_backtest_ends_in_one_json_object(
    ticks: Path, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Five ticks, three bars, one order that fills; what the strategy prints is kept apart."""
    ran = Ran(capsys, "backtest", mine, "--data", ticks, "--symbol", "IF2509.CFFEX", "--json")
    assert ran.code == 0
    found = ran.object
    assert (found["ticks"], found["bars"], found["orders"], found["trades"]) == (5, 3, 1, 1)
    assert (found["trading_days"], found["bad_rows"], found["dropped"]) == (1, 0, 0)
    assert found["identity_holds"] is True
    assert (found["strategy"], found["symbol"]) == ("FirstBuys", "IF2509.CFFEX")
    assert (found["interval"], found["capital"], found["mode"]) == ("1m", 1_000_000, "hedging")
    assert ran.err.count("a bar 1m\n") == 3


def test_a_backtest_shows_its_figures_to_a_person(
    ticks: Path, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same without `--json` is a table, the whole fingerprint included."""
    arguments = ("backtest", mine, "--data", ticks, "--symbol", "IF2509.CFFEX")
    shown, found = Ran(capsys, *arguments), Ran(capsys, *arguments, "--json").object
    words = ("trading days", "ticks", "bars", "orders", "trades", "fees", "pnl", "max drawdown")
    assert all(word in shown.out for word in words)
    assert found["decision_hash"] in shown.out


def test_options_reach_the_account_and_the_strategy(
    ticks: Path, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two lots in a netting account of two millions; a text of digits stays a text."""
    ran = Ran(
        capsys,
        *("backtest", mine, "--data", ticks, "--symbol", "CFFEX.IF2509", "--json"),
        *("-p", "lots=2", "-p", "text=0123", "--capital", "2000000", "--mode", "netting"),
    )
    found = ran.object
    assert (found["capital"], found["mode"]) == (2_000_000, "netting")
    assert found["params"] == {"lots": 2, "text": "0123"}
    assert (found["orders"], found["trades"]) == (1, 1)


def test_several_files_follow_one_flag(
    tmp_path: Path, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a shell expands `day*.csv`; the flag may come again, and options may follow."""
    lines = rows().splitlines(keepends=True)
    paths = [tmp_path / f"part{number}.csv" for number in range(3)]
    for path, part in zip(paths, (lines[:2], lines[2:4], lines[4:]), strict=True):
        path.write_text(HEAD + "".join(part))
    ran = Ran(
        capsys,
        *("backtest", mine, "--data", *paths[:2], "--symbol", "IF2509.CFFEX"),
        *(f"--data={paths[2]}", "--json"),
    )
    assert ran.object["ticks"] == 5
    assert ran.object["files"] == [str(path) for path in paths]


def test_bars_set_the_length_of_the_strategys_bars(
    bars: Path, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file holds bars of five minutes, and nobody asked for another length."""
    ran = Ran(capsys, "backtest", mine, "--data", bars, "--symbol", "IF2509.CFFEX", "--json")
    assert (ran.object["interval"], ran.object["bars"]) == ("5m", 10)
    assert ran.err.count("a bar 5m\n") == 10


def test_longer_bars_are_made_of_those_in_the_file(
    bars: Path, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """10:00 to 10:50 in steps of five minutes are three whole quarters and a begun one."""
    ran = Ran(
        capsys,
        *("backtest", mine, "--data", bars, "--symbol", "IF2509.CFFEX"),
        *("--interval", "15m", "--json"),
    )
    assert ran.object["interval"] == "15m"
    assert ran.err.count("a bar 15m\n") == 4


def test_bars_too_long_for_the_strategy_are_refused(
    bars: Path, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A strategy that never saw a bar would look like one that never traded."""
    ran = Ran(
        capsys,
        *("backtest", mine, "--data", bars, "--symbol", "IF2509.CFFEX"),
        *("--interval", "1m"),
    )
    assert ran.code == 1
    assert "the files hold bars of 5m, of which none of 1m can be made" in ran.err


def test_a_bad_row_is_told_and_counted(
    ticks: Path, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """File, line and reason; the run goes on without it."""
    ticks.write_text(ticks.read_text().replace("4001.0,25", "what,25"))
    ran = Ran(capsys, "backtest", mine, "--data", ticks, "--symbol", "IF2509.CFFEX", "--json")
    assert (ran.code, ran.object["bad_rows"], ran.object["ticks"]) == (0, 1, 4)
    assert f"{ticks}:3: " in ran.err


def test_twenty_bad_rows_are_told_and_all_are_counted(
    ticks: Path, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is bad throughout does not bury the rest."""
    bad = rows().splitlines(keepends=True)[0].replace("4000.0,10", "what,10")
    ticks.write_text(HEAD + bad * 30 + rows())
    ran = Ran(capsys, "backtest", mine, "--data", ticks, "--symbol", "IF2509.CFFEX", "--json")
    assert ran.object["bad_rows"] == 30
    assert sum(line.startswith(f"{ticks}:") for line in ran.err.splitlines()) == 20


def test_a_bad_row_ends_a_strict_run(
    ticks: Path, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error is the row's, in the JSON too."""
    ticks.write_text(ticks.read_text().replace("4001.0,25", "what,25"))
    ran = Ran(
        capsys,
        *("backtest", mine, "--data", ticks, "--symbol", "IF2509.CFFEX"),
        *("--strict", "--json"),
    )
    assert ran.code == 1
    assert ran.object["error"].startswith(f"{ticks}:3: ")
    assert f"error: {ticks}:3: " in ran.err


def test_a_strategy_that_fails_is_told(
    ticks: Path, mine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run ends, and both the line and the summary say that it was no run to trust."""
    broken = mine.replace("FirstBuys", "Breaks")
    ran = Ran(capsys, "backtest", broken, "--data", ticks, "--symbol", "IF2509.CFFEX", "--json")
    assert ran.object["strategies"] == {"Breaks-IF2509.CFFEX": "failed"}
    # The first bar is over with the tick of 09:31.
    told = (
        "error: [2025-08-05 09:31:00] strategy.Breaks-IF2509.CFFEX: stopped by its own ValueError"
    )
    assert told in ran.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("double_mb", "--data", "ticks.csv"), "did you mean 'double_ma'?"),
        (("double_ma", "--data", "tikcs.csv"), "error: tikcs.csv: no such file\n"),
        (("double_ma", "--data", "ticks.csv", "-p", "fsat=5"), "did you mean 'fast'?"),
        (("double_ma", "--data", "ticks.csv", "-p", "fast=5.5"), "expected int, found 5.5 (-p)"),
        (("mine.py:FirstBuy", "--data", "ticks.csv"), "did you mean 'FirstBuys'?"),
        (("mine.py:FirstBuys", "--data", "ticks.csv", "-p", "lot=1"), "did you mean 'lots'?"),
        (("mine.py:FirstBuys", "--data", "ticks.csv", "-p", "name=x"), "cannot be called 'name'"),
        (("mine.py:Breaks", "--data", "ticks.csv", "-p", "x=1"), "unknown key 'x'"),
        (("double_ma", "--data", "ticks.csv", "--capital", "-1"), "capital must be above 0"),
    ],
)
@pytest.mark.usefixtures("ticks", "mine")
def test_what_is_not_there_is_told_in_one_line(
    arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, no traceback, and where there is a near name, that."""
    ran = Ran(capsys, "backtest", *arguments, "--symbol", "IF2509.CFFEX")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: ")
    assert told in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.usefixtures("ticks")
@pytest.mark.parametrize(
    ("symbol", "told"),
    [
        ("IF2512.CFFEX", "no tick or bar of IF2512.CFFEX came from ticks.csv"),
        ("IF2509.CFEX", "'IF2509.CFEX'"),
        ("XX2509.CFFEX", "'XX2509.CFFEX'"),
    ],
)
def test_a_symbol_that_is_not_there_is_told(
    symbol: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither an unknown contract nor an absent one makes an empty result."""
    ran = Ran(capsys, "backtest", "double_ma", "--data", "ticks.csv", "--symbol", symbol)
    assert ran.code == 1
    assert told in ran.err


@pytest.mark.usefixtures("ticks")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--data", "ticks.csv", "double_ma", "--symbol", "IF2509"), "put it before --data"),
        (("double_ma", "--data", "--symbol", "IF2509"), "'--data' needs at least one file"),
        (("double_ma", "--symbol", "IF2509"), "Missing option '--data'"),
        (("double_ma", "--data", "ticks.csv"), "Missing option '--symbol'"),
        (("double_ma", "--data", "ticks.csv", "--symbol", "IF2509", "-p", "fast"), "KEY=VALUE"),
        (("double_ma", "--data", "ticks.csv", "--symbol", "x", "--interval", "1y"), "bar length"),
    ],
)
def test_a_wrong_use_of_backtest_is_told(
    arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, before any file is opened."""
    ran = Ran(capsys, "backtest", *arguments)
    assert ran.code == 2
    assert told in ran.err


def test_a_real_tape_gives_the_same_fingerprint_twice(
    real_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A whole day of ru1901: what was decided, at what price and when, is the same."""
    tape = real_data / "ticks_ctp_csv/SHFE.ru1901/20181008.tick-ctp.csv.gz"
    arguments = ("backtest", "double_ma", "--data", tape, "--symbol", "ru1901.SHFE", "--json")
    first, second = (Ran(capsys, *arguments, "-p", "fast=5").object for _ in range(2))
    assert first == second
    assert first["trades"] > 0
    # Counted by `zcat FILE | tail -n +2 | wc -l`.
    assert first["ticks"] == 38_536


# -- data bars ------------------------------------------------------------------


def as_bars(text: str) -> list[tuple[Any, ...]]:
    """Return the rows of a CSV of bars from `datetime` on, numbers as such."""
    found = list(csv.reader(io.StringIO(text)))
    return [(row[2], *map(float, row[3:])) for row in found[1:]]


def test_bars_are_written_as_csv(ticks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The head as promised, the bars as counted by hand, numbers without noise."""
    ran = Ran(capsys, "data", "bars", ticks)
    head, first, *_ = ran.out.splitlines()
    assert head == ("symbol,trading_day,datetime,open,high,low,close,volume,turnover,open_interest")
    assert first == (
        "IF2509.CFFEX,20250805,2025-08-05T09:30:00+08:00,4000,4001,4000,4001,25,30000000,9"
    )
    assert as_bars(ran.out) == BARS


def test_bars_are_written_as_json(ticks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same bars, as objects."""
    found = json.loads(Ran(capsys, "data", "bars", ticks, "--format", "json").out)
    assert [tuple(each.values())[2:] for each in found] == BARS
    assert {each["trading_day"] for each in found} == {20250805}


def test_bars_are_written_to_a_file_of_the_kind_its_name_says(
    ticks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Parquet that this house reads back: the bars of the bars are the same."""
    path = tmp_path / "bars.parquet"
    ran = Ran(capsys, "data", "bars", ticks, "--output", path, "--json")
    assert ran.object["bars"] == 3
    assert ran.object["output"] == str(path)
    assert "rows" not in ran.object
    assert as_bars(Ran(capsys, "data", "bars", path).out) == BARS


def test_with_json_the_bars_are_in_the_object(
    ticks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output is one object then, and the bars are what was asked for."""
    found = Ran(capsys, "data", "bars", ticks, "--json").object
    assert (found["bars"], found["ticks"], found["bad_rows"]) == (3, 5, 0)
    assert found["symbols"] == ["IF2509.CFFEX"]
    assert [tuple(each.values())[2:] for each in found["rows"]] == BARS


def test_what_each_tick_was_is_counted_and_told(
    ticks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One said twice, one of the evening, one without a price; the first bar is whole."""
    last = rows().splitlines(keepends=True)[-1]
    evening = last.replace("09:32:10", "19:32:10")
    ticks.write_text(HEAD + rows() + last + evening + last.replace("4000.2", "0"))
    ran = Ran(capsys, "data", "bars", ticks, "--json")
    expected = {"good": 5, "duplicate": 1, "missing-price": 1, "after-close": 1}
    assert ran.object["classes"] == expected
    assert ran.object["classes_by_symbol"] == {
        "IF2509.CFFEX": {"good": 5, "duplicate": 1, "after-close": 1}
    }
    assert (ran.object["incomplete"], ran.object["convention"]) == (0, "clock")
    assert "by class: good 5, duplicate 1, missing-price 1, after-close 1\n" in ran.err


def test_longer_bars_are_made_as_asked(ticks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Three minutes of a quarter of an hour are one bar, with the count's whole growth."""
    ran = Ran(capsys, "data", "bars", ticks, "--interval", "15m")
    expected = ("2025-08-05T09:30:00+08:00", 4000, 4001, 3999.8, 4000.2, 60, 72_000_000, 6)
    assert as_bars(ran.out) == [expected]


def test_bars_of_several_symbols_are_in_the_order_of_time(
    ticks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By start, then by symbol; `--symbol` picks one, in any spelling."""
    ticks.write_text(HEAD + rows() + rows("IC2509"))
    both = [line.split(",") for line in Ran(capsys, "data", "bars", ticks).out.splitlines()[1:]]
    minutes = [f"2025-08-05T09:3{minute}:00+08:00" for minute in (0, 0, 1, 1, 2, 2)]
    assert [row[2] for row in both] == minutes
    assert [row[0] for row in both] == ["IC2509.CFFEX", "IF2509.CFFEX"] * 3
    one = Ran(capsys, "data", "bars", ticks, "--symbol", "CFFEX.IC2509")
    assert as_bars(one.out) == BARS


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("ticks.csv", "--format", "parquet"), 2, "--output"),
        (("ticks.csv", "--interval", "1x"), 2, "no bar length"),
        ((), 2, "FILE"),
        (("tikcs.csv",), 1, "tikcs.csv: no such file"),
        (("ticks.csv", "--symbol", "IC2509.CFFEX"), 1, "not one tick or bar of IC2509.CFFEX"),
        (("bars.csv", "--symbol", "IF2509.CFFEX"), 1, "no bar of 1m can be made"),
        (("ticks.csv", "--interval", "30s"), 1, "no bar of 30s can be made of ticks"),
        (("ticks.csv", "--convention", "wall"), 2, "'clock', 'session'"),
    ],
)
@pytest.mark.usefixtures("ticks", "bars")
def test_bars_that_cannot_be_made_are_told(
    arguments: tuple[str, ...], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong use is 2, data that do not fit are 1; nothing is written."""
    ran = Ran(capsys, "data", "bars", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert told in ran.err


def test_a_bad_row_ends_strict_bars(ticks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without `--strict` it is told, and the bars are made of the rest."""
    ticks.write_text(ticks.read_text().replace("4001.0,25", "what,25"))
    lenient = Ran(capsys, "data", "bars", ticks)
    strict = Ran(capsys, "data", "bars", ticks, "--strict")
    assert (lenient.code, strict.code) == (0, 1)
    assert f"{ticks}:3: " in lenient.err
    assert strict.err.startswith(f"error: {ticks}:3: ")
    assert strict.out == ""


def test_bars_of_a_recorded_day_are_those_of_another_engine(
    real_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """WonderTrader made minutes of the very same ticks; all but each contract's first agree."""
    folder = real_data / "ticks_wt/ALL_20220218"
    expected: dict[tuple[str, str], tuple[float, ...]] = {}
    began = set()
    with gzip.open(folder / "reference_min1.csv.gz", "rt", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["exchg"] == "SHFE" and row["code"] in began:
                end = datetime.strptime(f"{row['datetime']}+0800", "%Y%m%d%H%M%z")
                start = (end - timedelta(minutes=1)).isoformat()
                values = [row[name] for name in ("open", "high", "low", "close", "vol", "hold")]
                # Its artefacts of floating point, such as 4899.000000000001, are its own.
                figures = tuple(round(float(value), 6) for value in values)
                expected[f"{row['code']}.SHFE", start] = figures
            began.add(row["code"])
    ran = Ran(capsys, "data", "bars", folder / "SHFE.csv.gz")
    made = {}
    for line in csv.DictReader(io.StringIO(ran.out)):
        names = ("open", "high", "low", "close", "volume", "open_interest")
        made[line["symbol"], line["datetime"]] = tuple(float(line[name]) for name in names)
    assert len(expected) > 200
    assert {key: made.get(key) for key in expected} == expected
