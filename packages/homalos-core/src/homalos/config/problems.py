"""What can be wrong with a value, and how it is told: what, where, who gave it; no secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cattrs.errors import AttributeValidationNote, BaseValidationError, IterableValidationNote

from homalos.config.given import Given, joined, origin_at, told
from homalos.config.masking import names_secret, shown, shown_name
from homalos.errors import ConfigError

__all__ = ["MissingKey", "UnknownKey", "Wrong", "explain", "without"]


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


def explain(
    error: BaseException,
    data: object,
    path: str,
    origins: Mapping[str, str],
    *,
    is_secret: bool = False,
) -> Iterator[str]:
    """Yield a line for every problem.

    Args:
        error: What was raised over it.
        data: What stands at the path.
        path: Where it stands in the settings.
        origins: Who gave what, by path; beside what is `Given`.
        is_secret: Whether the value must not be told.
    """
    is_secret = is_secret or (isinstance(data, Given) and data.is_secret)
    if isinstance(error, BaseValidationError):
        for each in error.exceptions:
            step = _step(each)
            if step is None:
                yield from explain(each, data, path, origins, is_secret=is_secret)
            else:
                below, place = _below(data, step), joined(path, step)
                secret = is_secret or names_secret(step)
                yield from explain(each, below, place, origins, is_secret=secret)
        return
    if isinstance(error, UnknownKey):
        giver = _giver(_below(data, error.key), joined(path, error.key), origins)
        yield told(f"unknown key {shown_name(error.key)}", giver, f"{path}{error.hint}")
        return
    giver = _giver(data, path, origins)
    if isinstance(error, MissingKey):
        yield told("required field missing", giver, path)
    elif isinstance(error, Wrong):
        found = "a value that is kept secret" if is_secret else shown(error.found)
        yield told(f"expected {error.expected}, found {found}", giver, f"{path}{error.hint}")
    elif is_secret:
        yield told("not accepted, the value is kept secret", giver, path)
    elif isinstance(error, ConfigError):
        for problem in error.problems:
            yield told(problem, giver, path)
    else:
        yield told(_reason(error), giver, path)


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


def _giver(data: object, path: str, origins: Mapping[str, str]) -> str:
    found = data.origin if isinstance(data, Given) else origins.get(path, "")
    if not found:
        leaves = {each.origin for each in _leaves(data)}
        both = ", ".join(sorted(leaves)) if all(leaves) else ""
        found = both or origin_at(path, origins)
    return found


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
