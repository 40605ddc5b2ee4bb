"""Tests of `homalos up` with everything installed: the demo, a settings file, the way to stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from homalos.cli import main
from homalos_storage.sqlite import SqliteStore

SETTINGS = """
clock: event
feed:
  kind: synthetic
  options: {symbols: [rb2510.SHFE], days: 1}
  for_s: 600
strategies:
  - {strategy: double_ma, symbol: rb2510.SHFE, params: {fast: 3, slow: 9}}
store: {kind: sqlite}
"""
# Its `on_stop` never comes back: what a second Ctrl-C is for.
STUCK = """
import threading
from homalos.plugins import StrategySpec, hookimpl
from homalos.strategy import Strategy


class Stuck(Strategy):
    def on_stop(self):
        threading.Event().wait()


@hookimpl
def register_strategies():
    return (StrategySpec(name="stuck", factory=Stuck),)
"""
PROGRAM = "import sys; from homalos.cli import main; sys.exit(main())"
DEMO = ("up", "--demo", "--home", "home", "--json")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every command in a folder of its own."""
    monkeypatch.delenv("HOMALOS_HOME", raising=False)
    monkeypatch.chdir(tmp_path)


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> Mapping[str, Any]:
    """Run a command that ends well; return its one line of standard output as JSON."""
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    found: Mapping[str, Any] = json.loads(out)
    return found


# -- the demo -------------------------------------------------------------------


def test_the_demo_trades_within_seconds_and_its_books_hold(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What twenty seconds at the usual speed come to, without the wait."""
    found = ran(capsys, *DEMO, "--speed", "max", "--for", "20s")
    assert min(found[name] for name in ("ticks", "bars", "orders", "trades")) > 0
    assert (found["dropped"], found["conflated"], found["faults"]) == (0, 0, 0)
    assert found["identity_holds"] is True
    assert found["orders_settled"] is True
    assert (found["run"], found["seed"], found["speed"]) == ("demo-1", 1, "max")
    # Every second at that speed is a minute: for each of the three symbols with bars twenty
    # whole ones from 21:00 on, and the one that the last tick, at 21:20:00, began.
    assert found["bars"] == 3 * 21
    assert found["trading_day"] == 20250805


def test_a_demo_is_the_same_for_a_seed_however_fast_it_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """300 event seconds each: 5 at the usual 60, which full speed counts by, or 0.5 at 600."""
    fast = ran(capsys, *DEMO, "--seed", "7", "--speed", "max", "--for", "5s")
    again = ran(capsys, *DEMO, "--seed", "7", "--speed", "max", "--for", "5s")
    paced = ran(capsys, *DEMO, "--seed", "7", "--speed", "600", "--for", "0.5s")
    other = ran(capsys, *DEMO, "--seed", "8", "--speed", "max", "--for", "5s")
    hashes = [found["decision_hash"] for found in (fast, again, paced)]
    assert len(set(hashes)) == 1
    assert other["decision_hash"] != hashes[0]
    assert fast["orders"] > 0


def test_a_demo_begins_anew_in_a_folder_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its database has the trades of the last demo and of none before; the journal too."""
    ran(capsys, *DEMO, "--seed", "7", "--speed", "max", "--for", "5s")
    found = ran(capsys, *DEMO, "--seed", "8", "--speed", "max", "--for", "3s")
    folder = tmp_path / "home" / "demo"
    assert found["home"] == str(folder)
    store = SqliteStore(folder / "demo.db")
    try:
        trades = store.load_trades()
    finally:
        store.close()
    assert len(trades) == found["trades"]
    assert {trade.order_id.rpartition("-")[0] for trade in trades} == {"demo-8"}
    assert len(list((folder / "journal").iterdir())) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


def test_without_a_terminal_a_run_logs_to_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Trades, strategies and the trading day, a line each; standard output has the summary."""
    arguments = [each for each in DEMO if each != "--json"]
    assert main([*arguments, "--speed", "max", "--for", "10s"]) == 0
    told = capsys.readouterr()
    for text in ("trading day 2025-08-05", "double_ma-rb2510.SHFE is running", "(demo-1-1)"):
        assert text in told.err
    assert "decision hash" in told.out
    assert "is running" not in told.out


def test_single_settings_of_the_demo_can_be_changed(capsys: pytest.CaptureFixture[str]) -> None:
    """`--set` goes over what the demo itself sets."""
    found = ran(capsys, *DEMO, "--speed", "max", "--for", "1s", "--set", "strategies=[]")
    assert found["strategies"] == {}
    assert found["orders"] == 0


def test_the_demo_takes_no_settings_file(capsys: pytest.CaptureFixture[str]) -> None:
    """One of the two would be ignored, so both are refused."""
    assert main(["up", "--demo", "--config", "x.yaml"]) == 2
    assert "the demo takes no --config" in capsys.readouterr().err


# -- a settings file --------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Give a settings file where it is looked for."""
    path = tmp_path / "config" / "system.yaml"
    path.parent.mkdir()
    path.write_text(SETTINGS)
    return path


def test_without_a_settings_file_the_remedy_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A newcomer types `homalos up`, and is told of the demo."""
    assert main(["up"]) == 1
    told = capsys.readouterr().err
    assert "homalos up --demo" in told
    assert "--config" in told


@pytest.mark.usefixtures("settings")
def test_runs_are_numbered_so_that_order_ids_never_come_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two runs into one database: all orders of both are there."""
    first, second = ran(capsys, "up", "--json"), ran(capsys, "up", "--json")
    assert (first["run"], second["run"]) == ("1", "2")
    store = SqliteStore(tmp_path / "config" / ".homalos" / "homalos.db")
    try:
        orders = store.load_orders()
    finally:
        store.close()
    assert first["orders"] > 0
    assert len(orders) == first["orders"] + second["orders"]


def test_a_run_with_a_name_keeps_it(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who names a run answers for its ids."""
    settings.write_text(f"run: mine\n{SETTINGS}")
    found = ran(capsys, "up", "--config", str(settings), "--seed", "5", "--json")
    assert (found["run"], found["seed"]) == ("mine", 5)


@pytest.mark.usefixtures("settings")
def test_time_and_speed_of_the_settings_can_be_changed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Full speed counts event time as at the speed of the settings, 60 where they have none."""
    usual = ran(capsys, "up", "--json")  # 600 event seconds, the feed does not wait
    same = ran(capsys, "up", "--json", "--speed", "max", "--for", "10s")
    half = ran(capsys, "up", "--json", "--speed", "600", "--for", "0.5s")
    assert usual["ticks"] == same["ticks"]
    assert half["ticks"] < usual["ticks"]
    assert half["speed"] == 600


@pytest.mark.usefixtures("settings")
def test_a_run_without_a_feed_takes_no_speed(capsys: pytest.CaptureFixture[str]) -> None:
    """A venue's own data come when they come."""
    assert main(["up", "--set", "feed=null", "--speed", "10"]) == 1
    assert "--speed needs a feed" in capsys.readouterr().err


@pytest.mark.usefixtures("settings")
def test_a_run_without_a_feed_ends_by_the_wall(capsys: pytest.CaptureFixture[str]) -> None:
    """There is no event time to count, so the time asked for is the wall's."""
    found = ran(capsys, "up", "--set", "feed=null", "--for", "0.2s", "--json")
    assert (found["ticks"], found["speed"]) == (0, None)


@pytest.mark.usefixtures("settings")
def test_wrong_settings_are_told_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    """All of them at once, and for a program as a list."""
    assert main(["up", "--set", "feed.sped=1", "--set", "bus.queue=0", "--json"]) == 1
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert len(found["problems"]) == 2
    assert told.err.splitlines() == [f"error: {problem}" for problem in found["problems"]]
    assert "did you mean 'speed'?" in told.err


# -- a terminal -------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals")
def test_on_a_terminal_the_run_is_drawn_and_the_screen_given_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the alternate screen, never cleared in between; the summary stands below the command."""
    import pty

    for name, value in (("TERM", "xterm-256color"), ("COLUMNS", "120"), ("LINES", "40")):
        monkeypatch.setenv(name, value)
    ours, theirs = pty.openpty()
    command = ("up", "--demo", "--home", "home", "--speed", "600", "--for", "1s")
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *command], stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        drawn = b"".join(iter(lambda: read_on(ours), b""))
    os.close(ours)
    assert process.returncode == 0
    assert [drawn.count(code) for code in (b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[2J")] == [1, 1, 0]
    screen, _, summary = drawn.partition(b"\x1b[?1049l")
    for title in ("Quotes", "Account main", "Positions", "Working orders", "Last trades"):
        assert title.encode() in screen
    assert b"Quotes" not in summary
    assert b"decision hash" in summary


def read_on(terminal: int) -> bytes:
    """Return what a terminal shows next; nothing once nobody writes to it any more."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # how Linux says that the other side is closed
        return b""


# -- stopping ---------------------------------------------------------------------


class Running:
    """A `homalos` of its own process, whose standard error is read line by line."""

    def __init__(self, *arguments: str) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, text: str) -> None:
        """Read on until a line has the text."""
        assert self._process.stderr is not None
        assert any(text in line for line in self._process.stderr)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Wait for its end; return its exit code and standard output."""
        out, _ = self._process.communicate(timeout=30)
        return self._process.returncode, out

    def kill(self) -> None:
        """End it by force, if it is still there."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def stuck(tmp_path: Path) -> Iterator[Running]:
    """Give a demo with a strategy that never stops."""
    (tmp_path / "stuck_plugin.py").write_text(STUCK)
    change = "strategies=[{strategy: stuck, symbol: rb2510.SHFE}]"
    running = Running(*DEMO, "--plugin", "stuck_plugin.py", "--set", change)
    yield running
    running.kill()


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_stops_a_run_cleanly(number: signal.Signals) -> None:
    """The summary comes, and the exit code is that of a run that ended by itself."""
    running = Running(*DEMO)
    try:
        running.wait_for("trading day")
        running.signal(number)
        code, out = running.end()
    finally:
        running.kill()
    found = json.loads(out)
    assert (code, found["orders_settled"]) == (0, True)
    assert set(found["strategies"].values()) == {"stopped"}


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_a_second_ctrl_c_ends_a_run_that_does_not_stop(stuck: Running) -> None:
    """Exit code 130, as for any program that Ctrl-C ended, and no half of a summary."""
    stuck.wait_for("trading day")
    stuck.signal(signal.SIGINT)
    stuck.wait_for("stopping; Ctrl-C again forces")
    stuck.signal(signal.SIGINT)
    assert stuck.end() == (130, "")
