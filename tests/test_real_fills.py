"""On real days the model `queue` fills between its two bounds, and never what did not trade."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import inf
from pathlib import Path

import pytest
from attrs import define

from homalos import Engine, Settings
from homalos.model import Direction, Instrument, OrderRequest, TickData
from homalos.plugins import FillModelSpec
from homalos.plugins.ports import FillContext, FillModel, RestingOrder
from homalos.testing import order_request
from homalos_sim.plugin import register_fill_models

SPECS = {spec.name: spec for spec in register_fill_models()}
MODELS = ("optimistic", "queue", "pessimistic")
AGE_NS = 60_000_000_000
# File, contract, and the share of its orders that the test expects to fill at least.
DAYS = {
    "ru1901": ("ticks_ctp_csv/SHFE.ru1901/20181009.tick-ctp.csv.gz", "ru1901.SHFE"),
    "AP010": ("ticks_ctp_csv/CZCE.AP010/20200804.tick-ctp.csv.gz", "AP010.CZCE"),
    "IF2101": ("ticks_wt/CFFEX.IF.HOT/20210105.csv.gz", "IF2101.CFFEX"),
    "rb2205": ("ticks_wt/ALL_20220218/SHFE.csv.gz", "rb2205.SHFE"),
}


@define(eq=False)
class Order:
    """An order as a venue keeps it."""

    request: OrderRequest
    left: int
    since_ns: int


class Watched:
    """One order in a model of its own, and when each of its lots was filled."""

    def __init__(self, spec: FillModelSpec, instrument: Instrument) -> None:
        """Make the model."""
        self.fills: list[tuple[int, int]] = []
        context = FillContext(instrument, self._note)
        self.model: FillModel = spec.factory(context, spec.config())

    def _note(
        self, order: RestingOrder, price: float, lots: int, ts_ns: int, trading_day: int
    ) -> None:
        assert price == order.request.price, trading_day
        self.fills.append((ts_ns, lots))

    def done_ns(self, lots: int) -> float:
        """Return when so many lots were filled; infinity when they never were."""
        for ts_ns, filled in self.fills:
            lots -= filled
            if lots <= 0:
                return ts_ns
        return inf


def ticks_of(real_data: Path, name: str, home: Path) -> tuple[list[TickData], Instrument]:
    """Read the ticks of a contract that have a book, and the contract itself."""
    file, symbol = DAYS[name]
    parts = Engine.build(Settings(home=home)).parts
    shown = [
        tick
        for tick in parts.reader.read([real_data / file])
        if isinstance(tick, TickData)
        and tick.symbol == symbol
        and tick.bid_price_1 > 0
        and tick.ask_price_1 > 0
    ]
    return shown, parts.markets.instrument(symbol)


def asked(
    ticks: list[TickData], instrument: Instrument, every: int
) -> Iterator[tuple[int, OrderRequest]]:
    """Ask for orders at the best prices and up to three ticks behind, of one to ten lots."""
    step = instrument.tick_size
    for number, at in enumerate(range(0, len(ticks), every)):
        tick, behind = ticks[at], number // 2 % 4
        if number % 2:
            side, price = Direction.SHORT, tick.ask_price_1 + behind * step
        else:
            side, price = Direction.LONG, tick.bid_price_1 - behind * step
        yield (
            at,
            order_request(
                side,
                instrument.snap(price),
                (1, 3, 10)[number % 3],
                order_id=str(number),
                symbol=tick.symbol,
                ts_ns=tick.ts_ns,
            ),
        )


def fill_times(
    ticks: list[TickData], instrument: Instrument, every: int, horizon: int
) -> list[dict[str, float]]:
    """Rest each order under each of the three models; return when it was filled whole."""
    found = []
    for at, request in asked(ticks, instrument, every):
        times = {}
        for name in MODELS:
            watched = Watched(SPECS[name], instrument)
            order = Order(request, request.volume, request.ts_ns)
            watched.model.arrive(order, ticks[at], AGE_NS)
            before = ticks[at]
            for tick in islice(ticks, at + 1, at + 1 + horizon):
                if not watched.model.waits:
                    break
                watched.model.match_tick(tick, before)
                before = tick
            times[name] = watched.done_ns(request.volume)
        found.append(times)
    return found


def outside(found: list[dict[str, float]]) -> list[dict[str, float]]:
    """Return the orders that did not fill between the bounds."""
    return [
        each
        for each in found
        if not each["optimistic"] <= each["queue"] <= each["pessimistic"]
    ]


if __name__ == "__main__":
    import sys, tempfile, time
    for name in DAYS:
        t = time.time()
        ticks, instrument = ticks_of(Path("/work/shared/data"), name, Path(tempfile.mkdtemp()))
        t1 = time.time()
        f = fill_times(ticks[:6000], instrument, 40, 600)
        n = {m: sum(x[m] < inf for x in f) for m in MODELS}
        import statistics
        med = {m: statistics.median(min(x[m], 2**63) - ticks[0].ts_ns for x in f) for m in MODELS}
        strict = sum(x["optimistic"] < x["queue"] for x in f), sum(x["queue"] < x["pessimistic"] for x in f)
        print(name, len(ticks), len(f), n, "outside", len(outside(f)), "strict", strict, round(t1-t,1), round(time.time()-t1,1))
