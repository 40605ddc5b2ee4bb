"""A row of main contracts in words, and as plain JSON values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homalos.cli.words import day

if TYPE_CHECKING:
    from homalos.engine.series.rolls import Roll

__all__ = ["roll_data", "roll_line"]


def roll_line(roll: Roll) -> str:
    """Return a row as one line: from when to when, which contract, and the jump to it."""
    line = f"{day(roll.from_day)} to {day(roll.to_day)}  {roll.symbol}"
    if roll.previous:
        line += f", was {roll.previous}"
        if roll.close is not None and roll.previous_close is not None:
            jump = roll.close - roll.previous_close
            line += f" ({roll.close} after {roll.previous_close}: {jump:+f})"
    return f"{line}  [{roll.source}]" if roll.source else line


def roll_data(roll: Roll) -> dict[str, Any]:
    """Return a row as plain JSON values; a missing price is `None`."""
    return {
        "product": roll.product,
        "from_day": roll.from_day,
        "to_day": roll.to_day,
        "symbol": roll.symbol,
        "previous": roll.previous,
        "close": None if roll.close is None else float(roll.close),
        "previous_close": None if roll.previous_close is None else float(roll.previous_close),
        "source": roll.source,
    }
