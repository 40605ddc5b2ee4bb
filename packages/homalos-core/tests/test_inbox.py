"""The door into the engine: two lanes, what a full one does, and that nobody is left waiting."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.inbox import Inbox
from homalos.model import BarData, TickData
from homalos.testing import OTHER, SYMBOL, at, bar, tick

PATIENCE_S = 5.0


@contextmanager
def another_thread(work: Callable[[], object]) -> Iterator[threading.Thread]:
    """Do work on a thread beside; it must have ended when the block is left."""
    thread = threading.Thread(target=work)
    thread.start()
    yield thread
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def blocks(thread: threading.Thread) -> bool:
    """Say whether a thread is still at it after a little while."""
    thread.join(0.02)
    return thread.is_alive()


def everything(inbox: Inbox) -> list[Any]:
    """Take all that waits."""
    return list(iter(inbox.take_now, None))


def numbered(symbol: str, number: int) -> TickData:
    """Make a tick that can be told from others."""
    return tick(symbol, volume=number)


# -- lanes ---------------------------------------------------------------------


def test_the_execution_lane_goes_first() -> None:
    """A report does not wait behind a thousand ticks; each lane keeps its order."""
    inbox = Inbox()
    for event in (tick(), bar()):
        inbox.post_market(event)
    for item in ("report", "command"):
        inbox.post(item)
    assert inbox.depth() == 4
    assert everything(inbox) == ["report", "command", tick(), bar()]
    assert inbox.depth() == 0


def test_an_empty_inbox_gives_nothing() -> None:
    """At once, or when the time is over."""
    inbox = Inbox()
    assert inbox.take_now() is None
    assert inbox.take(0.0) is None
    assert inbox.take(-1.0) is None


def test_a_full_execution_lane_blocks_its_poster_until_something_is_taken() -> None:
    """Reports are never lost."""
    inbox = Inbox(execution=2)
    for item in (1, 2):
        inbox.post(item)
    with another_thread(lambda: inbox.post(3)) as poster:
        assert blocks(poster)
        assert inbox.take_now() == 1
    assert everything(inbox) == [2, 3]


def test_a_full_blocking_market_lane_blocks_its_poster() -> None:
    """Nothing is conflated then: a replay through a feed thread loses no tick."""
    inbox = Inbox(market=1, when_full="block")

    def post() -> None:
        for number in range(5):
            inbox.post_market(numbered(SYMBOL, number))

    with another_thread(post) as feed:
        assert blocks(feed)
        got = [inbox.take(PATIENCE_S).volume for _ in range(5)]
    assert got == [0, 1, 2, 3, 4]
    assert inbox.conflated == 0


def test_the_lanes_hold_a_thousand_reports_and_ten_thousand_ticks() -> None:
    """As long as nobody says otherwise; beyond that a report waits and a tick is conflated."""
    inbox = Inbox()
    for number in range(1_000):
        inbox.post(number)
    for number in range(10_002):
        inbox.post_market(numbered(SYMBOL, number))
    assert (inbox.depth(), inbox.conflated) == (11_001, 1)
    with another_thread(lambda: inbox.post(1_000)) as poster:
        assert blocks(poster)
        taken = [inbox.take_now()]
    taken += everything(inbox)
    assert taken[:1_001] == list(range(1_001))
    assert [event.volume for event in taken[1_001:]] == [*range(10_000), 10_001]


def test_what_cannot_wait_goes_into_a_full_lane() -> None:
    """The engine's own warning: nobody else could make room for it. It wakes the engine, too."""
    inbox = Inbox(execution=1)
    inbox.post(1)
    inbox.post_now(2)
    assert everything(inbox) == [1, 2]
    got: list[Any] = []
    with another_thread(lambda: got.append(inbox.take(60.0))) as engine_thread:
        assert blocks(engine_thread)
        inbox.post_now(3)
    assert got == [3]


# -- conflation ----------------------------------------------------------------


def test_a_full_market_lane_keeps_the_newest_tick_of_each_symbol() -> None:
    """What waits already stays; of what comes on top, each symbol's latest, counted."""
    inbox = Inbox(market=2)
    for number in range(5):
        inbox.post_market(numbered(SYMBOL, number))
    inbox.post_market(numbered(OTHER, 7))
    taken = [(event.symbol, event.volume) for event in everything(inbox)]
    assert taken == [(SYMBOL, 0), (SYMBOL, 1), (SYMBOL, 4), (OTHER, 7)]
    assert inbox.conflated == 2


def test_conflation_ends_once_the_engine_has_caught_up() -> None:
    """Until then new ticks join what was conflated, so that none overtakes."""
    inbox = Inbox(market=2)
    for number in range(3):
        inbox.post_market(numbered(SYMBOL, number))
    inbox.take_now()
    inbox.post_market(numbered(SYMBOL, 3))
    assert [event.volume for event in everything(inbox)] == [1, 3]
    inbox.post_market(numbered(SYMBOL, 4))
    inbox.post_market(numbered(SYMBOL, 5))
    assert [event.volume for event in everything(inbox)] == [4, 5]
    assert inbox.conflated == 1


def test_a_bar_is_never_conflated_and_never_overtakes_a_tick() -> None:
    """It waits until the ticks before it have gone in."""
    inbox = Inbox(market=1)
    for number in range(3):
        inbox.post_market(numbered(SYMBOL, number))
    with another_thread(lambda: inbox.post_market(bar())) as feed:
        assert blocks(feed)
        assert inbox.take_now().volume == 0
        assert blocks(feed)
        assert inbox.take_now().volume == 2
    assert everything(inbox) == [bar()]
    assert inbox.conflated == 1


Step = Literal["aa", "bb", "take"]


@given(st.lists(st.sampled_from(["aa", "bb", "take"]), max_size=60), st.integers(1, 5))
def test_each_symbols_ticks_come_in_order_and_every_loss_is_counted(
    steps: list[Step], limit: int
) -> None:
    """However taking and posting alternate, and the last tick of each symbol always comes."""
    inbox = Inbox(market=limit)
    posted: dict[str, list[int]] = {"aa": [], "bb": []}
    taken: dict[str, list[int]] = {"aa": [], "bb": []}

    def take() -> bool:
        event = inbox.take_now()
        if event is not None:
            taken[event.symbol].append(event.volume)
        return event is not None

    for number, step in enumerate(steps):
        if step == "take":
            take()
        else:
            inbox.post_market(numbered(step, number))
            posted[step].append(number)
            assert inbox.depth() <= limit + len(posted)
    while take():
        pass
    for name, numbers in posted.items():
        assert taken[name] == sorted(set(taken[name]))
        assert taken[name][-1:] == numbers[-1:]
    lost = sum(map(len, posted.values())) - sum(map(len, taken.values()))
    assert inbox.conflated == lost


# -- the last item -------------------------------------------------------------


def test_the_last_item_comes_after_everything() -> None:
    """Also after what was conflated and what was posted behind it."""
    inbox = Inbox(market=1)
    inbox.post_last("end")
    for number in range(3):
        inbox.post_market(numbered(SYMBOL, number))
    inbox.post("report")
    taken = everything(inbox)
    assert taken[0] == "report"
    assert [event.volume for event in taken[1:-1]] == [0, 2]
    assert taken[-1] == "end"
    assert inbox.take_now() is None


@pytest.mark.parametrize("line", range(1, 7))
def test_the_last_item_comes_last_wherever_the_feed_ends(line: int) -> None:
    """Whichever line the taker is at when the feed posts its last tick and its end."""
    inbox = Inbox()
    lines = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal lines
        if frame.f_code is not Inbox.take_now.__code__:
            return None
        if event == "line":
            lines += 1
            if lines == line:
                inbox.post_market(tick())
                inbox.post_last("end")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        taken = inbox.take_now()
    finally:
        sys.settrace(before)
    assert lines >= line, "take_now has fewer lines by now"
    assert [item for item in (taken, *everything(inbox)) if item is not None] == [tick(), "end"]


# -- waiting and closing -------------------------------------------------------


@pytest.mark.parametrize("lane", ["post", "post_market", "post_last"])
def test_a_waiting_engine_wakes_up_for_whatever_is_posted(lane: str) -> None:
    """On every lane, long before its time is over."""
    inbox = Inbox()
    got: list[Any] = []
    with another_thread(lambda: got.append(inbox.take(60.0))) as engine_thread:
        assert blocks(engine_thread)
        getattr(inbox, lane)(tick())
    assert got == [tick()]


def test_a_waiting_engine_wakes_up_for_a_conflated_tick() -> None:
    """With a lane of no length everything is conflated."""
    inbox = Inbox(market=0)
    got: list[Any] = []
    with another_thread(lambda: got.append(inbox.take(60.0))) as engine_thread:
        assert blocks(engine_thread)
        inbox.post_market(tick())
    assert got == [tick()]


class LateRing(Inbox):
    """An item comes in while the engine, idle already, looks once more: its bell rings on."""

    looks = 0

    def take_now(self) -> Any:
        """Post at the second look, just before it."""
        self.looks += 1
        if self.looks == 2:
            self.post("in time")
        return super().take_now()


def test_a_ring_for_what_was_taken_already_does_not_cut_the_next_wait_short() -> None:
    """`None` says that the time is over, and that only."""
    inbox = LateRing()
    assert inbox.take(60.0) == "in time"
    got: list[Any] = []
    with another_thread(lambda: got.append(inbox.take(60.0))) as engine_thread:
        assert blocks(engine_thread)
        inbox.post("next")
    assert got == ["next"]
    assert inbox.take(0.02) is None


def test_closing_lets_every_poster_go() -> None:
    """A feed thread must not hang because the engine has stopped."""
    inbox = Inbox(execution=1, market=1, when_full="block")
    inbox.post(1)
    inbox.post_market(tick())
    with another_thread(lambda: inbox.post(2)), another_thread(lambda: inbox.post_market(bar())):
        inbox.close()
    assert inbox.depth() == 4


def test_closing_wakes_a_waiting_engine() -> None:
    """With nothing in hand; afterwards nobody waits any more."""
    inbox = Inbox()
    got: list[Any] = []
    with another_thread(lambda: got.append(inbox.take(60.0))) as engine_thread:
        assert blocks(engine_thread)
        inbox.close()
    assert got == [None]
    assert inbox.take(60.0) is None


def test_many_posters_lose_nothing() -> None:
    """Each one's items arrive in its own order, through lanes much too short for them."""
    inbox = Inbox(execution=3, market=3, when_full="block")
    each = 300

    def post(poster: int) -> None:
        for number in range(each):
            inbox.post((poster, number))

    def feed() -> None:
        for number in range(each):
            inbox.post_market(numbered(SYMBOL, number))
        inbox.post_last("end")

    threads = [threading.Thread(target=post, args=(poster,)) for poster in range(3)]
    threads.append(threading.Thread(target=feed))
    for thread in threads:
        thread.start()
    taken = [inbox.take(PATIENCE_S) for _ in range(4 * each + 1)]
    for thread in threads:
        thread.join(PATIENCE_S)
    for poster in range(3):
        own = [item[1] for item in taken if isinstance(item, tuple) and item[0] == poster]
        assert own == list(range(each))
    assert [item.volume for item in taken if isinstance(item, TickData)] == list(range(each))
    assert taken.count("end") == 1


def test_bars_at_a_full_lane_come_through_a_conflating_inbox() -> None:
    """Ticks between them may go, the bars may not, and no tick comes after a later bar."""
    inbox = Inbox(market=2)
    count = 100

    def feed() -> None:
        for number in range(count):
            inbox.post_market(tick(ts_ns=at(2 * number)))
            inbox.post_market(bar(start_ns=at(2 * number + 1), ts_ns=at(2 * number + 1)))
        inbox.post_last("end")

    taken: list[Any] = []
    with another_thread(feed):
        while (item := inbox.take(PATIENCE_S)) != "end":
            taken.append(item)
    stamps = [event.ts_ns for event in taken]
    assert stamps == sorted(stamps)
    assert sum(isinstance(event, BarData) for event in taken) == count
    assert len(taken) + inbox.conflated == 2 * count
