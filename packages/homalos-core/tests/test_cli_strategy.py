"""Tests of `homalos strategy`: what gets into the file, and what is told instead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homalos.cli import main
from homalos.config import load_settings

PARTS = """
from decimal import Decimal
from enum import Enum
from pathlib import Path

from attrs import field, frozen

from homalos.plugins import MarketSpec, StrategySpec, hookimpl
from homalos.strategy import Strategy, param
from homalos.testing import FakeMarket


class Side(Enum):
    LONG = "long"
    SHORT = "short"


@frozen(kw_only=True)
class Options:
    fast: int = param(5, ge=1)
    code: str = ""
    ratio: Decimal = Decimal(1)
    file: Path = Path("x")
    side: Side = Side.LONG
    at: tuple[int, ...] = ()
    api_token: str = ""


class Cross(Strategy):
    params: Options


@hookimpl
def register_markets():
    return (MarketSpec(name="fake", factory=lambda context, options: FakeMarket()),)


@hookimpl
def register_strategies():
    return (StrategySpec(name="cross", factory=Cross, config=Options),)
"""
OWN = """
from attrs import frozen
from homalos.strategy import Strategy


class Dips(Strategy):
    @frozen(kw_only=True)
    class Params:
        bars: int

    params: Params
"""
SYSTEM = (
    "strategies_folder: ../own\nstrategies: [{strategy: cross, symbol: aa2510.TEST, name: sys}]\n"
)
STRATEGIES = """\
# Mine.
strategies:
  - name: one # the first
    strategy: cross
    symbol: aa2510.TEST
    params: {fast: 3, code: '007'}
"""
FILE = Path("config/strategies.yaml")
SYMBOL = ("--symbol", "aa2510")
HIDDEN = "***"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with settings, a plugin in a file and a strategy of one's own."""
    monkeypatch.delenv("HOMALOS_HOME", raising=False)
    monkeypatch.setenv("HOMALOS_PLUGINS", "core")
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "parts.py": PARTS,
        "own/dips.py": OWN,
        "config/system.yaml": SYSTEM,
        str(FILE): STRATEGIES,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def run(*arguments: str) -> int:
    """Run a command of the group with the plugin."""
    return main(["strategy", *arguments, "--plugin", "parts.py"])


def entries(capsys: pytest.CaptureFixture[str]) -> list[Any]:
    """Return the strategies as `list` shows them to a program."""
    capsys.readouterr()
    assert run("list", "--json") == 0
    found: list[Any] = json.loads(capsys.readouterr().out)["strategies"]
    return found


# -- what works -------------------------------------------------------------------


def test_the_strategies_of_every_file_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """With where each stands, and what there is to add."""
    assert run("list", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in found["strategies"]] == ["sys", "one"]
    assert found["strategies"][1] == {
        "name": "one",
        "strategy": "cross",
        "symbols": ["aa2510.TEST"],
        "interval": "1m",
        "account": "main",
        "params": {"fast": 3, "code": "007"},
        "origin": f"{FILE}:4",
    }
    assert found["offered"] == ["cross", "dips"]
    assert run("list") == 0
    assert "There are to add: cross, dips." in capsys.readouterr().out


def test_a_strategy_is_added_with_a_name_and_the_symbol_in_full(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What was not said is not written."""
    assert run("add", "cross", "--symbol", "bb2510", "-p", "fast=9") == 0
    assert capsys.readouterr().out == f"added cross-bb2510.TEST: {FILE}\n"
    assert FILE.read_text() == STRATEGIES + (
        "  - name: cross-bb2510.TEST\n    strategy: cross\n    symbol: bb2510.TEST\n"
        "    params: {fast: 9}\n"
    )


def test_everything_that_can_be_said_of_a_strategy_gets_into_the_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Two symbols, bars, account and every kind of parameter, as the settings read them back."""
    texts = ("code=010", "ratio=0.10", "file=a/b.csv", "side=short", "at=[1, 2]", "api_token=12345")
    params = [word for text in texts for word in ("-p", text)]
    symbols = (*SYMBOL, "--symbol", "bb2510.TEST")
    more = ("--name", "n", "--interval", "15m", "--account", "main", "--json")
    assert run("add", "cross", *symbols, *more, *params) == 0
    assert json.loads(capsys.readouterr().out)["added"]["params"]["api_token"] == HIDDEN
    settings = load_settings(Path("config/system.yaml"), environment={}, overrides={})
    added = settings.strategies[-1]
    assert (added.name, added.symbols) == ("n", ("aa2510.TEST", "bb2510.TEST"))
    assert (added.interval, added.account) == ("15m", "main")
    assert added.params == {
        "code": "010",
        "ratio": 0.1,
        "file": "a/b.csv",
        "side": "short",
        "at": [1, 2],
        "api_token": "12345",
    }


@pytest.mark.parametrize(
    ("strategy", "name"),
    [("dips", "dips-aa2510.TEST"), ("own/dips.py:Dips", "Dips-aa2510.TEST"),
     ("own/dips.py", "dips-aa2510.TEST"), ("Dips", "Dips-aa2510.TEST")],
)  # fmt: skip
def test_a_strategy_of_ones_own_is_added(
    strategy: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the strategies' folder by file or class, or from any file."""
    assert run("add", strategy, *SYMBOL, "-p", "bars=5") == 0
    last = entries(capsys)[-1]
    assert (last["name"], last["strategy"], last["params"]) == (name, strategy, {"bars": 5})


def test_a_file_that_is_not_there_yet_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    """Without one there are only the strategies of the settings file."""
    FILE.unlink()
    assert run("add", "cross", *SYMBOL) == 0
    assert [each["name"] for each in entries(capsys)] == ["sys", "cross-aa2510.TEST"]


def test_a_strategy_is_changed_and_its_comments_stay() -> None:
    """One parameter is set, one goes; `-` and `--unset` are the same."""
    assert run("set", "one", "-p", "fast=4", "-p", "code=-", "--interval", "5m") == 0
    expected = STRATEGIES.replace("{fast: 3, code: '007'}", "{fast: 4}") + "    interval: 5m\n"
    assert FILE.read_text() == expected
    assert run("set", "one", "--unset", "fast") == 0
    assert "fast" not in FILE.read_text()


def test_a_strategy_is_removed(capsys: pytest.CaptureFixture[str]) -> None:
    """What it was goes to a program that asks."""
    assert run("remove", "one", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["name"], found["removed"]["params"]) == ("one", {"fast": 3, "code": "007"})
    assert FILE.read_text() == "# Mine.\nstrategies:\n"
    assert [each["name"] for each in entries(capsys)] == ["sys"]


# -- what does not ------------------------------------------------------------------

BAD: list[tuple[tuple[str, ...], list[str]]] = [
    (
        ("add", "crass", *SYMBOL),
        [
            (
                f"no plugin offers a strategy 'crass', and no file in {Path('config/../own')} has "
                "one; there are: cross, dips; did you mean 'cross'?"
            )
        ],
    ),
    (
        ("add", "cross", *SYMBOL, "-p", "fats=3"),
        ["unknown key 'fats' (-p) @ $.params; did you mean 'fast'?"],
    ),
    (
        ("add", "cross", "--symbol", "zz2510"),
        [
            (
                "'zz2510.TEST' is not in the table of this fake market; there are aa2510.TEST, "
                "bb2510.TEST"
            )
        ],
    ),
    (
        ("add", "cross", *SYMBOL, "--name", "sys"),
        ["a strategy is called 'sys' already; give this one a --name"],
    ),
    (
        ("add", "cross", *SYMBOL, *SYMBOL),
        ["symbols has the same symbol twice @ $.symbols"],
    ),
    (
        ("add", "cross", *SYMBOL, "--account", "maain", "-p", "fast=0", "-p", "side=up"),
        [
            "expected 'long' or 'short', found 'up' (-p) @ $.params.side",
            "fast must be at least 1, not 0 (-p) @ $.params.fast",
            "no account is called 'maain'; there are main; did you mean 'main'?",
        ],
    ),
    (("add", "own/none.py", *SYMBOL), ["there is no file own/none.py; check the path"]),
    (("add", "dips", *SYMBOL), ["required field missing @ $.params.bars"]),
    (
        ("set", "two", "-p", "fast=4"),
        ["no strategy is called 'two'; there are sys, one"],
    ),
    (
        ("set", "onee", "-p", "fast=4"),
        ["no strategy is called 'onee'; there are sys, one; did you mean 'one'?"],
    ),
    (
        ("remove", "sys"),
        [
            (
                f"the strategy 'sys' stands in {Path('config/system.yaml')}:2, not in {FILE}; "
                "change it there"
            )
        ],
    ),
    (
        ("set", "one", "--unset", "fats", "-p", "fast=x"),
        [
            "no parameter 'fats' is set that could go; there are fast, code; did you mean 'fast'?",
            "expected int, found 'x' (-p) @ $.params.fast",
        ],
    ),
    (
        ("add", "cross", *SYMBOL, "--config", "none.yaml"),
        [
            (
                "there is no settings file none.yaml; make a working folder with `homalos init`, "
                "or name a file with --config"
            )
        ],
    ),
    (
        ("add", "cross", *SYMBOL, "--config", "config"),
        ["config is a folder; name the file in it with --config"],
    ),
]


@pytest.mark.parametrize(("arguments", "problems"), BAD)
def test_what_cannot_be_is_told_and_nothing_is_written(
    arguments: tuple[str, ...], problems: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """All of it at once, each in a sentence; the file is as it was."""
    assert run(*arguments, "--json") == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["problems"] == problems
    assert captured.err == "".join(f"error: {problem}\n" for problem in problems)
    assert FILE.read_text() == STRATEGIES
    assert [path.name for path in FILE.parent.iterdir() if path.suffix == ".tmp"] == []


def test_a_broken_file_is_told_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """It is not taken for an empty one."""
    broken = STRATEGIES + "  - name: [\n"
    FILE.write_text(broken)
    for command in (("list",), ("add", "cross", *SYMBOL), ("remove", "one")):
        assert run(*command) == 1
        assert capsys.readouterr().err.startswith(f"error: {FILE}:8: ")
    assert FILE.read_text() == broken


def test_a_change_that_changes_nothing_is_a_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and what to write instead."""
    assert run("set", "one") == 2
    what = "say what to change of 'one', such as -p fast=10 or --interval 5m"
    assert f"error: {what}\n" in capsys.readouterr().err


def test_a_file_edited_at_the_same_time_is_left_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody saves it in an editor just before it would be written."""
    before = Path.chmod
    edited = STRATEGIES + "# of the editor\n"

    def edit(path: Path, mode: int) -> None:
        FILE.write_text(edited)
        before(path, mode)

    monkeypatch.setattr(Path, "chmod", edit)
    assert run("set", "one", "-p", "fast=4") == 1
    what = "has been changed by somebody else meanwhile, so nothing was written; do it again"
    assert capsys.readouterr().err == f"error: {FILE} {what}\n"
    assert FILE.read_text() == edited


def test_a_folder_that_takes_no_files_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason, and that nothing has changed."""

    def refused(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "replace", refused)
    assert run("remove", "one") == 1
    what = f"{FILE} cannot be written: Read-only file system; nothing has changed"
    assert capsys.readouterr().err == f"error: {what}\n"
    assert FILE.read_text() == STRATEGIES
