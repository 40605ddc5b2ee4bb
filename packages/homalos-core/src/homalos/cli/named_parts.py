"""The parts that settings name, each with its options as the part's own class reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
from attrs import frozen

from homalos.config import Settings, structure
from homalos.config.settings import effective_name
from homalos.engine.build import make_markets
from homalos.engine.strategies.sources import StrategySources
from homalos.errors import ConfigError, HomalosError
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import PluginHost

__all__ = ["completed", "problems_of"]

_Options = Mapping[str, Any]


@frozen
class _Part:
    """One part: where its kind and its options stand, what they are, what finds its class."""

    path: str
    named_at: str
    options: Any
    config: Callable[[], type]

    def read(self) -> Any:
        """Return its options in its own class.

        Raises:
            ConfigError: Nothing offers the part, or its options are wrong.
        """
        try:
            config = self.config()
        except ConfigError:
            raise
        except HomalosError as error:
            raise ConfigError([f"{error} @ {self.named_at}"]) from error
        return structure(self.options, config, path=self.path)


def problems_of(settings: Settings, host: PluginHost) -> tuple[str, ...]:
    """Return everything that keeps an engine from being built of the settings.

    Looked at are the options of every part that is named, the parameters and symbols of
    every strategy, and what the plugins say of the whole.
    """
    catalog = Catalog.gather(host)
    problems: list[str] = []
    for part in _parts(settings, catalog):
        try:
            part.read()
        except ConfigError as error:
            problems += error.problems
    problems += _unknown_symbols(settings, catalog)
    problems += _objections(settings, host)
    return tuple(dict.fromkeys(problems))


def completed(settings: Settings, catalog: Catalog) -> Settings:
    """Return the settings with the defaults of every part that is used written out.

    What cannot be read stays as it is.
    """
    found: dict[str, _Options] = {}
    for part in _parts(settings, catalog):
        try:
            found[part.path] = attrs.asdict(part.read())
        except ConfigError:
            found[part.path] = part.options

    def options(path: str, each: Any) -> Any:
        return attrs.evolve(each, options=found[path])

    return attrs.evolve(
        settings,
        market={name: found[f"$.market.{name}"] for name in _markets(settings, catalog)},
        gateways={
            name: options(f"$.gateways.{name}.options", each)
            for name, each in settings.gateways.items()
        },
        feed=settings.feed and options("$.feed.options", settings.feed),
        store=settings.store and options("$.store.options", settings.store),
        risk={
            **{name: each for name, each in settings.risk.items() if each is False},
            **{name: found[f"$.risk.{name}"] for name in _rules(settings, catalog)},
        },
        alerts={
            name: found.get(f"$.alerts.{name}", each) for name, each in settings.alerts.items()
        },
        strategies=tuple(
            attrs.evolve(each, params=found[f"$.strategies.{effective_name(each)}.params"])
            for each in settings.strategies
        ),
    )


# -- the parts ------------------------------------------------------------------


def _parts(settings: Settings, catalog: Catalog) -> Iterator[_Part]:
    """Yield every part that is used, in the order of the settings."""
    for name in _markets(settings, catalog):
        options = settings.market.get(name, {})
        path = f"$.market.{name}"
        yield _Part(path, "$.markets" if name in settings.markets else path, options,
                    _config(catalog.market, name))  # fmt: skip
    for name, gateway in settings.gateways.items():
        path = f"$.gateways.{name}"
        config = _config(catalog.gateway, gateway.kind)
        yield _Part(f"{path}.options", f"{path}.kind", gateway.options, config)
    if settings.feed is not None:
        config = _config(catalog.feed, settings.feed.kind)
        yield _Part("$.feed.options", "$.feed.kind", settings.feed.options, config)
    for name in _rules(settings, catalog):
        given = settings.risk.get(name, {})
        options, path = {} if given is True else given, f"$.risk.{name}"
        yield _Part(path, path, options, _config(catalog.risk_rule, name))
    yield from _strategies(settings, catalog)
    if settings.store is not None:
        config = _config(catalog.store, settings.store.kind)
        yield _Part("$.store.options", "$.store.kind", settings.store.options, config)
    for name, given in settings.alerts.items():
        if given is not False:
            options, path = {} if given is True else given, f"$.alerts.{name}"
            yield _Part(path, path, options, _config(catalog.alert_channel, name))


def _markets(settings: Settings, catalog: Catalog) -> tuple[str, ...]:
    used = settings.markets or tuple(catalog.markets)
    return tuple(dict.fromkeys((*used, *settings.market)))


def _rules(settings: Settings, catalog: Catalog) -> tuple[str, ...]:
    named = dict.fromkeys((*catalog.risk_rules, *settings.risk))
    # One that is switched off must exist as well.
    return tuple(
        name
        for name in named
        if settings.risk.get(name) is not False or name not in catalog.risk_rules
    )


def _strategies(settings: Settings, catalog: Catalog) -> Iterator[_Part]:
    sources = StrategySources(catalog, settings.strategies_folder)

    def config_of(text: str) -> Callable[[], type]:
        def find() -> type:
            source = sources.find(text)
            source.forget()
            return source.config

        return find

    for each in settings.strategies:
        path = f"$.strategies.{effective_name(each)}"
        config = config_of(each.strategy)
        yield _Part(f"{path}.params", f"{path}.strategy", each.params, config)


def _config(find: Callable[[str], Any], name: str) -> Callable[[], type]:
    def config() -> type:
        found: type = find(name).config
        return found

    return config


# -- the rest ---------------------------------------------------------------------


def _unknown_symbols(settings: Settings, catalog: Catalog) -> Iterator[str]:
    try:
        markets = make_markets(catalog, settings)
    except ConfigError:
        return  # told as a part's problem
    except HomalosError as error:
        if all(name in catalog.markets for name in settings.markets):
            yield f"{error} @ $.markets"
        return
    for each in settings.strategies:
        for symbol in each.symbols:
            try:
                markets.instrument(markets.parse(symbol))
            except HomalosError as error:
                yield f"{error} @ $.strategies.{effective_name(each)}.symbols"


def _objections(settings: Settings, host: PluginHost) -> Iterator[str]:
    """Yield what the plugins say of the settings, and those that fail to say anything."""
    before = {info.name: info.fault for info in host.infos}
    for _, answer in host.ask("check_settings", settings=settings):
        yield from answer
    for info in host.infos:
        if info.fault and (info.is_named or info.fault != before[info.name]):
            yield f"the plugin {info.name!r} is at fault: {info.fault}"
