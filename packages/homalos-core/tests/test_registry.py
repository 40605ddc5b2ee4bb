"""The registry of services: order, life, health, and what is left open."""

from __future__ import annotations

import gc
import sqlite3
import threading
import warnings
from collections.abc import Callable
from itertools import count
from typing import Any, Protocol

import pytest

from homalos.errors import EngineStateError, ServiceError, UnknownService
from homalos.model import ServiceState
from homalos.registry import Registry

SOON_S = 10.0


class Place(Protocol):
    """What most services here are offered as."""


class House:
    """A registry whose clock ticks at every look, and what happened in it.

    Attributes:
        told: What was done, in order.
        faults: Who and what was survived.
    """

    def __init__(self) -> None:
        """Make an empty one."""
        self.told: list[str] = []
        self.faults: list[tuple[str, str]] = []
        self.registry = Registry(
            count(1).__next__, fault=lambda name, what: self.faults.append((name, what))
        )

    def add(self, name: str, *needs: str | type, offered_as: type = Place, **sides: Any) -> None:
        """Register a service that notes its start and its stop."""
        sides.setdefault("start", lambda value: self.told.append(f"+{value}"))
        sides.setdefault("stop", lambda value: self.told.append(f"-{value}"))
        self.registry.register(offered_as, name, name, needs=needs, **sides)

    def states(self) -> dict[str, str]:
        """Return the state of every service by name."""
        return {each.name: str(each.state) for each in self.registry.statuses()}

    def reasons(self) -> dict[str, str]:
        """Return the reasons that there are."""
        return {each.name: each.reason for each in self.registry.statuses() if each.reason}


def raising(error: BaseException) -> Callable[[Any], Any]:
    """Return what raises when it is called with a service."""

    def raise_it(_: object) -> None:
        raise error

    return raise_it


@pytest.fixture
def house() -> House:
    """Give an empty house."""
    return House()


# -- who is there ----------------------------------------------------------------


def test_services_are_found_by_type_and_by_name(house: House) -> None:
    """One of a type by the type alone; of several, by the name too."""
    house.add("sim")
    house.add("ctp")
    house.registry.register(dict, "books", {"main": 1})
    assert house.registry.get(dict) == {"main": 1}
    assert house.registry.get(Place, "ctp") == "ctp"  # type: ignore[type-abstract]
    assert house.registry.all(Place) == ("sim", "ctp")  # type: ignore[type-abstract]
    assert house.registry.named("sim") == "sim"
    assert (len(house.registry), "sim" in house.registry, "x" in house.registry) == (3, True, False)


@pytest.mark.parametrize(
    ("look", "message"),
    [
        (lambda r: r.get(Place), "expected one Place, found sim, ctp"),
        (lambda r: r.get(Place, "simm"), "expected one Place called 'simm', found none"),
        (lambda r: r.get(dict), "expected one dict, found none; all services: sim, ctp"),
        (lambda r: r.named("simm"), "no service is called 'simm'; did you mean 'sim'?"),
        (lambda r: r.degrade("zzzzz", ""), "no service is called 'zzzzz'; there are sim, ctp"),
    ],
)
def test_a_look_that_finds_no_single_service_says_what_there_is(
    house: House, look: Callable[[Registry], object], message: str
) -> None:
    """It is a `LookupError` as well."""
    house.add("sim")
    house.add("ctp")
    with pytest.raises(LookupError) as caught:
        look(house.registry)
    assert str(caught.value).startswith(message)


def test_a_name_is_taken_once(house: House) -> None:
    """Whatever the type."""
    house.add("sim")
    with pytest.raises(ServiceError, match="called 'sim' already, a Place; give this one another"):
        house.registry.register(dict, "sim", {})


@pytest.mark.parametrize("sides", [{}, {"value": 1, "factory": int}])
def test_a_service_has_a_value_or_a_factory(house: House, sides: dict[str, Any]) -> None:
    """Neither and both are refused."""
    with pytest.raises(ServiceError, match="either a value or a factory"):
        house.registry.register(dict, "books", **sides)


def test_a_status_says_what_is_known(house: House) -> None:
    """Registered at 1 and 2, started at 3 and 4."""
    house.add("store")
    house.add("keeper", "store")
    house.registry.start()
    keeper = house.registry.statuses()[1]
    house.registry.stop()
    assert (keeper.name, keeper.kind, keeper.state) == ("keeper", "Place", ServiceState.RUNNING)
    assert (keeper.reason, keeper.since_ns, keeper.needs) == ("", 4, ("store",))
    assert keeper.ping_ms is None


# -- order -----------------------------------------------------------------------


def test_services_start_after_what_they_need_and_stop_before_it(house: House) -> None:
    """Ties by registration; the stop is the start backwards."""
    house.add("venue", "lifespan")
    house.add("keeper", "store")
    house.add("lifespan")
    house.add("store")
    with house.registry:
        started = list(house.told)
    assert started == ["+lifespan", "+venue", "+store", "+keeper"]
    assert house.told[4:] == ["-keeper", "-store", "-venue", "-lifespan"]
    assert set(house.states().values()) == {"stopped"}


def test_a_type_can_be_needed(house: House) -> None:
    """All services of it come before."""
    house.add("screen", dict)
    house.add("books", offered_as=dict)
    house.add("logs", offered_as=dict)
    with house.registry:
        assert house.told == ["+books", "+logs", "+screen"]
    assert house.registry.statuses()[0].needs == ("books", "logs")


def test_a_circle_is_refused_as_a_whole(house: House) -> None:
    """Every name of it, and not the one that only hangs on it."""
    house.add("outside", "a")
    house.add("a", "b")
    house.add("b", "c")
    house.add("c", "a")
    with pytest.raises(ServiceError, match="in a circle: a -> b -> c -> a; one of them"):
        house.registry.start()
    assert house.told == []


@pytest.mark.parametrize(
    ("need", "message"),
    [
        ("stores", r"'keeper' needs 'stores', which is not there; did you mean 'store'\?"),
        (dict, r"'keeper' needs 'dict', which is not there$"),
    ],
)
def test_a_need_that_is_not_there_is_named(house: House, need: str | type, message: str) -> None:
    """Nothing is started then."""
    house.add("store")
    house.add("keeper", need)
    with pytest.raises(UnknownService, match=message):
        house.registry.start()
    assert house.told == []


def test_a_factory_is_called_when_its_turn_comes(house: House) -> None:
    """What it needs is made by then, and what it does not name is not."""
    registry = house.registry
    registry.register(list, "late", factory=lambda r: [*r.get(dict)], needs=("books",))
    registry.register(dict, "books", factory=lambda _: {"main": 1})
    with pytest.raises(ServiceError, match="'late' is created, not made; name it in your `needs`"):
        registry.named("late")
    assert (house.states(), registry.all(dict)) == ({"late": "created", "books": "created"}, ())
    with registry:
        assert registry.get(list) == ["main"]


def test_what_is_registered_late_is_started_alone(house: House) -> None:
    """The others go on as they are."""
    house.add("store")
    house.registry.start()
    house.add("screen", "store")
    house.registry.start()
    house.registry.stop()
    assert house.told == ["+store", "+screen", "-screen", "-store"]


def test_what_needs_a_service_that_has_stopped_is_refused(house: House) -> None:
    """A store that is closed takes no more."""
    house.add("store")
    house.registry.start()
    house.registry.stop()
    house.add("screen", "store")
    with pytest.raises(EngineStateError, match="'screen' needs 'store', which is stopped"):
        house.registry.start()


# -- life ------------------------------------------------------------------------


def test_a_service_that_cannot_start_stops_the_start_and_what_had_begun(house: House) -> None:
    """It is stopped itself, since its start was tried; the one after it is not."""
    house.add("a")
    house.add("b", "a", start=raising(OSError("no way")))
    house.add("c", "b")
    with pytest.raises(OSError, match="no way"), house.registry:
        pass
    assert house.told == ["+a", "-b", "-a"]
    assert house.states() == {"a": "stopped", "b": "failed", "c": "stopped"}
    assert house.reasons() == {"b": "OSError: no way"}


def test_a_factory_that_raises_leaves_nothing_to_stop(house: House) -> None:
    """There is no value that could be closed."""
    house.registry.register(
        dict, "books", factory=raising(ValueError("torn")), stop=house.told.append
    )
    with pytest.raises(ValueError, match="torn"), house.registry:
        pass
    assert (house.told, house.reasons()) == ([], {"books": "ValueError: torn"})


def test_one_that_raises_on_stopping_is_told_and_the_others_are_stopped(house: House) -> None:
    """The error is there for whoever stops them all."""
    error = OSError("disk full")
    house.add("store")
    house.add("keeper", "store", stop=raising(error))
    house.add("screen")
    house.registry.start()
    assert house.registry.stop() == (("keeper", error),)
    assert house.told[-2:] == ["-screen", "-store"]
    assert house.faults == [("keeper", "OSError: disk full")]
    assert house.states() == {"store": "stopped", "keeper": "failed", "screen": "stopped"}
    assert house.registry.stop() == ()


def test_a_break_in_the_stop_comes_out_when_all_are_stopped(house: House) -> None:
    """Ctrl-C in one of them, called on the stopping thread."""
    house.add("store")
    house.add("keeper", "store", stop=raising(KeyboardInterrupt()), stop_s=None)
    house.registry.start()
    with pytest.raises(KeyboardInterrupt):
        house.registry.stop()
    assert house.told == ["+store", "+keeper", "-store"]


def test_a_stop_that_hangs_is_left_behind_and_told(house: House) -> None:
    """The rest is stopped; the thread that hangs is not mistaken for one that ended."""
    release = threading.Event()
    house.add("store")
    house.add("venue", "store", stop=lambda _: release.wait(SOON_S), stop_s=0.05)
    house.registry.start()
    ((name, error),) = house.registry.stop()
    release.set()
    reason = "did not stop within 0.05 s and was left behind"
    assert (name, type(error)) == ("venue", ServiceError)
    assert house.faults == [("venue", reason)]
    assert house.told == ["+store", "+venue", "-store"]
    assert house.states()["venue"] == "failed"


def test_a_time_out_of_the_service_itself_is_no_hang(house: House) -> None:
    """A socket's, say: it is told as what it is."""
    house.add("venue", stop=raising(TimeoutError("no FIN")))
    house.registry.start()
    house.registry.stop()
    assert house.faults == [("venue", "TimeoutError: no FIN")]


def test_what_is_open_from_the_beginning_is_stopped_though_nothing_started(house: House) -> None:
    """A store is; a venue that was never connected is not."""
    house.add("store", start=None)
    house.add("venue", "store")
    house.registry.stop()
    assert house.told == ["-store"]
    assert house.states() == {"store": "stopped", "venue": "stopped"}


def test_a_service_apart_is_opened_and_closed_on_one_thread(house: House) -> None:
    """SQLite, for one, refuses to be closed by another thread than the one that opened it."""
    held: list[sqlite3.Connection] = []
    threads: list[str] = []

    def open_it(_: object) -> None:
        held.append(sqlite3.connect(":memory:"))
        threads.append(threading.current_thread().name)

    house.add("db", start=open_it, stop=lambda _: held[0].close(), is_apart=True)
    house.registry.start()
    assert house.registry.stop() == ()
    assert threads == ["service-db"]
    assert house.faults == []


# -- health ----------------------------------------------------------------------


def test_a_ping_says_how_a_service_is_and_how_long_it_took(house: House) -> None:
    """Well, not well, raising; one that cannot be asked is as it was."""
    house.add("well", ping=lambda _: None)
    house.add("full", ping=lambda value: f"{value} up")
    house.add("broken", ping=raising(OSError("gone")))
    house.add("mute")
    with house.registry:
        found = {each.name: each for each in house.registry.check()}
    assert {name: str(each.state) for name, each in found.items()} == {
        "well": "running", "full": "degraded", "broken": "degraded", "mute": "running",
    }  # fmt: skip
    assert (found["full"].reason, found["broken"].reason) == ("full up", "OSError: gone")
    assert 0 <= (found["well"].ping_ms or 0) < SOON_S * 1e3
    assert [found[name].ping_ms is None for name in ("well", "full", "broken", "mute")] == [
        False, False, True, True,
    ]  # fmt: skip


def test_a_ping_that_hangs_degrades_one_service_and_is_asked_once(house: House) -> None:
    """The others are heard; once it answers it is well again, and asked anew."""
    release, calls = threading.Event(), []

    def hang(_: object) -> None:
        calls.append(threading.current_thread().name)
        release.wait(SOON_S)

    house.add("stuck", ping=hang, timeout_s=0.02)
    house.add("well", ping=lambda _: None)
    with house.registry:
        house.registry.check()
        first, reasons = house.states(), house.reasons()
        house.registry.check()
        asked = list(calls)
        release.set()
        for thread in threading.enumerate():
            if thread.name == "ping-stuck":
                thread.join(SOON_S)
        house.registry.check()
        after = house.states()
    assert first == {"stuck": "degraded", "well": "running"}
    assert reasons["stuck"].startswith("no answer within 0.0")
    assert asked == ["ping-stuck"]
    assert after == {"stuck": "running", "well": "running"}


def test_who_knows_better_can_degrade_a_service(house: House) -> None:
    """Both reasons are kept apart: it is well when neither holds any more."""
    answers = iter(["slow", "", ""])
    house.add("venue", ping=lambda _: next(answers))
    house.registry.degrade("venue", "not connected")
    assert house.states() == {"venue": "ready"}
    with house.registry:
        assert house.reasons() == {"venue": "not connected"}
        house.registry.check()
        assert house.reasons() == {"venue": "not connected; slow"}
        house.registry.recover("venue")
        assert house.reasons() == {"venue": "slow"}
        house.registry.check()
        assert (house.states(), house.reasons()) == ({"venue": "running"}, {})


def test_a_service_that_has_stopped_is_neither_asked_nor_degraded(house: House) -> None:
    """It has no health."""
    house.add("venue", ping=raising(AssertionError("was asked")))
    house.registry.start()
    house.registry.stop()
    house.registry.degrade("venue", "gone")
    house.registry.check()
    assert (house.states(), house.reasons()) == ({"venue": "stopped"}, {})


# -- leaks -----------------------------------------------------------------------


def test_a_registry_that_is_dropped_while_services_run_is_told(house: House) -> None:
    """Service by service; one that was stopped is no leak."""
    faults = house.faults
    house.add("store")
    house.add("late")
    house.registry.start("store")
    del house.registry
    gc.collect()
    assert faults == [("store", "was never stopped")]


def test_without_anybody_to_tell_a_leak_is_a_resource_warning() -> None:
    """Python shows it to whoever asks for such warnings."""
    dropped, closed = Registry(count().__next__), Registry(count().__next__)
    for each in (dropped, closed):
        each.register(dict, "books", {})
        each.start()
    closed.stop()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del each, dropped, closed
        gc.collect()
    assert [(w.category, str(w.message)) for w in caught] == [
        (ResourceWarning, "the service 'books' was never stopped")
    ]


def test_threads_that_outlive_their_service_are_told(house: House) -> None:
    """Those that began in its start; one that ends with it is no leak."""
    release, end = threading.Event(), threading.Event()

    def start(name: str) -> None:
        awaited = release if name == "leaky" else end
        threading.Thread(target=awaited.wait, args=(SOON_S,), name=f"of-{name}").start()

    house.add("leaky", start=start, stop=lambda _: None)
    house.add("tidy", start=start, stop=lambda _: end.set())
    house.registry.start()
    house.registry.stop()
    release.set()
    assert house.faults == [("leaky", "has stopped, but threads of it live on: of-leaky")]


def test_two_hundred_lives_leave_no_thread(house: House) -> None:
    """Each with a ping, a stop on a helper's thread, and a thread of its own."""
    before = set(threading.enumerate())
    for number in range(200):
        each = House()
        each.add("plain", ping=lambda _: None)
        each.add("apart", "plain", is_apart=True)
        with each.registry:
            each.registry.check()
        assert each.faults == [], number
    for thread in threading.enumerate():
        if thread.name.startswith(("ping-", "stop-", "service-")):
            thread.join(SOON_S)
    assert set(threading.enumerate()) <= before
    assert house.faults == []
