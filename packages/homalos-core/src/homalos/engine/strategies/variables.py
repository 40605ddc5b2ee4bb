"""What a strategy remembers, from one version of it to the next."""

from __future__ import annotations

from typing import Any

import attrs

from homalos.config import structure
from homalos.errors import ConfigError

__all__ = ["carry_over"]


def carry_over(old: Any, new: Any) -> list[str]:
    """Set the variables of a new version to what they were in the old one.

    A field that both have is carried over where its value fits the new one's type;
    one that only the new version has keeps its default.

    Args:
        old: An instance of the old version's `Variables`, or `None`.
        new: An instance of the new version's, or `None`; it is changed.

    Returns:
        What was lost, a sentence each.
    """
    if old is None:
        return []
    fields = {} if new is None else {each.name: each for each in attrs.fields(type(new))}
    lost = []
    for each in attrs.fields(type(old)):
        value = getattr(old, each.name)
        if each.name not in fields:
            lost.append(f"{each.name} = {value!r} is no variable any more")
            continue
        try:
            setattr(new, each.name, _fitted(value, type(new), each.name))
        except ConfigError as error:
            lost.append(f"{each.name} = {value!r}: {'; '.join(error.problems)}")
    return lost


def _fitted(value: object, cls: type, name: str) -> object:
    """Return a value as a field of a class takes it.

    Raises:
        ConfigError: It does not fit.
    """
    if attrs.has(type(value)):
        value = attrs.asdict(value)  # type: ignore[arg-type]  # `has` says so, not to mypy
    return getattr(structure({name: value}, cls, path="$"), name)
