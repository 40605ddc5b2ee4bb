"""Another plugin's fill model fills in the simulated venue, and a wrong one is told at build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen
from attrs.validators import ge

from homalos import Engine, Strategy
from homalos.config import GatewaySettings
from homalos.errors import ConfigError, MissingPluginError
from homalos.model import Direction, TickData
from homalos.plugins import FillModelSpec
from homalos.plugins.ports import Fill, FillContext
from homalos.testing import SYMBOL, at, engine, tick
from homalos.testing.contracts.gateway_floor import Floor, GatewaySubject
from homalos_sim.matching import Book
from homalos_sim.plugin import register_fill_models, register_gateways


@frozen(kw_only=True)
class SlippageOptions:
    """How much worse a fill is."""

    ticks: int = field(default=1, validator=ge(0))


def _slipping(context: FillContext, options: SlippageOptions) -> Book:
    step = context.instrument.tick_size * options.ticks

    def fill(order: Any, price: float, lots: int, ts_ns: int, trading_day: int) -> None:
        worse = step if order.request.direction is Direction.LONG else -step
        context.fill(order, price + worse, lots, ts_ns, trading_day)

    told: Fill = fill
    return Book(told)


SLIPPAGE = FillModelSpec(name="slippage", factory=_slipping, config=SlippageOptions)


def floor(folder: Path, **options: Any) -> Floor:
    """Make a venue that may choose between `l1` and another plugin's model."""
    (spec,) = register_gateways()
    models = (*register_fill_models(), SLIPPAGE)
    return Floor(GatewaySubject(spec=spec, folder=folder, options=options, fill_models=models))


@pytest.mark.parametrize(
    ("options", "paid"),
    [
        ({}, 101.0),
        ({"fill_model": "slippage"}, 102.0),
        ({"fill_model": "slippage", "fill_options": {"ticks": 3}}, 104.0),
    ],
    ids=["l1", "another", "with options"],
)
def test_the_model_of_the_options_fills(
    tmp_path: Path, options: dict[str, Any], paid: float
) -> None:
    """One lot is offered at 101, one step above the price of the test."""
    with floor(tmp_path, **options) as venue:
        said = venue.send(venue.request(price=float("nan")))

    assert [event.price for event in said if hasattr(event, "price")] == [paid]


def test_an_unknown_model_is_told_when_the_venue_is_made(tmp_path: Path) -> None:
    """Not when the first order comes."""
    with pytest.raises(MissingPluginError, match="slipage"):
        floor(tmp_path, fill_model="slipage")


@pytest.mark.parametrize("options", [{"tick": 1}, {"ticks": -1}], ids=["unknown", "wrong"])
def test_options_that_the_model_does_not_take_are_told_with_their_path(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    """The names of the model and of the venue stand in it."""
    path = r"slippage.*\$\.gateways\.under-test\.options\.fill_options"
    with pytest.raises(ConfigError, match=path):
        floor(tmp_path, fill_model="slippage", fill_options=options)


class Holder(Strategy):
    """Wants one lot from the first tick on."""

    def on_tick(self, tick: TickData) -> None:
        """Buy at any price."""
        self.log(f"the market stands at {tick.last_price}")
        self.set_target_pos(1)


def built(model: str) -> Engine:
    """Build an engine whose venue is asked for a fill model."""
    (spec,) = register_gateways()
    asked = {"sim": GatewaySettings(kind="sim", options={"fill_model": model})}
    return engine(SLIPPAGE, *register_fill_models(), gateway=spec, gateways=asked)


def test_an_engine_gives_its_venue_the_models_of_every_plugin() -> None:
    """The ask stands at 101, and the model of the other plugin takes a step more."""
    whole = built("slippage")
    whole.add_strategy(Holder, symbol=SYMBOL)
    with whole:
        whole.step(tick(ts_ns=at(0)))
        whole.step(tick(ts_ns=at(1)))

    assert [trade.price for trade in whole.parts.orders.trades] == [102.0]


def test_an_engine_tells_which_model_was_meant() -> None:
    """The catalog knows the names of all of them."""
    with pytest.raises(MissingPluginError, match=r"fill model 'slipage'.*did you mean 'slippage'"):
        built("slipage")
