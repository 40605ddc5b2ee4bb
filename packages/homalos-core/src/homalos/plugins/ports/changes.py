"""What a part makes of new options while the engine runs."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Applied", "NeedsRestart"]


@frozen
class Applied:
    """The new options hold from now on."""


@frozen
class NeedsRestart:
    """The old options stand until the engine is built anew.

    Attributes:
        reason: Why, one sentence.
    """

    reason: str
