"""The lines: a JSON object each, the word in `say` tells what it is."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["line", "parse"]


def line(say: str, **fields: Any) -> bytes:
    """Return a line."""
    return json.dumps({"say": say, **fields}).encode() + b"\n"


def parse(text: bytes) -> dict[str, Any]:
    """Return the fields of a line.

    Raises:
        ValueError: It is no line of the kiosk's.
    """
    try:
        fields: object = json.loads(text)
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or "say" not in fields:
        msg = f"{text[:80]!r} is no line of a kiosk"
        raise ValueError(msg)
    return fields
