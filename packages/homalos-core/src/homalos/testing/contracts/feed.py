"""What every source of market data must do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import Factory, frozen

from homalos.plugins.ports import Market, MarketEvent
from homalos.plugins.specs import FeedSpec
from homalos.testing.contracts.requirement import Requirement
from homalos.testing.fakes import FakeMarket

__all__ = ["FEED", "FeedSubject"]


def _no_files(paths: Sequence[Path]) -> Iterator[MarketEvent]:
    msg = f"this feed reads files; give the subject `read`: {paths}"
    raise LookupError(msg)


@frozen(kw_only=True)
class FeedSubject:
    """A feed under test.

    Attributes:
        spec: What the plugin offers.
        folder: An empty folder of the test's own.
        options: As they would stand in the settings.
        market: The market of every symbol that the feed brings.
        seed: The run's seed.
        read: What reads files, for a feed that replays some.
        most: Events looked at, at most.
    """

    spec: FeedSpec
    folder: Path
    options: Mapping[str, Any] = Factory(dict)
    market: Market = Factory(FakeMarket)
    seed: int = 1
    read: Callable[[Sequence[Path]], Iterator[MarketEvent]] = _no_files
    most: int = 5_000


FEED: tuple[Requirement[FeedSubject], ...] = ()
