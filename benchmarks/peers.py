"""Other frameworks on the same work, where their environments are installed."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from pathlib import Path
from typing import Any

__all__ = ["measured_by_vnpy", "peers"]

_SCRIPTS = {
    "A": {"vnpy": "vnpy_A.py", "backtesting": "btpy_A.py"},
    "B": {"vnpy": "vnpy_B.py", "nautilus": "naut_B.py"},
}


def peers(case: str, floor_s: list[float]) -> dict[str, Any]:
    """Run the peers' own scripts and return each one's time over the floor's.

    `PEERS_ROOT` names the folder that `install.sh` of `../shared/peers` made: an
    environment for each peer, and the market's data, which `common.py` draws. Without
    it nothing is run, and the answer says so.
    """
    found: dict[str, Any] = {}
    for peer, script in _SCRIPTS[case].items():
        measured = _run(peer, script)
        if isinstance(measured, dict):
            measured = round(measured["run_s"] / statistics.median(floor_s), 2)
        found[peer] = measured
    return found


def measured_by_vnpy(script: str, *arguments: str) -> dict[str, Any] | str:
    """Run one of vnpy's scripts; return its figures, or why there are none."""
    return _run("vnpy", script, *arguments)


def _run(peer: str, script: str, *arguments: str) -> dict[str, Any] | str:
    root = os.environ.get("PEERS_ROOT", "")
    scripts = Path(__file__).parents[2] / "shared" / "peers"
    python = Path(root) / "venvs" / peer / "bin" / "python"
    if not root or not python.exists() or not (scripts / script).exists():
        return "not installed"
    ran = subprocess.run(
        [str(python), str(scripts / script), *arguments],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    if ran.returncode:
        return f"failed with exit code {ran.returncode}"
    # Some of them log to the same stream.
    lines = [line for line in ran.stdout.decode().splitlines() if line.startswith('{"peer"')]
    if not lines:
        return "printed no figures"
    figures: dict[str, Any] = json.loads(lines[-1])
    return figures
