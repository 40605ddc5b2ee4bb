"""YAML as the settings read it: 1.2's scalars, no key twice, every problem with its line.

PyYAML reads YAML 1.1, where `no` is false, `21:00` is 1260 and `0123` is 83. Here
only `true` and `false` are truth values, and whatever is not plainly a number is
text (YAML 1.2.2, section 10.3.2, "Core Schema"; a number with leading zeros stays
text, since it is a code).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import nan
from pathlib import Path
from typing import Any

import yaml
from attrs import field, frozen

from homalos.config.given import Given, joined
from homalos.config.masking import shown, shown_name

__all__ = ["Document", "read_file", "read_text"]

_WHOLE = r"(?:0|[1-9][0-9]*)"
_EXPONENT = r"(?:[eE][-+]?[0-9]+)"
_FLOAT = rf"[-+]?(?:{_WHOLE}\.[0-9]*{_EXPONENT}?|{_WHOLE}{_EXPONENT}|\.[0-9]+{_EXPONENT}?)"

# Tag, what it looks like, the characters it may begin with, what makes a value of it.
_SCALARS: tuple[tuple[str, str, str, Callable[[str], object]], ...] = (
    ("null", r"~|null|Null|NULL", "~nN", lambda _: None),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF", lambda text: text[0] in "tT"),
    ("int", rf"[-+]?{_WHOLE}", "-+0123456789", int),
    ("float", _FLOAT, "-+.0123456789", float),
    ("float", r"[-+]?\.(?:inf|Inf|INF)", "-+.", lambda text: float(text.replace(".", ""))),
    ("float", r"\.(?:nan|NaN|NAN)", ".", lambda _: nan),
)


@frozen
class Document:
    """What a settings file says.

    Attributes:
        data: Mappings, with `Given` where they end.
        places: Where the mappings stand, as `name:line`, by their paths in the settings.
        problems: What is wrong with the file itself, as `name:line: what`; with one that
            makes the rest unreadable there are no data.
    """

    data: dict[str, object] = field(factory=dict)
    places: dict[str, str] = field(factory=dict)
    problems: list[str] = field(factory=list)


def read_file(path: Path, *, is_secret: bool = False) -> Document:
    """Return what a settings file says; everything in it may be secret."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        return Document(problems=[f"{path}: {error.strerror or error}"])
    except UnicodeDecodeError as error:
        return Document(problems=[f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8"])
    try:
        node, data, problems = _load(text)
    except yaml.YAMLError as error:
        return Document(problems=[f"{path}{_explained(error)}"])
    lines = [f"{path}{problem}" for problem in problems]
    if data is None:
        return Document(problems=lines)
    if not isinstance(data, dict):
        what = f"expected a mapping of settings, found {type(data).__name__}"
        return Document(problems=[*lines, f"{path}: {what}"])
    marker = _Marker(str(path), is_secret=is_secret)
    return Document(marker.mapping(node, data, "$"), marker.places, lines)


def read_text(text: str) -> object:
    """Return what a text from the environment or the command line means.

    A number, truth value or null as in YAML, a list or mapping in brackets, a text
    in quotes; everything else is the text itself.
    """
    if text[:1] in {"[", "{", '"', "'"}:
        try:
            _, data, problems = _load(text)
        except yaml.YAMLError:
            return text
        return text if problems else data
    try:
        return _scalar(text)
    except ValueError:  # beyond what int() takes
        return text


def _scalar(text: str) -> object:
    for _, looks, _, make in _SCALARS:
        if re.fullmatch(looks, text):
            return make(text)
    return text


def _load(text: str) -> tuple[yaml.Node | None, Any, list[str]]:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        data = None if node is None else loader.construct_document(node)
        return node, data, loader.problems
    finally:
        loader.dispose()


class _Marker:
    """Puts beside every value the line on which it stands."""

    def __init__(self, name: str, *, is_secret: bool) -> None:
        self.places: dict[str, str] = {}
        self._name = name
        self._is_secret = is_secret

    def mapping(self, node: Any, data: Mapping[str, object], path: str) -> dict[str, object]:
        """Return a mapping whose values are mappings or `Given`."""
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str) or key not in data:
                continue  # told already: it is not text
            value, line, below = data[key], self._line(key_node), joined(path, key)
            if isinstance(value, dict) and isinstance(value_node, yaml.MappingNode):
                self.places[below] = line
                found[key] = self.mapping(value_node, value, below)
            else:
                found[key] = self._given(value_node, value, line)
        return found

    def _given(self, node: yaml.Node, value: object, line: str) -> Given:
        if isinstance(value, list) and isinstance(node, yaml.SequenceNode):
            items = zip(node.value, value, strict=False)
            value = [self._given(each, item, self._line(each)) for each, item in items]
        elif isinstance(value, dict) and isinstance(node, yaml.MappingNode):
            value = {
                key.value: self._given(each, value[key.value], self._line(key))
                for key, each in node.value
                if isinstance(key.value, str) and key.value in value
            }
        return Given(value, origin=line, is_secret=self._is_secret)

    def _line(self, node: yaml.Node) -> str:
        return f"{self._name}:{node.start_mark.line + 1}"


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with other scalars, and a list of what is wrong with the keys."""

    # A table of its own, or the resolvers of YAML 1.1 would be inherited.
    yaml_implicit_resolvers = {}  # noqa: RUF012  PyYAML fills it by class

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.problems: list[str] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002  PyYAML's signature
        lines: dict[object, int] = {}
        for key_node, _ in node.value:
            line = key_node.start_mark.line + 1
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                self.problems.append(f":{line}: the key {shown(key)} is not text; put it in quotes")
            elif key in lines:
                what = f"duplicate key {shown_name(key)}, first at line {lines[key]}"
                self.problems.append(f":{line}: {what}")
            else:
                lines[key] = line
        data = super().construct_mapping(node, deep=deep)
        return {key: value for key, value in data.items() if isinstance(key, str)}


def _construct_scalar(loader: _Loader, node: yaml.ScalarNode) -> object:
    text = loader.construct_scalar(node)
    if not text:
        return None
    try:
        value = _scalar(text)
    except ValueError as error:  # beyond what int() takes
        raise yaml.constructor.ConstructorError(
            problem=str(error), problem_mark=node.start_mark
        ) from None
    if isinstance(value, str):  # an explicit tag: !!int abc
        problem = f"not a value of the type {node.tag.rpartition(':')[2]}"
        raise yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark)
    return value


for _name, _looks, _first, _ in _SCALARS:
    _tag = f"tag:yaml.org,2002:{_name}"
    _Loader.add_implicit_resolver(_tag, re.compile(f"(?:{_looks})$"), list(_first))
    _Loader.add_constructor(_tag, _construct_scalar)
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("$"), [""])


def _explained(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        # Of the reader: a character that YAML forbids.
        return f": {' '.join(str(error).split())}"
    mark = error.problem_mark
    reasons = [_without_content(reason) for reason in (error.problem, error.context) if reason]
    return f":{mark.line + 1}: {', '.join(reasons)} (column {mark.column + 1})"


def _without_content(reason: str) -> str:
    # PyYAML quotes what the file says, such as an unknown alias, and that may be a password
    # which begins with `*`. Single characters and `<block end>` are YAML's own words.
    def keep(quoted: re.Match[str]) -> str:
        return quoted[0] if quoted["own"] else "…"

    return re.sub(r"'(?P<own><[^']*>|\\?.)'|'[^']*'|\"[^\"]*\"", keep, reason)
