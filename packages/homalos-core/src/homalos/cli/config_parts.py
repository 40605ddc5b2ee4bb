"""The parts that settings name, each with the class its options are structured into."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import Any

import attrs

from homalos.config import Loaded, Settings, effective_name, structure
from homalos.config.changes import tree
from homalos.engine.build import make_markets
from homalos.engine.series.keeping import main_file, read_series
from homalos.engine.series.names import product_of_main
from homalos.engine.strategies.sources import StrategySources
from homalos.errors import ConfigError, HomalosError
from homalos.plugins.catalog import Catalog
from homalos.plugins.options import OTHER_KEYS

__all__ = ["Part", "effective", "examined", "part_problems", "parts_of"]


# What the catalog calls the parts of a section.
_KINDS = {
    "market": "market",
    "gateways": "gateway",
    "feed": "feed",
    "risk": "risk rule",
    "store": "store",
    "alerts": "alert channel",
}


@attrs.frozen(kw_only=True)
class Part:
    """A part that the settings name, or that is used without being named.

    Attributes:
        label: Its kind and name, as the catalog has them: `gateway sim`.
        steps: The way to its options in the settings, a strategy by its name.
        path: The same as problems have it: `$.strategies[0].params`.
        named: Where its name stands.
        options: What the settings say.
        find: Returns its spec or source, which has the class of its options as `config`.
    """

    label: str
    steps: tuple[str, ...]
    path: str
    named: str
    options: Mapping[str, Any]
    find: Callable[[], Any]

    def read(self, places: Mapping[str, str] = MappingProxyType({})) -> Any:
        """Return the options as their class has them.

        Args:
            places: Who gave what, as `Loaded` has them.

        Raises:
            ConfigError: Every problem with them, or that nobody offers the part.
        """
        try:
            found = self.find()
        except HomalosError as error:
            raise ConfigError([f"{error} @ {self.named}"]) from error
        try:
            return structure(self.options, found.config, path=self.path, origins=places)
        finally:
            if forget := getattr(found, "forget", None):
                forget()  # the module of a strategy's file


def parts_of(settings: Settings, catalog: Catalog) -> Iterator[Part]:
    """Yield every part that an engine would be built of, in the order of the settings."""
    for index, name in enumerate(settings.markets):
        named = f"$.markets[{index}]"
        yield _whole("market", name, catalog.market, settings.market.get(name, {}), named)
    for name in settings.market if settings.markets else {**catalog.markets, **settings.market}:
        if name not in settings.markets:
            yield _whole("market", name, catalog.market, settings.market.get(name, {}))
    for name, gateway in settings.gateways.items():
        yield _kind(("gateways", name), catalog.gateway, gateway)
    if settings.feed is not None:
        yield _kind(("feed",), catalog.feed, settings.feed)
    for name in {**catalog.risk_rules, **settings.risk}:
        options = settings.risk.get(name, {})
        if options is not False:
            yield _whole("risk", name, catalog.risk_rule, {} if options is True else options)
    yield from _strategies(settings, catalog)
    if settings.store is not None:
        yield _kind(("store",), catalog.store, settings.store)
    for name, options in settings.alerts.items():
        yield _whole("alerts", name, catalog.alert_channel, {} if options is True else options)


def effective(settings: Settings, catalog: Catalog) -> dict[str, Any]:
    """Return settings as `tree` does, with the defaults of the parts' own options filled in.

    Parts whose options are wrong, or that nobody offers, are as the settings have them.
    """
    found = tree(settings)
    for part in parts_of(settings, catalog):
        with suppress(ConfigError):
            options = _as_given(part.read())
            at = found
            for step in part.steps[:-1]:
                at[step] = dict(at[step])
                at = at[step]
            at[part.steps[-1]] = options
    return found


def _as_given(options: Any) -> dict[str, Any]:
    """Return options as they would stand in the settings."""
    found = attrs.asdict(options)
    for each in attrs.fields(type(options)):
        if OTHER_KEYS in each.metadata:
            found.update(found.pop(each.name))
    return found


def examined(settings: Settings, catalog: Catalog) -> tuple[Mapping[str, Any], list[str]]:
    """Structure the options of every part; return them by label, and all problems.

    Of several parts of one kind and name the first one's options count.
    """
    options: dict[str, Any] = {}
    problems: list[str] = []
    for part in parts_of(settings, catalog):
        try:
            options.setdefault(part.label, part.read())
        except ConfigError as error:
            problems += error.problems
    return options, problems


def part_problems(loaded: Loaded, catalog: Catalog) -> Iterator[str]:
    """Yield what is wrong with the parts: their names, their options, strategies' symbols."""
    settings = loaded.settings
    before: list[str] = []
    for part in parts_of(settings, catalog):
        try:
            part.read(loaded.places)
        except ConfigError as error:
            before += error.problems
    yield from before
    if any(" @ $.market" in problem for problem in before):
        return  # without its market no symbol is known
    try:
        markets = make_markets(catalog, settings)
    except HomalosError as error:
        yield f"{error} @ $.market"
        return
    for index, strategy in enumerate(settings.strategies):
        for text in strategy.symbols:
            try:
                product = product_of_main(markets.parse(text))
                if product:
                    read_series(main_file(settings.home)).find(product)
            except HomalosError as error:
                yield f"{error} @ $.strategies[{index}].symbols"


def _whole(
    section: str, name: str, find: Callable[[str], Any], options: Any, named: str = ""
) -> Part:
    path = f"$.{section}.{name}"
    return Part(
        label=f"{_KINDS[section]} {name}",
        steps=(section, name),
        path=path,
        named=named or path,
        options=options,
        find=partial(find, name),
    )


def _kind(steps: tuple[str, ...], find: Callable[[str], Any], each: Any) -> Part:
    path = f"$.{'.'.join(steps)}"
    return Part(
        label=f"{_KINDS[steps[0]]} {each.kind}",
        steps=(*steps, "options"),
        path=f"{path}.options",
        named=f"{path}.kind",
        options=each.options,
        find=partial(find, each.kind),
    )


def _strategies(settings: Settings, catalog: Catalog) -> Iterator[Part]:
    sources = StrategySources(catalog, settings.strategies_folder)
    for index, each in enumerate(settings.strategies):
        path = f"$.strategies[{index}]"
        yield Part(
            label=f"strategy {each.strategy}",
            steps=("strategies", effective_name(each), "params"),
            path=f"{path}.params",
            named=f"{path}.strategy",
            options=each.params,
            find=partial(sources.find, each.strategy),
        )
