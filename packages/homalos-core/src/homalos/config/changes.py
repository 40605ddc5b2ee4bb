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

_NOTHING = "-"


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

    Args:
        old: What was.
        new: What is.
        hidden: Paths of values that are secret whatever they are called.
    """
    before, after = dict(leaves(tree(old))), dict(leaves(tree(new)))
    paths = [*before, *(path for path in after if path not in before)]
    return tuple(
        Change(path, _side(path, before, hidden), _side(path, after, hidden))
        for path in paths
        if _differs(path, before, after)
    )


def tree(settings: Settings) -> dict[str, Any]:
    """Return settings as nested mappings, in which strategies go by their names."""
    found = attrs.asdict(settings)
    named = {effective_name(each): attrs.asdict(each) for each in settings.strategies}
    return {**found, "strategies": named}


def leaves(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of everything that is no mapping, or an empty one."""
    if isinstance(data, Mapping) and data:
        for key, value in data.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, data


def as_text(path: str, value: Any) -> str:
    """Return a value as a person is shown it, on one line; secrets are not."""
    if any(map(names_secret, path.split("."))):
        return HIDDEN
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return value or '""'
    if isinstance(value, Mapping):
        parts = (f"{key}: {as_text(f'{path}.{key}', each)}" for key, each in value.items())
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(as_text(path, each) for each in value)}]"
    words = {None: "null", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def _differs(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    if path in before and path in after:
        old, new = before[path], after[path]
        return type(old) is not type(new) or bool(old != new)  # True is 1 to Python
    # Nothing, or an empty mapping, that was filled: what is in it now is told by itself.
    here, there = (before, after) if path in before else (after, before)
    is_empty = here[path] is None or here[path] == {}
    return not (is_empty and any(each.startswith(f"{path}.") for each in there))


def _side(path: str, values: Mapping[str, Any], hidden: Collection[str]) -> str:
    if path not in values:
        return _NOTHING
    return HIDDEN if path in hidden else as_text(path, values[path])
