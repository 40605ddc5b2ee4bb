"""One instrument's made-up trading day: a price that wanders, trends and comes home.

Of the given generator only `random()` is drawn, the one sequence that the standard
library promises to keep, and of it only sums, products, comparisons and square roots
are taken: the same seed gives the same day on every interpreter and machine.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from math import sqrt

from attrs import frozen

from homalos.model import Instrument
from homalos.plugins.ports import Session
from homalos_sim.profile import Profile

__all__ = ["Close", "DayWalk", "Print"]

_MINUTE_NS = 60_000_000_000
_BUSY_MINUTES = 15  # after a session's open and before its close
_SHORTEST_TREND = 2  # minutes
_TREND_SPAN = 8  # minutes that chance may add
_TREND_PULL = 1.6  # a minute's trend in typical moves, half of it each way
_HOME_PULL = 0.01  # share of the way home, a minute
_MARGIN = 12  # ticks between the middle and the price limits, so that five levels fit
_NARROW = 0.92  # share of the snapshots with a spread of one tick
_FLAT = sqrt(12.0)  # width of the even distribution whose standard deviation is 1
_HELD = 0.3  # open interest moves by this share of the lots at most, half of it each way


# One snapshot: ts_ns; bid, ask and last price in ticks; lots and ticks x lots since the
# day began; open interest. A plain tuple, since a day has a hundred thousand of them.
Print = tuple[int, int, int, int, int, int, float]


@frozen
class Close:
    """How a day ended, which is what the next begins from.

    Attributes:
        price: Last price, in ticks.
        settlement: Mean price of the day by volume, in ticks.
        open_interest: Whole lots.
    """

    price: int
    settlement: int
    open_interest: float


class DayWalk:
    """One trading day of one instrument. Ask for its minutes, and once for each its prints.

    Attributes:
        instrument: What is traded.
        profile: How it trades.
        before: How the day before ended.
        trading_day: As yyyymmdd.
        limit_up: Highest price of the day, in ticks.
        limit_down: Lowest price of the day, in ticks.
        chance: Draws the next number, from 0 to below 1.
    """

    def __init__(
        self,
        instrument: Instrument,
        profile: Profile,
        before: Close,
        sessions: Sequence[Session],
        generator: random.Random,
    ) -> None:
        """Open the day near the close before.

        Args:
            instrument: What is traded.
            profile: How it trades.
            before: How the day before ended.
            sessions: Of the day, in time order, at least one.
            generator: Seeded for this instrument and day, and used by nobody else.
        """
        band = max(round(before.settlement * profile.band), 4 * _MARGIN)
        self.instrument = instrument
        self.profile = profile
        self.before = before
        self.trading_day = sessions[0].trading_day
        self.limit_up = before.settlement + band
        self.limit_down = max(before.settlement - band, 1)
        self.chance = generator.random
        self._sessions = sessions
        self._home = (before.settlement + instrument.to_ticks(profile.price)) / 2
        self._mid = before.price + 4 * profile.restless * (self.chance() - 0.5)
        self._trend = 0.0
        self._trend_left = 0
        self._at: Print = (0, 0, 0, before.price, 0, 0, before.open_interest)

    def minutes(self) -> Iterator[tuple[int, int, float]]:
        """Yield start, end and bustle of every minute of trading, times in nanoseconds UTC.

        The bustle is 1 in a quiet minute, 3 right after an open, 2 right before a close.
        """
        for session in self._sessions:
            starts = range(session.start_ns, session.end_ns, _MINUTE_NS)
            for gone, start_ns in enumerate(starts):
                left = len(starts) - 1 - gone
                opening = max(0.0, 1 - gone / _BUSY_MINUTES)
                closing = max(0.0, 1 - left / _BUSY_MINUTES)
                yield (
                    start_ns,
                    min(start_ns + _MINUTE_NS, session.end_ns),
                    1 + 2 * opening + closing,
                )

    def prints(self, times: range, pace: float, bustle: float) -> list[Print]:
        """Walk one minute; the first snapshot of a day always trades.

        Args:
            times: When a snapshot is due, nanoseconds UTC.
            pace: Chance that one comes when it is due, above 0 to 1.
            bustle: How busy the minute is; 1 is quiet.
        """
        chance = self.chance
        steps = max(len(times) * pace, 1.0)
        drift = self._next_trend() / steps
        noise = _FLAT * self.profile.restless / sqrt(steps)
        burst = 4 * self.profile.lots * bustle / steps  # the mean of a cube is a quarter
        lean = 0.5 + 0.3 * self._trend / self.profile.restless
        lowest, highest = self.limit_down + _MARGIN, self.limit_up - _MARGIN
        mid = self._mid
        _, _, _, last, volume, value, held = self._at
        found: list[Print] = []
        for ts_ns in times:
            if volume and chance() >= pace:
                continue
            mid += drift + noise * (chance() - 0.5)
            if not lowest < mid < highest:
                mid = float(min(max(mid, lowest), highest))
            bid = int(mid)
            ask = bid + 1 if chance() < _NARROW else bid + 2
            draw = chance()
            lots = int(burst * draw * draw * draw)
            if lots or not volume:
                lots = lots or 1
                last = ask if chance() < lean else bid
                volume += lots
                value += lots * last
                held += int(_HELD * lots * (chance() - 0.5))
            found.append((ts_ns, bid, ask, last, volume, value, held))
        self._mid = mid
        if found:
            self._at = found[-1]
        return found

    def close(self) -> Close:
        """Return how the day ended, once it is walked."""
        _, _, _, last, volume, value, held = self._at
        return Close(last, round(value / volume) if volume else last, held)

    def _next_trend(self) -> float:
        # Ticks that this minute drifts: a trend that lasts some minutes, and the way home.
        if self._trend_left == 0:
            self._trend_left = _SHORTEST_TREND + int(_TREND_SPAN * self.chance())
            self._trend = _TREND_PULL * self.profile.restless * (self.chance() - 0.5)
        self._trend_left -= 1
        return self._trend + _HOME_PULL * (self._home - self._mid)
