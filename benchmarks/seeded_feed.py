"""A plugin in a file: the seeded market as a feed, from columns to records on the way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat
from typing import Literal

from attrs import field, frozen
from attrs.validators import and_, ge, le

from benchmarks.market import MOST, SYMBOL, Bars, Ticks, draw_bars, draw_ticks, slices
from homalos.model import BarData, TickData
from homalos.plugins import FeedSpec, hookimpl
from homalos.plugins.ports import FeedContext

__all__ = ["register_feeds"]

# Rows turned into Python's own numbers at a time: more would push each other out of the
# processor's cache before they are used.
_ROWS = 500
_MINUTE = 60_000_000_000


@frozen(kw_only=True)
class SeededOptions:
    """Which events.

    Attributes:
        kind: Bars of one minute, or ticks.
        count: How many, 1 to 1,000,000.
    """

    kind: Literal["bars", "ticks"]
    count: int = field(default=MOST, validator=and_(ge(1), le(MOST)))


class SeededFeed:
    """Bars or ticks of the seeded market. The market is drawn when the feed is made."""

    def __init__(self, _context: FeedContext, options: SeededOptions) -> None:
        """Draw the market."""
        is_bars = options.kind == "bars"
        self._market = draw_bars(options.count) if is_bars else draw_ticks(options.count)

    def history(self) -> tuple[BarData, ...]:
        """Return nothing: the rules begin without prices, as the floor does."""
        return ()

    def events(self) -> Iterator[BarData | TickData]:
        """Return the records in time order; each is made when it is asked for."""
        market = self._market
        make = _bars(market) if isinstance(market, Bars) else _ticks(market)
        return chain.from_iterable(make)


def _bars(market: Bars) -> Iterator[Iterator[BarData]]:
    prices = (market.open, market.high, market.low, market.close)
    for day, rows in slices(market.trading_day, _ROWS):
        starts = market.start_ns[rows]
        yield map(
            BarData,
            *(repeat(SYMBOL), repeat("1m"), starts.tolist(), (starts + _MINUTE).tolist()),
            repeat(day),
            *(column[rows].tolist() for column in prices),
            market.volume[rows].tolist(),
        )


def _ticks(market: Ticks) -> Iterator[Iterator[TickData]]:
    book = (market.bid, market.bid_lots, market.ask, market.ask_lots)
    for day, rows in slices(market.trading_day, _ROWS):
        yield map(
            TickData,
            *(repeat(SYMBOL), market.ts_ns[rows].tolist(), repeat(day)),
            *(market.last[rows].tolist(), market.volume[rows].tolist()),
            *(repeat(0.0), repeat(0.0)),  # turnover and open interest
            *(column[rows].tolist() for column in book),
        )


@hookimpl
def register_feeds() -> tuple[FeedSpec, ...]:
    """Offer the seeded market."""
    return (
        FeedSpec(
            name="seeded",
            factory=SeededFeed,
            config=SeededOptions,
            doc="A walk in whole ticks, drawn from a fixed seed.",
        ),
    )
