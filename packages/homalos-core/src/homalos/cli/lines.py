"""A run in log lines, for where there is no terminal to draw on."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from homalos.cli.log_events import engine_log, write_events
from homalos.cli.watch import Watch
from homalos.cli.words import DETAILS, EVENTS, heartbeat
from homalos.engine.engine import Engine
from homalos.logs import Log
from homalos.plugins.ports import Snapshot

__all__ = ["lines"]

_EVERY_S = 5.0
_SILENT = "the engine does not answer: it is in one event, waits for a full queue, or is stopping"


@contextmanager
def lines(engine: Engine) -> Iterator[Log]:
    """Log what happens to standard error and into the log file, and a heartbeat every 5 s.

    The log that is given takes changed settings: `Log.change`.
    """
    with engine_log(engine, sys.stderr) as log:

        def tell(events: Sequence[Any]) -> None:
            write_events(log, events)

        def beat(picture: Snapshot | None) -> None:
            if picture is None:
                log.write("warning", "engine", _SILENT)
            else:
                log.write("info", "engine", heartbeat(picture))

        engine.observe((*EVENTS, *DETAILS), tell, name="console")
        with Watch(engine.snapshot, beat, _EVERY_S):
            yield log
