"""Brings strategies in: from settings to a class, parameters, symbols, an account and a place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from homalos.config import StrategySettings, structure
from homalos.engine.strategies.run import Plan
from homalos.engine.strategies.sources import StrategySource
from homalos.engine.strategies.warm_up import warm_up
from homalos.errors import ConfigError, PluginLoadError
from homalos.strategy import Strategy

if TYPE_CHECKING:
    from homalos.engine.build import Parts

__all__ = ["StrategyLoader"]


class StrategyLoader:
    """Loads strategies into an engine, changes and unloads them. Engine thread, or the build."""

    def __init__(self, parts: Parts) -> None:
        """Take the parts that a strategy is made of."""
        self._parts = parts
        self._sources: dict[str, StrategySource] = {}
        self._params: dict[str, Mapping[str, Any]] = {}

    def load(self, each: StrategySettings, *, starts: bool) -> Strategy:
        """Load a strategy by the name of its source.

        Args:
            each: Which, on what, with which parameters.
            starts: Whether to start it at once.

        Raises:
            MissingPluginError: Nothing has this name.
            PluginLoadError: Its file cannot be loaded.
            ConfigError: A parameter is wrong; every problem at once.
            UnknownInstrument: No market knows a symbol.
        """
        source = self._parts.sources.find(each.strategy)
        try:
            params: Any = structure(each.params, source.config, path=_path(each.strategy))
            return self._add(each, source, params, starts=starts)
        except BaseException:
            source.forget()
            raise

    def load_class(
        self, each: StrategySettings, factory: type[Strategy], config: type, *, starts: bool
    ) -> Strategy:
        """Load a strategy by its class; otherwise as `load`."""
        params: Any = structure(each.params, config, path="$.params")
        return self._add(each, StrategySource(factory, config), params, starts=starts)

    def reload(self, name: str) -> None:
        """Read a strategy's code anew and put the new version in the old one's place.

        Whatever is wrong with the new version, the old one goes on.

        Raises:
            PluginLoadError: Its code is in no file, or cannot be loaded.
            ConfigError: Its parameters do not fit the new version.
            HomalosError: The new version cannot be prepared.
        """
        manager = self._parts.strategies
        plan = manager.plan(name)
        old = self._sources[name]
        new = old.anew()
        try:
            params: Any = structure(self._params[name], new.config, path=_path(name))
            changed = attrs.evolve(plan, factory=new.factory, params=params)
            manager.replace(name, changed)
        except BaseException:
            new.forget()
            raise
        old.forget()
        self._sources[name] = new

    def unload(self, name: str) -> None:
        """Stop a strategy, have its working orders cancelled, and forget it."""

        def gone() -> None:
            self._sources.pop(name).forget()
            del self._params[name]

        self._parts.strategies.unload(name, gone)

    def check(self, each: StrategySettings) -> None:
        """Look whether a strategy could be loaded, and load nothing. Any thread.

        Raises:
            HomalosError: As `load` would.
        """
        source = self._parts.sources.find(each.strategy)
        try:
            structure(each.params, source.config, path=_path(each.strategy))
            for text in each.symbols:
                self._parts.markets.parse(text)
        finally:
            source.forget()

    def checked(self, name: str, changes: Mapping[str, Any], *, keep: bool = True) -> Any:
        """Return a strategy's parameters with some of them changed; nothing is changed yet.

        Args:
            name: Which strategy.
            changes: Parameters as settings have them.
            keep: Whether those not given stay as they are, or go back to their defaults.

        Raises:
            ConfigError: A parameter is unknown or wrong; every problem at once.
            MissingPluginError: No strategy has the name.
        """
        self._parts.strategies.plan(name)
        merged = {**self._params[name], **changes} if keep else changes
        return structure(merged, self._sources[name].config, path=_path(name))

    def set_params(self, name: str, changes: Mapping[str, Any], *, keep: bool = True) -> None:
        """Change some of a strategy's parameters while it runs; the arguments are `checked`'s.

        Raises:
            ConfigError: A parameter is unknown or wrong; every problem at once.
            MissingPluginError: No strategy has the name.
        """
        params = self.checked(name, changes, keep=keep)
        self._params[name] = {**self._params[name], **changes} if keep else dict(changes)
        self._parts.strategies.set_params(name, params)

    # -- inside ----------------------------------------------------------------

    def _add(
        self, each: StrategySettings, source: StrategySource, params: Any, *, starts: bool
    ) -> Strategy:
        parts = self._parts
        symbols = tuple(parts.markets.parse(text) for text in each.symbols)
        account = each.account or next(iter(parts.settings.accounts), "")
        if account not in parts.accounts.accounts:
            known = ", ".join(parts.settings.accounts) or "none"
            msg = f"strategy {each.strategy!r}: no account is called {account!r}; there are {known}"
            raise ConfigError([msg])
        plan = Plan(
            factory=source.factory,
            name=each.name or f"{each.strategy}-{symbols[0]}",
            symbols=symbols,
            interval=each.interval,
            params=params,
            account=account,
            cancel_on_failure=each.cancel_on_failure,
            restart=each.restart,
        )
        try:
            added = parts.strategies.add(plan)
        except TypeError as error:
            raise PluginLoadError(str(error)) from error
        self._sources[plan.name] = source
        self._params[plan.name] = dict(each.params)
        for gateway in parts.gateways.values():
            gateway.subscribe(symbols)
        if starts:
            warm_up(parts.data, parts.store, parts.clock.now)
            parts.strategies.start(plan.name)
        return added


def _path(name: str) -> str:
    return f"$.strategies.{name}.params"
