"""The demo: a simulated market, a simulated venue, and strategies that trade at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["SPEED", "SYMBOLS", "begin_anew", "demo_settings"]

SPEED = 60.0
"""Event seconds a wall second: a one-minute bar closes every second."""

SYMBOLS = (
    "rb2510.SHFE",
    "au2512.SHFE",
    "m2509.DCE",
    "TA509.CZCE",
    "IF2509.CFFEX",
    "lc2509.GFEX",
)

_DATABASE = "demo.db"
# Two days of the wall's time at the demo's speed; the trading calendar ends not long after.
_DAYS = 300


# What a bad day has in an hour and more, so that a short demo has some of everything.
_FAULTS: Mapping[str, Any] = {
    "disconnects_per_hour": 12,
    "disconnect_s": 60,
    "notice_s": 10,
    "delay": 0.3,
    "delay_s": 3,
    "duplicate": 0.2,
    "reorder": 0.2,
    "reorder_s": 5,
    "lost_ack": 0.15,
    "lost_request": 0.1,
    "lost_cancel": 0.2,
}


def demo_settings(seed: int, chaos: int | None = None) -> Mapping[str, Any]:
    """Return the demo's settings by name; what it does depends on the seeds only.

    The first event is the opening of a night session, with the bars of a trading day
    behind it, so that averages are full and the first bar can already decide.

    Args:
        seed: Where every chance begins, >= 0.
        chaos: Where the chance of faults between engine and venue begins, >= 0; without it
            none are made.
    """
    venue: dict[str, Any] = {"kind": "sim"}
    run = f"demo-{seed}"
    if chaos is not None:
        venue["options"] = {"faults": {"seed": chaos, **_FAULTS}}
        run = f"{run}-chaos-{chaos}"
    return {
        "run": run,
        "seed": seed,
        "clock": "event",
        "gateways": {"sim": venue},
        "accounts": {"main": {"gateway": "sim", "capital": 1_000_000, "currency": "CNY"}},
        "feed": {
            "kind": "synthetic",
            "speed": SPEED,
            "thread": True,
            "options": {"symbols": list(SYMBOLS), "days": _DAYS, "history_days": 1},
        },
        "inbox": {"when_full": "block"},  # a demo that lost ticks would not be the same twice
        "store": {"kind": "sqlite", "options": {"file": _DATABASE}},
        "journal": {"mode": "file"},
        "statements": True,
        "strategies": [
            _strategy("double_ma", "rb2510.SHFE", fast=5, slow=20),
            _strategy("double_ma", "m2509.DCE", fast=10, slow=30),
            _strategy("double_ma", "TA509.CZCE", fast=5, slow=15),
            _strategy("ema_momentum", "au2512.SHFE"),
        ],
    }


def _strategy(name: str, symbol: str, **params: object) -> Mapping[str, Any]:
    return {"strategy": name, "symbols": [symbol], "params": params}


def begin_anew(home: Path) -> None:
    """Remove what an earlier demo left in its folder: the database and the journal."""
    for pattern in (f"{_DATABASE}*", "journal/*.journal"):
        for path in home.glob(pattern):
            path.unlink(missing_ok=True)
