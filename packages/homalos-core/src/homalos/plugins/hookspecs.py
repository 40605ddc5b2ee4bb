"""The questions the core asks while an engine is built, and never while it runs.

Every `register_…` hook returns an iterable of frozen specs, or `None` for "nothing from me".
All are called on the thread that builds the engine, once, in name order of the
plugins. Arguments are only ever added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from homalos.config import Settings
    from homalos.plugins.ports import EngineHandle
    from homalos.plugins.specs import (
        AlertChannelSpec,
        CommandSpec,
        DoctorCheckSpec,
        FeedSpec,
        FillModelSpec,
        GatewaySpec,
        ImporterSpec,
        MarketSpec,
        RiskRuleSpec,
        RouterSpec,
        StatementFormatSpec,
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
    def register_routers(self) -> Iterable[RouterSpec] | None:
        """Offer ways to choose the venue of an order, where an account has several.

        Each spec's factory makes one `homalos.plugins.ports.Router` for every account
        whose `routing.router` has the spec's name. It is called on the engine thread, for
        each order of such an account, with the venues that could take it; orders of an
        account with one gateway never come to it.

        .. versionadded:: 0.1
        """

    @hookspec
    def register_strategies(self) -> Iterable[StrategySpec] | None:
        """Offer strategies by name.

        .. versionadded:: 0.1
        """

    @hookspec
    def register_fill_models(self) -> Iterable[FillModelSpec] | None:
        """Offer ways in which a simulated venue decides what fills.

        A venue that takes one names it in its options; each spec's factory makes one
        `homalos.plugins.ports.FillModel` for every instrument that is traded.

        .. versionadded:: 0.1
        """

    @hookspec
    def register_alert_channels(self) -> Iterable[AlertChannelSpec] | None:
        """Offer ways to reach a person with an alert.

        A channel is used when the settings name it: `alerts: {<name>: {options}}`. Its
        `send` is called on an observer's thread, never on the engine's.

        .. versionadded:: 0.1
        """

    @hookspec
    def register_statement_formats(self) -> Iterable[StatementFormatSpec] | None:
        """Offer the texts in which brokers send settlement statements.

        The first format, in name order, writes the text that is kept beside each day the
        engine has settled; its `write` is called on an observer's thread, never on the
        engine's. `homalos reconcile` tries each on a broker's file until one can read it.

        .. versionadded:: 0.1
        """

    @hookspec
    def register_doctor_checks(self) -> Iterable[DoctorCheckSpec] | None:
        """Offer checks of the surroundings for `homalos doctor`.

        Asked by that command only. A check looks at files, clocks, libraries or hosts
        that the plugin needs, and says what to do about what it found.

        .. versionadded:: 0.1
        """

    @hookspec
    def check_settings(self, settings: Settings) -> Iterable[str] | None:
        """Return what is wrong with the settings as a whole, each problem as `what @ $.path`.

        Asked when an engine is built, and before changed settings are accepted; a
        problem refuses both. Options of single parts need no hook: their classes check
        them.

        .. versionadded:: 0.1
        """

    @hookspec
    def engine_lifespan(self, handle: EngineHandle) -> AbstractContextManager[object] | None:
        """Give a context manager that lives as long as the engine runs.

        Entered when everything is built and before the venues connect, in name order of
        the plugins; left in reverse when the engine stops. Each is entered and left on
        one thread of its own while the engine's waits, so it must not wait for the engine
        there. One that raises on entering stops the start; one that raises on leaving,
        or has not left after 5 s, is told, and the others are left all the same.

        .. versionadded:: 0.1
        """

    @hookspec
    def register_commands(self) -> Iterable[CommandSpec] | None:
        """Offer commands of the command line; each is imported when it is called.

        .. versionadded:: 0.1
        """
