"""What the parameters of several strategies must satisfy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homalos.errors import ConfigError

if TYPE_CHECKING:
    from attrs import Attribute

    from homalos.strategy import Strategy

__all__ = ["above_fast", "require_one_symbol"]


def above_fast(params: Any, attribute: Attribute[int], slow: int) -> None:
    """Refuse a slow period that is not above the fast one.

    Raises:
        ValueError: It is not.
    """
    if slow <= params.fast:
        msg = f"{attribute.name} must be above fast, which is {params.fast}: {slow}"
        raise ValueError(msg)


def require_one_symbol(strategy: Strategy) -> None:
    """Refuse to run on several symbols a strategy that keeps the averages of one.

    Raises:
        ConfigError: It was given several.
    """
    if len(strategy.symbols) > 1:
        symbols = ", ".join(strategy.symbols)
        msg = f"{strategy.name} trades one symbol, not {symbols}; run it once for each of them"
        raise ConfigError((msg,))
