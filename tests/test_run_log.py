"""The log of a whole run: what is in the file, what is not, and a folder that takes none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from homalos.cli import main

Run = Callable[..., tuple[dict[str, Any], str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a function that runs the demo for two hours of the market; figures and what was told."""

    def go(*words: str) -> tuple[dict[str, Any], str]:
        common = ("--home", str(tmp_path), "--for", "2m", "--speed", "max", "--json")
        assert main(["up", "--demo", *common, *words]) == 0
        told = capsys.readouterr()
        return json.loads(told.out.splitlines()[-1]), told.err

    return go


def lines(home: Path) -> list[dict[str, Any]]:
    """Return the JSON lines of the one log file."""
    (path,) = (home / "demo" / "logs").iterdir()
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_file_has_every_trade_once(run: Run, tmp_path: Path) -> None:
    """As many lines of the component `orders` as there were trades, with the trades' own times."""
    figures, _ = run("--set", "logs.json=true")
    trades = [line for line in lines(tmp_path) if line["component"] == "orders"]
    assert len(trades) == figures["trades"] > 0
    assert {line["event_time"][:11] for line in trades} <= {"2025-08-04T", "2025-08-05T"}
    assert {line["level"] for line in lines(tmp_path)} == {"info"}


def test_debug_of_one_component_shows_its_orders(run: Run, tmp_path: Path) -> None:
    """Every state that an order went through is a line; nobody else says more."""
    figures, _ = run("--set", "logs.json=true", "--set", "logs.levels={orders: debug}")
    found = lines(tmp_path)
    states = [line for line in found if line["level"] == "debug"]
    assert {line["component"] for line in states} == {"orders"}
    done = [line for line in states if " is alltraded, " in line["message"]]
    assert len(done) == figures["orders"]


def test_a_quiet_log_has_nothing_and_changes_nothing(run: Run) -> None:
    """What a strategy decides does not depend on who listens."""
    loud, _ = run("--set", "logs.level=debug")
    quiet, told = run("--set", "logs.level=error")
    assert told == ""
    assert quiet["decision_hash"] == loud["decision_hash"]


def test_a_folder_that_takes_no_log_is_told_once_and_counted(run: Run, tmp_path: Path) -> None:
    """The run goes on and comes to the same end."""
    well, _ = run()
    for path in (tmp_path / "demo" / "logs").iterdir():
        path.unlink()
    (tmp_path / "demo" / "logs").rmdir()
    (tmp_path / "demo" / "logs").write_text("in the way")
    figures, told = run()
    (warning,) = [line for line in told.splitlines() if line.startswith("warning: ")]
    assert warning == (
        f"warning: the log file in {tmp_path / 'demo' / 'logs'} cannot be written: "
        "File exists; the run goes on without it, free space or make the folder writable"
    )
    assert (figures["faults"], figures["decision_hash"]) == (1, well["decision_hash"])
