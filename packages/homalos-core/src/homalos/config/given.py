"""Values of the settings while they are read: what one layer gave, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import attrs

from homalos.config.masking import shown_name

__all__ = ["Given", "joined", "located", "origin_at", "origins_of", "plain", "secrets_of", "told"]

_NAME = re.compile(r"[A-Za-z_][\w-]*")
_STEP = re.compile(r"\.[A-Za-z_][\w-]*|\[(?:\d+|'[^']*')\]")
_PATH = re.compile(rf"\$(?:{_STEP.pattern})*")
_LINE = re.compile(r":[1-9]\d*$")


@attrs.frozen(repr=False, eq=False)
class Given:
    """A value as one layer of the settings gave it.

    Attributes:
        value: What it reads as; what is in a list or mapping may be `Given` again.
        text: What was written, where it came as text (environment, command line):
            `0123` or `7` stay as written where a text is expected.
        origin: Who gave it, for messages: `config/system.yaml:12`, a variable's name.
        is_secret: Whether it is kept out of messages whatever its key is called.
    """

    value: object
    text: str | None = None
    origin: str = ""
    is_secret: bool = False


def plain(value: object) -> object:
    """Return data without the layers' wrapping."""
    if isinstance(value, Given):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def joined(path: str, step: object) -> str:
    """Return the path of what stands under a name or a number: `$.a[0].b`."""
    if isinstance(step, str) and _NAME.fullmatch(step):
        return f"{path}.{step}"
    return f"{path}[{shown_name(step)}]"


def origins_of(
    data: object, places: Mapping[str, str], path: str = "$"
) -> Iterator[tuple[str, str]]:
    """Yield the path and the origin of everything in the data whose origin is known.

    Args:
        data: Mappings, with `Given` where they end.
        places: Where mappings stand that are not `Given` themselves, by their paths.
        path: Where the data stand.
    """
    if isinstance(data, Given):
        if data.origin:
            yield path, data.origin
        data = data.value
    elif path in places:
        yield path, places[path]
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from origins_of(value, places, joined(path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            if isinstance(value, Given):
                yield from origins_of(value, places, joined(path, index))


def secrets_of(data: object, path: str = "$") -> Iterator[tuple[str, str]]:
    """Yield the path and the text of every value that is secret by where it came from."""
    is_secret = False
    if isinstance(data, Given):
        is_secret, data = data.is_secret, data.value
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from secrets_of(value, joined(path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from secrets_of(value, joined(path, index))
    elif is_secret and data is not None and not isinstance(data, bool):
        yield path, str(data)


def origin_at(path: str, origins: Mapping[str, str]) -> str:
    """Return who gave what stands at a path, or what it stands in; "" where nobody is known."""
    found = _PATH.match(path)
    whole = found[0] if found else ""
    while whole and whole not in origins:
        steps = list(_STEP.finditer(whole))
        whole = whole[: steps[-1].start()] if steps else ""
    return origins.get(whole, "")


def told(what: str, origin: str, at: str) -> str:
    """Return a problem with who gave it; a file's line comes first, so that editors jump to it.

    Of a problem that shows something on lines below, those stay below.
    """
    first, end, below = what.partition("\n")
    if _LINE.search(origin):
        first = f"{origin}: {first}"
    elif origin:
        first = f"{first} ({origin})"
    return f"{first} @ {at}{end}{below}"


def located(problem: str, origins: Mapping[str, str]) -> str:
    """Return a problem, `what @ $.path`, with who gave what stands there; each path it names."""
    problem, end, below = problem.partition("\n")
    what, at, tail = problem.rpartition(" @ $")
    shown = f"{end}{below}"  # stays below
    if not at:
        return f"{problem}{shown}"
    origin = origin_at(f"${tail}", origins)
    if origin and (problem.startswith(f"{origin}: ") or what.endswith(f" ({origin})")):
        return f"{problem}{shown}"  # told already

    def placed(found: re.Match[str]) -> str:
        other = origin_at(found[0], origins)
        return f"{found[0]} ({other})" if other else found[0]

    return f"{told(_PATH.sub(placed, what), origin, f'${tail}')}{shown}"
