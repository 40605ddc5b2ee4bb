"""Bad days of a run: a part fails while it runs, it is told, and the rest goes on.

A row a day: what is set up, what is told beside the usual lines, the exit code, and
whether everybody else decided what they decide on a good day.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen

from homalos.cli import main
from homalos.engine import services
from homalos.journal import read_journal
from homalos.model import OrderRequest

RB = "rb2510.SHFE"
SETTINGS = f"""
run: same
clock: event
feed: {{kind: synthetic, options: {{symbols: [{RB}], days: 1}}, for_s: 600}}
strategies:
  - {{strategy: double_ma, symbol: {RB}, params: {{fast: 3, slow: 9}}}}
"""
TRADER = f"{{strategy: double_ma, symbol: {RB}, params: {{fast: 3, slow: 9}}}}"
IMPORTS = """
import threading
from contextlib import contextmanager

from homalos.errors import StoreError
from homalos.model import TradingDayChanged
from homalos.plugins import (
    AlertChannelSpec, GatewaySpec, RiskRuleSpec, StoreSpec, StrategySpec, hookimpl
)
from homalos.strategy import Strategy
from homalos.testing import FakeGateway


def no(*_):
    raise OSError("no licence")

"""
STRATEGY = """
class Ours(Strategy):
    {callback} = no

@hookimpl
def register_strategies():
    return (StrategySpec(name="ours", factory=Ours),)
"""
STORE = """
class Ours:
    def write(self, records):
        {write}

    def load_bars(self, *_, **__):
        return []

    def close(self):
        {close}

@hookimpl
def register_stores():
    return (StoreSpec(name="ours", factory=lambda context, options: Ours()),)
"""
OBSERVER = """
@contextmanager
def life(handle):
    handle.observe((TradingDayChanged,), no, name="ours")
    yield

@hookimpl
def engine_lifespan(handle):
    return life(handle)
"""
LIFESPAN = """
@contextmanager
def life():
    yield
    no()

@hookimpl
def engine_lifespan(handle):
    return life()
"""
CHANNEL = """
class Pager:
    send = no

    def close(self):
        pass

@hookimpl
def register_alert_channels():
    return (AlertChannelSpec(name="ours", factory=lambda context, options: Pager()),)
"""
RULE = """
@hookimpl
def register_risk_rules():
    return (RiskRuleSpec(name="ours", factory=lambda context, options: no),)
"""
VENUE = """
class Ours(FakeGateway):
    send_order = no

def make(context, options):
    return Ours(context.name).attach(context)

@hookimpl
def register_gateways():
    return (GatewaySpec(name="ours", factory=make, in_process=True),)
"""
# The event in hand is written out behind these; what it looks like is no matter here.
EVENT = r" on (?:Tick|Bar)Data\(.*\)"
LOOP = STRATEGY.replace(
    "{callback} = no", "def on_bar(self, bar):\n        while True:\n            pass"
)
STUCK = (
    r"StrategyStuck: it stayed in one event for \d\.\d s \(watch\.stuck_s\) "
    r"\(on_bar, line \d+\)"
)
SLOW = rf"WARNING: strategy\.ours-{RB}: in on_bar for \d\.\d s \(ours\.py:\d+\): "
REFUSED = (
    r"GatewayError: the gateway 'venue' raised OSError: no licence when it was to send same-1; "
    r"the order counts as sent until the venue says otherwise, look there \(_turn, line \d+\)"
)
BOTH = f"strategies=[{{strategy: ours, symbol: {RB}}}, {TRADER}]"
NAME = "ours-rb2510.SHFE"


def stopped(callback: str, what: str = r"OSError: no licence \(no, line \d+\)") -> list[str]:
    """Return what is told of a strategy that raised in a callback."""
    event = EVENT if callback in {"on_bar", "on_tick"} else ""
    return [
        f"ERROR: {NAME} is failed: {what}",
        f"ERROR: strategy.{NAME}: stopped by its own {what}{event}",
    ]


@frozen
class Day:
    """One bad day.

    Attributes:
        name: What fails.
        plugin: The code of the plugin at fault.
        told: Warnings and errors of the log and of standard error, without the time;
            regular expressions.
        change: Changed settings.
        code: The exit code.
        figures: Figures of the summary that are not those of a good day.
        decides: Whether the good strategy decided as on a good day.
    """

    name: str
    plugin: str
    told: list[str]
    change: tuple[str, ...] = ()
    code: int = 0
    figures: Mapping[str, Any] = field(factory=dict)
    decides: bool = True


def unkept(records: int = 20) -> str:
    """Return what is told of records that a store did not keep."""
    return (
        f"error: the store has not kept {records} of 20 records; mend it before the next run, "
        "what was ordered and traded in this one is in {here}/home/journal"
    )


KEPT = ("store.kind=ours", "journal.mode=file", "bus.batch_s=60")  # one batch, at the end
FAILED = {"faults": 1}
DAYS = [
    *(
        Day(f"a strategy that raises in {callback}", STRATEGY.format(callback=callback),
            stopped(callback), (BOTH,), figures=FAILED)
        for callback in ("on_init", "on_start", "on_tick", "on_bar", "on_stop")
    ),
    Day(
        "an observer that raises", OBSERVER,
        [r"warning: ours: gave up 1 events: OSError: no licence"],
        figures={"faults": 1, "dropped": 1, "parked": 1, "retried": 4},
    ),
    Day(
        "a lifespan that raises at its end", LIFESPAN,
        [
            (
            "warning: lifespan.ours: the lifespan of the plugin 'ours' did not end well: OSError: "
             "no licence; look whether it left something open, mend it or leave the plugin out"
            )
        ],
        figures=FAILED,
    ),
    Day(
        "an alert channel that raises", CHANNEL + STRATEGY.format(callback="on_bar"),
        [*stopped("on_bar"), r"warning: alerts\.ours: OSError: no licence"],
        (BOTH, "alerts.ours=true"),
        figures={"faults": 2, "dropped": 1, "parked": 1, "retried": 4},
    ),
    Day(
        "a risk rule that raises", RULE,
        [
            rf"WARNING: double_ma-{RB}: {what} open 1 {RB} refused by ours: "
            r"the rule itself failed: OSError\('no licence'\)"
            for what in ("buy", "sell")
        ],
        figures={"rejections": 2, "orders": 0, "trades": 0}, decides=False,
    ),
    Day(
        "a gateway that raises",
        VENUE,
        [
            f"ERROR: double_ma-{RB} is failed: {REFUSED}",
            f"ERROR: strategy.double_ma-{RB}: stopped by its own {REFUSED}{EVENT}",
            r"WARNING: orders: venue has not answered in time: unknown are same-1; it cannot .*",
        ],
        ("gateways={venue: {kind: ours}}", "accounts.main.gateway=venue"),
        figures={"faults": 1, "orders": 1, "trades": 0},
        decides=False,
    ),
    Day(
        "a store whose every write fails",
        STORE.format(write='raise StoreError("no table")', close="pass"),
        [r"warning: store: gave up 20 events: StoreError: no table", unkept()],
        KEPT, code=1, figures={"faults": 1, "dropped": 20, "parked": 20, "retried": 4},
    ),
    Day(
        "a store that hangs in a write",
        STORE.format(write="threading.Event().wait()", close="pass"),
        [
            (
            "warning: observer.store: did not finish in time; 0 events are lost, "
             "20 more are in the hands of a handler that does not come back"
            ),
            r"warning: observer.store: has stopped, but threads of it live on: observer-store",
            unkept(),
        ],
        KEPT, code=1, figures={"faults": 2},
    ),
    Day(
        "a store that hangs at its end",
        STORE.format(write="pass", close="threading.Event().wait()"),
        [r"warning: store: did not stop within 2 s and was left behind"],
        KEPT, figures=FAILED,
    ),
    Day(
        "a strategy that loops", LOOP,
        [
            *stopped("on_bar", STUCK),
            SLOW + r"everything waits for it; make it shorter, or have it work elsewhere",
            SLOW + r"it is stopped",
        ],
        (BOTH, "clock=live", "watch.stuck_s=1", "watch.slow_ms=400"),
        figures={"faults": 3}, decides=False,
    ),
]  # fmt: skip

LOGGED = re.compile(r"\d\d:\d\d:\d\d\.\d{3} (\w+) +(?:\[[^]]*\] )?(.*)")
FIGURES = (
    "orders", "trades", "rejections", "dropped", "conflated", "parked", "retried", "faults",
    "late", "outside", "identity_holds", "decision_hash",
)  # fmt: skip


def ran(day: Day | None, folder: Path) -> tuple[int, dict[str, Any], list[str]]:
    """Run a day in a folder; return the exit code, the summary and the warnings and errors."""
    (folder / "config").mkdir()
    (folder / "config" / "system.yaml").write_text(SETTINGS, encoding="utf-8")
    words = ["up", "--json", "--config", str(folder / "config" / "system.yaml")]
    words += ["--home", str(folder / "home")]
    if day is not None:
        (folder / "ours.py").write_text(IMPORTS + day.plugin, encoding="utf-8")
        words += ["--plugin", str(folder / "ours.py")]
        words += [word for change in day.change for word in ("--set", change)]
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(words)
    return code, json.loads(out.getvalue()), told(err.getvalue())


def told(text: str) -> list[str]:
    """Return the warnings and errors of standard error; other lines must be of the log."""
    found = []
    for line in text.splitlines():
        logged = LOGGED.fullmatch(line)
        if logged is None:
            assert line.startswith(("warning: ", "error: ")), line
            found.append(line)
        elif logged[1] not in {"INFO", "DEBUG"}:
            found.append(f"{logged[1]}: {logged[2]}")
    return found


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run a good day and return its summary."""
    code, summary, said = ran(None, tmp_path_factory.mktemp("good"))
    assert (code, said, summary["trades"], summary["faults"]) == (0, [], 3, 0)
    return summary


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.name)
def test_a_part_that_fails_is_told_and_the_rest_goes_on(
    day: Day, good: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exactly these warnings and errors, and the figures of a good day but for those named."""
    monkeypatch.setattr(services, "_KEEP_S", 2.0)  # seconds that a part has to end

    code, summary, said = ran(day, tmp_path)

    wanted = [line.replace("{here}", re.escape(str(tmp_path))) for line in day.told]
    assert len(said) == len(wanted), said
    for line, pattern in zip(said, wanted, strict=True):
        assert re.fullmatch(pattern, line), line
    figures = [name for name in FIGURES if day.decides or name != "decision_hash"]
    expected = {**good, **day.figures}
    assert {name: summary[name] for name in figures} == {n: expected[n] for n in figures}
    assert code == day.code
    assert list((tmp_path / "home").glob("engine.*")) == []
    if "journal.mode=file" in day.change:
        assert decisions(tmp_path / "home" / "journal") == 3


def decisions(folder: Path) -> int:
    """Return how many orders a journal holds."""
    return sum(
        isinstance(message, OrderRequest)
        for path in folder.iterdir()
        for _, _, message in read_journal(path)
    )
