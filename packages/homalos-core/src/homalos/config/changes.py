"""What differs between two settings, as a person reads it; secrets stay secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from attrs import frozen

from homalos.config.masking import names_secret, shown
from homalos.config.settings import Settings

__all__ = ["Change", "diff"]

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


def diff(old: Settings, new: Settings) -> tuple[Change, ...]:
    """Return every value that differs, in the order of the settings."""
    before, after = dict(_leaves(_plain(old))), dict(_leaves(_plain(new)))
    paths = [*before, *(path for path in after if path not in before)]
    return tuple(
        Change(path, _text(path, before), _text(path, after))
        for path in paths
        if before.get(path, _NOTHING) != after.get(path, _NOTHING)
    )


def _plain(settings: Settings) -> Mapping[str, Any]:
    found = attrs.asdict(settings)
    named = (
        (each.name or f"{each.strategy}-{each.symbols[0]}", each) for each in settings.strategies
    )
    return found | {"strategies": {name: attrs.asdict(each) for name, each in named}}


def _leaves(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(data, Mapping) and data:
        for key, value in data.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, data


def _text(path: str, values: Mapping[str, Any]) -> str:
    if path not in values:
        return _NOTHING
    if any(map(names_secret, path.split("."))):
        return "***"
    value = values[path]
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(str, value))}]"
    return shown(value) if isinstance(value, Mapping) else str(value)
