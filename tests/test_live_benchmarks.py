"""The benchmarks of the live path: that they notice what is wrong, and claim nothing unmeasured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


def measured(case: str, count: int, passes: int = 1) -> dict[str, Any]:
    """Run one measurement as the bench does, in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.worker", case, str(count), str(passes)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, check=True, timeout=120)
    found: dict[str, Any] = json.loads(done.stdout.decode().splitlines()[-1])
    return found


def judged(case: str, found: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Judge figures that are given, on a machine without any peer."""
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.delenv("PEERS_ROOT", raising=False)
    from benchmarks import live_cases

    result: dict[str, Any] = getattr(live_cases, case)(lambda *_: found, 1_000, 1)
    return result


def test_every_order_of_the_order_path_arrives() -> None:
    """Journal, store, ten strategies and seven rules agree that each tick made one order."""
    found = measured("order-path", 1_000)
    assert found["wrong"] == []
    assert (found["orders"], found["bare_orders"]) == (1_000, 250)
    assert 0 < found["p50_us"] <= found["p99_us"] <= found["largest_us"]


def test_closed_loops_take_turns_with_the_bare_hand_over() -> None:
    """Two rounds of 500, each with a figure of both."""
    found = measured("loops", 1_000)
    assert found["wrong"] == []
    assert [len(found[name]) for name in ("ours_s", "floor_s")] == [2, 2]


def test_every_strategy_of_the_grid_decides_as_the_bare_loop_does() -> None:
    """Each sees its own instrument's ticks, by the replay and through the inbox."""
    found = measured("grid", 10_000)
    assert found["wrong"] == []
    for way in ("floor", "replay", "live"):
        assert list(found[way]) == ["1", "10", "100"]


def test_twenty_rules_judge_every_order_and_refuse_none() -> None:
    """Some are the package's own, some a user's expressions."""
    found = measured("risk-rules", 200, 2)
    assert found["wrong"] == []
    assert found["own"] + found["users"] == 20
    assert min(found["own"], found["users"]) >= 5
    assert len(found["us"]) == 2


@pytest.mark.parametrize(("micros", "met"), [(9.9, True), (10.1, False)])
def test_the_rules_are_judged_by_their_middle_pass(
    micros: float, monkeypatch: pytest.MonkeyPatch, *, met: bool
) -> None:
    """One pass that the machine held up does not count."""
    found = {"us": [1.0, micros, 99.0], "own": 10, "users": 10, "wrong": []}
    assert judged("risk_rules", found, monkeypatch)["met"] is met


def test_idle_plugins_are_loaded_and_decide_nothing() -> None:
    """With and without them the decisions are the same."""
    found = measured("plugins", 2_000)
    assert found["wrong"] == []
    assert [len(found[name]) for name in ("with_s", "without_s")] == [1, 1]


ORDER_PATH = {
    **dict.fromkeys(("p50_us", "p99_us", "largest_us", "rate"), 10.0),
    **dict.fromkeys(("bare_p50_us", "bare_p99_us", "bare_largest_us"), 10.0),
    "orders": 1_000,
    "stalls": 0,
    "bare_orders": 250,
    "bare_stalls": 0,
    "wrong": [],
}


@pytest.mark.parametrize(
    ("case", "found", "met"),
    [
        pytest.param("order_path", ORDER_PATH, None, id="orders"),
        pytest.param("order_path", {**ORDER_PATH, "stalls": 1}, False, id="a stall"),
        pytest.param("loops", {"ours_s": [1.0], "floor_s": [0.6], "wrong": []}, None, id="loops"),
        pytest.param("loops", {"ours_s": [1.0], "floor_s": [0.5], "wrong": []}, False, id="slow"),
    ],
)
def test_without_the_peer_no_target_against_it_counts_as_met(
    case: str, found: dict[str, Any], met: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can be judged alone is, and the rest is said to be unmeasured."""
    result = judged(case, found, monkeypatch)
    assert result["met"] is met
    assert any("no ratio to it was measured" in note for note in result["notes"])


def test_what_is_wrong_with_a_run_is_told_instead_of_its_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run that lost orders has no latency worth a name."""
    result = judged("order_path", {"wrong": ["order path: 999 orders"]}, monkeypatch)
    assert (result["measured"], result["wrong"]) == ("nothing", ["order path: 999 orders"])
