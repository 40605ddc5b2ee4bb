"""The sections of the settings beside the plugins: does every name exist, do all options fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from homalos.config import Settings, structure
from homalos.errors import ConfigError, MissingPluginError
from homalos.plugins.catalog import Catalog

__all__ = ["examined"]

_Section = tuple[str, str, str, Callable[[str], Any], Any]


def examined(settings: Settings, catalog: Catalog) -> tuple[Mapping[str, Any], list[str]]:
    """Structure the options of every part that the settings use.

    Returns:
        The options by `kind name`, of several parts of one kind and name those of the
        first; and all problems with names and options, where building an engine stops
        at the first.
    """
    options: dict[str, Any] = {}
    problems = []
    for kind, name, path, find, given in _sections(settings, catalog):
        try:
            spec = find(name)
            options.setdefault(f"{kind} {name}", structure(given, spec.config, path=path))
        except MissingPluginError as error:
            problems.append(f"{error} @ {path}")
        except ConfigError as error:
            problems += error.problems
    return options, problems


def _sections(settings: Settings, catalog: Catalog) -> Iterator[_Section]:
    for name in settings.markets or tuple(catalog.markets):
        yield "market", name, f"$.market.{name}", catalog.market, settings.market.get(name, {})
    for name, each in settings.gateways.items():
        path = f"$.gateways.{name}.options"
        yield "gateway", each.kind, path, catalog.gateway, each.options
    if settings.feed is not None:
        yield "feed", settings.feed.kind, "$.feed.options", catalog.feed, settings.feed.options
    if settings.store is not None:
        path = "$.store.options"
        yield "store", settings.store.kind, path, catalog.store, settings.store.options
    yield from _rules(settings, catalog)
    for name, given in settings.alerts.items():
        yield "alert channel", name, f"$.alerts.{name}", catalog.alert_channel, _options(given)
    # A folder of strategies offers more names than the plugins do; building reads it.
    if settings.strategies_folder is None:
        for index, strategy in enumerate(settings.strategies):
            path = f"$.strategies[{index}].params"
            yield "strategy", strategy.strategy, path, catalog.strategy, strategy.params


def _rules(settings: Settings, catalog: Catalog) -> Iterator[_Section]:
    for name in {**dict.fromkeys(catalog.risk_rules), **settings.risk}:
        given = settings.risk.get(name, {})
        if given is not False:
            yield "risk rule", name, f"$.risk.{name}", catalog.risk_rule, _options(given)


def _options(given: Any) -> Any:
    return {} if given is True else given
