"""Other frameworks on the same work, where their environments are installed."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from pathlib import Path
from typing import Any

__all__ = ["peers"]

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
    root = os.environ.get("PEERS_ROOT", "")
    scripts = Path(__file__).parents[2] / "shared" / "peers"
    found: dict[str, Any] = {}
    for peer, script in _SCRIPTS[case].items():
        python = Path(root) / "venvs" / peer / "bin" / "python"
        if not root or not python.exists() or not (scripts / script).exists():
            found[peer] = "not installed"
            continue
        ran = subprocess.run(
            [str(python), str(scripts / script)],
            capture_output=True,
            check=False,
        )
        if ran.returncode:
            found[peer] = f"failed with exit code {ran.returncode}"
            continue
        seconds = json.loads(ran.stdout.decode().strip().splitlines()[-1])["run_s"]
        found[peer] = round(seconds / statistics.median(floor_s), 2)
    return found
