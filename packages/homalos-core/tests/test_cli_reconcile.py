"""`homalos reconcile` and `homalos statement`: what they print, and how they end."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from attrs import evolve

from homalos.cli import main
from homalos.engine.statements import StatementDays
from homalos.model import Direction, Funds, Offset, Statement, TradeLine

TRADE = TradeLine(
    day=20250106,
    symbol="rb2505.SHFE",
    trade_id="17",
    direction=Direction.LONG,
    offset=Offset.OPEN,
    price=Decimal(3310),
    lots=2,
    turnover=Decimal(66200),
    fee=Decimal("6.62"),
    realised=Decimal(0),
)
DAY = Statement(
    account="main",
    currency="CNY",
    trading_day=20250106,
    funds=Funds(**{each.name: Decimal(0) for each in Funds.__attrs_attrs__}),
    trades=(TRADE,),
)


# A house that sends statements as JSON, as a plugin in a file.
HOUSE = """
import msgspec
from attrs import asdict, fields_dict
from homalos.errors import StatementError
from homalos.model import Statement
from homalos.plugins import StatementFormatSpec, hookimpl
from homalos.plugins.ports import Reading, StatementKind

def write(statement):
    return f"HOUSE {statement.account} {statement.trading_day}\\n"

def read(data, *, name):
    try:
        day = msgspec.json.decode(data, type=Statement)
    except msgspec.DecodeError as error:
        raise StatementError("not of this house", file=name, line=1) from error
    sections = {name: value for name, value in asdict(day, recurse=False).items() if value}
    printed = {
        name: frozenset(fields_dict(type(lines[0])))
        for name, lines in sections.items() if isinstance(lines, tuple)
    }
    printed["funds"] = frozenset(fields_dict(type(day.funds)))
    return Reading(statement=day, kind=StatementKind.MARKED, printed=printed)

@hookimpl
def register_statement_formats():
    return (StatementFormatSpec(name="NAME", write=write, read=read),)
"""
WITH = ["--plugin", "house.py"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home folder with one settled day."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    monkeypatch.setenv("HOMALOS_HOME", str(home))
    # Whatever else is installed where the tests run.
    monkeypatch.setenv("HOMALOS_PLUGINS", "core")
    for name in ("house", "annex"):
        Path(f"{name}.py").write_text(HOUSE.replace("NAME", name), encoding="utf-8")
    StatementDays(home).save(DAY)
    return home


def _given(statement: Statement, name: str = "broker.txt") -> str:
    Path(name).write_bytes(msgspec.json.encode(statement))
    return name


@pytest.mark.usefixtures("home")
def test_no_difference_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The client of the broker is the only account there is."""
    file = _given(evolve(DAY, account="80001234"))

    assert main(["reconcile", *WITH, file]) == 0
    assert capsys.readouterr().out == "broker.txt: main, 20250106: no difference\n"


@pytest.mark.usefixtures("home")
def test_every_line_that_differs_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """As a table, with exit code 1; a second file without a difference does not change that."""
    file = _given(evolve(DAY, trades=(evolve(TRADE, fee=Decimal("6.63")),)))

    assert main(["reconcile", *WITH, file, _given(DAY, "same.txt")]) == 1
    out = capsys.readouterr().out
    assert "broker.txt: main, 20250106: 1 difference\n" in out
    assert all(word in out for word in ("trades", "rb2505.SHFE", "fee", "6.62", "6.63"))
    assert "same.txt: main, 20250106: no difference\n" in out


@pytest.mark.usefixtures("home")
def test_an_id_in_brackets_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """It is no style of the terminal."""
    file = _given(evolve(DAY, trades=(TRADE, evolve(TRADE, lots=1, trade_id="[red]"))))

    assert main(["reconcile", *WITH, file]) == 1
    assert "[red]" in capsys.readouterr().out


@pytest.mark.usefixtures("home")
def test_a_program_gets_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    """With the same figures as text."""
    file = _given(evolve(DAY, trades=()))

    assert main(["reconcile", *WITH, file, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["statements"][0]
    assert (
        found["not_printed"],
        found["differences"],
        found["kind"],
    ) == (["trades"], [], "marked")


def test_the_account_is_asked_for_where_there_are_several(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unless the statement's client is one of them."""
    StatementDays(home).save(evolve(DAY, account="second"))
    file = _given(evolve(DAY, account="80001234"))

    assert main(["reconcile", *WITH, file]) == 1
    told = "of the client '80001234'; say with --account which of ours that is: main, second"
    assert f"error: broker.txt: {told}\n" == capsys.readouterr().err
    assert main(["reconcile", *WITH, file, "--account", "second"]) == 0
    assert main(["reconcile", *WITH, _given(DAY)]) == 0


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["reconcile", *WITH, "nowhere.txt"], "nowhere.txt: cannot be read: No such file"),
        (["reconcile", *WITH, "."], ".: cannot be read: Is a directory"),
        (["reconcile", *WITH, "x.txt"], "x.txt:1: not of this house"),
        (["reconcile", *WITH, "later.txt"], "no statement of main for 20250107"),
        (["reconcile", *WITH, "later.txt", "--account", "no"], "no statement of the account 'no'"),
        (["statement", "show", "20250107"], "no statement of main for 20250107"),
        (["statement", "show", "--account", "no"], "no statement of the account 'no'"),
        (["statement", "list", "--account", "no"], "no statement of the account 'no'"),
        (["statement", "show", "--home", "empty"], "say with --account which statements"),
        (["statement", "show"], "no plugin offers a format of settlement statements; install one"),
        (["reconcile", "later.txt"], "no plugin offers a format of settlement statements"),
        (
            ["reconcile", *WITH, "--plugin", "broken.py", "x.txt"],
            "plugin 'broken' (broken.py): ",
        ),
        (
            ["reconcile", *WITH, "x.txt", "--format", "hous"],
            "no plugin offers a statement format 'hous'; there are: house; did you mean",
        ),
        (
            ["reconcile", *WITH, "--plugin", "annex.py", "x.txt"],
            "x.txt: in none of the formats annex, house; annex: line 1: not of this house; house:",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line(
    asked: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, nothing on standard output."""
    Path("x.txt").write_text("x")
    Path("broken.py").write_text("raise ValueError(1)")
    _given(evolve(DAY, trading_day=20250107), "later.txt")

    assert main(asked) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"error: {told}")


@pytest.mark.usefixtures("home")
def test_the_engine_s_own_days_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """As they would be printed by a broker; the last one when none is named."""
    assert main(["statement", "list"]) == 0
    assert capsys.readouterr().out == "main  20250106\n"
    assert main(["statement", "show", *WITH]) == 0
    assert capsys.readouterr().out == "HOUSE main 20250106\n"
    assert main(["statement", "show", "20250106", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trades"][0]["fee"] == "6.62"


@pytest.mark.usefixtures("home")
def test_the_format_may_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Where several are offered, the first that can read a statement is taken otherwise."""
    both = [*WITH, "--plugin", "annex.py"]
    words = {"NAME": "annex", "HOUSE": "ANNEX", "decode(data,": 'decode(b"not " + data,'}
    annex = HOUSE
    for old, new in words.items():
        annex = annex.replace(old, new)
    Path("annex.py").write_text(annex, encoding="utf-8")
    file = _given(DAY)

    assert main(["reconcile", *both, file]) == 0
    assert main(["statement", "show", *both, "--format", "house"]) == 0
    assert capsys.readouterr().out.endswith("no difference\nHOUSE main 20250106\n")
    assert main(["statement", "show", *both]) == 0
    assert capsys.readouterr().out == "ANNEX main 20250106\n"
    assert main(["reconcile", *both, file, "--format", "annex"]) == 1
    assert "broker.txt:1: not of this house" in capsys.readouterr().err


def test_no_day_at_all_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which is no error of a list."""
    assert main(["statement", "list", "--home", str(tmp_path)]) == 0
    assert f"no statement in {tmp_path / 'statements'}\n" == capsys.readouterr().out


def test_the_days_of_a_working_folder_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `homalos up` keeps them there: beside the settings file that nobody had to name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "system.yaml").write_text("run: '1'\n", encoding="utf-8")
    StatementDays(tmp_path / "config" / ".homalos").save(DAY)
    assert main(["statement", "list"]) == 0
    assert capsys.readouterr().out == "main  20250106\n"
