"""History for strategies from the store, where the market data bring none."""

from __future__ import annotations

from homalos.engine.data import DataManager
from homalos.plugins.ports import Store

__all__ = ["warm_up"]

_WANTED = 1_000
_DAY_NS = 86_400_000_000_000
_LOOKS = (7, 30, 400)  # days back; a week has over a thousand minutes of the shortest session


def warm_up(data: DataManager, store: Store | None, now_ns: int) -> int:
    """Put stored bars in front of a run, for everything wanted of which there is no bar.

    At most the last thousand bars, from at most 400 days back. Engine thread; it reads
    from the store, so only when the run begins and when a strategy is loaded.

    Args:
        data: Where they go.
        store: Where they are; `None` for nowhere.
        now_ns: The engine's time; 0 before the first event, when nothing is older.

    Returns:
        How many bars were found.

    Raises:
        StoreError: The store cannot be read.
    """
    if store is None or not now_ns:
        return 0
    found = 0
    for symbol, interval in data.without_history():
        for days in _LOOKS:
            begun_ns = now_ns - days * _DAY_NS
            bars = store.load_bars(symbol, interval, start_ns=begun_ns, end_ns=now_ns)
            if len(bars) >= _WANTED or days == _LOOKS[-1]:
                found += data.remember(bars[-_WANTED:])
                break
    return found
