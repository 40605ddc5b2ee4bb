"""What differs between two settings, as a person reads it; secrets stay secret."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from typing import Any

import attrs
from attrs import frozen

from homalos.config.masking import names_secret
from homalos.config.settings import Settings, effective_name

__all__ = ["HIDDEN", "Change", "as_text", "diff", "leaves", "tree"]

HIDDEN = "***"
"""What stands for a secret."""

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


def diff(old: Settings, new: Settings, *, hidden: Collection[str] = ()) -> tuple[Change, ...]:
    """Return every value that differs, in the order of the settings.

    A strategy that comes or goes is one change, and so is a part.

    Args:
        old: What was.
        new: What is.
        hidden: Paths of values that are secret whatever they are called.
    """
    return tuple(_changes(tree(old), tree(new), frozenset(hidden)))


def tree(settings: Settings) -> dict[str, Any]:
    """Return settings as nested mappings, in which strategies go by their names."""
    strategies = {effective_name(each): attrs.asdict(each) for each in settings.strategies}
    return attrs.asdict(settings) | {"strategies": strategies}


def leaves(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of everything that is no mapping, or an empty one."""
    if isinstance(data, Mapping) and data:
        for key, value in data.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, data


def as_text(path: str, value: Any, hidden: Collection[str] = ()) -> str:
    """Return a value as a person is shown it, on one line; secrets are not.

    Args:
        path: Where it stands.
        value: A value, or a mapping or list of them.
        hidden: Paths of values that are secret whatever they are called.
    """
    if path in hidden or any(map(names_secret, path.split("."))):
        return HIDDEN
    if isinstance(value, Mapping):
        inside = (f"{key}: {as_text(f'{path}.{key}', each, hidden)}" for key, each in value.items())
        return f"{{{', '.join(inside)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(as_text(path, each, hidden) for each in value)}]"
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return str(value) if value != "" else '""'


def _changes(old: Any, new: Any, hidden: Collection[str], *keys: str) -> Iterator[Change]:
    there = [each for each in (old, new) if each is not _NOTHING]
    is_strategy = len(keys) == 2 and keys[0] == "strategies"
    is_whole = len(there) == 1 and (is_strategy or not there[0])
    if all(isinstance(each, Mapping) for each in there) and not is_whole:
        before, after = ({} if each is _NOTHING else each for each in (old, new))
        for key in dict.fromkeys((*before, *after)):
            below = before.get(key, _NOTHING), after.get(key, _NOTHING)
            yield from _changes(*below, hidden, *keys, key)
    elif old != new or isinstance(old, bool) is not isinstance(new, bool):  # True is 1 to Python
        path = ".".join(map(str, keys))
        yield Change(path, _side(path, old, hidden), _side(path, new, hidden))


def _side(path: str, value: Any, hidden: Collection[str]) -> str:
    return "-" if value is _NOTHING else as_text(path, value, hidden)
