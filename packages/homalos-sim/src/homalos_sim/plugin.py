"""What this package offers to the core; the rooms behind it load when they are used."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from homalos.plugins import FeedSpec, FillModelSpec, GatewaySpec, NoOptions, hookimpl
from homalos_sim.options import SyntheticOptions, TapeOptions, VenueOptions

if TYPE_CHECKING:
    from homalos.plugins.ports import (
        Feed,
        FeedContext,
        FillContext,
        FillModel,
        Gateway,
        GatewayContext,
    )

__all__ = ["register_feeds", "register_fill_models", "register_gateways"]


def _venue(context: GatewayContext, options: VenueOptions) -> Gateway:
    from homalos_sim.gateway import SimGateway

    if options.faults is None:
        return SimGateway(context, options)
    from homalos_sim.faults.gateway import FaultyGateway

    return FaultyGateway(context, options.faults, partial(SimGateway, options=options))


def _l1(context: FillContext, options: NoOptions) -> FillModel:  # noqa: ARG001  has none
    from homalos_sim.matching import Book

    return Book(context.fill)


def _synthetic(context: FeedContext, options: SyntheticOptions) -> Feed:
    from homalos_sim.synthetic import SyntheticFeed

    return SyntheticFeed(context, options)


def _tape(context: FeedContext, options: TapeOptions) -> Feed:
    from homalos_sim.tape import TapeFeed

    return TapeFeed(context, options)


@hookimpl
def register_gateways() -> tuple[GatewaySpec, ...]:
    """Offer the venue that fills orders against a tape."""
    return (
        GatewaySpec(
            name="sim",
            factory=_venue,
            config=VenueOptions,
            in_process=True,
            doc="A venue that fills limit and market orders against ticks and bars.",
        ),
    )


@hookimpl
def register_fill_models() -> tuple[FillModelSpec, ...]:
    """Offer the model that fills by the best price on either side."""
    return (
        FillModelSpec(
            name="l1",
            factory=_l1,
            doc="Fills by the touch of ticks, or by the prices and the volume of bars.",
        ),
    )


@hookimpl
def register_feeds() -> tuple[FeedSpec, ...]:
    """Offer the synthetic market and the replay of files."""
    return (
        FeedSpec(
            name="synthetic",
            factory=_synthetic,
            config=SyntheticOptions,
            doc="A seeded market of several instruments with night and day sessions.",
        ),
        FeedSpec(
            name="tape",
            factory=_tape,
            config=TapeOptions,
            doc="The ticks and bars of files, merged by time.",
        ),
    )
