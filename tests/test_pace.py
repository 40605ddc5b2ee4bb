"""`homalos pace` beside a demo that runs in a process of its own, and what it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from homalos import Engine, Settings
from homalos.cli import main
from homalos.errors import EngineStateError, HomalosError
from homalos.model import Command

PROGRAM = "import sys; from homalos.cli import main; sys.exit(main())"


def paced(capsys: pytest.CaptureFixture[str], wish: str) -> dict[str, Any]:
    """Change the pace of the demo, and return the answer."""
    assert main(["pace", wish, "--home", "home", "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def events(capsys: pytest.CaptureFixture[str]) -> int:
    """Return how many events the demo has seen."""
    assert main(["status", "--home", "home", "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return int(found["dispatched"])


def test_a_demo_is_paused_resumed_and_hurried_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At one to one it would take an hour; nothing comes while it is paused."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOMALOS_HOME", raising=False)
    command = ("up", "--demo", "--speed", "1", "--for", "3600s", "--home", "home", "--json")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *command],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    ) as demo:  # fmt: skip
        assert demo.stderr is not None
        try:
            assert any("trading day" in line for line in demo.stderr)  # it runs
            assert paced(capsys, "pause") == {"speed": 1.0, "is_paused": True}
            assert any("the market is paused" in line for line in demo.stderr)
            before = events(capsys)
            assert events(capsys) - before <= 1  # what was posted before the pause was seen
            assert paced(capsys, "1000") == {"speed": 1000.0, "is_paused": False}
            assert paced(capsys, "pause")["is_paused"] is True
            assert paced(capsys, "resume") == {"speed": 1000.0, "is_paused": False}
            assert paced(capsys, "max") == {"speed": "max", "is_paused": False}
            out, _ = demo.communicate(timeout=60)
        finally:
            demo.kill()
    assert demo.returncode == 0
    assert json.loads(out)["ticks"] > 10_000


@pytest.mark.parametrize("wish", ["faster", "0", "-1", "nan", "inf"])
def test_what_is_no_pace_is_refused_before_anybody_is_asked(
    wish: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what can be written instead."""
    assert main(["pace", "--", wish]) == 2
    told = capsys.readouterr().err
    assert f"{wish!r} is no pace; write pause, resume, a number above 0, or max" in told


def test_without_an_engine_there_is_nothing_to_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The home is named where one was looked for."""
    monkeypatch.chdir(tmp_path)
    assert main(["pace", "pause", "--home", "home"]) == 1
    assert "home" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"paused": True}, "this run has no pace to change"),
        ({"speed": 2.0}, "this run has no pace to change"),
    ],
)
def test_a_run_on_the_engines_own_thread_has_no_pace(
    tmp_path: Path, arguments: dict[str, Any], problem: str
) -> None:
    """Paused it could not hear that it should go on."""
    engine = Engine.build(Settings(home=tmp_path))
    with engine:
        wish = engine.submit(Command("feed.pace", arguments))
        engine.parts.loop.serve()
        with pytest.raises(EngineStateError, match=problem):
            wish.result(1)


@pytest.mark.parametrize("speed", [-1, float("nan"), "fast", True])
def test_a_speed_that_is_none_changes_nothing(tmp_path: Path, speed: object) -> None:
    """A client of the socket may send anything."""
    from homalos.clock import Pace

    engine = Engine.build(Settings(home=tmp_path))
    engine.parts.pace = Pace(60.0)
    with engine:
        wish = engine.submit(Command("feed.pace", {"speed": speed}))
        engine.parts.loop.serve()
        with pytest.raises(HomalosError, match="a speed is"):
            wish.result(1)
    assert (engine.parts.pace.speed, engine.parts.pace.turns) == (60.0, 0)
