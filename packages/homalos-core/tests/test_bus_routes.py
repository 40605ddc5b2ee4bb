"""The bus: keys that are patterns, times, and what subscriptions leave behind."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from homalos.bus import Bus, Subscription, Subscriptions, topic
from homalos.bus.routes import Route
from homalos.model import BarData, OrderData, TickData, TimerFired
from homalos.testing import OTHER, SYMBOL, bar, tick

LENGTHS = ("1m", "5m", "1h")


class Ear:
    """A handler that counts, and can be watched for its end."""

    def __init__(self, fault: str = "") -> None:
        """Make it; with a fault, it raises."""
        self.heard = 0
        self.fault = fault

    def __call__(self, _event: Any) -> None:
        """Hear an event."""
        self.heard += 1
        if self.fault:
            raise ValueError(self.fault)


def unexpected(_subscription: Subscription, _event: Any, error: Exception) -> None:
    """Let a test fail with what a handler raised."""
    raise error


def ignored(_subscription: Subscription, _event: Any, _error: Exception) -> None:
    """Let a handler raise."""


@contextmanager
def no_collector() -> Iterator[None]:
    """Let nothing go but by its count of references, as while an engine runs."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def living() -> tuple[int, int]:
    """Count the subscriptions and the routes that there are."""
    kinds = [type(each) for each in gc.get_objects()]
    return kinds.count(Subscription), kinds.count(Route)


# -- patterns ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "hears"),
    [
        ("rb*.SHFE", ["rb2501.SHFE", "rb2505.SHFE"]),
        ("rb250?.SHFE", ["rb2501.SHFE", "rb2505.SHFE"]),
        ("rb250[1-4].SHFE", ["rb2501.SHFE"]),
        ("*.DCE", ["m2501.DCE"]),
        ("*", ["rb2501.SHFE", "rb2505.SHFE", "m2501.DCE", "RB2501.SHFE"]),
        ("RB*", ["RB2501.SHFE"]),
    ],
)
def test_a_pattern_hears_what_it_fits(pattern: str, hears: list[str]) -> None:
    """Case counts, as it does in symbols."""
    heard: list[str] = []
    bus = Bus(unexpected)
    bus.subscribe(TickData, lambda event: heard.append(event.symbol), key=pattern)
    for symbol in ("rb2501.SHFE", "rb2505.SHFE", "m2501.DCE", "RB2501.SHFE"):
        bus.publish(tick(symbol))
    assert heard == hears


def test_bars_are_heard_by_patterns_in_either_place() -> None:
    """Of a product, of the lengths in minutes."""
    heard: list[str] = []
    bus = Bus(unexpected)
    bus.subscribe(BarData, lambda b: heard.append(b.interval), key=(f"{SYMBOL[:2]}*", "*m"))
    for symbol in (SYMBOL, OTHER):
        for interval in ("1m", "1h", "15m"):
            bus.publish(bar(symbol, interval=interval))
    assert heard == ["1m", "15m"]


def test_a_key_with_brackets_is_heard_as_it_is_written() -> None:
    """A strategy may be called so."""
    ear = Ear()
    bus = Bus(unexpected)
    bus.subscribe(TimerFired, ear, key="ma[1]")
    bus.publish(TimerFired("ma[1]", "t", 1, 1))
    assert ear.heard == 1


def test_a_pattern_is_looked_at_once_a_route(monkeypatch: pytest.MonkeyPatch) -> None:
    """And never again while an event is on its way."""
    asked: list[Any] = []
    hears = Subscription.hears

    def noted(self: Subscription, key: Any) -> bool:
        asked.append(key)
        return hears(self, key)

    monkeypatch.setattr(Subscription, "hears", noted)
    bus = Bus(unexpected)
    bus.subscribe(TickData, Ear(), key="*.TEST")
    for _ in range(100):
        bus.publish(tick(SYMBOL))
        bus.publish(tick(OTHER))
    assert asked == [SYMBOL, OTHER]


# -- several at once -----------------------------------------------------------


def test_a_group_of_subscriptions_is_counted_and_closed_as_one() -> None:
    """As a name with wildcards comes to several types."""
    ear = Ear("deaf")
    bus = Bus(ignored)
    group = Subscriptions([bus.subscribe(kind, ear) for kind in (TickData, BarData)])
    for event in (tick(), bar(), tick()):
        bus.publish(event)
    assert (group.delivered, group.failed, ear.heard) == (3, 3, 3)
    group.close()
    group.close()
    bus.publish(tick())
    assert (group.delivered, bus.subscriptions()) == (3, ())


# -- times ---------------------------------------------------------------------


def test_without_measuring_no_time_is_known_and_handlers_are_called_bare() -> None:
    """What stands in a route is the handler itself: it costs nothing."""
    ear = Ear()
    bus = Bus(unexpected)
    subscription = bus.subscribe(TickData, ear)
    bus.publish(tick())
    assert subscription.mean_us is None
    assert bus.topic(TickData).routes[SYMBOL].handlers == (ear,)


def test_measuring_times_one_call_in_64() -> None:
    """The first of them, so that a rare event has a time, too; every event is heard."""
    stamps = iter(range(0, 1_000_000, 5_000))
    bus = Bus(unexpected)
    ear = Ear()
    subscription = bus.subscribe(TickData, ear)
    bus.measure(on=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("homalos.bus.subscription.perf_counter_ns", lambda: next(stamps))
        for _ in range(129):
            bus.publish(tick())
    assert next(stamps) == 6 * 5_000  # calls 1, 65 and 129, twice each
    assert (subscription.mean_us, subscription.delivered, ear.heard) == (5.0, 129, 129)


def test_measuring_can_be_switched_at_any_time() -> None:
    """For topics that are there, and for those that come later."""
    bus = Bus(unexpected)
    early = bus.subscribe(TickData, lambda _: bus.measure(on=True))
    bus.publish(tick())
    late = bus.subscribe(BarData, Ear())
    bus.publish(bar())
    bus.measure(on=False)
    bus.publish(tick())
    assert (early.mean_us, early.delivered, late.delivered) == (None, 2, 1)
    assert late.mean_us is not None


def test_a_handler_that_raises_is_counted_while_it_is_measured() -> None:
    """And the ones behind it still run."""
    bus = Bus(ignored)
    bad = bus.subscribe(TickData, Ear("bad"))
    good = bus.subscribe(TickData, Ear())
    bus.measure(on=True)
    bus.publish(tick())
    assert (bad.failed, good.failed, good.delivered) == (1, 0, 1)


# -- what stays behind ---------------------------------------------------------


def test_handlers_that_raise_leave_nothing_behind() -> None:
    """Two in each route, 10,000 in all; no circle is left for the collector to find."""
    bus = Bus(ignored)
    ears: list[weakref.ref[Ear]] = []
    with no_collector():
        for _ in range(5_000):
            pair = [Ear("one"), Ear("two")]
            both = [bus.subscribe(TickData, ear) for ear in pair]
            ears.extend(map(weakref.ref, pair))
            bus.publish(tick())
            for each in both:
                each.close()
            assert [each.failed for each in both] == [1, 1]
            del pair, both, each
        assert sum(ear() is not None for ear in ears) == 0
    assert bus.subscriptions() == ()


def test_subscribing_and_closing_leaves_nothing_behind() -> None:
    """10,000 times, with an event in between; no subscription, no handler, one route."""
    bus = Bus(unexpected)
    ears: list[weakref.ref[Ear]] = []
    with no_collector():
        before = living()
        for number in range(10_000):
            ear = Ear()
            subscription = bus.subscribe(OrderData if number % 2 else TickData, ear)
            bus.publish(tick(f"s{number}.TEST"))
            ears.append(weakref.ref(ear))
            subscription.close()
            del ear, subscription
        assert sum(ear() is not None for ear in ears) == 0
        after = living()
    assert (after[0] - before[0], after[1] - before[1]) == (0, 1)
    assert bus.subscriptions() == ()


@pytest.mark.parametrize("kind", [TickData, BarData])
def test_routes_of_keys_that_never_come_again_are_bounded(
    kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no event is missed or counted twice for it."""
    monkeypatch.setattr(topic, "_KEPT", 10)
    bus = Bus(unexpected)
    ear = Ear()
    subscription = bus.subscribe(kind, ear)
    for number in range(1_000):
        symbol = f"s{number}.TEST"
        bus.publish(tick(symbol) if kind is TickData else bar(symbol, interval=LENGTHS[number % 3]))
    routes, bars = bus.topic(kind).routes, bus.topic(kind).bars
    assert len(routes) + sum(map(len, bars.values())) <= 10
    assert (ear.heard, subscription.delivered, bus.topic(kind).published) == (1_000,) * 3
