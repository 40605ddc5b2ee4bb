"""The questions the core asks while an engine is built, and never while it runs.

Every hook returns an iterable of frozen specs, or `None` for "nothing from me".
All are called on the thread that builds the engine, once, in name order of the
plugins. Arguments are only ever added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homalos.plugins.specs import (
        CommandSpec,
        FeedSpec,
        GatewaySpec,
        ImporterSpec,
        MarketSpec,
        RiskRuleSpec,
        StoreSpec,
        StrategySpec,
    )

__all__ = ["PROJECT", "Hooks", "hookimpl", "hookspec"]

PROJECT = "homalos"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Hooks:
    """Every hook of the core. A plugin module answers with functions of these names."""

    @hookspec
    def register_markets(self) -> Iterable[MarketSpec] | None:
        """Offer markets: calendar, sessions, contracts and their spelling.

        Asked when an engine is built or a command needs a calendar. Each spec's
        factory makes one `homalos.plugins.ports.Market`. Two markets must not
        claim the same exchange.

        .. versionadded:: 0.1
        """

    @hookspec
    def register_gateways(self) -> Iterable[GatewaySpec] | None:
        """Offer venues to trade on, real or simulated.

        Each spec's factory makes one `homalos.plugins.ports.Gateway` for every
        gateway of that kind in the settings.

        .. versionadded:: 0.1
        """

    @hookspec
    def register_feeds(self) -> Iterable[FeedSpec] | None:
        """Offer sources of market data that are not a venue: tapes, synthetic markets.

        Each spec's factory makes one `homalos.plugins.ports.Feed`.

        .. versionadded:: 0.1
        """

    @hookspec
    def register_importers(self) -> Iterable[ImporterSpec] | None:
        """Offer readers of data files.

        The first importer, in name order, whose `matches` says yes to a file
        reads it.

        .. versionadded:: 0.1
        """

    @hookspec
    def register_stores(self) -> Iterable[StoreSpec] | None:
        """Offer places where orders, trades and bars are kept.

        Each spec's factory makes one `homalos.plugins.ports.Store`; its `write`
        is called on an observer's thread, never on the engine's.

        .. versionadded:: 0.1
        """

    @hookspec
    def register_risk_rules(self) -> Iterable[RiskRuleSpec] | None:
        """Offer checks that every order passes before it leaves.

        A rule is active as soon as it is offered, with the defaults of its
        options, unless the settings say `risk: {<name>: false}`. Its check is
        bound at build time and called on the engine thread for every order.

        .. versionadded:: 0.1
        """

    @hookspec
    def register_strategies(self) -> Iterable[StrategySpec] | None:
        """Offer strategies by name.

        .. versionadded:: 0.1
        """

    @hookspec
    def register_commands(self) -> Iterable[CommandSpec] | None:
        """Offer commands of the command line; each is imported when it is called.

        .. versionadded:: 0.1
        """
