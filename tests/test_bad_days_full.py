"""Bad days on which something is full: the disk, a queue, a strategy's one event."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from homalos.config import BusSettings, InboxSettings, JournalSettings
from homalos.errors import JournalFailed
from homalos.inbox import Inbox
from homalos.journal import read_journal
from homalos.model import Alert, StrategyState, TickData
from homalos.strategy import Strategy
from homalos.testing import OTHER, SYMBOL, FakeFeed, FakeGateway, at, engine, tick

RB = "rb2510.SHFE"
SETTINGS = f"""
run: same
seed: 2
clock: event
feed: {{kind: synthetic, options: {{symbols: [{RB}], days: 1}}, for_s: 600}}
strategies:
  - {{strategy: double_ma, symbol: {RB}, params: {{fast: 3, slow: 9}}}}
"""
# No file of the process may be longer: to a program that looks like a disk that is full.
LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
from homalos.cli import main
sys.exit(main(sys.argv[2:]))
"""
PROGRAM = "import sys; from homalos.cli import main; sys.exit(main())"
LOOPS = """
from homalos.strategy import Strategy


class Loops(Strategy):
    def on_bar(self, bar):
        while True:
            pass
"""
SOON_S = 10.0

full_disk = pytest.mark.skipif(os.name == "nt", reason="Windows does not limit a file's length")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every day a folder of its own, with good settings."""
    monkeypatch.delenv("HOMALOS_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "system.yaml").write_text(SETTINGS, encoding="utf-8")


# -- the disk ---------------------------------------------------------------------


@frozen
class Full:
    """A run on a full disk.

    Attributes:
        name: What has no room.
        room: Bytes that a file may have.
        change: Changed settings.
        told: Lines of standard error that are not the log's; `{home}` is the home folder.
        code: The exit code.
        trades: Trades of the summary; `None` when there is none.
    """

    name: str
    room: int
    change: Sequence[str]
    told: Sequence[str]
    code: int
    trades: int | None


JOURNAL = (
    "error: the journal in {home}/journal cannot be written: File too large; nothing is "
    "decided without it, and orders that work stay at the venue: free space or make the folder "
    "writable, then start again"
)
GAVE_UP = (
    "warning: store: gave up 20 events: StoreError: {home}/homalos.db: cannot write 20 records: "
    "disk I/O error; the disk is full or fails: free space, or check it and restore a copy"
)
UNKEPT = (
    "error: the store has not kept 20 of 20 records; mend it before the next run, "
    "what was ordered and traded in this one is in {home}/logs"
)
UNOPENED = (
    "error: {home}/homalos.db: cannot open it: disk I/O error; "
    "the disk is full or fails: free space, or check it and restore a copy"
)
UNLOGGED = (
    "warning: the log file in {home}/logs cannot be written: no space left for a whole line; "
    "the run goes on without it, free space or make the folder writable"
)
DISKS = (
    Full("the journal", 20_000, ["journal.mode=file"], [JOURNAL], 1, None),
    Full("the store", 40_000, ["store.kind=sqlite", "bus.batch_s=60"], [GAVE_UP, UNKEPT], 1, 3),
    Full("the store from the beginning", 20_000, ["store.kind=sqlite"], [UNOPENED], 1, None),
    Full("the log", 600, [], [UNLOGGED], 0, 3),
)


@full_disk
@pytest.mark.parametrize("day", DISKS, ids=lambda day: day.name)
def test_a_full_disk_is_told_once(day: Full, tmp_path: Path) -> None:
    """What cannot do without it ends, and says how to go on; what can goes on."""
    words = [word for change in day.change for word in ("--set", change)]
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(day.room), "up", "--json", "--home", "home", *words],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    said = [line for line in ran.stderr.splitlines() if not line[:2].isdigit()]
    assert said == [line.replace("{home}", str(tmp_path / "home")) for line in day.told]
    assert (ran.returncode, json.loads(ran.stdout).get("trades")) == (day.code, day.trades)
    assert list((tmp_path / "home").glob("engine.*")) == []


@full_disk
def test_what_the_journal_had_before_the_disk_was_full_can_be_read(tmp_path: Path) -> None:
    """The frame that had no room is cut short, as after a crash."""
    words = ["up", "--json", "--home", "home", "--set", "journal.mode=file"]
    subprocess.run(
        [sys.executable, "-c", LIMITED, "20000", *words],
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    (path,) = (tmp_path / "home" / "journal").iterdir()
    numbers = [number for number, _, _ in read_journal(path)]
    assert path.stat().st_size == 20_000
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 50


class Buys(Strategy):
    """Buys at its first tick, when the disk is full."""

    disk_is_full = False

    def on_tick(self, tick: TickData) -> None:
        """Buy."""
        type(self).disk_is_full = True
        self.buy(tick.last_price, 1)


def test_a_decision_that_cannot_be_written_down_does_not_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is blamed for it but the journal, and the run ends."""
    monkeypatch.setattr(Buys, "disk_is_full", False)
    write = os.write

    def written(file: int, data: bytes) -> int:
        if Buys.disk_is_full:
            raise OSError(28, "No space left on device")
        return write(file, data)

    monkeypatch.setattr("homalos.append_file._CAN_PROMISE", False)
    monkeypatch.setattr(os, "write", written)
    venue = FakeGateway()
    running = engine(gateway=venue, home=tmp_path, journal=JournalSettings(mode="file"),
                     feed=FakeFeed([tick(), tick(ts_ns=at(1))]))  # fmt: skip
    running.add_strategy(Buys, symbol=SYMBOL, name="buys")
    with pytest.raises(JournalFailed, match="No space left on device; nothing is decided"):
        running.run()
    assert venue.requests == []
    assert running.parts.strategies.states() == {"buys": StrategyState.STOPPED}
    assert running.summary().ticks == 1


# -- queues -----------------------------------------------------------------------


class Gate:
    """A handler that hangs until it is let go."""

    def __init__(self) -> None:
        """Begin shut."""
        self.entered, self.opened = threading.Event(), threading.Event()
        self.volumes: list[int] = []

    def __call__(self, ticks: Sequence[TickData]) -> None:
        """Keep what came, once it may."""
        self.entered.set()
        assert self.opened.wait(SOON_S)
        self.volumes += [each.volume for each in ticks]


LOST = "lost {} of {} events, 0 wait (policy drop_oldest)"


@pytest.mark.parametrize(
    ("policy", "seen", "lost", "replaced", "told"),
    [
        ("drop_oldest", [0, 5], 4, 0, [LOST.format(n, n + 2) for n in (1, 2, 4)]),
        ("conflate", [0, 1, 5], 0, 3, []),
    ],
)
def test_a_full_queue_of_an_observer_is_counted_and_told(
    policy: Any, seen: list[int], lost: int, replaced: int, told: list[str]
) -> None:
    """The engine does not wait; the newest is seen, and every event is accounted for."""
    running = engine(bus=BusSettings(queue=1))
    gate = Gate()
    alerts: list[Alert] = []
    running.subscribe(Alert, alerts.append)
    observer = running.observe(
        [TickData], gate, name="slow", policy=policy, key=lambda each: each.symbol
    )
    with running:
        running.step(tick(volume=0))
        assert gate.entered.wait(SOON_S)
        for number in range(1, 6):
            running.step(tick(volume=number, ts_ns=at(number)))
        gate.opened.set()
    assert gate.volumes == seen
    assert [each.message for each in alerts] == told
    summary = running.summary()
    assert (summary.dropped, summary.conflated) == (lost, replaced)
    assert observer.accepted == observer.handled + observer.dropped + observer.conflated


def test_a_full_market_lane_keeps_the_newest_tick_of_each_symbol() -> None:
    """What was replaced is in the summary, and on the screen's counters."""
    running = engine(inbox=InboxSettings(market=2))
    seen: list[tuple[str, int]] = []
    running.subscribe(TickData, lambda each: seen.append((each.symbol, each.volume)))
    with running:
        inbox = running.parts.inbox
        for number in range(6):
            inbox.post_market(tick(volume=number, ts_ns=at(number)))
        inbox.post_market(tick(OTHER, volume=7, ts_ns=at(7)))
        picture = running.snapshot()
        running.parts.loop.serve()
        counters = picture.result(0).counters
    assert seen == [(SYMBOL, 0), (SYMBOL, 1), (SYMBOL, 5), (OTHER, 7)]
    assert (counters["conflated"], running.summary().conflated) == (3, 3)


def test_a_full_execution_lane_makes_the_poster_wait_and_loses_nothing() -> None:
    """Reports and commands: each comes through, in order."""
    inbox = Inbox(execution=1)
    inbox.post(0)

    def post() -> None:
        for number in range(1, 100):
            inbox.post(number)

    poster = threading.Thread(target=post)
    poster.start()
    taken = [inbox.take(SOON_S) for _ in range(100)]
    poster.join(SOON_S)
    assert taken == list(range(100))
    assert not poster.is_alive()


# -- a strategy's one event ---------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_a_strategy_that_loops_in_a_backtest_is_told_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    """A wall's time must not change what a backtest decides, so a person has to end it."""
    (tmp_path / "loops.py").write_text(LOOPS, encoding="utf-8")
    head = "symbol,trading_day,datetime,open,high,low,close,volume,turnover,open_interest\n"
    rows = (
        f"{RB},20250805,2025-08-05T09:0{minute}:00+08:00,1,1,1,1,1,10,9\n" for minute in range(9)
    )
    (tmp_path / "bars.csv").write_text(head + "".join(rows), encoding="utf-8")
    words = ["backtest", "loops.py:Loops", "--data", "bars.csv", "--symbol", RB]
    words += ["--set", "watch.stuck_s=0.2", "--set", "watch.slow_ms=50"]
    # Who starts tests in the background has them ignore Ctrl-C, and their children too.
    heeds = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {PROGRAM}"
    with subprocess.Popen(
        [sys.executable, "-c", heeds, *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stderr is not None
            doubt = process.stderr.readline()
            first = process.stderr.readline()
            process.send_signal(signal.SIGINT)
            out, rest = process.communicate(timeout=SOON_S)
        finally:
            process.kill()
    assert doubt == (
        f"warning: margin of {RB} is that of 2025-09-26, the nearest known, fees of {RB} are "
        "those of 2020-06-16, the nearest known; set your own where the market takes them\n"
    )
    assert re.fullmatch(
        rf"warning: strategy\.Loops-{RB}: in on_bar for \d\.\d s \(loops\.py:\d+\): everything "
        r"waits for it; make it shorter, or have it work elsewhere\n",
        first,
    )
    told = [line for line in rest.splitlines() if line and not line.startswith("warning: ")]
    assert (process.returncode, out, told) == (130, "", ["error: interrupted"])
