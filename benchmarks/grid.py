"""Many strategies on many instruments: what an event costs that only one of them hears."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast

from benchmarks.floor import Crossing
from benchmarks.grid_feed import Follower, GridFeed, make_ticks, symbols
from homalos import Engine, Settings
from homalos.config import FeedSettings, InboxSettings
from homalos.model import TickData
from homalos.plugins.host import PluginHost

__all__ = ["SIZES", "measure"]

SIZES = (1, 10, 100)
"""Strategies, each on an instrument of its own."""

_FEED = Path(__file__).with_name("grid_feed.py")

Way = Literal["replay", "live"]


def measure(count: int, passes: int) -> dict[str, Any]:
    """Measure each size in turn, pass by pass: a bare loop, a replay, and through the inbox.

    Args:
        count: Events of all instruments together.
        passes: How often.

    Returns:
        Microseconds of the processor an event, a figure each pass: `floor`, `replay` and
        `live` by size; and `wrong`.
    """
    found: dict[str, dict[int, list[float]]] = {
        way: {size: [] for size in SIZES} for way in ("floor", "replay", "live")
    }
    wrong: list[str] = []
    for _ in range(passes):
        for size in SIZES:
            ticks = make_ticks(size, count)
            turns, micros = _floor(ticks)
            found["floor"][size].append(micros)
            ways: tuple[Way, ...] = ("replay", "live")
            for way in ways:
                engine = _build(size, count, way)
                engine.start()
                began = time.process_time()
                engine.run()
                spent = time.process_time() - began
                if way == "replay":
                    # Without the end of the run, which is no event; nobody else asks the feed.
                    first, last = cast("GridFeed", engine.parts.feed).asked_s
                    spent = last - first
                found[way][size].append(spent / len(ticks) * 1e6)
                wrong += _problems(engine, size, len(ticks), turns, way)
    return {**found, "wrong": wrong}


class _Bare:
    """The rule with nothing around it."""

    def __init__(self) -> None:
        """Begin without prices."""
        self.update = Crossing(10, 30).update
        self.target = self.turns = 0

    def on_tick(self, tick: TickData) -> None:
        """Ask the rule."""
        target = self.update(tick.last_price)
        if target and target != self.target:
            self.target = target
            self.turns += 1


def _floor(ticks: Sequence[TickData]) -> tuple[dict[str, int], float]:
    rules = {symbol: _Bare() for symbol in {tick.symbol for tick in ticks}}
    handlers = {symbol: (rule.on_tick,) for symbol, rule in rules.items()}
    began = time.process_time()
    for tick in ticks:
        for handler in handlers[tick.symbol]:
            handler(tick)
    spent = time.process_time() - began
    return {symbol: rule.turns for symbol, rule in rules.items()}, spent / len(ticks) * 1e6


def _build(size: int, count: int, way: Way) -> Engine:
    options = {"instruments": size, "count": count}
    settings = Settings(
        clock="live" if way == "live" else "event",
        feed=FeedSettings(kind="grid", thread=way == "live", options=options),
        inbox=InboxSettings(when_full="block"),
    )
    engine = Engine.build(settings, plugins=PluginHost.discover(files=[_FEED]))
    for symbol in symbols(size):
        engine.add_strategy(Follower, symbol=symbol, name=symbol)
    return engine


def _problems(engine: Engine, size: int, count: int, turns: dict[str, int], way: Way) -> list[str]:
    summary, strategies = engine.summary(), engine.parts.strategies
    wrong = []
    if (summary.ticks, summary.orders, summary.faults) != (count, 0, 0):
        wrong.append(f"grid of {size}, {way}: the run is not sound: {summary.as_dict()}")
    for symbol, turned in turns.items():
        follower = strategies.strategy(symbol)
        found = (getattr(follower, "seen", 0), getattr(follower, "turns", 0))
        if found != (count // size, turned):
            what = f"saw {found[0]} ticks and turned {found[1]} times"
            wrong.append(f"grid of {size}, {way}: {symbol} {what}; {count // size}, {turned}")
            break
    return wrong
