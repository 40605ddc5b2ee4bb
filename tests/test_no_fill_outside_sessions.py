"""Whatever comes when: nothing fills outside a session or the match of an auction."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from venue_floor import VenueFloor

from homalos.model import Direction, OrderReport, OrderType, Status, TradeReport
from homalos.testing import tick
from homalos_china.market import ChinaMarket

if TYPE_CHECKING:
    from homalos.plugins.ports import VenueEvent

DAY = 20250805
HALF_S = 500_000_000
# In half seconds: where something begins or ends, and now and then anywhere.
_EDGES = [0, 1, 119, 120, 121, 239, 240, 241, 480, 600, 601, 2_400]
SYMBOLS = ["rb2510.SHFE", "TA509.CZCE", "IF2509.CFFEX", "lc2511.GFEX"]


@cache
def _china() -> ChinaMarket:
    return ChinaMarket.load(Path("no such folder") / "china.toml")


@cache
def _hours(symbol: str) -> list[tuple[int, int]]:
    """Return when something may fill: the ends of sessions count, they show what traded."""
    sessions = [(each.start_ns, each.end_ns) for each in _china().sessions(symbol, DAY)]
    return sessions + [(each.match_ns, each.end_ns) for each in _china().auctions(symbol, DAY)]


def _instants(symbol: str) -> list[int]:
    """Return the edges of the day, and instants close to each, in time order."""
    edges = {ns for hours in _hours(symbol) for ns in hours}
    edges |= {each.start_ns for each in _china().auctions(symbol, DAY)}
    near = {ns + sign * half * HALF_S for ns in edges for half in _EDGES for sign in (-1, 1)}
    first, last = _hours(symbol)[0][0] - 3_600 * 10**9, max(edges)
    return sorted(ns for ns in near if first <= ns <= last)


_step = st.tuples(
    st.integers(0, 40),  # how many of the instants to pass
    st.sampled_from(["tick", "order", "cancel"]),
    st.integers(95, 105).map(float),
    st.integers(1, 9),
    st.sampled_from(list(Direction)),
    st.sampled_from([OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET, OrderType.FAK]),
)


@pytest.mark.parametrize("model", ["l1", "queue", "optimistic"])
@pytest.mark.parametrize("symbol", SYMBOLS)
@settings(deadline=None, max_examples=30)
@given(steps=st.lists(_step, max_size=60), outside=st.sampled_from(["wait", "reject"]))
def test_nothing_fills_outside_the_hours(
    symbol: str,
    model: str,
    steps: list[tuple[int, str, float, int, Direction, OrderType]],
    outside: str,
) -> None:
    """Each fill is in a session or in the match; each order is over once its day is."""
    instants = _instants(symbol)
    step_size = _china().resolve(symbol).tick_size
    venue = VenueFloor(
        market=_china(), symbol=symbol, start_ns=instants[0],
        outside_session=outside, self_trade="allow", fill_model=model,
    )  # fmt: skip
    venue.day = DAY
    said: list[VenueEvent] = []
    late = set()
    place = volume = 0
    for number, (passed, what, price, lots, side, kind) in enumerate(steps):
        place += passed
        if place >= len(instants):
            break
        said += venue.until(instants[place])
        at = price * step_size * 100
        if what == "tick":
            volume += lots
            said += venue.show(
                tick(symbol, at, ts_ns=instants[place], trading_day=DAY, volume=volume)
            )
        elif what == "order":
            cost = (at,) if kind is not OrderType.MARKET else ()
            if instants[place] == instants[-1]:
                late.add(f"1-{number}")  # sent as the day ends: an order of the next one
            said += venue.send(f"1-{number}", side, lots, *cost, kind=kind)
        else:
            said += venue.cancel(f"1-{number // 2}")
    said += venue.until(instants[-1] + 10**9)
    _check(symbol, said)
    assert venue.venue.working_orders() <= late


def _check(symbol: str, said: list[VenueEvent]) -> None:
    hours = _hours(symbol)
    for each in said:
        if isinstance(each, TradeReport):
            assert any(start <= each.ts_ns <= end for start, end in hours)
            assert each.trading_day == DAY
    over = {Status.CANCELLED, Status.REJECTED}
    ends = [each for each in said if isinstance(each, OrderReport) and each.status in over]
    assert all(each.reason for each in ends)
    assert len({each.order_id for each in ends}) == len(ends)
