"""Plain data into attrs classes, strictly: nothing is bent to fit, every problem is told.

cattrs finds the way through the types; what it would bend silently (`"no"` into
True, `"7"` into 7, 1.9 into 1, a text into a list of its letters) is refused here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from enum import Enum
from pathlib import Path
from types import MappingProxyType, NoneType, SimpleNamespace, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ClassValidationError,
    IterableValidationError,
    IterableValidationNote,
    StructureHandlerNotFoundError,
)

from homalos.config.given import Given, plain, secrets_of
from homalos.config.masking import SHORTEST_SECRET, secrets_in
from homalos.config.problems import MissingKey, UnknownKey, Wrong, explain, without
from homalos.config.settings import SHORT_FORM
from homalos.errors import ConfigError, did_you_mean
from homalos.plugins.options import OTHER_KEYS

__all__ = ["structure"]

T = TypeVar("T")

# What a hook, a validator or a class may raise over its input.
_REFUSALS = (
    ArithmeticError,
    AttributeError,
    BaseValidationError,
    LookupError,
    NameError,
    StructureHandlerNotFoundError,
    TypeError,
    ValueError,
)

_TEXTUAL = (str, Path, Decimal)
_LISTS: dict[object, Callable[[Iterable[Any]], Any]] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    AbstractSet: frozenset,
    Iterable: tuple,
    Sequence: tuple,
}
_LIST, _MAPPING = "a list", "a mapping"
_MAPPINGS = (dict, Mapping, MutableMapping)


def structure(
    data: Mapping[str, object],
    cls: type[T],
    *,
    path: str = "$",
    origins: Mapping[str, str] = MappingProxyType({}),
) -> T:
    """Make an instance of an attrs class from plain data, or tell everything wrong with it.

    Taken as it is: what already is an instance of the type asked for. An int where
    a float is asked for; a text or a number for a `Decimal` (a float by its
    shortest text); a text for a `Path`; the value of an `Enum`. Anything else must
    be of the very type. Absent fields get their defaults, keys without a field are
    problems, validators are run on every field that could be read.

    Args:
        data: Field names to values, mappings and lists nested.
        cls: An attrs class; its annotations must be importable at run time.
        path: Where the data stands in the settings, for the messages.
        origins: Who gave what, by such paths, where that is known.

    Raises:
        ConfigError: With every problem as `file:line: what @ path`, or as
            `what (origin) @ path`. Values of keys named like a password, token, secret or
            auth code are not in it.
    """
    try:
        result: T = _converter().structure(data, cls)
    except _REFUSALS as error:
        problems = list(explain(error, data, path, origins))
    else:
        return result
    # Raised out here so that the refused values do not follow as its context.
    given = (text for _, text in secrets_of(data) if len(text) >= SHORTEST_SECRET)
    secrets = sorted({*secrets_in(plain(data)), *given}, key=len, reverse=True)
    raise ConfigError([without(problem, secrets) for problem in problems])


# -- reading ------------------------------------------------------------------


def _converter() -> Converter:
    # A new one each time: its caches would keep the classes of unloaded plugins alive.
    converter = Converter(forbid_extra_keys=True)
    for cls in (bool, int, float, str):
        converter.register_structure_hook(cls, _scalar)
    converter.register_structure_hook(Decimal, _decimal)
    converter.register_structure_hook(Path, _path)
    factories: tuple[tuple[Callable[[Any], bool], Callable[..., Any]], ...] = (
        (lambda cls: cls is Any or cls is object, lambda _: _anything),
        (attrs.has, _ClassReader.of),
        (lambda cls: _origin(cls) in _LISTS, _list_hook),
        (lambda cls: _origin(cls) in _MAPPINGS, _mapping_hook),
        (lambda cls: _origin(cls) in {Union, UnionType}, _union_hook),
        (lambda cls: _origin(cls) is Literal, lambda _: _literal),
        (lambda cls: isinstance(cls, type) and issubclass(cls, Enum), lambda _: _member),
    )
    for predicate, factory in factories:
        converter.register_structure_hook_factory(predicate, factory)
    return converter


def _origin(cls: Any) -> Any:
    return get_origin(cls) or cls


def _read(converter: Converter, value: object, cls: Any) -> Any:
    """Read a value that may be `Given`."""
    if not isinstance(value, Given):
        return converter.structure(value, cls)
    kinds = get_args(cls) if _origin(cls) in {Union, UnionType} else (cls,)
    as_it_is = value.text is None or type(value.value) in kinds
    if not as_it_is and any(kind in _TEXTUAL for kind in kinds):
        return converter.structure(value.text, cls)
    return converter.structure(value.value, cls)


def _anything(value: object, _: Any) -> object:
    return plain(value)


def _scalar(value: object, cls: type) -> object:
    if issubclass(cls, Enum):  # cattrs takes a StrEnum for a str
        return _member(value, cls)
    if isinstance(value, cls) and (cls is bool or not isinstance(value, bool)):
        return value
    if cls is float and type(value) is int:
        return float(value)
    hint = ""
    if cls is bool:
        hint = "; write true or false"
    elif cls is str and isinstance(value, bool | int | float):
        hint = "; put it in quotes"
    raise Wrong(cls.__name__, value, hint)


def _decimal(value: object, _: Any) -> Decimal:
    if isinstance(value, Decimal | int | float | str) and not isinstance(value, bool):
        with suppress(InvalidOperation):
            number = Decimal(str(value))
            if number.is_finite():
                return number
    expected = "a decimal number"
    raise Wrong(expected, value)


def _path(value: object, _: Any) -> Path:
    if isinstance(value, Path):
        return value
    if isinstance(value, str) and value:
        return Path(value)
    expected = "a path"
    raise Wrong(expected, value)


def _member(value: object, cls: type[Enum]) -> Enum:
    if isinstance(value, cls):
        return value
    choices: dict[object, Enum] = {member.value: member for member in cls}
    return choices[_choice(value, tuple(choices))]


def _literal(value: object, cls: Any) -> object:
    return _choice(value, get_args(cls))


def _choice(value: object, choices: tuple[object, ...]) -> object:
    for choice in choices:
        # The type too: True is 1 to Python.
        if type(choice) is type(value) and choice == value:
            return choice
    texts = [choice for choice in choices if isinstance(choice, str)]
    hint = did_you_mean(value, texts) if isinstance(value, str) else ""
    raise Wrong(" or ".join(map(repr, choices)), value, hint)


def _union_hook(cls: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    kinds = tuple(kind for kind in get_args(cls) if kind is not NoneType)
    is_optional = NoneType in get_args(cls)
    classes = tuple(kind for kind in kinds if attrs.has(kind))

    def read(value: object, _: Any) -> Any:
        if value is None and is_optional:
            return None
        if len(kinds) == 1:
            return converter.structure(value, kinds[0])
        if isinstance(value, Mapping) and len(classes) == 1:
            return converter.structure(value, classes[0])
        # The very type first, or an int would become the float of `float | int`.
        for kind in sorted(kinds, key=lambda kind: type(value) is not kind):
            with suppress(*_REFUSALS):
                return converter.structure(value, kind)
        raise Wrong(" or ".join(getattr(kind, "__name__", str(kind)) for kind in kinds), value)

    return read


def _list_hook(cls: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    origin, kinds = _origin(cls), get_args(cls)
    make = _LISTS[origin]
    is_open = origin is not tuple or not kinds or kinds[-1] is Ellipsis
    kind = kinds[0] if kinds else Any

    def read(value: object, _: Any) -> Any:
        if not isinstance(value, list | tuple | set | frozenset):
            raise Wrong(_LIST, value, "; put it in brackets" if isinstance(value, str) else "")
        items = tuple(value)
        if not is_open and len(items) != len(kinds):
            msg = f"expected {len(kinds)} values, found {len(items)}"
            raise ValueError(msg)
        found, errors = [], []
        for index, item in enumerate(items):
            wanted = kind if is_open else kinds[index]
            try:
                found.append(_read(converter, item, wanted))
            except _REFUSALS as error:
                error.add_note(IterableValidationNote("", index, wanted))
                errors.append(error)
        if errors:
            raise IterableValidationError(_LIST, errors, cls)
        return make(found)

    return read


def _mapping_hook(cls: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    key_kind, kind = get_args(cls) or (Any, Any)

    def read(value: object, _: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise Wrong(_MAPPING, value)
        found, errors = {}, []
        for key, item in value.items():
            try:
                found[converter.structure(key, key_kind)] = _read(converter, item, kind)
            except _REFUSALS as error:
                error.add_note(IterableValidationNote("", key, kind))
                errors.append(error)
        if errors:
            raise IterableValidationError(_MAPPING, errors, cls)
        return found

    return read


@attrs.frozen
class _ClassReader:
    """Reads a mapping into one attrs class, and tells all that is wrong with it at once."""

    cls: type
    converter: Converter
    fields: Mapping[str, attrs.Attribute[Any]]
    short_forms: Mapping[str, str]
    others: str  # the field that gets all other keys, "" where there is none

    @classmethod
    def of(cls, target: type, converter: Converter) -> _ClassReader:
        attrs.resolve_types(target)
        fields = {each.alias or each.name: each for each in attrs.fields(target) if each.init}
        short_forms = {
            each.metadata[SHORT_FORM]: name
            for name, each in fields.items()
            if SHORT_FORM in each.metadata
        }
        others = (name for name, each in fields.items() if OTHER_KEYS in each.metadata)
        return cls(target, converter, fields, short_forms, next(others, ""))

    def __call__(self, value: object, _: Any) -> object:
        if isinstance(value, self.cls):
            return value
        if not isinstance(value, Mapping):
            raise Wrong(_MAPPING, value)
        errors: list[Exception] = []
        ready = self._read_fields(self._spelt_out(value, errors), errors)
        self._validate(ready, errors)
        if not errors:
            try:
                return self.cls(**ready)
            except _REFUSALS as error:
                errors.append(error)
        raise ClassValidationError(_MAPPING, errors, self.cls)

    def _spelt_out(
        self, value: Mapping[str, object], errors: list[Exception]
    ) -> Mapping[str, object]:
        others: dict[str, object] = {}
        known: dict[str, object] = {self.others: others} if self.others else {}
        for key, item in value.items():
            name = self._long(key)
            if self.others and (name not in self.fields or name == self.others):
                others[key] = item
            elif name not in self.fields:
                names = (*self.fields, *self.short_forms)
                errors.append(UnknownKey(key, did_you_mean(str(key), names)))
            elif name in known:
                both = " or ".join(each for each in value if self._long(each) == name)
                errors.append(ValueError(f"give {both}, not both"))
            else:
                known[name] = item if name == key else (item,)
        return known

    def _long(self, key: str) -> str:
        return self.short_forms.get(key, key)

    def _read_fields(
        self, value: Mapping[str, object], errors: list[Exception]
    ) -> dict[str, object]:
        ready: dict[str, object] = {}
        for name, attribute in self.fields.items():
            try:
                if name in value:
                    ready[name] = _read(self.converter, value[name], attribute.type)
                elif attribute.default is attrs.NOTHING:
                    raise MissingKey
            except _REFUSALS as error:
                errors.append(self._placed(error, name))
        return ready

    def _validate(self, ready: Mapping[str, object], errors: list[Exception]) -> None:
        # The class itself would stop at the first, and not say which field it was.
        siblings = SimpleNamespace(**{self.fields[name].name: ready[name] for name in ready})
        for name, value in ready.items():
            attribute = self.fields[name]
            if attribute.validator is None or attribute.converter is not None:
                continue
            try:
                attribute.validator(siblings, attribute, value)
            except AttributeError:
                continue  # it looks at a field that is not there yet: the class will tell
            except _REFUSALS as error:
                errors.append(self._placed(error, name))

    def _placed(self, error: Exception, name: str) -> Exception:
        if name != self.others:  # its keys stand beside the fields, not below a key of its name
            error.add_note(AttributeValidationNote("", name, self.fields[name].type))
        return error
