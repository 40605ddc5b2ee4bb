"""The core's days and commands with the format of statements that a package offers."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve, fields_dict

from homalos.cli import main
from homalos.engine.statements import StatementDays
from homalos.model import Funds, Statement, TransferLine
from homalos_china.statements import write_statement

DAY = Statement(
    account="main",
    currency="CNY",
    trading_day=20250106,
    funds=Funds(**dict.fromkeys(fields_dict(Funds), Decimal("0.10"))),
    transfers=(TransferLine(day=20250106, amount=Decimal("1.20"), note="银期转账"),),
)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder whose home has one settled day."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOMALOS_HOME", str(tmp_path / "home"))
    StatementDays(tmp_path / "home").save(DAY)


def test_a_day_is_shown_as_ctp_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Found by itself, or by its name."""
    for asked in ([], ["--format", "ctp"]):
        assert main(["statement", "show", *asked]) == 0
        assert write_statement(DAY) == capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_a_broker_s_statement_is_compared(
    encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cent in the fees and its kind are told; the broker's client is the only account."""
    theirs = evolve(DAY, account="80001234", funds=evolve(DAY.funds, fees=Decimal("0.11")))
    Path("broker.txt").write_bytes(write_statement(theirs).encode(encoding))

    assert main(["reconcile", "broker.txt", "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["statements"]
    assert (found["account"], found["kind"]) == ("main", "marked")
    assert found["differences"] == [
        {"section": "funds", "key": "", "column": "fees", "ours": "0.10", "theirs": "0.11"}
    ]


def test_what_ctp_does_not_print_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, nothing on standard output."""
    Path("x.txt").write_text("x", encoding="utf-8")

    assert main(["reconcile", "x.txt"]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("error: x.txt: nothing of a settlement statement is in it")
