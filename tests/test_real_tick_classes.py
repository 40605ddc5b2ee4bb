"""What the engine says of each real tick, against the table made by hand of the same files."""

from __future__ import annotations

import ast
import csv
import gzip
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from homalos import Engine, Settings
from homalos.cli import main

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homalos.engine.tick_classes import TickClass

_SCRIPT = Path(__file__).parent / "real_ticks" / "classify_by_hand.py"
_TABLE = _SCRIPT.with_name("classes.csv")


def _table() -> tuple[dict[str, dict[int, str]], dict[str, int]]:
    """Read the table: by file the class of each row that is named, and how many are good."""
    named: dict[str, dict[int, str]] = defaultdict(dict)
    good: dict[str, int] = {}
    with _TABLE.open(encoding="utf-8", newline="") as stream:
        for line in csv.DictReader(stream):
            if line["row"]:
                named[line["file"]][int(line["row"])] = line["class"]
            else:
                good[line["file"]] = int(line["count"])
    return named, good


NAMED, GOOD = _table()
FILES = sorted(GOOD)


def rows_by_code(file: Path) -> dict[str, list[int]]:
    """Return where the rows of each contract stand, the header being row 1."""
    found: dict[str, list[int]] = defaultdict(list)
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", encoding="utf-8", newline="") as stream:
        for row, cells in enumerate(csv.DictReader(stream), 2):
            found[str(cells.get("InstrumentID") or cells["symbol"])].append(row)
    return found


def classes_in_an_engine(file: Path, home: Path) -> dict[int, str]:
    """Return the class of every row, as the counts of an engine grow row by row."""
    engine = Engine.build(Settings(home=home))
    data, reader = engine.parts.data, engine.parts.reader
    found: dict[int, str] = {}
    reader.bad_rows.told = lambda row: found.update({row.line: row.fault})
    before: dict[str, Mapping[TickClass, int]] = defaultdict(dict)
    classes: dict[str, list[str]] = defaultdict(list)
    with engine:
        for tick in reader.read([file]):
            data.want_bars(tick.symbol, "1m")
            engine.step(tick)
            now = data.counts()[tick.symbol]
            (kind,) = Counter(now) - Counter(before[tick.symbol])  # one class, and only one
            classes[tick.symbol.partition(".")[0]].append(kind.value)
            before[tick.symbol] = now
    for code, rows in rows_by_code(file).items():
        usable = [row for row in rows if row not in found]
        found |= dict(zip(usable, classes[code], strict=True))
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_row_of_the_real_ticks_is_classed_as_by_hand(
    real_data: Path, tmp_path: Path, name: str
) -> None:
    """Row by row, what can be no tick included; each tick has exactly one class."""
    actual = classes_in_an_engine(real_data / name, tmp_path)

    assert {row: kind for row, kind in actual.items() if kind != "good"} == NAMED[name]
    assert list(actual.values()).count("good") == GOOD[name]


@pytest.mark.parametrize("name", [name for name in FILES if GOOD[name]])
def test_the_command_reports_the_classes_of_the_table(
    real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """`homalos data bars` counts them in its object, and tells a person on standard error."""
    output = tmp_path / "bars.csv"
    arguments = ["data", "bars", str(real_data / name), "--output", str(output), "--json"]
    code = main([*arguments, "--home", str(tmp_path / "home")])
    out, err = capsys.readouterr()
    expected = {**Counter(NAMED[name].values()), "good": GOOD[name]}
    told = json.loads(out)["classes"]

    assert (code, told) == (0, expected)
    line = ", ".join(f"{kind} {count}" for kind, count in told.items())
    assert (f"ticks by class: {line}\n" in err) == (len(told) > 1)


def test_a_file_of_options_alone_is_an_error_that_names_the_class(
    real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The four rows with DBL_MAX are of options, which no market here knows."""
    name = "ticks_misc/raw_preopen_rows_with_DBL_MAX_20191031.csv"
    code = main(["data", "bars", str(real_data / name), "--home", str(tmp_path)])

    assert code == 1
    assert "not one tick or bar; 4 bad rows: unknown-instrument 4" in capsys.readouterr().err


def test_rows_with_dbl_max_of_a_future_are_ticks_after_the_close(
    real_data: Path, tmp_path: Path
) -> None:
    """The same rows, were they of a future: a last price, and DBL_MAX for most of the rest."""
    rows = (real_data / "ticks_misc/raw_preopen_rows_with_DBL_MAX_20191031.csv").read_text()
    path = tmp_path / "futures.csv"
    path.write_text(re.sub(r",[A-Za-z]+[0-9]+[CP][0-9]+,", ",rb2001,", rows))

    found = classes_in_an_engine(path, tmp_path / "home")

    assert "1.7976931348623157e+308" in rows
    assert found == dict.fromkeys((2, 3, 4, 5), "after-close")


def test_the_table_is_what_the_script_makes_of_the_files(real_data: Path) -> None:
    """Nobody mended it by hand."""
    made = subprocess.run(
        [sys.executable, str(_SCRIPT), str(real_data)], capture_output=True, check=True, timeout=300
    )

    assert made.stdout == _TABLE.read_bytes()


def test_the_script_stands_on_nothing_of_this_project() -> None:
    """Only on the standard library, so that what it says is a second opinion."""
    found = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(_SCRIPT.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [each.name for each in node.names]
        )
    }

    assert found <= sys.stdlib_module_names
