"""The files that settings are read from: which there are, and what each may say."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from attrs import field, frozen

from homalos.config.given import Given, told
from homalos.config.masking import shown_name
from homalos.config.yaml_text import Document, read_file
from homalos.errors import did_you_mean

__all__ = ["SettingsFiles", "read_files"]

_ENV = re.compile(r"[\w-]+")
_STRATEGIES = "strategies"


@frozen(kw_only=True)
class SettingsFiles:
    """Where settings may stand; only the first and the second must be there.

    Attributes:
        main: `config/system.yaml`, say.
        env: `config/system.<env>.yaml` beside it, for a named environment.
        strategies: `config/strategies.yaml` beside it.
        secrets: `secrets.yaml` in the home folder.
    """

    main: Path | None = None
    env: Path | None = None
    strategies: Path | None = None
    secrets: Path | None = None

    @classmethod
    def around(cls, main: Path | None, env: str, home: Path | None) -> SettingsFiles:
        """Return the files that go with a settings file, an environment and a home folder."""
        secrets = None if home is None else home / "secrets.yaml"
        if main is None:
            return cls(secrets=secrets)
        strategies: Path | None = main.with_name("strategies.yaml")
        return cls(
            main=main,
            env=main.with_name(f"{main.stem}.{env}{main.suffix}") if _ENV.fullmatch(env) else None,
            strategies=None if strategies == main else strategies,
            secrets=secrets,
        )

    def all(self) -> tuple[Path, ...]:
        """Return them, there or not, the lowest layer first."""
        found = (self.main, self.env, self.strategies, self.secrets)
        return tuple(path for path in found if path is not None)


@frozen
class Contents:
    """What the files say.

    Attributes:
        layers: What each says, the lowest first.
        places: Where mappings stand, by path; of several places the highest.
        problems: What is wrong with the files themselves.
        read: The files that were there.
    """

    layers: list[dict[str, object]] = field(factory=list)
    places: dict[str, str] = field(factory=dict)
    problems: list[str] = field(factory=list)
    read: list[Path] = field(factory=list)

    def add(self, path: Path, document: Document) -> None:
        """Lay what a file says over what is there."""
        self.layers.append(document.data)
        self.places.update(document.places)
        self.problems.extend(document.problems)
        self.read.append(path)


def read_files(files: SettingsFiles, env: str) -> Contents:
    """Return what every file says that is there.

    Args:
        files: Which.
        env: What the environment is called, for the message when its file is not there.
    """
    found = Contents()
    if files.main is not None:
        found.add(files.main, read_file(files.main))
    if files.main is not None and env and files.env is None:
        what = "write letters, digits, - and _ only"
        found.problems.append(f"the environment {env!r} is no part of a file's name; {what}")
    if files.env is not None and not _is_there(files.env):
        what = "write one, or leave --env and HOMALOS_ENV out"
        found.problems.append(f"{files.env}: no such file for the environment {env!r}; {what}")
    elif files.env is not None:
        found.add(files.env, read_file(files.env))
    if files.strategies is not None and _is_there(files.strategies):
        _add_strategies(found, files.strategies)
    if files.secrets is not None and _is_there(files.secrets):
        _add_secrets(found, files.secrets)
    for data in found.layers:
        home = data.pop("home", None)
        if home is not None:
            origin = home.origin if isinstance(home, Given) else found.places.get("$.home", "")
            what = "the file cannot move itself; use --home or HOMALOS_HOME"
            found.problems.append(told(what, origin, "$.home"))
    return found


def _add_strategies(found: Contents, path: Path) -> None:
    """Put the entries of the strategies' file behind those of the layers below."""
    document = read_file(path)
    wanted = document.data.pop(_STRATEGIES, None)
    for key, value in document.data.items():
        origin = value.origin if isinstance(value, Given) else document.places.get(f"$.{key}", "")
        hint = f"; {path.name} holds nothing but strategies{did_you_mean(key, (_STRATEGIES,))}"
        document.problems.append(told(f"unknown key {shown_name(key)}", origin, f"${hint}"))
    below = next(
        (data[_STRATEGIES] for data in reversed(found.layers) if _STRATEGIES in data), None
    )
    layer = {} if wanted is None else {_STRATEGIES: _joint(below, wanted)}
    places = {f"$.{_STRATEGIES}": document.places.get(f"$.{_STRATEGIES}", str(path))}
    found.add(path, Document(layer, {} if isinstance(wanted, Given) else places, document.problems))


def _joint(below: object, above: object) -> object:
    if not isinstance(above, Given):
        return above  # a mapping: told as what it is
    if above.value is None:
        return below if below is not None else Given([], origin=above.origin)
    if isinstance(below, Given) and isinstance(below.value, list) and isinstance(above.value, list):
        return Given([*below.value, *above.value], origin=above.origin)
    return above


def _add_secrets(found: Contents, path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        mode = 0  # reading it tells why
    if os.name == "posix" and mode & 0o077:
        found.problems.append(f"{path} can be read by others; run chmod 600 {path}")
        found.read.append(path)
    else:
        found.add(path, read_file(path, is_secret=True))


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True  # one that cannot be looked at is not silently left out
    return True
