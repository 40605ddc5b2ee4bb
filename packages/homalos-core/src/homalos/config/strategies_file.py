"""The file of the strategies, changed by a program as a careful person would change it.

Comments, order and quotes stay. What is written is read back first, and it must mean what was
asked for and nothing else.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import define
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from homalos.config.given import plain
from homalos.config.yaml_text import read_file
from homalos.errors import ConfigError

__all__ = ["StrategiesFile"]

_KEY = "strategies"
_NEW = f"# What runs. Also written by `homalos strategy add|set|remove`.\n\n{_KEY}:\n"
_FIRST_DASH = re.compile(rf"^{_KEY}:[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\n)*( *)-( +)", re.MULTILINE)
_WIDEST = 10_000  # columns: no line is broken that was not


@define
class StrategiesFile:
    """`strategies.yaml`: as it was read, and as it is to be.

    Attributes:
        path: The file.
        entries: The strategies in it, as plain data.
    """

    path: Path
    entries: list[dict[str, Any]]
    _before: bytes | None
    _text: str

    @classmethod
    def read(cls, path: Path) -> StrategiesFile:
        """Read the file; one that is not there has no strategies.

        Raises:
            ConfigError: It cannot be read, or does not hold a list of strategies.
        """
        try:
            before = path.read_bytes()
        except FileNotFoundError:
            return cls(path, [], None, _NEW)
        except OSError as error:
            raise ConfigError([f"{path}: {error.strerror}"]) from error
        entries = _entries(path)
        return cls(path, entries, before, before.decode("utf-8-sig"))

    def index_of(self, name: str) -> int | None:
        """Return the place of a strategy in the file, `None` when it is not there."""
        return next((i for i, each in enumerate(self.entries) if _name(each) == name), None)

    def add(self, entry: Mapping[str, Any]) -> None:
        """Put a strategy behind the others."""
        yaml, data = self._parsed()
        if not isinstance(data.get(_KEY), CommentedSeq):
            data[_KEY] = CommentedSeq()
        data[_KEY].append(_styled(entry, is_outer=True))
        self.entries.append(dict(entry))
        self._text = _dumped(yaml, data)

    def change(
        self,
        index: int,
        fields: Mapping[str, Any],
        params: Mapping[str, Any],
        unset: Collection[str],
    ) -> None:
        """Change one strategy.

        Args:
            index: Its place in the file.
            fields: Its own fields by name, such as `interval`.
            params: Its parameters by name.
            unset: Parameters to take out, so that their defaults hold; they must be there.
        """
        yaml, data = self._parsed()
        written, entry = data[_KEY][index], self.entries[index]
        for each in (written, entry):
            each.update({name: _styled(value) for name, value in fields.items()})
            if each.get("params") is None:
                each["params"] = _styled({})
            for name in unset:
                del each["params"][name]
            each["params"].update({name: _styled(value) for name, value in params.items()})
            if not each["params"]:
                del each["params"]
        self._text = _dumped(yaml, data)

    def remove(self, index: int) -> None:
        """Take a strategy out; the comments around it stay."""
        yaml, data = self._parsed()
        if data[_KEY].fa.flow_style():
            del data[_KEY][index]
            self._text = _dumped(yaml, data)
        else:
            self._text = _without(self._text, data[_KEY], index)
        del self.entries[index]

    def write(self) -> None:
        """Put the file in the old one's place, at once and with its mode.

        Raises:
            ConfigError: It cannot be written, or the old one has changed since it was read,
                or what was asked for cannot be said in it; then nothing has changed.
        """
        path = self.path.resolve()  # a link stays one
        # One name for everybody: whoever makes it is the only one who writes.
        beside = path.with_name(f".{path.name}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = beside.open("x", encoding="utf-8", newline=self._line_end())
        except FileExistsError as error:
            what = f"another command is writing {self.path}, so nothing was written; do it again"
            raise ConfigError([f"{what}, or delete {beside} if there is none"]) from error
        except OSError as error:
            raise self._refused(error) from error
        try:
            with file:
                file.write(self._text.replace("\r\n", "\n"))
                file.flush()
                os.fsync(file.fileno())
            self._replace(path, beside)
        except OSError as error:
            raise self._refused(error) from error
        finally:
            beside.unlink(missing_ok=True)

    def _replace(self, path: Path, beside: Path) -> None:
        """Put the new file in the place of the old one, if both are what they should be."""
        if _entries(beside) != self.entries:
            what = "cannot be changed without changing something else in it"
            raise ConfigError([f"{self.path} {what}; edit it by hand"])
        if self._before is not None:
            beside.chmod(path.stat().st_mode & 0o7777)
        now = path.read_bytes() if path.exists() else None
        if now != self._before:
            what = "has been changed by somebody else meanwhile, so nothing was written"
            raise ConfigError([f"{self.path} {what}; do it again"])
        beside.replace(path)

    def _line_end(self) -> str:
        return "\r\n" if self._before is not None and b"\r\n" in self._before else "\n"

    def _refused(self, error: OSError) -> ConfigError:
        what = f"{self.path} cannot be written: {error.strerror}"
        return ConfigError([f"{what}; nothing has changed"])

    def _parsed(self) -> tuple[YAML, CommentedMap]:
        yaml = YAML()
        yaml.preserve_quotes = True
        yaml.width = _WIDEST
        yaml.explicit_start = re.search(r"^---", self._text, re.MULTILINE) is not None
        try:
            data = yaml.load(self._text)
        except YAMLError as error:
            what = "cannot be changed by a program"
            raise ConfigError([f"{self.path} {what}; edit it by hand: {error}"]) from error
        data = CommentedMap() if data is None else data
        dash = _FIRST_DASH.search(self._text)
        offset, gap = (len(dash[1]), len(dash[2])) if dash else (2, 1)
        inward = _indentation(data.get(_KEY))
        yaml.indent(mapping=inward, sequence=offset + 1 + gap, offset=offset)
        return yaml, data


def _indentation(items: Any) -> int:
    """Return by how much the first mapping inside an item is moved in, 2 where there is none."""
    found = (
        each.lc.col - item.lc.col
        for item in items or ()
        for each in item.values()
        if isinstance(each, CommentedMap) and not each.fa.flow_style()
    )
    return next((columns for columns in found if columns > 0), 2)


def _entries(path: Path) -> list[dict[str, Any]]:
    """Return the strategies in a file, as the settings read them."""
    document = read_file(path)
    problems = list(document.problems)
    entries: Any = None
    if not problems:
        data: Any = plain(document.data)
        entries = data.get(_KEY) or []
        if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
            problems.append(f"{path}: `{_KEY}` must be a list of mappings, each with a `strategy`")
    if problems:
        raise ConfigError(problems)
    found: list[dict[str, Any]] = entries
    return found


def _name(entry: Mapping[str, Any]) -> str:
    first: Any = entry.get("symbol") or next(iter(entry.get("symbols") or ()), "")
    return str(entry.get("name") or f"{entry.get('strategy')}-{first}")


def _styled(value: Any, *, is_outer: bool = False) -> Any:
    """Return data with lists and mappings in brackets, but not the outermost."""
    styled: Any
    if isinstance(value, Mapping):
        styled = CommentedMap({key: _styled(each) for key, each in value.items()})
    elif isinstance(value, list | tuple):
        styled = CommentedSeq(_styled(each) for each in value)
    else:
        return value
    if not is_outer:
        styled.fa.set_flow_style()
    return styled


def _dumped(yaml: YAML, data: CommentedMap) -> str:
    stream = io.StringIO()
    yaml.dump(data, stream)
    return stream.getvalue()


def _without(text: str, items: CommentedSeq, index: int) -> str:
    """Return the text without the lines of one item of a list that is written in lines."""
    lines = text.splitlines(keepends=True)
    starts = [_dash_line(lines, items.lc.item(each)[0]) for each in range(len(items))]
    begin = starts[index]
    end = starts[index + 1] if index + 1 < len(starts) else len(lines)
    while end > begin + 1 and not _has_content(lines, end - 1):
        end -= 1
    return "".join((*lines[:begin], *lines[end:]))


def _dash_line(lines: Sequence[str], line: int) -> int:
    while not lines[line].lstrip().startswith("-"):
        line -= 1
    return line


def _has_content(lines: Sequence[str], line: int) -> bool:
    text = lines[line].strip()
    return bool(text) and not text.startswith("#") and text != "..."
