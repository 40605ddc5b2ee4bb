"""A process that leaves the engine thread alone while it runs."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator

__all__ = ["quiet_collector"]


@contextlib.contextmanager
def quiet_collector() -> Iterator[None]:
    """Keep full garbage collections, and long turns of other threads, away from the run.

    Messages take no part in collection, so a run leaves little behind that only
    the collector could find: what was built before it is frozen, and the young
    generation may grow. A busy thread beside the engine gives way after 0.1 ms
    instead of 5.
    """
    interval, threshold = sys.getswitchinterval(), gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    sys.setswitchinterval(1e-4)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        gc.set_threshold(*threshold)
        gc.unfreeze()
