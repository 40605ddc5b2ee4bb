"""The layers of the settings: defaults < files < environment < command line.

dynaconf lays them over each other. It never sees a value, only opaque `Given`
leaves: left to itself it would evaluate texts that begin with `@` (a password may),
append lists to those of the layer below, and read the process's own environment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from homalos.config.given import Given
from homalos.config.yaml_text import read_text

__all__ = ["RESERVED", "home_folder", "merged"]

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


def merged(
    layers: Sequence[object],
    environment: Mapping[str, str],
    overrides: Mapping[str, object],
    problems: list[str],
) -> Mapping[str, object]:
    """Return files, variables and command line laid over each other, with `Given` leaves.

    Mappings are merged key by key across the layers, where a name that differs only
    in upper and lower case is the same; lists and all else are replaced.

    Args:
        layers: What the files say, the lowest first.
        environment: A variable `HOMALOS_A__B` sets `a.b`. Its text, like those of
            the command line, is read as a YAML scalar, or as a list or mapping
            when it is in brackets.
        overrides: Dotted keys to values, texts or not: `{"inbox.market": "5000"}`.
        problems: What is wrong with the names of variables and overrides is put here.
    """
    from dynaconf import Dynaconf  # its import costs 0.2 s

    # Under a key of ours, since dynaconf puts those of the top level into upper case.
    box = Dynaconf(dynaconf_skip_loaders=True, load_dotenv=False, settings_files=[])
    for layer in (*layers, *_single_layers(environment, overrides, problems)):
        box.set(_ROOT, layer, merge=True, dotted_lookup=False)
    found: Mapping[str, object] = box.as_dict().get(_ROOT, {})
    return found


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
