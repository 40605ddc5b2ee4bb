"""Whether a fault befalls a message: by chance, or because the script says so."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping

from homalos_sim.faults.options import KINDS, FaultOptions, Kind

__all__ = ["Chances"]

_NS = 1_000_000_000


class Chances:
    """Draws the faults of one wire, and counts them. Engine thread.

    Of the generator only `random()` is drawn, the one sequence that the standard library
    promises to keep: the same seeds make the same faults on every interpreter.

    Attributes:
        counts: How often each kind was made.
        are_over: True while none is made.
    """

    def __init__(self, options: FaultOptions, of_run: random.Random) -> None:
        """Begin with the run's chance, which stays as it is, and the seed of the faults."""
        # A copy of its state: a run draws the same at its venue with and without faults.
        run = random.Random()
        run.setstate(of_run.getstate())
        self.counts: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
        self.are_over = False
        self._draw = random.Random(f"{run.random()!r}:{options.seed}").random
        self._scripted: Counter[str] = Counter()
        self._shares: Mapping[str, float] = {
            "delay": options.delay,
            "duplicate": options.duplicate,
            "reorder": options.reorder,
            "lost_ack": options.lost_ack,
            "lost_request": options.lost_request,
            "lost_cancel": options.lost_cancel,
        }

    def script(self, kind: Kind, times: int) -> None:
        """Have a fault befall so many of the next messages that it can befall."""
        self._scripted[kind] += times

    def befalls(self, kind: Kind) -> bool:
        """Say whether a fault befalls the message in hand, and count it."""
        if self.are_over:
            return False
        if self._scripted[kind]:
            self._scripted[kind] -= 1
        else:
            share = self._shares[kind]
            if not share or self._draw() >= share:
                return False
        self.counts[kind] += 1
        return True

    def span_ns(self, longest_s: float) -> int:
        """Draw a time from 0 to the longest, nanoseconds; each is as likely as another."""
        return int(self._draw() * longest_s * _NS)
