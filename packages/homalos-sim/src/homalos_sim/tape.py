"""Replay of recorded market data from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from homalos.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from homalos.model import BarData
    from homalos.plugins.ports import FeedContext, MarketEvent
    from homalos_sim.options import TapeOptions

__all__ = ["TapeFeed"]


class TapeFeed:
    """The events of files, merged by time by the engine's importers.

    How fast they come is the engine's business (`FeedSettings.speed`).
    """

    def __init__(self, context: FeedContext, options: TapeOptions) -> None:
        """Look at the files, so that a missing one is told before anything starts.

        Raises:
            DataError: No file is named, or one of them is not there.
        """
        paths = [Path(name) for name in options.files]
        if not paths:
            msg = "the tape has no files; name at least one under `files`"
            raise DataError(msg)
        missing = [str(path) for path in paths if not path.is_file()]
        if missing:
            msg = f"the tape cannot be read, no such file: {', '.join(missing)}"
            raise DataError(msg)
        self._paths = paths
        self._symbols = frozenset(options.symbols)
        self._read = context.read

    def history(self) -> Iterable[BarData]:
        """Return nothing: a tape is all events."""
        return ()

    def events(self) -> Iterator[MarketEvent]:
        """Return the files' ticks and bars in time order."""
        events = self._read(self._paths)
        wanted = self._symbols
        if not wanted:
            return events
        return (event for event in events if event.symbol in wanted)
