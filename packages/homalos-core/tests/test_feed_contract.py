"""A feed that does everything right passes; each way to get one thing wrong is found by name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from math import inf
from pathlib import Path

import pytest
from msgspec.structs import replace

from homalos.model import BarData, TickData
from homalos.plugins import FeedSpec
from homalos.plugins.ports import Feed, MarketEvent
from homalos.testing import DAY, OTHER, SYMBOL, FakeFeed, at, bar, tick
from homalos.testing.contracts import FEED, FeedSubject, Requirement, verify

HISTORY = (bar(start_ns=at(-120)), bar(start_ns=at(-60)))
EVENTS: tuple[MarketEvent, ...] = (
    tick(ts_ns=at(0), volume=1),
    tick(OTHER, ts_ns=at(1), volume=1),
    tick(ts_ns=at(2), volume=3),
    bar(start_ns=at(0)),
    tick(ts_ns=at(86_400), trading_day=DAY + 1, volume=1),
)


class OnItsThread(FakeFeed):
    """Is read on the thread that made it."""

    def __init__(self) -> None:
        """Note the thread."""
        super().__init__(EVENTS)
        self.owner = threading.get_ident()

    def events(self) -> Iterator[MarketEvent]:
        """Refuse any other."""
        if threading.get_ident() != self.owner:
            msg = "not my thread"
            raise RuntimeError(msg)
        return super().events()


class Threaded(FakeFeed):
    """Leaves a thread behind."""

    def events(self) -> Iterator[MarketEvent]:
        """Start one."""
        threading.Thread(target=threading.Event().wait, args=(30,), daemon=True).start()
        return super().events()


def _feed(*events: MarketEvent, history: Iterable[BarData] = HISTORY) -> Callable[[], Feed]:
    return lambda: FakeFeed(events, history=history)


def _with(place: int, **fields: object) -> Callable[[], Feed]:
    changed = [*EVENTS]
    changed[place] = replace(changed[place], **fields)
    return _feed(*changed)


def _unlike() -> Callable[[], Feed]:
    # Every second feed has another price in it.
    made: list[Feed] = []

    def make() -> Feed:
        made.append(FakeFeed([*EVENTS[:-1], tick(price=100.0 + len(made), ts_ns=at(90_000))]))
        return made[-1]

    return make


BROKEN: dict[str, Callable[[], Feed]] = {
    "events_come_in_time_order": _feed(*EVENTS[:2], EVENTS[3], EVENTS[2], EVENTS[4]),
    "events_have_a_trading_day": _feed(*(replace(each, trading_day=0) for each in EVENTS[:4])),
    "trading_days_never_go_back": _with(4, trading_day=DAY - 1),
    "the_market_knows_every_symbol": _with(1, symbol="cc2510.TEST"),
    "a_missing_price_is_nan": _with(1, ask_price_1=1.7976931348623157e308),
    "volume_counts_up_within_a_day": _with(2, volume=0),
    "bars_are_possible": _with(3, high_price=99.0),
    "history_ends_before_the_first_event": _feed(*EVENTS, history=[bar(start_ns=at(-30))]),
    "the_same_seed_brings_the_same_events": _unlike(),
    "it_is_read_on_a_thread_of_its_own": OnItsThread,
    "leaving_early_leaves_nothing_behind": lambda: Threaded(EVENTS),
}


def subject_of(make: Callable[[], Feed], folder: Path) -> FeedSubject:
    """Make a subject of a feed."""
    spec = FeedSpec(name="test", factory=lambda _context, _options: make())
    return FeedSubject(spec=spec, folder=folder)


def failures_of(make: Callable[[], Feed], folder: Path) -> set[str]:
    """Return the names of what a feed does not meet."""
    return {failure.name for failure in verify(FEED, lambda: subject_of(make, folder))}


@pytest.mark.parametrize("requirement", FEED, ids=str)
def test_the_fake_feed_of_the_kit_passes(
    requirement: Requirement[FeedSubject], tmp_path: Path
) -> None:
    """No requirement is beyond a small feed."""
    requirement.check(subject_of(_feed(*EVENTS), tmp_path))


@pytest.mark.parametrize("name", BROKEN)
def test_one_fault_is_found_by_its_name_and_no_other(name: str, tmp_path: Path) -> None:
    """Who broke one thing is not sent looking for another."""
    assert failures_of(BROKEN[name], tmp_path) == {name}


def test_a_feed_without_events_is_found(tmp_path: Path) -> None:
    """Nothing can be read on a thread either, and no history can be older than nothing."""
    expected = {
        "it_brings_events",
        "history_ends_before_the_first_event",
        "it_is_read_on_a_thread_of_its_own",
    }
    assert failures_of(_feed(), tmp_path) == expected


def test_a_feed_that_counts_milliseconds_is_found(tmp_path: Path) -> None:
    """Its history, which is right, then ends long after its first event."""
    events = [
        replace(each, ts_ns=each.ts_ns // 1_000_000)
        for each in EVENTS
        if isinstance(each, TickData)
    ]
    expected = {"events_are_stamped_in_nanoseconds", "history_ends_before_the_first_event"}

    assert failures_of(_feed(*events), tmp_path) == expected


def test_an_infinite_price_is_as_wrong_as_the_largest_double(tmp_path: Path) -> None:
    """Both are numbers that some source has for none."""
    assert failures_of(_with(0, bid_price_1=-inf), tmp_path) == {"a_missing_price_is_nan"}


def test_every_requirement_can_fail() -> None:
    """One that nothing breaks would test nothing."""
    elsewhere = {"it_brings_events", "events_are_stamped_in_nanoseconds"}
    assert {*BROKEN} | elsewhere == {each.name for each in FEED}


def test_a_feed_that_reads_files_needs_to_be_told_how(tmp_path: Path) -> None:
    """The message says what to give the subject."""
    spec = FeedSpec(name="tape", factory=lambda context, _: FakeFeed(context.read([tmp_path])))
    found = verify(FEED[:1], lambda: FeedSubject(spec=spec, folder=tmp_path))

    assert "give the subject `read`" in found[0].message
    assert SYMBOL not in found[0].message
