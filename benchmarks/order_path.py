"""From a tick in one thread to its order at the venue in another, with the whole house between.

The clock is live, the journal a file, the store SQLite; ten strategies hear each tick,
one of them sends an order, seven rules judge it.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from queue import SimpleQueue
from typing import Any, cast

from benchmarks.market import SYMBOL, draw_ticks
from benchmarks.venue import NotingVenue
from homalos import Engine, RunSummary, Settings
from homalos.config import AccountSettings, GatewaySettings, JournalSettings, StoreSettings
from homalos.engine.quiet import quiet_collector
from homalos.model import OrderData, TickData
from homalos.plugins.host import PluginHost
from homalos.strategy import Strategy

__all__ = ["closed_loops", "paced_orders"]

_VENUE = Path(__file__).with_name("venue.py")
_STRATEGIES, _RULES = 10, 7
_RATE = 2_000
_NS = 1_000_000_000
_WARM_UP = 200  # orders; the peers' script leaves as many out
_STALL_NS = 5_000_000
_ROUND = 500
_PATIENCE_S = 60.0

Post = Callable[[Any], object]
Drive = Callable[[Engine, NotingVenue], None]


class Sender(Strategy):
    """Sends an order for every tick."""

    def on_tick(self, tick: TickData) -> None:
        """Buy one lot at the best offer."""
        self.buy(tick.ask_price_1, 1)


class Listener(Strategy):
    """Looks at every tick."""

    seen = 0

    def on_tick(self, _tick: TickData) -> None:
        """Count it."""
        self.seen += 1


def paced_orders(count: int) -> dict[str, Any]:
    """Post 2,000 ticks a second, and take the time until each one's order is at the venue.

    Returns:
        Microseconds of the orders, and of a bare queue between two threads at the same
        pace, which tells the machine's own stalls from ours; `wrong`.
    """
    with quiet_collector():
        bare = _figures(*_bare_paced(count // 4))
    posted: list[int] = []

    def drive(engine: Engine, _venue: NotingVenue) -> None:
        posted.extend(_paced(engine.parts.inbox.post_market, ticks))

    ticks = _make_ticks(count)
    taken, wrong = _run(drive, ticks)
    if len(taken) != len(posted):
        return {"wrong": wrong}
    figures = _figures(posted, taken)
    return {**figures, **{f"bare_{name}": each for name, each in bare.items()}, "wrong": wrong}


def closed_loops(count: int) -> dict[str, Any]:
    """Post each tick when the order of the one before is at the venue.

    Returns:
        Seconds a loop, and a loop of two bare queues in turn with it, a figure each
        round of 500; `wrong`.
    """
    result: dict[str, Any] = {"ours_s": [], "floor_s": []}
    ticks = _make_ticks(count)

    def drive(engine: Engine, venue: NotingVenue) -> None:
        reached: SimpleQueue[None] = SimpleQueue()
        venue.answer = lambda: reached.put(None)
        post, store = engine.parts.inbox.post_market, engine.parts.observers[0]
        for first in range(0, count, _ROUND):
            some = ticks[first : first + _ROUND]
            result["floor_s"].append(_bare_loops(some))
            result["ours_s"].append(_timed_loops(post, reached.get, some))
            _wait(lambda: store.depth() < 100)

    _, wrong = _run(drive, ticks)
    return {**result, "wrong": wrong}


# -- driving -------------------------------------------------------------------


def _paced(post: Post, items: Sequence[Any]) -> list[int]:
    """Post at the rate, and return when each item was posted, by the performance counter."""
    now, posted = time.perf_counter_ns, []
    begun = now()
    for number, item in enumerate(items):
        ahead = begun + number * _NS // _RATE - now()
        if ahead > 0:
            time.sleep(ahead / _NS)
        posted.append(now())
        post(item)
    return posted


def _timed_loops(post: Post, wait: Callable[[], object], items: Iterable[Any]) -> float:
    began = time.perf_counter()
    count = 0
    for item in items:
        post(item)
        wait()
        count += 1
    return (time.perf_counter() - began) / count


def _bare_loops(items: Sequence[Any]) -> float:
    there: SimpleQueue[Any] = SimpleQueue()
    back: SimpleQueue[Any] = SimpleQueue()

    def echo() -> None:
        for _ in items:
            back.put(there.get())

    thread = threading.Thread(target=echo, name="echo")
    thread.start()
    seconds = _timed_loops(there.put, back.get, items)
    thread.join()
    return seconds


def _bare_paced(count: int) -> tuple[list[int], list[int]]:
    queue: SimpleQueue[int] = SimpleQueue()
    taken: list[int] = []

    def take() -> None:
        for _ in range(count):
            queue.get()
            taken.append(time.perf_counter_ns())

    thread = threading.Thread(target=take, name="taker")
    thread.start()
    posted = _paced(queue.put, range(count))
    thread.join()
    return posted, taken


def _figures(posted: Sequence[int], taken: Sequence[int]) -> dict[str, float]:
    took = [there - here for here, there in zip(posted, taken, strict=True)]
    steady = sorted(took[_WARM_UP:])
    return {
        "orders": len(took),
        "rate": round((len(posted) - 1) / ((posted[-1] - posted[0]) / _NS)),
        "p50_us": statistics.median(steady) / 1_000,
        "p99_us": steady[int(len(steady) * 0.99)] / 1_000,
        "largest_us": max(took) / 1_000,
        "stalls": sum(each > _STALL_NS for each in took),
    }


# -- the house -----------------------------------------------------------------


def _run(drive: Drive, ticks: Sequence[TickData]) -> tuple[list[int], list[str]]:
    """Run an engine here and a feed beside it; return when orders came, and what is wrong."""
    with tempfile.TemporaryDirectory() as home:
        engine = _build(Path(home))
        venue = cast("NotingVenue", engine.parts.gateways["noting"])
        failed: list[str] = []

        def feed() -> None:
            try:
                engine.snapshot().result(_PATIENCE_S)  # until it runs
                drive(engine, venue)
                _wait(lambda: len(venue.taken_ns) == len(ticks))
                # Behind everything that the last order brought about.
                engine.snapshot().result(_PATIENCE_S)
            except Exception as error:  # noqa: BLE001  the thread-top fence: told as a result
                failed.append(f"the feed failed: {error!r}")
            finally:
                engine.request_stop()

        thread = threading.Thread(target=feed, name="feed")
        thread.start()
        summary = engine.run()
        thread.join()
        return venue.taken_ns, failed + _problems(engine, summary, ticks)


def _problems(engine: Engine, summary: RunSummary, ticks: Sequence[TickData]) -> list[str]:
    parts, count = engine.parts, len(ticks)
    store = parts.observers[0]
    orders: Sequence[OrderData] = tuple(parts.orders.orders.values())
    expected = {
        "ticks": (summary.ticks, count),
        "orders": (summary.orders, count),
        "rules asked": (summary.rules, count * _RULES),
        "rejections": (summary.rejections, 0),
        "conflated": (parts.inbox.conflated, 0),
        "faults": (summary.faults, 0),
        "records stored": (store.handled, 2 * count),
        "records lost": (store.dropped + store.conflated, 0),
    }
    wrong = [
        f"order path: {found} {what}, {right} are right"
        for what, (found, right) in expected.items()
        if found != right
    ]
    if [order.price for order in orders] != [tick.ask_price_1 for tick in ticks]:
        wrong.append("order path: the orders' prices are not the ticks' offers")
    if not (summary.orders_settled and summary.identity_holds):
        wrong.append(f"order path: the run is not sound: {summary.as_dict()}")
    return wrong


def _build(home: Path) -> Engine:
    settings = Settings(
        clock="live",
        home=home,
        gateways={"noting": GatewaySettings(kind="noting")},
        accounts={"main": AccountSettings(gateway="noting", capital=Decimal(10**9))},
        journal=JournalSettings(mode="file"),
        store=StoreSettings(),
        risk={"order_rate": {"max_orders": 1_000_000}},
    )
    engine = Engine.build(settings, plugins=PluginHost.discover(files=[_VENUE]))
    engine.add_strategy(Sender, symbol=SYMBOL, name="sender")
    for number in range(1, _STRATEGIES):
        engine.add_strategy(Listener, symbol=SYMBOL, name=f"listener-{number}")
    return engine


def _make_ticks(count: int) -> list[TickData]:
    market = draw_ticks(count)
    columns = (market.ts_ns, market.trading_day, market.last, market.bid, market.ask)
    return [
        TickData(SYMBOL, ts_ns, day, last, bid_price_1=bid, ask_price_1=ask)
        for ts_ns, day, last, bid, ask in zip(*(c.tolist() for c in columns), strict=True)
    ]


def _wait(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not is_so() and time.monotonic() < until:
        time.sleep(0.005)
