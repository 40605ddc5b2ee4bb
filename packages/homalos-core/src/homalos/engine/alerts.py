"""Alerts to the channels that the settings name, each on a thread of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

from homalos.bus import OBSERVER, Bus
from homalos.config import Settings, structure
from homalos.engine.faults import Faults
from homalos.engine.making import make
from homalos.model import Alert
from homalos.observer import Observer
from homalos.plugins.catalog import Catalog
from homalos.plugins.ports import AlertChannel, AlertContext

__all__ = ["bind_channels"]


def bind_channels(
    settings: Settings, catalog: Catalog, bus: Bus, faults: Faults
) -> Iterator[tuple[AlertChannel, Observer]]:
    """Make the channels that the settings name, and have every alert sent to them.

    A full queue loses the oldest alert, counted: a pager that hangs must never stop
    the engine, and what happened last is what a person needs to know.

    Raises:
        MissingPluginError: No plugin offers a channel of a name.
        ConfigError: A channel's options are wrong.
    """
    with ExitStack() as on_error:
        made = []
        for name, options in settings.alerts.items():
            if options is False:
                continue
            channel = _make(settings, catalog, name, {} if options in (None, True) else options)
            on_error.callback(channel.close)
            made.append((name, channel))
        on_error.pop_all()
    for name, channel in made:
        observer = Observer(
            f"alerts.{name}",
            channel.send,
            queue=settings.bus.queue,
            policy="drop_oldest",
            batch=settings.bus.batch,
            fault=partial(_keep, faults),
        )
        bus.subscribe(Alert, observer.put, order=OBSERVER, name=observer.name)
        yield channel, observer


def _make(settings: Settings, catalog: Catalog, name: str, given: Any) -> AlertChannel:
    spec = catalog.alert_channel(name)
    options: Any = structure(given, spec.config, path=f"$.alerts.{name}")
    settings.home.mkdir(parents=True, exist_ok=True)
    context = AlertContext(name=name, home=settings.home)
    return make(f"alert channel {name!r}", spec.factory, context, options)


def _keep(faults: Faults, name: str, error: Exception) -> None:
    # Kept, not alerted: an alert that cannot be sent would only ask for another.
    faults.append((name, f"{type(error).__name__}: {error}"))
