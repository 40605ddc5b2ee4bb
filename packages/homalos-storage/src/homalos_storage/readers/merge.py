"""Records of several symbols in time order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from homalos.model import BarData, TickData

__all__ = ["by_time"]

Record = TypeVar("Record", TickData, BarData)


def by_time(records: Iterable[Record]) -> Iterator[Record]:
    """Yield records merged by `ts_ns`, each symbol's in the order they came.

    A record that is late within its symbol stays behind its predecessor. Holds all
    of them: for files that keep several symbols one after another.
    """
    kept: list[Record] = []
    keys: list[int] = []
    latest: dict[str, int] = {}
    for record in records:
        key = max(record.ts_ns, latest.get(record.symbol, record.ts_ns))
        latest[record.symbol] = key
        kept.append(record)
        keys.append(key)
    # The sort is stable and a symbol's keys never fall, so its order is untouched.
    for place in sorted(range(len(kept)), key=keys.__getitem__):
        yield kept[place]
