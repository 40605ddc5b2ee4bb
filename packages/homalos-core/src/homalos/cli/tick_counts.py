"""How many ticks there were of each class, as the commands tell it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from homalos.engine.tick_classes import TickClass

if TYPE_CHECKING:
    from homalos.engine.build import Parts

__all__ = ["class_counts", "in_words", "tell_classes"]


def class_counts(parts: Parts) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """Return how many ticks and unusable rows there were by class; and of the ticks by symbol.

    Classes stand in the order of `TickClass`, symbols in that of the alphabet.
    """
    ticks = {
        symbol: _in_order({kind.value: count for kind, count in counts.items()})
        for symbol, counts in sorted(parts.data.counts().items())
    }
    totals = dict(parts.reader.bad_rows.faults)
    for counts in ticks.values():
        for kind, count in counts.items():
            totals[kind] = totals.get(kind, 0) + count
    return _in_order(totals), ticks


def in_words(classes: Mapping[str, int]) -> str:
    """Return counts as `good 12, late 1`."""
    return ", ".join(f"{kind} {count}" for kind, count in classes.items())


def tell_classes(classes: Mapping[str, int]) -> None:
    """Say on standard error what the ticks were, where not all of them were good."""
    if classes.keys() - {TickClass.GOOD.value}:
        sys.stderr.write(f"ticks by class: {in_words(classes)}\n")


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    return {kind.value: counts[kind.value] for kind in TickClass if kind.value in counts}
