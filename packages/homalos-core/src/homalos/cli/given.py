"""What a command line says before any command reads it, for when one fails: home and secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

__all__ = ["home_of", "secrets_of", "without_debug"]

_DEBUG = "--debug"
_CONFIG = Path("config/system.yaml")
_SHORTEST = 4


def without_debug(
    arguments: Sequence[str], environment: Mapping[str, str]
) -> tuple[list[str], bool]:
    """Return the arguments without `--debug`, wherever it stands, and whether it was meant.

    Behind a bare `--` everything belongs to the command. `HOMALOS_DEBUG`, anything but
    empty or 0, means the same.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    ours = [each for each in arguments[:end] if each != _DEBUG]
    asked = len(ours) < end or environment.get("HOMALOS_DEBUG", "") not in {"", "0"}
    return [*ours, *arguments[end:]], asked


def home_of(arguments: Sequence[str], environment: Mapping[str, str], cwd: Path) -> Path:
    """Return the folder of the state that a command line means; it need not exist."""
    from homalos.config import home_folder

    home = _value(arguments, "--home")
    config = _config(arguments, cwd)
    return home_folder(Path(home) if home else None, environment, config, cwd)


def secrets_of(
    arguments: Sequence[str], environment: Mapping[str, str], cwd: Path
) -> tuple[str, ...]:
    """Return the texts that a command line, its environment and its settings files keep secret."""
    env = _value(arguments, "--env") or environment.get("HOMALOS_ENV", "")
    home = home_of(arguments, environment, cwd)
    return (
        *_given_secrets(arguments, environment),
        *_kept_secrets(_config(arguments, cwd), env, home),
    )


def _given_secrets(arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[str]:
    from homalos.config.masking import names_secret

    # `--set=a.password=x` is an option with a pair behind it.
    bare = (each.partition("=")[2] if each.startswith("--") else each for each in arguments)
    pairs = [each.partition("=")[::2] for each in bare]
    for name, text in (*environment.items(), *pairs):
        if names_secret(name) and len(text) >= _SHORTEST:
            yield text


def _kept_secrets(config: Path | None, env: str, home: Path) -> Iterator[str]:
    from homalos.config.files import SettingsFiles
    from homalos.config.given import plain
    from homalos.config.masking import secrets_in
    from homalos.config.yaml_text import read_file

    files = SettingsFiles.around(config, env, home)
    for path in filter(Path.is_file, files.all()):
        # In the file of secrets everything is one, whatever it is called.
        yield from secrets_in(plain(read_file(path).data), is_secret=path == files.secrets)


def _config(arguments: Sequence[str], cwd: Path) -> Path | None:
    named = _value(arguments, "--config")
    path = cwd / named if named else cwd / _CONFIG
    return path if named or path.is_file() else None


def _value(arguments: Sequence[str], option: str) -> str:
    """Return the value of an option, the last one given; "" without one."""
    found = ""
    for index, each in enumerate(arguments):
        if each == option and index + 1 < len(arguments):
            found = arguments[index + 1]
        elif each.startswith(f"{option}="):
            found = each.partition("=")[2]
    return found
