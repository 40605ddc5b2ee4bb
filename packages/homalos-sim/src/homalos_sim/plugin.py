"""What this package offers to the core; the rooms behind it load when they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from homalos.plugins import FeedSpec, FillModelSpec, GatewaySpec, hookimpl
from homalos_sim.fills.options import BarPathOptions, FillOptions
from homalos_sim.options import SyntheticOptions, TapeOptions, VenueOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from homalos.plugins.ports import (
        Feed,
        FeedContext,
        FillContext,
        FillModel,
        Gateway,
        GatewayContext,
    )
    from homalos_sim.distance import DistantVenue
    from homalos_sim.gateway import SimGateway

__all__ = ["register_feeds", "register_fill_models", "register_gateways"]


def _venue(context: GatewayContext, options: VenueOptions) -> Gateway:
    if options.faults is None:
        return _honest(context, options)
    from homalos_sim.faults.gateway import FaultyGateway

    return FaultyGateway(context, options.faults, lambda there: _honest(there, options))


def _honest(context: GatewayContext, options: VenueOptions) -> SimGateway | DistantVenue:
    from homalos_sim.gateway import SimGateway

    if options.latency.is_none:
        return SimGateway(context, options)
    from homalos_sim.distance import DistantVenue

    return DistantVenue(context, options.latency, lambda there: SimGateway(there, options))


def _l1(context: FillContext, options: FillOptions) -> FillModel:
    from homalos_sim.fills.slippage import with_slippage
    from homalos_sim.matching import Book

    return with_slippage(lambda each: Book(each.fill), context, options)


def _queue(context: FillContext, options: FillOptions) -> FillModel:
    from homalos_sim.fills.queueing import QueuePool
    from homalos_sim.fills.slippage import with_slippage

    return with_slippage(QueuePool, context, options)


def _pessimistic(context: FillContext, options: FillOptions) -> FillModel:
    from homalos_sim.fills.queueing import PessimisticPool
    from homalos_sim.fills.slippage import with_slippage

    return with_slippage(PessimisticPool, context, options)


def _optimistic(context: FillContext, options: FillOptions) -> FillModel:
    from homalos_sim.fills.slippage import with_slippage
    from homalos_sim.fills.unlimited import OptimisticPool

    return with_slippage(OptimisticPool, context, options)


def _bar_path(context: FillContext, options: BarPathOptions) -> FillModel:
    from homalos_sim.fills.bar_path import BarPathPool
    from homalos_sim.fills.slippage import with_slippage

    return with_slippage(lambda each: BarPathPool(each, options), context, options)


def _vnpy(context: FillContext, options: FillOptions) -> FillModel:
    from homalos_sim.fills.slippage import with_slippage
    from homalos_sim.fills.unlimited import VnpyPool

    return with_slippage(VnpyPool, context, options)


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
            doc="A venue that fills limit, market, FAK and FOK orders against ticks and bars.",
        ),
    )


# Name, factory, options, what it assumes in one line: reports show it.
_MODELS: tuple[tuple[str, Callable[..., FillModel], type[FillOptions], str], ...] = (
    (
        "l1",
        _l1,
        FillOptions,
        "Fills by what the book shows against an order, or by the prices and the volume of bars.",
    ),
    (
        "queue",
        _queue,
        FillOptions,
        "A resting order waits for the line before it, which only trades at its price shorten.",
    ),
    (
        "optimistic",
        _optimistic,
        FillOptions,
        "Fills whole as soon as the market may have traded at the price: an upper bound.",
    ),
    (
        "pessimistic",
        _pessimistic,
        FillOptions,
        "A resting order fills only when the market trades through its price: a lower bound.",
    ),
    (
        "bar_path",
        _bar_path,
        BarPathOptions,
        "Walks through a bar on the way worst for the order, within a share of its volume.",
    ),
    (
        "vnpy",
        _vnpy,
        FillOptions,
        "Fills whole at the next bar's open or the next touch, as vnpy does; to compare with.",
    ),
)


@hookimpl
def register_fill_models() -> tuple[FillModelSpec, ...]:
    """Offer the models that decide what fills in the simulated venue."""
    return tuple(
        FillModelSpec(name=name, factory=factory, config=config, doc=doc)
        for name, factory, config, doc in _MODELS
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
