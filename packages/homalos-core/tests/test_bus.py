"""The bus: who hears what, in which order, and what becomes of a handler that raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homalos.bus import OBSERVER, STATE, STRATEGY, Bus, Handler, Subscription
from homalos.model import (
    Alert,
    BarData,
    OrderData,
    Rejection,
    SessionChanged,
    SessionState,
    StrategyChanged,
    StrategyState,
    TickData,
    TimerFired,
)
from homalos.model.message import Message
from homalos.testing import OTHER, SYMBOL, bar, order_request, tick

Fault = tuple[str, Any, str]


class Party:
    """A bus, and handlers that note what they hear in one list."""

    def __init__(self) -> None:
        """Begin with nobody listening."""
        self.heard: list[str] = []
        self.faults: list[Fault] = []
        self.bus = Bus(self.fault)

    def fault(self, subscription: Subscription, event: Any, error: Exception) -> None:
        """Note a handler that raised."""
        self.faults.append((subscription.name, event, str(error)))

    def hear(
        self, name: str, kind: type = TickData, *, key: Any = None, order: int = OBSERVER
    ) -> Subscription:
        """Subscribe a handler that notes its name."""
        return self.bus.subscribe(kind, self.noting(name), key=key, order=order, name=name)

    def noting(self, name: str) -> Handler:
        """Make a handler that notes its name."""
        return lambda _: self.heard.append(name)

    def failing(self, name: str) -> Subscription:
        """Subscribe a handler that notes its name and raises."""

        def handler(_: Any) -> None:
            self.heard.append(name)
            raise ValueError(name)

        return self.bus.subscribe(TickData, handler, name=name)


@pytest.fixture
def party() -> Party:
    """Give a bus without listeners."""
    return Party()


# -- order ---------------------------------------------------------------------


def test_handlers_run_by_order_and_ties_by_registration(party: Party) -> None:
    """State first, then strategies, then onlookers, whoever came first."""
    for name, order in [("o1", OBSERVER), ("s1", STRATEGY), ("d1", STATE), ("d2", STATE)]:
        party.hear(name, order=order)
    party.hear("s2", order=STRATEGY)
    party.bus.publish(tick())
    assert party.heard == ["d1", "d2", "s1", "s2", "o1"]
    assert [each.name for each in party.bus.subscriptions()] == party.heard


def test_keyed_and_unkeyed_handlers_keep_one_order(party: Party) -> None:
    """Those who hear all stand among those who hear one symbol."""
    party.hear("all", order=STATE)
    party.hear("one", key=SYMBOL, order=STATE)
    party.hear("first", order=1)
    party.bus.publish(tick())
    assert party.heard == ["first", "all", "one"]


# -- keys ----------------------------------------------------------------------


def test_a_key_keeps_other_symbols_out(party: Party) -> None:
    """Who asks for one contract hears one contract."""
    party.hear("aa", key=SYMBOL)
    party.hear("bb", key=OTHER)
    party.hear("all")
    party.bus.publish(tick(OTHER))
    assert party.heard == ["bb", "all"]


def test_each_type_of_message_has_its_own_listeners(party: Party) -> None:
    """A bar is no tick."""
    party.hear("tick")
    party.hear("bar", BarData)
    party.bus.publish(bar())
    assert party.heard == ["bar"]


@pytest.mark.parametrize(
    ("key", "hears"),
    [
        (None, ["aa 1m", "aa 5m", "bb 1m", "bb 5m"]),
        ((None, None), ["aa 1m", "aa 5m", "bb 1m", "bb 5m"]),
        ((SYMBOL, None), ["aa 1m", "aa 5m"]),
        ((None, "5m"), ["aa 5m", "bb 5m"]),
        ((SYMBOL, "5m"), ["aa 5m"]),
        (("x.TEST", None), []),
    ],
)
def test_bars_are_heard_by_symbol_and_length(key: Any, hears: list[str]) -> None:
    """None stands for all in either place."""
    heard: list[str] = []
    bus = Bus(unexpected)
    bus.subscribe(BarData, lambda b: heard.append(f"{b.symbol[:2]} {b.interval}"), key=key)
    for symbol in (SYMBOL, OTHER):
        for interval in ("1m", "5m"):
            bus.publish(bar(symbol, interval=interval))
    assert heard == hears


def unexpected(_subscription: Subscription, _event: Any, error: Exception) -> None:
    """Let a test fail with what a handler raised."""
    raise error


OF_STRATEGY: list[Callable[[str], Message]] = [
    lambda name: TimerFired(name, "t", 1, 1),
    lambda name: StrategyChanged(name, StrategyState.RUNNING, "", 1),
    lambda name: Rejection("rule", "no", order_request(strategy=name), 1),
]


@pytest.mark.parametrize("made", OF_STRATEGY, ids=lambda made: type(made("s")).__name__)
def test_a_strategys_own_messages_are_heard_by_its_name(
    party: Party, made: Callable[[str], Message]
) -> None:
    """No strategy sees another one's timers and refusals."""
    party.hear("mine", type(made("")), key="mine")
    party.bus.publish(made("mine"))
    party.bus.publish(made("yours"))
    assert party.heard == ["mine"]


def test_sessions_are_heard_by_symbol(party: Party) -> None:
    """As ticks are."""
    party.hear("aa", SessionChanged, key=SYMBOL)
    for symbol in (SYMBOL, OTHER):
        party.bus.publish(SessionChanged(symbol, SessionState.OPEN, 20250106, 1))
    assert party.heard == ["aa"]


@pytest.mark.parametrize(
    ("kind", "key", "expected"),
    [
        (BarData, SYMBOL, r"BarData is heard by \(symbol, interval\)"),
        (BarData, (SYMBOL,), r"BarData is heard by \(symbol, interval\)"),
        (TickData, (SYMBOL, "1m"), "TickData is heard by a symbol"),
        (OrderData, ("ma", None), "OrderData is heard by a strategy's name"),
        (Alert, "bus", "Alert is heard by no key at all"),
    ],
)
def test_a_key_that_no_event_has_is_refused(
    party: Party, kind: type, key: Any, expected: str
) -> None:
    """It would be deaf for ever, or fail when the first event comes."""
    with pytest.raises(ValueError, match=expected):
        party.hear("x", kind, key=key)
    assert party.bus.subscriptions() == ()


def test_a_handler_that_cannot_be_routed_is_refused(party: Party) -> None:
    """At once, and not while the first event is on its way."""

    class Unhashable:
        """A handler as attrs makes one that is compared by its fields."""

        __hash__ = None  # type: ignore[assignment]  # as of every class with an `__eq__` alone

        def __call__(self, event: object) -> None: ...

    with pytest.raises(TypeError, match="unhashable"):
        party.bus.subscribe(TickData, Unhashable())
    party.bus.publish(tick())


# -- handlers that raise -------------------------------------------------------


def test_a_handler_that_raises_is_counted_and_the_rest_run(party: Party) -> None:
    """One fault never takes the others with it."""
    party.hear("before")
    failing = party.failing("bad")
    after = party.hear("after")
    event = tick()
    party.bus.publish(event)
    assert party.heard == ["before", "bad", "after"]
    assert party.faults == [("bad", event, "bad")]
    assert (failing.failed, failing.delivered, after.failed) == (1, 1, 0)


@pytest.mark.parametrize("pattern", ["bb", "bgb", "gbbg", "bgbgb", "b", "ggb"])
def test_several_handlers_that_raise_are_each_counted_once(party: Party, pattern: str) -> None:
    """Wherever they stand, good (g) or bad (b), everybody hears every event once."""
    names = [f"{letter}{place}" for place, letter in enumerate(pattern)]
    subscriptions = [party.failing(n) if n[0] == "b" else party.hear(n) for n in names]
    for _ in range(2):
        party.bus.publish(tick())
    assert party.heard == names * 2
    assert [name for name, _, _ in party.faults] == [n for n in names if n[0] == "b"] * 2
    assert [each.delivered for each in subscriptions] == [2] * len(names)


@pytest.mark.parametrize(
    "event", [tick(), bar(), TimerFired("s", "t", 1, 1), Alert("info", "s", "m", 1)]
)
def test_every_kind_of_route_has_the_fence(party: Party, event: Message) -> None:
    """By symbol, by bar length, by strategy and without key."""

    def handler(_: Any) -> None:
        raise ValueError(type(event).__name__)

    party.bus.subscribe(type(event), handler, name="bad")
    party.hear("after", type(event))
    party.bus.publish(event)
    assert party.faults == [("bad", event, type(event).__name__)]
    assert party.heard == ["after"]


def test_what_is_no_exception_goes_through(party: Party) -> None:
    """Ctrl-C ends the run, it is no fault of a handler's."""

    def handler(_: Any) -> None:
        raise KeyboardInterrupt

    party.bus.subscribe(TickData, handler)
    with pytest.raises(KeyboardInterrupt):
        party.bus.publish(tick())
    assert party.faults == []


# -- changes while an event is being delivered ---------------------------------


def test_who_subscribes_during_a_delivery_hears_the_next_event(party: Party) -> None:
    """Not the one that is under way."""

    def handler(_: Any) -> None:
        if not party.heard:
            late.append(party.hear("late"))
        party.heard.append("first")

    late: list[Subscription] = []
    first = party.bus.subscribe(TickData, handler, order=STATE)
    party.bus.publish(tick())
    assert party.heard == ["first"]
    party.bus.publish(tick())
    assert party.heard == ["first", "first", "late"]
    assert (first.delivered, late[0].delivered) == (2, 1)


def test_who_closes_during_a_delivery_still_gets_that_event(party: Party) -> None:
    """And no other."""
    closing = party.bus.subscribe(TickData, lambda _: last.close(), order=STATE)
    last = party.hear("last")
    for _ in range(2):
        party.bus.publish(tick())
    assert party.heard == ["last"]
    assert (closing.delivered, last.delivered) == (2, 1)
    assert party.bus.deliveries() == 3


def test_a_handler_may_close_itself_and_publish(party: Party) -> None:
    """What it publishes is delivered before the rest of the event in hand."""

    def once(_: Any) -> None:
        subscription.close()
        party.bus.publish(tick(OTHER))

    subscription = party.bus.subscribe(TickData, once, order=STATE)
    party.bus.subscribe(TickData, lambda event: party.heard.append(event.symbol))
    party.bus.publish(tick(SYMBOL))
    assert party.heard == [OTHER, SYMBOL]
    assert (subscription.delivered, party.bus.deliveries()) == (1, 3)


def test_a_fault_may_close_what_failed(party: Party) -> None:
    """As the engine does with a strategy that raises."""
    bus = Bus(lambda subscription, _event, _error: subscription.close())

    def handler(_: Any) -> None:
        raise ValueError

    failing = bus.subscribe(TickData, handler)
    after = bus.subscribe(TickData, party.noting("after"))
    for _ in range(2):
        bus.publish(tick())
    assert party.heard == ["after", "after"]
    assert (failing.failed, failing.delivered, after.delivered) == (1, 1, 2)


def test_closing_twice_is_harmless(party: Party) -> None:
    """Whoever cleans up need not know who cleaned up before."""
    subscription = party.hear("x")
    subscription.close()
    subscription.close()
    party.bus.publish(tick())
    assert party.heard == []


# -- the same handler twice ----------------------------------------------------


def test_a_handler_subscribed_twice_is_called_once(party: Party) -> None:
    """As by key and without: the first in order counts the event."""
    handler = party.noting("x")
    wide = party.bus.subscribe(TickData, handler, order=OBSERVER)
    narrow = party.bus.subscribe(TickData, handler, key=SYMBOL, order=STATE)
    party.bus.publish(tick(SYMBOL))
    party.bus.publish(tick(OTHER))
    assert party.heard == ["x", "x"]
    assert (narrow.delivered, wide.delivered) == (1, 1)


def test_a_handler_subscribed_twice_goes_on_when_one_closes(party: Party) -> None:
    """Closing one subscription does not deafen the other."""
    handler = party.noting("x")
    first = party.bus.subscribe(TickData, handler)
    second = party.bus.subscribe(TickData, handler)
    party.bus.publish(tick())
    first.close()
    party.bus.publish(tick())
    assert (first.delivered, second.delivered) == (1, 1)


def test_bound_methods_of_two_objects_are_two_handlers(party: Party) -> None:
    """Equal objects are not the same listener."""
    first: list[Any] = []
    second: list[Any] = []
    party.bus.subscribe(TickData, first.append)
    party.bus.subscribe(TickData, second.append)
    party.bus.publish(tick())
    assert (len(first), len(second)) == (1, 1)


# -- counting ------------------------------------------------------------------

Action = tuple[str, int]
actions = st.lists(
    st.tuples(st.sampled_from(["publish", "subscribe", "close"]), st.integers(0, 3)), max_size=40
)


@given(actions)
def test_delivered_is_what_the_handlers_saw(steps: list[Action]) -> None:
    """Exactly, however often the routes were made anew in between."""
    symbols = ("a.TEST", "b.TEST", "c.TEST", None)
    bus = Bus(unexpected)
    seen: list[list[Any]] = []
    subscriptions: list[Subscription] = []
    for action, which in steps:
        if action == "publish":
            bus.publish(tick(symbols[which] or "d.TEST"))
        elif action == "subscribe":
            seen.append([])
            subscriptions.append(bus.subscribe(TickData, seen[-1].append, key=symbols[which]))
        elif subscriptions:
            subscriptions[which % len(subscriptions)].close()
    assert [each.delivered for each in subscriptions] == [len(events) for events in seen]
    assert bus.deliveries() == sum(len(events) for events in seen)
    assert bus.topic(TickData).published == sum(action == "publish" for action, _ in steps)


def test_events_that_nobody_hears_are_counted_as_published(party: Party) -> None:
    """A run's summary counts ticks, not listeners."""
    party.bus.publish(tick())
    party.bus.publish(bar())
    assert party.bus.topic(TickData).published == 1
    assert party.bus.topic(BarData).published == 1
    assert party.bus.deliveries() == 0
