"""What every message has in common."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["Message"]


class Message(Struct, frozen=True, gc=False, array_like=True, tag=True, tag_field="kind"):
    """A frozen record that is made, journaled, piped and sent by the million.

    It goes out as an array that begins with the class name, so the order of the
    fields is part of the format: new ones are added at the end, with a default.
    """
