"""Bad days of a plugin that is installed, which nobody asked for, and the trace for its author."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from homalos.cli import main

RB = "rb2510.SHFE"
SETTINGS = f"""
clock: event
feed: {{kind: synthetic, options: {{symbols: [{RB}], days: 1}}, for_s: 60}}
"""
BARS = "symbol,trading_day,datetime,open,high,low,close,volume,turnover,open_interest\n" + "".join(
    f"{RB},20250805,2025-08-05T09:{minute:02}:00+08:00,3600,3600,3600,3600,1,36000,9\n"
    for minute in range(30)
)
ON_BARS = ("--data", "bars.csv", "--symbol", RB)
STORE = """
from homalos.plugins import StoreSpec, hookimpl

def make(context, options):
    1 / 0

@hookimpl
def register_stores():
    return (StoreSpec(name="ours", factory=make),)
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every day a folder of its own, with good settings and good data."""
    for name in ("HOMALOS_HOME", "HOMALOS_DEBUG", "HOMALOS_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "system.yaml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "bars.csv").write_text(BARS, encoding="utf-8")


def test_an_installed_plugin_at_fault_is_told_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody asked for it by name; but a rule that somebody counts on may be missing."""
    (tmp_path / "site" / "rules-1.0.dist-info").mkdir(parents=True)
    (tmp_path / "site" / "badrules.py").write_text("raise OSError('no licence')\n")
    about = {"METADATA": "Metadata-Version: 2.1\nName: rules\nVersion: 1.0\n"}
    about["entry_points.txt"] = "[homalos]\nrules = badrules\n"
    for name, text in about.items():
        (tmp_path / "site" / "rules-1.0.dist-info" / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))

    codes = [main(["up"]), main(["backtest", "double_ma", *ON_BARS])]

    shown = capsys.readouterr()
    line = (
        "warning: the plugin 'rules' is at fault: OSError: no licence (badrules.py:1); "
        "the run goes on without it, mend it or take it out"
    )
    assert (codes, shown.err.splitlines().count(line)) == ([0, 0], 2)
    assert len(re.findall(r"faults +1 ", shown.out)) == 2


def test_the_trace_is_shown_with_debug(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And only with it; the message stays the last line."""
    (tmp_path / "ours.py").write_text(STORE, encoding="utf-8")
    words = ["up", "--plugin", "ours.py", "--set", "store.kind=ours"]
    assert (main(words), main([*words, "--debug"])) == (1, 1)
    told = capsys.readouterr().err
    assert told.count("Traceback (most recent call last):") == 1
    assert told.splitlines()[-1] == (
        "error: ZeroDivisionError: division by zero (ours.py:5); this is a bug in ours.py"
    )
