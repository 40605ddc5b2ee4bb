"""`homalos status` beside a demo that runs in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from homalos.cli import main

PROGRAM = "import sys; from homalos.cli import main; sys.exit(main())"


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Ask for something of the demo's account, and return the answer."""
    assert main(["account", *words, "--home", "home", "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_a_demo_can_be_looked_at_from_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its owner alone, until it ends; a second one in its folder is refused."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOMALOS_HOME", raising=False)
    place = tmp_path / "home" / "demo" / "engine.sock"
    command = ("up", "--demo", "--speed", "60", "--home", "home")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *command, "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    ) as demo:  # fmt: skip
        assert demo.stderr is not None
        try:
            assert any("trading day" in line for line in demo.stderr)  # it runs
            assert place.stat().st_mode & 0o777 == 0o600
            assert main(["status", "--home", "home", "--json"]) == 0
            found = json.loads(capsys.readouterr().out)
            money = asked(capsys, "deposit", "1000.50"), asked(capsys, "show")
            assert main(["account", "withdraw", "9e9", "--home", "home"]) == 1
            assert "cannot be taken out" in capsys.readouterr().err
            assert main(command) == 1
            refused = capsys.readouterr().err
            demo.send_signal(signal.SIGINT)
            out, _ = demo.communicate(timeout=30)
        finally:
            demo.kill()
    assert (demo.returncode, place.exists()) == (0, False)
    assert json.loads(out)["run"] == found["run"] == "demo-1"
    assert found["pid"] == demo.pid
    (account,) = money[1]["accounts"]
    assert Decimal(account["funds"]["capital"]) == Decimal("1001000.50")
    assert Decimal(money[0]["capital"]) == Decimal("1001000.50")
    assert f"(pid {demo.pid})" in refused
    assert {each["name"]: each["state"] for each in found["services"]} == dict.fromkeys(
        (
            *("journal", "store", "gateway.sim", "feed"),
            *(f"observer.{name}" for name in ("store", "statements", "console")),
        ),
        "running",
    )
    assert set(found["strategies"].values()) == {"running"}
    assert {each["name"] for each in found["observers"]} == {"store", "statements", "console"}
