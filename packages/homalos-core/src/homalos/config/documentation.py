"""What the docstrings say of a class of settings or options, field by field."""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from homalos.config import settings
from homalos.config.yaml_text import read_text
from homalos.plugins.options import OTHER_KEYS

__all__ = ["FieldText", "described_fields", "entries", "sections", "unwrapped", "written"]

_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Yields):\n", re.MULTILINE)
_ENTRY = re.compile(r"^(\w+): ?", re.MULTILINE)
_SINCE = re.compile(r"^\.\. versionadded:: (\S+)$", re.MULTILINE)
_BARE = re.compile(r"[A-Za-z_./][\w./ -]*|\d+[a-z]")


@frozen(kw_only=True)
class FieldText:
    """One field of a class of settings, as its documentation has it.

    Attributes:
        name: Under which it is given; `NAME` where any key that is no other field will do.
        kind: Its type as it is written in the code.
        default: What it is when it is left out, as it would be written into the settings;
            `None` when it must be given.
        value: The default itself, `attrs.NOTHING` when it must be given.
        meaning: What it does; "" where the docstring is silent.
        is_any_key: Whether it gets every key that is no other field.
    """

    name: str
    kind: str
    default: str | None
    value: Any
    meaning: str
    is_any_key: bool = False


def described_fields(cls: Any) -> tuple[FieldText, ...]:
    """Return what is known of each field of an attrs class that can be given, in order."""
    meanings = entries(sections(cls)[1].get("Attributes", ""))
    # As written: attrs' own record of them changes once a converter has looked at the class.
    kinds: dict[str, Any] = {}
    for each in reversed(cls.__mro__):  # what is inherited, too
        kinds |= inspect.get_annotations(each)
    found = []
    for each in attrs.fields(cls):
        if not each.init:
            continue
        kind = kinds.get(each.name, each.type)
        kind = kind if isinstance(kind, str) else getattr(kind, "__name__", str(kind))
        value = _default(each)
        is_any_key = OTHER_KEYS in each.metadata
        found.append(
            FieldText(
                name="NAME" if is_any_key else each.alias or each.name,
                kind=kind,
                default=None if value is attrs.NOTHING else written(value),
                value=value,
                meaning=meanings.get(each.name) or _summary(kind),
                is_any_key=is_any_key,
            )
        )
    return tuple(found)


def sections(thing: Any) -> tuple[str, dict[str, str]]:
    """Return a docstring's text, a line to each paragraph, and its sections by title."""
    text, *rest = _SECTION.split(inspect.getdoc(thing) or "")
    bodies = {
        title: textwrap.dedent(body) for title, body in zip(rest[::2], rest[1::2], strict=True)
    }
    return unwrapped(_SINCE.sub(r"*Since \1.*", text)), bodies


def entries(body: str) -> dict[str, str]:
    """Return a section's `name: text` entries."""
    _, *rest = _ENTRY.split(body)
    return {name: unwrapped(text) for name, text in zip(rest[::2], rest[1::2], strict=True)}


def unwrapped(text: str) -> str:
    """Return paragraphs as one line each."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def written(value: Any) -> str:
    """Return a value as YAML has it, on one line; a class of settings with all defaults as {}."""
    value = value.value if isinstance(value, Enum) else value
    match value:
        case type():
            text = value.__name__
        case Mapping():
            items = (f"{name}: {written(each)}" for name, each in value.items())
            text = f"{{{', '.join(items)}}}"
        case str() | Path():
            text = _scalar(str(value))
        case Sequence():
            text = f"[{', '.join(map(written, value))}]"
        case None | bool():
            text = json.dumps(value)
        case int() | float():
            text = str(value)
        case _:
            text = _named(value)
    return text


def _named(value: object) -> str:
    """Return what stands for a value that has no spelling of its own in settings."""
    if inspect.isfunction(value):
        return "none"  # it only says what to give instead
    kind = type(value)
    has_defaults = attrs.has(kind) and not any(
        each.default is attrs.NOTHING for each in attrs.fields(kind) if each.init
    )
    return "{}" if has_defaults else str(value) if isinstance(value, Decimal) else kind.__name__


def _scalar(text: str) -> str:
    is_bare = _BARE.fullmatch(text) and read_text(text) == text == text.strip()
    return text if is_bare else json.dumps(text, ensure_ascii=False)


def _default(field: Any) -> Any:
    factory = getattr(field.default, "factory", None)  # of attrs.Factory, no class to its stub
    if factory is None or field.default.takes_self:
        return field.default
    return factory()


def _summary(kind: str) -> str:
    # The first sentence on a settings class; no other type explains a field.
    cls = getattr(settings, kind, None)
    return sections(cls)[0].partition("\n")[0] if inspect.isclass(cls) else ""
