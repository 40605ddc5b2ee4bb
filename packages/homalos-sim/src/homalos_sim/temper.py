"""How one made-up trading day feels: its trends, its news, its gaps, its runs to a limit.

All of it is drawn from the day's own generator, minute by minute, in one order.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from homalos_sim.profile import Profile

__all__ = ["Temper"]

_BUSY_MINUTES = 15  # after a session's open and before its close
_LONG_REST = 60  # minutes without a market after which an open is a real one
_LATE_NIGHT = 120  # minutes after which a long session tires
_SHORTEST_TREND = 2  # minutes
_TREND_SPAN = 8  # minutes that chance may add
_TREND_PULL = 1.6  # a minute's trend in typical moves, half of it each way
_HOME_PULL = 0.01  # share of the way home, a minute
_OVERNIGHT = 600  # minutes that the night before a day counts as, however long it was
_GAP = 0.5  # a gap in what the price would have walked meanwhile
_NEWS = 1 / 240  # chance of news, a minute
_SHOCK = 6.0  # size of a typical jump by news, in typical moves
_STIRRED = 2.5  # how much more moves and trades right after news
_CALMING = 0.85  # share of the stir that is left a minute later
_RUN = 0.01  # chance that a day has a run to a price limit
_RUN_MINUTES = 25  # a run takes about so long
_HOLD_MINUTES = 30  # it holds at the limit so long, and up to as much again
_NARROW = 0.93  # share of the snapshots with a spread of one tick, in a quiet minute


class Temper:
    """The mood of one instrument on one day. Asked once a minute, in time order.

    Attributes:
        stir: How much more moves and trades than usual, >= 1; news stirs, and it calms down.
    """

    def __init__(
        self,
        profile: Profile,
        chance: Callable[[], float],
        home: float,
        limit_down: int,
        limit_up: int,
    ) -> None:
        """Draw what kind of day it is.

        Args:
            profile: How the product trades.
            chance: Draws the next number, from 0 to below 1.
            home: Where prices return to in the long run, in ticks.
            limit_down: Lowest price of the day, in ticks.
            limit_up: Highest price of the day, in ticks.
        """
        self.stir = 1.0
        self._restless = profile.restless
        self._chance = chance
        self._home = home
        self._trend = 0.0
        self._trend_left = 0
        self._run_to = 0
        self._run_in = self._hold = 0
        when, draw = chance(), chance()
        if draw < _RUN:
            self._run_to = limit_up if 2 * draw < _RUN else limit_down
            self._run_in = int(200 * when)
            self._hold = _HOLD_MINUTES + int(_HOLD_MINUTES * when)

    def gap(self, rest: int) -> float:
        """Return how far the price opens from where it closed, in ticks.

        Args:
            rest: Minutes since the session before; of the day's first, any large number.
        """
        chance = self._chance
        spread = 2 * (chance() + chance() + chance() - 1.5)
        return _GAP * self._restless * sqrt(min(rest, _OVERNIGHT)) * spread

    def bustle(self, gone: int, left: int, rest: int) -> float:
        """Return how much trades in a minute; 1 in a quiet one.

        Args:
            gone: Minutes of the session before it.
            left: Minutes of the session after it.
            rest: Minutes without a market before the session.
        """
        opening = max(0.0, 1 - gone / _BUSY_MINUTES)
        closing = max(0.0, 1 - left / _BUSY_MINUTES)
        tired = min(max(gone - _LATE_NIGHT, 0) / 300, 0.5)
        return 1 + (2 if rest >= _LONG_REST else 1) * opening + closing - tired

    def narrow(self, bustle: float) -> float:
        """Return the share of the snapshots whose spread is one tick; an open has less."""
        return _NARROW - 0.04 * (bustle - 1) - 0.1 * (self.stir - 1)

    def drift(self, mid: float) -> float:
        """Return the ticks that the next minute drifts: trend, way home, news, a run to a limit.

        Args:
            mid: Where the price is, in ticks.
        """
        chance = self._chance
        if self._trend_left == 0:
            self._trend_left = _SHORTEST_TREND + int(_TREND_SPAN * chance())
            self._trend = _TREND_PULL * self._restless * (chance() - 0.5)
        self._trend_left -= 1
        self.stir = 1 + _CALMING * (self.stir - 1)
        jump = 0.0
        if chance() < _NEWS:
            self.stir = _STIRRED
            jump = _SHOCK * self._restless * 2 * (chance() - 0.5)
        if self._hold and self._run_to:
            if self._run_in:
                self._run_in -= 1
            else:
                return self._runs(mid)
        return self._trend + jump + _HOME_PULL * (self._home - mid)

    def _runs(self, mid: float) -> float:
        # Towards the limit and a little beyond, where it is held for a while.
        beyond = self._run_to + (6 if self._run_to > self._home else -6)
        missing = beyond - mid
        self.stir = max(self.stir, 1.5)
        if abs(missing) <= 2 * self._restless:
            self._hold -= 1
            return missing
        pace = abs(self._run_to - self._home) / _RUN_MINUTES + self._restless
        return missing if abs(missing) < pace else pace if missing > 0 else -pace
