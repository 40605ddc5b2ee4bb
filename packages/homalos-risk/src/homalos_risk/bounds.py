"""Limits as options: what they may be, and whether any of them is set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, isfinite
from types import MappingProxyType
from typing import Any, Final

import attrs
from attrs import Attribute, AttrsInstance, validators

from homalos.model import split_symbol

__all__ = [
    "AMOUNT",
    "COUNT",
    "LIMIT",
    "LOTS",
    "SECONDS",
    "SHARE",
    "holds",
    "named_amounts",
    "named_lots",
    "named_symbols",
]

LIMIT: Final = MappingProxyType({"limit": True})
"""Metadata of an option that limits something once it is set."""

# None is no limit. The others refuse nan, of which every comparison is false.
_and = validators.and_
LOTS: Final = validators.optional(_and(validators.instance_of(int), validators.ge(0)))
COUNT: Final = validators.optional(_and(validators.instance_of(int), validators.ge(1)))
AMOUNT: Final = validators.optional(_and(validators.gt(0), validators.lt(inf)))
SHARE: Final = validators.optional(_and(validators.gt(0), validators.le(1)))
SECONDS: Final = validators.optional(_and(validators.ge(0.001), validators.lt(inf)))


def holds(options: AttrsInstance) -> bool:
    """Say whether a rule with these options has anything to check.

    One whose options are all without `LIMIT` always has; another once one of them is set,
    that is, other than its default.
    """
    cls = type(options)
    limits = [each.name for each in attrs.fields(cls) if each.metadata.get("limit")]
    default = cls()
    return not limits or any(getattr(options, each) != getattr(default, each) for each in limits)


def named_lots(_: object, attribute: Attribute[Any], limits: Mapping[str, object]) -> None:
    """Refuse a mapping of limits that has an entry below 0 lots, or one without a name."""
    _check(attribute, limits, lambda lots: isinstance(lots, int) and lots >= 0, "0 lots or more")


def named_amounts(_: object, attribute: Attribute[Any], limits: Mapping[str, object]) -> None:
    """Refuse a mapping of limits that has an entry not above 0, or one without a name."""
    _check(
        attribute,
        limits,
        lambda amount: isinstance(amount, int | float) and isfinite(amount) and amount > 0,
        "an amount above 0",
    )


def named_symbols(_: object, __: Attribute[Any], limits: Mapping[str, object]) -> None:
    """Refuse a key that is no symbol: a limit that silently does not hold."""
    for symbol in limits:
        split_symbol(symbol)


def _check(
    attribute: Attribute[Any],
    limits: Mapping[str, object],
    is_right: Callable[[Any], bool],
    expected: str,
) -> None:
    for name, limit in limits.items():
        if not name.strip():
            msg = f"{attribute.name}: a limit needs the name of what it limits"
            raise ValueError(msg)
        if not is_right(limit):
            msg = f"{attribute.name}: {name} must have {expected}, not {limit}"
            raise ValueError(msg)
