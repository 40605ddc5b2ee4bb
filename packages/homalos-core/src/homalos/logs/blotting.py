"""Secrets out of texts, in whatever spelling they come."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote

__all__ = ["BLOT", "blotter"]

BLOT = "***"
"""What stands where a secret was."""


def blotter(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return a function that blots every one of some texts out of a text.

    A secret is also found as `repr`, JSON or an address spell it; of two where one
    holds the other, the longer one goes first, so that no end of it stays.
    """
    known = {spelling for secret in secrets if secret for spelling in _spellings(secret)}
    if not known:
        return _as_it_is
    longest_first = sorted(known, key=lambda text: (-len(text), text))
    pattern = re.compile("|".join(map(re.escape, longest_first)))

    def blotted(text: str) -> str:
        return pattern.sub(BLOT, text)

    return blotted


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield repr(secret)[1:-1]
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(secret, safe="")
    # One of several lines shows line by line, such as a private key in a trace.
    lines = secret.splitlines()
    if len(lines) > 1:
        yield from (line.strip() for line in lines if len(line.strip()) >= _SHORTEST_LINE)


_SHORTEST_LINE = 8


def _as_it_is(text: str) -> str:
    return text
