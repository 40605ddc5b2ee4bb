"""What must not be shown: the values of secret keys in error messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

__all__ = ["SHORTEST_SECRET", "names_secret", "secrets_in", "shown", "shown_name"]

_SECRET = re.compile(r"passw|passphrase|auth_?code|token|secret|private_?key", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"[A-Za-z_][\w-]*")
_LONGEST = 60
SHORTEST_SECRET = 4


def names_secret(name: object) -> bool:
    """Say whether the value of a key of this name is kept out of messages."""
    return isinstance(name, str) and _SECRET.search(name) is not None


def shown(value: object) -> str:
    """Return a value as a message may show it: short, containers only by kind."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple | set | frozenset):
        return "a list"
    if names_secret(value):
        return "a text with a secret in it"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def shown_name(name: object) -> str:
    """Return a key as a message may show it.

    `password:abc`, written without its blank, is one long key and tells the secret.
    """
    if names_secret(name) and not _PLAIN_NAME.fullmatch(str(name)):
        return "'***'"
    return repr(name)


def secrets_in(data: object, *, is_secret: bool = False) -> Iterator[str]:
    """Yield the texts behind secret keys, wherever they are, too short ones left out."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from secrets_in(value, is_secret=is_secret or names_secret(key))
    elif isinstance(data, list | tuple):
        for value in data:
            yield from secrets_in(value, is_secret=is_secret)
    elif is_secret and len(text := str(data)) >= SHORTEST_SECRET:
        yield text
