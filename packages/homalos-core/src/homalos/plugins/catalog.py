"""The catalog: everything the plugins offer, by kind and name. Gathered once, never changed."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar, cast

from attrs import field, frozen

from homalos.errors import DuplicateNameError, MissingPluginError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homalos.plugins.host import PluginHost, Spec
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

__all__ = ["Catalog"]

_S = TypeVar("_S", bound="Spec")


@frozen(kw_only=True)
class Catalog:
    """What there is to build an engine from. Every mapping is sorted by name.

    Attributes:
        offered_by: (kind, name) -> the plugin that offers it; the kinds are
            `market`, `gateway`, `feed`, `importer`, `store`, `risk rule`,
            `router`, `strategy`, `fill model`, `alert channel`, `statement format`,
            `doctor check` and `command`.
        faults: Plugin -> what is wrong with it, for those at fault.
    """

    markets: Mapping[str, MarketSpec]
    gateways: Mapping[str, GatewaySpec]
    feeds: Mapping[str, FeedSpec]
    importers: Mapping[str, ImporterSpec]
    stores: Mapping[str, StoreSpec]
    risk_rules: Mapping[str, RiskRuleSpec]
    routers: Mapping[str, RouterSpec]
    strategies: Mapping[str, StrategySpec]
    fill_models: Mapping[str, FillModelSpec]
    alert_channels: Mapping[str, AlertChannelSpec]
    statement_formats: Mapping[str, StatementFormatSpec]
    doctor_checks: Mapping[str, DoctorCheckSpec]
    commands: Mapping[str, CommandSpec]
    offered_by: Mapping[tuple[str, str], str] = field(repr=False)
    faults: Mapping[str, str]

    @classmethod
    def gather(cls, host: PluginHost) -> Catalog:
        """Put every hook to every plugin and keep the answers.

        Raises:
            DuplicateNameError: Two specs of a kind have the same name; it names
                both plugins.
        """
        offered: dict[tuple[str, str], str] = {}
        return cls(
            markets=_gathered(host, "register_markets", "market", offered),
            gateways=_gathered(host, "register_gateways", "gateway", offered),
            feeds=_gathered(host, "register_feeds", "feed", offered),
            importers=_gathered(host, "register_importers", "importer", offered),
            stores=_gathered(host, "register_stores", "store", offered),
            risk_rules=_gathered(host, "register_risk_rules", "risk rule", offered),
            routers=_gathered(host, "register_routers", "router", offered),
            strategies=_gathered(host, "register_strategies", "strategy", offered),
            fill_models=_gathered(host, "register_fill_models", "fill model", offered),
            alert_channels=_gathered(host, "register_alert_channels", "alert channel", offered),
            statement_formats=_gathered(
                host, "register_statement_formats", "statement format", offered
            ),
            doctor_checks=_gathered(host, "register_doctor_checks", "doctor check", offered),
            commands=_gathered(host, "register_commands", "command", offered),
            offered_by=MappingProxyType(offered),
            faults=MappingProxyType({info.name: info.fault for info in host.infos if info.fault}),
        )

    def market(self, name: str) -> MarketSpec:
        """Return a market's spec.

        Raises:
            MissingPluginError: None has this name; as for every kind below.
        """
        return self._found("market", self.markets, name)

    def gateway(self, name: str) -> GatewaySpec:
        """Return a gateway's spec."""
        return self._found("gateway", self.gateways, name)

    def feed(self, name: str) -> FeedSpec:
        """Return a feed's spec."""
        return self._found("feed", self.feeds, name)

    def importer(self, name: str) -> ImporterSpec:
        """Return an importer's spec."""
        return self._found("importer", self.importers, name)

    def store(self, name: str) -> StoreSpec:
        """Return a store's spec."""
        return self._found("store", self.stores, name)

    def risk_rule(self, name: str) -> RiskRuleSpec:
        """Return a risk rule's spec."""
        return self._found("risk rule", self.risk_rules, name)

    def router(self, name: str) -> RouterSpec:
        """Return a router's spec."""
        return self._found("router", self.routers, name)

    def strategy(self, name: str) -> StrategySpec:
        """Return a strategy's spec."""
        return self._found("strategy", self.strategies, name)

    def fill_model(self, name: str) -> FillModelSpec:
        """Return a fill model's spec."""
        return self._found("fill model", self.fill_models, name)

    def alert_channel(self, name: str) -> AlertChannelSpec:
        """Return an alert channel's spec."""
        return self._found("alert channel", self.alert_channels, name)

    def statement_format(self, name: str) -> StatementFormatSpec:
        """Return a statement format's spec."""
        return self._found("statement format", self.statement_formats, name)

    def command(self, name: str) -> CommandSpec:
        """Return a command's spec."""
        return self._found("command", self.commands, name)

    def specs_of(self, plugin: str) -> tuple[str, ...]:
        """Return what a plugin offers, as `gateway sim` or `risk rule price_band`."""
        return tuple(
            f"{kind} {name}" for (kind, name), owner in self.offered_by.items() if owner == plugin
        )

    def _found(self, kind: str, specs: Mapping[str, _S], name: str) -> _S:
        spec = specs.get(name)
        if spec is not None:
            return spec
        there = f"there are: {', '.join(specs)}" if specs else "there are none"
        faults = "".join(
            f"; the plugin {plugin!r} is at fault: {fault}" for plugin, fault in self.faults.items()
        )
        a = "an" if kind[0] in "aeiou" else "a"
        msg = f"no plugin offers {a} {kind} {name!r}; {there}{did_you_mean(name, specs)}{faults}"
        raise MissingPluginError(msg)


def _gathered(
    host: PluginHost, hook: str, kind: str, offered: dict[tuple[str, str], str]
) -> Mapping[str, _S]:
    specs: dict[str, _S] = {}
    # The host lets only the hook's own class of specs through.
    for plugin, spec in cast("tuple[tuple[str, _S], ...]", host.answers(hook)):
        first = offered.get((kind, spec.name))
        if first is not None:
            by = f"twice by the plugin {plugin!r}"
            if first != plugin:
                by = f"by both the plugins {first!r} and {plugin!r}"
            msg = f"the {kind} {spec.name!r} is offered {by}; take one of them out"
            raise DuplicateNameError(msg, plugin=plugin, hook=hook)
        specs[spec.name] = spec
        offered[kind, spec.name] = plugin
    return MappingProxyType(dict(sorted(specs.items())))
