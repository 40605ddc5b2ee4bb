"""What every alert channel must do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import Factory, frozen

from homalos.plugins.specs import AlertChannelSpec
from homalos.testing.contracts.requirement import Requirement

__all__ = ["ALERT_CHANNEL", "AlertChannelSubject"]


@frozen(kw_only=True)
class AlertChannelSubject:
    """An alert channel under test, and how to see what it has sent.

    Attributes:
        spec: What the plugin offers.
        folder: An empty folder of the test's own; the channel's home.
        received: What has arrived so far, oldest first: one text an alert, in which at least
            the alert's message stands.
        options: As they would stand in the settings.
        spoil: Make every further sending fail, as a network that is down does; `None`
            where nothing can fail.
    """

    spec: AlertChannelSpec
    folder: Path
    received: Callable[[], Sequence[str]]
    options: Mapping[str, Any] = Factory(dict)
    spoil: Callable[[], None] | None = None


ALERT_CHANNEL: tuple[Requirement[AlertChannelSubject], ...] = ()
