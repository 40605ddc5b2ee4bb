"""What can be wrong with a value, and how it is told: what, where, who gave it; no secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import attrs
from cattrs.errors import AttributeValidationNote, BaseValidationError, IterableValidationNote

from homalos.config.masking import names_secret, shown, shown_name

__all__ = ["Given", "MissingKey", "UnknownKey", "Wrong", "explain", "plain", "without"]


@attrs.frozen(repr=False, eq=False)
class Given:
    """A value as one layer of the settings gave it.

    Attributes:
        value: What it reads as.
        text: What was written, where it came as text (environment, command line):
            `0123` or `7` stay as written where a text is expected.
        origin: Who gave it, for messages; "" for the file.
    """

    value: object
    text: str | None = None
    origin: str = ""


class Wrong(ValueError):
    """A value that does not fit; the message is put together when its place is known."""

    def __init__(self, expected: str, found: object, hint: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.found = found
        self.hint = hint


class UnknownKey(ValueError):
    """A key that is no field of the class."""

    def __init__(self, key: object, hint: str) -> None:
        super().__init__(key)
        self.key = key
        self.hint = hint


class MissingKey(ValueError):
    """A field that has no default was left out."""


def plain(value: object) -> object:
    """Return data without the layers' wrapping."""
    if isinstance(value, Given):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def explain(
    error: BaseException, data: object, path: str, *, is_secret: bool = False
) -> Iterator[str]:
    """Yield a line for every problem; `data` is what stands at `path`."""
    if isinstance(error, BaseValidationError):
        for each in error.exceptions:
            step = _step(each)
            if step is None:
                yield from explain(each, data, path, is_secret=is_secret)
            else:
                secret = is_secret or names_secret(step)
                yield from explain(each, _below(data, step), _joined(path, step), is_secret=secret)
    elif isinstance(error, UnknownKey):
        giver = _giver(_below(data, error.key))
        yield f"unknown key {shown_name(error.key)}{giver} @ {path}{error.hint}"
    elif isinstance(error, MissingKey):
        yield f"required field missing @ {path}"
    elif isinstance(error, Wrong):
        found = "a value that is kept secret" if is_secret else shown(error.found)
        giver = _giver(data)
        yield f"expected {error.expected}, found {found}{giver} @ {path}{error.hint}"
    elif is_secret:
        yield f"not accepted, the value is kept secret{_giver(data)} @ {path}"
    else:
        yield f"{_reason(error)}{_giver(data)} @ {path}"


def _step(error: BaseException) -> str | int | None:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return note.name
        if isinstance(note, IterableValidationNote):
            return note.index
    return None


def _below(data: object, step: object) -> object:
    if isinstance(data, Given):
        data = data.value
    if isinstance(data, Mapping):
        return data.get(step)
    if isinstance(data, list | tuple) and isinstance(step, int):
        return data[step]
    return None


def _joined(path: str, step: str | int) -> str:
    if isinstance(step, str) and re.fullmatch(r"[A-Za-z_][\w-]*", step):
        return f"{path}.{step}"
    return f"{path}[{shown_name(step)}]"


def _giver(data: object) -> str:
    origins = {each.origin for each in _leaves(data)}
    return f" ({', '.join(sorted(origins))})" if origins and all(origins) else ""


def _leaves(data: object) -> Iterator[Given]:
    if isinstance(data, Given):
        yield data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from _leaves(value)


def _reason(error: BaseException) -> str:
    if isinstance(error, ValueError | TypeError):
        # attrs puts the field and the value behind the message.
        return str(error.args[0]) if error.args else type(error).__name__
    return f"{type(error).__name__}: {error}"


def without(problem: str, secrets: Iterable[str]) -> str:
    """Return a problem with every one of some texts blotted out."""
    for secret in secrets:
        for spelling in (secret, repr(secret)[1:-1]):
            problem = problem.replace(spelling, "***")
    return problem
