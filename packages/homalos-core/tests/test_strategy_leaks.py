"""What is left behind by strategies that come and go, and by handlers that raise: nothing."""

from __future__ import annotations

import gc
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from homalos.engine.engine import Engine
from homalos.model import Command, TickData
from homalos.testing import SYMBOL, FakeGateway, at, engine, tick

CODE = """
from attrs import define
from homalos.strategy import Strategy


class Guest(Strategy):
    @define
    class Variables:
        count: int = 0

    def on_start(self):
        self.timer("often", 1)

    async def on_tick(self, tick):
        self.variables.count += 1
        await self.sleep(0.5)

    def on_bar(self, bar):
        pass

    def on_session(self, event):
        pass
"""

_CYCLES = 200
_RAISING = 10_000
_FILES = Path("/proc/self/fd")


def count_all(house: Engine) -> dict[str, Any]:
    """Return everything that could be left behind, counted."""
    gc.collect()
    kinds = [type(each) for each in gc.get_objects()]
    ours = Counter(kind.__name__ for kind in kinds if str(kind.__module__).startswith("homalos"))
    return {
        "threads": threading.active_count(),
        "subscriptions": len(house.parts.bus.subscriptions()),
        "timers": sum(not entry.cancelled for _, _, entry in house.parts.clock.agenda._heap),  # noqa: SLF001
        "modules": sum(name.startswith("homalos_file_") for name in sys.modules),
        "files": len(list(_FILES.iterdir())) if _FILES.exists() else 0,
        "objects": ours,
    }


def do(house: Engine, what: str, **arguments: Any) -> None:
    """Carry out a command."""
    done = house.submit(Command(f"strategy.{what}", arguments))
    house.parts.loop.serve()
    done.result(0)


def test_two_hundred_lives_of_a_strategy_leave_nothing(tmp_path: Path) -> None:
    """Loaded, fed, its code read anew, fed and unloaded, again and again."""
    file = tmp_path / "guest.py"
    house = engine(gateway=FakeGateway())
    house.start()
    now = 0
    before: dict[str, Any] = {}
    for cycle in range(_CYCLES + 1):
        if cycle == 1:  # what the first needed of the market stays wanted
            before = count_all(house)
        file.write_text(f"{CODE}\n# {cycle}\n", encoding="utf-8")
        do(house, "add", strategy=str(file), symbol=SYMBOL, name="guest")
        now += 1
        house.step(tick(ts_ns=at(now)))
        file.write_text(f"{CODE}\n# {cycle} again\n", encoding="utf-8")
        do(house, "reload", strategy="guest")
        now += 1
        house.step(tick(ts_ns=at(now)))
        do(house, "unload", strategy="guest")
        now += 10  # past every timer that was called off
        house.step(tick(ts_ns=at(now)))
    after = count_all(house)
    house.stop()

    assert after == before


def test_ten_thousand_raising_handlers_leave_nothing_but_their_count() -> None:
    """Each is counted; no exception, frame or event is kept alive by it."""
    house = engine(gateway=FakeGateway())
    house.start()

    def fail(event: TickData) -> None:
        msg = f"at {event.ts_ns}"
        raise ValueError(msg)

    heard = house.subscribe(TickData, fail, key=SYMBOL)
    house.step(tick(ts_ns=at(0)))
    before = count_all(house)
    for number in range(1, _RAISING):
        house.step(tick(ts_ns=at(number / 10)))
    failed = heard.failed
    after = count_all(house)
    heard.close()
    house.stop()

    assert failed == _RAISING
    assert after == before


@pytest.mark.parametrize("kind", [ValueError, KeyError])
def test_the_summary_counts_every_fault(kind: type[Exception]) -> None:
    """Also those beyond what is kept to be shown."""
    house = engine(gateway=FakeGateway())
    house.start()

    def fail(_: TickData) -> None:
        raise kind

    house.subscribe(TickData, fail)
    for number in range(2_000):
        house.step(tick(ts_ns=at(number)))
    house.stop()

    assert house.summary().faults == 2_000
    assert len(house.parts.faults) <= 1_000
