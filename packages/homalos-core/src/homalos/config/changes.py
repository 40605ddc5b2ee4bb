"""What differs between two settings, as a person reads it; secrets stay secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from attrs import frozen

from homalos.config.masking import names_secret
from homalos.config.settings import Settings, effective_name

__all__ = ["Change", "diff"]

_NOTHING: Any = object()  # where one side has no such key


@frozen
class Change:
    """One value that differs.

    Attributes:
        path: Where it stands, such as `risk.order_size.max_lots`; a strategy is found by
            its name: `strategies.ma1.params.fast`.
        old: What it was, `-` when it was not there.
        new: What it is, `-` when it is not there any more.
    """

    path: str
    old: str
    new: str

    def __str__(self) -> str:
        """Return it as `risk.order_size.max_lots: 1000 -> 5`."""
        return f"{self.path}: {self.old} -> {self.new}"


def diff(old: Settings, new: Settings) -> tuple[Change, ...]:
    """Return every value that differs, in the order of the settings.

    A strategy that comes or goes is one change.
    """
    return tuple(_changes(_plain(old), _plain(new)))


def _plain(settings: Settings) -> Mapping[str, Any]:
    strategies = {effective_name(each): attrs.asdict(each) for each in settings.strategies}
    return attrs.asdict(settings) | {"strategies": strategies}


def _changes(old: Any, new: Any, *keys: str) -> Iterator[Change]:
    there = [each for each in (old, new) if each is not _NOTHING]
    is_strategy = len(keys) == 2 and keys[0] == "strategies"
    is_whole = len(there) == 1 and (is_strategy or not there[0])
    if all(isinstance(each, Mapping) for each in there) and not is_whole:
        before, after = ({} if each is _NOTHING else each for each in (old, new))
        for key in dict.fromkeys((*before, *after)):
            yield from _changes(before.get(key, _NOTHING), after.get(key, _NOTHING), *keys, key)
    elif old != new:
        path = ".".join(map(str, keys))
        yield Change(path, _text(path, old), _text(path, new))


def _text(path: str, value: Any) -> str:
    if value is _NOTHING:
        return "-"
    if any(map(names_secret, path.split("."))):
        return "***"
    if isinstance(value, Mapping):
        inside = (f"{key}: {_text(f'{path}.{key}', each)}" for key, each in value.items())
        return f"{{{', '.join(inside)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_text(path, each) for each in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
