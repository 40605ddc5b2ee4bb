"""Where settings are read from, as often as one likes, and who gave which of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import attrs

from homalos.config.files import SettingsFiles, read_files
from homalos.config.given import Given, joined, located, origin_at, origins_of, secrets_of, told
from homalos.config.layers import merged
from homalos.config.masking import SHORTEST_SECRET
from homalos.config.problems import without
from homalos.config.settings import SHORT_FORM, Settings, StrategySettings, check, effective_name
from homalos.config.structuring import structure
from homalos.errors import ConfigError

__all__ = ["Loaded", "SettingsSource", "load_settings"]

_STRATEGIES = "$.strategies"
_ENTRY = re.compile(r"\$\.strategies\[\d+\]")
_UNKNOWN = re.compile(r"unknown key '([^']+)'")
_LONG: Mapping[str, str] = {
    each.metadata[SHORT_FORM]: each.name
    for each in attrs.fields(StrategySettings)
    if SHORT_FORM in each.metadata
}


@attrs.frozen(kw_only=True)
class Loaded:
    """Settings, and where they came from.

    Attributes:
        settings: What was read.
        origins: Who gave each value, by paths as `diff` has them, such as
            `risk.order_size.max_lots` and `strategies.ma1.params.fast`: a file and its line, a
            variable's name, or `command line`. What is not in it is a default.
        files: Every file that was read, the lowest layer first.
        hidden: Paths, as in `origins`, of the values that the secrets file gave, whatever
            they are called; they are not to be shown.
        places: The same as `origins` by the paths of problems, `$.strategies[0].params`, for
            `structure`; mappings are in it too.
    """

    settings: Settings
    origins: Mapping[str, str]
    files: tuple[Path, ...] = ()
    hidden: frozenset[str] = frozenset()
    places: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    _secrets: Sequence[str] = attrs.field(default=(), repr=False)

    def located(self, problem: str) -> str:
        """Return a problem, `what @ $.path`, with the file and line, or who else gave it.

        What the secrets file says is blotted out of it.

        Args:
            problem: One of a plugin's options, such as `… @ $.risk.order_size.max_lots`;
                a strategy may be named by its name, or by its kind where there is one of it.
        """
        first, end, below = problem.partition("\n")
        what, at, path = first.rpartition(" @ ")
        inside = self._numbered(path.partition("; ")[0])
        unknown = _UNKNOWN.match(what)
        origin = (unknown and self.places.get(joined(inside, unknown[1]))) or origin_at(
            inside, self.places
        )
        known = set(self.places.values())
        giver = what.rpartition(" (")[2].removesuffix(")")
        is_told = problem.partition(": ")[0] in known or giver in known
        if at and origin and not is_told:
            problem = f"{told(what, origin, path)}{end}{below}"
        return without(problem, self._secrets)

    def _numbered(self, path: str) -> str:
        strategies = self.settings.strategies
        for index, each in enumerate(strategies):
            kinds = [other.strategy for other in strategies].count(each.strategy)
            for name in (effective_name(each), each.strategy if kinds == 1 else ""):
                head = f"{_STRATEGIES}.{name}"
                if name and (path == head or path.startswith(f"{head}.")):
                    return f"{_STRATEGIES}[{index}]{path[len(head) :]}"
        # Nothing of the whole list stands for one that cannot be told from the others.
        return "" if path.startswith(f"{_STRATEGIES}.") else path


@attrs.frozen(kw_only=True)
class SettingsSource:
    """Where settings are read from.

    From the lowest layer to the highest: the defaults of the classes, the main file, that of
    the named environment beside it (`system.<env>.yaml`), `strategies.yaml` beside it, whose
    entries come after those of the layers below, `secrets.yaml` in the home folder,
    variables, the command line.

    Attributes:
        path: The main file, `None` for none; then there is none beside it either.
        env: Name of the environment; else the one that `HOMALOS_ENV` names.
        environment: A variable `HOMALOS_A__B` sets `a.b`.
        overrides: Dotted keys to values, texts or not: `{"inbox.market": "5000"}`.
        home: The folder of the state; without it there are no secrets.
    """

    path: Path | None = None
    env: str = ""
    environment: Mapping[str, str] = MappingProxyType({})
    overrides: Mapping[str, object] = MappingProxyType({})
    home: Path | None = None

    def files(self) -> tuple[Path, ...]:
        """Return every file that counts, whether it is there or not, the lowest layer first."""
        return self._files().all()

    def read(self) -> Loaded:
        """Return the settings as they are now.

        Raises:
            ConfigError: With every problem there is.
        """
        try:
            loaded, problems = self._read()
        except RecursionError:
            what = "nested too deeply, or an alias that holds itself"
            loaded, problems = None, [f"{self.path}: {what}"]
        if loaded is None or problems:
            raise ConfigError(problems)
        return loaded

    def _files(self) -> SettingsFiles:
        return SettingsFiles.around(self.path, self._env(), self.home)

    def _env(self) -> str:
        return self.env or self.environment.get("HOMALOS_ENV", "")

    def _read(self) -> tuple[Loaded | None, list[str]]:
        contents = read_files(self._files(), self._env())
        problems = contents.problems
        if self.env and self.path is None:
            what = "needs a settings file beside which its own is"
            problems.append(f"the environment {self.env!r} {what}")
        data = merged(contents.layers, self.environment, self.overrides, problems)
        places = dict(_with_long_names(dict(origins_of(data, contents.places))))
        try:
            settings = structure(data, Settings, origins=places)
        except ConfigError as error:
            return None, [*problems, *error.problems]
        texts = {text for _, text in secrets_of(data) if len(text) >= SHORTEST_SECRET}
        secrets = sorted(texts, key=len, reverse=True)
        wrong = [without(located(each, places), secrets) for each in check(settings)]
        leaves = list(_Leaves(settings, places).of(data))
        loaded = Loaded(
            settings=self._placed(settings),
            origins=MappingProxyType({path: origin for path, origin, _ in leaves}),
            files=tuple(contents.read),
            hidden=frozenset(path for path, _, is_secret in leaves if is_secret),
            places=places,
            secrets=secrets,
        )
        return loaded, [*problems, *wrong]

    def _placed(self, settings: Settings) -> Settings:
        folder = settings.strategies_folder
        if folder is not None and self.path is not None:
            settings = attrs.evolve(settings, strategies_folder=self.path.parent / folder)
        return settings if self.home is None else attrs.evolve(settings, home=self.home)


def load_settings(
    path: Path | None,
    *,
    environment: Mapping[str, str],
    overrides: Mapping[str, object],
    home: Path | None = None,
) -> Settings:
    """Return the settings of a file and what goes with it, as `SettingsSource` reads them.

    Args:
        path: The YAML file, `None` for none.
        environment: Variables; their texts, like those of the command line, are read as a
            YAML scalar, or as a list or mapping when they are in brackets.
        overrides: Dotted keys to values, texts or not.
        home: The folder of the state, as `home_folder` found it.

    Raises:
        ConfigError: With every problem there is.
    """
    source = SettingsSource(path=path, environment=environment, overrides=overrides, home=home)
    return source.read().settings


def _with_long_names(places: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for path, origin in places.items():
        yield path, origin
        entry, _, name = path.rpartition(".")
        if name in _LONG and _ENTRY.fullmatch(entry):
            yield f"{entry}.{_LONG[name]}", origin


@attrs.frozen
class _Leaves:
    """Finds the values in data, by paths in which strategies go by their names."""

    settings: Settings
    places: Mapping[str, str]

    def of(self, data: object, path: str = "$", shown: str = "") -> Iterator[tuple[str, str, bool]]:
        """Yield the path of each value, its origin, and whether it is secret."""
        origin, is_secret = self.places.get(path, ""), False
        if isinstance(data, Given):
            origin, is_secret, data = data.origin or origin, data.is_secret, data.value
        if isinstance(data, Mapping) and data:
            for key, value in data.items():
                name = _LONG.get(key, key) if _ENTRY.fullmatch(path) else key
                below = f"{shown}.{name}" if shown else str(name)
                yield from self.of(value, joined(path, key), below)
        elif path == _STRATEGIES and isinstance(data, list):
            pairs = zip(data, self.settings.strategies, strict=True)
            for index, (value, each) in enumerate(pairs):
                yield from self.of(value, f"{path}[{index}]", f"{shown}.{effective_name(each)}")
        elif origin:
            yield shown, origin, is_secret
