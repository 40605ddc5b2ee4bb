"""What every source of market data must do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from attrs import Factory, frozen

from homalos.model import BarData, TickData, split_symbol
from homalos.plugins.ports import Feed, FeedContext, Market, MarketEvent
from homalos.plugins.specs import FeedSpec
from homalos.testing.contracts.requirement import (
    Requirement,
    expect,
    expect_no_thread_since,
    options_of,
    requirement,
)
from homalos.testing.fakes import FakeMarket
from homalos.testing.records import same

__all__ = ["FEED", "FeedSubject"]

# A stamp below this is no count of nanoseconds: it would lie before March 1973.
_EARLIEST_NS = 10**17
# CTP's largest double stands for a price that is missing; no real one is near it.
_NO_PRICE = 1e300


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


def _made(subject: FeedSubject) -> Feed:
    context = FeedContext(
        seed=subject.seed,
        instrument=subject.market.resolve,
        market=lambda _symbol: subject.market,
        read=subject.read,
    )
    return subject.spec.factory(context, options_of(subject.spec, subject.options))


def _events(subject: FeedSubject) -> list[MarketEvent]:
    events = _made(subject).events()
    found = list(islice(events, subject.most))
    _leave(events)
    return found


def _leave(events: Iterator[MarketEvent]) -> None:
    # What the engine does when it stops early: a generator is closed, an iterator forgotten.
    close = getattr(events, "close", None)
    if close is not None:
        close()


@requirement
def it_brings_events(subject: FeedSubject) -> None:
    """A run without any ends at once and looks like one without trades."""
    expect(bool(_events(subject)), "no event came; expected one or more")


@requirement
def events_come_in_time_order(subject: FeedSubject) -> None:
    """The clock does not go back: a late event is worth nothing, and its bar is closed."""
    for earlier, later in pairwise(_events(subject)):
        found = f"an event of {later.ts_ns} came after one of {earlier.ts_ns}"
        expect(earlier.ts_ns <= later.ts_ns, found)


@requirement
def events_are_stamped_in_nanoseconds(subject: FeedSubject) -> None:
    """Milliseconds would put the whole run into January 1970."""
    for event in _events(subject):
        expect(event.ts_ns > _EARLIEST_NS, f"an event is stamped {event.ts_ns} ns after 1970")


@requirement
def events_have_a_trading_day(subject: FeedSubject) -> None:
    """A night belongs to the next day: settlement and position limits go by this field."""
    days = sorted({event.trading_day for event in _events(subject)})
    expect(
        all(19_900_101 <= day <= 29_991_231 for day in days),
        f"the trading days are {days[:5]}; expected yyyymmdd",
    )


@requirement
def trading_days_never_go_back(subject: FeedSubject) -> None:
    """The engine settles when a day begins, and cannot take it back."""
    last: dict[str, int] = {}
    for event in _events(subject):
        before = last.get(event.symbol, 0)
        day = event.trading_day
        expect(before <= day, f"{event.symbol}: the day {day} came after {before}")
        last[event.symbol] = day


@requirement
def the_market_knows_every_symbol(subject: FeedSubject) -> None:
    """No strategy can trade what has no contract, and a spelling of its own has no listener."""
    for symbol in sorted({event.symbol for event in _events(subject)}):
        split_symbol(symbol)
        found = subject.market.resolve(symbol).symbol
        expect(found == symbol, f"{symbol!r} came; expected the market's spelling, {found!r}")


@requirement
def a_missing_price_is_nan(subject: FeedSubject) -> None:
    """Any other number for it is traded on."""
    for event in _events(subject):
        for name, price in _prices(event):
            # nan compares False.
            expect(not abs(price) > _NO_PRICE, f"{name} of {event.symbol} is {price}")


@requirement
def volume_counts_up_within_a_day(subject: FeedSubject) -> None:
    """Bars take what it rose by; a fall would be a bar with lots below 0."""
    last: dict[tuple[str, int], int] = {}
    for event in _events(subject):
        expect(event.volume >= 0, f"{event.symbol}: the volume is {event.volume}")
        if isinstance(event, TickData):
            day = (event.symbol, event.trading_day)
            before = last.get(day, 0)
            expect(before <= event.volume, f"{day}: volume {event.volume} came after {before}")
            last[day] = event.volume


@requirement
def bars_are_possible(subject: FeedSubject) -> None:
    """A simulated venue fills between low and high."""
    bars = [each for each in _events(subject) if isinstance(each, BarData)]
    for bar in [*bars, *_made(subject).history()]:
        expect(bar.start_ns < bar.ts_ns, f"a bar ends at {bar.ts_ns}, begins at {bar.start_ns}")
        low, high = bar.low_price, bar.high_price
        for price in (bar.open_price, bar.close_price):
            # nan compares False.
            expect(not (price < low or price > high), f"{price} is not within {low} to {high}")


@requirement
def history_ends_before_the_first_event(subject: FeedSubject) -> None:
    """A strategy that is warmed up with bars of today knows the future."""
    history = list(_made(subject).history())
    first = _events(subject)[0]
    begun = first.start_ns if isinstance(first, BarData) else first.ts_ns
    for earlier, later in pairwise(history):
        expect(earlier.ts_ns <= later.ts_ns, "the history is not in time order, oldest first")
    last = max((bar.ts_ns for bar in history), default=0)
    expect(last <= begun, f"the history reaches to {last}; the first event is of {begun}")


@requirement
def the_same_seed_brings_the_same_events(subject: FeedSubject) -> None:
    """A backtest that is run twice must take the same decisions."""
    pairs = zip(_events(subject), _events(subject), strict=True)
    expect(all(same(first, second) for first, second in pairs), "two feeds of one seed differ")


@requirement
def it_is_read_on_a_thread_of_its_own(subject: FeedSubject) -> None:
    """In live mode the engine has a feed thread do it."""
    feed = _made(subject)
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(lambda: next(iter(feed.events()), None)).result(60)
    expect(found is not None, "no event came on another thread")


@requirement
def leaving_early_leaves_nothing_behind(subject: FeedSubject) -> None:
    """Ctrl-C is how most runs end; a file left open cannot be moved."""
    before = set(threading.enumerate())
    events = _made(subject).events()
    next(events, None)
    _leave(events)
    expect_no_thread_since(before)


def _prices(event: MarketEvent) -> list[tuple[str, float]]:
    names = [name for name in event.__struct_fields__ if name.endswith(("_price", "_price_1"))]
    if isinstance(event, TickData):
        names += ["limit_up", "limit_down", "pre_close", "pre_settlement"]
    return [(name, getattr(event, name)) for name in names]


FEED: tuple[Requirement[FeedSubject], ...] = (
    it_brings_events,
    events_come_in_time_order,
    events_are_stamped_in_nanoseconds,
    events_have_a_trading_day,
    trading_days_never_go_back,
    the_market_knows_every_symbol,
    a_missing_price_is_nan,
    volume_counts_up_within_a_day,
    bars_are_possible,
    history_ends_before_the_first_event,
    the_same_seed_brings_the_same_events,
    it_is_read_on_a_thread_of_its_own,
    leaving_early_leaves_nothing_behind,
)
