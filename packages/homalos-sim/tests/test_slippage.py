"""Slippage makes a price worse, up to what the order and the day allow, and never better."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.errors import ConfigError
from homalos.model import Direction
from homalos.testing import at, bar
from homalos.testing.contracts import FillModelSubject
from homalos.testing.contracts.fill_model_pit import Pit
from homalos_sim.plugin import register_fill_models

SPECS = {spec.name: spec for spec in register_fill_models()}
BUY, SELL = Direction.LONG, Direction.SHORT


def pit_of(model: str = "l1", **options: Any) -> Pit:
    """Make a pit with a model and its options."""
    return Pit(FillModelSubject(spec=SPECS[model], options=options))


def prices(pit: Pit) -> list[float]:
    """Return what was paid, in steps from 100."""
    return [each.price - 100 for each in pit.fills]


@pytest.mark.parametrize("model", sorted(SPECS))
@pytest.mark.parametrize(
    ("options", "bought", "sold"),
    [
        ({}, 2, -2),
        ({"slippage": "none", "slippage_ticks": 9}, 2, -2),
        ({"slippage": "ticks"}, 3, -3),
        ({"slippage": "ticks", "slippage_ticks": 3}, 5, -5),
        ({"slippage": "spread", "slippage_share": 0.5}, 4, -4),  # half of 4
        ({"slippage": "spread", "slippage_share": 0.3}, 4, -4),  # 1.2 is 2 ticks
        ({"slippage": "spread", "slippage_share": 0.25}, 3, -3),
        ({"slippage": "spread", "slippage_share": 0.0}, 2, -2),
    ],
)
def test_market_orders_pay_it(
    model: str, options: dict[str, Any], bought: float, sold: float
) -> None:
    """The book stands at -2/2."""
    pit = pit_of(model, **options)
    pit.tick(0, bid=(-2, 5), ask=(2, 5))
    pit.send("buy", BUY, 1)
    pit.send("sell", SELL, 1)
    pit.tick(1, bid=(-2, 5), ask=(2, 5))
    assert prices(pit) == [bought, sold]


@pytest.mark.parametrize(("steps", "paid"), [(2, 2), (3, 3), (4, 4), (9, 5)])
def test_a_limit_order_pays_it_up_to_its_limit(steps: float, paid: float) -> None:
    """Three ticks from the ask at 2 would be 5."""
    pit = pit_of(slippage="ticks", slippage_ticks=3)
    pit.tick(0, bid=(0, 5), ask=(2, 5))
    pit.send("a", BUY, 1, steps)
    assert prices(pit) == [paid]


def test_a_resting_order_pays_its_limit_and_no_more() -> None:
    """That is its price already."""
    pit = pit_of("queue", slippage="ticks", slippage_ticks=3)
    pit.tick(0, bid=(0, 1), ask=(1, 5))
    pit.send("a", BUY, 1, 0)
    pit.tick(1, bid=(0, 1), ask=(1, 5), trades=[(0, 2)])
    assert prices(pit) == [0]


@pytest.mark.parametrize(
    ("side", "limits", "paid"),
    [
        (BUY, {"limit_up": 102.0}, 2),
        (BUY, {"limit_up": nan}, 4),
        (BUY, {"limit_up": 100.0}, 1),  # a limit that is wrong improves nothing
        (SELL, {"limit_down": 98.0}, -2),
        (SELL, {"limit_down": 99.5}, -1),
    ],
)
def test_it_stops_at_the_price_limit(side: Direction, limits: dict[str, Any], paid: float) -> None:
    """Beyond it nobody may trade; the book stands at -1/1 and three ticks are asked for."""
    pit = pit_of(slippage="ticks", slippage_ticks=3)
    pit.tick(0, bid=(-1, 5), ask=(1, 5), **limits)
    pit.send("a", side, 1)
    assert prices(pit) == [paid]


def test_it_stops_at_the_worst_price_of_a_bar() -> None:
    """The bar opened at 0 and went from -1 to 2: a buyer pays 2 of 5, a seller -1."""
    pit = pit_of(slippage="ticks", slippage_ticks=5)
    pit.send("buy", BUY, 1)
    pit.send("sell", SELL, 1)
    pit.model.match_bar(bar(start_ns=at(0), volume=9, low_price=99.0, high_price=102.0), 1.0)
    assert prices(pit) == [2, -1]


@pytest.mark.parametrize(
    "options",
    [{"slippage": "some"}, {"slippage_ticks": -1}, {"slippage_share": -0.1}, {"slipage": "none"}],
)
@pytest.mark.parametrize("model", sorted(SPECS))
def test_wrong_options_are_told(model: str, options: dict[str, Any]) -> None:
    """By every model."""
    with pytest.raises(ConfigError, match="slip"):
        pit_of(model, **options)


@given(
    side=st.sampled_from((BUY, SELL)),
    steps=st.one_of(st.just(nan), st.integers(-6, 6)),
    ticks=st.integers(0, 5),
    bid=st.integers(-3, 0),
    ask=st.integers(1, 4),
    limits=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    model=st.sampled_from(sorted(SPECS)),
)
def test_it_never_improves_a_price_nor_crosses_a_limit(
    *,
    side: Direction,
    steps: float,
    ticks: int,
    bid: int,
    ask: int,
    limits: tuple[int, int],
    model: str,
) -> None:
    """The same order with and without."""
    found = []
    for options in ({}, {"slippage": "ticks", "slippage_ticks": ticks}):
        pit = pit_of(model, **options)
        fields: dict[str, Any] = {
            "limit_up": 100.0 + ask + limits[0],
            "limit_down": 100.0 + bid - limits[1],
        }
        pit.tick(0, bid=(bid, 9), ask=(ask, 9), **fields)
        pit.send("a", side, 2, steps)
        pit.tick(1, bid=(bid, 9), ask=(ask, 9), **fields)
        found.append(pit.fills)
    plain, slipped = found
    turn = 1 if side is BUY else -1
    limit = fields["limit_up"] if side is BUY else fields["limit_down"]
    assert [each.lots for each in plain] == [each.lots for each in slipped]
    for one, other in zip(plain, slipped, strict=True):
        assert turn * one.price <= turn * other.price <= turn * limit
        assert not turn * other.price > turn * (100 + steps)
