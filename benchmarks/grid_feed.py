"""A plugin in a file: the seeded prices on many instruments in turn, and who follows them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain

from attrs import field, frozen
from attrs.validators import and_, ge, le

from benchmarks.floor import Crossing
from benchmarks.market import MOST, draw_ticks
from homalos.model import BarData, TickData
from homalos.plugins import FeedSpec, hookimpl
from homalos.plugins.ports import FeedContext
from homalos.strategy import Strategy

__all__ = ["Follower", "GridFeed", "make_ticks", "register_feeds", "symbols"]

_PRODUCTS = ("ag", "al", "au", "cu", "hc", "ni", "pb", "rb", "sn", "zn")


def symbols(count: int) -> tuple[str, ...]:
    """Return so many futures of Shanghai, 1 to 100."""
    months = range(2501, 2511)
    return tuple(f"{code}{month}.SHFE" for month in months for code in _PRODUCTS)[:count]


class Follower(Strategy):
    """Follows a crossing of averages, as the peers' strategies do, and orders nothing."""

    def on_init(self) -> None:
        """Begin without prices."""
        self.update = Crossing(10, 30).update
        self.target = self.turns = self.seen = 0

    def on_tick(self, tick: TickData) -> None:
        """Ask the rule, and count where it turns."""
        self.seen += 1
        target = self.update(tick.last_price)
        if target and target != self.target:
            self.target = target
            self.turns += 1


@frozen(kw_only=True)
class GridOptions:
    """How many.

    Attributes:
        instruments: 1 to 100.
        count: Ticks of all together, 1 to 1,000,000.
    """

    instruments: int = field(default=100, validator=and_(ge(1), le(100)))
    count: int = field(default=MOST, validator=and_(ge(1), le(MOST)))


@cache
def make_ticks(instruments: int, count: int) -> Sequence[TickData]:
    """Return ticks of each instrument in turn; each one walks the whole seeded walk."""
    market = draw_ticks(count)
    columns = (market.ts_ns, market.trading_day, market.last)
    names = symbols(instruments)
    # The same price for every instrument at a time: so each crosses where the others do.
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    return [TickData(name, *row) for row in rows[: count // instruments] for name in names]


class GridFeed:
    """Ticks that are made beforehand: what is measured is what the engine does with them.

    Attributes:
        asked_s: Processor seconds of this process when the first tick was asked for, and
            when there were no more.
    """

    def __init__(self, _context: FeedContext, options: GridOptions) -> None:
        """Make the ticks."""
        self.asked_s: list[float] = []
        self._ticks = make_ticks(options.instruments, options.count)

    def history(self) -> tuple[BarData, ...]:
        """Return nothing: the rules begin without prices."""
        return ()

    def events(self) -> Iterator[TickData]:
        """Return the ticks."""
        return chain(self._note(), self._ticks, self._note())

    def _note(self) -> Iterator[TickData]:
        self.asked_s.append(time.process_time())
        yield from ()


@hookimpl
def register_feeds() -> tuple[FeedSpec, ...]:
    """Offer the grid."""
    return (
        FeedSpec(
            name="grid",
            factory=GridFeed,
            config=GridOptions,
            doc="The seeded prices on many instruments in turn.",
        ),
    )
