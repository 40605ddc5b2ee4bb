"""Tests of `homalos market show`: the table, its JSON, and one clear line where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from homalos.cli import main
from homalos.cli import market as command
from homalos.testing import at

MARKET = """
from homalos.model import Instrument
from homalos.plugins import MarketSpec, hookimpl
from homalos.plugins.ports import Fact, Session
from homalos.testing import SYMBOL, FakeMarket, at

HOURS = [Session(at(0), at(3600), 20240506), Session(at(86400), at(90000), 20240507)]


class Dated(FakeMarket):
    def describe(self, symbol, *, on_day):
        return (
            *super().describe(symbol, on_day=on_day),
            Fact(name="fee_open", value="3/lot", valid_from=20200616, valid_to=20200616,
                 sources=("list",), nearest=20200616, note="seen once"),
            Fact(name="fee_close", value="3/lot", valid_from=20200616, valid_to=20200616,
                 sources=("list", "notice"), note="seen once"),
            Fact(name="night", value="21:00", valid_from=20190101),
            Fact(name="day", value="09:00", valid_to=20251231),
            Fact(name="break", value="10:15", valid_from=20190101, valid_to=20251231),
        )


@hookimpl
def register_markets():
    return (MarketSpec(name="fake", factory=lambda context, options: Dated(sessions=HOURS)),)
"""


@pytest.fixture(autouse=True)
def plugin_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with one market, on a wide screen."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOMALOS_PLUGINS", "core")
    monkeypatch.setenv("COLUMNS", "160")
    Path("dated.py").write_text(MARKET)


def _show(*arguments: str) -> int:
    return main(["market", "show", *arguments, "--plugin", "dated.py"])


def test_facts_are_shown_with_their_time_and_sources(capsys: pytest.CaptureFixture[str]) -> None:
    """What was seen on one day says so on another; a note that two share stands once."""
    assert _show("aa2510", "--on", "2024-05-06") == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "aa2510.TEST on 2024-05-06"
    assert "margin rate 0.1 table" in lines
    assert "fee open 3/lot nearest known: 2020-06-16 list" in lines
    fees = lines.index("fee close 3/lot 2020-06-16 list")
    assert lines[fees + 1] == "notice"
    assert "night 21:00 since 2019-01-01" in lines
    assert "day 09:00 until 2025-12-31" in lines
    assert "break 10:15 2019-01-01 – 2025-12-31" in lines
    assert lines[-1] == "fee open, fee close: seen once"


def test_names_of_sources_stay_whole_on_a_narrow_screen(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are looked up by them; times and values are folded instead."""
    monkeypatch.setenv("COLUMNS", "60")
    assert _show("aa2510", "--on", "2024-05-06") == 0
    words = capsys.readouterr().out.split()
    assert {"table", "list", "notice", "2019-01-01", "2025-12-31"} <= set(words)


def test_a_program_reads_the_same_facts(capsys: pytest.CaptureFixture[str]) -> None:
    """Days are numbers; the symbol is as the house writes it."""
    assert _show("TEST.aa2510", "--on", "20240507", "--json") == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["symbol"], found["day"]) == ("aa2510.TEST", 20240507)
    (fee,) = [fact for fact in found["facts"] if fact["name"] == "fee_open"]
    assert fee == {
        "name": "fee_open",
        "value": "3/lot",
        "valid_from": 20200616,
        "valid_to": 20200616,
        "sources": ["list"],
        "nearest": 20200616,
        "note": "seen once",
    }


def test_without_a_day_it_is_the_one_that_comes_next(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two sessions the wall's time belongs to the later one's day."""
    monkeypatch.setattr(command, "wall_ns", lambda: at(7_200))
    assert _show("aa2510") == 0
    assert capsys.readouterr().out.startswith("aa2510.TEST on 2024-05-07\n")


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["qq2510"], 1, "qq2510.TEST"),
        (["aa2510", "--on", "2024-05-04"], 1, "20240504 is no trading day"),
        (["aa2510", "--on", "May 6"], 2, "'May 6' is no date; write YYYY-MM-DD"),
        (["aa2510", "--on", "2024-02-30"], 2, "'2024-02-30' is no date; write YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_shown_is_told_in_a_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, line: str
) -> None:
    """An unknown product, a day without trading, what is no day."""
    assert _show(*arguments) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert line in told.err.splitlines()[0]
