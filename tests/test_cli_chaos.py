"""`homalos up --demo --chaos`: what is shown, what is told at the end, and that it is the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from homalos.cli import main
from homalos.cli.chaos import chaos_report

# Without a database: the journal and the statements are files to compare.
CHAOS = ("up", "--demo", "--home", "home", "--speed", "max", "--set", "store=null")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every command in a folder of its own."""
    monkeypatch.delenv("HOMALOS_HOME", raising=False)
    monkeypatch.chdir(tmp_path)


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> Mapping[str, Any]:
    """Run a chaotic demo of an hour; return its one line of standard output as JSON."""
    assert main([*CHAOS, "--for", "60s", "--json", *arguments]) == 0
    found: Mapping[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_chaotic_demo_agrees_with_its_venue(capsys: pytest.CaptureFixture[str]) -> None:
    """An hour of it, from one seed of faults; they did happen."""
    found = ran(capsys, "--chaos", "7")
    chaos = found["chaos"]
    assert (chaos["seed"], chaos["differences"]) == (7, [])
    assert chaos["unknown"] == chaos["recovered"] > 0
    for kind in ("disconnect", "delay", "duplicate", "reorder", "lost_ack", "lost_request"):
        assert chaos["faults"][kind] > 0, kind
    assert found["run"] == "demo-1-chaos-7"
    assert found["orders_settled"] is True
    assert found["identity_holds"] is True


def test_two_chaotic_demos_of_one_seed_are_equal_byte_for_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is printed, the journal, the statements; other faults are another run."""
    runs = []
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        assert main([*CHAOS, "--for", "60s", "--chaos", seed]) == 0
        home = tmp_path / name / "home" / "demo"
        files = {
            path.relative_to(home).as_posix(): path.read_bytes()
            for folder in ("journal", "statements")
            for path in sorted((home / folder).rglob("*"))
            if path.is_file()
        }
        runs.append((capsys.readouterr().out, files))
    assert runs[0] == runs[1]
    assert runs[0][1]
    assert runs[0] != runs[2]


def test_the_screen_and_the_end_say_that_it_is_chaos(capsys: pytest.CaptureFixture[str]) -> None:
    """The title, what was made of each kind, the verdict."""
    assert main([*CHAOS, "--for", "60s", "--chaos", "7"]) == 0
    told = capsys.readouterr()
    assert "demo, seed 1, CHAOS 7, full speed" in told.out
    assert " lost ack" in told.out
    assert "engine and venue agree on every order, trade, position and cent" in told.out
    assert "sim is down" in told.err


def test_a_demo_without_chaos_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither in its figures nor in its run's name."""
    found = ran(capsys)
    assert "chaos" not in found
    assert found["run"] == "demo-1"


@pytest.mark.parametrize("seed", ["-1", "seven", "1.5"])
def test_a_seed_that_is_none_is_refused(seed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is built."""
    assert main(["up", "--demo", "--chaos", seed]) == 2
    assert "--chaos" in capsys.readouterr().err


def test_chaos_is_the_demos(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody wants it beside a settings file by a slip of the hand."""
    assert main(["up", "--chaos", "7"]) == 2
    assert "--chaos is the demo's" in capsys.readouterr().err


def test_differences_are_told_and_counted() -> None:
    """The first twenty, each on a line of its own."""
    found = {
        "seed": 7,
        "faults": {"lost_ack": 1_200, "disconnect": 3},
        "unknown": 5,
        "recovered": 4,
        "differences": [f"order {number} is lost" for number in range(25)],
    }
    lines = [str(each) for each in chaos_report(found)]
    assert lines[:3] == [
        "  chaos 7: 1,200 lost ack, 3 disconnect",
        "  orders unknown 5, known again 4",
        "  engine and venue do not agree, 25 times:",
    ]
    assert lines[3:] == [f"    order {number} is lost" for number in range(20)]
