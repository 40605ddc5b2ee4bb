"""The log of an engine: its settings, its secrets, its events line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import attrs

from homalos.cli.words import clock, component, event_words, level
from homalos.config.masking import secrets_in
from homalos.engine.engine import Engine
from homalos.logs import Log, logging_to

__all__ = ["engine_log", "write_events"]


@contextmanager
def engine_log(engine: Engine, sink: TextIO | None) -> Iterator[Log]:
    """Give the log that the settings of an engine ask for, until the end.

    Args:
        engine: A log file that cannot be written becomes one of its faults.
        sink: Where lines go beside the file, if anywhere.
    """
    settings = engine.parts.settings
    faults = engine.parts.faults
    with logging_to(
        sink,
        folder=settings.home / "logs",
        settings=settings.logs,
        secrets=secrets_in(attrs.asdict(settings)),
        fault=lambda what: faults.append(("logs", what)),
        stamp=clock,
    ) as log:
        engine.on_settings(
            lambda changed: log.change(changed.logs, secrets_in(attrs.asdict(changed)))
        )
        yield log


def write_events(log: Log, events: Sequence[Any]) -> None:
    """Write a line for each event that is wanted; those of `EVENTS` and `DETAILS`. Any thread."""
    for event in events:
        rank, speaker = level(event), component(event)
        if log.wants(rank, speaker):
            log.write(rank, speaker, event_words(event), ts_ns=event.ts_ns)
