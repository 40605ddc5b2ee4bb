"""Days on disk: exact, whole or not there, and clear about what is missing."""

from __future__ import annotations

import errno
import json
import os
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve

from homalos.engine.statements import StatementDays
from homalos.errors import StatementError, StoreError
from homalos.model import Funds, Statement, TransferLine

DAY = Statement(
    account="main",
    currency="CNY",
    trading_day=20250106,
    funds=Funds(**{each.name: Decimal("0.10") for each in Funds.__attrs_attrs__}),
    transfers=(TransferLine(day=20250106, amount=Decimal("1.20"), note="银期转账"),),
)


def _notes(statement: Statement) -> str:
    """Write a day as no broker would: the notes of its transfers."""
    return "".join(f"{each.note}\n" for each in statement.transfers)


def test_a_day_is_kept_exactly_with_its_text_beside_it(tmp_path: Path) -> None:
    """Amounts are text in the JSON, with the places they had."""
    days = StatementDays(tmp_path, _notes)

    path = days.save(DAY)

    assert tmp_path / "statements" / "main" / "20250106.json" == path
    assert json.loads(path.read_bytes())["funds"]["balance"] == "0.10"
    assert repr(DAY) == repr(days.load("main", 20250106))
    assert path.with_suffix(".txt").read_text("utf-8") == "银期转账\n"
    assert len(list(path.parent.iterdir())) == 2


def test_days_and_accounts_are_listed(tmp_path: Path) -> None:
    """Oldest first; of accounts whatever their names are made of, and of nothing else."""
    days = StatementDays(tmp_path)
    assert days.accounts() == ()
    for account in ("main", "../x", ".hid", "甲 1%", "CON:2"):
        for day in (20250107, 20250106):
            days.save(evolve(DAY, account=account, trading_day=day))
    (tmp_path / "statements" / "empty").mkdir()

    assert days.accounts() == ("../x", ".hid", "CON:2", "main", "甲 1%")
    assert days.days("甲 1%") == (20250106, 20250107)
    assert days.load("../x", 20250106).account == "../x"
    assert [each.name for each in tmp_path.iterdir()] == ["statements"]


def test_a_day_that_is_settled_anew_replaces_the_one_before(tmp_path: Path) -> None:
    """Both files of it."""
    days = StatementDays(tmp_path, _notes)
    path = days.save(DAY)
    days.save(evolve(DAY, transfers=()))

    assert days.load("main", 20250106).transfers == ()
    assert path.with_suffix(".txt").read_text("utf-8") == ""


def test_without_a_format_only_the_json_is_kept(tmp_path: Path) -> None:
    """No text of an earlier settlement stays beside it either."""
    path = StatementDays(tmp_path, _notes).save(DAY)
    assert StatementDays(tmp_path).save(evolve(DAY, transfers=())) == path

    assert [each.name for each in path.parent.iterdir()] == ["20250106.json"]


def test_a_format_that_cannot_write_loses_the_text_alone(tmp_path: Path) -> None:
    """The day itself is kept, and what the format raised is raised."""

    def broken(_: Statement) -> str:
        raise ZeroDivisionError

    path = StatementDays(tmp_path, _notes).save(DAY)
    with pytest.raises(ZeroDivisionError):
        StatementDays(tmp_path, broken).save(evolve(DAY, transfers=()))

    assert StatementDays(tmp_path).load("main", 20250106).transfers == ()
    assert [each.name for each in path.parent.iterdir()] == ["20250106.json"]


def test_what_is_not_kept_is_told(tmp_path: Path) -> None:
    """With what there is instead."""
    days = StatementDays(tmp_path)
    days.save(DAY)

    with pytest.raises(StatementError, match=r"for 20250107 .* 1 days from 20250106 to 20250106"):
        days.load("main", 20250107)
    with pytest.raises(StatementError, match=r"account 'other' in .*; accounts there: main"):
        days.load("other", 20250106)


def test_a_broken_file_is_told(tmp_path: Path) -> None:
    """Cut, of another shape, or no text."""
    days = StatementDays(tmp_path)
    path = days.save(DAY)
    for data in (path.read_bytes()[:-9], b'{"account": 1}', b"\xff"):
        path.write_bytes(data)
        with pytest.raises(StatementError, match=r"20250106\.json: no statement that was kept"):
            days.load("main", 20250106)


def test_a_full_disk_leaves_the_day_before_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No half of a file, nothing beside it, and one clear error."""
    days = StatementDays(tmp_path, _notes)
    path = days.save(DAY)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match=r"main for 20250106 cannot be kept .*: No space left"):
        days.save(evolve(DAY, transfers=()))

    assert days.load("main", 20250106) == DAY
    assert len(list(path.parent.iterdir())) == 2


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    """Nothing is overwritten."""
    (tmp_path / "statements").write_text("mine")

    with pytest.raises(StoreError, match="cannot be kept"):
        StatementDays(tmp_path).save(DAY)
    assert (tmp_path / "statements").read_text() == "mine"
