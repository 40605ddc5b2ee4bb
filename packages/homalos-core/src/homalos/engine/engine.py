"""The engine as a script, the command line and the tests hold it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, Self

from homalos.bus import OBSERVER, Handler, Subscriptions
from homalos.clock import Pace, paced
from homalos.config import FeedSettings, Settings, StrategySettings
from homalos.engine.build import Parts, assemble
from homalos.engine.commands import COMMANDS
from homalos.engine.errand import Errand, Errands
from homalos.engine.gateways import end_day, heal
from homalos.engine.lifespans import Lifespan, ask_lifespans
from homalos.engine.listening import dismiss, listen, observe, subscriber_stats
from homalos.engine.quiet import quiet_collector
from homalos.engine.reload import Reload, Reloaded, masked
from homalos.engine.services import Services
from homalos.engine.settings_checks import all_problems
from homalos.engine.strategies.warm_up import warm_up
from homalos.engine.strategies.watchdog import Slow, Watchdog
from homalos.engine.summary import RunSummary, summarise, take_snapshot
from homalos.engine.tapes import TapeOptions
from homalos.errors import ConfigError, EngineStateError, HomalosError
from homalos.model import Alert, BarData, Command, TickData
from homalos.observer import Observer, Policy
from homalos.plugins.catalog import Catalog
from homalos.plugins.host import PluginHost
from homalos.plugins.ports import Snapshot, SubscriberStats
from homalos.plugins.specs import NoOptions
from homalos.strategy import Strategy

__all__ = ["Engine"]

_CREATED, _STARTED, _STOPPED = "created", "started", "stopped"


class Engine:
    """One engine: built from settings, run once, on the thread that calls `run`.

    `run` drives the feed of the settings to its end, or the gateways until
    `request_stop`. Without either, step by hand: `with engine: engine.step(tick)`.
    """

    def __init__(self, parts: Parts) -> None:
        """Take the parts; call `Engine.build` instead."""
        self._parts = parts
        self._state = _CREATED
        self._plugins: PluginHost | None = None
        self._on_settings: list[Callable[[Settings], None]] = []
        self._services = Services(parts)
        self._lifespans: Sequence[Lifespan] = ()
        self._errands = Errands(parts.inbox, parts.loop, parts.clock)

    # -- building --------------------------------------------------------------

    @classmethod
    def build(
        cls,
        settings: Settings,
        *,
        plugins: PluginHost | None = None,
        tape: TapeOptions | None = None,
    ) -> Self:
        """Build an engine: every hook is asked here, none later.

        Args:
            settings: What to build.
            plugins: Where the parts come from; everything installed when left out.
            tape: How to read tape files that do not say everything themselves.

        Raises:
            MissingPluginError: The settings name something that no plugin offers.
            ConfigError: Options are wrong.
            PluginLoadError: A plugin that was asked for by name is at fault.
        """
        host = plugins or PluginHost.discover()
        problems = all_problems(host, settings)
        if problems:
            raise ConfigError(problems)
        catalog = Catalog.gather(host)
        host.refuse_named_faults()
        engine = cls(assemble(settings, catalog, tape))
        engine._plugins = host
        with contextlib.ExitStack() as on_error:
            on_error.callback(engine.stop)  # a store may be open already
            faults = engine._parts.faults
            engine._lifespans = ask_lifespans(host, engine, faults.append)
            for each in settings.strategies:
                engine._parts.loader.load(each, starts=False)
            on_error.pop_all()
        return engine

    @classmethod
    def demo(
        cls, *, seed: int = 1, days: int = 1, speed: float = 0.0, home: Path | None = None
    ) -> Self:
        """Build an engine on a simulated market with a day of history behind it.

        Nothing is written to disk. The same seed gives the same market.

        Args:
            seed: Where every chance begins.
            days: Trading days to run.
            speed: Event seconds a wall second; 0 runs as fast as it goes.
            home: Where market overrides are looked for; `.homalos` when left out.
        """
        return cls.build(
            Settings(
                run="demo",
                seed=seed,
                home=home or Path(".homalos"),
                feed=FeedSettings(kind="synthetic", speed=speed, options={"days": days}),
            )
        )

    def add_strategy(
        self,
        strategy: str | type[Strategy],
        *,
        symbol: str | None = None,
        symbols: Sequence[str] = (),
        name: str = "",
        interval: str = "1m",
        account: str = "",
        **params: Any,
    ) -> Strategy:
        """Add a strategy by its plugin's name, a file of yours, or a class.

        Args:
            strategy: Name of a strategy spec, `file.py` or `file.py:ClassName`, or a
                subclass of `Strategy` whose `Params` is an attrs class (or that takes
                no parameters).
            symbol: What it trades, in any spelling the market knows.
            symbols: The same for several.
            name: Unique; `<strategy>-<first symbol>` when left out.
            interval: Length of its bars.
            account: The account it trades in; the first when left out.
            params: Its parameters.

        Raises:
            MissingPluginError: No plugin offers the strategy.
            ConfigError: A parameter is wrong; every problem at once.
            UnknownInstrument: No market knows a symbol.
        """
        settings = StrategySettings(
            strategy=strategy.__name__ if isinstance(strategy, type) else strategy,
            symbols=(symbol, *symbols) if symbol else tuple(symbols),
            name=name,
            interval=interval,
            params=params,
            account=account,
        )
        starts = self._state == _STARTED
        if isinstance(strategy, type):
            config: type = getattr(strategy, "Params", NoOptions)
            return self._parts.loader.load_class(settings, strategy, config, starts=starts)
        return self._parts.loader.load(settings, starts=starts)

    # -- life ------------------------------------------------------------------

    def start(self) -> None:
        """Open stores and venues, read history, start the strategies.

        Raises:
            EngineStateError: It was started before.
        """
        if self._state != _CREATED:
            msg = f"this engine is {self._state}; build another one to run again"
            raise EngineStateError(msg)
        self._state = _STARTED
        parts = self._parts
        with contextlib.ExitStack() as on_error:
            on_error.callback(self.stop)
            parts.loop.catch_up()
            self._services.start(self._lifespans)
            if parts.feed is not None:
                parts.data.remember(parts.feed.history())
            warm_up(parts.data, parts.store, parts.clock.now)
            parts.loop.flush()
            parts.control.begin()
            parts.strategies.start_all()
            parts.loop.flush()
            on_error.pop_all()

    def step(self, event: TickData | BarData) -> None:
        """Dispatch one event and all that follows from it, then what waits in the inbox.

        The thread that runs the engine.

        Raises:
            EngineStateError: The engine is not started, or has stopped.
        """
        if self._state != _STARTED:
            msg = f"this engine is {self._state}; step it inside `with engine:`"
            raise EngineStateError(msg)
        self._parts.loop.step(event)
        self._parts.loop.serve()

    def run(self) -> RunSummary:
        """Run until the feed ends or somebody calls `request_stop`; then stop.

        Raises:
            HomalosError: What the feed raised: a missing file, a bad row of a strict run.
        """
        watchdog = Watchdog(
            lambda: self._parts.settings.watch,
            self._tell_slow,
            may_stop=self._parts.settings.clock == "live",
        )
        with quiet_collector(), watchdog.watching():
            if self._state != _STARTED:
                self.start()
            try:
                self._drive()
            except BaseException:
                self._parts.loop.interrupted = True  # the data is not over, it broke off
                raise
            finally:
                self.stop()
        if self._services.pump.error is not None:
            raise self._services.pump.error
        return self.summary()

    def request_stop(self) -> None:
        """End `run` before the next event. Any thread, also a signal handler."""
        self._parts.loop.stop()

    def stop(self) -> None:
        """End the bars under way, stop the strategies, write everything down. Harmless twice."""
        was, self._state = self._state, _STOPPED
        if was == _STOPPED:
            return
        parts = self._parts
        with contextlib.ExitStack() as leaving:
            leaving.callback(self._services.stop)
            leaving.callback(self._errands.turn_away)
            if was == _CREATED:
                return
            if parts.settings.clock == "event" and not parts.loop.interrupted:
                leaving.callback(parts.settler.settle, parts.loop.trading_day)
                leaving.callback(end_day, parts.gateways, parts.loop.trading_day)
            leaving.callback(parts.auditor.look)
            leaving.callback(parts.loop.flush)
            leaving.callback(parts.control.stop)
            leaving.callback(parts.strategies.stop_all)
            parts.loop.finish()
            parts.inbox.close()
            if not parts.loop.interrupted:
                parts.data.finish()
            heal(parts.gateways)
            parts.loop.flush()

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop it."""
        self.stop()

    # -- the outside -----------------------------------------------------------

    def submit(self, command: Command) -> Future[Any]:
        """Carry out a command between two events; the future has its result. Any thread."""
        action = COMMANDS.get(command.name)
        if action is None:
            known = ", ".join(sorted(COMMANDS))
            msg = f"no command is named {command.name!r}; there are {known}"
            raise HomalosError(msg)
        return self._errands.send(Errand(lambda: action(self._parts, **command.arguments), command))

    def reload(self, settings: Settings, *, hidden: Collection[str] = ()) -> Future[Reloaded]:
        """Take up changed settings between two events, as far as that can be. Any thread.

        Args:
            settings: All of them, the unchanged ones too.
            hidden: Paths, as `diff` has them, of values that log and journal must not show
                whatever they are called; those of keys like `password` never are.

        Raises:
            HomalosError: They cannot be; those that hold go on to hold.
        """
        if self._plugins is not None and (problems := all_problems(self._plugins, settings)):
            raise ConfigError(problems)
        reload = Reload.planned(self._parts, settings, self._on_settings, hidden=hidden)
        command = Command("settings.reload", masked(reload.changes)) if reload.changes else None
        return self._errands.send(Errand(reload.carry_out, command))

    def on_settings(self, listener: Callable[[Settings], None]) -> None:
        """Have a function called with the settings that hold after each reload. Before `run`.

        It is called on the engine thread, and must not take long.
        """
        self._on_settings.append(listener)

    def announce(self, level: str, source: str, message: str) -> None:
        """Publish an alert between two events. Any thread.

        Args:
            level: `info`, `warning` or `error`.
            source: The part that speaks.
            message: One sentence for the person who watches.
        """
        parts = self._parts
        # Past the lane's limit: who has something to tell must not wait for a stuck engine.
        alert = partial(Alert, level, source, message)
        parts.inbox.post_now(Errand(lambda: parts.bus.publish(alert(parts.clock.now)), None))

    def snapshot(self) -> Future[Snapshot]:
        """Take a picture between two events. Any thread."""
        return self._errands.send(Errand(lambda: take_snapshot(self._parts), None))

    def statistics(self) -> Future[Sequence[SubscriberStats]]:
        """Count what every subscriber of the bus was given, between two events. Any thread."""
        return self._errands.send(Errand(lambda: subscriber_stats(self._parts), None))

    def subscribe(
        self, topic: type | str, handler: Handler, *,
        key: Any = None, order: int = OBSERVER, name: str = "outside",
    ) -> Subscriptions:  # fmt: skip
        """Have a handler called on the engine thread. Before `run`, or on its thread.

        Args:
            topic: A type of message, or a name as in `homalos.topics`: `order.*`.
            handler: Called with each event; the engine waits for it.
            key: With a type: the symbol or strategy, or a pattern.
            order: 10 after the managers' state, 50 after the strategies, 90 after all.
            name: Who listens, for statistics and faults.
        """
        return listen(self._parts, topic, handler, key=key, order=order, name=name)

    def observe(
        self, topics: Sequence[type | str], handler: Callable[[Sequence[Any]], object], *,
        name: str, policy: Policy = "drop_oldest", key: Callable[[Any], object] | None = None,
    ) -> Observer:  # fmt: skip
        """Have a handler called with batches on a thread of its own. As `subscribe`."""
        observer = observe(self._parts, topics, handler, name=name, policy=policy, key=key)
        self._services.observe(observer, starts=self._state == _STARTED)
        return observer

    def dismiss(self, observer: Observer, timeout_s: float = 1.0) -> bool:
        """Let an observer end in so many seconds; say whether it did. As `subscribe`."""
        return dismiss(self._parts, observer, timeout_s)

    def summary(self) -> RunSummary:
        """Return the figures so far. The engine's thread, or after it stopped."""
        return summarise(self._parts)

    @property
    def parts(self) -> Parts:
        """Return what the engine is made of, for tests and tools. The engine's thread."""
        return self._parts

    # -- inside ----------------------------------------------------------------

    def _drive(self) -> None:
        parts = self._parts
        feed, wanted = parts.feed, parts.settings.feed
        if feed is None or wanted is None:
            parts.loop.run()
            return
        events: Iterator[Any] = feed.events()
        if wanted.speed == 0 and not wanted.thread:
            if wanted.for_s:
                events = paced(events, speed=0, stop=parts.loop.stopping, for_s=wanted.for_s)
            parts.loop.replay(events)
            return
        speed = wanted.speed
        parts.pace = Pace(speed)
        stopping = parts.loop.stopping
        events = paced(events, speed=speed, stop=stopping, for_s=wanted.for_s, pace=parts.pace)
        pump = self._services.pump
        pump.start(events, parts.inbox.post_market, self._end_of_feed)
        parts.loop.run()
        pump.wait()

    def _end_of_feed(self, error: BaseException | None) -> None:
        """Have the loop end. Feed thread."""
        if error is not None:
            self._parts.loop.interrupted = True
        # In the market lane, so that everything before it is dispatched first.
        self._parts.inbox.post_last(Errand(self._parts.loop.finish, None))

    def _tell_slow(self, slow: Slow) -> None:
        """Tell of a slow strategy, once it lets somebody hear of it. The watchdog's thread."""
        source = f"strategy.{slow.strategy}"
        self._parts.faults.append((source, str(slow)))
        if slow.is_stuck and not slow.is_stopped:
            # The engine hears of nothing until it is over, if ever.
            sys.stderr.write(f"warning: {source}: {slow}\n")
        self.announce("warning", source, str(slow))
