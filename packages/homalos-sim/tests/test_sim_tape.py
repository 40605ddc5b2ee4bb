"""The tape: files are checked first, read through the importers, and filtered by symbol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from homalos.errors import DataError, UnknownInstrument
from homalos.model import Instrument, TickData
from homalos.plugins.ports import FeedContext, Market, MarketEvent
from homalos_sim.options import TapeOptions
from homalos_sim.tape import TapeFeed

EVENTS = [
    TickData("rb2510.SHFE", 1, 20250805, 3200.0),
    TickData("au2512.SHFE", 2, 20250805, 780.0),
    TickData("rb2510.SHFE", 3, 20250805, 3201.0),
]


def _instrument(symbol: str) -> Instrument:
    raise UnknownInstrument(symbol)


def _market(symbol: str) -> Market:
    raise UnknownInstrument(symbol)


def _context(read: list[Path]) -> FeedContext:
    def importers(paths: Sequence[Path]) -> Iterator[MarketEvent]:
        read.extend(paths)
        return iter(EVENTS)

    return FeedContext(seed=1, instrument=_instrument, market=_market, read=importers)


def test_tape_is_what_the_importers_read(tmp_path: Path) -> None:
    """The paths go to the importers in the order given; the events come through unchanged."""
    files = [tmp_path / "b.csv", tmp_path / "a.csv"]
    for file in files:
        file.touch()
    read: list[Path] = []
    feed = TapeFeed(_context(read), TapeOptions(files=tuple(map(str, files))))
    assert read == []
    assert list(feed.events()) == EVENTS
    assert read == files
    assert list(feed.history()) == []


def test_only_the_wanted_symbols_come_through(tmp_path: Path) -> None:
    """The gold tick is left out."""
    file = tmp_path / "a.csv"
    file.touch()
    feed = TapeFeed(_context([]), TapeOptions(files=(str(file),), symbols=("rb2510.SHFE",)))
    assert list(feed.events()) == [EVENTS[0], EVENTS[2]]


def test_missing_files_are_named_before_anything_starts(tmp_path: Path) -> None:
    """Both missing files are in the message; the one that is there is not."""
    here = tmp_path / "here.csv"
    here.touch()
    names = ("gone.csv", str(here), "lost.csv")
    with pytest.raises(DataError, match=r"no such file: gone\.csv, lost\.csv$"):
        TapeFeed(_context([]), TapeOptions(files=names))


def test_tape_without_files_is_told() -> None:
    """An empty list is a mistake in the settings, not an empty day."""
    with pytest.raises(DataError, match="the tape has no files"):
        TapeFeed(_context([]), TapeOptions())
