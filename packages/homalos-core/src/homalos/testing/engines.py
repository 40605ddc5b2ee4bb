"""An engine for a test: on a fake market with a fake venue, and nothing on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from homalos.config import AccountSettings, FeedSettings, GatewaySettings, Settings
from homalos.engine.engine import Engine
from homalos.plugins import FeedSpec, GatewaySpec, MarketSpec, hookimpl
from homalos.plugins.host import ANSWERS, PluginHost, Spec
from homalos.plugins.ports import Feed, Market
from homalos.testing.fakes import FakeGateway, FakeMarket

__all__ = ["engine", "plugin"]


def plugin(name: str, *specs: Spec) -> ModuleType:
    """Make a plugin module that offers each spec through the hook of its class.

    Hand it to `PluginHost.of`.
    """
    module = ModuleType(name)
    for hook, kind in ANSWERS.items():
        own = tuple(spec for spec in specs if isinstance(spec, kind))
        if own:
            setattr(module, hook, hookimpl(_offering(own)))
    return module


def engine(
    *specs: Spec,
    market: Market | None = None,
    gateway: FakeGateway | GatewaySpec | None = None,
    feed: Feed | None = None,
    plugins: Sequence[ModuleType] = (),
    **settings: Any,
) -> Engine:
    """Build an engine on fakes: one market, one venue, one account called `main`.

    A fake venue's reports are dispatched at once. Nothing is written to disk
    unless the settings ask for a store or a journal; give `home` with those.

    Args:
        specs: What else is offered: risk rules, strategies, stores.
        market: Instead of a `FakeMarket` that trades round the clock.
        gateway: The venue, where the test wants to hold it, or another one's spec.
        feed: Where `run` takes its events; without it the engine is stepped by hand.
        plugins: Whole plugin modules beside the fakes.
        settings: Fields of `Settings`; those left out are chosen here or have the defaults.
    """
    venue = FakeGateway() if gateway is None else gateway
    spec = venue if isinstance(venue, GatewaySpec) else _spec_of(venue)
    offered: list[Spec] = [MarketSpec(name="fake", factory=_giving(market or FakeMarket())), spec]
    if feed is not None:
        offered.append(FeedSpec(name="fake", factory=_giving(feed)))
        settings.setdefault("feed", FeedSettings(kind="fake"))
    settings.setdefault("gateways", {spec.name: GatewaySettings(kind=spec.name)})
    settings.setdefault("accounts", {"main": AccountSettings(gateway=spec.name)})
    host = PluginHost.of(plugin("fakes", *offered, *specs), *plugins)
    built = Engine.build(Settings(**settings), plugins=host)
    if isinstance(venue, FakeGateway):
        venue.flush = built.parts.loop.flush
    return built


def _spec_of(venue: FakeGateway) -> GatewaySpec:
    return GatewaySpec(
        name="fake", factory=lambda context, _: venue.attach(context), in_process=True
    )


def _offering(specs: tuple[Spec, ...]) -> Callable[[], tuple[Spec, ...]]:
    # A function of its own for each hook: pluggy takes no other callable.
    def answer() -> tuple[Spec, ...]:
        return specs

    return answer


def _giving(part: Any) -> Callable[[Any, Any], Any]:
    def make(_context: Any, _options: Any) -> Any:
        return part

    return make
