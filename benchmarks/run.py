"""`python3 start.py bench`: every case, its ratio to a bare loop, and each target's verdict.

Each measurement runs in a process of its own. Floor and engine take turns within one
run; the ratio is taken pass by pass, and the median is what counts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import live_cases
from benchmarks.peers import peers
from benchmarks.replay import ORDERS
from benchmarks.table import show

__all__ = ["main"]

_ROOT = Path(__file__).parents[1]
_FULL, _QUICK = 1_000_000, 100_000
_HOMALOS = "import sys; from homalos.cli import main; sys.exit(main())"
_TARGET_RATIO = 4.0
_STRETCH_RATIO = 2.4
_TARGET_MB = 250.0


def main() -> int:
    """Measure what was asked for; 1 when a result is wrong, 0 also when a target is missed."""
    parser = argparse.ArgumentParser(prog="start.py bench", description=__doc__)
    parser.add_argument("case", nargs="*", choices=[*CASES, []], help="all when left out")
    parser.add_argument("--quick", action="store_true", help="a tenth of the events, two passes")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    asked = parser.parse_args()
    results = [
        CASES[name](_QUICK if asked.quick else _FULL, 2 if asked.quick else 5)
        for name in asked.case or CASES
    ]
    missed = [
        f"{each['case']}: {each['measured']} against {each['target']}"
        for each in results
        if each.get("met") is False
    ]
    wrong = [sentence for each in results for sentence in each["wrong"]]
    show(results, missed, wrong, quick=asked.quick)
    if asked.json:
        machine = {"python": platform.python_version(), "cores": os.cpu_count()}
        print(
            json.dumps({"results": results, "missed": missed, "wrong": wrong, "machine": machine})
        )
    return 1 if wrong else 0


def _bars(count: int, passes: int) -> dict[str, Any]:
    """Run the bars, their memory, and the same bars as a file through engine and command."""
    result = _ratio("bars", count, passes)
    memory = _worker("memory", count, 1)
    result["peak_mb"] = memory["peak_mb"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bars.parquet"
        tape = _worker("tape", count, 1, str(path))
        result["tape_s"] = tape["ours_s"]
        result["cli_decision_hash"] = _command_line(path)
    for other in (tape["decision_hash"], result["cli_decision_hash"]):
        if other != result["decision_hash"]:
            result["wrong"].append(f"bars: the file's decision hash is {other}")
    result["peers"] = peers("A", result["floor_s"])
    return result


def _bar_parts(count: int, passes: int) -> dict[str, Any]:
    """Say what is left for an order within the target of the bars; it has no target itself."""
    found = _worker("bar-parts", count, passes)
    each = {name: statistics.median(found[f"{name}_s"]) for name in ("floor", "ours", "values")}
    ratio = each["ours"] / each["floor"]
    left_us = (_TARGET_RATIO - ratio) * each["floor"] * _FULL / count / ORDERS["bars"] * 1e6
    least_us = each["values"] / found["orders"] * 1e6
    note = (
        f"{_TARGET_RATIO} x leaves {left_us:.1f} us an order; its values alone, without a house, "
        f"take {least_us:.1f} us"
    )
    return {
        "case": "bars without orders",
        "measured": f"{ratio:.2f} x",
        "notes": [note],
        **found,
    }


def _ticks(count: int, passes: int) -> dict[str, Any]:
    result = _ratio("ticks", count, passes)
    result["peers"] = peers("B", result["floor_s"])
    return result


def _memory(count: int, _passes: int) -> dict[str, Any]:
    """Run the bars alone and look at the most memory the process ever held."""
    peak = _worker("memory", count, 1)["peak_mb"]
    known = peak is not None
    return {
        "case": "memory of the bar run",
        "measured": f"{peak:.0f} MB" if known else "unknown here",
        "target": f"{_TARGET_MB:.0f} MB",
        "met": not known or peak < _TARGET_MB,
        "peak_mb": peak,
        "wrong": [],
    }


def _bus(count: int, passes: int) -> dict[str, Any]:
    return _ratio("bus", count, passes)


def _hand_over(count: int, _passes: int) -> dict[str, Any]:
    """Measure the way between two threads; for information, it has no target yet."""
    found = _worker("hand-over", count // 50, 1)
    loops = found["loops_per_s"] / found["floor_loops_per_s"]
    return {"case": "hand-over", "measured": f"{loops:.2f} x the bare loops", **found}


def _order_path(count: int, passes: int) -> dict[str, Any]:
    return live_cases.order_path(_worker, count // 10, passes)


def _loops(count: int, passes: int) -> dict[str, Any]:
    return live_cases.loops(_worker, count // 20, passes)


def _grid(count: int, passes: int) -> dict[str, Any]:
    return live_cases.grid(_worker, count // 5, passes)


def _plugins(count: int, passes: int) -> dict[str, Any]:
    # Three in a hundred cannot be told in five passes.
    return live_cases.plugins(_worker, count // 5, passes * 3)


def _risk_rules(count: int, passes: int) -> dict[str, Any]:
    return live_cases.risk_rules(_worker, count // 50, passes * 3)


CASES: dict[str, Callable[[int, int], dict[str, Any]]] = {
    "bars": _bars,
    "bar-parts": _bar_parts,
    "ticks": _ticks,
    "bus": _bus,
    "memory": _memory,
    "hand-over": _hand_over,
    "order-path": _order_path,
    "loops": _loops,
    "grid": _grid,
    "plugins": _plugins,
    "risk-rules": _risk_rules,
}


def _ratio(case: str, count: int, passes: int) -> dict[str, Any]:
    found = _worker(case, count, passes)
    ratios = [ours / floor for ours, floor in zip(found["ours_s"], found["floor_s"], strict=True)]
    ratio = statistics.median(ratios)
    return {
        "case": case,
        "events": count,
        "ratio": round(ratio, 2),
        "ratios": [round(each, 2) for each in ratios],
        "measured": f"{ratio:.2f} x",
        "target": f"{_TARGET_RATIO} x",
        "stretch": f"{_STRETCH_RATIO} x" if case != "bus" else "",
        "met": ratio <= _TARGET_RATIO,
        **found,
    }


def _worker(case: str, count: int, passes: int, *more: str) -> dict[str, Any]:
    words = [sys.executable, "-m", "benchmarks.worker", case, str(count), str(passes), *more]
    found: dict[str, Any] = json.loads(_last_line(words))
    found.setdefault("wrong", [])
    return found


def _command_line(path: Path) -> str:
    """Return the decision hash of `homalos backtest` over the bars in a file."""
    from benchmarks.market import SYMBOL
    from benchmarks.replay import CAPITAL, PARAMETERS, STRATEGIES

    given = [word for pair in PARAMETERS["bars"].items() for word in ("-p", "{}={}".format(*pair))]
    words = [
        *(sys.executable, "-c", _HOMALOS, "backtest", STRATEGIES["bars"]),
        *("--data", str(path), "--symbol", SYMBOL, *given),
        *("--mode", "netting", "--capital", str(CAPITAL), "--json"),
        *("--set", "gateways.sim.options.outside_session=ignore"),
    ]
    decision_hash: str = json.loads(_last_line(words))["decision_hash"]
    return decision_hash


def _last_line(words: Sequence[str]) -> str:
    done = subprocess.run(
        words, cwd=_ROOT, check=True, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    return done.stdout.decode().strip().splitlines()[-1]
