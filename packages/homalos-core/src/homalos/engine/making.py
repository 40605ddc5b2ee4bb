"""Parts made by plugins: what the system refuses them is told with the part's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from homalos.errors import PluginError

__all__ = ["make"]

_T = TypeVar("_T")


def make(what: str, factory: Callable[[Any, Any], _T], context: object, options: object) -> _T:
    """Call a plugin's factory.

    Args:
        what: The part, as the person who wrote the settings calls it: `store 'sqlite'`.
        factory: The plugin's.
        context: Its first argument.
        options: Its second.

    Raises:
        PluginError: The system refused it something: a port, a file. By itself such an
            error does not say whose it is; any other is a bug, which its place tells.
    """
    try:
        return factory(context, options)
    except OSError as error:
        msg = (
            f"the {what} cannot be made: {type(error).__name__}: {error}; "
            "look at its options, or leave it out"
        )
        raise PluginError(msg) from error
