"""Makes venues out of settings, when the engine is built."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from homalos.clock import EngineClock
from homalos.config import Settings, structure
from homalos.engine.data import DataManager
from homalos.engine.loop import Loop
from homalos.engine.making import make
from homalos.engine.markets import Markets
from homalos.inbox import Inbox
from homalos.plugins.catalog import Catalog
from homalos.plugins.ports import FaultMaker, Gateway, GatewayContext
from homalos.plugins.specs import GatewaySpec

__all__ = ["end_day", "heal", "make_gateways"]


def make_gateways(
    settings: Settings,
    catalog: Catalog,
    *,
    clock: EngineClock,
    loop: Loop,
    inbox: Inbox,
    markets: Markets,
    data: DataManager,
) -> dict[str, Gateway]:
    """Make every venue that the settings name, and let those in here see the market first.

    Raises:
        MissingPluginError: No plugin offers a gateway of that kind.
        ConfigError: Its options are wrong; every problem at once.
    """
    made: dict[str, Gateway] = {}
    taps = []
    for name, each in settings.gateways.items():
        spec: GatewaySpec = catalog.gateway(each.kind)
        options: Any = structure(each.options, spec.config, path=f"$.gateways.{name}.options")
        context = GatewayContext(
            name=name,
            clock=clock,
            random=random.Random(f"{settings.seed}:{name}"),
            instrument=markets.instrument,
            last_tick=data.last_tick,
            post=loop.post if spec.in_process else inbox.post,
            post_at=loop.post_at,
            fill_model=catalog.fill_model,
            trading_day=lambda: loop.trading_day,
            market=markets.of,
            capital={
                account: found.capital
                for account, found in settings.accounts.items()
                if name in (found.gateway, *found.routing.gateways)
            },
        )
        gateway = made[name] = make(f"gateway {name!r}", spec.factory, context, options)
        tap = gateway.market_tap()
        if tap is not None:
            taps.append(tap)
    loop.bind_taps(taps)
    return made


def end_day(gateways: Mapping[str, Gateway], day: int) -> None:
    """Have the venues settle a trading day that is over, where they do."""
    for gateway in gateways.values():
        # Whether it is a `DayCloser`, asked in a cheap way: this runs on every day of a replay.
        close: Callable[[int], None] | None = getattr(gateway, "end_day", None)
        if close is not None:
            close(day)


def heal(gateways: Mapping[str, Gateway]) -> None:
    """Have those make no more faults that make them on purpose."""
    for gateway in gateways.values():
        if isinstance(gateway, FaultMaker):
            gateway.heal()
