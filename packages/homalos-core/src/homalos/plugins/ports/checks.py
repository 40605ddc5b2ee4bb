"""What `homalos doctor` asks a plugin, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DoctorCheck", "DoctorContext", "Finding"]


@frozen(kw_only=True)
class Finding:
    """One thing that a check found.

    Attributes:
        level: `ok`, `warning` (works, but look at it) or `error` (will not work).
        what: What was found, one sentence.
        remedy: What to do about it; "" for `ok` only.
    """

    level: Literal["ok", "warning", "error"]
    what: str
    remedy: str = ""


@frozen(kw_only=True)
class DoctorContext:
    """What a check may look at.

    Attributes:
        home: The folder that holds all state; it may not exist yet.
        options: The options of the plugin's own parts that the settings use, by
            `kind name`, such as `gateway sim`: structured into the spec's class. Parts
            whose options are wrong are missing; all are when the settings cannot be read.
        environment: The process's variables.
        now_ns: The wall's time, nanoseconds UTC.
    """

    home: Path
    options: Mapping[str, Any]
    environment: Mapping[str, str]
    now_ns: int


DoctorCheck = Callable[[DoctorContext], Iterable[Finding]]
"""Looks at one thing, changes nothing and is done in a second or two.

On a thread of its own; after five seconds it is given up.
"""
