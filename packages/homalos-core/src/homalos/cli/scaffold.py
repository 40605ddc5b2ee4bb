"""A new package for a plugin: its names, the text of its files, their way to the disk."""

from __future__ import annotations

import contextlib
import keyword
import re
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from attrs import frozen

__all__ = ["KINDS", "Names", "names_of", "rendered", "save"]

KINDS = ("gateway", "risk-rule", "strategy", "store")
"""What there are templates for."""

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*", re.ASCII)
_SUFFIX = ".tmpl"


@frozen(kw_only=True)
class Names:
    """How a new package calls its parts.

    Attributes:
        kind: One of `KINDS`.
        distribution: The project, and the folder: `my-venue-gateway`.
        module: What is imported, and the plugin's name: `my_venue_gateway`.
        name: What the settings call the part: `my_venue`.
        title: The beginning of class names: `MyVenue`.
    """

    kind: str
    distribution: str
    module: str
    name: str
    title: str


def names_of(kind: str, name: str) -> Names:
    """Derive every name from one.

    Args:
        kind: One of `KINDS`.
        name: Such as `my-venue` or `my_venue`, which are the same.

    Raises:
        ValueError: No identifier of Python can be made of it.
    """
    hint = "write lower-case letters a-z, digits and single hyphens, a letter first: my-venue"
    if not _NAME.fullmatch(name):
        msg = f"{name!r} cannot be a plugin's name; {hint}"
        raise ValueError(msg)
    if keyword.iskeyword(name):
        msg = f"{name!r} is a word of Python's own and cannot be a plugin's name; {hint}"
        raise ValueError(msg)
    words = re.split("[-_]", name)
    parts = [*words, kind]
    return Names(
        kind=kind,
        distribution="-".join(parts),
        module="_".join(parts).replace("-", "_"),
        name="_".join(words),
        title="".join(word.capitalize() for word in words),
    )


def rendered(names: Names) -> dict[str, str]:
    """Return the text of every file of a package, by its path in there, sorted."""
    fields = {
        "kind": names.kind,
        "kind_words": names.kind.replace("-", " "),
        "kind_name": names.kind.replace("-", "_"),
        "distribution": names.distribution,
        "module": names.module,
        "name": names.name,
        "title": names.title,
    }
    folder = files("homalos.cli") / "templates"
    texts = {
        # In a path `__module__` stands for the name, since not every disk takes `${module}`.
        path.removesuffix(_SUFFIX).replace("__module__", names.module): Template(text)
        for part in ("package", names.kind)
        for path, text in _texts(folder / part).items()
    }
    return {path: texts[path].substitute(fields) for path in sorted(texts)}


def save(texts: Mapping[str, str], folder: Path) -> None:
    """Write files into a folder that is new or empty: all of them, or none.

    Raises:
        FileExistsError: There is something of that name already.
        OSError: The folder cannot be written; nothing is left behind.
    """
    is_new = not folder.exists()
    if not is_new and not folder.is_dir():
        msg = f"{folder} is there already and no folder; choose another --folder"
        raise FileExistsError(msg)
    if not is_new and any(folder.iterdir()):
        msg = f"{folder} is not empty and nothing in it was changed; choose another --folder"
        raise FileExistsError(msg)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _fill(folder, texts)
    except OSError as error:
        if is_new:
            with contextlib.suppress(OSError):  # it never was there, or something else is in it
                folder.rmdir()
        msg = f"cannot write {folder}: {error.strerror or error}; choose another --folder"
        raise OSError(msg) from error


def _fill(folder: Path, texts: Mapping[str, str]) -> None:
    # Written aside first: a disk that is full leaves no half of a package.
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as scratch:
        for path, text in texts.items():
            file = Path(scratch) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        moved: list[tuple[Path, Path]] = []
        try:
            for made in sorted(Path(scratch).iterdir()):
                place = folder / made.name
                made.rename(place)
                moved.append((place, made))
        except OSError:
            for place, made in moved:  # back to where all of it is cleared away
                place.rename(made)
            raise


def _texts(folder: Traversable, under: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for each in folder.iterdir():
        path = f"{under}{each.name}"
        if each.is_dir():
            found |= _texts(each, f"{path}/")
        elif each.name.endswith(_SUFFIX):
            found[path] = each.read_text(encoding="utf-8")
    return found
