"""The parts of an engine as services: in which order they live, and what becomes of bad ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from homalos import Engine
from homalos.config import BusSettings, FeedSettings, JournalSettings, Settings, StoreSettings
from homalos.engine import pump, services
from homalos.errors import ConfigError, GatewayError, PluginError, PluginLoadError, StoreError
from homalos.model import BarData, Command, ConnectionChanged, TickData
from homalos.plugins import StoreSpec, hookimpl
from homalos.plugins.ports import EngineHandle
from homalos.testing import FakeFeed, FakeGateway, FakeStore, at, bar, engine, plugin, tick

if TYPE_CHECKING:
    from pathlib import Path

SOON_S = 10.0


class Diary(list[str]):
    """What happened, in order, and parts that write into it."""

    def venue(self) -> FakeGateway:
        """Return a venue that notes when it opens and closes."""
        diary = self

        class Venue(FakeGateway):
            """A venue that keeps a diary."""

            def connect(self) -> None:
                """Note it."""
                diary.append("+venue")
                super().connect()

            def close(self) -> None:
                """Note it."""
                diary.append("-venue")

        return Venue()

    def store(self) -> FakeStore:
        """Return a store that notes when it is closed."""
        diary = self

        class Store(FakeStore):
            """A store that keeps a diary."""

            def close(self) -> None:
                """Note it."""
                diary.append("-store")

        return Store()

    def lifespan(
        self, name: str, *, entering: Exception | None = None, leaving: Exception | None = None
    ) -> ModuleType:
        """Return a plugin whose lifespan notes when it is entered and left, or raises."""

        @contextmanager
        def life() -> Iterator[None]:
            if entering is not None:
                raise entering
            self.append(f"+{name}")
            yield
            self.append(f"-{name}")
            if leaving is not None:
                raise leaving

        return living(name, lambda _: life())


def living(name: str, answer: Callable[[EngineHandle], object]) -> ModuleType:
    """Return a plugin that answers `engine_lifespan`."""

    def engine_lifespan(handle: EngineHandle) -> object:
        return answer(handle)

    module = plugin(name)
    module.engine_lifespan = hookimpl(engine_lifespan)  # type: ignore[attr-defined]  # a hook
    return module


def checking(name: str, answer: Callable[[Settings], object]) -> ModuleType:
    """Return a plugin that answers `check_settings`."""

    def check_settings(settings: Settings) -> object:
        return answer(settings)

    module = plugin(name)
    module.check_settings = hookimpl(check_settings)  # type: ignore[attr-defined]  # a hook
    return module


def with_store(store: FakeStore, home: Path, **more: Any) -> Engine:
    """Build an engine that keeps its records in a store."""
    offered = StoreSpec(name="memory", factory=lambda *_: store)
    return engine(offered, home=home, store=StoreSettings(kind="memory"), **more)


def states(running: Engine) -> dict[str, str]:
    """Return the state of every service."""
    return {each.name: str(each.state) for each in running.parts.registry.statuses()}


def reasons(running: Engine) -> dict[str, str]:
    """Return the reasons that there are."""
    return {each.name: each.reason for each in running.parts.registry.statuses() if each.reason}


# -- order -----------------------------------------------------------------------


def test_lifespans_are_entered_before_the_venue_connects_and_left_after_it(tmp_path: Path) -> None:
    """In name order and in reverse; the store is there for all of them."""
    diary = Diary()
    running = with_store(
        diary.store(), tmp_path, gateway=diary.venue(),
        plugins=[diary.lifespan("web"), diary.lifespan("monitor")],
    )  # fmt: skip
    with running:
        inside = list(diary)
    assert inside == ["+monitor", "+web", "+venue"]
    assert diary[3:] == ["-venue", "-web", "-monitor", "-store"]


def test_every_part_is_a_service_with_its_needs(tmp_path: Path) -> None:
    """In the order in which they are opened."""
    running = with_store(
        FakeStore(), tmp_path, feed=FakeFeed(()), plugins=[Diary().lifespan("web")]
    )
    running.observe([TickData], print, name="screen")
    running.observe([BarData], print, name="screen")
    with running:
        found = running.parts.registry.statuses()
        assert set(states(running).values()) == {"running"}
    assert {each.name: each.needs for each in found} == {
        "journal": (),
        "store": ("journal",),
        "observer.store": ("store",),
        "observer.screen": ("store",),
        "observer.screen#2": ("store",),
        "lifespan.web": ("store", "observer.store", "observer.screen", "observer.screen#2"),
        "gateway.fake": ("lifespan.web",),
        "feed": ("gateway.fake",),
    }
    assert set(states(running).values()) == {"stopped"}
    assert running.parts.faults == []


def test_a_snapshot_has_services_and_observers() -> None:
    """As they were when it was taken."""
    running = engine()
    seen = threading.Event()
    running.observe([TickData], lambda _: seen.set(), name="screen")
    with running:
        running.step(tick())
        assert seen.wait(SOON_S)
        wish = running.snapshot()
        running.parts.loop.serve()
        picture = wish.result(SOON_S)
    assert [each.name for each in picture.services] == [
        "journal", "observer.screen", "gateway.fake",
    ]  # fmt: skip
    (screen,) = picture.observers
    assert (screen.name, screen.accepted, screen.dropped, screen.parked) == ("screen", 1, 0, 0)


def test_a_lifespan_may_watch_and_command_the_engine() -> None:
    """On entering it watches; later, from a thread of its own, it commands."""
    seen: list[Any] = []
    handles: list[EngineHandle] = []

    @contextmanager
    def life(handle: EngineHandle) -> Iterator[None]:
        handle.observe([TickData], seen.extend, name="web")
        handles.append(handle)
        yield

    running = engine(plugins=[living("web", life)])
    with running:
        running.step(tick(price=100.0))
        wish = handles[0].submit(Command("order.cancel_all", {}))
        running.parts.loop.serve()
        assert wish.result(SOON_S) == 0
    assert [each.last_price for each in seen] == [100.0]


# -- lifespans that fail ---------------------------------------------------------


def test_a_lifespan_that_raises_on_entering_stops_the_start(tmp_path: Path) -> None:
    """The error names the plugin; what was entered is left, the venue never connected."""
    diary = Diary()
    broken = diary.lifespan("monitor", entering=OSError("port 80 is taken"))
    running = with_store(
        diary.store(), tmp_path, gateway=diary.venue(),
        plugins=[diary.lifespan("alarm"), broken, diary.lifespan("web")],
    )  # fmt: skip
    with pytest.raises(PluginError) as caught:
        running.run()
    assert str(caught.value) == (
        "the lifespan of the plugin 'monitor' cannot begin: OSError: port 80 is taken; "
        "mend it or leave the plugin out"
    )
    assert caught.value.plugin == "monitor"
    assert diary == ["+alarm", "-alarm", "-store"]
    assert states(running)["lifespan.monitor"] == "failed"


def test_a_lifespan_that_raises_on_leaving_is_told_and_the_others_are_left(tmp_path: Path) -> None:
    """The run has its summary all the same."""
    diary = Diary()
    running = with_store(
        diary.store(), tmp_path, feed=FakeFeed([tick()]),
        plugins=[diary.lifespan("alarm"), diary.lifespan("web", leaving=OSError("no net"))],
    )  # fmt: skip
    assert running.run().ticks == 1
    assert diary == ["+alarm", "+web", "-web", "-alarm", "-store"]
    told = (
        "the lifespan of the plugin 'web' did not end well: OSError: no net; "
        "look whether it left something open, mend it or leave the plugin out"
    )
    assert running.parts.faults == [("lifespan.web", told)]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda _: 7, "expected a context manager, found int; decorate a generator"),
        (lambda _: 1 / 0, "engine_lifespan: ZeroDivisionError: division by zero"),
    ],
)
def test_a_named_plugin_that_gives_no_lifespan_keeps_the_engine_from_being_built(
    tmp_path: Path, answer: Callable[[EngineHandle], object], message: str
) -> None:
    """What was open already is closed again."""
    diary = Diary()
    with pytest.raises(PluginLoadError, match=message):
        with_store(diary.store(), tmp_path, plugins=[living("web", answer)])
    assert diary == ["-store"]


# -- parts that fail or hang at the end ------------------------------------------


def test_a_venue_that_raises_on_closing_is_told_and_the_rest_is_closed(tmp_path: Path) -> None:
    """A run that went well ends well."""

    class Torn(FakeGateway):
        """A venue that cannot be left."""

        def close(self) -> None:
            """Fail."""
            msg = "logout refused"
            raise GatewayError(msg, gateway="fake")

    diary = Diary()
    running = with_store(diary.store(), tmp_path, gateway=Torn(), feed=FakeFeed([tick()]))
    assert running.run().ticks == 1
    assert running.parts.faults == [("gateway.fake", "logout refused")]
    assert diary == ["-store"]


def test_a_store_that_cannot_be_closed_is_an_error_once_all_is_closed(tmp_path: Path) -> None:
    """Records may be lost, so nobody shall take the run for a good one; the journal is whole."""

    class Torn(FakeStore):
        """A store on a full disk."""

        def close(self) -> None:
            """Fail."""
            msg = "disk full"
            raise StoreError(msg)

    running = with_store(
        Torn(), tmp_path, feed=FakeFeed([tick()]), journal=JournalSettings(mode="file")
    )
    with pytest.raises(StoreError, match="disk full"):
        running.run()
    found = states(running)
    assert (found.pop("store"), set(found.values())) == ("failed", {"stopped"})
    assert len(list((tmp_path / "journal").iterdir())) == 1


@pytest.mark.parametrize("who", ["store", "gateway.fake", "lifespan.web"])
def test_a_part_that_hangs_on_closing_is_left_behind_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """The engine ends, and everything else is closed."""
    for limit in ("_STOP_S", "_KEEP_S"):
        monkeypatch.setattr(services, limit, 0.1)
    release = threading.Event()

    @contextmanager
    def life(_: EngineHandle) -> Iterator[None]:
        yield
        if who == "lifespan.web":
            release.wait(SOON_S)

    store, venue = FakeStore(), FakeGateway()
    if who == "store":
        monkeypatch.setattr(store, "close", lambda: release.wait(SOON_S))
    if who == "gateway.fake":
        monkeypatch.setattr(venue, "close", lambda: release.wait(SOON_S))
    running = with_store(
        store, tmp_path, gateway=venue, feed=FakeFeed([tick()]), plugins=[living("web", life)]
    )
    running.run()
    release.set()
    told = "did not stop within 0.1 s and was left behind"
    assert running.parts.faults == [(who, told)]
    found = states(running)
    assert (found.pop(who), set(found.values())) == ("failed", {"stopped"})


def test_a_feed_that_keeps_its_thread_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """It neither yields nor returns once the engine is to stop."""
    monkeypatch.setattr(pump, "_PATIENCE_S", 0.1)
    release = threading.Event()

    class Stuck(FakeFeed):
        """A feed that waits for ever after its first event."""

        def events(self) -> Iterator[TickData | BarData]:
            """Yield one, and hang."""
            yield tick()
            release.wait(SOON_S)

    running = engine(feed=Stuck(()))
    paced = FeedSettings(kind="fake", thread=True)
    running.parts.settings = attrs.evolve(running.parts.settings, feed=paced)
    running.subscribe(TickData, lambda _: running.request_stop())
    running.run()
    release.set()
    told = "the feed's thread is still in the feed; its `events` must yield or return"
    assert running.parts.faults == [("feed", told)]


# -- health ----------------------------------------------------------------------


def test_a_venue_is_degraded_while_its_connection_is_down() -> None:
    """From the first word of the venue on, and not before it has spoken."""
    mute = FakeGateway()
    mute.connect = lambda: None  # type: ignore[method-assign]  # says nothing yet
    running = engine(gateway=mute)
    with running:
        assert reasons(running) == {
            "gateway.fake": "the venue has not said yet that it is connected"
        }
        mute.report(ConnectionChanged("fake", is_up=True, reason="", ts_ns=at(1)))
        assert (states(running)["gateway.fake"], reasons(running)) == ("running", {})
        mute.report(ConnectionChanged("fake", is_up=False, reason="front 0x1001", ts_ns=at(2)))
        mute.report(ConnectionChanged("other", is_up=False, reason="", ts_ns=at(2)))
        assert reasons(running) == {"gateway.fake": "down: front 0x1001"}
        assert states(running)["gateway.fake"] == "degraded"


def test_a_store_whose_batches_are_parked_is_degraded(tmp_path: Path) -> None:
    """Five tries failed: the reason is that of the last one, and it is a fault."""
    running = with_store(FakeStore(failures=5), tmp_path, bus=BusSettings(batch=1))
    (keeper,) = running.parts.observers
    with running:
        running.step(bar())
        assert keeper.close()  # it is done with the bar now
        found = reasons(running)
    reason = "1 batch(es) parked, the last one by StoreError: this write was to fail"
    assert found == {"store": reason, "observer.store": reason}
    assert running.parts.faults == [
        ("store", "gave up 1 events: StoreError: this write was to fail")
    ]
    assert running.summary().dropped == 1


# -- settings --------------------------------------------------------------------


def test_what_plugins_find_wrong_with_the_settings_is_told_at_once() -> None:
    """With the core's own findings, each plugin's in name order; a check that fails is one too."""

    def nine(settings: Settings) -> Iterator[str]:
        yield f"seed {settings.seed} is unlucky @ $.seed"
        yield "another @ $.run"

    plugins = [
        checking("b", nine),
        checking("a", lambda _: "one alone @ $.home"),
        checking("c", lambda _: None),
        checking("d", lambda _: 1 / 0),
        checking("e", lambda _: 7),
    ]
    with pytest.raises(ConfigError) as caught:
        engine(plugins=plugins, seed=13, accounts={}, strategies=())
    *found, failed, wrong = caught.value.problems
    assert found == ["one alone @ $.home", "seed 13 is unlucky @ $.seed", "another @ $.run"]
    assert "the plugin 'e' cannot check the settings: TypeError" in failed + wrong
    assert "the plugin 'd' cannot check the settings: ZeroDivisionError" in failed + wrong


def test_settings_that_no_plugin_objects_to_are_taken() -> None:
    """An empty answer is none."""
    with engine(plugins=[checking("a", lambda _: ())]) as running:
        assert states(running)["journal"] == "running"
