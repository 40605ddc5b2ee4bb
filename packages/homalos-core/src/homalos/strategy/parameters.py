"""A strategy's parameters, described: range, unit, what they are called; and as JSON schema."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

import attrs
from attrs import field, frozen

__all__ = ["Parameter", "param", "parameter_schema"]

_KEY = "homalos.parameter"
_NAMES: Mapping[object, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    Decimal: "number",
}
_LISTS = (list, tuple, set, frozenset, Sequence)


@frozen(kw_only=True)
class Parameter:
    """What is known of a parameter beside its type and default.

    Attributes:
        ge: Least value.
        gt: What the value must be above.
        le: Largest value.
        lt: What the value must be below.
        choices: The only values; empty when there are others.
        unit: What it counts: `bars`, `ticks`, `lots`, `CNY`.
        en: What it is called in English.
        zh: What it is called in Chinese.
    """

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    choices: tuple[Any, ...] = ()
    unit: str = ""
    en: str = ""
    zh: str = ""

    def objection(self, value: Any) -> str:
        """Return what a value must be that it is not, "" when it may be."""
        if self.choices:
            if value in self.choices:
                return ""
            return f"must be one of {', '.join(map(repr, self.choices))}"
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return ""
        bounds: tuple[tuple[float | None, str, Callable[[Any, Any], bool]], ...] = (
            (self.ge, "at least", lambda at, bound: at >= bound),
            (self.gt, "above", lambda at, bound: at > bound),
            (self.le, "at most", lambda at, bound: at <= bound),
            (self.lt, "below", lambda at, bound: at < bound),
        )
        missed = [
            f"{word} {bound}"
            for bound, word, holds in bounds
            # nan is neither above nor below anything
            if bound is not None and not holds(value, bound)
        ]
        return f"must be {' and '.join(missed)}" if missed else ""


def param(  # noqa: PLR0913  a parameter has that many sides
    default: Any = attrs.NOTHING,
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    choices: Sequence[Any] = (),
    unit: str = "",
    en: str = "",
    zh: str = "",
    validator: Callable[[Any, attrs.Attribute[Any], Any], None] | None = None,
) -> Any:
    """Describe a field of a strategy's class of parameters, an attrs class.

    Args:
        default: Its value when none is given; without one it is required.
        ge: Least value.
        gt: What the value must be above.
        le: Largest value.
        lt: What the value must be below.
        choices: The only values there are.
        unit: What it counts: `bars`, `ticks`, `lots`, `CNY`.
        en: What it is called in English.
        zh: What it is called in Chinese.
        validator: Looks at it beside the others: `(parameters, attribute, value)`.
    """
    known = Parameter(
        ge=ge, gt=gt, le=le, lt=lt, choices=tuple(choices), unit=unit, en=en, zh=zh
    )  # fmt: skip

    def within(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if attribute.type in (int, "int") and not is_whole:
            msg = f"{attribute.name} must be a whole number, not {value!r}"
            raise TypeError(msg)
        objection = known.objection(value)
        if objection:
            msg = f"{attribute.name} {objection}, not {value!r}"
            raise ValueError(msg)

    validators = [within] if validator is None else [within, validator]
    return field(default=default, validator=validators, metadata={_KEY: known})


def parameter_schema(config: type) -> dict[str, Any]:
    """Return the JSON schema (2020-12) of a class of parameters.

    Beside the standard's words a property has `x-unit`, and `title` in English with
    `x-title-zh` in Chinese, where `param` was given them.

    Args:
        config: An attrs class; its annotations must be importable at run time.
    """
    attrs.resolve_types(config)
    fields = [each for each in attrs.fields(config) if each.init]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": config.__name__,
        "type": "object",
        "properties": {each.name: _property(each) for each in fields},
        "required": [each.name for each in fields if each.default is attrs.NOTHING],
        "additionalProperties": False,
    }


def _property(attribute: attrs.Attribute[Any]) -> dict[str, Any]:
    known: Parameter = attribute.metadata.get(_KEY) or Parameter()
    found = {
        "title": known.en,
        "x-title-zh": known.zh,
        "x-unit": known.unit,
        **_type(attribute.type),
        "minimum": known.ge,
        "exclusiveMinimum": known.gt,
        "maximum": known.le,
        "exclusiveMaximum": known.lt,
    }
    if known.choices:
        found["enum"] = list(known.choices)
    found = {word: value for word, value in found.items() if value not in ("", None)}
    default = attribute.default
    if default is not attrs.NOTHING and not hasattr(default, "factory"):
        found["default"] = _plain(default)
    return found


def _type(kind: Any) -> dict[str, Any]:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        kinds = [_type(each) for each in get_args(kind) if each is not type(None)]
        if type(None) in get_args(kind):
            kinds.append({"type": "null"})
        return {"anyOf": kinds} if len(kinds) > 1 else kinds[0]
    if origin is Literal:
        return {"enum": list(get_args(kind))}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    if (origin or kind) in _LISTS:
        items = [each for each in get_args(kind) if each is not Ellipsis]
        return {"type": "array", **({"items": _type(items[0])} if len(set(items)) == 1 else {})}
    name = _NAMES.get(kind)
    return {"type": name} if name else {}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, tuple | list | set | frozenset):
        return [_plain(each) for each in value]
    return value
