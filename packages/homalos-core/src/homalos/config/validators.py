"""What several settings are held to, one value at a time."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import Any

from attrs import Attribute

from homalos.errors import ConfigError

__all__ = ["above_0", "not_below_0", "not_empty"]


def above_0(_: object, attribute: Attribute[Any], value: Decimal | float) -> None:
    """Refuse what is not a number above 0."""
    if not (isfinite(value) and value > 0):
        raise ConfigError([f"{attribute.name} must be above 0, not {value}"])


def not_below_0(_: object, attribute: Attribute[Any], value: float) -> None:
    """Refuse what is not a number of 0 or above."""
    if not (isfinite(value) and value >= 0):
        raise ConfigError([f"{attribute.name} must be 0 or above, not {value}"])


def not_empty(_: object, attribute: Attribute[Any], value: str) -> None:
    """Refuse a text without a word in it."""
    if not value.strip():
        raise ConfigError([f"{attribute.name} must not be empty"])
