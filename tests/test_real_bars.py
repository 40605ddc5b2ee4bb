"""The bars this engine makes of recorded ticks, against what others counted from the same ticks."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from homalos import Engine, RunSummary, Settings
from homalos.cli import main
from homalos.config import FeedSettings
from homalos.model import BarData

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_CHINA = timezone(timedelta(hours=8))
_NS = 1_000_000_000
_RU = "ticks_ctp_csv/SHFE.ru1901"
_Row = dict[str, str]
_Values = tuple[float, ...]


def rows(*files: Path) -> Iterator[_Row]:
    """Read the rows of gzipped CSV files."""
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8", newline="") as stream:
            yield from csv.DictReader(stream)


def made_of(
    files: Iterable[Path], wanted: Iterable[tuple[str, str]], home: Path
) -> tuple[list[BarData], RunSummary]:
    """Return the bars that an engine makes of tick files, and the figures of its run.

    Args:
        files: The tape.
        wanted: (symbol, interval) of the bars to make.
        home: An empty folder.
    """
    feed = FeedSettings(kind="tape", options={"files": [str(file) for file in files]})
    engine = Engine.build(Settings(home=home, feed=feed))
    wanted = set(wanted)
    for symbol, interval in wanted:
        engine.parts.data.want_bars(symbol, interval)
    made: list[BarData] = []
    engine.subscribe(BarData, made.append)
    summary = engine.run()
    return [bar for bar in made if (bar.symbol, bar.interval) in wanted], summary


def label(ts_ns: int) -> str:
    """Write an instant as the reference labels its bars: yyyymmddHHMM in Shanghai."""
    return datetime.fromtimestamp(ts_ns // _NS, _CHINA).strftime("%Y%m%d%H%M")


def reference_bars(file: Path) -> dict[str, dict[str, _Values]]:
    """Read WonderTrader's bars: by symbol, by label of their end, without each one's first."""
    found: dict[str, dict[str, _Values]] = defaultdict(dict)
    for row in rows(file):
        values = (row[name] for name in ("open", "high", "low", "close", "vol", "hold"))
        symbol = f"{row['code']}.{row['exchg']}"
        found[symbol][row["datetime"]] = tuple(round(float(value), 6) for value in values)
    for bars in found.values():
        del bars[min(bars)]
    return dict(found)


def written_by(files: Sequence[Path], interval: str, folder: Path, *options: str) -> list[_Row]:
    """Return the rows that `homalos data bars` writes."""
    output = folder / f"bars-{interval}.csv"
    arguments = ("data", "bars", *files, "--interval", interval, "--output", output, *options)
    assert main([str(each) for each in (*arguments, "--home", folder)]) == 0
    with output.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def five_exchanges(
    real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Path], list[BarData], RunSummary]:
    """Run the recording of five exchanges once, for bars of both lengths."""
    folder = real_data / "ticks_wt" / "ALL_20220218"
    references = {"1m": folder / "reference_min1.csv.gz", "5m": folder / "reference_min5.csv.gz"}
    wanted = [(s, length) for length, file in references.items() for s in reference_bars(file)]
    ticks = sorted(folder.glob("[A-Z]*.csv.gz"))
    made, summary = made_of(ticks, wanted, tmp_path_factory.mktemp("home"))
    return references, made, summary


@pytest.mark.parametrize(("minutes", "count"), [(1, 816), (5, 159)])
def test_the_bars_the_command_writes_of_five_exchanges_equal_those_of_wondertrader(
    real_data: Path, tmp_path: Path, minutes: int, count: int
) -> None:
    """Every bar of 21 contracts after each one's first, which the recorder began inside."""
    folder = real_data / "ticks_wt" / "ALL_20220218"
    expected = reference_bars(folder / f"reference_min{minutes}.csv.gz")
    actual: dict[str, dict[str, _Values]] = {symbol: {} for symbol in expected}
    written = written_by(sorted(folder.glob("[A-Z]*.csv.gz")), f"{minutes}m", tmp_path)
    for row in written:
        end = datetime.fromisoformat(row["datetime"]) + timedelta(minutes=minutes)
        names = ("open", "high", "low", "close", "volume", "open_interest")
        values = tuple(round(float(row[name]), 6) for name in names)
        actual[row["symbol"]][end.strftime("%Y%m%d%H%M")] = values
    for bars in actual.values():
        del bars[min(bars)]

    assert (len(expected), sum(map(len, expected.values()))) == (21, count)
    assert actual == expected


def test_each_contract_s_bars_sum_up_from_the_recorder_s_first_tick_on(
    five_exchanges: tuple[dict[str, Path], list[BarData], RunSummary],
) -> None:
    """The recorder began at 11:20: the first count is where the sum begins."""
    references, made, _ = five_exchanges
    counts: dict[str, list[int]] = defaultdict(list)
    for row in rows(*sorted(references["1m"].parent.glob("[A-Z]*.csv.gz"))):
        if float(row["LastPrice"]):
            counts[f"{row['InstrumentID']}.{row['ExchangeID']}"].append(int(row["Volume"]))
    sums: dict[str, int] = defaultdict(int)
    for bar in made:
        sums[bar.symbol] += bar.volume if bar.interval == "1m" else 0

    assert sums == {symbol: told[-1] - told[0] for symbol, told in counts.items()}
    assert len(sums) == 21


# Files, and the trading days that the tape does not begin with, or go on to, their opening:
# those of ru1901 open at 21:00 in the file of the date before, but for 2018-10-08, the first
# after a holiday.
_TAPES = {
    "ticks_ctp_csv/SHFE.ru1901/*": (),
    "ticks_ctp_csv/SHFE.ru1901/20181009*": ("20181009",),
    "ticks_ctp_csv/SHFE.ru1901/20181010*": ("20181010",),
    "ticks_ctp_csv/SHFE.ru1901/201810[01][08]*": ("20181010",),  # a day is missing
    "ticks_ctp_csv/CZCE.AP010/*": (),
    "ticks_ctp_csv/CZCE.AP101/*": (),
    "ticks_wt/CFFEX.IF.HOT/*": (),
}


@pytest.mark.parametrize("pattern", _TAPES)
def test_the_bars_of_each_trading_day_of_a_tape_sum_up_to_what_it_tells(
    real_data: Path, tmp_path: Path, pattern: str
) -> None:
    """Last count less first, and the first is 0 where the tape holds the day's opening."""
    files = sorted(real_data.glob(pattern))
    told: dict[str, list[int]] = defaultdict(list)
    for row in rows(*files):
        told[row["TradingDay"]].append(int(row["Volume"]))
    sums: dict[str, int] = defaultdict(int)
    for bar in written_by(files, "1m", tmp_path):
        sums[bar["trading_day"]] += int(bar["volume"])

    assert sums == {
        day: counts[-1] - (counts[0] if day in _TAPES[pattern] else 0)
        for day, counts in told.items()
    }
    assert len(sums) >= 1 + pattern.count("1901")


_HOURS = {
    (): "21:00 22:00 09:00 10:00 11:00 13:00 14:00 21:00 22:00",
    ("--convention", "session"): "21:00 22:00 09:00 10:00 11:15 14:15 21:00 22:00",
    ("--set", "bars.convention=session"): "21:00 22:00 09:00 10:00 11:15 14:15 21:00 22:00",
}


@pytest.mark.parametrize("options", _HOURS)
def test_hours_begin_where_the_convention_says(
    real_data: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """A day of ru1901 with its night and the next night: by the clock, and over breaks and lunch.

    What the hours hold is what the minutes hold between their starts.
    """
    files = sorted((real_data / "ticks_ctp_csv/SHFE.ru1901").glob("201810*"))[:2]
    hours = written_by(files, "1h", tmp_path, *options)
    starts = [row["datetime"] for row in hours if row["trading_day"] > "20181008"]
    minutes = written_by(files, "1m", tmp_path)
    sums: dict[str, int] = defaultdict(int)
    for row in minutes:
        started = [start for start in starts if start <= row["datetime"]]
        sums[max(started, default="")] += int(row["volume"])

    assert " ".join(start[11:16] for start in starts) == _HOURS[options]
    del sums[""]  # the day before
    assert sums == {
        row["datetime"]: int(row["volume"]) for row in hours if row["trading_day"] > "20181008"
    }


@pytest.mark.parametrize("skipped", [1, 2, 500, 5_000, 12_000])
def test_a_tape_that_begins_anywhere_sums_up_from_where_it_begins(
    real_data: Path, tmp_path: Path, skipped: int
) -> None:
    """Only with the auction's tick in it AP010 begins at 0; cut behind it, at its first count."""
    with gzip.open(next((real_data / "ticks_ctp_csv/CZCE.AP010").glob("20200803*")), "rt") as file:
        head, *lines = file.readlines()
    (tmp_path / "cut.csv").write_text("".join([head, *lines[skipped:]]))
    counts = [int(row["Volume"]) for row in csv.DictReader([head, *lines[skipped:]])]
    bars = written_by([tmp_path / "cut.csv"], "1m", tmp_path)
    begins = 0 if skipped <= 2 else counts[0]  # 09:00:00, too, is in the opening's minute

    assert sum(int(bar["volume"]) for bar in bars) == counts[-1] - begins


def test_only_the_rows_without_a_price_make_no_tick(
    five_exchanges: tuple[dict[str, Path], list[BarData], RunSummary],
) -> None:
    """Four contracts begin with a row of zeros; nothing else of the recording is left out."""
    references, _, summary = five_exchanges
    prices = [
        float(row["LastPrice"]) for row in rows(*references["1m"].parent.glob("[A-Z]*.csv.gz"))
    ]

    assert (summary.ticks, summary.bad_rows) == (len(prices) - 4, 4)
    assert prices.count(0) == 4
    assert summary.outside == 0


def test_the_bars_of_a_day_with_its_night_sum_up_to_the_day_s_count(
    real_data: Path, tmp_path: Path
) -> None:
    """Trading day 20181009 of ru1901 begins in the evening of the 8th, in the file before."""
    files = [real_data / _RU / f"{day}.tick-ctp.csv.gz" for day in (20181008, 20181009)]
    of_day = [row for row in rows(*files) if row["TradingDay"] == "20181009"]
    made, _ = made_of(files, [("ru1901.SHFE", "1m"), ("ru1901.SHFE", "d")], tmp_path)
    minutes = [bar for bar in made if (bar.interval, bar.trading_day) == ("1m", 20181009)]
    (whole,) = [bar for bar in made if (bar.interval, bar.trading_day) == ("d", 20181009)]
    last = of_day[-1]

    assert label(minutes[0].start_ns) == "201810082100"
    assert sum(bar.volume for bar in minutes) == max(int(row["Volume"]) for row in of_day)
    assert sum(bar.turnover for bar in minutes) == pytest.approx(float(last["Turnover"]), abs=1)
    assert whole.volume == int(last["Volume"])
    assert (whole.open_price, whole.close_price) == (
        float(last["OpenPrice"]),
        float(last["LastPrice"]),
    )
    assert whole.high_price == max(float(row["LastPrice"]) for row in of_day)
    assert whole.complete


@pytest.mark.parametrize(
    ("folder", "symbol", "days"),
    [("ticks_ctp_csv/CZCE.AP010", "AP010.CZCE", 3), ("ticks_wt/CFFEX.IF.HOT", "IF2101.CFFEX", 2)],
)
def test_each_day_of_a_tape_sums_up_and_opens_as_the_exchange_says(
    real_data: Path, tmp_path: Path, folder: str, symbol: str, days: int
) -> None:
    """Evening snapshots and settlement pushes fall outside; the auction opens the first bar."""
    files = sorted((real_data / folder).glob("*.csv.gz"))[:days]
    counts: dict[int, int] = {}
    opens: dict[int, float] = {}
    outside = 0
    for row in rows(*files):
        day = int(row["TradingDay"])
        counts[day] = max(counts.get(day, 0), int(row["Volume"]))
        opens[day] = float(row["OpenPrice"])
        outside += not "08:55:00" <= row["UpdateTime"] < "15:00:05"
    made, summary = made_of(files, [(symbol, "1m")], tmp_path)
    sums: dict[int, int] = defaultdict(int)
    first: dict[int, float] = {}
    for bar in made:
        sums[bar.trading_day] += bar.volume
        first.setdefault(bar.trading_day, bar.open_price)

    assert len(counts) == days
    assert dict(sums) == counts
    assert first == opens
    assert summary.outside == outside > 0
