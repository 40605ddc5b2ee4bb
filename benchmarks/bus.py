"""What a publish costs beside a bare call, and a hand-over beside a bare queue."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from homalos.bus import Bus
from homalos.inbox import Inbox
from homalos.model import TickData

__all__ = ["hand_over", "publish"]

_TICK = TickData("rb2501.SHFE", 1, 20_250_106, 3_000.0)


class _Counter:
    """A handler that does next to nothing."""

    def __init__(self) -> None:
        """Begin at 0."""
        self.count = 0

    def on_tick(self, _tick: TickData) -> None:
        """Count."""
        self.count += 1


def publish(count: int, passes: int) -> dict[str, Any]:
    """Give one event to one synchronous handler, directly and through the bus, in turn.

    Returns:
        `floor_s` and `ours_s`, a figure each pass, and `wrong`.
    """
    direct, heard = _Counter(), _Counter()
    bus = Bus(_refuse)
    bus.subscribe(TickData, heard.on_tick, key=_TICK.symbol)
    through = bus.topic(TickData).publish
    result: dict[str, Any] = {"floor_s": [], "ours_s": [], "wrong": []}
    for _ in range(passes):
        result["floor_s"].append(_called(direct.on_tick, count))
        result["ours_s"].append(_called(through, count))
    if not direct.count == heard.count == count * passes:
        result["wrong"].append(f"the bus delivered {heard.count} of {count * passes} events")
    return result


def hand_over(count: int) -> dict[str, Any]:
    """Send an item to another thread and back, through two inboxes and through two bare queues.

    Returns:
        Closed loops a second of each, the one-way times of ours in microseconds, and
        `wrong`.
    """
    there, back = Inbox(), Inbox()
    ours = _ping_pong(there.post, _taker(there), back.post, _taker(back), count)
    bare_there: SimpleQueue[Any] = SimpleQueue()
    bare_back: SimpleQueue[Any] = SimpleQueue()
    bare = _ping_pong(bare_there.put, bare_there.get, bare_back.put, bare_back.get, count)
    one_way = sorted(each / 2_000 for each in ours)
    return {
        "loops_per_s": round(count / (sum(ours) / 1e9)),
        "floor_loops_per_s": round(count / (sum(bare) / 1e9)),
        "one_way_p50_us": round(statistics.median(one_way), 1),
        "one_way_p99_us": round(one_way[int(len(one_way) * 0.99)], 1),
        "wrong": [] if len(ours) == count else [f"{len(ours)} of {count} items came back"],
    }


def _refuse(_subscription: object, _event: object, error: Exception) -> None:
    raise error


def _called(handler: Callable[[TickData], object], count: int) -> float:
    tick = _TICK
    began = time.perf_counter()
    for _ in range(count):
        handler(tick)
    return time.perf_counter() - began


def _taker(inbox: Inbox) -> Callable[[], Any]:
    def take() -> Any:
        while (item := inbox.take(1.0)) is None:
            continue
        return item

    return take


def _ping_pong(
    send: Callable[[Any], object],
    receive: Callable[[], Any],
    answer: Callable[[Any], object],
    answered: Callable[[], Any],
    count: int,
) -> list[int]:
    def echo() -> None:
        for _ in range(count):
            answer(receive())

    thread = threading.Thread(target=echo, name="echo")
    thread.start()
    times = []
    for number in range(1, count + 1):
        began = time.perf_counter_ns()
        send(number)
        answered()
        times.append(time.perf_counter_ns() - began)
    thread.join()
    return times
