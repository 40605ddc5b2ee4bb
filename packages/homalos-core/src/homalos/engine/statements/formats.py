"""Which of the formats that plugins offer a broker's statement is in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from homalos.errors import MissingPluginError, StatementError

if TYPE_CHECKING:
    from homalos.plugins.ports import Reading
    from homalos.plugins.specs import StatementFormatSpec

__all__ = ["read_by_any"]


def read_by_any(formats: Iterable[StatementFormatSpec], data: bytes, *, name: str) -> Reading:
    """Return what the first format that can read a statement makes of it.

    Args:
        formats: Tried in this order.
        data: The file as it is.
        name: What error messages call it, such as its path.

    Raises:
        StatementError: None can read it; of several, each one's reason is named.
        MissingPluginError: There is no format at all.
    """
    refused: dict[str, StatementError] = {}
    for each in formats:
        try:
            return each.read(data, name=name)
        except StatementError as error:
            refused[each.name] = error
    if not refused:
        msg = f"{name}: no plugin offers a format of statements to read it with"
        raise MissingPluginError(msg)
    if len(refused) == 1:
        raise next(iter(refused.values()))
    reasons = "; ".join(f"{each}: {_without(name, error)}" for each, error in refused.items())
    msg = f"in none of the formats {', '.join(refused)}; {reasons}"
    raise StatementError(msg, file=name)


def _without(name: str, error: StatementError) -> str:
    """Return an error's words, its line among them, without the file that it starts with."""
    place = f"{name}:{error.line}: " if error.line else f"{name}: "
    reason = str(error).removeprefix(place)
    return f"line {error.line}: {reason}" if error.line else reason
