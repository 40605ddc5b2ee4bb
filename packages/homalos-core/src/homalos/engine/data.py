"""Last values, history and bars: what the engine remembers of the market."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from math import nan
from operator import attrgetter

from homalos.bus import STATE, Bus, Subscription
from homalos.clock import EngineClock
from homalos.engine.bar_spans import Convention
from homalos.engine.bars import MinuteBars, Sessions
from homalos.engine.longer_bars import BarMerger
from homalos.engine.tick_classes import TickClass
from homalos.model import BarData, TickData

__all__ = ["DataManager"]

_KEPT_BARS = 1_000
_MINUTE = "1m"


class DataManager:
    """Keeps the last tick and the last bars of what is watched, and makes bars.

    What is kept is appended by the bus itself: the handler of a watched symbol is
    the `append` of a bounded deque, which costs the hot path one C call.

    Attributes:
        made: Bars made here so far.
    """

    def __init__(
        self,
        bus: Bus,
        clock: EngineClock,
        sessions: Sessions,
        *,
        grace_ns: int = 0,
        convention: Convention = "clock",
    ) -> None:
        """Begin empty.

        Args:
            bus: Where ticks and bars come from, and made bars go.
            clock: The engine's.
            sessions: A symbol's sessions of a trading day.
            grace_ns: How long after a bar's end a tick of it may still come, >= 0: on a
                wall clock ticks arrive after their stamp, in a simulation they do not.
            convention: How bars of more than a minute are counted; see `bar_spans`.
        """
        self.made = 0
        self._bus = bus
        self._publish = bus.topic(BarData).publish
        self._clock = clock
        self._sessions = sessions
        self._grace_ns = grace_ns
        self._convention: Convention = convention
        self._ticks: dict[str, deque[TickData]] = {}
        self._bars: dict[tuple[str, str], deque[BarData]] = {}
        self._last_bar: dict[str, deque[BarData]] = {}
        self._watching: dict[str, Subscription] = {}
        self._minutes: dict[str, _MinuteMaker] = {}
        self._mergers: dict[tuple[str, str], _Merging] = {}

    # -- what to keep ----------------------------------------------------------

    def watch(self, symbol: str) -> None:
        """Keep the last tick and the last bar of a symbol from now on."""
        if symbol in self._ticks:
            return
        ticks: deque[TickData] = deque(maxlen=1)
        bars: deque[BarData] = deque(maxlen=1)
        self._ticks[symbol] = ticks
        self._last_bar[symbol] = bars
        self._bus.subscribe(TickData, ticks.append, key=symbol, order=STATE, name="data.last")
        self._watching[symbol] = self._bus.subscribe(
            BarData, bars.append, key=(symbol, None), order=STATE, name="data.last"
        )

    def want_bars(self, symbol: str, interval: str) -> None:
        """Keep, and where the market brings none make, bars of a length."""
        self.watch(symbol)
        if (symbol, interval) in self._bars:
            return
        kept: deque[BarData] = deque(maxlen=_KEPT_BARS)
        self._bars[symbol, interval] = kept
        if interval == _MINUTE:
            # The minutes themselves tell the last price: one handler less on the way.
            self._watching[symbol].close()
            self._last_bar[symbol] = kept
        self._bus.subscribe(
            BarData, kept.append, key=(symbol, interval), order=STATE, name=f"data.{interval}"
        )
        if interval == _MINUTE:
            minutes = MinuteBars(symbol, self._sessions)
            maker = _MinuteMaker(minutes, self._clock, self._deliver, self._grace_ns)
            self._minutes[symbol] = maker
            self._bus.subscribe(
                TickData, maker.on_tick, key=symbol, order=STATE + 1, name="data.1m"
            )
            return
        self.want_bars(symbol, _MINUTE)
        merger = BarMerger(interval, self._sessions, convention=self._convention)
        merging = _Merging(merger, self._clock, self._deliver, self._grace_ns)
        self._mergers[symbol, interval] = merging
        for bar in self._bars[symbol, _MINUTE]:
            kept.extend(merging.add(bar))
        self._bus.subscribe(
            BarData, merging.on_bar, key=(symbol, None), order=STATE + 1, name=f"data.{interval}"
        )

    def remember(self, bars: Iterable[BarData]) -> int:
        """Put finished bars in front of a run, oldest first; return how many were wanted.

        Longer bars that are wanted are made of them, too.
        """
        taken = 0
        for bar in bars:
            taken += self._keep(bar)
            for (symbol, _), merging in self._mergers.items():
                if symbol == bar.symbol:
                    for longer in merging.add(bar):
                        self._keep(longer)
        return taken

    def without_history(self) -> tuple[tuple[str, str], ...]:
        """Return each wanted (symbol, interval) of which there is no bar yet."""
        return tuple(key for key, kept in self._bars.items() if not kept)

    def finish(self) -> None:
        """End every bar under way: the market data is over."""
        for maker in self._minutes.values():
            maker.finish()
        for merging in self._mergers.values():
            merging.finish()

    # -- what is known ---------------------------------------------------------

    def last_tick(self, symbol: str) -> TickData | None:
        """Return the last tick of a watched symbol, or `None`."""
        ticks = self._ticks.get(symbol)
        return ticks[-1] if ticks else None

    def last_price(self, symbol: str) -> float:
        """Return the last price of a watched symbol, nan when there was none."""
        ticks = self._ticks.get(symbol)
        if ticks:
            return ticks[-1].last_price
        bars = self._last_bar.get(symbol)
        if bars:
            return bars[-1].close_price
        bar = self._newest(symbol)
        return bar.close_price if bar is not None else nan

    def history(self, symbol: str, interval: str, count: int) -> list[BarData]:
        """Return the last finished bars of a wanted length, oldest first, at most `count`."""
        kept = self._bars.get((symbol, interval))
        return list(kept)[-count:] if kept and count > 0 else []

    def bars_of(self, symbol: str, day: int) -> list[BarData]:
        """Return a trading day's kept bars, of the first wanted length that has any."""
        for (name, _), kept in self._bars.items():
            if name == symbol and (found := _of_day(kept, day)):
                return found
        return []

    def ticks(self) -> dict[str, TickData]:
        """Return the last tick of every watched symbol that had one."""
        return {symbol: ticks[-1] for symbol, ticks in self._ticks.items() if ticks}

    def bars(self) -> dict[str, BarData]:
        """Return the last bar of every watched symbol that had one."""
        found = ((symbol, self._newest(symbol)) for symbol in self._last_bar)
        return {symbol: bar for symbol, bar in found if bar is not None}

    def outside(self) -> int:
        """Return how many ticks fell outside the sessions and made no bar."""
        return sum(maker.bars.outside for maker in self._minutes.values())

    def counts(self) -> dict[str, dict[TickClass, int]]:
        """Return how many ticks of each class came, by symbol that minutes are made of."""
        return {symbol: maker.bars.counts() for symbol, maker in self._minutes.items()}

    def late_bars(self) -> int:
        """Return the shorter bars that came when the longer one of theirs was out."""
        return sum(merging.merger.late for merging in self._mergers.values())

    def _newest(self, symbol: str) -> BarData | None:
        bars = self._last_bar.get(symbol)
        if bars:
            return bars[-1]
        # Where minutes are wanted but only longer bars come.
        longer = [kept[-1] for (name, _), kept in self._bars.items() if name == symbol and kept]
        return max(longer, key=attrgetter("ts_ns"), default=None)

    def _keep(self, bar: BarData) -> bool:
        kept = self._bars.get((bar.symbol, bar.interval))
        if kept is None:
            return False
        kept.append(bar)
        return True

    def _deliver(self, bar: BarData) -> None:
        self.made += 1
        self._publish(bar)


def _of_day(bars: deque[BarData], day: int) -> list[BarData]:
    """Return the bars of a trading day, oldest first; those before it are not looked at."""
    found: list[BarData] = []
    for bar in reversed(bars):
        if bar.trading_day == day:
            found.append(bar)
        elif bar.trading_day < day:
            break
    found.reverse()
    return found


class _MinuteMaker:
    """Drives one symbol's minute bars: by its ticks, and by the clock when no tick comes."""

    __slots__ = ("_armed_ns", "_clock", "_deliver", "_grace_ns", "bars")

    def __init__(
        self,
        bars: MinuteBars,
        clock: EngineClock,
        deliver: Callable[[BarData], None],
        grace_ns: int,
    ) -> None:
        self.bars = bars
        self._clock = clock
        self._deliver = deliver
        self._grace_ns = grace_ns
        self._armed_ns = 0

    def on_tick(self, tick: TickData) -> None:
        """Count a tick in."""
        bars = self.bars
        done = bars.add(tick)
        if bars.closes_ns > self._armed_ns:
            self._armed_ns = bars.closes_ns
            self._clock.call_at(bars.closes_ns + self._grace_ns, self._due)
        if done is not None:
            self._deliver(done)

    def finish(self) -> None:
        """End the bar under way."""
        done = self.bars.close(whole=self.bars.is_over(self._clock.now))
        if done is not None:
            self._deliver(done)

    def _due(self) -> None:
        if 0 < self.bars.closes_ns <= self._clock.now:
            self.finish()


class _Merging:
    """Drives one symbol's longer bars: by the shorter ones, and by the clock when none comes."""

    __slots__ = ("_armed_ns", "_clock", "_deliver", "_wait_ns", "merger")

    def __init__(
        self,
        merger: BarMerger,
        clock: EngineClock,
        deliver: Callable[[BarData], None],
        grace_ns: int,
    ) -> None:
        self.merger = merger
        self._clock = clock
        self._deliver = deliver
        # The last of the shorter bars comes when its own time is over, at that very instant.
        self._wait_ns = grace_ns + 1
        self._armed_ns = 0

    def add(self, bar: BarData) -> tuple[BarData, ...]:
        """Count a shorter bar in; return the bars that are over by it."""
        merger = self.merger
        done = merger.add(bar)
        if merger.closes_ns > self._armed_ns:
            self._armed_ns = merger.closes_ns
            self._clock.call_at(merger.closes_ns + self._wait_ns, self._due)
        return done

    def on_bar(self, bar: BarData) -> None:
        """Count a shorter bar in, and deliver what is over by it."""
        for longer in self.add(bar):
            self._deliver(longer)

    def finish(self) -> None:
        """End the bar under way."""
        done = self.merger.close(whole=self.merger.is_over(self._clock.now))
        if done is not None:
            self._deliver(done)

    def _due(self) -> None:
        if 0 < self.merger.closes_ns < self._clock.now:
            self.finish()
