"""The layers of the settings: defaults < files < environment < command line.

dynaconf lays them over each other. It never sees a value, only opaque `Given`
leaves: left to itself it would evaluate texts that begin with `@` (a password may),
append lists to those of the layer below, and read the process's own environment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import attrs

from homalos.config.files import SettingsFiles, read_files
from homalos.config.given import Given, located, origins_of, secrets_of
from homalos.config.masking import SHORTEST_SECRET
from homalos.config.problems import without
from homalos.config.settings import Settings, check
from homalos.config.structuring import structure
from homalos.config.yaml_text import read_text
from homalos.errors import ConfigError

__all__ = ["RESERVED", "Loaded", "SettingsSource", "home_folder", "load", "load_settings"]

RESERVED = frozenset(
    {
        "HOMALOS_ENV",
        "HOMALOS_HOME",
        "HOMALOS_PLUGINS",
        "HOMALOS_REQUIRE_DATA",
        "HOMALOS_TEST_DATA",
        "HOMALOS_TRACE_HOOKS",
    }
)
"""Variables with a meaning of their own; every other `HOMALOS_*` is a setting."""

_PREFIX = "HOMALOS_"
_COMMAND_LINE = "command line"
_ROOT = "SETTINGS"


@attrs.frozen(kw_only=True)
class Loaded:
    """Settings, and where they came from.

    Attributes:
        settings: What was read.
        origins: Who gave what, by paths such as `$.strategies[0].params.fast`: a file and
            its line, a variable's name, or the command line. What is not in it is a default.
        files: Every file that was read, the lowest layer first.
        secret: Paths of the values that the secrets file gave; they are not to be shown.
    """

    settings: Settings
    origins: Mapping[str, str]
    files: tuple[Path, ...]
    secret: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class SettingsSource:
    """Where settings are read from, as often as one likes.

    Attributes:
        path: The main file, `None` for none.
        env: Name of the environment whose file is laid over it; else `HOMALOS_ENV`.
        environment: Variables.
        overrides: What the command line says, by dotted names.
        home: The folder of the state, where `secrets.yaml` may be.
    """

    path: Path | None = None
    env: str = ""
    environment: Mapping[str, str] = MappingProxyType({})
    overrides: Mapping[str, object] = MappingProxyType({})
    home: Path | None = None

    def read(self) -> Loaded:
        """Return the settings as they are now.

        Raises:
            ConfigError: With every problem there is.
        """
        return load(
            self.path,
            environment=self.environment,
            overrides=self.overrides,
            home=self.home,
            env=self.env,
        )

    def files(self) -> tuple[Path, ...]:
        """Return every file that counts, whether it is there or not."""
        env = self.env or self.environment.get("HOMALOS_ENV", "")
        return SettingsFiles.around(self.path, env, self.home).all()


def load(
    path: Path | None,
    *,
    environment: Mapping[str, str],
    overrides: Mapping[str, object],
    home: Path | None = None,
    env: str = "",
) -> Loaded:
    """Return the settings of files, an environment and a command line.

    From the lowest layer to the highest: the defaults of the classes, the file, the one
    of the named environment beside it (`system.<env>.yaml`), `strategies.yaml` beside it,
    whose entries come after those of the layers below, `secrets.yaml` in the home folder,
    variables, the command line. Mappings are merged key by key, where a name that differs
    only in upper and lower case is the same; lists and all else are replaced.

    Args:
        path: The YAML file, `None` for none; then there is none beside it either.
        environment: A variable `HOMALOS_A__B` sets `a.b`. Its text, like those of
            the command line, is read as a YAML scalar, or as a list or mapping
            when it is in brackets.
        overrides: Dotted keys to values, texts or not: `{"inbox.market": "5000"}`.
        home: The folder of the state, as `home_folder` found it; without it there are
            no secrets.
        env: Name of the environment; else the one that `HOMALOS_ENV` names.

    Raises:
        ConfigError: With every problem there is.
    """
    try:
        loaded, problems = _load(path, environment, overrides, home, env)
    except RecursionError:
        loaded, problems = None, [f"{path}: nested too deeply, or an alias that holds itself"]
    if loaded is None or problems:
        raise ConfigError(problems)
    return loaded


def load_settings(
    path: Path | None,
    *,
    environment: Mapping[str, str],
    overrides: Mapping[str, object],
    home: Path | None = None,
    env: str = "",
) -> Settings:
    """Return only the settings; the arguments and what is raised are those of `load`."""
    return load(path, environment=environment, overrides=overrides, home=home, env=env).settings


def home_folder(
    explicit: Path | None, environment: Mapping[str, str], config_path: Path | None, cwd: Path
) -> Path:
    """Return the one folder for database, journal, logs and secrets; it may not exist yet.

    Args:
        explicit: What `--home` says.
        environment: `HOMALOS_HOME` comes next, unless it is empty.
        config_path: The settings file; `.homalos` beside it comes last.
        cwd: What relative paths start from, and `.homalos` is in without a file.
    """
    if explicit is not None:
        return cwd / explicit
    if environment.get("HOMALOS_HOME"):
        return cwd / environment["HOMALOS_HOME"]
    beside = config_path.parent if config_path is not None else Path()
    return cwd / beside / ".homalos"


def _load(
    path: Path | None,
    environment: Mapping[str, str],
    overrides: Mapping[str, object],
    home: Path | None,
    env: str,
) -> tuple[Loaded | None, list[str]]:
    name = env or environment.get("HOMALOS_ENV", "")
    contents = read_files(SettingsFiles.around(path, name, home), name)
    problems = contents.problems
    if env and path is None:
        problems.append(f"the environment {env!r} needs a settings file beside which its own is")
    data = _merged([*contents.layers, *_single_layers(environment, overrides, problems)])
    origins = dict(origins_of(data, contents.places))
    try:
        settings = structure(data, Settings, origins=origins)
    except ConfigError as error:
        return None, [*problems, *error.problems]
    secrets = dict(secrets_of(data))
    told = [located(each, origins) for each in check(settings)]
    loaded = Loaded(
        settings=_placed(settings, path, home),
        origins=MappingProxyType(origins),
        files=tuple(contents.read),
        secret=frozenset(secrets),
    )
    untold = [text for text in secrets.values() if len(text) >= SHORTEST_SECRET]
    return loaded, problems + [without(each, untold) for each in told]


def _placed(settings: Settings, path: Path | None, home: Path | None) -> Settings:
    """Return the settings with their folders where they belong."""
    folder = settings.strategies_folder
    if folder is not None and path is not None:
        settings = attrs.evolve(settings, strategies_folder=path.parent / folder)
    return settings if home is None else attrs.evolve(settings, home=home)


def _single_layers(
    environment: Mapping[str, str], overrides: Mapping[str, object], problems: list[str]
) -> Iterator[object]:
    for name, keys, value in _single_values(environment, overrides):
        if all(keys):
            yield _nested(keys, value)
        else:
            problems.append(f"a part of the name {name!r} is empty")


def _single_values(
    environment: Mapping[str, str], overrides: Mapping[str, object]
) -> Iterator[tuple[str, list[str], object]]:
    for name in sorted(environment):
        if name.startswith(_PREFIX) and name not in RESERVED:
            keys = name.removeprefix(_PREFIX).lower().split("__")
            yield name, keys, _from_text(environment[name], name)
    for name, value in overrides.items():
        given = _from_text(value) if isinstance(value, str) else _leaves(value)
        yield name, name.split("."), given


def _from_text(text: str, origin: str = _COMMAND_LINE) -> object:
    value = read_text(text)
    return _leaves(value, origin) if isinstance(value, dict) else Given(value, text, origin)


def _leaves(value: object, origin: str = _COMMAND_LINE) -> object:
    if isinstance(value, Mapping):
        return {key: _leaves(item, origin) for key, item in value.items()}
    return Given(value, origin=origin)


def _nested(keys: Sequence[str], value: object) -> object:
    for key in reversed(keys):
        value = {key: value}
    return value


def _merged(layers: Sequence[object]) -> Mapping[str, object]:
    from dynaconf import Dynaconf  # its import costs 0.2 s

    # Under a key of ours, since dynaconf puts those of the top level into upper case.
    box = Dynaconf(dynaconf_skip_loaders=True, load_dotenv=False, settings_files=[])
    for layer in layers:
        box.set(_ROOT, layer, merge=True, dotted_lookup=False)
    merged: Mapping[str, object] = box.as_dict().get(_ROOT, {})
    return merged
