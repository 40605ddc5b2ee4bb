"""A running engine follows its settings: applied, named, or refused with file and line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from homalos.journal import read_journal
from homalos.model import Command

_HOMALOS = "import sys; from homalos.cli import main; sys.exit(main())"
_SOON_S = 20.0
_SYSTEM = """\
feed:
  kind: synthetic
  speed: 60
  thread: true
  options: {symbols: [rb2510.SHFE], days: 300}
inbox: {when_full: block}
journal: {mode: file}
accounts: {main: {gateway: sim, capital: 1000000}}
risk:
  order_size:
    max_lots: 100
"""
_STRATEGIES = """\
strategies:
  - name: ma
    strategy: double_ma
    symbol: rb2510.SHFE
    params: {fast: 5, slow: 20}
"""


class Run:
    """A `homalos up` in a folder of its own, and what its log says."""

    def __init__(self, folder: Path) -> None:
        self.system = folder / "config" / "system.yaml"
        self.strategies = folder / "config" / "strategies.yaml"
        self.home = folder / "config" / ".homalos"
        self.system.parent.mkdir()
        self.system.write_text(_SYSTEM, encoding="utf-8")
        self.strategies.write_text(_STRATEGIES, encoding="utf-8")
        self.folder = folder
        self.told = folder / "told.txt"
        with self.told.open("w") as told:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _HOMALOS, "up"],
                cwd=folder,
                stdout=subprocess.DEVNULL,
                stderr=told,
            )

    def log(self) -> str:
        """Return what the log file says so far."""
        return "".join(path.read_text("utf-8") for path in self.home.glob("logs/homalos_*.log"))

    def wait_for(self, text: str, within_s: float = _SOON_S) -> float:
        """Wait until the log has a text; return the seconds it took."""
        begun = time.monotonic()
        while text not in self.log():
            waited = time.monotonic() - begun
            assert waited < within_s, f"{text!r} is not in:\n{self.log()}"
            assert self.process.poll() is None, self.told.read_text()
            time.sleep(0.02)
        return time.monotonic() - begun

    def rewrite(self, path: Path, old: str, new: str) -> None:
        """Change a file as an editor does: a new one in the place of the old."""
        text = path.read_text(encoding="utf-8")
        assert old in text
        beside = path.with_suffix(".new")
        beside.write_text(text.replace(old, new), encoding="utf-8")
        beside.replace(path)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another command in the same folder."""
        line = [sys.executable, "-c", _HOMALOS, *words]
        return subprocess.run(
            line, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False
        )

    def stop(self) -> str:
        """End it with Ctrl-C; return what it told."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        return self.told.read_text()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Give a run that has begun."""
    found = Run(tmp_path)
    try:
        found.wait_for("ma is running")
        yield found
    finally:
        found.process.kill()
        found.process.wait()


def test_changed_files_are_followed_within_two_seconds(run: Run) -> None:
    """A limit and a parameter hold at once; the log and the journal have the difference."""
    took = []
    run.rewrite(run.system, "max_lots: 100", "max_lots: 7")
    took.append(run.wait_for("settings: risk.order_size.max_lots: 100 -> 7"))
    run.rewrite(run.strategies, "fast: 5", "fast: 6")
    took.append(run.wait_for("settings: strategies.ma.params.fast: 5 -> 6"))
    told = run.stop()
    (journal,) = (run.home / "journal").iterdir()
    entered = [each for _, _, each in read_journal(journal) if isinstance(each, Command)]

    assert max(took) < 2.0
    assert [each.arguments for each in entered] == [
        {"changes": ["risk.order_size.max_lots: 100 -> 7"]},
        {"changes": ["strategies.ma.params.fast: 5 -> 6"]},
    ]
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "max_lots: 100",
            "max_lots: many",
            "config/system.yaml:11: expected int, found 'many' @ $.risk.order_size.max_lots",
        ),
        (
            "max_lots: 100",
            "max_lot: 100",
            "config/system.yaml:11: unknown key 'max_lot' @ $.risk.order_size; did you mean 'm",
        ),
        (
            "accounts: {main",
            "accountz: {main",
            "config/system.yaml:8: unknown key 'accountz' @ $; did you mean 'accounts'?",
        ),
        ("risk:\n", "risk: [\n", "config/system.yaml:1"),
    ],
)
def test_a_broken_file_leaves_the_old_settings_standing(
    run: Run, old: str, new: str, message: str
) -> None:
    """The error names file, line and path; the run goes on, and takes the mended file."""
    run.rewrite(run.system, old, new)
    run.wait_for(f"settings: the old ones stand: {message}")
    run.rewrite(run.system, new, old)
    run.rewrite(run.system, "max_lots: 100", "max_lots: 50")
    run.wait_for("settings: risk.order_size.max_lots: 100 -> 50")
    assert "Traceback" not in run.stop()


def test_what_needs_a_restart_is_named(run: Run) -> None:
    """With the reason; nothing of it is done."""
    run.rewrite(run.system, "capital: 1000000", "capital: 5")
    run.wait_for(
        "settings: accounts.main.capital: 1000000 -> 5 needs a restart: "
        "it is read once, when the engine is built"
    )


def test_a_person_may_ask_for_it(run: Run) -> None:
    """`homalos reload` prints what became of it; settings that are wrong are an error."""
    run.rewrite(run.system, "max_lots: 100", "max_lots: 9")
    done = run.command("reload", "--json")
    run.rewrite(run.system, "max_lots: 9", "max_lots: x")
    wrong = run.command("reload")

    # The watcher may have been quicker, and then nothing is left to change.
    assert json.loads(done.stdout.splitlines()[-1])["needs_restart"] == []
    run.wait_for("settings: risk.order_size.max_lots: 100 -> 9")
    assert (done.returncode, wrong.returncode) == (0, 1)
    assert wrong.stderr.splitlines()[-1] == (
        "error: config/system.yaml:11: expected int, found 'x' @ $.risk.order_size.max_lots"
    )


def test_a_strategy_is_stopped_changed_and_started_from_outside(run: Run) -> None:
    """Its code is read anew from the file; what cannot be used changes nothing."""
    file = run.folder / "mine.py"
    code = "from homalos.strategy import Strategy\n\n\nclass Mine(Strategy):\n    version = 1\n"
    file.write_text(code, encoding="utf-8")
    added = f"  - {{strategy: {file}, symbol: rb2510.SHFE, name: mine}}\n"
    run.strategies.write_text(_STRATEGIES + added, encoding="utf-8")
    run.wait_for("mine is running")
    stopped = run.command("strategy", "stop", "mine")
    shown = run.command("strategy", "show", "mine", "--json")
    started = run.command("strategy", "start", "mine")
    file.write_text("class Mine(Nothing): ...\n", encoding="utf-8")
    broken = run.command("strategy", "reload", "mine")
    file.write_text(code, encoding="utf-8")
    reloaded = run.command("strategy", "reload", "mine")
    unknown = run.command("strategy", "stop", "mime")

    assert (stopped.stdout, started.stdout) == ("mine is stopped\n", "mine is started\n")
    assert json.loads(shown.stdout)["state"] == "stopped"
    assert (reloaded.returncode, broken.returncode, unknown.returncode) == (0, 1, 1)
    assert broken.stderr == f"error: {file}: NameError: name 'Nothing' is not defined\n"
    assert unknown.stderr == (
        "error: no strategy is named 'mime'; there are: ma, mine; did you mean 'mine'?\n"
    )
    run.wait_for("mine is ready: new version")
