"""Which lines are written: a level for all, and others for single components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["LEVELS", "Levels"]

LEVELS: Final[Mapping[str, int]] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
"""The levels by name, with loguru's numbers."""


class Levels:
    """The least level of each component; a name stands for what is below it, too.

    For `strategy.ma1` the entry `strategy.ma1` counts, else `strategy`, else the level
    of all. Values never change: another configuration is another object, so that any
    thread may ask.
    """

    def __init__(self, least: str, single: Mapping[str, str]) -> None:
        """Take the level of all and those of single components, by name.

        Raises:
            KeyError: There is no such level.
        """
        self._least = LEVELS[least]
        self._single = {name: LEVELS[level] for name, level in single.items()}

    def wants(self, level: str, component: str) -> bool:
        """Say whether a line of a level and a component is to be written."""
        return LEVELS[level] >= self.least(component)

    def least(self, component: str) -> int:
        """Return the number of the least level that is written of a component."""
        name = component
        while name:
            if name in self._single:
                return self._single[name]
            name = name.rpartition(".")[0]
        return self._least
