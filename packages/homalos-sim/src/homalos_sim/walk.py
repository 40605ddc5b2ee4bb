"""One instrument's made-up trading day: orders that lean one way and come back, gaps, limits.

Of the given generator only `random()` is drawn, the one sequence that the standard
library promises to keep, and of it only sums, products, comparisons and square roots
are taken: the same seed gives the same day on every interpreter and machine.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from math import sqrt

from attrs import frozen

from homalos.model import Instrument
from homalos.plugins.ports import Session
from homalos_sim.profile import Profile
from homalos_sim.temper import Temper

__all__ = ["NOBODY", "Close", "DayWalk", "Print"]

NOBODY = 0
"""What stands for a best price in a print where nobody bids or offers."""

_MINUTE_NS = 60_000_000_000
_BEYOND = 15  # ticks that the middle may be beyond a limit: how hard it is locked
_FLAT = sqrt(12.0)  # width of the even distribution whose standard deviation is 1
_HELD = 0.3  # open interest moves by this share of the lots at most, half of it each way
_KEPT = 0.9  # share of the flow that is still there one snapshot later: large orders are split
_PUSH = 0.35  # how far the flow moves the price, in its noise; it comes back as the flow does
_LEAN = 0.35  # how much more often one side trades at a flow of 1
_LOCKED = 0.15  # share of the usual lots that still trade where one side is empty


# One snapshot: ts_ns; bid, ask and last price in ticks, a bid or an ask of NOBODY where none
# is; lots and ticks x lots since the day began; open interest. A plain tuple, since a day has
# a hundred thousand of them.
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
        band = max(round(before.settlement * profile.band), 48)
        self.instrument = instrument
        self.profile = profile
        self.before = before
        self.trading_day = sessions[0].trading_day
        self.limit_up = before.settlement + band
        self.limit_down = max(before.settlement - band, 1)
        self.chance: Callable[[], float] = generator.random
        self._sessions = sessions
        home = (before.settlement + instrument.to_ticks(profile.price)) / 2
        self._temper = Temper(profile, generator.random, home, self.limit_down, self.limit_up)
        self._mid = float(before.price)
        self._flow = 0.0
        self._at: Print = (0, 0, 0, before.price, 0, 0, before.open_interest)

    def minutes(self) -> Iterator[tuple[int, int, float]]:
        """Yield start, end and bustle of every minute of trading, times in nanoseconds UTC.

        The bustle is how much trades: 1 in a quiet minute, more after an open and before a
        close. A session opens with a gap: the longer the market was closed, the wider.
        """
        closed_ns = 0
        for session in self._sessions:
            starts = range(session.start_ns, session.end_ns, _MINUTE_NS)
            rest = (session.start_ns - closed_ns) // _MINUTE_NS
            self._mid += self._temper.gap(rest)
            for gone, start_ns in enumerate(starts):
                left = len(starts) - 1 - gone
                bustle = self._temper.bustle(gone, left, rest)
                yield start_ns, min(start_ns + _MINUTE_NS, session.end_ns), bustle
            closed_ns = session.end_ns

    def prints(self, times: range, pace: float, bustle: float) -> list[Print]:
        """Walk one minute; the first snapshot of a day always trades.

        Args:
            times: When a snapshot is due, nanoseconds UTC.
            pace: Chance that one comes when it is due, above 0 to 1.
            bustle: How much trades in the minute; 1 is quiet.
        """
        chance, temper = self.chance, self._temper
        steps = max(len(times) * pace, 1.0)
        drift = temper.drift(self._mid) / steps
        stir, narrow = temper.stir, temper.narrow(bustle)
        noise = _FLAT * self.profile.restless * stir * sqrt(bustle) / sqrt(steps)
        burst = 4 * self.profile.lots * bustle * stir / steps  # the mean of a cube is a quarter
        push = _PUSH * noise
        lowest, highest = self.limit_down - _BEYOND, self.limit_up + _BEYOND
        bottom, top = self.limit_down, self.limit_up
        mid, flow = self._mid, self._flow
        _, _, _, last, volume, value, held = self._at
        found: list[Print] = []
        for ts_ns in times:
            if volume and chance() >= pace:
                continue
            draw = chance()
            before, flow = flow, _KEPT * flow + 0.6 * (draw - 0.5)
            # The price goes with the change of the flow: what pushed it lets go again.
            mid += drift + noise * (chance() - 0.5) + push * (flow - before)
            if not lowest < mid < highest:
                mid = float(min(max(mid, lowest), highest))
            bid = int(mid) if mid > 0 else 0
            wide = chance()
            ask = bid + 1 if wide < narrow else bid + 2 + int(3 * stir * (wide - narrow))
            draw = chance()
            lots = int(burst * draw * draw * draw)
            if bid >= top:  # locked: nobody offers
                bid, ask, lots = top, NOBODY, int(_LOCKED * lots)
                side = top
            elif ask <= bottom or bid < bottom:  # locked: nobody bids
                bid, ask, lots = NOBODY, bottom, int(_LOCKED * lots)
                side = bottom
            else:
                if ask > top:
                    ask = top
                side = ask if chance() < 0.5 + _LEAN * flow else bid
            if lots or not volume:
                lots = lots or 1
                last = side
                volume += lots
                value += lots * last
                held += int(_HELD * lots * (chance() - 0.5))
            found.append((ts_ns, bid, ask, last, volume, value, held))
        self._mid, self._flow = mid, flow
        if found:
            self._at = found[-1]
        return found

    def close(self) -> Close:
        """Return how the day ended, once it is walked."""
        _, _, _, last, volume, value, held = self._at
        return Close(last, round(value / volume) if volume else last, held)
