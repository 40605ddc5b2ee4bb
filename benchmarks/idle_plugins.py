"""What twenty plugins cost that are installed and not used: at start-up, and an event."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.replay import build
from homalos.config import FeedSettings

__all__ = ["PLUGINS", "measure"]

PLUGINS = 20

_TEXT = '''"""An idle plugin: it offers a part of each kind that a run may leave unused."""

from homalos.plugins import (
    CommandSpec, FeedSpec, GatewaySpec, ImporterSpec, StoreSpec, StrategySpec, hookimpl,
)
from homalos.strategy import Strategy


class Idle(Strategy):
    """Does nothing."""


def refuse(*_):
    raise AssertionError("an idle plugin was used")


@hookimpl
def register_feeds():
    return (FeedSpec(name="idle-feed-{number}", factory=refuse),)


@hookimpl
def register_gateways():
    return (GatewaySpec(name="idle-gateway-{number}", factory=refuse),)


@hookimpl
def register_stores():
    return (StoreSpec(name="idle-store-{number}", factory=refuse),)


@hookimpl
def register_importers():
    return (ImporterSpec(name="idle-importer-{number}", matches=refuse, read=refuse),)


@hookimpl
def register_strategies():
    return (StrategySpec(name="idle-strategy-{number}", factory=Idle),)


@hookimpl
def register_commands():
    return (CommandSpec(name="idle-{number}", target="idle:main", help="Nothing."),)
'''


def measure(count: int, passes: int) -> dict[str, Any]:
    """Run the same ticks without and with the plugins, in turn.

    Returns:
        `without_s` and `with_s`, seconds of the processor for the run, a figure each pass;
        `startup_ms`, what building the engine takes longer; and `wrong`.
    """
    result: dict[str, Any] = {"without_s": [], "with_s": [], "wrong": []}
    built: dict[str, list[float]] = {"without_s": [], "with_s": []}
    hashes = set()
    with tempfile.TemporaryDirectory() as folder:
        plugins = _write(Path(folder))
        for number in range(passes):
            # The second of a pair finds a warmer machine: so each goes first in turn.
            order = [("without_s", ()), ("with_s", plugins)]
            for name, files in order if number % 2 else reversed(order):
                build_s, run_s, decision_hash, loaded = _run(count, files)
                built[name].append(build_s)
                result[name].append(run_s)
                hashes.add(decision_hash)
                if loaded != len(files):
                    result["wrong"].append(f"{loaded} of {len(files)} idle plugins were loaded")
    if len(hashes) != 1:
        result["wrong"].append(f"idle plugins changed what was decided: {sorted(hashes)}")
    result["startup_ms"] = 1_000 * (
        statistics.median(built["with_s"]) - statistics.median(built["without_s"])
    )
    return result


def _run(count: int, files: Sequence[Path]) -> tuple[float, float, str, int]:
    began = time.process_time()
    feed = FeedSettings(kind="seeded", options={"kind": "ticks", "count": count})
    engine = build(feed, "ticks", plugins=files)
    built = time.process_time()
    summary = engine.run()
    spent = time.process_time() - built
    loaded = sum(name.startswith("idle-") for name in engine.parts.catalog.feeds)
    return built - began, spent, summary.decision_hash, loaded


def _write(folder: Path) -> list[Path]:
    files = [folder / f"idle_{number}.py" for number in range(PLUGINS)]
    for number, file in enumerate(files):
        file.write_text(_TEXT.replace("{number}", str(number)), encoding="utf-8")
    return files
