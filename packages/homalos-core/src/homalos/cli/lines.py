"""A run in log lines, for where there is no terminal to draw on."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from homalos.cli.watch import Watch
from homalos.cli.words import EVENTS, event_line, heartbeat
from homalos.engine.engine import Engine
from homalos.logs import logging_to
from homalos.plugins.ports import Snapshot

__all__ = ["lines"]

_EVERY_S = 5.0


@contextmanager
def lines(engine: Engine) -> Iterator[None]:
    """Log what happens to standard error and into the log file, and a heartbeat every 5 s."""
    with logging_to(sys.stderr, folder=engine.parts.settings.home / "logs") as logger:

        def tell(events: Sequence[Any]) -> None:
            for event in events:
                level, text = event_line(event)
                logger.log(level, text)

        def beat(picture: Snapshot | None) -> None:
            if picture is None:
                logger.warning("the engine does not answer")
            else:
                logger.info(heartbeat(picture))

        engine.observe(EVENTS, tell, name="console")
        with Watch(engine.snapshot, beat, _EVERY_S):
            yield
