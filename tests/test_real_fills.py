"""On real days the model `queue` fills between its two bounds, and never what did not trade."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
from math import inf
from pathlib import Path

import pytest
from attrs import define
from msgspec.structs import replace

from homalos import Engine, Settings
from homalos.model import Direction, Instrument, OrderRequest, TickData
from homalos.plugins import FillModelSpec
from homalos.plugins.ports import FillContext, FillModel, RestingOrder
from homalos.testing import order_request
from homalos_sim.fills.traded import traded_between
from homalos_sim.plugin import register_fill_models

SPECS = {spec.name: spec for spec in register_fill_models()}
MODELS = ("optimistic", "queue", "pessimistic")
AGE_NS = 60_000_000_000
# The file, and the contract in it.
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
        each for each in found if not each["optimistic"] <= each["queue"] <= each["pessimistic"]
    ]


# Snapshots of the morning, one in so many with an order, and how many it waits.
SLICE, EVERY, HORIZON = 5_000, 40, 600


@pytest.mark.parametrize("name", DAYS)
def test_queue_fills_between_its_bounds(real_data: Path, tmp_path: Path, name: str) -> None:
    """Order by order, and the three are not the same: some fill later under each."""
    ticks, instrument = ticks_of(real_data, name, tmp_path)
    found = fill_times(ticks[:SLICE], instrument, EVERY, HORIZON)

    assert outside(found) == []
    assert sum(each["queue"] < inf for each in found) >= 50
    assert sum(each["optimistic"] < each["queue"] for each in found) >= 50
    assert sum(each["queue"] < each["pessimistic"] for each in found) >= 10


@pytest.mark.deep
@pytest.mark.parametrize("name", DAYS)
def test_queue_fills_between_its_bounds_all_day(real_data: Path, tmp_path: Path, name: str) -> None:
    """Every tenth snapshot of the whole file, each order for up to an hour."""
    ticks, instrument = ticks_of(real_data, name, tmp_path)
    found = fill_times(ticks, instrument, 10, 7_200)

    assert outside(found) == []
    assert sum(each["queue"] < inf for each in found) >= 200


@pytest.mark.parametrize(("name", "share"), [("ru1901", 0.6), ("rb2205", 0.6), ("IF2101", 0.3)])
def test_the_turnover_of_real_snapshots_is_used(
    real_data: Path, tmp_path: Path, name: str, share: float
) -> None:
    """For most intervals it leaves no doubt how many lots traded at the lower touch or below.

    IF moves by several of its ticks of 0.2 in half a second.
    """
    ticks, instrument = ticks_of(real_data, name, tmp_path)
    known, all_of_them = 0, 0
    for before, tick in pairwise(ticks[:SLICE]):
        traded = traded_between(before, tick, instrument)
        if not traded.lots or before.ask_price_1 - before.bid_price_1 > 1.5 * instrument.tick_size:
            continue
        at = instrument.to_ticks(before.bid_price_1)
        fewest, most = traded.fewest(-1, at), traded.most(-1, at)
        assert 0 <= fewest <= most <= traded.lots
        known += fewest == most
        all_of_them += 1
    assert known > share * all_of_them > 30


def test_czce_s_turnover_is_not_used_on_a_real_day(real_data: Path, tmp_path: Path) -> None:
    """It is the day's average price times the day's lots, in every row of the file."""
    ticks, instrument = ticks_of(real_data, "AP010", tmp_path)
    for before, tick in pairwise(ticks[:SLICE]):
        lots = tick.volume - before.volume
        if lots > 0:
            blind = replace(tick, turnover=0.0)
            price = instrument.to_ticks(tick.last_price)
            told = traded_between(before, tick, instrument).fewest(-1, price)
            assert told == traded_between(before, blind, instrument).fewest(-1, price)
