"""Tests of `homalos init`: what it writes, what it keeps, where it cannot."""

from __future__ import annotations

import errno
import io
import json
import os
from pathlib import Path

import pytest

from homalos.cli import main
from homalos.config import load_settings
from homalos.strategy import Strategy

FILES = [
    "config/system.yaml",
    "config/strategies.yaml",
    "config/system.yaml.example",
    "strategies/breakout.py",
    ".gitignore",
]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every command in a folder of its own."""
    monkeypatch.delenv("HOMALOS_HOME", raising=False)
    monkeypatch.chdir(tmp_path)


def test_a_working_folder_is_written_and_the_next_steps_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Folders are made on the way; nothing else is in them."""
    assert main(["init", "x/y"]) == 0
    folder = tmp_path / "x" / "y"
    there = [path for path in folder.rglob("*") if path.is_file()]
    assert sorted(there) == sorted(folder / name for name in FILES)
    out = capsys.readouterr().out
    assert f"wrote {Path('x/y/config/system.yaml')}\n" in out
    steps = (f"cd {Path('x/y')}", "homalos config check", "homalos up", "homalos strategy list")
    assert out.endswith("Next:\n" + "".join(f"  {step}\n" for step in steps))
    assert (folder / ".gitignore").read_text().splitlines()[1] == ".homalos/"


def test_a_folder_with_a_blank_in_its_name_is_in_quotes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The next step can be copied as it is told."""
    assert main(["init", "my folder", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["next"][0] == 'cd "my folder"'


def test_the_settings_written_are_those_of_a_simulated_market(tmp_path: Path) -> None:
    """They read without a problem, and say what a demo needs."""
    assert main(["init"]) == 0
    settings = load_settings(tmp_path / "config/system.yaml", environment={}, overrides={})
    assert settings.feed is not None
    assert settings.store is not None
    assert (settings.feed.kind, settings.feed.speed, settings.feed.thread) == (
        "synthetic",
        60,
        True,
    )
    assert settings.feed.options == {"symbols": ["rb2510.SHFE"], "days": 300}
    assert settings.risk == {"order_size": {"max_lots": 100}}
    assert (settings.store.kind, settings.journal.mode, settings.inbox.when_full) == (
        "sqlite",
        "file",
        "block",
    )


def test_the_example_strategy_is_one(tmp_path: Path) -> None:
    """The file can be loaded, and has one strategy with parameters of its own."""
    from homalos.engine.strategies.sources import file_source

    assert main(["init"]) == 0
    source = file_source(str(tmp_path / "strategies/breakout.py"))
    assert source is not None
    assert issubclass(source.factory, Strategy)
    assert source.config(bars=5).lots == 1
    source.forget()


def test_a_file_that_is_there_is_kept_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not a byte of it changes; what is missing is written beside it."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "system.yaml").write_text("seed: 7\n")
    assert main(["init", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["kept"] == [str(Path(FILES[0]))]
    assert found["written"] == [str(Path(name)) for name in FILES[1:]]
    assert found["next"][0] == "homalos config check"
    assert (config / "system.yaml").read_text() == "seed: 7\n"


def test_a_second_time_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends well and says of every file that it was there."""
    assert main(["init"]) == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert main(["init"]) == 0
    assert capsys.readouterr().out.count(", which was there already\n") == len(FILES)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_read_only_folder_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence with the file, the reason and what to do; no traceback."""
    tmp_path.chmod(0o500)
    try:
        assert main(["init"]) == 1
    finally:
        tmp_path.chmod(0o700)
    assert capsys.readouterr().err == (
        f"error: {Path('config/system.yaml')} cannot be written: Permission denied; "
        "choose a folder that you may write to\n"
    )


def test_a_full_disk_leaves_no_half_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next time it would be kept for a whole one."""

    class Full(io.TextIOWrapper):
        """A file on a disk that has no room."""

        def write(self, _: str) -> int:
            """Say that there is none."""
            raise OSError(errno.ENOSPC, "No space left on device")

    def opened(path: Path, mode: str, **_: object) -> Full:
        return Full(io.FileIO(path, mode))

    monkeypatch.setattr(Path, "open", opened)
    assert main(["init"]) == 1
    assert capsys.readouterr().err == (
        f"error: {Path('config/system.yaml')} cannot be written: No space left on device; "
        "choose a folder that you may write to\n"
    )
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_in_the_way_of_a_folder_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither is it overwritten nor is it taken for a folder."""
    (tmp_path / "config").write_text("mine")
    assert main(["init"]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"error: {Path('config/system.yaml')} cannot be written: ")
    assert err.endswith("; choose a folder that you may write to\n")
    assert (tmp_path / "config").read_text() == "mine"
