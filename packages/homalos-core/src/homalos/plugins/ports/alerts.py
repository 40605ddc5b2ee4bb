"""Where alerts are sent beside console and log: a file, a chat, a pager."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from attrs import frozen

from homalos.model import Alert

__all__ = ["AlertChannel", "AlertContext"]


@frozen
class AlertContext:
    """What an alert channel is made from.

    Attributes:
        name: The channel's name in the settings.
        home: The folder that holds all state; it exists.
    """

    name: str
    home: Path


class AlertChannel(Protocol):
    """One way to reach a person."""

    def send(self, alerts: Sequence[Alert]) -> None:
        """Send some alerts, oldest first, all or none. Observer thread; may block.

        Raises:
            OSError: They could not be sent; the observer tries again, later parks them.
        """

    def close(self) -> None:
        """Let go of what it holds; again is harmless. Nothing is sent afterwards."""
