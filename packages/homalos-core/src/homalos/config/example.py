"""An example of the settings: every key there is, with what it means, its type and its default.

Lines that begin with `#` and a blank explain. A `#` right in front of a key switches off a
setting that would name a part or add an entry, so that the text as it is means the defaults.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Protocol, get_args, get_origin, get_type_hints

import attrs
from attrs import frozen

from homalos.config.documentation import FieldText, described_fields, sections, written
from homalos.config.settings import (
    AccountSettings,
    FeedSettings,
    GatewaySettings,
    Settings,
    StoreSettings,
    StrategySettings,
)
from homalos.plugins.catalog import Catalog

__all__ = ["example"]

_HEAD = """\
# Every setting of Homalos and of the plugins installed here. `homalos init` made it from the
# code; it is not read. Copy what you want to change into system.yaml. After you installed
# another plugin delete this file and run `homalos init` again.
#
# As it stands it means the defaults. Settings that are off have a # right in front of the
# key: take it away, and that of what is around it. What comes later in this list wins: the
# defaults, system.yaml, system.NAME.yaml for `--env NAME`, strategies.yaml, secrets.yaml in
# the home folder, variables such as HOMALOS_FEED__SPEED=10, `--set feed.speed=10`."""
_WIDTH = 98
_SYMBOL = "rb2510.SHFE"
_WORDS: Mapping[Any, str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    Decimal: "number",
    str: "text",
    Path: "path",
    type(None): "null",
}

_Lines = Iterator[str]
_Inner = Callable[["_Place"], _Lines]


class _Part(Protocol):
    """What the specs of the kinds with options have in common."""

    @property
    def name(self) -> str: ...

    @property
    def config(self) -> type: ...

    @property
    def doc(self) -> str: ...


@frozen
class _Place:
    """How far in, and whether the keys here are switched on."""

    depth: int = 0
    is_on: bool = True

    def below(self, *, is_on: bool = True) -> _Place:
        return _Place(self.depth + 1, self.is_on and is_on)

    def key(self, name: str, value: str = "") -> str:
        mark = "" if self.is_on else "#"
        return f"{'  ' * self.depth}{mark}{name}:{' ' if value else ''}{value}"

    def prose(self, text: str) -> _Lines:
        lead = f"{'  ' * self.depth}# "
        for paragraph in text.split("\n\n"):
            yield from textwrap.wrap(
                paragraph,
                _WIDTH,
                initial_indent=lead,
                subsequent_indent=lead,
                break_on_hyphens=False,
                break_long_words=False,
            )


def example(catalog: Catalog) -> str:
    """Return the text of `system.yaml.example` for what the plugins offer.

    Read as settings it means the defaults.
    """
    inner: Mapping[str, _Inner] = {
        "home": _home,
        "market": lambda place: _options_by_name("market", catalog.markets.values(), place),
        "gateways": lambda place: _gateways(catalog, place),
        "accounts": _accounts,
        "feed": lambda place: _one_part("feed", FeedSettings, catalog.feeds.values(), place),
        "risk": lambda place: _options_by_name("risk", catalog.risk_rules.values(), place),
        "strategies": lambda place: _strategies(catalog, place),
        "store": lambda place: _one_part("store", StoreSettings, catalog.stores.values(), place),
        "alerts": lambda place: _options_by_name("alerts", catalog.alert_channels.values(), place),
    }
    lines = [_HEAD]
    for each in described_fields(Settings):
        lines += ["", *_field(Settings, each, _Place(), inner)]
    if catalog.fill_models:
        lines += ["", *_fill_models(catalog)]
    return "\n".join(lines) + "\n"


# -- single fields ------------------------------------------------------------


def _fields(
    cls: type,
    place: _Place,
    inner: Mapping[str, _Inner] | None = None,
    given: Mapping[str, object] | None = None,
) -> _Lines:
    """Yield every field of a class; `given` are values to show instead of the defaults."""
    for each in described_fields(cls):
        yield from _field(cls, each, place, inner or {}, given or {})


def _field(
    cls: type,
    each: FieldText,
    place: _Place,
    inner: Mapping[str, _Inner],
    given: Mapping[str, object] | None = None,
) -> _Lines:
    if each.is_any_key:  # there is no key that would mean the default
        yield from place.prose(f"{each.name}: {each.meaning} (mapping)")
        return
    yield from place.prose(f"{each.meaning} ({_expected(cls, each)})".lstrip())
    if each.name in inner:
        yield from inner[each.name](place)
    elif given and each.name in given:
        yield place.key(each.name, written(given[each.name]))
    elif attrs.has(type(each.value)) and described_fields(type(each.value)):
        yield place.key(each.name)
        yield from _fields(type(each.value), place.below())
    elif each.default is None:
        yield _Place(place.depth, is_on=False).key(each.name)
    else:
        yield place.key(each.name, each.default)


def _expected(cls: type, each: FieldText) -> str:
    try:
        hint = get_type_hints(cls).get(each.name, each.kind)
    except (NameError, TypeError):  # a plugin's annotation that only a type checker can read
        hint = each.kind
    default = "required" if each.default is None else f"default {each.default}"
    if attrs.has(type(each.value)) or each.default in {"{}", "[]", '""', "null"}:
        return _kind(hint)
    return f"{_kind(hint)}; {default}"


def _kind(hint: Any) -> str:
    origin = get_origin(hint) or hint
    arguments = get_args(hint)
    if hint in _WORDS:
        text = _WORDS[hint]
    elif origin is Literal:
        text = " or ".join(map(written, arguments))
    elif not isinstance(origin, type) or issubclass(origin, UnionType):
        text = " or ".join(map(_kind, arguments)) or str(hint)
    elif issubclass(origin, Enum):
        text = " or ".join(map(written, origin))
    elif attrs.has(origin) or issubclass(origin, Mapping):
        text = "mapping"
    elif issubclass(origin, Iterable):
        text = f"list of {_kind(arguments[0])}" if arguments else "list"
    else:
        text = origin.__name__
    return text


# -- parts by name ------------------------------------------------------------


def _home(place: _Place) -> _Lines:
    yield from place.prose("home: not set here, since the file would move itself; use --home or")
    yield from place.prose("HOMALOS_HOME. Without them it is .homalos beside the settings file.")


def _options_by_name(key: str, parts: Iterable[_Part], place: _Place) -> _Lines:
    off = _Place(place.depth, is_on=False)
    yield off.key(key, "" if parts else "{}")
    for part in parts:
        yield from _options(part.name, part, off.below())


def _options(key: str, part: _Part, place: _Place) -> _Lines:
    """Yield a part's options under a key, `{}` where it has none."""
    yield from place.prose(part.doc or sections(part.config)[0] or part.name)
    fields = described_fields(part.config)
    if all(each.is_any_key for each in fields):
        yield place.key(key, "{}")
    else:
        yield place.key(key)
    if fields:
        yield from _fields(part.config, place.below())


def _gateways(catalog: Catalog, place: _Place) -> _Lines:
    yield place.key("gateways")
    default = GatewaySettings()
    own = catalog.gateways.get(default.kind)
    others = [part for part in catalog.gateways.values() if part is not own]
    yield from _gateway(default.kind, own, place.below())
    for part in others:
        yield from _gateway(part.name, part, place.below(is_on=False))


def _gateway(kind: str, part: _Part | None, place: _Place) -> _Lines:
    yield place.key(kind)
    inner = {"options": _options_of(part)} if part is not None else {}
    yield from _fields(GatewaySettings, place.below(), inner, {"kind": kind})


def _options_of(part: _Part) -> _Inner:
    def lines(place: _Place) -> _Lines:
        yield from _options("options", part, _Place(place.depth, is_on=False))

    return lines


def _accounts(place: _Place) -> _Lines:
    yield place.key("accounts")
    yield place.below().key("main")
    yield from _fields(AccountSettings, place.below().below())


def _one_part(key: str, cls: type, parts: Iterable[_Part], place: _Place) -> _Lines:
    """Yield a section for each part of a kind of which only one is used."""
    off = _Place(place.depth, is_on=False)
    yield off.key(key)
    for number, part in enumerate(parts):
        inner = {"options": _options_of(part)}
        if not number:
            yield from _fields(cls, off.below(), inner, {"kind": part.name})
            continue
        yield from off.prose("Or, with the same keys beside `kind`:")
        yield off.key(key)
        yield off.below().key("kind", written(part.name))
        yield from _options_of(part)(off.below())


def _strategies(catalog: Catalog, place: _Place) -> _Lines:
    off = _Place(place.depth, is_on=False)
    yield off.key("strategies")
    item = off.below().below()
    for number, part in enumerate(catalog.strategies.values()):
        name = f"{part.name}-{number + 1}"
        given = {"strategy": part.name, "symbols": [_SYMBOL], "name": name}
        inner = {"params": _params_of(part), "restart": _restart}
        if number:
            yield from off.below().prose(part.doc)
            lines: Iterable[str] = (
                *(item.key(key, written(value)) for key, value in given.items()),
                *_params_of(part)(item),
            )
        else:
            lines = _fields(StrategySettings, item, inner, given)
        yield from _as_item(lines, "strategy")


def _params_of(part: _Part) -> _Inner:
    def lines(place: _Place) -> _Lines:
        if described_fields(part.config):
            yield place.key("params")
            yield from _fields(part.config, place.below())
        else:
            yield place.key("params", "{}")

    return lines


def _restart(place: _Place) -> _Lines:
    default = next(
        each.value for each in described_fields(StrategySettings) if each.name == "restart"
    )
    yield place.key("restart")
    yield from _fields(type(default), place.below())


def _as_item(lines: Iterable[str], first: str) -> _Lines:
    """Yield lines with the dash of a list in front of one key."""
    for line in lines:
        head, mark, key = line.partition(f"#{first}:")
        yield f"{head[:-2]}#- {first}:{key}" if mark and not head.strip() else line


def _fill_models(catalog: Catalog) -> _Lines:
    place = _Place()
    yield from place.prose("Fill models; a simulated venue's options name one of them:")
    for part in catalog.fill_models.values():
        yield from place.prose(f"{part.name}: {part.doc}")
        for each in described_fields(part.config):
            text = f"{each.name}: {each.meaning} ({_expected(part.config, each)})"
            yield from place.below().prose(text)
