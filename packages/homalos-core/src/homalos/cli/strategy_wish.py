"""Whether a strategy as it is wished for can run, told before it is written into a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import attrs

from homalos.config import Settings, StrategySettings, structure
from homalos.config.given import Given
from homalos.config.settings import effective_name
from homalos.config.yaml_text import read_text
from homalos.engine.build import make_markets
from homalos.engine.strategies.sources import StrategySource, StrategySources
from homalos.errors import ConfigError, HomalosError, did_you_mean
from homalos.plugins.catalog import Catalog

__all__ = ["Wishes"]

_PARAMS = "$.params"


class Wishes:
    """Judges what is wished for by what there is: strategies, markets, accounts, names."""

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        """Look at the plugins and at the settings that are there."""
        self._catalog = catalog
        self._settings = settings
        self._sources = StrategySources(catalog, settings.strategies_folder)

    def names(self) -> tuple[str, ...]:
        """Return the names of the strategies in the settings, in their order."""
        return tuple(map(effective_name, self._settings.strategies))

    def entry(
        self,
        strategy: str,
        *,
        symbols: Sequence[str],
        name: str | None,
        interval: str | None,
        account: str | None,
        params: Mapping[str, str],
    ) -> dict[str, Any]:
        """Return a new strategy as it stands in the file.

        Raises:
            ConfigError: With everything that is wrong with it.
        """
        problems: list[str] = []
        plain = self._params(strategy, {}, params, (), problems)
        known = self._symbols(symbols, problems)
        name = name or f"{_short(strategy)}-{known[0]}"
        if name in self.names():
            problems.append(f"a strategy is called {name!r} already; give this one a --name")
        self._look_at_account(account, problems)
        entry: dict[str, Any] = {"name": name, "strategy": strategy}
        entry |= {"symbol": known[0]} if len(known) == 1 else {"symbols": known}
        extra = {"interval": interval, "account": account}
        entry |= {key: value for key, value in extra.items() if value}
        self._look_at_fields(entry, problems)
        if problems:
            raise ConfigError(problems)
        return entry | ({"params": plain} if plain else {})

    def changed(
        self,
        entry: Mapping[str, Any],
        *,
        fields: Mapping[str, Any],
        params: Mapping[str, str],
        unset: Collection[str],
    ) -> dict[str, Any]:
        """Return the parameters to change in a strategy of the file, as they stand there.

        Raises:
            ConfigError: With everything that is wrong with the change.
        """
        problems: list[str] = []
        before = entry.get("params") or {}
        for key in unset:
            if key not in before:
                there = f"there are {', '.join(before)}" if before else "there are none"
                hint = did_you_mean(key, before)
                problems.append(f"no parameter {key!r} is set that could go; {there}{hint}")
        plain = self._params(str(entry.get("strategy")), before, params, unset, problems)
        self._look_at_account(fields.get("account"), problems)
        if problems:
            raise ConfigError(problems)
        return plain

    def _params(
        self,
        strategy: str,
        before: Mapping[str, Any],
        texts: Mapping[str, str],
        unset: Collection[str],
        problems: list[str],
    ) -> dict[str, Any]:
        """Return the given parameters as a file has them; what is wrong joins the problems."""
        try:
            source = self._sources.find(strategy)
        except HomalosError as error:
            problems.append(str(error))
            return {}
        try:
            return _as_written(source, before, texts, unset)
        except ConfigError as error:
            problems += error.problems
            return {}
        finally:
            source.forget()

    def _symbols(self, texts: Sequence[str], problems: list[str]) -> list[str]:
        """Return the symbols as the house writes them; those nobody knows join the problems."""
        try:
            markets = make_markets(self._catalog, self._settings)
        except HomalosError as error:
            problems += getattr(error, "problems", None) or [str(error)]
            return list(texts)
        found = []
        for text in texts:
            try:
                symbol = markets.parse(text)
                markets.instrument(symbol)
            except HomalosError as error:
                problems.append(str(error))
                symbol = text
            found.append(symbol)
        return found

    def _look_at_account(self, account: str | None, problems: list[str]) -> None:
        accounts = self._settings.accounts
        if account and account not in accounts:
            there = f"there are {', '.join(accounts)}" if accounts else "there are none"
            hint = did_you_mean(account, accounts)
            problems.append(f"no account is called {account!r}; {there}{hint}")

    @staticmethod
    def _look_at_fields(entry: Mapping[str, Any], problems: list[str]) -> None:
        try:
            structure(entry, StrategySettings)
        except ConfigError as error:
            problems += error.problems


def _as_written(
    source: StrategySource,
    before: Mapping[str, Any],
    texts: Mapping[str, str],
    unset: Collection[str],
) -> dict[str, Any]:
    """Structure the parameters, old and new; return the new ones as a file has them.

    Raises:
        ConfigError: With everything that is wrong with them.
    """
    values = {key: Given(read_text(text), text, "-p") for key, text in texts.items()}
    kept = {key: value for key, value in before.items() if key not in unset}
    made: Any = structure({**kept, **values}, source.config, path=_PARAMS)
    names = {each.alias or each.name: each.name for each in attrs.fields(source.config)}
    return {key: _plain(text, getattr(made, names[key], None)) for key, text in texts.items()}


def _plain(text: str, meant: Any) -> Any:
    """Return what to write into the file for a text of the command line.

    Args:
        text: What was written.
        meant: What the class of parameters made of it.
    """
    value = read_text(text)
    match meant:
        case Enum():
            return meant.value
        case str():
            return meant
        case Path():
            return str(meant)
        case Decimal() if isinstance(value, int | float) and Decimal(str(value)) != meant:
            return text
        case _:
            return value


def _short(strategy: str) -> str:
    """Return what to call a strategy by: of `a/b.py:Class` the class, of `a/b.py` b."""
    head, colon, tail = strategy.rpartition(":")
    if colon and head.endswith(".py"):
        return tail
    return Path(strategy).stem if strategy.endswith(".py") else strategy
