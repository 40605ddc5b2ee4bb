"""The loop: one thread, one event after another, everything due before it first."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence, Sized
from time import monotonic_ns
from typing import Any

from homalos.bus import Bus
from homalos.clock import EngineClock, wall_ns
from homalos.engine.clock_watch import ClockWatch
from homalos.inbox import Inbox
from homalos.journal import CountingJournal, FileJournal
from homalos.model import Alert, BarData, TickData, TradeReport, TradingDayChanged
from homalos.plugins.ports import MarketTap

__all__ = ["Loop"]

_IDLE_S = 0.25
_WAKE = object()


class Loop:
    """Takes events one at a time and has them dispatched. Engine thread, but for `stop`.

    An event goes through these doors, in this order: what is due before it
    (timers, an in-process venue's delayed reports), the end of the trading day before
    where it is the first of a new one, the in-process venue's own look at it and what
    that fills, a dense number and the journal, the bus.

    Attributes:
        trading_day: The latest trading day seen, yyyymmdd; 0 before the first event.
        trading_days: How many were seen.
        late: Market events stamped before the one dispatched last.
        interrupted: True once `stop` was called: the market data is not over.
        post: Takes an in-process venue's report; it is dispatched after the event in hand.
        on_item: Takes what is no event out of the inbox; says whether it did.
        end_day: Told that a trading day is over (0 before the first), and which one begins.
    """

    def __init__(
        self,
        *,
        bus: Bus,
        clock: EngineClock,
        inbox: Inbox,
        journal: CountingJournal | FileJournal,
        event_time: bool,
    ) -> None:
        self.trading_day = 0
        self.trading_days = 0
        self.late = 0
        self.interrupted = False
        self.on_item: Callable[[Any], bool] = _never
        self.end_day: Callable[[int, int], None] = _no_end
        self._bus = bus
        self._clock = clock
        self._inbox = inbox
        self._record = journal.record
        self._event_time = event_time
        self._others = 0  # inputs other than market data, which its routes count
        self._ready: deque[Any] = deque()
        self.post: Callable[[Any], None] = self._ready.append
        self._publish = _Handlers(bus)
        self._ticks = bus.topic(TickData)
        self._bars = bus.topic(BarData)
        self._stopping = threading.Event()
        self._watch = ClockWatch(self._tell_of_clock)
        self._walk = self._bind_walk(_all_taps(()))
        # Due before any event: the first one tells the clock when the run begins.
        clock.call_at(1, _nothing)

    # -- wiring, once ----------------------------------------------------------

    def bind_taps(self, taps: Sequence[MarketTap]) -> None:
        """Let in-process venues see the market before the engine does, while an order waits."""
        self._walk = self._bind_walk(taps[0] if len(taps) == 1 else _all_taps(taps))

    def bind(self, kind: type, handler: Callable[[Any], None]) -> None:
        """Say who takes an input that is not for the bus: a report, a cancel's refusal."""
        self._publish[kind] = handler

    # -- inputs ----------------------------------------------------------------

    def _bind_walk(  # noqa: C901  the hot path, written out
        self, tap: MarketTap
    ) -> Callable[[Iterable[Any], Sized], None]:
        # One closure over everything it touches, the routes walked in place of a
        # `publish`: of all that runs, this runs most often.
        clock, agenda, ready = self._clock, self._clock.agenda, self._ready
        record, event_time = self._record, self._event_time
        run_due, drain, turn, serve = self._run_due, self._drain, self._turn, self._serve_and_go_on
        ticks, bars = self._ticks.routes, self._bars.bars
        tick_fault, bar_fault = self._ticks.go_on, self._bars.go_on
        waiting, tap_tick, tap_bar = tap.waiting, tap.on_tick, tap.on_bar

        def walk(events: Iterable[Any], inbox: Sized) -> None:  # noqa: C901  (the same)
            for event in events:
                now = event.ts_ns if event_time else wall_ns()
                if now >= agenda.next_ns:
                    run_due(now)
                if now < clock.now:
                    self.late += 1
                else:
                    clock.now = now
                is_bar = type(event) is BarData
                is_first = event.trading_day > self.trading_day
                if is_first:
                    # Before a venue in here fills on it: such a fill is the new day's.
                    self.end_day(self.trading_day, event.trading_day)
                if waiting:
                    (tap_bar if is_bar else tap_tick)(event)
                    if ready:
                        drain()
                record(event)
                if is_first:
                    turn(event.trading_day)
                route = bars[event.interval][event.symbol] if is_bar else ticks[event.symbol]
                route.inputs += 1
                try:
                    for handler in route.handlers:
                        handler(event)
                except Exception as error:  # noqa: BLE001  the bus fence: counted and told
                    (bar_fault if is_bar else tick_fault)(route, handler, event, error)
                if ready:
                    drain()
                if inbox and not serve():
                    break

        return walk

    def number(self, event: Any) -> None:
        """Give an input that is no market data its number and write it into the journal."""
        self._others += 1
        self._record(event)

    def post_at(self, due_ns: int, event: Any) -> None:
        """Take an in-process venue's report for a later time."""
        self._clock.agenda.add(due_ns, lambda: self._ready.append(event))

    # -- running ---------------------------------------------------------------

    def step(self, event: Any) -> None:
        """Dispatch one event, and everything that is due before it or follows from it."""
        kind = type(event)
        if kind is TickData or kind is BarData:
            self._walk((event,), ())
            return
        now = event.ts_ns if self._event_time else wall_ns()
        if now >= self._clock.agenda.next_ns:
            self._run_due(now)
        if now < self._clock.now:
            self.late += 1
        else:
            self._clock.now = now
        if kind is TradeReport and event.trading_day > self.trading_day:
            self.end_day(self.trading_day, event.trading_day)
            self._turn(event.trading_day)
        self._dispatch(event)
        self._drain()

    def replay(self, events: Iterable[Any]) -> None:
        """Step through events as fast as it goes, on this thread, until they end or `stop`."""
        self._walk(events, self._inbox.execution)

    def run(self) -> None:
        """Step through what the inbox brings, until `stop`."""
        inbox = self._inbox
        take_now, stopped = inbox.take_now, self._stopping.is_set
        while not stopped():
            item = take_now()
            if item is None:
                item = inbox.take(self._patience())
            if item is None:
                self.catch_up()
            elif type(item) is TickData:
                self._walk((item,), ())  # what comes by the thousand takes the shortest way
            else:
                self._take(item)

    def serve(self) -> None:
        """Take everything that waits in the inbox, without waiting for more."""
        while (item := self._inbox.take_now()) is not None:
            self._take(item)

    def advance(self, now_ns: int) -> None:
        """Let time pass without an event: what is due by then happens."""
        self._run_due(now_ns)
        self._clock.now = max(self._clock.now, now_ns)

    def catch_up(self) -> None:
        """Let time pass up to the wall's; in a simulation only events move it."""
        if not self._event_time:
            now = wall_ns()
            self._watch.look(now, monotonic_ns())
            self.advance(now)

    def flush(self) -> None:
        """Dispatch what waits inside: reports that the last event brought about."""
        self._drain()

    def stop(self) -> None:
        """End `run` or `replay` before the next event. Any thread."""
        self.interrupted = True
        self._stopping.set()
        self._inbox.execution.append(_WAKE)
        self._inbox.close()

    def finish(self) -> None:
        """End `run`: the market data is over. Engine thread."""
        self._stopping.set()

    @property
    def stopping(self) -> threading.Event:
        """Return the flag that is set once the loop shall end; feed threads watch it."""
        return self._stopping

    @property
    def dispatched(self) -> int:
        """Return the inputs so far; the dense number of the last one."""
        return self._others + self._ticks.inputs + self._bars.inputs

    @property
    def ticks(self) -> int:
        """Return the ticks that came in."""
        return self._ticks.published

    @property
    def bars(self) -> int:
        """Return the bars that came in or were made here."""
        return self._bars.published

    # -- inside ----------------------------------------------------------------

    def _take(self, item: Any) -> None:
        if item is not _WAKE and not self.on_item(item):
            self.step(item)

    def _serve_and_go_on(self) -> bool:
        self.serve()
        return not self._stopping.is_set()

    def _dispatch(self, event: Any) -> None:
        self.number(event)
        self._publish[type(event)](event)

    def _drain(self) -> None:
        ready, record, handlers = self._ready, self._record, self._publish
        while ready:
            event = ready.popleft()
            self._others += 1
            record(event)
            handlers[type(event)](event)

    def _run_due(self, now_ns: int) -> None:
        agenda = self._clock.agenda
        clock = self._clock
        passes_over = 0 if self._event_time else now_ns
        if not clock.now:
            clock.begin(now_ns)
        while (entry := agenda.pop(now_ns)) is not None:
            clock.now = max(clock.now, entry.due_ns)
            agenda.again(entry, passes_over if entry.catches_up else now_ns)
            entry.callback()
            self._drain()

    def _tell_of_clock(self, what: str) -> None:
        self._bus.publish(Alert("warning", "clock", what, self._clock.now))

    def _turn(self, day: int) -> None:
        previous, self.trading_day = self.trading_day, day
        self.trading_days += 1
        self._bus.publish(TradingDayChanged(day, previous, self._clock.now))

    def _patience(self) -> float:
        if self._event_time:
            return _IDLE_S
        return min(max((self._clock.agenda.next_ns - wall_ns()) / 1e9, 0.0), _IDLE_S)


class _Handlers(dict[type, Callable[[Any], None]]):
    """Who takes an input, by its type; the bus, where nobody else was named."""

    def __init__(self, bus: Bus) -> None:
        super().__init__()
        self._bus = bus

    def __missing__(self, kind: type) -> Callable[[Any], None]:
        handler = self[kind] = self._bus.topic(kind).publish
        return handler


class _AnyWaiting(Sized):
    """Is empty as long as nothing waits in any of several venues."""

    def __init__(self, taps: Sequence[MarketTap]) -> None:
        self._waiting = tuple(tap.waiting for tap in taps)

    def __len__(self) -> int:
        return sum(map(len, self._waiting))


def _all_taps(taps: Sequence[MarketTap]) -> MarketTap:
    def on_tick(tick: TickData) -> None:
        for tap in taps:
            tap.on_tick(tick)

    def on_bar(bar: BarData) -> None:
        for tap in taps:
            tap.on_bar(bar)

    # Asked once an event: where there is no venue in here, by no call of ours.
    return MarketTap(waiting=_AnyWaiting(taps) if taps else (), on_tick=on_tick, on_bar=on_bar)


def _never(_: Any) -> bool:
    return False


def _no_end(_over: int, _begins: int) -> None:
    """Let a day pass that nobody settles."""


def _nothing() -> None:
    """Do nothing; an agenda entry that only has to come due."""
